//! What can be done wrong with mappings.

use core::fmt;
use core::panic::Location;

use super::MappingId;
use crate::map::Way;
use crate::segment::BusSegment;

/// What somebody did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// The very segment is mapped already, and one of the two mappings is written.
    DoubleMap {
        /// The segment.
        segment: BusSegment,
        /// Who has it mapped.
        mapped_by: &'static Location<'static>,
    },
    /// A segment shares bytes with one that is mapped, and one of the two mappings is written.
    Overlap {
        /// The segment that was to be mapped.
        segment: BusSegment,
        /// The one that is.
        with: BusSegment,
        /// Who has that mapped.
        mapped_by: &'static Location<'static>,
    },
    /// There is no such mapping, or no more.
    NotMapped {
        /// Its number.
        mapping: MappingId,
    },
    /// A sync or unmap of another length than was mapped.
    WrongLength {
        /// The mapping.
        mapping: MappingId,
        /// What is mapped, in bytes.
        mapped: u64,
        /// What was said, in bytes.
        given: u64,
    },
    /// A sync or unmap in another direction than was mapped.
    WrongDirection {
        /// The mapping.
        mapping: MappingId,
        /// The direction it is mapped in.
        mapped: Way,
        /// The direction that was said.
        given: Way,
    },
    /// The engine is at work on it.
    InFlight {
        /// The mapping.
        mapping: MappingId,
        /// Who mapped it.
        mapped_by: &'static Location<'static>,
    },
    /// It was synced for the CPU and not for the device again.
    NotSynced {
        /// The mapping.
        mapping: MappingId,
        /// Who mapped it.
        mapped_by: &'static Location<'static>,
    },
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoubleMap { segment, mapped_by } => {
                write!(f, "{segment} is mapped already, by {mapped_by}; unmap it first")
            }
            Self::Overlap { segment, with, mapped_by } => {
                write!(f, "{segment} shares bytes with {with}, mapped by {mapped_by}")
            }
            Self::NotMapped { mapping } => write!(f, "mapping {mapping} is not mapped"),
            Self::WrongLength { mapping, mapped, given } => {
                write!(f, "mapping {mapping} is of {mapped} bytes, not {given}")
            }
            Self::WrongDirection { mapping, mapped, given } => {
                write!(f, "mapping {mapping} is {mapped}, not {given}")
            }
            Self::InFlight { mapping, mapped_by } => {
                write!(f, "the engine is at work on mapping {mapping} of {mapped_by}")
            }
            Self::NotSynced { mapping, mapped_by } => {
                write!(f, "mapping {mapping} of {mapped_by} was not synced for the device")
            }
        }
    }
}

impl core::error::Error for Misuse {}
