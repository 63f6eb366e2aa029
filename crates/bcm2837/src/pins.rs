//! Pins: what a pin does, and its level. Datasheet p. 89-96; pins 0 to 29, which the header's are among.

use crate::bus::offset::GPIO;
use crate::registers::Registers;

/// Sets the pins whose bits are 1.
pub const SET: u32 = GPIO + 0x1C;
/// Clears them.
pub const CLEAR: u32 = GPIO + 0x28;
const LEVEL: u32 = GPIO + 0x34;

/// What a pin does: the value of its field in `GPFSELn`. p. 92.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Function {
    /// An input.
    Input = 0,
    /// An output.
    Output = 1,
    /// The first of the alternatives in the table of p. 102.
    Alt0 = 4,
}

/// A pin of the first bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin(u32);

impl Pin {
    /// A pin that the header has (2 to 27) and that is not the console's (14, 15); or 28 and 29, of which some boards have the
    /// ACT LED at 29.
    pub const fn free(number: u32) -> Option<Self> {
        if number >= 2 && number <= 29 && number != 14 && number != 15 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its bit in [`SET`], [`CLEAR`] and the levels.
    pub const fn bit(self) -> u32 {
        1 << self.0
    }

    const fn field(self) -> (u32, u32) {
        (GPIO + self.0 / 10 * 4, self.0 % 10 * 3)
    }

    /// The raw value of its field: a function this file may have no name for.
    pub fn function(self, registers: &dyn Registers) -> u32 {
        let (register, shift) = self.field();
        registers.read(register) >> shift & 7
    }

    /// Gives it a function by the raw value; the other pins keep theirs.
    pub fn set_function(self, registers: &dyn Registers, function: u32) {
        let (register, shift) = self.field();
        let others = registers.read(register) & !(7 << shift);
        registers.write(register, others | (function & 7) << shift);
    }

    /// Its level: 0 or 1.
    pub fn level(self, registers: &dyn Registers) -> u32 {
        registers.read(LEVEL) >> self.0 & 1
    }
}
