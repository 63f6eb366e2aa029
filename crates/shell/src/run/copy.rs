//! `/copy`, `/fill`, `/blit`: the engine moves memory by typed address, and every byte of the scratch memory is looked at
//! afterwards.

use alloc::format;
use alloc::string::ToString;
use core::fmt;
use core::iter;
use core::ops::Range;
use core::time::Duration;

use sgdma::buffer::LINE;
use sgdma::channel::RunError;
use sgdma::frame::{Frame, FrameSize};
use sgdma::lower::{Blit, Counts};
use sgdma::platform::Clock;
use sgdma::transfer::{Destination, Pattern, Payload, Prepared, Source};

use super::demo::{self, engine};
use super::job::show;
use super::prepare::{self, read, told, written};
use super::scratch::{address, place};
use crate::args::{Extent, Values};
use crate::console::{Answer, Failure, Session};
use crate::machine::{Channel, Engine};
use crate::render::u64_of;

/// How long a transfer may take; the largest, byte by byte, takes a tenth of it.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Room for one piece or one rectangle.
const FRAME: FrameSize = FrameSize { blocks: 64, edges: 8, slot_bytes: 8 * FrameSize::SLOT + 32 };

const OVERLAP: &str = "source and destination overlap";
const LINES: &str = "source and destination overlap, or share a cache line of 64 bytes";

#[inline(never)]
pub(super) fn copy(session: &mut Session<'_>, values: &Values) -> Answer {
    let (src, dst) = (address(session, values, "src", 0)?, address(session, values, "dst", 0)?);
    let len = values.number("len").unwrap_or_default();
    demo::with(session, &mut |session, channel, scratch| {
        let from = place(session.machine(), scratch, src, len)?;
        let to = place(session.machine(), scratch, dst, len)?;
        let scratch = scratch.memory_mut();
        let mut expected = scratch.to_vec();
        expected.copy_within(from.clone(), to.start);
        let dma = engine(session.machine())?;
        let [source, sink] = pieces(scratch, [from, to], OVERLAP)?;
        let source = read(&dma.device(), &mut iter::once((&*source).into()))?;
        let sink = written(&dma.device(), &mut iter::once(sink.into()))?;
        let copy = prepare::copy(dma.pool, channel, source, sink)?;
        let moved = run(session, channel, copy)?;
        compare(scratch, &expected)?;
        Ok(format!("{len:#x} bytes from {src:#x} to {dst:#x}, {moved}"))
    })
}

#[inline(never)]
pub(super) fn fill(session: &mut Session<'_>, values: &Values) -> Answer {
    let dst = address(session, values, "dst", 0)?;
    let len = values.number("len").unwrap_or_default();
    let value = u8::try_from(values.number("value").unwrap_or_default()).unwrap_or_default();
    demo::with(session, &mut |session, channel, scratch| {
        let to = place(session.machine(), scratch, dst, len)?;
        let scratch = scratch.memory_mut();
        let mut expected = scratch.to_vec();
        expected.get_mut(to.clone()).unwrap_or_default().fill(value);
        let dma = engine(session.machine())?;
        let [sink] = pieces(scratch, [to], OVERLAP)?;
        let sink = written(&dma.device(), &mut iter::once(sink.into()))?;
        let frame = Frame::new(dma.pool, FRAME).map_err(told)?;
        let fill = frame.fill(Pattern(value), sink, &channel.constraints());
        let moved = run(session, channel, fill.map_err(|no| told(no.reason))?)?;
        compare(scratch, &expected)?;
        Ok(format!("{len:#x} bytes of {value:#04x} at {dst:#x}, {moved}"))
    })
}

/// A rectangle by address: bytes a row, rows, and the bytes from a row to the next on both sides.
struct Rectangle {
    width: u64,
    height: u64,
    pitches: [u64; 2],
}

impl Rectangle {
    fn new(values: &Values) -> Self {
        let Extent { width, height } =
            values.extent("size").unwrap_or(Extent { width: 1, height: 1 });
        let pitch = |name| values.number(name).unwrap_or(width);
        Self { width, height, pitches: [pitch("spitch"), pitch("dpitch")] }
    }

