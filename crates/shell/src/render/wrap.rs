//! Text on as many lines as it needs.

use alloc::string::String;
use alloc::vec::Vec;

use super::columns;

/// The text on lines of at most `room` columns; those after the first begin with `indent` blanks. Lines end at blanks: a word
/// that is wider than a line stays whole.
pub fn wrap(text: &str, room: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut filled = false;
    // What stands between two blanks in a row is an empty word.
    for (index, word) in text.split(' ').enumerate() {
        if filled && !word.is_empty() && columns(&line) + 1 + columns(word) > room {
            lines.push(trimmed(core::mem::replace(&mut line, " ".repeat(indent))));
        } else if index > 0 {
            line.push(' ');
        }
        filled |= !word.is_empty();
        line.push_str(word);
    }
    lines.push(trimmed(line));
    lines
}

/// Without blanks at its end.
pub(super) fn trimmed(mut line: String) -> String {
    while line.ends_with(' ') {
        line.pop();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_blanks_and_go_on_indented() {
        assert_eq!(wrap("  one two  three", 9, 4), ["  one two", "    three"]);
        assert_eq!(wrap("one two", 7, 2), ["one two"]);
        assert_eq!(wrap("größe µs", 8, 2), ["größe µs"]);
        assert_eq!(wrap("a verylongword b", 5, 1), ["a", " verylongword", " b"]);
        assert_eq!(wrap("", 5, 1), [""]);
    }
}
