//! Tables.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Display;

use super::wrap::{trimmed, wrap};
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

/// A table: a heading, rows, columns as wide as they must be, two spaces between them. What does not fit in 80 columns goes on
/// below, if it is text in the last column, and is cut off with `…` elsewhere.
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
        let head = self.row_lines(heads.collect(), &widths, Paint::Plain);
        let rows = self.rows.iter().flat_map(|row| self.row_lines(row.clone(), &widths, paint));
        head.iter().map(|head| paint.bold(head)).chain(rows).collect()
    }

    /// A row on as many lines as its last cell needs.
    fn row_lines(&self, mut cells: Vec<Cell>, widths: &[usize], paint: Paint) -> Vec<String> {
        let (last, before) = widths.split_last().unwrap_or((&0, &[]));
        let room = WIDTH.saturating_sub(before.iter().map(|width| width + 2).sum());
        let is_text = matches!(self.heads.last(), Some((_, Align::Left)));
        if *last <= room || room == 0 || !is_text {
            return vec![self.line(&cells, widths, paint)];
        }
        let parts = cells.last().map_or_else(Vec::new, |cell| wrap(&cell.text, room, 0));
        let mut lines = Vec::new();
        for part in parts {
            cells.last_mut().into_iter().for_each(|cell| cell.text.clone_from(&part));
            lines.push(self.line(&cells, widths, paint));
            for cell in cells.iter_mut().rev().skip(1) {
                cell.text.clear();
            }
        }
        lines
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
        trimmed(line)
    }
}

/// The text `width` columns wide, but no wider than `room`: cut off where it is.
fn pad(text: &str, width: usize, room: usize, align: Align) -> String {
    let text = if columns(text) <= room { text.to_string() } else { fit(text, room) };
    let blank = " ".repeat(width.min(room).saturating_sub(columns(&text)));
    match align {
        Align::Left => text + &blank,
        Align::Right => blank + &text,
    }
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
    use std::format;

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

    #[test]
    fn the_last_column_goes_on_below_and_what_fits_is_whole() {
        let mut table = Table::new(&[("a", Align::Left), ("b", Align::Left)]);
        table.row(&[&"x", &"word ".repeat(20).trim_end()]);
        table.row(&[&"y", &"short"]);
        table.colour(0, Colour::Green);
        let lines = table.lines(Paint::Plain);
        let full = "word ".repeat(15);
        assert_eq!(
            lines[1..],
            [
                format!("x  {}", full.trim_end()),
                "   word word word word word".into(),
                "y  short".into()
            ]
        );
    }
}