    /// From the first byte to the last, with what lies between the rows.
    fn extent(&self, pitch: u64) -> Result<u64, Failure> {
        let rows = self.height.saturating_sub(1).checked_mul(pitch);
        let extent = rows.and_then(|rows| rows.checked_add(self.width));
        extent.ok_or_else(|| Failure::new("the rectangle runs past the last address"))
    }

    /// Whether the engine has such rows and pitches. Its registers hold 16 bits of a row, and of what lies between the end
    /// of one row and the start of the next; rows that overlap are only read.
    fn check(&self) -> Result<(), Failure> {
        const ROW: u64 = 0xFFFF;
        const BETWEEN: u64 = 0x7FFF;
        let Self { width, height, pitches: [source, destination] } = *self;
        if width > ROW {
            return Err(Failure::told(format_args!(
                "size={width}x{height}: expected rows of at most {ROW} bytes"
            )));
        }
        let back = width.saturating_sub(BETWEEN + 1).max(1);
        let apart = if height > 1 { width } else { back };
        let most = width.saturating_add(BETWEEN);
        for (name, pitch, least) in [("spitch", source, back), ("dpitch", destination, apart)] {
            if !(least..=most).contains(&pitch) {
                return Err(Failure::told(format_args!(
                    "{name}={pitch}: expected {least} to {most} for rows of {width} bytes"
                )));
            }
        }
        Ok(())
    }

    /// As the library wants it, `offset` bytes into the destination's memory.
    fn blit(&self, offset: usize) -> Option<Blit> {
        let [source, destination] = self.pitches;
        Some(Blit {
            row_bytes: u32::try_from(self.width).ok()?,
            rows: u32::try_from(self.height).ok()?,
            source_offset: 0,
            source_pitch: i32::try_from(source).ok()?,
            destination_offset: u32::try_from(offset).ok()?,
            destination_pitch: i32::try_from(destination).ok()?,
        })
    }

    /// What the engine is to do, done by the CPU.
    fn copy_within(&self, memory: &mut [u8], from: usize, to: usize) {
        let [source, destination] = self.pitches.map(number);
        for row in 0..number(self.height) {
            let start = from + row * source;
            memory.copy_within(start..start + number(self.width), to + row * destination);
        }
    }
}

#[inline(never)]
pub(super) fn blit(session: &mut Session<'_>, values: &Values) -> Answer {
    let (src, dst) = (address(session, values, "src", 0)?, address(session, values, "dst", 0)?);
    let rectangle = Rectangle::new(values);
    rectangle.check()?;
    let (width, height) = (rectangle.width, rectangle.height);
    let [spitch, dpitch] = rectangle.pitches;
    demo::with(session, &mut |session, channel, scratch| {
        let from = place(session.machine(), scratch, src, rectangle.extent(spitch)?)?;
        let to = place(session.machine(), scratch, dst, rectangle.extent(dpitch)?)?;
        let scratch = scratch.memory_mut();
        // The engine writes the rows itself, so the destination's cache lines must hold nothing of the source.
        let lines = to.start / LINE * LINE..to.end.next_multiple_of(LINE).min(scratch.len());
        let blit = rectangle.blit(to.start - lines.start);
        let blit = blit.ok_or_else(|| Failure::new("the rectangle is larger than the engine's"))?;
        let granule = channel.constraints().granule();
        if !width.is_multiple_of(granule.into()) {
            let text =
                format!("rows of {width} bytes: the emulated engine moves multiples of {granule}");
            return Err(Failure::new(text));
        }
        let mut expected = scratch.to_vec();
        let dma = engine(session.machine())?;
        let [source, sink] = pieces(scratch, [from.clone(), lines], LINES)?;
        rectangle.copy_within(&mut expected, from.start, to.start);
        let source = read(&dma.device(), &mut iter::once((&*source).into()))?;
        let sink = written(&dma.device(), &mut iter::once(sink.into()))?;
        let frame = Frame::new(dma.pool, FRAME).map_err(told)?;
        let copy = frame.blit(source, sink, blit, &channel.constraints());
        let moved = run(session, channel, copy.map_err(|no| told(no.reason))?)?;
        compare(scratch, &expected)?;
        Ok(format!("{width} x {height} bytes from {src:#x} to {dst:#x}, {moved}"))
    })
}

