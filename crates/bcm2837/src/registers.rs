//! Registers of the peripherals as a value: what a sequence below is played on. The firmware has the real ones, a test the
//! model's.

/// Reads and writes words. Offsets are those from the start of the peripherals ([`bus::offset`](crate::bus::offset)).
pub trait Registers {
    /// Reads one.
    fn read(&self, offset: u32) -> u32;

    /// Writes one.
    fn write(&self, offset: u32, value: u32);
}

/// What registers held before a sequence, to be put back by its counterpart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before(pub [u32; 8]);

/// How often a status bit is looked at before it is given up: well over a millisecond.
pub(crate) const LOOKS: u32 = 100_000;
