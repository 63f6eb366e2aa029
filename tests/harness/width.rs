//! No answer is wider than the terminal, but for what must be one line.

/// Columns of the terminal.
const COLUMNS: usize = 80;

/// What is one line however long: the last one, what was received, and what is to be typed.
const ONE_LINE: [&str; 4] = ["ok: ", "error: ", "received", "  repeat: "];

/// Whether a line fits, or must be one.
pub(crate) fn fits(line: &str) -> bool {
    let is_logged = line.starts_with('[');
    let may = |start: &&str| line.starts_with(*start) || is_logged && line.contains(*start);
    line.chars().count() <= COLUMNS || ONE_LINE.iter().any(may)
}
