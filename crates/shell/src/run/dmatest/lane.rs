//! A thread of the test: two buffers, a frame, and the test that runs in them. All of it is used again and again.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use sgdma::address::BusAddr;
use sgdma::buffer::{Entry, Exclusive, Shared};
use sgdma::coherence::{CoherentBuffer, Pool};
use sgdma::constraints::Constraints;
use sgdma::control_block::ControlBlock;
use sgdma::frame::{Frame, FrameSize};
use sgdma::lower::Edge;
use sgdma::map::{FromDevice, ToDevice};
use sgdma::sg_table::SgTable;
use sgdma::transfer::{Destination, Pattern, Prepared, Unprepared};

use super::super::prepare::{enlarge, told};
use super::flight::Ready;
use super::pattern::{End, Mismatch, Patterns};
use super::request::{Kind, Request};
use super::test::{Room, Side, Test};
use crate::console::Failure;
use crate::machine::{Buffer, Channel, Device, Dma, Machine};

/// A thread of the test.
pub(super) struct Lane<'m> {
    /// Which of the run's channels it uses.
    pub(super) channel: usize,
    /// What that one can do of what was asked for.
    kinds: Vec<Kind>,
    pub(super) test: Test,
    source: Box<dyn Buffer>,
    sink: Box<dyn Buffer>,
    /// Where rectangles go: the engine writes their rows itself, so the memory must share no cache line.
    coherent: Option<CoherentBuffer<'m>>,
    entries: [Vec<Entry>; 2],
    frame: Option<Frame<'m>>,
    size: FrameSize,
}

impl<'m> Lane<'m> {
    /// A thread on the channel with this index, which does these kinds.
    pub(super) fn new(
        machine: &'m dyn Machine,
        dma: Dma<'m>,
        request: &Request,
        room: &Room,
        (channel, kinds): (usize, &[Kind]),
    ) -> Result<Self, Failure> {
        let buffer = || machine.buffer(room.buffer()).map_err(told);
        let coherent = if kinds.contains(&Kind::Rectangle) {
            let len = u32::try_from(room.buffer()).unwrap_or(u32::MAX);
            Some(dma.pool.alloc(len, 64).map_err(told)?)
        } else {
            None
        };
        let pieces = request.pieces;
        let edges = 4 * pieces;
        let slots = u32::try_from(edges).unwrap_or(u32::MAX);
        let slot_bytes = FrameSize::SLOT.saturating_mul(slots).saturating_add(32);
        Ok(Self {
            channel,
            kinds: kinds.to_vec(),
            test: Test::new(),
            source: buffer()?,
            sink: buffer()?,
            coherent,
            entries: [vec![Entry::EMPTY; pieces], vec![Entry::EMPTY; pieces]],
            frame: None,
            size: FrameSize { blocks: 8 * pieces, edges, slot_bytes },
        })
    }

    /// Draws the test with this seed.
    pub(super) fn draw(&mut self, room: &Room, seed: u64) {
        self.test.draw(room, &self.kinds, seed);
    }

    /// Writes the patterns into both buffers.
    pub(super) fn paint(&mut self, patterns: &Patterns) {
        let Self { source, sink, coherent, test, .. } = self;
        let sink = match (test.kind, coherent) {
            (Kind::Rectangle, Some(memory)) => memory.as_mut_slice(),
            _ => sink,
        };
        patterns.paint(test, source, sink);
    }

    /// The first byte that is wrong.
    pub(super) fn check(&self, patterns: &Patterns) -> Option<Mismatch> {
        let sink = match (self.test.kind, &self.coherent) {
            (Kind::Rectangle, Some(memory)) => memory.as_slice(),
            _ => &self.sink,
        };
        patterns.check(&self.test, &self.source, sink)
    }

    /// Takes the frame back for the next test.
    pub(super) fn keep(&mut self, frame: Option<Frame<'m>>) {
        self.frame = frame;
    }

