//! A device as the engine sees it: an address and what paces it.

use super::ConstraintError;
use crate::address::BusAddr;

/// The width of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// 32 bits.
    Bits32,
    /// 128 bits: memory to memory only.
    Bits128,
}

/// A DREQ: the signal by which a peripheral paces the engine, 0 (unpaced) to 31. p. 61.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dreq(u8);

impl Dreq {
    /// Always on: for peripherals that need no pacing.
    pub const NONE: Self = Self(0);

    /// The DREQ of this number.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 32 { Some(Self(number)) } else { None }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A device's data register: one address, paced by a DREQ, 32 bits wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceFifo {
    address: BusAddr,
    dreq: Dreq,
}

impl DeviceFifo {
    /// The FIFO at a peripheral bus address (`0x7Exx_xxxx`, a multiple of 4).
    ///
    /// # Errors
    /// [`ConstraintError::DeviceAddress`] where the address is no peripheral's or misaligned,
    /// [`ConstraintError::WideDevice`] where 128 bits are asked for: peripherals take 32.
    pub const fn new(address: BusAddr, dreq: Dreq, width: Width) -> Result<Self, ConstraintError> {
        if address.get() >> 24 != 0x7E || !address.is_aligned(4) {
            return Err(ConstraintError::DeviceAddress { address });
        }
        match width {
            Width::Bits128 => Err(ConstraintError::WideDevice { address }),
            Width::Bits32 => Ok(Self { address, dreq }),
        }
    }

    /// Its bus address.
    pub const fn address(self) -> BusAddr {
        self.address
    }

    /// What paces it.
    pub const fn dreq(self) -> Dreq {
        self.dreq
    }
}
