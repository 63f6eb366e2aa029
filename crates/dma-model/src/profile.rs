//! Which machine the model is.

use crate::memory::Cache;

/// A machine to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The chip: asynchronous, granule of one byte, caches, errors, lite channels.
    Hardware,
    /// QEMU's `raspi3b`: the whole chain runs inside the store that raises ACTIVE, in words; nothing else happens.
    Qemu,
}

impl Profile {
    /// The channels the firmware leaves to the ARM: 0x7F35 (Linux' device tree) or QEMU's constant 0x3C.
    pub const fn mask(self) -> u32 {
        match self {
            Self::Hardware => 0x7F35,
            Self::Qemu => 0x3C,
        }
    }

    /// `ENABLE` after reset: 14:0 (p. 59-60); QEMU has 15:0.
    pub(crate) const fn enable(self) -> u32 {
        match self {
            Self::Hardware => 0x7FFF,
            Self::Qemu => 0xFFFF,
        }
    }

    /// Whether there are two views of cached memory.
    pub(crate) const fn cache(self) -> Cache {
        match self {
            Self::Hardware => Cache::Hostile,
            Self::Qemu => Cache::None,
        }
    }
}
