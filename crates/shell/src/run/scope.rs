//! `/scope`: a chain that times itself, drawn as a timeline.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::ops::Range;
use core::time::Duration;

use sgdma::buffer::Piece;
use sgdma::coherence::Pool;
use sgdma::constraints::{ChannelKind, Constraints};
use sgdma::control_block::ControlBlock;
use sgdma::engine::Need;
use sgdma::frame::{Frame, FrameSize};
use sgdma::timing::{Timing, estimate};

use super::demo::engine;
use super::prepare::{self, Sink, Source, enlarge, read, told, written};
use crate::args::Values;
use crate::console::{Answer, Failure, Session};
use crate::machine::{Channel, Dma, EngineKind};
use crate::render::{Event, timeline, u64_of};

/// The blocks where none are asked for, in bytes.
const LENGTHS: [usize; 7] = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 16 << 10, 4 << 10, 1 << 10];
/// How long they may take: a mebibyte, a word at a time, takes 35 ms.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Columns of the bars.
const BARS: usize = 44;

/// What the engine has written down.
struct Shot {
    /// The blocks that moved data.
    blocks: Vec<ControlBlock>,
    /// The system timer before the first of them and after each.
    stamps: Vec<u32>,
}

#[inline(never)]
pub(super) fn scope(session: &mut Session<'_>, values: &Values) -> Answer {
    let dma = engine(session.machine())?;
    let channel = channel_of(dma, values.word("channel"))?;
    let size = |length: &u64| usize::try_from(*length).unwrap_or(usize::MAX);
    let lengths = values.lengths("lengths").map(|lengths| lengths.iter().map(size).collect());
    let lengths: Vec<usize> = lengths.unwrap_or_else(|| LENGTHS.to_vec());
    let pieces = apart(&lengths);
    let len = pieces.last().map_or(0, |piece| piece.end);
    let mut source = session.machine().buffer(len).map_err(told)?;
    source.iter_mut().zip((0..=250).cycle()).for_each(|(byte, value)| *byte = value);
    let mut sink = session.machine().buffer(len).map_err(told)?;
    sink.fill(0xFF);
    let shot = shoot(dma, &channel, &pieces, (&source, &mut sink))?;
    let same = |piece: &&Range<usize>| source.get((*piece).clone()) == sink.get((*piece).clone());
    if let Some(piece) = pieces.iter().find(|piece| !same(piece)) {
        return Err(Failure::told(format_args!("bytes {piece:?} came back wrong")));
    }
    Ok(show(session, &shot, lengths.iter().sum()))
}

/// Pieces of these lengths with a cache line between them: neighbours would become one block.
fn apart(lengths: &[usize]) -> Vec<Range<usize>> {
    const LINE: usize = 64;
    let mut start = 0;
    let piece = |length: &usize| {
        let piece = start..start + length;
        start = piece.end.next_multiple_of(LINE) + LINE;
        piece
    };
    lengths.iter().map(piece).collect()
}

/// The pieces of a buffer, which are in order.
fn carve<'b>(memory: &'b mut [u8], pieces: &[Range<usize>]) -> impl Iterator<Item = &'b mut [u8]> {
    let (mut rest, mut at) = (memory, 0);
    pieces.iter().map_while(move |piece| {
        let (_, after) = mem::take(&mut rest).split_at_mut_checked(piece.start - at)?;
        let (bytes, after) = after.split_at_mut_checked(piece.len())?;
        (rest, at) = (after, piece.end);
        Some(bytes)
    })
}

/// A free channel of this kind.
fn channel_of<'a>(dma: Dma<'a>, kind: Option<&str>) -> Result<Channel<'a>, Failure> {
    let (kind, need) = match kind {
        Some("lite") => (ChannelKind::Lite, Need::Any),
        Some("bulk") => (ChannelKind::Bulk, Need::Bulk),
        _ => (ChannelKind::Full, Need::Full),
    };
    let channel = dma.engine.request(need, "scope").map_err(told)?;
    if channel.kind() == kind {
        return Ok(channel);
    }
    Err(Failure::told(format_args!("no {kind} channel is free: /channels shows which there are")))
}

