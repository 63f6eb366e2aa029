//! Bars.

use alloc::string::String;

use super::share;

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A bar of `value` parts of `full`, `columns` wide when full, drawn to an eighth of a column, padded with spaces.
pub fn bar(value: u64, full: u64, columns: usize) -> String {
    let filled = share(value, full, columns * 8);
    let mut text = "█".repeat(filled / 8);
    let part = EIGHTHS.get(filled % 8).copied().unwrap_or_default();
    text.push_str(part);
    let drawn = filled.div_ceil(8);
    text.push_str(&" ".repeat(columns.saturating_sub(drawn)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::columns;

    #[test]
    fn a_bar_grows_by_eighths_and_keeps_its_width() {
        assert_eq!(bar(0, 8, 4), "    ");
        assert_eq!(bar(8, 8, 4), "████");
        assert_eq!(bar(9, 8, 4), "████");
        assert_eq!(bar(5, 8, 4), "██▌ ");
        assert_eq!(bar(3, 0, 2), "  ", "nothing of nothing");
        for value in 0..=100 {
            assert_eq!(columns(&bar(value, 100, 17)), 17);
        }
        assert_eq!(columns(&bar(u64::MAX - 1, u64::MAX, 60)), 60);
    }
}
