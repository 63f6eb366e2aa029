//! A terminal to look at.

use std::vec;
use std::vec::Vec;

use crate::editor::{show, width};

/// A terminal that wraps as xterm does: the cursor hangs behind the last column until the next character.
pub(crate) struct Terminal {
    columns: usize,
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
    hangs: bool,
    pending: Vec<u8>,
}

impl Terminal {
    pub(crate) fn new(columns: usize) -> Self {
        Self { columns, rows: vec![vec![]], row: 0, column: 0, hangs: false, pending: vec![] }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.pending.push(byte);
            self.step();
        }
    }

    fn step(&mut self) {
        match self.pending.as_slice() {
            [0x1B, b'[', .., last @ 0x40..=0x7E] if self.pending.len() > 2 => {
                let last = *last;
                let digits = &self.pending[2..self.pending.len() - 1];
                let count = std::str::from_utf8(digits).unwrap().parse().unwrap_or(1);
                self.control(last, count);
                self.pending.clear();
            }
            [0x1B] | [0x1B, b'[', ..] => {}
            [b'\r'] => self.place(0),
            [b'\n'] => {
                self.row += 1;
                self.hangs = false;
                self.grow();
                self.pending.clear();
            }
            [0x07] => self.pending.clear(),
            text => {
                if let Ok(text) = std::str::from_utf8(text) {
                    let char = text.chars().next().unwrap();
                    assert!(!char.is_control(), "{char:?} moves the cursor");
                    self.pending.clear();
                    self.show(char);
                }
            }
        }
    }

    fn place(&mut self, column: usize) {
        self.column = column;
        self.hangs = false;
        self.pending.clear();
    }

    fn control(&mut self, last: u8, count: usize) {
        match last {
            b'A' => self.row = self.row.checked_sub(count).expect("row above the prompt"),
            b'B' => {
                self.row += count;
                assert!(self.row < self.rows.len(), "a terminal does not scroll for CSI B");
            }
            b'G' => self.column = count - 1,
            b'J' => {
                self.rows.truncate(self.row + 1);
                self.rows[self.row].truncate(self.column);
            }
            b'h' => {}
            other => panic!("unexpected CSI {}", char::from(other)),
        }
        if last != b'J' && last != b'h' {
            self.hangs = false;
        }
    }

    fn grow(&mut self) {
        while self.rows.len() <= self.row {
            self.rows.push(vec![]);
        }
    }

    /// Writes a character; the second column of a wide one holds NUL.
    fn show(&mut self, char: char) {
        let width = width(char);
        if self.hangs || self.column + width > self.columns {
            self.row += 1;
            self.column = 0;
            self.hangs = false;
            self.grow();
        }
        let row = &mut self.rows[self.row];
        while row.len() < self.column + width {
            row.push(' ');
        }
        for (offset, slot) in row[self.column..self.column + width].iter_mut().enumerate() {
            *slot = if offset == 0 { char } else { '\0' };
        }
        self.column += width;
        if self.column == self.columns {
            self.column -= 1;
            self.hangs = true;
        }
    }

    /// What a fresh terminal looks like after `bytes`, compared with this one from its last prompt on.
    pub(crate) fn assert_shows(&self, prompt: &str, line: &[u8], cursor: usize) {
        let mut fresh = Self::new(self.columns);
        fresh.write(prompt.as_bytes());
        let mut place = None;
        for (start, bytes) in show(line) {
            if start == cursor {
                place = Some((fresh.row, fresh.column));
                if fresh.hangs || fresh.column + width_of(&bytes) > fresh.columns {
                    place = Some((fresh.row + 1, 0));
                }
            }
            fresh.write(&bytes);
        }
        let place = place.unwrap_or((fresh.row, fresh.column));
        let top = self.rows.len() - fresh.rows.len();
        let rows = |terminal: &Self, top: usize| -> Vec<std::string::String> {
            let text = |row: &Vec<char>| row.iter().collect::<std::string::String>();
            terminal.rows[top..].iter().map(|row| text(row).trim_end().into()).collect()
        };
        assert_eq!(rows(self, top), rows(&fresh, 0));
        assert_eq!((self.row - top, self.column), place, "cursor of {line:?} at {cursor}");
    }
}

fn width_of(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).unwrap().chars().map(width).sum()
}
