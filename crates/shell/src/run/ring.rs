//! `/ring`: a transfer without an end.
//!
//! Nothing is printed while it runs: a line on the console takes longer than many periods. Each interrupt that is seen leaves
//! a sample; the ring is stopped after so many, and drawn.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::iter;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use sgdma::address::BusAddr;
use sgdma::constraints::{DeviceFifo, Dreq, Width};
use sgdma::engine::{Callback, FaultKind, Status};
use sgdma::frame::{Frame, FrameSize};
use sgdma::platform::{Clock, Woken};
use sgdma::transfer::{Failed, InFlight, Payload};

use super::demo::{self, engine};
use super::job::show;
use super::prepare::{told, whole_words, written};
use crate::args::Values;
use crate::console::{Answer, Failure, Session, Stopped};
use crate::machine::Channel;
use crate::render::{Align, Table, u64_of};

/// `CLO` of the system timer: microseconds. It always answers, and nothing paces it. Datasheet p. 172.
const TIMER: BusAddr = BusAddr::new(0x7E00_3004);
/// How long one period may take.
const TIMEOUT: Duration = Duration::from_millis(100);
/// How wide the ring is drawn.
const WIDTH: usize = 32;
const COLUMNS: u64 = 32;

/// How often [`period`] was called.
static PERIODS: AtomicU32 = AtomicU32::new(0);

/// The callback of each period; the engine calls it from the interrupt handler.
fn period(_: usize, _: Status) {
    PERIODS.fetch_add(1, Ordering::Relaxed);
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Request {
    interrupts: u32,
    periods: u32,
    bytes: u32,
}

/// The ring at an interrupt.
struct Sample {
    interrupts: u32,
    callbacks: u32,
    /// Bytes into the ring where the engine is.
    cursor: u64,
    time: Duration,
}

impl Request {
    fn new(values: &Values) -> Self {
        let number = |name: &str, usual: u32| {
            values.number(name).map_or(usual, |number| u32::try_from(number).unwrap_or(usual))
        };
        Self {
            interrupts: number("interrupts", 8),
            periods: number("periods", 4),
            bytes: number("bytes", 1024),
        }
    }

    fn len(self) -> u32 {
        self.periods.saturating_mul(self.bytes)
    }

    /// The words that the engine wrote for certain: of a ring that it has not been round, those of the periods that ended and
    /// those up to where it was last seen. (It may have been further: two periods that end together are one interrupt.)
    fn written<'w>(self, stamps: &'w [u32], last: Option<&Sample>) -> Written<'w> {
        let interrupts = last.map_or(0, |sample| sample.interrupts);
        if interrupts >= self.periods {
            return Written::Round(stamps);
        }
        let ended = u64::from(interrupts) * u64::from(self.bytes);
        let bytes = ended.max(last.map_or(0, |sample| sample.cursor));
        let words = usize::try_from(bytes / 4).unwrap_or(0);
        Written::Part(stamps.get(..words).unwrap_or(stamps))
    }
}

