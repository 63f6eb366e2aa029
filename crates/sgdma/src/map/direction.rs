//! Which way the data goes, as types.

use core::fmt;

use crate::buffer::{Exclusive, Mode, Shared};
use crate::platform::Access;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ToDevice {}
    impl Sealed for super::FromDevice {}
    impl Sealed for super::Bidirectional {}
}

/// From memory to the engine (`DMA_TO_DEVICE`): a source.
#[derive(Clone, Copy, Debug)]
pub struct ToDevice;

/// From the engine to memory (`DMA_FROM_DEVICE`): a destination.
#[derive(Clone, Copy, Debug)]
pub struct FromDevice;

/// Both (`DMA_BIDIRECTIONAL`).
#[derive(Clone, Copy, Debug)]
pub struct Bidirectional;

/// A direction as a value, for records and print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// [`ToDevice`].
    ToDevice,
    /// [`FromDevice`].
    FromDevice,
    /// [`Bidirectional`].
    Bidirectional,
}

impl Way {
    /// What the engine does to memory that is mapped this way, at most.
    pub const fn access(self) -> Access {
        match self {
            Self::ToDevice => Access::Read,
            Self::FromDevice | Self::Bidirectional => Access::Write,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ToDevice => "to-device",
            Self::FromDevice => "from-device",
            Self::Bidirectional => "bidirectional",
        })
    }
}

/// One of [`ToDevice`], [`FromDevice`] and [`Bidirectional`].
pub trait Direction: sealed::Sealed + Copy + 'static {
    /// The direction as a value.
    const WAY: Way;
}

impl Direction for ToDevice {
    const WAY: Way = Way::ToDevice;
}

impl Direction for FromDevice {
    const WAY: Way = Way::FromDevice;
}

impl Direction for Bidirectional {
    const WAY: Way = Way::Bidirectional;
}

/// A direction in which the engine reads the memory: a source may be mapped so.
#[diagnostic::on_unimplemented(
    message = "memory mapped `{Self}` cannot be a source",
    label = "the engine does not read memory that is mapped `{Self}`",
    note = "map it `ToDevice` or `Bidirectional`"
)]
pub trait EngineReads: Direction {}

impl EngineReads for ToDevice {}
impl EngineReads for Bidirectional {}

/// A direction in which the engine writes the memory: a destination may be mapped so.
#[diagnostic::on_unimplemented(
    message = "memory mapped `{Self}` cannot be a destination and has nothing to sync for the CPU",
    label = "the engine does not write memory that is mapped `{Self}`",
    note = "map it `FromDevice` or `Bidirectional`"
)]
pub trait EngineWrites: Direction {}

impl EngineWrites for FromDevice {}
impl EngineWrites for Bidirectional {}

/// A table of this mode may be mapped in direction `D`.
#[diagnostic::on_unimplemented(
    message = "a table that is `{Self}` cannot be mapped `{D}`",
    label = "the engine would write memory that is borrowed shared",
    note = "build the table over `&mut [u8]`"
)]
pub trait MappableAs<D: Direction>: Mode {}

impl MappableAs<ToDevice> for Shared {}
impl<D: Direction> MappableAs<D> for Exclusive {}
