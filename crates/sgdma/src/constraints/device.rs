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

/// The peripherals that do nothing to memory, whatever is written to them, as ranges of bus addresses: first, and behind
/// the last. From the device tree of Linux (`bcm283x.dtsi`, `bcm2835-common.dtsi`) and the datasheet's chapters.
///
/// All others are closed to safe code. Some are masters of the bus themselves (this engine, USB, the display's and the
/// camera's parts, V3D), or have the `VideoCore` write somewhere (the mailbox): a chain that may write to those may write
/// anywhere.
const HARMLESS: [(u32, u32); 9] = [
    (0x7E00_3000, 0x7E00_4000), // system timer
    (0x7E10_4000, 0x7E10_5000), // random numbers
    (0x7E20_0000, 0x7E20_6000), // GPIO, UART, SDHOST, PCM, SPI0, BSC0
    (0x7E20_C000, 0x7E20_D000), // PWM
    (0x7E21_4000, 0x7E21_6000), // BSC/SPI slave, mini UART with SPI1 and SPI2
    (0x7E30_0000, 0x7E30_1000), // EMMC
    (0x7E60_0000, 0x7E60_1000), // SMI
    (0x7E80_4000, 0x7E80_5000), // BSC1
    (0x7E80_5000, 0x7E80_6000), // BSC2
];

const fn is_harmless(address: u32) -> bool {
    let mut rest: &[(u32, u32)] = &HARMLESS;
    while let [(first, end), others @ ..] = rest {
        if *first <= address && address < *end {
            return true;
        }
        rest = others;
    }
    false
}

/// A device's data register: one address, paced by a DREQ, 32 bits wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceFifo {
    address: BusAddr,
    dreq: Dreq,
}

impl DeviceFifo {
    /// The FIFO at a peripheral bus address (`0x7Exx_xxxx`, a multiple of 4) of a device that cannot reach memory by
    /// itself: GPIO, UARTs, SD hosts, PCM, SPI, I²C, PWM, SMI, random numbers, system timer. For others there is
    /// [`new_unchecked`](Self::new_unchecked).
    ///
    /// # Errors
    /// [`ConstraintError::DeviceAddress`] where the address is no peripheral's or misaligned,
    /// [`ConstraintError::MasterDevice`] where it is none of those devices',
    /// [`ConstraintError::WideDevice`] where 128 bits are asked for: peripherals take 32.
    pub const fn new(address: BusAddr, dreq: Dreq, width: Width) -> Result<Self, ConstraintError> {
        if address.get() >> 24 != 0x7E || !address.is_aligned(4) {
            return Err(ConstraintError::DeviceAddress { address });
        }
        if !is_harmless(address.get()) {
            return Err(ConstraintError::MasterDevice { address });
        }
        match width {
            Width::Bits128 => Err(ConstraintError::WideDevice { address }),
            Width::Bits32 => Ok(Self { address, dreq }),
        }
    }

    /// The FIFO of any other device. An address that is no peripheral's, or misaligned, is refused by the verifier.
    ///
    /// # Safety
    /// Whatever words are written to this register, at whatever time, no one accesses memory on their account.
    #[expect(unsafe_code, reason = "a register of another master is a way to write anywhere")]
    pub const unsafe fn new_unchecked(address: BusAddr, dreq: Dreq) -> Self {
        Self { address, dreq }
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
