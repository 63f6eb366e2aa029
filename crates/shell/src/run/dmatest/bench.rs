//! The channels and what they are tested with, for as long as a run, or a step of one, lasts.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use sgdma::engine::FaultKind;

use super::flight::Landed;
use super::lane::Lane;
use super::pattern::Patterns;
use super::request::{Kind, Request};
use super::tally::Run;
use super::test::Room;
use crate::args::Switch;
use crate::console::Failure;
use crate::machine::{Channel, Device, Dma, Machine};
use crate::render::u64_of;

/// Channels, buffers, frames and patterns.
pub(super) struct Bench<'m> {
    dma: Dma<'m>,
    channels: Vec<Channel<'m>>,
    lanes: Vec<Lane<'m>>,
    patterns: Patterns,
    room: Room,
}

impl<'m> Bench<'m> {
    /// Takes the channels and the memory.
    pub(super) fn new(machine: &'m dyn Machine, run: &mut Run) -> Result<Self, Failure> {
        let dma = machine.dma();
        let dma = dma.map_err(|why| Failure::told(format_args!("no DMA engine: {why}")))?;
        let request = &run.request;
        let granule = usize::try_from(dma.engine.kind().granule()).unwrap_or(4);
        let room = Room::new(request, granule);
        let channels = channels(dma, request)?;
        let mut lanes = Vec::with_capacity(channels.len() * request.threads);
        for index in 0..channels.len() {
            for _ in 0..request.threads {
                lanes.push(Lane::new(machine, dma, request, &room, index)?);
            }
        }
        for (tally, channel) in run.tallies.iter_mut().zip(&channels) {
            tally.id = Some(channel.id());
        }
        Ok(Self { dma, channels, lanes, patterns: Patterns::new(room.buffer()), room })
    }

    /// A test on every thread of every channel, all at once.
    pub(super) fn round(&mut self, run: &mut Run) -> Result<(), Failure> {
        for (lane, number) in self.lanes.iter_mut().zip(0..) {
            lane.test.draw(&self.room, run.seed(number));
            if run.request.verify == Switch::On {
                lane.paint(&self.patterns);
            }
        }
        if run.request.stuck == Some(run.round + 1) {
            self.stuck_round(run)?;
        } else {
            let all: Vec<usize> = (0..self.lanes.len()).collect();
            let landed = self.fly(&run.request, &all, None)?;
            self.book(run, landed);
        }
        run.round += 1;
        Ok(())
    }

    /// A round in which one channel is switched off: what runs on it must be timed out, and do its test afterwards as if
    /// nothing had been. What is queued behind it, and the other channels, must not notice.
    fn stuck_round(&mut self, run: &mut Run) -> Result<(), Failure> {
        let victim = self.channels.len() / 2;
        let Some(id) = self.channels.get(victim).map(Channel::id) else { return Ok(()) };
        let all: Vec<usize> = (0..self.lanes.len()).collect();
        let landed = self.fly(&run.request, &all, Some(victim))?;
        let (late, others): (Vec<_>, Vec<_>) = landed.into_iter().partition(|(index, landed)| {
            let timeout = matches!(&landed.outcome, Err(why) if why.kind == FaultKind::Timeout);
            timeout && self.channel_of(*index) == Some(victim)
        });
        let again: Vec<usize> = late.iter().map(|(index, _)| *index).collect();
        self.book(run, others);
        let (round, waited) = (run.round + 1, u64_of(run.request.timeout.as_millis()));
        run.news.push(match again.len() {
            0 => format!("{id}: switched off in iteration {round}, and ran all the same"),
            _ => format!(
                "{id}: switched off in iteration {round}, timed out after {waited} ms, recovered"
            ),
        });
        for (index, landed) in late {
            if let Some(lane) = self.lanes.get_mut(index) {
                lane.keep(landed.frame);
            }
        }
        if let Some(tally) = run.tallies.get_mut(victim) {
            tally.stuck += u64::try_from(again.len()).unwrap_or(0);
        }
        let landed = self.fly(&run.request, &again, None)?;
        self.book(run, landed);
        Ok(())
    }

    fn channel_of(&self, lane: usize) -> Option<usize> {
        self.lanes.get(lane).map(|lane| lane.channel)
    }

