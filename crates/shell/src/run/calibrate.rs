//! `/calibrate`: how fast this machine copies and fills, beside what the timing model expects of the chip.

mod fit;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::iter;
use core::time::Duration;

use sgdma::constraints::{ChannelKind, Constraints};
use sgdma::control_block::ControlBlock;
use sgdma::engine::Need;
use sgdma::frame::{Frame, FrameSize};
use sgdma::platform::Clock;
use sgdma::timing::estimate;
use sgdma::transfer::{Pattern, Payload};

use self::fit::{Measured, fit};
use super::demo::engine;
use super::prepare::{read, told, written};
use crate::console::{Answer, Failure, Session, Stopped};
use crate::machine::{Channel, Dma, EngineKind};
use crate::render::{bytes, u64_of};

/// The lengths that are measured on a board, in bytes.
const SIZES: [usize; 4] = [256, 4 << 10, 64 << 10, 512 << 10];
/// Where the figures mean nothing they are not waited for.
const EMULATED_SIZES: [usize; 4] = [64, 256, 4 << 10, 16 << 10];
/// Each is done so often; the quickest counts, since what disturbs only slows.
const RUNS: usize = 3;
/// How long one may take: the slowest moves about 30 MB/s.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How wide the engine is to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// Single words of 32 bits.
    Word,
    /// 128 bits, in the longest bursts that cannot stall the bus on a channel of this kind; one that can do more can do
    /// these too.
    Bursts(ChannelKind),
}

impl Width {
    /// What a channel can do.
    const fn of(channel: ChannelKind) -> &'static [Self] {
        use ChannelKind::{Bulk, Full, Lite};
        match channel {
            Bulk => &[Self::Word, Self::Bursts(Lite), Self::Bursts(Full), Self::Bursts(Bulk)],
            Full => &[Self::Word, Self::Bursts(Lite), Self::Bursts(Full)],
            Lite => &[Self::Word, Self::Bursts(Lite)],
        }
    }

    /// What is measured with it. What the fit needs is measured with each channel's longest bursts.
    fn works(self, channel: ChannelKind) -> &'static [Work] {
        match self {
            Self::Bursts(kind) if kind != channel => &[Work::Large, Work::Fill],
            _ => &[Work::Whole, Work::Large, Work::Small, Work::Fill],
        }
    }
}

/// Bits, and beats in a burst.
impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word => f.write_str("32 ×1"),
            Self::Bursts(kind) => write!(f, "128 ×{}", kind.wide_burst().saturating_add(1)),
        }
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// A copy in the longest blocks: one, but for lite channels, which waits for the response to each of its writes since
    /// it is the last.
    Whole,
    /// A copy in blocks of [`LARGE`] bytes.
    Large,
    /// A copy in blocks of [`SMALL`] bytes.
    Small,
    /// A fill in such blocks.
    Fill,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Whole => "longest",
            Self::Large => "8K each",
            Self::Small => "1K each",
            Self::Fill => "fill",
        })
    }
}

/// A measurement that was made, for the fit, and what to print of it.
struct Taken {
    lasted: Duration,
    guess: Duration,
}

#[inline(never)]
pub(super) fn calibrate(session: &mut Session<'_>) -> Answer {
    let dma = engine(session.machine())?;
    let sizes = match session.machine().facts().engine.kind {
        EngineKind::Hardware => SIZES,
        EngineKind::Emulated | EngineKind::Model => EMULATED_SIZES,
    };
    let mut measured = Vec::new();
    session.print(format_args!("MB/s, the quickest of {RUNS}; in brackets what the model expects"));
    let heads: Vec<String> = sizes.iter().map(|size| bytes(u64_of(*size as u128))).collect();
    row(session, ["blocks", "by", "bits"], &heads);
    for (kind, need) in [
        (ChannelKind::Bulk, Need::Bulk),
        (ChannelKind::Full, Need::Full),
        (ChannelKind::Lite, Need::Any),
    ] {
        match dma.engine.request(need, "calibrate") {
            Ok(channel) if channel.kind() == kind => {
                rows(session, (dma, &channel), sizes, &mut measured)?;
            }
            _ => session.print(format_args!("{kind}: no such channel is free")),
        }
    }
    by_cpu(session, dma, sizes)?;
    Ok(conclude(session, &measured))
}

/// All rows of a channel.
fn rows(
    session: &mut Session<'_>,
    (dma, channel): (Dma<'_>, &Channel<'_>),
    sizes: [usize; 4],
    measured: &mut Vec<Measured>,
) -> Result<(), Failure> {
    let kind = channel.kind();
    for &width in Width::of(kind) {
        for &work in width.works(kind) {
            let mut cells = Vec::with_capacity(sizes.len());
            for len in sizes {
                go_on(session, measured.len())?;
                let taken = measure(session, dma, channel, (work, width, len))?;
                let cell = format!("{} ({})", rate(len, taken.lasted), rate(len, taken.guess));
                cells.push(cell);
                let nanos = u64_of(taken.lasted.as_nanos());
                measured.push(Measured { kind, work, width, len, nanos });
            }
            row(session, [&format!("{work}"), &format!("{kind}"), &format!("{width}")], &cells);
        }
    }
    Ok(())
}

fn go_on(session: &mut Session<'_>, done: usize) -> Result<(), Failure> {
    session.go_on().map_err(|Stopped| Failure::stopped(format_args!("{done} measurements")))
}

