//! The main job: a typed line through the DMA engine.
//!
//! The bytes are scattered over buffers on the heap, described by a scatterlist, mapped, lowered together with a
//! destination that is cut differently, moved by the engine, unmapped, compared and printed. Each stage says what it did.

pub(super) mod show;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use sgdma::buffer::{Exclusive, Shared};
use sgdma::engine::{Callback, Cookie, Status};
use sgdma::lower::Counts;
use sgdma::map::{FromDevice, ToDevice};
use sgdma::platform::Clock;
use sgdma::sg_table::SgTable;
use sgdma::transfer::{Failed, Payload};

use super::demo;
use super::prepare::{self, told};
use crate::console::{Answer, Failure, Session};
use crate::escape::{escape, plain};
use crate::machine::{Buffer, Channel, Dma, Machine};
use crate::render::u64_of;

/// How long a line may take. The slowest engine moves 4096 bytes in well under a millisecond.
const TIMEOUT: Duration = Duration::from_secs(1);

/// How often [`completed`] was called.
static COMPLETIONS: AtomicU32 = AtomicU32::new(0);

/// The transfer's callback; the engine calls it from the interrupt handler.
fn completed(_: usize, _: Status) {
    COMPLETIONS.fetch_add(1, Ordering::Relaxed);
}

/// What the final line tells.
struct Told {
    segments: (usize, usize),
    counts: Counts,
    interrupts: u32,
    time: Duration,
}

pub(super) fn send(session: &mut Session<'_>, data: &[u8]) -> Answer {
    demo::with(session, &mut |session, channel, _| send_on(session, channel, data))
}

fn send_on(session: &mut Session<'_>, channel: &Channel<'_>, data: &[u8]) -> Answer {
    let machine = session.machine();
    let dma = demo::engine(machine)?;
    let pieces = session.cuts().pieces(data.len());
    show::source(session, data);
    let sources = filled(machine, &pieces.source, data)?;
    let mut sinks = empty(machine, &pieces.destination)?;
    let told = transfer(session, dma, channel, &sources, &mut sinks)?;
    let received = sinks.iter().map(|sink| &***sink).collect::<Vec<_>>().concat();
    if let Some(at) = (0..data.len()).find(|&at| received.get(at) != data.get(at)) {
        return Err(Failure::told(format_args!("byte {at} of {} came back wrong", data.len())));
    }
    match plain(&received) {
        Some(text) => session.print(format_args!("received: {text}")),
        None => session.print(format_args!("received (escaped): {}", escape(&received))),
    }
    Ok(format!(
        "{} bytes, {} segments in, {} segments out, {} control blocks, {} edge bytes, {} interrupts, {} µs",
        data.len(),
        told.segments.0,
        told.segments.1,
        told.counts.blocks,
        told.counts.edge_bytes,
        told.interrupts,
        u64_of(told.time.as_micros())
    ))
}

/// Buffers of these lengths that hold the data.
fn filled(
    machine: &dyn Machine,
    lengths: &[usize],
    data: &[u8],
) -> Result<Vec<Box<dyn Buffer>>, Failure> {
    let mut buffers = empty(machine, lengths)?;
    let mut rest = data;
    for buffer in &mut buffers {
        let (piece, after) = rest.split_at_checked(buffer.len()).unwrap_or((rest, &[]));
        buffer.copy_from_slice(piece);
        rest = after;
    }
    Ok(buffers)
}

/// Buffers of these lengths.
fn empty(machine: &dyn Machine, lengths: &[usize]) -> Result<Vec<Box<dyn Buffer>>, Failure> {
    prepare::buffers(machine, &mut lengths.iter().copied())
}

/// Everything from the scatterlist to unmapping.
fn transfer(
    session: &mut Session<'_>,
    dma: Dma<'_>,
    channel: &Channel<'_>,
    sources: &[Box<dyn Buffer>],
    sinks: &mut [Box<dyn Buffer>],
) -> Result<Told, Failure> {
    let (source, sink) = tables(sources, sinks)?;
    show::table(session, "source", &source);
    show::table(session, "destination", &sink);
    let device = dma.device();
    let source = source.map(ToDevice, &device).map_err(told)?;
    let sink = sink.map(FromDevice, &device).map_err(told)?;
    show::mapped(session, &source, &sink);
    let segments = (source.nents(), sink.nents());
    let copy = prepare::copy(dma.pool, channel, source, sink)?;
    let (blocks, edges) = ((copy.blocks(), copy.chain()), copy.counts().edges);
    show::lowered(session, dma.engine.kind(), blocks, edges);
    let callback = Callback { function: completed, context: 0 };
    let mut copy = copy.with_callback(callback);
    let (interrupts, time) = run(session, channel, &mut copy)?;
    let counts = copy.counts();
    let (frame, source, sink) = copy.into_parts();
    drop((frame, source.unmap(), sink.unmap()));
    session.log("map", format_args!("unmapped, the CPU may look again"));
    Ok(Told { segments, counts, interrupts, time })
}

/// The scatterlists of both sides.
fn tables<'b>(
    sources: &'b [Box<dyn Buffer>],
    sinks: &'b mut [Box<dyn Buffer>],
) -> Result<(SgTable<'b, Shared>, SgTable<'b, Exclusive>), Failure> {
    let source = prepare::listed(&mut sources.iter().map(|buffer| buffer.to_read()))?;
    let sink = prepare::listed(&mut sinks.iter_mut().map(|buffer| buffer.to_write()))?;
    Ok((source, sink))
}

/// Submits, starts and waits, and tells about it.
fn run(
    session: &mut Session<'_>,
    channel: &Channel<'_>,
    copy: &mut dyn Payload,
) -> Result<(u32, Duration), Failure> {
    let part = channel.id().to_string();
    session.log(&part, format_args!("completion armed"));
    let (before, calls) = (channel.info().counters, COMPLETIONS.load(Ordering::Relaxed));
    let flown = fly(session.machine(), channel, copy)?;
    session.log_at(flown.issued, &part, format_args!("submitted, cookie {}", flown.cookie));
    session.log_at(flown.issued, &part, format_args!("issue pending"));
    flown.outcome.map_err(|failed| show::failed(session, &part, &failed))?;
    let interrupts = channel.info().counters.interrupts.wrapping_sub(before.interrupts);
    session.log_at(flown.ended, &part, format_args!("interrupt: {interrupts} taken, CPU awake"));
    let calls = COMPLETIONS.load(Ordering::Relaxed).wrapping_sub(calls);
    session.log_at(flown.ended, &part, format_args!("callback: called {calls} times"));
    Ok((interrupts, flown.time))
}

/// A transfer that has ended, and when.
struct Flown<'t> {
    cookie: Cookie,
    outcome: Result<(), Failed<&'t mut dyn Payload>>,
    issued: Duration,
    ended: Duration,
    time: Duration,
}

/// Submits, starts, waits. Nothing is printed meanwhile, so that the times are the engine's and not the UART's.
fn fly<'t>(
    machine: &dyn Machine,
    channel: &Channel<'_>,
    transfer: &'t mut dyn Payload,
) -> Result<Flown<'t>, Failure> {
    let engine = channel.engine();
    let clock = engine.clock();
    engine.scope(|scope| {
        let flight = scope.submit(channel, transfer).map_err(|no| told(no.reason))?;
        let (cookie, issued, start) = (flight.cookie(), machine.uptime(), clock.now());
        channel.issue_pending();
        let outcome = flight.wait(TIMEOUT).map(|_| ());
        let (time, ended) = (clock.between(start, clock.now()), machine.uptime());
        Ok(Flown { cookie, outcome, issued, ended, time })
    })
}
