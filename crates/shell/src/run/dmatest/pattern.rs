//! What the buffers hold, so that every byte tells where it comes from: the patterns of the kernel's module.
//!
//! | byte | where |
//! | --- | --- |
//! | 0x80 + noise | source, not to be moved |
//! | 0xC0 + noise | source, to be moved |
//! | 0x00 + noise | destination, to stay |
//! | 0x20 + noise | destination, to be overwritten |
//!
//! The kernel counts where this has noise; noise also shows what was moved to a wrong place.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::request::Kind;
use super::test::{SHIFT, Side, Test};

const SOURCE: u8 = 0x80;
const MOVED: u8 = 0xC0;
const SINK: u8 = 0x00;
const OVERWRITTEN: u8 = 0x20;
/// The bits of a byte that are noise.
const NOISE: u8 = 0x1F;
/// The noise is always the same, so that a test depends on nothing but its seed.
const NOISE_SEED: u64 = 7;

/// The patterns, long enough for a buffer at every shift.
#[derive(Clone, Debug)]
pub(super) struct Patterns {
    source: Vec<u8>,
    moved: Vec<u8>,
    sink: Vec<u8>,
    overwritten: Vec<u8>,
}

/// In which buffer a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Source,
    Sink,
}

/// A byte that is not what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) end: End,
    /// Where in the buffer.
    pub(super) at: usize,
    /// Which byte of those that were to be moved there; `None` if none was.
    pub(super) byte: Option<usize>,
    pub(super) expected: u8,
    pub(super) actual: u8,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { end, at, byte, expected, actual } = self;
        match (end, byte) {
            (End::Source, _) => write!(f, "source buffer byte {at:#x} was overwritten")?,
            (End::Sink, None) => write!(f, "byte {at:#x} beside the destination was written")?,
            (End::Sink, Some(byte)) if actual & !NOISE == OVERWRITTEN => {
                write!(f, "destination byte {byte:#x} was not copied")?;
            }
            (End::Sink, Some(byte)) => write!(f, "destination byte {byte:#x} is wrong")?,
        }
        write!(f, ": expected {expected:#04x}, got {actual:#04x}")
    }
}

impl Patterns {
    /// Patterns for buffers of so many bytes.
    pub(super) fn new(buffer: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(NOISE_SEED);
        let mut noise = vec![0_u8; buffer + SHIFT];
        random.fill(&mut noise);
        let of = |class: u8| noise.iter().map(|byte| byte & NOISE | class).collect();
        Self { source: of(SOURCE), moved: of(MOVED), sink: of(SINK), overwritten: of(OVERWRITTEN) }
    }

    /// Fills both buffers.
    pub(super) fn paint(&self, test: &Test, source: &mut [u8], sink: &mut [u8]) {
        let [from, to] = test.shifts;
        paint(source, &test.source, from, (&self.source, &self.moved));
        paint(sink, &test.sink, to, (&self.sink, &self.overwritten));
    }

    /// The first byte that is wrong after the test.
    pub(super) fn check(&self, test: &Test, source: &[u8], sink: &[u8]) -> Option<Mismatch> {
        let [from, to] = test.shifts;
        check_gaps(sink, &test.sink, at(&self.sink, to), End::Sink)
            .or_else(|| self.check_moved(test, sink))
            .or_else(|| check_gaps(source, &test.source, at(&self.source, from), End::Source))
            .or_else(|| {
                let pattern = at(&self.moved, from);
                let mut pieces = test.source.pieces.iter().cloned();
                pieces.find_map(|piece| {
                    let start = piece.start;
                    differ(part(source, &piece), part(pattern, &piece))
                        .map(|found| found.of(End::Source, start, None))
                })
            })
    }

    /// Whether what was to be written is.
    fn check_moved(&self, test: &Test, sink: &[u8]) -> Option<Mismatch> {
        if test.kind == Kind::Fill {
            return check_fill(test, sink);
        }
        let pattern = at(&self.moved, test.shifts[0]);
        let mut sources = test.source.listed();
        let mut from = 0..0;
        let mut byte = 0;
        for piece in test.sink.listed() {
            let mut to = piece;
            while !to.is_empty() {
                if from.is_empty() {
                    from = sources.next()?;
                }
                let len = from.len().min(to.len());
                let (is, should) = (to.start..to.start + len, from.start..from.start + len);
                if let Some(found) = differ(part(sink, &is), part(pattern, &should)) {
                    return Some(found.of(End::Sink, to.start, Some(byte)));
                }
                (to.start, from.start, byte) = (to.start + len, from.start + len, byte + len);
            }
        }
        None
    }
}

fn check_fill(test: &Test, sink: &[u8]) -> Option<Mismatch> {
    let mut byte = 0;
    test.sink.listed().find_map(|piece| {
        let bytes = part(sink, &piece);
        let wrong = bytes.iter().position(|is| *is != test.value);
        let before = byte;
        byte += bytes.len();
        wrong.map(|index| {
            let actual = bytes.get(index).copied().unwrap_or(0);
            Found { index, expected: test.value, actual }.of(End::Sink, piece.start, Some(before))
        })
    })
}

/// A difference between two slices.
struct Found {
    index: usize,
    expected: u8,
    actual: u8,
}

impl Found {
    fn of(&self, end: End, start: usize, byte: Option<usize>) -> Mismatch {
        let Self { index, expected, actual } = *self;
        Mismatch { end, at: start + index, byte: byte.map(|byte| byte + index), expected, actual }
    }
}

/// The first byte in which two slices differ.
fn differ(is: &[u8], should: &[u8]) -> Option<Found> {
    if is == should {
        return None;
    }
    let mut pairs = is.iter().zip(should).enumerate();
    let (index, (&actual, &expected)) = pairs.find(|(_, (is, should))| is != should)?;
    Some(Found { index, expected, actual })
}

/// Whether all that lies around and between the pieces is as it was.
fn check_gaps(buffer: &[u8], side: &Side, pattern: &[u8], end: End) -> Option<Mismatch> {
    let starts = side.pieces.iter().map(|piece| piece.start).chain([buffer.len()]);
    let ends = [0].into_iter().chain(side.pieces.iter().map(|piece| piece.end));
    ends.zip(starts).find_map(|(from, to)| {
        let gap = from..to;
        differ(part(buffer, &gap), part(pattern, &gap)).map(|found| found.of(end, from, None))
    })
}

fn paint(buffer: &mut [u8], side: &Side, shift: usize, (rest, pieces): (&[u8], &[u8])) {
    let len = buffer.len();
    buffer.copy_from_slice(part(at(rest, shift), &(0..len)));
    for piece in &side.pieces {
        if let Some(bytes) = buffer.get_mut(piece.clone()) {
            bytes.copy_from_slice(part(at(pieces, shift), piece));
        }
    }
}

fn at(pattern: &[u8], shift: usize) -> &[u8] {
    pattern.get(shift..).unwrap_or_default()
}

fn part<'a>(bytes: &'a [u8], range: &core::ops::Range<usize>) -> &'a [u8] {
    bytes.get(range.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
