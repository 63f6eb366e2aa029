//! `/demo`: what the main job holds from line to line. Starting and stopping it is what loading and unloading a driver's
//! module is: channel and memory are claimed, and given back.

use alloc::format;
use core::fmt;

use sgdma::engine::Need;
use sgdma::register::ChannelId;

use super::job;
use super::prepare::told;
use super::scratch::Scratch;
use crate::args::Values;
use crate::console::{Answer, Failure, Session};
use crate::machine::{Channel, Dma, Machine};
use crate::render::{Align, Table};

/// Whose the channel is, for `/channels`.
const OWNER: &str = "demo";
/// Bytes of scratch memory, unless more are asked for.
const SCRATCH_BYTES: u64 = 64 * 1024;
/// What `/demo` sends by itself.
const SAMPLE: &[u8] = b"Scattered over the heap, gathered by the engine.";

/// A channel, and memory that a person may use by its address.
#[derive(Debug)]
pub(crate) struct Demo {
    /// The channel that everything typed runs on; `None` while it is lent.
    channel: Option<Channel<'static>>,
    /// The scratch memory.
    pub(super) scratch: Scratch,
}

impl Demo {
    fn new(machine: &dyn Machine, bytes: u64) -> Result<Self, Failure> {
        let channel = Some(claim(machine)?);
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        Ok(Self { channel, scratch: Scratch::new(machine.buffer(bytes).map_err(told)?) })
    }

    /// Its channel, or another one if that was lent and is not to be had, or withdrawn.
    fn take_channel(&mut self, session: &mut Session<'_>) -> Result<Channel<'static>, Failure> {
        let channel = self.channel.take();
        match channel.as_ref().map(|channel| (channel.id(), channel.info().withdrawn)) {
            None => claim(session.machine()),
            Some((id, Some(reason))) => {
                let new = claim(session.machine())?;
                session.log("demo", format_args!("{id} {reason}; goes on with {}", new.id()));
                Ok(new)
            }
            Some((_, None)) => channel.ok_or_else(stopped),
        }
    }
}

impl fmt::Display for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.channel {
            Some(channel) => write!(f, "{}", channel.id())?,
            None => f.write_str("no channel")?,
        }
        write!(f, " and scratch memory {}", self.scratch.span())
    }
}

fn claim(machine: &dyn Machine) -> Result<Channel<'static>, Failure> {
    engine(machine)?.engine.request(Need::Full, OWNER).map_err(told)
}

/// The engine, or why there is none.
pub(super) fn engine(machine: &dyn Machine) -> Result<Dma<'static>, Failure> {
    machine.dma().map_err(|why| Failure::told(format_args!("no DMA engine: {why}")))
}

/// Does something with what the demo holds. Compiled once for all commands.
#[inline(never)]
pub(super) fn with(
    session: &mut Session<'_>,
    work: &mut dyn FnMut(&mut Session<'_>, &Channel<'_>, &mut Scratch) -> Answer,
) -> Answer {
    let Some(mut demo) = session.demo().take() else {
        engine(session.machine())?;
        return Err(stopped());
    };
    let answer = demo.take_channel(session).and_then(|channel| {
        let answer = work(session, &channel, &mut demo.scratch);
        demo.channel = Some(channel);
        answer
    });
    *session.demo() = Some(demo);
    answer
}

/// Gives the demo's channel back for as long as a command runs that asks the engine for channels itself.
pub(super) fn lending<T>(session: &mut Session<'_>, work: impl FnOnce(&mut Session<'_>) -> T) -> T {
    if let Some(demo) = session.demo() {
        demo.channel = None;
    }
    let outcome = work(session);
    take_back(session);
    outcome
}

#[inline(never)]
fn take_back(session: &mut Session<'_>) {
    let machine = session.machine();
    if let Some(demo) = session.demo() {
        demo.channel = claim(machine).ok();
    }
}

/// What is answered to whatever needs the demo while it is stopped.
pub(super) fn stopped() -> Failure {
    Failure::new("the demo is stopped: /demo start claims channel and scratch memory")
}

/// Starts the demo at boot. Of a machine without an engine the boot has told already.
pub(crate) fn begin(session: &mut Session<'_>) {
    if session.machine().dma().is_err() {
        return;
    }
    if let Err(failure) = start(session, SCRATCH_BYTES) {
        session.log("demo", format_args!("not started: {failure}"));
    }
}

#[inline(never)]
pub(super) fn demo(session: &mut Session<'_>, values: &Values) -> Answer {
    let before = Levels::now(session.machine());
    let bytes = values.number("scratch").unwrap_or(SCRATCH_BYTES);
    let answer = match values.word("what") {
        Some("start") => {
            if let Some(demo) = session.demo() {
                let text = format!("it is started, with {demo}: /demo stop ends it");
                return Err(Failure::new(text));
            }
            start(session, bytes)?;
            "started"
        }
        Some("stop") => {
            let demo = session.demo().take().ok_or_else(stopped)?;
            session.log("demo", format_args!("gives back {demo}"));
            drop(demo);
            "stopped; /demo start claims channel and memory again"
        }
        _ => {
            let answer = job::send(session, SAMPLE)?;
            before.show(session);
            return Ok(answer);
        }
    };
    before.show(session);
    Ok(answer.into())
}

fn start(session: &mut Session<'_>, bytes: u64) -> Result<(), Failure> {
    let demo = Demo::new(session.machine(), bytes)?;
    session.log("demo", format_args!("claimed {demo}"));
    *session.demo() = Some(demo);
    Ok(())
}

/// How much of everything is in use.
struct Levels([(&'static str, u64); 4]);

impl Levels {
    fn now(machine: &dyn Machine) -> Self {
        let number = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        let (heap, pool) = (machine.heap().used, machine.coherent_pool().used);
        let (mut taken, mut live) = (0, 0);
        if let Ok(Dma { engine, ledger, .. }) = machine.dma() {
            let channels = (0..ChannelId::COUNT).filter_map(ChannelId::new);
            taken = channels.filter(|channel| engine.info(*channel).owner.is_some()).count();
            live = ledger.live();
        }
        Self([
            ("bytes of the heap", number(heap)),
            ("bytes of the coherent pool", number(pool)),
            ("channels claimed", number(taken)),
            ("segments mapped", number(live)),
        ])
    }

    /// Shows these beside those of now.
    fn show(&self, session: &mut Session<'_>) {
        let now = Self::now(session.machine());
        let mut table = Table::new(&[
            ("in use", Align::Left),
            ("before", Align::Right),
            ("after", Align::Right),
        ]);
        for ((name, before), (_, after)) in self.0.iter().zip(now.0) {
            table.row(&[name, before, &after]);
        }
        let lines = table.lines(session.paint());
        session.lines(lines);
    }
}
