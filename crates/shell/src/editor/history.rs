//! The lines typed before.

use alloc::vec::Vec;

use crate::records::Records;

use super::LIMIT;

/// How many lines are remembered at most.
const LINES: usize = 64;
/// How many bytes they may hold together.
const BYTES: usize = 4 * LIMIT;

/// Lines typed before, and where among them the user stands.
#[derive(Debug)]
pub(crate) struct History {
    lines: Records,
    /// Steps back from the line being typed; 0 is that line itself.
    age: usize,
    /// The line being typed, while an older one is shown.
    draft: Vec<u8>,
}

impl History {
    pub(crate) fn new() -> Self {
        Self { lines: Records::new(BYTES, LINES), age: 0, draft: Vec::with_capacity(LIMIT) }
    }

    /// Remembers a line, unless it repeats the last one, and returns to the present.
    pub(crate) fn remember(&mut self, line: &[u8]) {
        self.leave();
        if !line.is_empty() && self.lines.back(0) != Some(line) {
            self.lines.push(line);
        }
    }

    /// Returns to the present.
    pub(crate) fn leave(&mut self) {
        self.age = 0;
        self.draft.clear();
    }

    /// The line one step older than the shown one, which is `shown`.
    pub(crate) fn older(&mut self, shown: &[u8]) -> Option<&[u8]> {
        let older = self.lines.back(self.age)?;
        if self.age == 0 {
            self.draft.clear();
            self.draft.extend_from_slice(shown);
        }
        self.age += 1;
        Some(older)
    }

    /// The line one step newer, at last the one that was being typed.
    pub(crate) fn newer(&mut self) -> Option<&[u8]> {
        self.age = self.age.checked_sub(1)?;
        match self.age.checked_sub(1) {
            Some(age) => self.lines.back(age),
            None => Some(&self.draft),
        }
    }
}
