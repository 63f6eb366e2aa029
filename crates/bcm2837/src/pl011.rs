//! The PL011's baud rate divisors. Datasheet p. 183: `divisor = clock / (16 * baud)`, in 64ths.

use core::fmt;

/// The two halves of the divisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divisor {
    /// `IBRD`, 1 to 65535.
    pub integer: u16,
    /// `FBRD`, 0 to 63.
    pub fraction: u8,
}

/// What config.txt sets the reference clock to (`init_uart_clock`), in Hz.
pub const DEFAULT_CLOCK: u32 = 48_000_000;

/// What makes 115200 baud of it, for code that cannot compute.
///
/// ```
/// use bcm2837::pl011::{DEFAULT, DEFAULT_CLOCK, Divisor};
/// assert_eq!(Divisor::new(DEFAULT_CLOCK, 115_200), Ok(DEFAULT));
/// ```
pub const DEFAULT: Divisor = Divisor { integer: 26, fraction: 3 };

/// The clock cannot make the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// The reference clock in Hz.
    pub clock: u32,
    /// The rate in bits per second.
    pub baud: u32,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a clock of {} Hz cannot make {} baud", self.clock, self.baud)
    }
}

impl core::error::Error for Unreachable {}

impl Divisor {
    /// The divisor nearest to what makes `baud` of `clock` Hz.
    ///
    /// ```
    /// use bcm2837::pl011::Divisor;
    /// assert_eq!(Divisor::new(48_000_000, 115_200), Ok(Divisor { integer: 26, fraction: 3 }));
    /// ```
    ///
    /// # Errors
    /// [`Unreachable`] where it would be below 1 or above 65535. In between, rounding to 64ths keeps the rate within 0.8
    /// per cent, which every receiver takes.
    pub fn new(clock: u32, baud: u32) -> Result<Self, Unreachable> {
        let unreachable = Unreachable { clock, baud };
        // In 64ths: clock * 64 / (16 * baud), rounded to nearest.
        let numerator = u64::from(clock) * 4 + u64::from(baud) / 2;
        let sixty_fourths = numerator.checked_div(u64::from(baud)).ok_or(unreachable)?;
        let integer = u16::try_from(sixty_fourths >> 6).map_err(|_| unreachable)?;
        let fraction = u8::try_from(sixty_fourths & 0x3F).map_err(|_| unreachable)?;
        let divisor = Self { integer, fraction };
        if integer == 0 || (integer == u16::MAX && fraction != 0) {
            return Err(unreachable);
        }
        Ok(divisor)
    }

    /// The rate it makes of `clock` Hz, in bits per second, rounded down.
    pub fn baud(self, clock: u32) -> u32 {
        let sixty_fourths = u64::from(self.integer) << 6 | u64::from(self.fraction);
        let baud = (u64::from(clock) * 4).checked_div(sixty_fourths).unwrap_or(0);
        u32::try_from(baud).unwrap_or(u32::MAX)
    }

    /// How far the rate is off, either way, in millionths.
    pub fn error_ppm(self, clock: u32, baud: u32) -> u32 {
        let off = u64::from(self.baud(clock).abs_diff(baud));
        let ppm = (off * 1_000_000).checked_div(u64::from(baud)).unwrap_or(u64::MAX);
        u32::try_from(ppm).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_cannot_be_made_is_named() {
        let error = Divisor::new(48_000_000, 0).unwrap_err();
        assert_eq!(std::format!("{error}"), "a clock of 48000000 Hz cannot make 0 baud");
    }

    #[test]
    fn the_clocks_that_occur_make_115200() {
        // The board, an old default, the emulator, the example of the PL011 manual.
        for (clock, integer, fraction) in
            [(48_000_000, 26, 3), (3_000_000, 1, 40), (4_000_000, 2, 11), (250_000_000, 135, 41)]
        {
            assert_eq!(Divisor::new(clock, 115_200), Ok(Divisor { integer, fraction }), "{clock}");
        }
    }

    #[test]
    fn no_other_divisor_is_nearer() {
        for clock in [3_000_000, 48_000_000, 50_123_457] {
            for baud in [9_600, 38_400, 115_200] {
                let best = Divisor::new(clock, baud).unwrap();
                let code = u32::from(best.integer) << 6 | u32::from(best.fraction);
                let off =
                    |code: u32| (f64::from(clock) * 4.0 / f64::from(code) - f64::from(baud)).abs();
                // Rounding is in the divisor, not in the rate: a neighbour can only tie.
                assert!(off(code) <= off(code - 1) && off(code) <= off(code + 1) + 1.0);
            }
        }
    }

    #[test]
    fn the_error_of_a_divisor_is_told_and_stays_below_8000_ppm() {
        let mut worst = 0;
        for clock in (1_850_000..60_000_000).step_by(12_345) {
            let divisor = Divisor::new(clock, 115_200).unwrap();
            worst = worst.max(divisor.error_ppm(clock, 115_200));
        }
        assert!((6_000..8_000).contains(&worst), "{worst} ppm");
        assert_eq!(Divisor { integer: 26, fraction: 3 }.baud(48_000_000), 115_176);
        assert_eq!(Divisor { integer: 26, fraction: 3 }.error_ppm(48_000_000, 115_200), 208);
    }

    #[test]
    fn rates_out_of_reach_are_refused() {
        assert!(Divisor::new(1_000_000, 115_200).is_err(), "below 1");
        assert!(Divisor::new(48_000_000, 40).is_err(), "above 65535");
        assert!(Divisor::new(48_000_000, 0).is_err());
        assert!(Divisor::new(0, 115_200).is_err());
        assert!(Divisor::new(u32::MAX, 1).is_err());
    }
}
