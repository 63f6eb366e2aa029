//! `/demo`: what the main job holds from line to line. Starting and stopping it is what loading and unloading a driver's
//! module is: channel and memory are claimed, and given back.

use alloc::boxed::Box;
use alloc::format;
use core::fmt;
use core::ops::Range;

use sgdma::engine::Need;
use sgdma::register::ChannelId;

use super::job;
use super::prepare::told;
use crate::args::{Span, Values};
use crate::console::{Answer, Failure, Session};
use crate::machine::{Buffer, Channel, Dma, Machine};
use crate::render::{Align, Table};

/// Whose the channel is, for `/channels`.
pub(super) const OWNER: &str = "demo";
/// Bytes of scratch memory, unless more are asked for.
const SCRATCH_BYTES: u64 = 64 * 1024;
/// What `/demo` sends by itself.
const SAMPLE: &[u8] = b"Scattered over the heap, gathered by the engine.";

/// A channel, and memory that a person may use by its address.
pub(crate) struct Demo {
    /// The channel that everything typed runs on.
    pub(super) channel: Channel<'static>,
    /// The scratch memory.
    pub(super) scratch: Box<dyn Buffer>,
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Demo({:?}, scratch {})", self.channel, self.span())
    }
}

impl Demo {
    fn new(machine: &dyn Machine, bytes: u64) -> Result<Self, Failure> {
        let scratch = usize::try_from(bytes).unwrap_or(usize::MAX);
        let channel = claim(machine)?;
        Ok(Self { channel, scratch: machine.buffer(scratch).map_err(told)? })
    }

    /// Where the scratch memory is.
    pub(super) fn span(&self) -> Span {
        let number = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        Span { start: number(self.scratch.as_ptr().addr()), len: number(self.scratch.len()) }
    }

    /// Which bytes of the scratch memory a stretch is; `None` where it leaves it.
    pub(super) fn range(&self, address: u64, len: u64) -> Option<Range<usize>> {
        let span = self.span();
        let from = address.checked_sub(span.start)?;
        let to = from.checked_add(len).filter(|to| *to <= span.len)?;
        Some(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
    }

    /// Bytes of the scratch memory; `None` where the stretch leaves it.
    pub(super) fn bytes(&self, address: u64, len: usize) -> Option<&[u8]> {
        self.scratch.get(self.range(address, u64::try_from(len).ok()?)?)
    }

    /// A word of the scratch memory.
    pub(super) fn word_mut(&mut self, address: u64) -> Option<&mut [u8]> {
        let place = self.range(address, 4)?;
        self.scratch.get_mut(place)
    }

    /// Another channel, if this one was withdrawn.
    fn renew(&mut self, session: &mut Session<'_>) -> Result<(), Failure> {
        if let Some(reason) = self.channel.info().withdrawn {
            let old = self.channel.id();
            self.channel = claim(session.machine())?;
            let new = self.channel.id();
            session.log("demo", format_args!("{old} {reason}; goes on with {new}"));
        }
        Ok(())
    }
}

fn claim(machine: &dyn Machine) -> Result<Channel<'static>, Failure> {
    engine(machine)?.engine.request(Need::Full, OWNER).map_err(told)
}

/// The engine, or why there is none.
pub(super) fn engine(machine: &dyn Machine) -> Result<Dma<'static>, Failure> {
    machine.dma().map_err(|why| Failure::told(format_args!("no DMA engine: {why}")))
}

/// Lends what the demo holds to a command.
pub(super) fn with<T>(
    session: &mut Session<'_>,
    work: impl FnOnce(&mut Session<'_>, &mut Demo) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Some(mut demo) = session.demo().take() else {
        engine(session.machine())?;
        return Err(stopped());
    };
    let outcome = demo.renew(session).and_then(|()| work(session, &mut demo));
    *session.demo() = Some(demo);
    outcome
}

/// What is answered to whatever needs the demo while it is stopped.
pub(super) fn stopped() -> Failure {
    Failure::new("the demo is stopped: /demo start claims its channel and scratch memory")
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
                let (id, span) = (demo.channel.id(), demo.span());
                let text = format!("it is started, with {id} and scratch memory {span}");
                return Err(Failure::new(text + ": /demo stop ends it"));
            }
            start(session, bytes)?;
            "started"
        }
        Some("stop") => {
            let demo = session.demo().take().ok_or_else(stopped)?;
            let (id, span) = (demo.channel.id(), demo.span());
            drop(demo);
            session.log("demo", format_args!("gave back {id} and scratch memory {span}"));
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
    let (id, span) = (demo.channel.id(), demo.span());
    session.log("demo", format_args!("claimed {id} and scratch memory {span}"));
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
