//! Numbers for people.

use alloc::format;
use alloc::string::String;

/// A count of bytes: `132K` where it is a multiple of 1024, else `1234`.
pub fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")];
    let fits = UNITS.iter().find(|(unit, _)| count > 0 && count.is_multiple_of(*unit));
    fits.map_or_else(|| format!("{count}"), |(unit, letter)| format!("{}{letter}", count / unit))
}

/// What `Duration` counts, as what is printed; what does not fit, as the largest. (Printing a `u128` takes 2 KiB of code.)
pub fn u64_of(count: u128) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// How many of `columns` stand for a part of a whole. (Dividing a `u128` takes 1 KiB of code: both go down to 32 bits, and
/// what is lost no column shows.)
#[inline(never)]
pub(super) fn share(part: u64, whole: u64, columns: usize) -> usize {
    let shift = (u64::BITS - whole.leading_zeros()).saturating_sub(u32::BITS);
    let columns = u64::from(u32::try_from(columns).unwrap_or(u32::MAX));
    let share = (part.min(whole) >> shift) * columns / (whole >> shift).max(1);
    usize::try_from(share).unwrap_or(0)
}

/// A frequency: `19.2 MHz`.
pub fn frequency(hertz: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GHz"), (1_000_000, "MHz"), (1000, "kHz")];
    let Some((unit, name)) = UNITS.iter().find(|(unit, _)| hertz >= *unit) else {
        return format!("{hertz} Hz");
    };
    let thousandths = hertz % unit / (unit / 1000);
    let digits = format!("{}.{thousandths:03}", hertz / unit);
    format!("{} {name}", digits.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_short_only_where_that_is_exact() {
        let cases =
            [(0, "0"), (1, "1"), (1024, "1K"), (1025, "1025"), (3 << 20, "3M"), (1 << 30, "1G")];
        for (count, expected) in cases {
            assert_eq!(bytes(count), expected);
        }
    }

    #[test]
    fn frequencies_have_three_digits_at_most_behind_the_point() {
        let cases = [
            (5, "5 Hz"),
            (19_200_000, "19.2 MHz"),
            (1_200_000_000, "1.2 GHz"),
            (48_001, "48.001 kHz"),
        ];
        for (hertz, expected) in cases {
            assert_eq!(frequency(hertz), expected);
        }
    }
}
