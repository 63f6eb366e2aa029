//! One test: what goes where, drawn from its seed.

use alloc::vec::Vec;
use core::ops::Range;

use sgdma::lower::Blit;

use super::request::{Kind, Request};

/// Bytes on each side of what is moved that belong to nobody and must stay as they are; and how far a start wanders.
const GUARD: usize = 64;
/// Rows of a rectangle, at most.
const ROWS: usize = 64;
/// By how much the patterns of two tests are shifted against each other, at most.
pub(super) const SHIFT: usize = 256;

/// What all tests of a run have in common.
#[derive(Clone, Debug)]
pub(super) struct Room {
    size: usize,
    align: usize,
    pieces: usize,
    /// Bytes of a row are a multiple of this.
    row_unit: usize,
    /// Guard, and most bytes between two pieces: whole multiples of the alignment.
    margin: usize,
}

impl Room {
    pub(super) fn new(request: &Request, granule: usize) -> Self {
        let Request { size, align, pieces, .. } = *request;
        let row_unit = request.row_unit(granule);
        let margin = GUARD.next_multiple_of(align);
        Self { size, align, pieces, row_unit, margin }
    }

    /// How long a buffer must be: guards, a wandering start, the bytes, what lies between the pieces.
    pub(super) fn buffer(&self) -> usize {
        let gaps = self.pieces.max(1) - 1;
        self.size + self.margin * (3 + gaps)
    }
}

/// The pieces of one side.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    /// Where they lie in the buffer, ascending.
    pub(super) pieces: Vec<Range<usize>>,
    /// The order in which they are listed.
    pub(super) order: Vec<usize>,
}

impl Side {
    /// The pieces in the order in which they are listed.
    pub(super) fn listed(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.order.iter().filter_map(|&index| self.pieces.get(index).cloned())
    }

    fn clear(&mut self) {
        self.pieces.clear();
        self.order.clear();
    }

    fn push(&mut self, piece: Range<usize>) {
        self.order.push(self.pieces.len());
        self.pieces.push(piece);
    }
}

/// One test. It is drawn again and again into the same memory.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) seed: u64,
    pub(super) kind: Kind,
    /// Bytes to move.
    pub(super) len: usize,
    pub(super) source: Side,
    pub(super) sink: Side,
    /// What is filled with.
    pub(super) value: u8,
    /// Where the patterns of source and destination begin.
    pub(super) shifts: [usize; 2],
    pub(super) blit: Blit,
}

impl Test {
    pub(super) fn new() -> Self {
        let blit = Blit {
            row_bytes: 0,
            rows: 0,
            source_offset: 0,
            source_pitch: 0,
            destination_offset: 0,
            destination_pitch: 0,
        };
        Self {
            seed: 0,
            kind: Kind::Copy,
            len: 0,
            source: Side::default(),
            sink: Side::default(),
            value: 0,
            shifts: [0; 2],
            blit,
        }
    }

    /// Becomes the test with this seed, of one of these kinds.
    pub(super) fn draw(&mut self, room: &Room, kinds: &[Kind], seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        self.seed = seed;
        self.kind = random.choice(kinds).copied().unwrap_or(Kind::Copy);
        self.value = random.u8(..);
        self.shifts = [random.usize(..SHIFT), random.usize(..SHIFT)];
        self.source.clear();
        self.sink.clear();
        if self.kind == Kind::Rectangle {
            self.draw_rectangle(room, &mut random);
            return;
        }
        let units = random.usize(1..=room.size / room.align);
        self.len = units * room.align;
        if self.kind == Kind::Copy {
            for side in [&mut self.source, &mut self.sink] {
                let start = room.margin + wander(room.margin, room.align, &mut random);
                side.push(start..start + self.len);
            }
            return;
        }
        scatter(&mut self.source, room, units, &mut random);
        scatter(&mut self.sink, room, units, &mut random);
    }

    fn draw_rectangle(&mut self, room: &Room, random: &mut fastrand::Rng) {
        let unit = room.row_unit;
        let widest = (room.size.min(0xFFFF) / unit).max(1);
        let row = unit * random.usize(1..=widest);
        let between = [(); 2].map(|()| wander(room.margin, room.align, random));
        // As many rows as the buffer has room for, the gaps included.
        let space = room.buffer() - 3 * room.margin;
        let widest = between.iter().max().copied().unwrap_or(0);
        let most = ((space + widest) / (row + widest)).min(room.size / row).clamp(1, ROWS);
        let rows = random.usize(1..=most);
        let starts = [(); 2].map(|()| room.margin + wander(room.margin, room.align, random));
        let [source, sink] = [0, 1].map(|side: usize| {
            let start = starts.get(side).copied().unwrap_or(0);
            (start, row + between.get(side).copied().unwrap_or(0))
        });
        for (side, (start, pitch)) in [(&mut self.source, source), (&mut self.sink, sink)] {
            (0..rows).for_each(|at| side.push(start + at * pitch..start + at * pitch + row));
        }
        let short = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let pitch = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
        self.len = row * rows;
        self.blit = Blit {
            row_bytes: short(row),
            rows: short(rows),
            source_offset: short(source.0),
            source_pitch: pitch(source.1),
            destination_offset: short(sink.0),
            destination_pitch: pitch(sink.1),
        };
    }
}

/// Anything from 0 to `most`, in steps of the alignment.
fn wander(most: usize, align: usize, random: &mut fastrand::Rng) -> usize {
    random.usize(0..=most / align) * align
}

/// Cuts so many units into pieces, with and without gaps between them, listed in any order.
fn scatter(side: &mut Side, room: &Room, units: usize, random: &mut fastrand::Rng) {
    let pieces = random.usize(1..=room.pieces.min(units));
    let mut at = room.margin + wander(room.margin, room.align, random);
    let mut left = units;
    for after in (0..pieces).rev() {
        // Each piece that comes after this one has a unit at least.
        let most = left - after;
        let part =
            if after == 0 { left } else { random.usize(1..=most.min(2 * left / (after + 1))) };
        let end = at + part * room.align;
        side.push(at..end);
        left -= part;
        // Half of them touch: on the bus such neighbours are one, if they are listed one after the other.
        at = end + if random.bool() { 0 } else { wander(room.margin, room.align, random) };
    }
    if random.bool() {
        random.shuffle(&mut side.order);
    }
}

#[cfg(test)]
pub(in crate::run::dmatest) mod tests;
