//! Numbers.

/// Why a word is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Nothing is there.
    Empty,
    /// It begins with a minus.
    Negative,
    /// It holds something that is no digit.
    NotANumber,
    /// It is 2^64 or more.
    TooLarge,
}

/// A number: decimal or `0x…`; a decimal one may end in `K`, `M` or `G`; `_` may stand between digits.
///
/// # Errors
/// [`NumberError`]: no digits, one too many, or a sign that is none.
pub fn number(word: &[u8]) -> Result<u64, NumberError> {
    let (digits, radix, scale) = match word {
        [] => return Err(NumberError::Empty),
        [b'-', ..] => return Err(NumberError::Negative),
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16, 1),
        [digits @ .., b'k' | b'K'] => (digits, 10, 1 << 10),
        [digits @ .., b'm' | b'M'] => (digits, 10, 1 << 20),
        [digits @ .., b'g' | b'G'] => (digits, 10, 1 << 30),
        digits => (digits, 10, 1),
    };
    let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
    if !digits.first().is_some_and(is_digit) || !digits.iter().all(|b| *b == b'_' || is_digit(b)) {
        return Err(NumberError::NotANumber);
    }
    let digits = digits.iter().filter_map(|byte| char::from(*byte).to_digit(radix));
    let value = digits
        .map(u64::from)
        .try_fold(0_u64, |value, digit| value.checked_mul(u64::from(radix))?.checked_add(digit));
    value.and_then(|value| value.checked_mul(scale)).ok_or(NumberError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_forms_are_understood() {
        for (word, expected) in [
            ("0", 0),
            ("64K", 65536),
            ("1M", 1 << 20),
            ("2g", 2 << 30),
            ("0xa000", 0xA000),
            ("0XFFFF_ffff", 0xFFFF_FFFF),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(number(word.as_bytes()), Ok(expected), "{word}");
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        use NumberError::{Empty, Negative, NotANumber, TooLarge};
        for (word, expected) in [
            (&b""[..], Empty),
            (b"-1", Negative),
            (b"0x", NotANumber),
            (b"K", NotANumber),
            (b"_1", NotANumber),
            (b"1K5", NotANumber),
            (b"0xG", NotANumber),
            (b"12 ", NotANumber),
            (b"\xFF", NotANumber),
            (b"18446744073709551616", TooLarge),
            (b"17179869184G", TooLarge),
            (b"0x1_0000_0000_0000_0000", TooLarge),
        ] {
            assert_eq!(number(word), Err(expected), "{word:?}");
        }
    }

    proptest! {
        #[test]
        fn printed_numbers_come_back(value: u64) {
            prop_assert_eq!(number(std::format!("{value}").as_bytes()), Ok(value));
            prop_assert_eq!(number(std::format!("{value:#x}").as_bytes()), Ok(value));
        }
    }
}
