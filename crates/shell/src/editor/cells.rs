//! Bytes as a terminal shows them.
//!
//! A line is bytes, not text: a cell is one character where the bytes are UTF-8, else the bytes that a terminal would
//! show as one replacement character. Control bytes are shown by their picture (`␍` for CR), so that an echo never
//! holds a newline and never moves the cursor but by its width.

mod widths;

use core::str::from_utf8;

use self::widths::{NONE, TWO, TWO_ABOVE};

/// One place in a line: what the cursor steps over and Backspace removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell<'a> {
    /// Index of its first byte in the line.
    pub(crate) start: usize,
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
    /// How many columns it takes.
    pub(crate) width: usize,
}

impl Cell<'_> {
    /// Index of the byte after it.
    pub(crate) fn end(&self) -> usize {
        self.start + self.bytes.len()
    }

    /// Hands what shows it to `sink`.
    pub(crate) fn show(&self, sink: &mut impl FnMut(&[u8])) {
        match self.bytes {
            [byte] => show_byte(*byte, sink),
            bytes => sink(bytes),
        }
    }
}

/// Hands what shows one byte to `sink`: itself, or its picture if it is a control byte.
pub(crate) fn show_byte(byte: u8, sink: &mut impl FnMut(&[u8])) {
    match byte {
        0..0x20 => sink(&[0xE2, 0x90, 0x80 + byte]),
        0x7F => sink("\u{2421}".as_bytes()),
        _ => sink(&[byte]),
    }
}

/// The cells of a line.
#[derive(Clone, Debug)]
pub(crate) struct Cells<'a> {
    rest: &'a [u8],
    start: usize,
}

/// Cuts `line` into cells.
pub(crate) fn cells(line: &[u8]) -> Cells<'_> {
    Cells { rest: line, start: 0 }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cell<'a>;

    fn next(&mut self) -> Option<Cell<'a>> {
        let (length, width) = measure(self.rest)?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        let cell = Cell { start: self.start, bytes, width };
        self.rest = rest;
        self.start += length;
        Some(cell)
    }
}

/// Bytes and columns of the first cell of `rest`.
fn measure(rest: &[u8]) -> Option<(usize, usize)> {
    let lead = *rest.first()?;
    let wanted = match lead {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return Some((1, 1)),
    };
    let head = rest.get(..wanted).unwrap_or(rest);
    match from_utf8(head) {
        Ok(text) => text.chars().next().map(|char| (wanted, width(char))),
        // Cut off by the end of the line: the terminal still waits and shows nothing.
        Err(error) => Some(error.error_len().map_or((head.len(), 0), |bad| (bad, 1))),
    }
}

/// Whether the bytes end in the middle of a character.
pub(crate) fn ends_in_mid_character(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(4)..).unwrap_or(bytes);
    (0..tail.len()).filter_map(|start| tail.get(start..)).any(|end| {
        matches!(end.first(), Some(0xC2..=0xF4))
            && from_utf8(end).is_err_and(|e| e.valid_up_to() == 0 && e.error_len().is_none())
    })
}

/// Columns of a character on common terminals: 0 for combining marks, 2 for East Asian wide and emoji, else 1.
pub(crate) fn width(char: char) -> usize {
    let code = u32::from(char);
    let low = u16::try_from(code & 0xFFFF).unwrap_or_default();
    let within = |bounds: &[u16]| bounds.partition_point(|bound| *bound <= low) % 2 == 1;
    match code >> 16 {
        0 if within(NONE) => 0,
        0xE if low < 0x1000 => 0,
        0 if within(TWO) => 2,
        1 if within(TWO_ABOVE) => 2,
        2 | 3 => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn shape(line: &[u8]) -> Vec<(usize, usize)> {
        cells(line).map(|cell| (cell.bytes.len(), cell.width)).collect()
    }

    #[test]
    fn characters_stay_whole_and_stray_bytes_stand_alone() {
        assert_eq!(shape("aé€😀漢".as_bytes()), [(1, 1), (2, 1), (3, 1), (4, 2), (3, 2)]);
        assert_eq!(shape(b"\xFF\x80a"), [(1, 1), (1, 1), (1, 1)]);
        assert_eq!(shape(b"\xE2\x82a"), [(2, 1), (1, 1)]);
        assert_eq!(shape(b"a\xE2\x82"), [(1, 1), (2, 0)]);
    }

    #[test]
    fn emoji_and_marks_take_the_columns_that_a_terminal_gives_them() {
        for char in "✅❌⭐⚡☕⌚漢😀".chars() {
            assert_eq!(width(char), 2, "{char}");
        }
        for char in "\u{301}\u{5B0}\u{E31}\u{200D}\u{FE0F}".chars() {
            assert_eq!(width(char), 0, "{char:?}");
        }
    }

    /// All of Unicode but: the soft hyphen and two Khmer letters, of which terminals think otherwise; marks of scripts above
    /// U+10000, which the room for their table is not worth; and the last two of planes 2 and 3, which are no characters.
    #[test]
    fn widths_are_those_of_the_crate_for_widths() {
        use unicode_width::UnicodeWidthChar;
        for char in '\u{A0}'..=char::MAX {
            let expected = match (u32::from(char), char.width().unwrap_or(1)) {
                (0xAD | 0x17A4 | 0x17D8, _) | (0x1_0000..0x2_0000, 0) => 1,
                (0x2_FFFE | 0x2_FFFF | 0x3_FFFE | 0x3_FFFF, _) => 2,
                (_, width) => width,
            };
            assert_eq!(width(char), expected, "{char:?}");
        }
    }

    #[test]
    fn cells_cover_every_byte_of_every_two_byte_line() {
        for pair in 0..=0xFFFF_u16 {
            let line = pair.to_be_bytes();
            let covered: usize = cells(&line).map(|cell| cell.bytes.len()).sum();
            assert_eq!(covered, 2, "{line:x?}");
        }
    }

    #[test]
    fn control_bytes_show_as_one_column() {
        for byte in (0..0x20).chain([0x7F]) {
            let mut shown = Vec::new();
            show_byte(byte, &mut |bytes| shown.extend_from_slice(bytes));
            let text = std::string::String::from_utf8(shown).unwrap();
            assert_eq!(text.chars().map(width).sum::<usize>(), 1);
            assert!(text.chars().all(|char| !char.is_control()));
        }
    }

    #[test]
    fn a_character_under_way_is_noticed() {
        assert!(ends_in_mid_character(b"a\xE2\x82"));
        assert!(ends_in_mid_character(b"\xF0\x9F\x98"));
        assert!(!ends_in_mid_character("€".as_bytes()));
        assert!(!ends_in_mid_character(b"\x82\x82"));
        assert!(!ends_in_mid_character(b"\xE2a"));
        assert!(!ends_in_mid_character(b""));
    }
}