/// Stretches of the scratch memory that must not overlap.
fn pieces<'a, const N: usize>(
    scratch: &'a mut [u8],
    places: [Range<usize>; N],
    overlap: &'static str,
) -> Result<[&'a mut [u8]; N], Failure> {
    scratch.get_disjoint_mut(places).map_err(|_| Failure::new(overlap))
}

/// What it took.
struct Moved {
    counts: Counts,
    time: Duration,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { blocks, edge_bytes, .. } = self.counts;
        let time = u64_of(self.time.as_micros());
        write!(f, "{blocks} control blocks, {edge_bytes} edge bytes, {time} µs")
    }
}

/// Shows the chain, runs it, and gives both sides back to the CPU.
fn run<S: Source, D: Destination>(
    session: &mut Session<'_>,
    channel: &Channel<'_>,
    mut transfer: Prepared<'_, S, D>,
) -> Result<Moved, Failure> {
    let engine: &Engine = channel.engine();
    let counts = transfer.counts();
    show::lowered(session, engine.kind(), (transfer.blocks(), transfer.chain()), counts.edges);
    let time = fly(session, channel, &mut transfer)?;
    Ok(Moved { counts, time })
}

/// Runs it, whatever it is; how long that took.
fn fly(
    session: &mut Session<'_>,
    channel: &Channel<'_>,
    transfer: &mut dyn Payload,
) -> Result<Duration, Failure> {
    let clock = channel.engine().clock();
    let start = clock.now();
    let outcome = channel.run(transfer, TIMEOUT);
    let time = clock.between(start, clock.now());
    outcome.map_err(|error| match error {
        RunError::Failed(fault, _) => {
            let part = channel.id().to_string();
            show::fault(session, &part, &fault);
            Failure::told(format_args!("{part}: {error}; the channel was reset"))
        }
        _ => told(error),
    })?;
    Ok(time)
}

/// Whether every byte of the scratch memory is what it must be, those beside the destination too.
fn compare(scratch: &[u8], expected: &[u8]) -> Result<(), Failure> {
    let Some(at) = (0..expected.len()).find(|&at| scratch.get(at) != expected.get(at)) else {
        return Ok(());
    };
    let [is, must] = [scratch, expected].map(|bytes| bytes.get(at).copied().unwrap_or_default());
    Err(Failure::told(format_args!("scratch+{at:#x} is {is:#04x} and must be {must:#04x}")))
}

fn number(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_wrong_is_named_wherever_it_is() {
        assert_eq!(compare(&[1, 2, 3], &[1, 2, 3]), Ok(()));
        for at in 0..3 {
            let mut wrong = [1, 2, 3];
            wrong[at] = 0xFF;
            let told = compare(&wrong, &[1, 2, 3]).unwrap_err().to_string();
            assert_eq!(told, format!("scratch+{at:#x} is 0xff and must be {:#04x}", at + 1));
        }
    }

    #[test]
    fn a_rectangle_by_hand_is_one_row_after_the_other() {
        let values = crate::args::parse(
            crate::command::find(b"blit").unwrap().parameters,
            b"0 0 2x3 spitch=3 dpitch=4",
        );
        let rectangle = Rectangle::new(&values.unwrap());
        assert_eq!((rectangle.extent(3).unwrap(), rectangle.extent(4).unwrap()), (8, 10));
        let mut memory: alloc::vec::Vec<u8> = (0..30).collect();
        rectangle.copy_within(&mut memory, 1, 12);
        assert_eq!(memory[10..24], [10, 11, 1, 2, 14, 15, 4, 5, 18, 19, 7, 8, 22, 23]);
    }
}
