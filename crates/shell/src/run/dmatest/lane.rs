//! What one channel is tested with: two buffers, the test that runs, and what came of all before.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use sgdma::buffer::Exclusive;
use sgdma::channel::Channel;
use sgdma::coherence::Pool;
use sgdma::frame::{Frame, FrameSize};
use sgdma::map::{Device, FromDevice, ToDevice};
use sgdma::platform::Platform;
use sgdma::sg_table::SgTable;
use sgdma::transfer::{Pattern, Prepared};

use super::super::prepare::{self, Copy, Sink, told};
use super::{Kind, Request};
use crate::args::Switch;
use crate::console::Failure;
use crate::machine::{Buffer, Machine};

/// Bytes on each side of the destination that must stay as they are.
const GUARD: usize = 64;

/// What one channel is tested with.
#[derive(Debug)]
pub(super) struct Lane<B> {
    source: B,
    sink: B,
    expected: Vec<u8>,
    test: Test,
    pub(super) tally: Tally,
    /// What went wrong in the test that ran last.
    pub(super) failure: Option<String>,
}

/// One test.
#[derive(Clone, Debug, Default)]
struct Test {
    seed: u64,
    /// Where the bytes begin, in source and destination.
    from: usize,
    to: usize,
    /// Ends of the pieces, ascending, the last being the length.
    ends: [Vec<usize>; 2],
    /// In which order the pieces are listed.
    order: [Vec<usize>; 2],
    value: u8,
}

/// What came of all tests of a channel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) tests: u64,
    pub(super) failures: u64,
    pub(super) bytes: u64,
    pub(super) time: Duration,
    /// The seed of the first that failed.
    pub(super) first: Option<u64>,
}

impl<B: Buffer> Lane<B> {
    /// Buffers for transfers of up to `size` bytes.
    pub(super) fn new<M: Machine<Buffer = B>>(machine: &M, size: usize) -> Result<Self, Failure> {
        let buffer = || machine.buffer(size + 2 * GUARD).map_err(|no| Failure::new(no.to_string()));
        let (test, tally) = (Test::default(), Tally::default());
        Ok(Self {
            source: buffer()?,
            sink: buffer()?,
            expected: Vec::new(),
            test,
            tally,
            failure: None,
        })
    }

    /// Draws the test with this seed and lays out what it needs.
    pub(super) fn begin(&mut self, request: &Request, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        self.failure = None;
        self.test = Test::draw(request, seed, &mut random);
        random.fill(&mut self.source);
        random.fill(&mut self.sink);
        self.expected.clear();
        self.expected.extend_from_slice(&self.sink);
        self.foresee(request.kind);
    }

    /// What the destination must hold in the end, computed without any of the library.
    fn foresee(&mut self, kind: Kind) {
        let Test { from, to, value, .. } = self.test;
        let len = self.test.len();
        if kind == Kind::Fill {
            self.expected.get_mut(to..to + len).unwrap_or_default().fill(value);
            return;
        }
        let bytes: Vec<u8> = self
            .test
            .ranges(0)
            .filter_map(|(start, end)| self.source.get(from + start..from + end))
            .flatten()
            .copied()
            .collect();
        let mut bytes = bytes.into_iter();
        for (start, end) in self.test.ranges(1) {
            let piece = self.expected.get_mut(to + start..to + end).unwrap_or_default();
            piece
                .iter_mut()
                .zip(bytes.by_ref().take(end - start))
                .for_each(|(to, from)| *to = from);
        }
    }

