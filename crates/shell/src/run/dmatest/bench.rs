//! The channels and what they are tested with, for as long as a run, or a step of one, lasts.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use sgdma::engine::{FaultKind, Need, RequestError};
use sgdma::platform::Clock;

use super::super::prepare::told;
use super::flight::{Ask, Landed, Patience, land};
use super::lane::Lane;
use super::pattern::Patterns;
use super::report;
use super::request::Request;
use super::tally::{News, Run};
use super::test::Room;
use crate::args::Switch;
use crate::console::Failure;
use crate::machine::{Channel, Dma, Machine};
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
        for (index, channel) in channels.iter().enumerate() {
            let kinds = request.kinds_on(channel.kind());
            for _ in 0..request.threads {
                lanes.push(Lane::new(machine, dma, request, &room, (index, &kinds))?);
            }
        }
        for (tally, channel) in run.tallies.iter_mut().zip(&channels) {
            tally.id = Some(channel.id());
        }
        Ok(Self { dma, channels, lanes, patterns: Patterns::new(room.buffer()), room })
    }

    /// A test on every thread of every channel, all at once.
    ///
    /// # Errors
    /// Something could not be had, or `ask` had it stopped: then nothing of the round is booked.
    pub(super) fn round(&mut self, run: &mut Run, ask: &mut Ask<'_>) -> Result<(), Failure> {
        for (lane, number) in self.lanes.iter_mut().zip(0..) {
            lane.draw(&self.room, run.seed(number));
            if run.request.verify == Switch::On {
                lane.paint(&self.patterns);
            }
        }
        if run.request.stuck == Some(run.round + 1) {
            self.stuck_round(run, ask)?;
        } else {
            let all: Vec<usize> = (0..self.lanes.len()).collect();
            let landed = self.fly(run, &all, (None, ask))?;
            self.book(run, landed);
        }
        run.round += 1;
        Ok(())
    }

    /// A round in which one channel is switched off: what runs on it must be timed out, and do its test afterwards as if
    /// nothing had been. What is queued behind it, and the other channels, must not notice.
    fn stuck_round(&mut self, run: &mut Run, ask: &mut Ask<'_>) -> Result<(), Failure> {
        let victim = self.channels.len() / 2;
        let Some(id) = self.channels.get(victim).map(Channel::id) else { return Ok(()) };
        let all: Vec<usize> = (0..self.lanes.len()).collect();
        let landed = self.fly(run, &all, (Some(victim), ask))?;
        let (late, others): (Vec<_>, Vec<_>) = landed.into_iter().partition(|(index, landed)| {
            let timeout = matches!(&landed.outcome, Err(why) if why.kind == FaultKind::Timeout);
            timeout && self.channel_of(*index) == Some(victim)
        });
        let again: Vec<usize> = late.iter().map(|(index, _)| *index).collect();
        let waited = late.iter().map(|(_, landed)| landed.time).max().unwrap_or_default();
        let waited = waited.min(run.request.timeout);
        self.book(run, others);
        let (round, waited) = (run.round + 1, u64_of(waited.as_millis()));
        run.news.push(News::Told(match again.len() {
            0 => format!("{id}: switched off in iteration {round}, and ran all the same"),
            _ => format!(
                "{id}: switched off in iteration {round}, timed out after {waited} ms, recovered"
            ),
        }));
        if let Some(tally) = run.tallies.get_mut(victim) {
            tally.stuck += u64::try_from(again.len()).unwrap_or(0);
        }
        let landed = self.fly(run, &again, (None, ask))?;
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
        run: &Run,
        flying: &[usize],
        (off, ask): (Option<usize>, &mut Ask<'_>),
    ) -> Result<Vec<(usize, Landed)>, Failure> {
        let Self { dma, channels, lanes, .. } = self;
        let (engine, pool) = (dma.engine, dma.pool);
        let (clock, device) = (engine.clock(), engine.device());
        let mut ready = Vec::with_capacity(lanes.len());
        for (index, lane) in lanes.iter_mut().enumerate() {
            let Some(channel) = channels.get(lane.channel) else { continue };
            if flying.contains(&index) {
                ready.push((index, channel, lane.prepare(pool, &device, channel)?));
            }
        }
        let landed: Result<(Vec<Landed>, Patience), Failure> = engine.scope(|scope| {
            let mut flights = Vec::with_capacity(ready.len());
            for (_, channel, transfer) in &mut ready {
                let flight = scope.submit(channel, transfer.payload());
                flights.push(flight.map_err(|no| told(no.reason))?);
            }
            let off = off.and_then(|channel| channels.get(channel));
            off.inspect(|channel| channel.switch_off());
            let start = clock.now();
            channels.iter().for_each(Channel::issue_pending);
            let mut landed = Vec::with_capacity(flights.len());
            let mut patience = Patience::Left;
            for flight in flights {
                let outcome;
                (outcome, patience) = match patience {
                    Patience::Stopped => land(flight, engine, Duration::ZERO, ask),
                    _ => land(flight, engine, run.request.timeout, ask),
                };
                landed.push(Landed { outcome, time: clock.between(start, clock.now()) });
            }
            Ok((landed, patience))
        });
        // What is mapped is unmapped here, so that the lanes are free again.
        let mut ended = Vec::with_capacity(ready.len());
        let mut frames = Vec::with_capacity(ready.len());
        let (landed, patience) = landed?;
        for ((index, _, ready), landed) in ready.into_iter().zip(landed) {
            frames.push(ready.into_frame(&landed));
            ended.push((index, landed));
        }
        for ((index, _), frame) in ended.iter().zip(frames) {
            if let Some(lane) = lanes.get_mut(*index) {
                lane.keep(frame);
            }
        }
        match patience {
            Patience::Stopped => Err(Failure::stopped(report::state(run))),
            Patience::Left | Patience::Spent => Ok(ended),
        }
    }

    /// Looks at every byte and books what came of the tests.
    fn book(&mut self, run: &mut Run, landed: Vec<(usize, Landed)>) {
        let mut slowest = Vec::new();
        slowest.resize(self.channels.len(), Duration::ZERO);
        for (index, Landed { outcome, time }) in landed {
            let Some(lane) = self.lanes.get_mut(index) else { continue };
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
        let device = dma.engine.device();
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
    while channels.len() < request.channels {
        let mut needs = request.needs().into_iter();
        let found = needs.find_map(|need| dma.engine.request(need, "dmatest").ok());
        channels.push(found.ok_or_else(|| not_to_be_had(dma, request, channels.len()))?);
    }
    if let (Some(id), [channel]) = (request.channel, channels.as_slice())
        && request.kinds_on(channel.kind()).is_empty()
    {
        let (id, kind) = (id.number(), channel.kind());
        let text = format!("kinds=2d: channel={id} is {kind} and has no 2D mode");
        return Err(Failure::new(text));
    }
    Ok(channels)
}

/// Why there are no more channels.
#[cold]
fn not_to_be_had(dma: Dma<'_>, request: &Request, had: usize) -> Failure {
    let wanted = request.channels;
    match request.needs().as_slice() {
        [need @ Need::Exactly(id)] => {
            let why = dma.engine.request(*need, "dmatest").err().unwrap_or(RequestError::NoneFree);
            Failure::told(format_args!("channel={}: {why}", id.number()))
        }
        [Need::Full] => Failure::told(format_args!("channels={wanted}: only {had} have a 2D mode")),
        _ => Failure::told(format_args!("channels={wanted}: only {had} are free")),
    }
}
