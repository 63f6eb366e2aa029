//! Tab: first as much as all candidates share, then one candidate after the other.
//!
//! Listing the candidates would need a newline in the echo; stepping through them does not.

use alloc::string::String;
use alloc::vec::Vec;

/// What could stand at the end of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Index of the first byte of the word to complete.
    pub start: usize,
    /// The words that could stand there; each begins with what is typed of it.
    pub words: Vec<String>,
}

/// Who knows what could stand at the end of a line.
pub trait Completer {
    /// The candidates for the last word of `line`.
    fn candidates(&self, line: &[u8]) -> Candidates;
}

/// Completes nothing.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Completer for Nothing {
    fn candidates(&self, _: &[u8]) -> Candidates {
        Candidates::default()
    }
}

/// A completion under way: what is shown now, and what the next Tab shows.
#[derive(Clone, Debug)]
pub(crate) struct Completing {
    candidates: Candidates,
    text: Vec<u8>,
    next: usize,
}

impl Completing {
    /// The first Tab. `None` where nothing fits.
    pub(crate) fn begin(completer: &impl Completer, line: &[u8]) -> Option<Self> {
        let candidates = completer.candidates(line);
        let typed = line.get(candidates.start..)?;
        let (first, rest) = candidates.words.split_first()?;
        let shared = rest.iter().fold(first.as_str(), |shared, word| common(shared, word));
        let mut text = shared.as_bytes().to_vec();
        if rest.is_empty() && !first.ends_with('=') {
            text.push(b' ');
        }
        let gains = text.len() > typed.len();
        let completing = Self { candidates, text, next: 0 };
        Some(if gains { completing } else { completing.next() })
    }

    /// The next Tab.
    pub(crate) fn next(mut self) -> Self {
        let count = self.candidates.words.len().max(1);
        if let Some(word) = self.candidates.words.get(self.next % count) {
            self.text = word.as_bytes().to_vec();
        }
        self.next = (self.next + 1) % count;
        self
    }

    /// Where the shown word begins.
    pub(crate) fn start(&self) -> usize {
        self.candidates.start
    }

    /// The shown word.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Itself, if another Tab can show something else.
    pub(crate) fn goes_on(self) -> Option<Self> {
        (self.candidates.words.len() > 1).then_some(self)
    }
}

/// What two words begin with alike.
fn common<'a>(one: &'a str, other: &str) -> &'a str {
    let same = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
    let end = same.map_or(one.len().min(other.len()), |((index, _), _)| index);
    one.get(..end).unwrap_or(one)
}