    /// The transfer, mapped and lowered.
    pub(super) fn prepare<'b, 'p>(
        &'b mut self,
        pool: &'m Pool<'m>,
        device: &Device<'p>,
        channel: &Channel<'_>,
    ) -> Result<Ready<'m, 'b, 'p>, Failure> {
        let Self { test, source, sink, coherent, entries: [from, to], frame, size, .. } = self;
        let frame = match frame.take() {
            Some(frame) => frame,
            None => Frame::new(pool, *size).map_err(told)?,
        };
        let work = Work { pool, size, frame, limits: channel.constraints() };
        match (test.kind, coherent) {
            (Kind::Rectangle, Some(memory)) => {
                let source = one(source.to_read(), from)?.map(ToDevice, device);
                let sink = one(memory, to)?.map(FromDevice, device);
                let sides = (source.map_err(why)?, sink.map_err(why)?);
                let blit = test.blit;
                let blit =
                    |frame: Frame<'m>, from, to, limits: &_| frame.blit(from, to, blit, limits);
                work.prepare(sides, blit).map(Ready::Copy)
            }
            (Kind::Fill, _) => {
                let sink = exclusive(sink, to, &test.sink)?.map(FromDevice, device).map_err(why)?;
                work.prepare((Pattern(test.value), sink), Frame::fill).map(Ready::Fill)
            }
            _ => {
                let source = shared(source, from, &test.source)?.map(ToDevice, device);
                let sink = exclusive(sink, to, &test.sink)?.map(FromDevice, device);
                work.prepare((source.map_err(why)?, sink.map_err(why)?), Frame::copy)
                    .map(Ready::Copy)
            }
        }
    }

    /// The control block that was to write a byte, and how many there are: the same test is lowered once more.
    pub(super) fn block_of(
        &mut self,
        wrong: &Mismatch,
        pool: &'m Pool<'m>,
        device: &Device<'_>,
        channel: &Channel<'_>,
    ) -> Option<(usize, usize)> {
        let byte = match (wrong.end, self.test.kind) {
            (End::Sink, Kind::Rectangle) => wrong.at,
            (End::Sink, _) => wrong.byte?,
            (End::Source, _) => return None,
        };
        let (found, frame) = match self.prepare(pool, device, channel).ok()? {
            Ready::Copy(copy) => {
                let chain = (copy.blocks(), copy.edges());
                (block(chain, copy.destination(), byte), copy.into_parts().0)
            }
            Ready::Fill(fill) => {
                let chain = (fill.blocks(), fill.edges());
                (block(chain, fill.destination(), byte), fill.into_parts().0)
            }
        };
        self.keep(Some(frame));
        found
    }
}

/// The block that writes byte `byte` of the destination: the last that begins at it or before.
fn block(
    (blocks, edges): (&[ControlBlock], &[Edge]),
    destination: &dyn Destination,
    byte: usize,
) -> Option<(usize, usize)> {
    let mut edges = edges.iter();
    let starts = blocks.iter().map(|block| {
        let place = destination.place_of(BusAddr::new(block.dest));
        // What does not go to the destination goes to a slot.
        let edge = || edges.next().and_then(|edge| usize::try_from(edge.offset).ok());
        place.map(|place| place.offset).or_else(edge).unwrap_or(usize::MAX)
    });
    let index = starts.enumerate().filter(|(_, start)| *start <= byte).last()?.0;
    Some((index, blocks.len()))
}

/// A transfer in the making.
struct Work<'w, 'm> {
    pool: &'m Pool<'m>,
    size: &'w mut FrameSize,
    frame: Frame<'m>,
    limits: Constraints,
}

impl<'m> Work<'_, 'm> {
    /// Prepares it, in a larger frame if it must be; that one is then kept.
    fn prepare<S, D>(
        mut self,
        mut sides: (S, D),
        prepare: impl Fn(
            Frame<'m>,
            S,
            D,
            &Constraints,
        ) -> Result<Prepared<'m, S, D>, Unprepared<'m, S, D>>,
    ) -> Result<Prepared<'m, S, D>, Failure> {
        loop {
            let no = match prepare(self.frame, sides.0, sides.1, &self.limits) {
                Ok(prepared) => return Ok(prepared),
                Err(no) => no,
            };
            let (frame, source, sink) = no.returned;
            sides = (source, sink);
            drop(frame);
            enlarge(self.size, &no.reason)?;
            self.frame = Frame::new(self.pool, *self.size).map_err(told)?;
        }
    }
}

fn why<E: core::fmt::Display, T>(no: sgdma::rejected::Rejected<E, T>) -> Failure {
    told(no.reason)
}

/// The table of the source's pieces.
fn shared<'b>(
    memory: &'b [u8],
    entries: &'b mut [Entry],
    side: &Side,
) -> Result<SgTable<'b, Shared>, Failure> {
    let mut table = SgTable::new(entries);
    for piece in side.listed() {
        table.push(memory.get(piece).unwrap_or_default()).map_err(why)?;
    }
    Ok(table)
}

/// The table of the destination's pieces.
fn exclusive<'b>(
    memory: &'b mut [u8],
    entries: &'b mut [Entry],
    side: &Side,
) -> Result<SgTable<'b, Exclusive>, Failure> {
    let mut pieces = Vec::with_capacity(side.pieces.len());
    let mut rest = memory;
    let mut at = 0;
    for piece in &side.pieces {
        let (_, after) = rest.split_at_mut_checked(piece.start - at).unwrap_or_default();
        let (bytes, after) = after.split_at_mut_checked(piece.len()).unwrap_or_default();
        pieces.push(bytes);
        (rest, at) = (after, piece.end);
    }
    let mut table = SgTable::new(entries);
    for &index in &side.order {
        let bytes = pieces.get_mut(index).map(core::mem::take).unwrap_or_default();
        table.push(bytes).map_err(why)?;
    }
    Ok(table)
}

/// A table of one piece.
fn one<'b, A: sgdma::buffer::Mode>(
    piece: impl Into<sgdma::buffer::Piece<'b, A>>,
    entries: &'b mut [Entry],
) -> Result<SgTable<'b, A>, Failure> {
    let mut table = SgTable::new(entries);
    table.push(piece).map_err(why)?;
    Ok(table)
}
