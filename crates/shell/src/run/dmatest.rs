//! `/dmatest`: random transfers, every byte looked at, after the kernel's module of that name.

mod lane;
mod report;

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;

use sgdma::channel::Channel;
use sgdma::engine::Need;
use sgdma::platform::Platform;
use sgdma::transfer::{Failed, Payload};

use self::lane::Lane;
use crate::args::{Switch, Values};
use crate::console::{Answer, Failure, Session, Stopped};
use crate::machine::{Dma, Machine};

/// What is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Pieces in any order on both sides.
    Pieces,
    /// One piece.
    Copy,
    /// One byte, everywhere.
    Fill,
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
struct Request {
    iterations: u64,
    size: usize,
    align: usize,
    channels: usize,
    pieces: usize,
    seed: u64,
    timeout: Duration,
    verify: Switch,
    kind: Kind,
}

impl Request {
    fn new(values: &Values) -> Result<Self, Failure> {
        let number = |name, usual| values.number(name).unwrap_or(usual);
        let small = |name, usual| usize::try_from(number(name, usual)).unwrap_or(usize::MAX);
        let request = Self {
            iterations: number("iterations", 100),
            size: small("size", 4096),
            align: small("align", 1),
            channels: small("channels", 1),
            pieces: small("pieces", 8),
            seed: number("seed", 1),
            timeout: Duration::from_millis(number("timeout", 1000)),
            verify: values.switch("verify").unwrap_or(Switch::On),
            kind: match values.word("kind") {
                Some("copy") => Kind::Copy,
                Some("fill") => Kind::Fill,
                _ => Kind::Pieces,
            },
        };
        if request.align > request.size {
            let Self { align, size, .. } = request;
            return Err(Failure::new(format!("align={align} is more than size={size}")));
        }
        Ok(request)
    }

    /// The line that repeats the one test with this seed.
    fn repeat(&self, seed: u64) -> alloc::string::String {
        let Self { size, align, pieces, .. } = self;
        let kind = match self.kind {
            Kind::Pieces => "sg",
            Kind::Copy => "copy",
            Kind::Fill => "fill",
        };
        format!(
            "/dmatest iterations=1 size={size} align={align} pieces={pieces} seed={seed} kind={kind}"
        )
    }
}

#[inline(never)]
pub(super) fn dmatest<M: Machine>(session: &mut Session<'_, M>, values: &Values) -> Answer {
    let request = Request::new(values)?;
    let dma = session.machine().dma();
    let dma = dma.map_err(|why| Failure::new(format!("no DMA engine: {why}")))?;
    let channels = channels(dma, request.channels)?;
    let mut lanes = Vec::new();
    for _ in &channels {
        lanes.push(Lane::new(session.machine(), request.size)?);
    }
    let outcome = rounds(session, dma, &request, &channels, &mut lanes);
    report::summary(session, dma.engine.kind(), &channels, &lanes);
    outcome?;
    report::verdict(&request, &lanes)
}

/// Requests so many channels.
fn channels<P: Platform>(dma: Dma<'_, P>, count: usize) -> Result<Vec<Channel<'_, P>>, Failure> {
    let mut channels = Vec::new();
    for _ in 0..count {
        let channel = dma.engine.request(Need::Any, "dmatest");
        let had = channels.len();
        let told = |error| Failure::new(format!("channels={count}, but after {had} {error}"));
        channels.push(channel.map_err(told)?);
    }
    Ok(channels)
}

/// All rounds, until Ctrl-C.
fn rounds<M: Machine>(
    session: &mut Session<'_, M>,
    dma: Dma<'_, M::Platform>,
    request: &Request,
    channels: &[Channel<'_, M::Platform>],
    lanes: &mut [Lane<M::Buffer>],
) -> Result<(), Failure> {
    let mut told = session.machine().uptime();
    for round in 0..request.iterations {
        let stop = |Stopped| Failure::stopped(format!("{round} rounds"));
        session.go_on().map_err(stop)?;
        for (lane, number) in lanes.iter_mut().zip(0_u64..) {
            let tests = round.wrapping_mul(u64::try_from(channels.len()).unwrap_or(1));
            lane.begin(request, request.seed.wrapping_add(tests).wrapping_add(number));
        }
        one_round(dma, request, channels, lanes)?;
        report::failures(session, request, channels, lanes);
        let now = session.machine().uptime();
        if now.saturating_sub(told) >= Duration::from_secs(2) {
            told = now;
            let of = request.iterations;
            session.log("dmatest", format_args!("{} of {of} rounds", round + 1));
        }
    }
    Ok(())
}

/// One transfer on every channel, all at once.
fn one_round<P: Platform, B: crate::machine::Buffer>(
    dma: Dma<'_, P>,
    request: &Request,
    channels: &[Channel<'_, P>],
    lanes: &mut [Lane<B>],
) -> Result<(), Failure> {
    let device = dma.device();
    let pairs = lanes.iter_mut().zip(channels);
    let outcomes = if request.kind == Kind::Fill {
        let fills = pairs.map(|(lane, channel)| lane.fill(dma.pool, &device, channel));
        fly(dma, channels, fills.collect::<Result<Vec<_>, _>>()?, request.timeout)?
    } else {
        let copies = pairs.map(|(lane, channel)| lane.copy(dma.pool, &device, channel));
        fly(dma, channels, copies.collect::<Result<Vec<_>, _>>()?, request.timeout)?
    };
    for (lane, (outcome, time)) in lanes.iter_mut().zip(outcomes) {
        lane.end(outcome, time, request.verify);
    }
    Ok(())
}

/// How a transfer ended: well, or why not; and how long it took.
type Outcome = (Result<(), alloc::string::String>, Duration);

/// Submits one transfer to each channel, starts them all, waits for them all.
fn fly<P: Platform, T: Payload>(
    dma: Dma<'_, P>,
    channels: &[Channel<'_, P>],
    transfers: Vec<T>,
    timeout: Duration,
) -> Result<Vec<Outcome>, Failure> {
    let clock = dma.engine.platform();
    dma.engine.scope(|scope| {
        let mut flights = Vec::new();
        for (channel, transfer) in channels.iter().zip(transfers) {
            let flight = scope.submit(channel, transfer);
            flights.push(flight.map_err(|no| Failure::new(no.reason.to_string()))?);
        }
        let start = clock.now();
        channels.iter().for_each(Channel::issue_pending);
        let waited = flights.into_iter().map(|flight| {
            let outcome = flight.wait(timeout);
            let time = clock.between(start, clock.now());
            (outcome.map(drop).map_err(|failed: Failed<T>| failed.to_string()), time)
        });
        Ok(waited.collect())
    })
}
