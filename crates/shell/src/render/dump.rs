//! A hex dump, row by row.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

/// Bytes a row.
pub const ROW: usize = 16;

/// One row: address, up to [`ROW`] bytes, the same as text.
pub fn dump_row(address: u64, bytes: &[u8]) -> String {
    let mut row = format!("{address:#010x} ");
    for index in 0..ROW {
        if index == ROW / 2 {
            row.push(' ');
        }
        match bytes.get(index) {
            Some(byte) => {
                let _ = write!(row, "{byte:02x} ");
            }
            None => row.push_str("   "),
        }
    }
    for &byte in bytes.iter().take(ROW) {
        row.push(if matches!(byte, 0x20..=0x7E) { char::from(byte) } else { '·' });
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{WIDTH, columns};

    #[test]
    fn a_row_shows_bytes_and_text_within_the_width() {
        let row = dump_row(0x8_0000, b"Scatter/gather\x00\xFF");
        let expected =
            "0x00080000 53 63 61 74 74 65 72 2f  67 61 74 68 65 72 00 ff Scatter/gather··";
        assert_eq!(row, expected);
        assert!(columns(&row) <= WIDTH);
        assert!(dump_row(0, b"a").ends_with(" a"));
        // The simulator's addresses have more digits.
        let row = dump_row(0x7FFF_1234_5670, b"Scatter/gather\x00\xFF");
        let expected =
            "0x7fff12345670 53 63 61 74 74 65 72 2f  67 61 74 68 65 72 00 ff Scatter/gather··";
        assert_eq!(row, expected);
        assert!(columns(&row) <= WIDTH);
    }
}