    /// The copy, prepared.
    pub(super) fn copy<'m, 'b, 'p, P: Platform>(
        &'b mut self,
        pool: &'m Pool<'m>,
        device: &Device<'p, P>,
        channel: &Channel<'_, P>,
    ) -> Result<Copy<'m, 'b, 'p, P>, Failure> {
        let test = &self.test;
        let mut source = SgTable::growing();
        for (start, end) in test.ranges(0) {
            let piece = self.source.get(test.from + start..test.from + end);
            source.push(piece.unwrap_or_default()).map_err(|no| told(no.reason))?;
        }
        let source = source.map(ToDevice, device).map_err(|no| told(no.reason))?;
        let sink = sink(&mut self.sink, test)?.map(FromDevice, device);
        let sink = sink.map_err(|no| told(no.reason))?;
        prepare::copy(pool, channel, source, sink)
    }

    /// The fill, prepared.
    pub(super) fn fill<'m, 'b, 'p, P: Platform>(
        &'b mut self,
        pool: &'m Pool<'m>,
        device: &Device<'p, P>,
        channel: &Channel<'_, P>,
    ) -> Result<Prepared<'m, Pattern, Sink<'b, 'p, P>>, Failure> {
        let sink = sink(&mut self.sink, &self.test)?.map(FromDevice, device);
        let sink = sink.map_err(|no| told(no.reason))?;
        // At most: an edge at either end of each piece, a block for it, and what lies between.
        let pieces = sink.nents();
        let edges = 4 * pieces;
        let slot_bytes = u32::try_from(128 * edges + 64).unwrap_or(u32::MAX);
        let size = FrameSize { blocks: 8 * pieces + 8, edges, slot_bytes };
        let frame = Frame::new(pool, size).map_err(told)?;
        let pattern = Pattern(self.test.value);
        frame.fill(pattern, sink, &channel.constraints()).map_err(|no| told(no.reason))
    }

    /// Books the test that has ended.
    pub(super) fn end(&mut self, outcome: Result<(), String>, time: Duration, verify: Switch) {
        self.tally.tests += 1;
        self.tally.time += time;
        self.tally.bytes += u64::try_from(self.test.len()).unwrap_or(0);
        let failure = match (outcome, verify) {
            (Err(failure), _) => Some(failure),
            (Ok(()), Switch::On) => self.difference(),
            (Ok(()), Switch::Off) => None,
        };
        if failure.is_some() {
            self.tally.failures += 1;
            self.tally.first = self.tally.first.or(Some(self.test.seed));
        }
        self.failure = failure;
    }

    /// The seed of the test that ran last.
    pub(super) fn seed(&self) -> u64 {
        self.test.seed
    }

    /// The first byte that is not as foreseen.
    fn difference(&self) -> Option<String> {
        let (to, len) = (self.test.to, self.test.len());
        let mut pairs = self.sink.iter().zip(&self.expected).enumerate();
        let (at, (is, should)) = pairs.find(|(_, (is, should))| is != should)?;
        let place = if at < to {
            format!("{} bytes before the destination", to - at)
        } else if at >= to + len {
            format!("{} bytes behind the destination", at - to - len + 1)
        } else {
            format!("byte {:#x} of {len:#x}", at - to)
        };
        Some(format!("{place} is {is:#04x}, should be {should:#04x}"))
    }
}

/// The table of the destination's pieces, in the test's order.
fn sink<'b>(memory: &'b mut [u8], test: &Test) -> Result<SgTable<'b, Exclusive>, Failure> {
    let mut rest = memory.get_mut(test.to..).unwrap_or_default();
    let mut pieces = Vec::new();
    let mut start = 0;
    for &end in &test.ends[1] {
        let (piece, after) = rest.split_at_mut_checked(end - start).unwrap_or_default();
        pieces.push(Some(piece));
        (rest, start) = (after, end);
    }
    let mut table = SgTable::growing();
    for &index in &test.order[1] {
        let piece = pieces.get_mut(index).and_then(Option::take).unwrap_or_default();
        table.push(piece).map_err(|no| told(no.reason))?;
    }
    Ok(table)
}

impl Test {
    fn draw(request: &Request, seed: u64, random: &mut fastrand::Rng) -> Self {
        let units = request.size / request.align;
        let len = random.usize(1..=units);
        let mut side = || {
            let room = (request.size + GUARD) / request.align - len;
            let first = GUARD.div_ceil(request.align).min(room);
            let start = random.usize(first..=room.max(first)) * request.align;
            let pieces = if request.kind == Kind::Pieces { request.pieces.min(len) } else { 1 };
            let mut ends: Vec<usize> = (1..random.usize(1..=pieces))
                .map(|_| random.usize(1..=len) * request.align)
                .collect();
            ends.push(len * request.align);
            ends.sort_unstable();
            ends.dedup();
            let mut order: Vec<usize> = (0..ends.len()).collect();
            random.shuffle(&mut order);
            (start, ends, order)
        };
        let (from, source_ends, source_order) = side();
        let (to, sink_ends, sink_order) = side();
        let ends = [source_ends, sink_ends];
        let order = [source_order, sink_order];
        Self { seed, from, to, ends, order, value: random.u8(..) }
    }

    fn len(&self) -> usize {
        self.ends[0].last().copied().unwrap_or(0)
    }

    /// The pieces of a side in the order in which they are listed: start and end.
    fn ranges(&self, side: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let ends = self.ends.get(side).map(Vec::as_slice).unwrap_or_default();
        let order = self.order.get(side).map(Vec::as_slice).unwrap_or_default();
        order.iter().filter_map(move |&index| {
            let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied();
            Some((start.unwrap_or(0), *ends.get(index)?))
        })
    }
}
