//! `/loopback`: memory → SPI 0 → a wire → SPI 0 → memory, by two channels that the device paces.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use sgdma::constraints::DeviceFifo;
use sgdma::engine::Need;
use sgdma::frame::{Frame, FrameSize};
use sgdma::platform::Clock;
use sgdma::transfer::{Payload, Prepared};

use super::board_only::{self, Guard};
use super::prepare::{self, Sink, Source, read, told, written};
use crate::args::Values;
use crate::console::{Answer, Failure, Session, Stopped};
use crate::machine::{Buffer, Channel, Dma, PacedDevice};
use crate::render::{frequency, u64_of};

/// What is sent where no number is given, and how often.
const BYTES: u64 = 4096;
const ROUNDS: u64 = 1;
/// How long a round may take: the longest at the slowest rate takes a quarter of it.
const TIMEOUT: Duration = Duration::from_secs(1);
/// The FIFO of SPI 0, and the DREQs for sending and receiving. p. 61, 152.
const FIFO: u32 = 0x7E20_4004;
const SEND: u8 = 6;
const RECEIVE: u8 = 7;
/// Both lists have a handful of pieces, and a receiving buffer owns its lines.
const FRAME: FrameSize = FrameSize { blocks: 8, edges: 4, slot_bytes: 512 };

#[inline(never)]
pub(super) fn loopback(session: &mut Session<'_>, values: &Values) -> Answer {
    let bytes = values.number("bytes").unwrap_or(BYTES);
    let rounds = values.number("rounds").unwrap_or(ROUNDS);
    prepare::whole_words(bytes)?;
    let dma = board_only::engine(session)?;
    let bytes = usize::try_from(bytes).unwrap_or(4);
    let mut time = Duration::ZERO;
    for round in 0..rounds {
        let stop = |Stopped| Failure::stopped(format!("{round} of {rounds} rounds"));
        session.go_on().map_err(stop)?;
        time = time.saturating_add(once(session, dma, bytes, round)?);
    }
    let micros = u64_of(time.as_micros());
    Ok(format!("{rounds} × {bytes} bytes out and back, every one as it was sent, {micros} µs"))
}

/// One round: how long both transfers took.
fn once(
    session: &mut Session<'_>,
    dma: Dma<'_>,
    bytes: usize,
    round: u64,
) -> Result<Duration, Failure> {
    let mut sources = buffers(session, bytes, 3)?;
    let mut sinks = buffers(session, bytes, 2)?;
    let mut random = fastrand::Rng::with_seed(round + 1);
    for buffer in &mut sources {
        random.fill(buffer);
    }
    let time = fly(session, dma, &sources, &mut sinks, round)?;
    let sent = sources.iter().flat_map(|buffer| buffer.iter());
    let came = sinks.iter().flat_map(|buffer| buffer.iter());
    match sent.zip(came).position(|(sent, came)| sent != came) {
        None => Ok(time),
        Some(at) => Err(Failure::told(format_args!(
            "byte {at} of {bytes} came back wrong: is pin 19 (MOSI) wired to pin 21 (MISO)?"
        ))),
    }
}

/// So many buffers, together of so many bytes, all but the last in multiples of 4.
fn buffers(
    session: &Session<'_>,
    bytes: usize,
    count: usize,
) -> Result<Vec<Box<dyn Buffer>>, Failure> {
    let piece = (bytes / count) & !3;
    let last = bytes - piece * (count - 1);
    let lengths = (1..count).map(|_| piece).chain([last]).filter(|length| *length != 0);
    prepare::buffers(session.machine(), &mut { lengths })
}

/// Maps both sides, opens SPI, and lets both channels run.
fn fly(
    session: &mut Session<'_>,
    dma: Dma<'_>,
    sources: &[Box<dyn Buffer>],
    sinks: &mut [Box<dyn Buffer>],
    round: u64,
) -> Result<Duration, Failure> {
    let receiver = dma.engine.request(Need::Any, "loopback").map_err(told)?;
    let sender = dma.engine.request(Need::Any, "loopback").map_err(told)?;
    let bytes = sources.iter().map(|buffer| buffer.len()).sum::<usize>();
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let mut out = outgoing(dma, &sender, sources)?;
    let mut back = incoming(dma, &receiver, sinks)?;
    let spi = Guard::open(session.machine(), PacedDevice::Spi { bytes })?;
    if round == 0 {
        let (rate, to, by) = (frequency(spi.opened.hertz.into()), sender.id(), receiver.id());
        let text = format_args!("{rate}: out by {to} (DREQ {SEND}), in by {by} (DREQ {RECEIVE})");
        session.log("spi", text);
    }
    let clock = dma.engine.clock();
    let start = clock.now();
    dma.engine.scope(|scope| {
        let (back, out): (&mut dyn Payload, &mut dyn Payload) = (&mut back, &mut out);
        let back = scope.submit(&receiver, back).map_err(|no| told(no.reason))?;
        let out = scope.submit(&sender, out).map_err(|no| told(no.reason))?;
        receiver.issue_pending();
        sender.issue_pending();
        back.wait(TIMEOUT).map_err(|failed| told(failed.fault))?;
        out.wait(TIMEOUT).map_err(|failed| told(failed.fault)).map(drop)
    })?;
    Ok(clock.between(start, clock.now()))
}

/// From memory into SPI.
fn outgoing<'b>(
    dma: Dma<'b>,
    sender: &Channel<'_>,
    sources: &'b [Box<dyn Buffer>],
) -> Result<Prepared<'b, Source<'b, 'b>, DeviceFifo>, Failure> {
    let from = read(&dma.device(), &mut sources.iter().map(|buffer| buffer.to_read()))?;
    let frame = Frame::new(dma.pool, FRAME).map_err(told)?;
    let out = frame.to_device(from, board_only::device(FIFO, SEND)?, &sender.device_constraints());
    out.map_err(|no| told(no.reason))
}

/// From SPI into memory.
fn incoming<'b>(
    dma: Dma<'b>,
    receiver: &Channel<'_>,
    sinks: &'b mut [Box<dyn Buffer>],
) -> Result<Prepared<'b, DeviceFifo, Sink<'b, 'b>>, Failure> {
    let to = written(&dma.device(), &mut sinks.iter_mut().map(|buffer| buffer.to_write()))?;
    let frame = Frame::new(dma.pool, FRAME).map_err(told)?;
    let limits = receiver.device_constraints();
    let back = frame.from_device(board_only::device(FIFO, RECEIVE)?, to, &limits);
    back.map_err(|no| told(no.reason))
}
