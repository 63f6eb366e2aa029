//! Bytes as text, and back.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::str::from_utf8;

use crate::render::columns;

/// The text, if the bytes can be shown as they are: UTF-8 without control characters.
pub fn plain(bytes: &[u8]) -> Option<&str> {
    from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

/// The bytes in printable ASCII: `\\` for a backslash, `\xNN` for what is not printable ASCII.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            0x20..=0x7E => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

/// The bytes that [`escape`] made `text` of; `None` if it made no such text.
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Some(bytes),
            [b'\\', b'\\', rest @ ..] => {
                bytes.push(b'\\');
                rest
            }
            [b'\\', b'x', high, low, rest @ ..] => {
                bytes.push(hex(*high)? << 4 | hex(*low)?);
                rest
            }
            [byte @ 0x20..=0x7E, rest @ ..] if *byte != b'\\' => {
                bytes.push(*byte);
                rest
            }
            _ => return None,
        };
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The bytes for a message: as they are where that is possible, else escaped; 60 columns and `…` where there are more.
pub fn quote(bytes: &[u8]) -> String {
    quote_within(bytes, 61)
}

/// The same in so many columns, `…` included. What is cut off is whole characters, or bytes.
pub fn quote_within(bytes: &[u8], room: usize) -> String {
    match plain(bytes) {
        Some(text) => fill(room, &mut text.chars().map(String::from)),
        None => fill(room, &mut bytes.iter().map(|byte| escape(&[*byte]))),
    }
}

/// As many of the pieces as there is room for.
fn fill(room: usize, pieces: &mut dyn Iterator<Item = String>) -> String {
    let (mut text, mut end) = (String::new(), 0);
    for piece in pieces {
        text.push_str(&piece);
        match columns(&text) {
            wide if wide > room => {
                text.truncate(end);
                text.push('…');
                return text;
            }
            wide if wide < room => end = text.len(),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn text_without_control_characters_is_plain() {
        assert_eq!(plain("123 – Grüße \\".as_bytes()), Some("123 – Grüße \\"));
        for control in ["a\tb", "\u{7f}", "\u{85}", "\r", "\0"] {
            assert_eq!(plain(control.as_bytes()), None, "{control:?}");
        }
        assert_eq!(plain(b"\xFF"), None);
    }

    #[test]
    fn escapes_look_as_documented() {
        assert_eq!(escape(b"a\\b\x00\xFF\r "), r"a\\b\x00\xff\x0d ");
        for wrong in [r"\", r"\x", r"\x1", r"\xg0", r"\n", "é", "\n"] {
            assert_eq!(unescape(wrong), None, "{wrong}");
        }
        assert_eq!(unescape(r"\xFF\xff"), Some(std::vec![255, 255]));
    }

    #[test]
    fn a_quote_is_short() {
        assert_eq!(quote(b"size"), "size");
        assert_eq!(quote(&[b'9'; 4000]), "9".repeat(60) + "…");
        assert_eq!(quote(b"\xFFx"), r"\xffx".to_string());
        assert_eq!(quote(&[b'9'; 61]), "9".repeat(61));
    }

    #[test]
    fn a_quote_is_cut_between_characters_and_bytes_to_the_columns_there_are() {
        assert_eq!(quote_within("aéé".as_bytes(), 3), "aéé");
        assert_eq!(quote_within("aéé".as_bytes(), 2), "a…");
        assert_eq!(quote_within("漢漢漢".as_bytes(), 5), "漢漢…");
        assert_eq!(quote_within("漢漢漢".as_bytes(), 4), "漢…");
        assert_eq!(quote_within(b"\xFF\xFF\xFF", 9), r"\xff\xff…");
        assert_eq!(quote_within(b"\xFF\xFF\xFF", 8), r"\xff…");
    }

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(bytes: Vec<u8>) {
            let text = escape(&bytes);
            prop_assert!(text.bytes().all(|byte| (0x20..=0x7E).contains(&byte)));
            prop_assert_eq!(unescape(&text), Some(bytes));
        }
    }
}
