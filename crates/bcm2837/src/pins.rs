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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registers::recorder::Recorder;

    #[test]
    fn pins_that_are_free() {
        let free = (0..64).filter(|number| Pin::free(*number).is_some());
        assert!(free.eq((2..14).chain(16..30)));
        assert_eq!(Pin::free(29).unwrap().bit(), 0x2000_0000);
        assert_eq!([SET, CLEAR], [0x20_001C, 0x20_0028]);
    }

    #[test]
    fn a_function_is_three_bits_of_its_register_and_the_others_stay() {
        for (number, register, shift) in
            [(2, 0x20_0000, 6), (9, 0x20_0000, 27), (10, 0x20_0004, 0), (29, 0x20_0008, 27)]
        {
            let pin = Pin::free(number).unwrap();
            let registers = Recorder::new(&[(register, 0x0DB6_DB6D)], |_, value| value);
            let was = 0x0DB6_DB6D_u32 >> shift & 7;
            assert_eq!(pin.function(&registers), was, "{number}");
            pin.set_function(&registers, 0xFFFF_FFF8 | Function::Alt0 as u32);
            let others = 0x0DB6_DB6D & !(7 << shift);
            assert_eq!(registers.written(), [(register, others | 4 << shift)], "{number}");
            assert_eq!(pin.function(&registers), 4);
        }
    }

    #[test]
    fn a_level_is_the_pins_bit() {
        let registers = Recorder::new(&[(0x20_0034, 1 << 21)], |_, value| value);
        let levels = [20, 21, 22].map(|number| Pin::free(number).unwrap().level(&registers));
        assert_eq!(levels, [0, 1, 0]);
    }
}
