//! The log: the last lines of it, and which of them have not been shown because the user was at the prompt.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use crate::records::Records;

const BYTES: usize = 16 * 1024;
const LINES: usize = 256;

/// The last lines of the log.
#[derive(Debug)]
pub(crate) struct Journal {
    lines: Records,
    written: u64,
    shown: u64,
}

/// A log line as it is shown: time in seconds and microseconds as the kernel log does, the part's name, the text.
pub(crate) fn log_line(at: Duration, part: &str, text: fmt::Arguments<'_>) -> String {
    let line = format!("[{:>6}.{:06}] {part}: {text}", at.as_secs(), at.subsec_micros());
    one_line(line)
}

/// The text without anything that would begin a new line.
pub(crate) fn one_line(text: String) -> String {
    if text.chars().any(char::is_control) {
        text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
    } else {
        text
    }
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self { lines: Records::new(BYTES, LINES), written: 0, shown: 0 }
    }

    /// Remembers a line.
    pub(crate) fn write(&mut self, line: &str) {
        self.lines.push(line.as_bytes());
        self.written += 1;
    }

    /// All that is remembered has been shown.
    pub(crate) fn all_shown(&mut self) {
        self.shown = self.written;
    }

    /// How many lines have been written since the start.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// The lines that have not been shown, oldest first, and how many more were pushed out before they could be.
    pub(crate) fn held(&self) -> (u64, impl Iterator<Item = &[u8]>) {
        let held = self.written - self.shown;
        let kept = u64::try_from(self.lines.len()).unwrap_or(u64::MAX).min(held);
        (held - kept, self.last(usize::try_from(kept).unwrap_or(usize::MAX)))
    }

    /// The last `count` lines, oldest first.
    pub(crate) fn last(&self, count: usize) -> impl Iterator<Item = &[u8]> {
        (0..count.min(self.lines.len())).rev().filter_map(|age| self.lines.back(age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_looks_as_in_the_kernel_log() {
        let line = log_line(Duration::from_micros(736_630_001), "dma", format_args!("x\r\ny"));
        assert_eq!(line, "[   736.630001] dma: x  y");
    }

    #[test]
    fn what_was_not_shown_is_held() {
        let mut journal = Journal::new();
        for number in 0..300 {
            journal.write(&format!("{number}"));
        }
        let (lost, held) = journal.held();
        assert_eq!((lost, held.count()), (300 - 256, 256));
        journal.all_shown();
        journal.write("new");
        assert_eq!(journal.held().1.collect::<std::vec::Vec<_>>(), [b"new"]);
    }
}
