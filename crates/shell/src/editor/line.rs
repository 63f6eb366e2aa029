//! The line being typed: bytes, a cursor, and how many bytes did not fit.

use alloc::vec::Vec;

use super::LIMIT;
use super::cells::cells;

/// What became of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// It is the last of the line.
    AtEnd,
    /// It stands before others.
    Within,
    /// The line is full, and this is the first byte lost.
    FirstLost,
    /// The line is full.
    Lost,
}

/// The line being typed, at most [`LIMIT`] bytes. The cursor is a byte index.
#[derive(Debug)]
pub(crate) struct Line {
    bytes: Vec<u8>,
    cursor: usize,
    lost: usize,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self { bytes: Vec::with_capacity(LIMIT), cursor: 0, lost: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn cursor(&self) -> usize {
        self.cursor
    }

    /// How many bytes were typed past the limit.
    pub(crate) fn lost(&self) -> usize {
        self.lost
    }

    /// The bytes before the cursor.
    pub(crate) fn before(&self) -> &[u8] {
        self.bytes.get(..self.cursor).unwrap_or(&self.bytes)
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.cursor >= self.bytes.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= LIMIT
    }

    pub(crate) fn insert(&mut self, byte: u8) -> Inserted {
        if self.is_full() {
            self.lost = self.lost.saturating_add(1);
            return if self.lost == 1 { Inserted::FirstLost } else { Inserted::Lost };
        }
        let at_end = self.is_at_end();
        self.bytes.insert(self.cursor.min(self.bytes.len()), byte);
        self.cursor += 1;
        if at_end { Inserted::AtEnd } else { Inserted::Within }
    }

    /// Takes back the last lost byte, which no screen shows; says whether there was one.
    pub(crate) fn take_back_lost(&mut self) -> bool {
        let had = self.lost > 0;
        self.lost = self.lost.saturating_sub(1);
        had
    }

    /// Replaces everything; the cursor goes to the end.
    pub(crate) fn replace(&mut self, bytes: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes.get(..LIMIT).unwrap_or(bytes));
        self.cursor = self.bytes.len();
        self.lost = 0;
    }

    /// Removes the bytes from `from` to `to`; the cursor goes there.
    pub(crate) fn remove(&mut self, from: usize, to: usize) {
        let to = to.min(self.bytes.len());
        self.bytes.drain(from.min(to)..to);
        self.cursor = from.min(to);
        if self.bytes.is_empty() {
            self.lost = 0;
        }
    }

    pub(crate) fn move_to(&mut self, cursor: usize) {
        self.cursor = cursor.min(self.bytes.len());
    }

    /// Where the cell before the cursor begins.
    pub(crate) fn previous(&self) -> usize {
        let before = cells(&self.bytes).take_while(|cell| cell.start < self.cursor);
        before.last().map_or(0, |cell| cell.start)
    }

    /// Where the cell at the cursor ends.
    pub(crate) fn next(&self) -> usize {
        let at = cells(&self.bytes).find(|cell| cell.end() > self.cursor);
        at.map_or(self.bytes.len(), |cell| cell.end())
    }
}
