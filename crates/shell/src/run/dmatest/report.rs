//! What `/dmatest` says.

use alloc::format;

use sgdma::channel::Channel;
use sgdma::constraints::EngineKind;
use sgdma::platform::Platform;

use super::Request;
use super::lane::{Lane, Tally};
use crate::console::{Answer, Failure, Session};
use crate::machine::{Buffer, Machine};

/// Tells the failures of a round, and how to repeat each alone.
pub(super) fn failures<M: Machine, P: Platform, B: Buffer>(
    session: &mut Session<'_, M>,
    request: &Request,
    channels: &[Channel<'_, P>],
    lanes: &[Lane<B>],
) {
    for (channel, lane) in channels.iter().zip(lanes) {
        if let Some(failure) = &lane.failure {
            let (id, seed) = (channel.id(), lane.seed());
            session.log("dmatest", format_args!("{id}: seed {seed}: {failure}"));
            session.log("dmatest", format_args!("  repeat: {}", request.repeat(seed)));
        }
    }
}

/// A line for each channel, and where figures are not the chip's, that they are not.
pub(super) fn summary<M: Machine, P: Platform, B: Buffer>(
    session: &mut Session<'_, M>,
    engine: EngineKind,
    channels: &[Channel<'_, P>],
    lanes: &[Lane<B>],
) {
    for (channel, lane) in channels.iter().zip(lanes) {
        let Tally { tests, failures, bytes, time, .. } = lane.tally;
        let per_second = |count: u64| u128::from(count) * 1_000_000_000 / time.as_nanos().max(1);
        let (iops, speed) = (per_second(tests), per_second(bytes) / 1000);
        let id = channel.id();
        session.line(format!(
            "dmatest: {id}: summary {tests} tests, {failures} failures {iops} iops {speed} KB/s"
        ));
    }
    if engine == EngineKind::Emulated {
        session.line("dmatest: the engine is emulated: iops and KB/s say nothing about the chip");
    }
}

/// The final line; and before it, in numbers for programs, what it says.
pub(super) fn verdict<B: Buffer>(request: &Request, lanes: &[Lane<B>]) -> Answer {
    let sum = |part: fn(&Tally) -> u64| lanes.iter().map(|lane| part(&lane.tally)).sum::<u64>();
    let (tests, failures) = (sum(|tally| tally.tests), sum(|tally| tally.failures));
    let bytes = sum(|tally| tally.bytes);
    let first = lanes.iter().find_map(|lane| lane.tally.first);
    let told = format!("{tests} tests, {failures} failures, {bytes} bytes, seed {}", request.seed);
    match first {
        None => Ok(told),
        Some(seed) => {
            Err(Failure::new(format!("{told}; repeat the first: {}", request.repeat(seed))))
        }
    }
}
