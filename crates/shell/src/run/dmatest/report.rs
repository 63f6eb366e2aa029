//! What `/dmatest` says.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sgdma::constraints::EngineKind;

use super::tally::{Run, Tally};
use crate::console::{Answer, Failure};
use crate::render::u64_of;

/// Two lines for each channel, the kernel's and one for programs; and where figures are not the chip's, that they are not.
pub(super) fn summary(run: &Run) -> Vec<String> {
    let mut lines = Vec::new();
    for tally in &run.tallies {
        let Tally { id: Some(id), tests, failures, stuck, bytes, time } = *tally else { continue };
        let us = u64_of(time.as_micros());
        let per_second = |count: u64| count.saturating_mul(1_000_000) / us.max(1);
        let (iops, speed) = (per_second(tests), per_second(bytes) / 1024);
        lines.push(format!(
            "dmatest: {id}: summary {tests} tests, {failures} failures {iops} iops {speed} KB/s"
        ));
        lines.push(format!(
            "dmatest: channel={id} tests={tests} failures={failures} stuck={stuck} bytes={bytes} us={us}"
        ));
    }
    if run.engine == EngineKind::Emulated && !lines.is_empty() {
        let note = "dmatest: the engine is emulated: its times say nothing about the chip";
        lines.push(note.into());
    }
    lines
}

/// How far it is.
pub(super) fn state(run: &Run) -> String {
    let (tests, failures) = (run.sum(|tally| tally.tests), run.sum(|tally| tally.failures));
    let (round, of) = (run.round, run.request.iterations);
    format!("{round} of {of} iterations, {tests} tests, {failures} failures")
}

/// The final line.
pub(super) fn verdict(run: &Run) -> Answer {
    let sum = |part| run.sum(part);
    let (tests, failures) = (sum(|tally| tally.tests), sum(|tally| tally.failures));
    let (bytes, stuck) = (sum(|tally| tally.bytes), sum(|tally| tally.stuck));
    let seed = run.request.seed;
    let stuck = match stuck {
        0 => String::new(),
        count => format!(", {count} stuck and recovered"),
    };
    let told = format!("{tests} tests, {failures} failures{stuck}, {bytes} bytes, seed {seed}");
    let asked = run.request.stuck.is_some_and(|round| round <= run.round);
    match run.first {
        None if asked && stuck.is_empty() => Err(Failure::told(format_args!(
            "{told}; the channel that was switched off ran all the same"
        ))),
        None => Ok(told),
        Some((seed, id)) => {
            let repeat = run.request.repeat(seed, id);
            Err(Failure::told(format_args!("{told}; repeat the first: {repeat}")))
        }
    }
}
