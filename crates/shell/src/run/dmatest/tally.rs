//! How far a run is, and what came of it: plain data, which outlives the channels and buffers.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use sgdma::constraints::EngineKind;
use sgdma::register::ChannelId;

use super::request::Request;
use super::test::Test;

/// Failures that are told one by one; of more, only the number.
const TOLD: u64 = 8;

/// What came of all tests of a channel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) id: Option<ChannelId>,
    pub(super) tests: u64,
    pub(super) failures: u64,
    /// Times it was switched off, timed out and recovered.
    pub(super) stuck: u64,
    /// Bytes of the tests that did not fail.
    pub(super) bytes: u64,
    /// What the engine took, from start to end.
    pub(super) time: Duration,
}

/// Something to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// In words.
    Told(String),
    /// A line that can be typed, and so is not wrapped.
    Repeat(String),
}

/// A run of tests.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) request: Request,
    pub(super) engine: EngineKind,
    /// Rounds that are over.
    pub(super) round: u64,
    pub(super) tallies: Vec<Tally>,
    /// The test that failed first: its seed and its channel.
    pub(super) first: Option<(u64, ChannelId)>,
    /// What is to be told.
    pub(super) news: Vec<News>,
}

impl Run {
    pub(super) fn new(request: Request, engine: EngineKind) -> Self {
        let tallies = vec![Tally::default(); request.channels];
        Self { request, engine, round: 0, tallies, first: None, news: Vec::new() }
    }

    /// A sum over all channels.
    pub(super) fn sum(&self, part: fn(&Tally) -> u64) -> u64 {
        self.tallies.iter().map(part).sum()
    }

    /// The seed of a test of the round that is on. As long as what can be typed, so that each can be repeated.
    pub(super) fn seed(&self, lane: u64) -> u64 {
        let tests = self.round.wrapping_mul(self.request.lanes()).wrapping_add(lane);
        self.request.seed.wrapping_add(tests) & 0xFFFF_FFFF
    }

    /// Books a test that has ended.
    pub(super) fn book(&mut self, channel: usize, test: &Test, outcome: Result<(), String>) {
        let Some(tally) = self.tallies.get_mut(channel) else { return };
        tally.tests += 1;
        let text = match outcome {
            // Only what came as it must is counted as moved.
            Ok(()) => {
                tally.bytes += u64::try_from(test.len).unwrap_or(0);
                return;
            }
            Err(text) => text,
        };
        let Some(id) = tally.id else { return };
        tally.failures += 1;
        self.first = self.first.or(Some((test.seed, id)));
        let Test { seed, len, .. } = *test;
        let (round, failures) = (self.round + 1, self.sum(|tally| tally.failures));
        if failures <= TOLD {
            let told = format!("{id}: iteration {round} seed {seed}, {len:#x} bytes: {text}");
            self.news.push(News::Told(told));
            self.news.push(News::Repeat(self.request.repeat(seed, id)));
        } else if failures == TOLD + 1 {
            self.news.push(News::Told("more failures are only counted".into()));
        }
    }
}