/// A row of the table, printed as soon as it is known.
fn row(session: &mut Session<'_>, [what, by, width]: [&str; 3], cells: &[String]) {
    let mut line = format!("{what:<8}  {by:<8}  {width:<7}");
    for cell in cells {
        line.extend([&*format!("  {cell:>11}")]);
    }
    session.line(&line);
}

/// Megabytes a second; `-` where no time passed.
fn rate(len: usize, time: Duration) -> String {
    let rate = u64_of(len as u128 * 1_000).checked_div(u64_of(time.as_nanos()));
    rate.map_or_else(|| "-".into(), |rate| format!("{rate}"))
}

/// One measurement.
fn measure(
    session: &Session<'_>,
    dma: Dma<'_>,
    channel: &Channel<'_>,
    (work, width, len): (Work, Width, usize),
) -> Result<Taken, Failure> {
    let (machine, device) = (session.machine(), dma.device());
    let source = machine.buffer(len).map_err(told)?;
    let mut sink = machine.buffer(len).map_err(told)?;
    let limits = limits(channel.constraints(), work, width)?;
    let blocks = len.div_ceil(SMALL as usize) + 16;
    let frame = Frame::new(dma.pool, FrameSize { blocks, edges: 4, slot_bytes: 512 });
    let frame = frame.map_err(told)?;
    let to = written(&device, &mut iter::once(sink.to_write()))?;
    let timing = session.timing();
    let guess = |blocks: &[ControlBlock]| estimate(blocks, &timing);
    if work == Work::Fill {
        let mut fill = frame.fill(Pattern(0xA5), to, &limits).map_err(|no| told(no.reason))?;
        return Ok(Taken { lasted: quickest(channel, &mut fill)?, guess: guess(fill.blocks()) });
    }
    let from = read(&device, &mut iter::once(source.to_read()))?;
    let mut copy = frame.copy(from, to, &limits).map_err(|no| told(no.reason))?;
    Ok(Taken { lasted: quickest(channel, &mut copy)?, guess: guess(copy.blocks()) })
}

/// The blocks of [`Work::Large`] and [`Work::Small`].
const LARGE: u32 = 8 << 10;
const SMALL: u32 = 1 << 10;

fn limits(limits: Constraints, work: Work, width: Width) -> Result<Constraints, Failure> {
    let limits = match width {
        Width::Word => limits.with_burst(1),
        Width::Bursts(kind) => Constraints::memory(kind).with_engine(limits.engine()),
    };
    let limits = limits.map_err(told)?;
    match work {
        Work::Large => limits.with_max_segment(LARGE).map_err(told),
        Work::Small => limits.with_max_segment(SMALL).map_err(told),
        Work::Whole | Work::Fill => Ok(limits),
    }
}

/// The quickest of some runs, from the start to the waking of the CPU.
fn quickest(channel: &Channel<'_>, transfer: &mut dyn Payload) -> Result<Duration, Failure> {
    let clock = channel.engine().clock();
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = clock.now();
        channel.run(transfer, TIMEOUT).map_err(told)?;
        best = best.min(clock.between(start, clock.now()));
    }
    Ok(best)
}

/// What the CPU does by itself: from heap to heap, and between coherent buffers, which it does not cache.
fn by_cpu(session: &mut Session<'_>, dma: Dma<'_>, sizes: [usize; 4]) -> Result<(), Failure> {
    let clock = dma.engine.clock();
    // The model's time is the engine's alone.
    let timed = session.machine().facts().engine.kind != EngineKind::Model;
    let time = |from: &[u8], to: &mut [u8]| {
        if !timed {
            return Duration::ZERO;
        }
        let mut best = Duration::MAX;
        for _ in 0..RUNS {
            let start = clock.now();
            to.copy_from_slice(core::hint::black_box(from));
            core::hint::black_box(&to);
            best = best.min(clock.between(start, clock.now()));
        }
        best
    };
    let (mut cached, mut uncached) = (Vec::new(), Vec::new());
    for len in sizes {
        session.go_on().map_err(|Stopped| Failure::stopped("all but the CPU's"))?;
        let from = session.machine().buffer(len).map_err(told)?;
        let mut to = session.machine().buffer(len).map_err(told)?;
        cached.push(rate(len, time(&from, &mut to)));
        let bytes = u32::try_from(len).unwrap_or(u32::MAX);
        uncached.push(match (dma.pool.alloc(bytes, 64), dma.pool.alloc(bytes, 64)) {
            (Ok(from), Ok(mut to)) => rate(len, time(from.as_slice(), to.as_mut_slice())),
            _ => "no room".into(),
        });
    }
    row(session, ["memcpy", "CPU", "cached"], &cached);
    row(session, ["memcpy", "CPU", "uncach."], &uncached);
    Ok(())
}

/// Sets the timing model's constants, on a board.
fn conclude(session: &mut Session<'_>, measured: &[Measured]) -> String {
    let count = measured.len();
    if session.machine().facts().engine.kind != EngineKind::Hardware {
        session.line("Every figure above is emulated: it says nothing of the chip.");
        return format!("{count} measurements, emulated; the timing model stays as it is");
    }
    let Some(timing) = fit(measured, session.timing()) else {
        return format!("{count} measurements, not enough to set the timing model");
    };
    session.set_timing(timing);
    format!(
        "{count} measurements: block {} ns, turn {} ns, further beat {} ns, response {} ns",
        timing.block, timing.turn, timing.beat, timing.response
    )
}