    /// Submits a transfer of each of these lanes, starts them all, waits for them all; one channel may be switched off
    /// before it starts.
    fn fly(
        &mut self,
        request: &Request,
        flying: &[usize],
        off: Option<usize>,
    ) -> Result<Vec<(usize, Landed<'m>)>, Failure> {
        let Self { dma, channels, lanes, .. } = self;
        let (engine, pool) = (dma.engine, dma.pool);
        let platform = engine.platform();
        let device = Device::new(platform);
        let mut ready = Vec::with_capacity(lanes.len());
        for (index, lane) in lanes.iter_mut().enumerate() {
            let Some(channel) = channels.get(lane.channel) else { continue };
            if flying.contains(&index) {
                ready.push((index, channel, lane.prepare(pool, &device, channel)?));
            }
        }
        engine.scope(|scope| {
            let mut flights = Vec::with_capacity(ready.len());
            for (index, channel, transfer) in ready {
                flights.push((index, transfer.submit(scope, channel)?));
            }
            let enabled = platform.enable();
            if let Some(channel) = off {
                let bit = channels.get(channel).map_or(0, |channel| channel.id().bit());
                platform.set_enable(enabled & !bit);
            }
            let start = platform.now();
            channels.iter().for_each(Channel::issue_pending);
            let time = || platform.between(start, platform.now());
            let land = |(index, flight): (usize, super::flight::Flight<'_, 'm, '_, '_>)| {
                (index, flight.land(request.timeout, time))
            };
            let landed = flights.into_iter().map(land).collect();
            if off.is_some() {
                platform.set_enable(enabled);
            }
            Ok(landed)
        })
    }

    /// Looks at every byte and books what came of the tests.
    fn book(&mut self, run: &mut Run, landed: Vec<(usize, Landed<'m>)>) {
        let mut slowest = Vec::new();
        slowest.resize(self.channels.len(), Duration::ZERO);
        for (index, Landed { frame, outcome, time }) in landed {
            let Some(lane) = self.lanes.get_mut(index) else { continue };
            lane.keep(frame);
            let channel = lane.channel;
            if let Some(slowest) = slowest.get_mut(channel) {
                *slowest = time.max(*slowest);
            }
            let outcome = match (outcome, run.request.verify) {
                (Err(trouble), _) => Err(trouble.text),
                (Ok(()), Switch::On) => self.verify(index),
                (Ok(()), Switch::Off) => Ok(()),
            };
            if let Some(lane) = self.lanes.get(index) {
                run.book(channel, &lane.test, outcome);
            }
        }
        for (tally, slowest) in run.tallies.iter_mut().zip(slowest) {
            tally.time += slowest;
        }
    }

    /// Whether every byte is as it must be; if not, which is not, and which block was to write it.
    fn verify(&mut self, index: usize) -> Result<(), String> {
        let Self { dma, channels, lanes, patterns, .. } = self;
        let Some(lane) = lanes.get_mut(index) else { return Ok(()) };
        let Some(wrong) = lane.check(patterns) else { return Ok(()) };
        let device = Device::new(dma.engine.platform());
        let channel = channels.get(lane.channel);
        let block = channel.and_then(|channel| lane.block_of(&wrong, dma.pool, &device, channel));
        Err(match block {
            Some((block, blocks)) => format!("{wrong}, control block {block} of {blocks}"),
            None => format!("{wrong}"),
        })
    }
}

/// Requests the channels.
fn channels<'m>(dma: Dma<'m>, request: &Request) -> Result<Vec<Channel<'m>>, Failure> {
    let mut channels = Vec::with_capacity(request.channels);
    for _ in 0..request.channels {
        let channel = dma.engine.request(request.need(), "dmatest");
        let (count, had) = (request.channels, channels.len());
        let told = |error| Failure::told(format_args!("channels={count}, but after {had} {error}"));
        let channel: Channel<'m> = channel.map_err(told)?;
        if request.kinds.contains(&Kind::Rectangle) && !channel.kind().has_2d() {
            let id = channel.id().number();
            let text = format!("kinds=2d: channel={id} is {} and has no 2D mode", channel.kind());
            return Err(Failure::new(text));
        }
        channels.push(channel);
    }
    Ok(channels)
}
