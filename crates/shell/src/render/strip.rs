//! A strip of boxes side by side, as wide as what they stand for: segments, blocks.

use alloc::string::String;
use alloc::vec::Vec;

use super::{columns, share};

/// A box: where it begins and ends on the common scale, and its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// First unit.
    pub start: u64,
    /// One past the last unit.
    pub end: u64,
    /// What is written in it, if there is room.
    pub label: String,
}

/// Three lines with a box for each piece, `total` units being `width` columns. Pieces are in order and do not overlap; those
/// too narrow for a box share a wall.
pub fn strip(pieces: &[Piece], total: u64, width: usize) -> [String; 3] {
    let walls = walls(pieces, total, width);
    let mut lines = [Row::new(width, '─'), Row::new(width, ' '), Row::new(width, '─')];
    let [top, middle, bottom] = &mut lines;
    let last = walls.len().saturating_sub(1);
    for (index, &wall) in walls.iter().enumerate() {
        let corner = |first, inner, end| match index {
            0 => first,
            _ if index == last => end,
            _ => inner,
        };
        top.put(wall, corner('┌', '┬', '┐'));
        middle.put(wall, '│');
        bottom.put(wall, corner('└', '┴', '┘'));
    }
    for (piece, pair) in pieces.iter().zip(walls.windows(2)) {
        if let [left, right] = pair {
            middle.label(left + 1, right.saturating_sub(left + 1), &piece.label);
        }
    }
    lines.map(Row::text)
}

/// The columns of the walls: before each piece and behind the last.
fn walls(pieces: &[Piece], total: u64, width: usize) -> Vec<usize> {
    let scale = |unit: u64| share(unit, total, width.saturating_sub(1));
    let ends = pieces.last().map(|piece| scale(piece.end));
    pieces.iter().map(|piece| scale(piece.start)).chain(ends).collect()
}

/// A line being drawn.
struct Row {
    cells: Vec<char>,
}

impl Row {
    fn new(width: usize, fill: char) -> Self {
        Self { cells: core::iter::repeat_n(fill, width).collect() }
    }

    fn put(&mut self, column: usize, char: char) {
        if let Some(cell) = self.cells.get_mut(column) {
            // The strip's ends stay corners, however many walls share the column.
            if !matches!(*cell, '┌' | '└') {
                *cell = char;
            }
        }
    }

    /// Writes the label into the middle of `room` columns, if it fits.
    fn label(&mut self, column: usize, room: usize, label: &str) {
        let taken = columns(label);
        if taken > room {
            return;
        }
        let from = column + (room - taken) / 2;
        for (cell, char) in self.cells.iter_mut().skip(from).zip(label.chars()) {
            *cell = char;
        }
    }

    fn text(self) -> String {
        self.cells.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(ends: &[u64]) -> Vec<Piece> {
        let starts = core::iter::once(0).chain(ends.iter().copied());
        let piece =
            |(start, end): (u64, u64)| Piece { start, end, label: std::format!("{}", end - start) };
        starts.zip(ends.iter().copied()).map(piece).collect()
    }

    #[test]
    fn boxes_are_as_wide_as_what_they_stand_for() {
        let [top, middle, bottom] = strip(&pieces(&[8, 12, 16]), 16, 17);
        assert_eq!(top, "┌───────┬───┬───┐");
        assert_eq!(middle, "│   8   │ 4 │ 4 │");
        assert_eq!(bottom, "└───────┴───┴───┘");
    }

    #[test]
    fn narrow_pieces_share_a_wall_and_lose_their_label() {
        let [top, middle, _] = strip(&pieces(&[1000, 1001]), 1001, 12);
        assert_eq!((top.as_str(), middle.as_str()), ("┌─────────┬┐", "│  1000   ││"));
        let many: Vec<u64> = (1..=500).collect();
        assert!(strip(&pieces(&many), 500, 40).iter().all(|line| columns(line) == 40));
    }

    #[test]
    fn nothing_draws_nothing_and_panics_not() {
        assert_eq!(strip(&[], 0, 4)[1], "    ");
        strip(&pieces(&[u64::MAX]), u64::MAX, 0);
    }
}
