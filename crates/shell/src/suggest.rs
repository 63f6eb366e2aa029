//! "Did you mean": the nearest of some words.

use alloc::vec::Vec;

/// The word nearest to `typed`, if it is near enough to be meant: fewer than half of the letters differ, at most 2, or it
/// is the only one that begins so.
#[inline(never)]
pub fn nearest<'a>(typed: &[u8], words: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    let words: Vec<&str> = words.collect();
    let mut begun = words.iter().filter(|word| word.as_bytes().starts_with(typed)).copied();
    if let (false, Some(only), None) = (typed.is_empty(), begun.next(), begun.next()) {
        return Some(only);
    }
    // No name is so long; and the table below stays small whatever is typed.
    if typed.len() > 40 {
        return None;
    }
    let scored = words.into_iter().map(|word| (distance(typed, word.as_bytes()), word));
    let (distance, word) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 && distance * 2 < word.len().max(typed.len())).then_some(word)
}

/// How many letters must be added, dropped, changed or swapped with their neighbour to make one word of the other.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut last = None;
    for (i, &a) in one.iter().enumerate() {
        let mut next: Vec<usize> = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, &b) in other.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let change = at(&row, j) + usize::from(!a.eq_ignore_ascii_case(&b));
            let step = (at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let left = j.checked_sub(1);
            let swapped = last == Some(b) && left.and_then(|left| other.get(left)) == Some(&a);
            let swap = if swapped { at(&before, j.saturating_sub(1)) + 1 } else { usize::MAX };
            next.push(change.min(step).min(swap));
        }
        before = core::mem::replace(&mut row, next);
        last = Some(a);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(typed: &str) -> Option<&'static str> {
        nearest(typed.as_bytes(), &mut ["help", "halt", "info", "dmatest", "sg"].into_iter())
    }

    #[test]
    fn slips_are_understood() {
        for (typed, word) in [
            ("hlep", "help"),
            ("hel", "help"),
            ("INFO", "info"),
            ("dmatets", "dmatest"),
            ("dma", "dmatest"),
            ("s", "sg"),
            ("ifno", "info"),
        ] {
            assert_eq!(meant(typed), Some(word), "{typed}");
        }
    }

    #[test]
    fn what_is_far_away_is_not_suggested() {
        for typed in ["", "h", "xx", "reboot", "sgdmatestinfohelp", "x".repeat(500).as_str()] {
            assert_eq!(meant(typed), None, "{typed}");
        }
    }

    #[test]
    fn the_distance_counts_each_kind_of_slip_once() {
        for (one, other, expected) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "ac", 1), ("ac", "abc", 1), ("abc", "acb", 1)]
        {
            assert_eq!(distance(one.as_bytes(), other.as_bytes()), expected);
        }
        assert_eq!(distance(b"kitten", b"sitting"), 3);
    }
}
