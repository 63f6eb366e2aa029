//! A timeline: what lasted from when to when.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{columns, share};

/// Something that lasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it was.
    pub label: String,
    /// When it began, in microseconds.
    pub start: u64,
    /// When it ended; not before `start`.
    pub end: u64,
}

/// A line for each event: label, a bar where it lay between the first start and the last end, its length. `width` is that of
/// the bars; where no time passed at all, every event is a single mark.
pub fn timeline(events: &[Event], width: usize) -> Vec<String> {
    let first = events.iter().map(|event| event.start).min().unwrap_or(0);
    let last = events.iter().map(|event| event.end).max().unwrap_or(0);
    let names = events.iter().map(|event| columns(&event.label)).max().unwrap_or(0);
    let scale = |time: u64| share(time - first, last - first, width);
    let line = |event: &Event| {
        let (from, to) = (scale(event.start), scale(event.end.max(event.start)));
        let mark = if to > from { "━".repeat(to - from) } else { "╵".to_string() };
        let blank = " ".repeat(names - columns(&event.label));
        let rest = " ".repeat(width.saturating_sub(from + columns(&mark)));
        let lasted = event.end.saturating_sub(event.start);
        format!("{}{blank} │{}{mark}{rest}│ {lasted} µs", event.label, " ".repeat(from))
    };
    events.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(label: &str, start: u64, end: u64) -> Event {
        Event { label: label.to_string(), start, end }
    }

    #[test]
    fn bars_lie_where_their_time_lay() {
        let lines = timeline(&[event("one", 100, 104), event("three", 104, 108)], 8);
        assert_eq!(lines, ["one   │━━━━    │ 4 µs", "three │    ━━━━│ 4 µs"]);
    }

    #[test]
    fn where_time_stands_still_there_are_marks() {
        let lines = timeline(&[event("a", 7, 7), event("b", 7, 7)], 4);
        assert_eq!(lines, ["a │╵   │ 0 µs", "b │╵   │ 0 µs"]);
        assert!(timeline(&[], 4).is_empty());
    }
}