/// What the engine wrote of a ring.
#[derive(Clone, Copy, Debug)]
enum Written<'w> {
    /// All of it, and the last word is before the first.
    Round(&'w [u32]),
    /// The beginning.
    Part(&'w [u32]),
}

#[inline(never)]
pub(super) fn ring(session: &mut Session<'_>, values: &Values) -> Answer {
    let request = Request::new(values);
    whole_words(request.bytes.into())?;
    demo::with(session, &mut |session, channel, _| {
        let (samples, stamps) = go_round(session, channel, request)?;
        draw(session, request, &samples);
        let last = samples.last().map_or(0, |sample| sample.interrupts);
        let time = samples.last().map_or(0, |sample| u64_of(sample.time.as_micros()));
        let (wanted, wait) = (request.interrupts, u64_of(TIMEOUT.as_millis()));
        if last < wanted {
            let text = format!("{last} of {wanted} interrupts came, and none for {wait} ms");
            return Err(Failure::new(text));
        }
        let order = in_order(request.written(&stamps, samples.last()))?;
        Ok(format!("{last} interrupts in {time} µs; ring of {:#x} bytes, {order}", request.len()))
    })
}

/// Starts the ring, watches it, stops it; what was seen, and what is in the ring then.
fn go_round(
    session: &mut Session<'_>,
    channel: &Channel<'_>,
    request: Request,
) -> Result<(Vec<Sample>, Vec<u32>), Failure> {
    let machine = session.machine();
    let dma = engine(machine)?;
    let mut memory = machine.buffer(usize::try_from(request.len()).unwrap_or(0)).map_err(told)?;
    let sink = written(&dma.device(), &mut iter::once(memory.to_write()))?;
    let timer = DeviceFifo::new(TIMER, Dreq::NONE, Width::Bits32).map_err(told)?;
    let blocks = usize::try_from(request.periods).unwrap_or(1) * 2;
    let frame =
        Frame::new(dma.pool, FrameSize { blocks, edges: 0, slot_bytes: 0 }).map_err(told)?;
    let ring = frame.ring_from_device(timer, sink, request.bytes, &channel.device_constraints());
    let ring = ring.map_err(|no| told(no.reason))?;
    let mut ring = ring.with_callback(Callback { function: period, context: 0 });
    show::lowered(session, dma.engine.kind(), (ring.blocks(), ring.chain()), 0);
    let (samples, ended) = dma.engine.scope(|scope| {
        let transfer: &mut dyn Payload = &mut ring;
        let flight = scope.submit(channel, transfer).map_err(|no| told(no.reason))?;
        channel.issue_pending();
        let samples = watch(session, channel, &flight, request);
        Ok::<_, Failure>((samples, flight.cancel()))
    })?;
    stopped(session, channel, ended)?;
    drop(ring);
    Ok((samples?, words(&memory)))
}

/// A ring must have run until it was stopped.
fn stopped(
    session: &mut Session<'_>,
    channel: &Channel<'_>,
    ended: Result<&mut dyn Payload, Failed<&mut dyn Payload>>,
) -> Result<(), Failure> {
    match ended {
        Err(failed) if failed.fault.kind == FaultKind::Terminated && failed.payload.is_some() => {
            Ok(())
        }
        Err(failed) => Err(show::failed(session, &channel.id().to_string(), &failed)),
        Ok(_) => Err(Failure::new("the ring came to an end, which it has not")),
    }
}

/// Samples at each interrupt, until there were as many as asked for or one does not come.
fn watch(
    session: &mut Session<'_>,
    channel: &Channel<'_>,
    flight: &InFlight<'_, dyn sgdma::platform::Platform, &mut dyn Payload>,
    request: Request,
) -> Result<Vec<Sample>, Failure> {
    let engine = channel.engine();
    let clock = engine.clock();
    let (start, calls) = (clock.now(), PERIODS.load(Ordering::Relaxed));
    let mut samples: Vec<Sample> = Vec::with_capacity(64);
    let mut seen = 0;
    while seen < request.interrupts {
        let stop = |Stopped| Failure::stopped(format!("{seen} interrupts"));
        session.go_on().map_err(stop)?;
        let deadline = clock.after(TIMEOUT);
        let ready = &mut || flight.interrupts() != seen;
        if engine.sleep_until(deadline, ready) == Woken::Deadline {
            break;
        }
        seen = flight.interrupts();
        samples.push(Sample {
            interrupts: seen,
            callbacks: PERIODS.load(Ordering::Relaxed).wrapping_sub(calls),
            cursor: u64::from(request.len()).saturating_sub(flight.residue()),
            time: clock.between(start, clock.now()),
        });
    }
    Ok(samples)
}

/// Shows each sample and where in the ring it was.
fn draw(session: &mut Session<'_>, request: Request, samples: &[Sample]) {
    let mut table = Table::new(&[
        ("interrupts", Align::Right),
        ("callbacks", Align::Right),
        ("µs", Align::Right),
        ("at byte", Align::Right),
        ("of the ring", Align::Left),
    ]);
    for Sample { interrupts, callbacks, cursor, time } in samples {
        let time = u64_of(time.as_micros());
        let at = format!("{cursor:#x}");
        table.row(&[interrupts, callbacks, &time, &at, &track(request, *cursor)]);
    }
    let lines = table.lines(session.paint());
    session.lines(lines);
}

/// The ring unrolled, a mark at each period's start and one where the engine is.
fn track(request: Request, cursor: u64) -> String {
    let column = |byte: u64| {
        let column = byte * COLUMNS / u64::from(request.len()).max(1);
        usize::try_from(column).unwrap_or(0).min(WIDTH - 1)
    };
    let mut track = ['─'; WIDTH];
    for start in (0..request.periods).map(|period| column(u64::from(period * request.bytes))) {
        track.get_mut(start).into_iter().for_each(|mark| *mark = '┼');
    }
    track.get_mut(column(cursor)).into_iter().for_each(|mark| *mark = '●');
    track.iter().collect()
}

/// The words of the ring as the engine left them.
fn words(memory: &[u8]) -> Vec<u32> {
    let (words, _) = memory.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

/// Whether the time stamps go up, but for the one place where the engine was stopped.
fn in_order(written: Written<'_>) -> Result<String, Failure> {
    let falls = |before: u32, after: u32| after.wrapping_sub(before) > u32::MAX / 2;
    let (Written::Round(stamps) | Written::Part(stamps)) = written;
    let mut breaks = stamps
        .windows(2)
        .filter(|pair| matches!(pair, [before, after] if falls(*before, *after)))
        .count();
    if let (Written::Round([first, ..]), Some(last)) = (written, stamps.last()) {
        breaks += usize::from(falls(*last, *first));
    }
    if breaks > 1 {
        return Err(Failure::told(format_args!("the time in the ring goes back {breaks} times")));
    }
    Ok(format!("{} time stamps in order", stamps.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_may_fall_once_in_a_ring_and_wrap_once_in_its_counter() {
        let is_in_order = |stamps: &[u32]| in_order(Written::Round(stamps)).is_ok();
        assert!(is_in_order(&[5, 6, 6, 7]));
        assert!(is_in_order(&[7, 8, 5, 6]), "where it was stopped");
        assert!(is_in_order(&[5, 700, 1 << 30]), "however long it takes");
        assert!(!is_in_order(&[7, 8, 5, 9]), "the last is before the first");
        assert!(is_in_order(&[u32::MAX - 1, u32::MAX, 0, 1]));
        assert!(!is_in_order(&[5, 4, 3]));
        assert!(!is_in_order(&[5, 4, 5, 4]));
        assert_eq!(in_order(Written::Part(&[])).unwrap(), "0 time stamps in order");
    }

    #[test]
    fn only_words_that_the_engine_has_passed_are_looked_at() {
        let request = Request { interrupts: 3, periods: 4, bytes: 8 };
        let stamps = [1, 2, 3, 4, 5, 9, 0, 9];
        let looked_at = |interrupts, cursor| {
            let sample = Sample { interrupts, callbacks: 0, cursor, time: Duration::ZERO };
            match request.written(&stamps, Some(&sample)) {
                Written::Round(stamps) => (stamps.len(), true),
                Written::Part(stamps) => (stamps.len(), false),
            }
        };
        assert_eq!(looked_at(1, 12), (3, false));
        assert_eq!(looked_at(2, 4), (4, false), "it has gone round meanwhile");
        assert_eq!(looked_at(4, 0), (8, true));
        assert!(matches!(request.written(&stamps, None), Written::Part([])));
    }

    #[test]
    fn the_ring_is_drawn_with_its_periods_and_where_the_engine_is() {
        let request = Request { interrupts: 1, periods: 2, bytes: 256 };
        assert_eq!(track(request, 0), "●───────────────┼───────────────");
        assert_eq!(track(request, 128), "┼───────●───────┼───────────────");
        assert_eq!(track(request, 512), "┼───────────────┼──────────────●");
        assert_eq!(track(request, u64::from(u32::MAX)).chars().count(), WIDTH);
    }
}
