//! Tables.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Display;

use super::{Colour, Paint, WIDTH, columns};

/// To which side a column leans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

#[derive(Clone, Debug)]
struct Cell {
    text: String,
    colour: Option<Colour>,
}

/// A table: a heading, rows, columns as wide as they must be, two spaces between them. What does not fit in 80 columns is cut
/// off with `…`.
#[derive(Clone, Debug)]
pub struct Table {
    heads: Vec<(String, Align)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(heads: &[(&str, Align)]) -> Self {
        let heads = heads.iter().map(|(head, align)| ((*head).to_string(), *align)).collect();
        Self { heads, rows: Vec::new() }
    }

    /// Adds a row. (Trait objects, so that this is there once and not for each kind and number of cells.)
    pub fn row(&mut self, cells: &[&dyn Display]) {
        let cell = |text: &&dyn Display| Cell { text: text.to_string(), colour: None };
        self.rows.push(cells.iter().map(cell).collect());
    }

    /// Colours the last row's cell in this column.
    pub fn colour(&mut self, column: usize, colour: Colour) {
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.get_mut(column)) {
            cell.colour = Some(colour);
        }
    }

    /// The lines of the table.
    pub fn lines(&self, paint: Paint) -> Vec<String> {
        let widths = self.widths();
        let heads = self.heads.iter().map(|(head, _)| Cell { text: head.clone(), colour: None });
        let head = self.line(&heads.collect::<Vec<_>>(), &widths, Paint::Plain);
        let rows = self.rows.iter().map(|row| self.line(row, &widths, paint));
        core::iter::once(paint.bold(&head)).chain(rows).collect()
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.heads.iter().map(|(head, _)| columns(head)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(columns(&cell.text));
            }
        }
        widths
    }

    fn line(&self, cells: &[Cell], widths: &[usize], paint: Paint) -> String {
        let mut line = String::new();
        let mut used = 0;
        for ((cell, width), (_, align)) in cells.iter().zip(widths).zip(&self.heads) {
            let gap = if used == 0 { 0 } else { 2 };
            let room = WIDTH.saturating_sub(used + gap);
            if room == 0 {
                break;
            }
            let text = pad(&cell.text, *width, room, *align);
            line.push_str(&vec![" "; gap].concat());
            used += gap + columns(&text);
            match cell.colour {
                Some(colour) => line.push_str(&paint.paint(colour, &text)),
                None => line.push_str(&text),
            }
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    }
}

/// The text `width` columns wide, but cut off to `room`.
fn pad(text: &str, width: usize, room: usize, align: Align) -> String {
    let blank = " ".repeat(width.saturating_sub(columns(text)));
    let padded = match align {
        Align::Left => text.to_string() + &blank,
        Align::Right => blank + text,
    };
    if columns(&padded) <= room { padded } else { fit(&padded, room) }
}

/// As much of the text as fits, and `…`.
fn fit(text: &str, room: usize) -> String {
    let mut fitted = String::new();
    for char in text.chars() {
        if columns(&fitted) + crate::editor::width(char) + 1 > room {
            break;
        }
        fitted.push(char);
    }
    fitted + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(&[("name", Align::Left), ("bytes", Align::Right)]);
        table.row(&[&"text", &"4096"]);
        table.row(&[&"größe", &"1"]);
        table.colour(0, Colour::Green);
        table
    }

    #[test]
    fn columns_line_up() {
        assert_eq!(sample().lines(Paint::Plain), ["name   bytes", "text    4096", "größe      1"]);
    }

    #[test]
    fn colour_takes_no_room() {
        let lines = sample().lines(Paint::Colour);
        assert_eq!(lines[2], "\x1b[32mgröße\x1b[0m      1");
    }

    #[test]
    fn what_is_too_wide_is_cut_off() {
        let mut table = Table::new(&[("a", Align::Left), ("b", Align::Left), ("c", Align::Left)]);
        table.row(&[&"x".repeat(40), &"y".repeat(60), &"z"]);
        let lines = table.lines(Paint::Plain);
        assert!(lines.iter().all(|line| columns(line) <= WIDTH), "{lines:?}");
        assert!(lines[1].ends_with("y…"));
    }
}
