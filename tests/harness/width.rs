//! No answer is wider than the terminal, but for what must be one line.

/// Columns of the terminal.
const COLUMNS: usize = 80;

/// What is one line however long: the last one, what was typed or sent, and what is to be typed.
const ONE_LINE: [&str; 5] = ["ok: ", "error: ", "received", "demo: source: ", "  repeat: "];

/// Whether a line fits, or must be one.
pub(crate) fn fits(line: &str) -> bool {
    let is_logged = line.starts_with('[');
    let may = |start: &&str| line.starts_with(*start) || is_logged && line.contains(*start);
    // The host's addresses have more digits than a board's.
    let of_host = line.split(' ').filter(|word| word.starts_with("0x7"));
    let columns = COLUMNS + of_host.map(|word| word.len().saturating_sub(10)).sum::<usize>();
    line.chars().count() <= columns || ONE_LINE.iter().any(may)
}
