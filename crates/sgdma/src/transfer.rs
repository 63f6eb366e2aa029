//! A transfer: two mapped sides, a verified chain, and in the end an outcome.
//!
//! [`Frame::copy`](crate::frame::Frame::copy) and its siblings prepare; a [`Channel`](crate::channel::Channel) runs
//! what is prepared:
//!
//! | | who has the transfer meanwhile | for |
//! | --- | --- | --- |
//! | [`run`](crate::channel::Channel::run) | the caller, borrowed until the engine is at rest | one after the other |
//! | [`submit`](crate::channel::Channel::submit) | the [`InFlight`], of owned or `'static` memory | queues, `.await` |
//! | [`scope`](crate::engine::Engine::scope) | the `InFlight`, of borrowed memory; the scope ends when the engine is at rest | several at once |
//!
//! No promise here rests on a destructor: what may be forgotten owns its memory, what is borrowed cannot be left.

use core::marker::PhantomData;

use crate::constraints::{ChannelKind, EngineKind};
use crate::control_block::ControlBlock;
use crate::engine::{Callback, Order};
use crate::frame::{Frame, HoldsFrame};
use crate::lower::{Counts, Edge};

mod fill;
mod in_flight;
mod paced;
mod payload;
mod prepare;
mod progress;
mod side;
mod stamped;

pub use self::in_flight::{Failed, InFlight};
pub use self::payload::{FaultPlace, Live, Payload, WrongChannel};
pub use self::prepare::{LentCopy, PrepareError, Unprepared};
pub use self::side::{Destination, Pattern, Repeatable, Source, Within, WordPattern};

/// A transfer that is ready to run, again and again: it owns its frame and both its sides, or borrows all three
/// ([`Frame::copy_lent`](crate::frame::Frame::copy_lent)).
#[derive(Debug)]
pub struct Prepared<'m, S, D, F = Frame<'m>> {
    frame: F,
    pool: PhantomData<&'m ()>,
    source: S,
    destination: D,
    counts: Counts,
    kind: ChannelKind,
    engine: EngineKind,
    order: Order,
    /// Bytes at the start of the slots that hold no edges.
    reserved: u32,
    /// How many stamps of the system timer are written there.
    stamps: u32,
}

impl<'m, S, D, F: HoldsFrame<'m>> Prepared<'m, S, D, F> {
    /// The finished control blocks.
    pub fn blocks(&self) -> &[ControlBlock] {
        self.frame.frame().staging.get(..self.counts.blocks).unwrap_or_default()
    }

    /// The bytes that go through a slot.
    pub fn edges(&self) -> &[Edge] {
        self.frame.frame().edges.get(..self.counts.edges).unwrap_or_default()
    }

    /// The bus address of the first control block.
    pub fn chain(&self) -> crate::address::BusAddr {
        self.order.chain
    }

    /// What it takes: blocks, edges, bytes.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The kind of channel it was prepared for.
    pub fn kind(&self) -> ChannelKind {
        self.kind
    }

    /// The source.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// The destination.
    pub fn destination(&self) -> &D {
        &self.destination
    }

    /// The same with a function that is called from the interrupt handler when it ends.
    #[must_use]
    pub fn with_callback(self, callback: Callback) -> Self {
        Self { order: self.order.with_callback(callback), ..self }
    }

    /// The frame and both sides again.
    pub fn into_parts(self) -> (F, S, D) {
        (self.frame, self.source, self.destination)
    }
}

impl<S: Repeatable, D: Repeatable, F> Prepared<'_, S, D, F> {
    /// The same, started again from its first block up to `retries` times after a bus error. Not to or from a device: what it
    /// has taken or given it would take twice, or never give again.
    #[must_use]
    pub fn with_retries(self, retries: u8) -> Self {
        Self { order: self.order.with_retries(retries), ..self }
    }
}
