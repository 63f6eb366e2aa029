//! `/fault`: makes the engine fail on purpose.

mod plan;
mod probe;

use alloc::format;
use alloc::string::ToString;
use core::iter;
use core::time::Duration;

use sgdma::address::BusAddr;
use sgdma::channel::RunError;
use sgdma::constraints::{DeviceFifo, Dreq, EngineKind, Width};
use sgdma::engine::{FaultKind, Need};
use sgdma::frame::{Frame, FrameSize};
use sgdma::platform::Clock;
use sgdma::transfer::Payload;

use super::demo;
use super::job::show;
use super::prepare::{self, read, told, written};
use crate::args::Values;
use crate::console::{Answer, Failure, Session};
use crate::machine::{Channel, Dma};
use crate::render::u64_of;

/// How long the stuck transfer is waited for.
const TIMEOUT: Duration = Duration::from_millis(TIMEOUT_MS);
const TIMEOUT_MS: u64 = 100;
/// What is moved, or not.
const BYTES: usize = 64;
/// The FIFO of SPI0 and the DREQ that says it holds something, which it does not while nobody uses SPI. p. 61, 152.
const SPI_FIFO: BusAddr = BusAddr::new(0x7E20_4004);
const SPI_RECEIVED: u8 = 7;

#[inline(never)]
pub(super) fn fault(session: &mut Session<'_>, values: &Values) -> Answer {
    let dma = demo::engine(session.machine())?;
    let anywhere = values.get("at").is_none() && values.get("byte").is_none();
    match values.word("kind") {
        Some("list") => Ok(plan::list(session, dma)),
        Some("hole") => demo::lending(session, probe::hole),
        Some("zero") => demo::lending(session, probe::zero),
        Some("stuck") if anywhere => demo::lending(session, |session| stuck(session, dma)),
        name => plan::plan(session, name.unwrap_or_default(), values),
    }
}

/// A transfer that never ends, its report and its recovery.
fn stuck(session: &mut Session<'_>, dma: Dma<'_>) -> Answer {
    let channel = dma.engine.request(Need::Full, "fault").map_err(told)?;
    let part = channel.id().to_string();
    let (outcome, time) = match dma.engine.kind() {
        EngineKind::Emulated => switched_off(session, dma, &channel)?,
        EngineKind::Hardware => unpaced(session, dma, &channel)?,
    };
    // What is above the time-out: the CPU's waking up is in it.
    let recovered = u64_of(time.saturating_sub(TIMEOUT).as_micros());
    match outcome {
        Err(RunError::Failed(fault, _)) if fault.kind == FaultKind::Timeout => {
            show::registers(session, &part, &fault.registers);
            session.log(&part, format_args!("woken, aborted and reset in {recovered} µs"));
            Ok(format!("{part} was stuck for {TIMEOUT_MS} ms and is recovered"))
        }
        Err(error) => Err(Failure::told(format_args!("{part} failed in another way: {error}"))),
        Ok(()) => Err(Failure::told(format_args!("{part} was not stuck, the transfer completed"))),
    }
}

/// On the emulated engine: a copy on a channel whose bit in `ENABLE` is cleared. The VideoCore is emulated too, so nobody else
/// minds. The bit is set again by whoever requests the channel next.
fn switched_off(
    session: &mut Session<'_>,
    dma: Dma<'_>,
    channel: &Channel<'_>,
) -> Result<Timed, Failure> {
    let machine = session.machine();
    let source = machine.buffer(BYTES).map_err(told)?;
    let mut sink = machine.buffer(BYTES).map_err(told)?;
    let device = dma.device();
    let from = read(&device, &mut iter::once(source.to_read()))?;
    let to = written(&device, &mut iter::once(sink.to_write()))?;
    let mut copy = prepare::copy(dma.pool, channel, from, to)?;
    announce(session, channel, "switched off by its bit in ENABLE");
    channel.switch_off();
    Ok(timed(channel, &mut copy))
}

/// On the chip: a read from a device that has nothing to say, paced by its DREQ.
fn unpaced(
    session: &mut Session<'_>,
    dma: Dma<'_>,
    channel: &Channel<'_>,
) -> Result<Timed, Failure> {
    let mut sink = session.machine().buffer(BYTES).map_err(told)?;
    let to = written(&dma.device(), &mut iter::once(sink.to_write()))?;
    let dreq = Dreq::new(SPI_RECEIVED).unwrap_or(Dreq::NONE);
    let fifo = DeviceFifo::new(SPI_FIFO, dreq, Width::Bits32).map_err(told)?;
    let frame = Frame::new(dma.pool, FrameSize { blocks: 8, edges: 4, slot_bytes: 512 });
    let frame = frame.map_err(told)?;
    let read = frame.from_device(fifo, to, &channel.device_constraints());
    let mut read = read.map_err(|no| told(no.reason))?;
    announce(session, channel, &format!("waits for DREQ {SPI_RECEIVED}, which does not come"));
    Ok(timed(channel, &mut read))
}

/// What came of a transfer, and how long that took, its recovery included.
type Timed = (Result<(), RunError>, Duration);

fn timed(channel: &Channel<'_>, transfer: &mut dyn Payload) -> Timed {
    let clock = channel.engine().clock();
    let start = clock.now();
    let outcome = channel.run(transfer, TIMEOUT);
    (outcome, clock.between(start, clock.now()))
}

fn announce(session: &mut Session<'_>, channel: &Channel<'_>, how: &str) {
    let part = channel.id().to_string();
    session.log(&part, format_args!("{how}; waiting {TIMEOUT_MS} ms"));
}