/// Runs a block for each piece, and a stamp between.
fn shoot(
    dma: Dma<'_>,
    channel: &Channel<'_>,
    pieces: &[Range<usize>],
    (source, sink): (&[u8], &mut [u8]),
) -> Result<Shot, Failure> {
    let device = dma.device();
    let mut from = pieces.iter().filter_map(|piece| source.get(piece.clone())).map(Piece::from);
    let source = read(&device, &mut from)?;
    let sink = written(&device, &mut carve(sink, pieces).map(Piece::from))?;
    let mut copy = stamped(dma.pool, &channel.constraints(), (source, sink))?;
    channel.run(&mut copy, TIMEOUT).map_err(told)?;
    let blocks = copy.blocks().iter().skip(1).step_by(2).copied().collect();
    Ok(Shot { blocks, stamps: copy.stamps().collect() })
}

/// The verified chain, in a frame just large enough: a planner without room says how much it needs.
fn stamped<'m, 'b, 'p>(
    pool: &'m Pool<'m>,
    limits: &Constraints,
    (mut source, mut sink): (Source<'b, 'p>, Sink<'b, 'p>),
) -> Result<prepare::Copy<'m, 'b, 'p>, Failure> {
    let mut size = FrameSize { blocks: 1, edges: 0, slot_bytes: 0 };
    loop {
        let frame = Frame::new(pool, size.stamped()).map_err(told)?;
        match frame.copy_stamped(source, sink, limits) {
            Ok(copy) => return Ok(copy),
            Err(no) => {
                enlarge(&mut size, &no.reason)?;
                (_, source, sink) = no.returned;
            }
        }
    }
}

/// The timeline, and what stands behind `ok:`.
fn show(session: &mut Session<'_>, shot: &Shot, bytes: usize) -> String {
    let events = events(shot, &session.timing());
    let head = format!("  #     bytes  estimate │{}│ engine", " ".repeat(BARS));
    let head = session.paint().bold(&head);
    session.line(&head);
    session.lines(timeline(&events, BARS));
    let took = events.last().map_or(0, |event| event.end);
    let said = match (took, session.machine().facts().engine.kind) {
        (0, _) => "time stood still: an emulated engine runs all of it within one store of the CPU",
        (_, EngineKind::Emulated) => "emulated: the time of the computer that plays the chip",
        (_, EngineKind::Model) => "emulated: the model's time, not the chip's",
        (_, EngineKind::Hardware) => "measured",
    };
    let rate = u64::try_from(bytes).unwrap_or(u64::MAX).checked_div(took);
    let rate = rate.map_or_else(String::new, |rate| format!("{rate} MB/s, "));
    session.print(format_args!("{rate}{said}"));
    let (blocks, stamps) = (shot.blocks.len() + shot.stamps.len(), shot.stamps.len());
    format!("{blocks} control blocks, {stamps} stamps, {bytes:#x} bytes in {took} µs")
}

/// From stamp to stamp. The timer's low word may pass 0 on the way.
fn events(shot: &Shot, timing: &Timing) -> Vec<Event> {
    let mut end = 0;
    let pairs = shot.stamps.iter().zip(shot.stamps.iter().skip(1));
    let lasted = pairs.map(|(from, to)| u64::from(to.wrapping_sub(*from)));
    let event = |(index, (block, lasted)): (usize, (&ControlBlock, u64))| {
        let guess = estimate(core::slice::from_ref(block), timing);
        let guess = u64_of(guess.as_micros());
        let start = end;
        end += lasted;
        let label = format!("{index:>3}  {:>#8x}  {guess:>5} µs", block.len);
        Event { label, start, end }
    };
    shot.blocks.iter().zip(lasted).enumerate().map(event).collect()
}
