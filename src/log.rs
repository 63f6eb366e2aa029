//! Log lines as the kernel log has them: `[ssssss.uuuuuu] part: text`.

use core::fmt::{self, Write};

use crate::arch::timer;
use crate::board::uart;

/// Time since the counter started, for the front of a log line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    micros: u64,
}

impl Stamp {
    /// Now.
    pub(crate) fn now() -> Self {
        let (ticks, hz) = (timer::now(), timer::frequency());
        let (seconds, rest) = (ticks / hz, ticks % hz);
        Self { micros: seconds * 1_000_000 + rest * 1_000_000 / hz }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:6}.{:06}]", self.micros / 1_000_000, self.micros % 1_000_000)
    }
}

/// One log line of `part`.
#[inline(never)]
pub(crate) fn line(part: &str, text: fmt::Arguments<'_>) {
    // The console cannot fail: it waits until there is room.
    let _ = writeln!(uart::Writer, "{} {part}: {text}", Stamp::now());
}

/// Text without a stamp.
// Not inlined, here and above: each of the many calls would otherwise carry its own copy of the formatting's end.
#[inline(never)]
pub(crate) fn text(text: fmt::Arguments<'_>) {
    // The console cannot fail: it waits until there is room.
    let _ = uart::Writer.write_fmt(text);
}

/// Logs: the part, then what `format!` takes.
macro_rules! log {
    ($part:literal, $($text:tt)*) => {
        $crate::log::line($part, format_args!($($text)*))
    };
}

/// Prints without a stamp.
macro_rules! print {
    ($($text:tt)*) => {
        $crate::log::text(format_args!($($text)*))
    };
}

pub(crate) use {log, print};
