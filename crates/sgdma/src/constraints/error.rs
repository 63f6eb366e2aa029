//! Limits that cannot be had.

use core::fmt;

use crate::address::BusAddr;

/// A limit that cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConstraintError {
    /// The longest block must lie between these, in bytes.
    MaxSegment {
        /// What was asked for.
        asked: u32,
        /// The least there can be.
        least: u32,
        /// The most there can be.
        most: u32,
    },
    /// The boundary must be a power of two of at least so many bytes.
    Boundary {
        /// What was asked for.
        asked: u32,
        /// The least there can be.
        least: u32,
    },
    /// The burst must be a power of two up to 4096 bytes.
    Burst {
        /// What was asked for.
        asked: u32,
    },
    /// The line must be a power of two up to 4096 bytes.
    Line {
        /// What was asked for.
        asked: u32,
    },
    /// A device lives at a bus address `0x7Exx_xxxx` that is a multiple of 4.
    DeviceAddress {
        /// What was given.
        address: BusAddr,
    },
    /// Only devices that cannot reach memory themselves are open to safe code.
    MasterDevice {
        /// What was given.
        address: BusAddr,
    },
    /// A device takes 32 bits at a time, never 128.
    WideDevice {
        /// The device.
        address: BusAddr,
    },
}

impl fmt::Display for ConstraintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxSegment { asked, least, most } => {
                write!(f, "a longest block of {asked:#x} bytes: must be {least:#x} to {most:#x}")
            }
            Self::Boundary { asked, least } => {
                write!(f, "a boundary of {asked:#x}: must be a power of two, at least {least:#x}")
            }
            Self::Burst { asked } => {
                write!(f, "a burst of {asked:#x} bytes: must be a power of two, 1 to 0x1000")
            }
            Self::Line { asked } => {
                write!(f, "a cache line of {asked:#x} bytes: must be a power of two, 1 to 0x1000")
            }
            Self::DeviceAddress { address } => {
                write!(
                    f,
                    "a device at {address}: must be 0x7e000000 to 0x7efffffc, a multiple of 4"
                )
            }
            Self::MasterDevice { address } => {
                write!(
                    f,
                    "a device at {address}: must be one that cannot reach memory itself, such as GPIO, UART, PCM, SPI, PWM"
                )
            }
            Self::WideDevice { address } => {
                write!(f, "128 bits to the device at {address}: devices take 32 bits at a time")
            }
        }
    }
}

impl core::error::Error for ConstraintError {}
