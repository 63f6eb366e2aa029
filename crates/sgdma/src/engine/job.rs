//! What the engine remembers of a submitted transfer: no buffers, only numbers and whom to wake.

use core::cell::Cell;
use core::task::Waker;

use super::{Fault, FaultKind};
use crate::address::BusAddr;
use crate::platform::Instant;

/// How many transfers a channel can hold, from submission until their outcome is collected.
pub const QUEUE_DEPTH: usize = 8;

/// Names one submitted transfer of a channel, for as long as the machine runs (`dma_cookie_t`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cookie(u32);

impl Cookie {
    pub(super) const fn first() -> Self {
        Self(1)
    }

    #[cfg(test)]
    pub(super) const fn last() -> Self {
        Self(u32::MAX)
    }

    /// The next one; 0 is never used, so that it can stand for "none".
    pub(super) const fn next(self) -> Self {
        let next = self.0.wrapping_add(1);
        Self(if next == 0 { 1 } else { next })
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl core::fmt::Display for Cookie {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Where a transfer stands (`enum dma_status`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// No such transfer, or its outcome was collected.
    #[default]
    Unknown,
    /// Submitted; waits for `issue_pending` or for its turn.
    Queued,
    /// On the engine.
    Running,
    /// On the engine, which is paused.
    Paused,
    /// Done.
    Complete,
    /// Failed.
    Failed(Fault),
}

impl Status {
    /// Whether nothing will change any more.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Complete | Self::Failed(_))
    }

    /// Whether there is something to wait for. (There is not where another owner needed the slot meanwhile.)
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Paused)
    }
}

/// Called from the interrupt handler when a transfer ends, or a ring's period.
///
/// It runs with interrupts masked: no waiting, no allocation.
#[derive(Clone, Copy, Debug)]
pub struct Callback {
    /// What to call.
    pub function: fn(usize, Status),
    /// What to hand it first.
    pub context: usize,
}

/// Whether a chain ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// It does.
    #[default]
    Line,
    /// Its last block leads to its first.
    Ring,
}

/// Whether its end, or its interrupt, is more than a line in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is not: no callback, no waker, no ring.
    Quiet,
    /// It may be.
    Told,
}

/// What a channel is to run.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub(crate) chain: BusAddr,
    pub(crate) shape: Shape,
    /// How often it is started again after a bus error.
    pub(crate) retries: u8,
    callback: Option<Callback>,
    end: End,
}

impl Order {
    /// Runs a chain that has an end, once.
    pub(crate) const fn new(chain: BusAddr) -> Self {
        Self { chain, shape: Shape::Line, retries: 0, callback: None, end: End::Quiet }
    }

    /// The same of another shape.
    pub(crate) fn with_shape(self, shape: Shape) -> Self {
        let end = if shape == Shape::Ring { End::Told } else { self.end };
        Self { shape, end, ..self }
    }

    /// The same with so many starts more, after bus errors.
    pub(crate) fn with_retries(self, retries: u8) -> Self {
        Self { retries, ..self }
    }

    /// The same with somebody to call.
    pub(crate) fn with_callback(self, callback: Callback) -> Self {
        Self { callback: Some(callback), end: End::Told, ..self }
    }

    /// Whom to call.
    pub(crate) fn callback(&self) -> Option<Callback> {
        self.callback
    }
}

/// Until when, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// When it is stopped if it has not ended.
    pub(crate) deadline: Instant,
    /// Which scope must see it end; 0 for none.
    pub(crate) scope: u32,
}

impl Terms {
    /// No end, no scope.
    pub(crate) const NONE: Self = Self { deadline: Instant::NEVER, scope: 0 };
}

/// A slot of a channel's memory. Cells, since everything here is shared by code and interrupt handler, one at a time.
pub(super) struct Job {
    pub(super) cookie: Cell<Cookie>,
    pub(super) order: Cell<Order>,
    pub(super) terms: Cell<Terms>,
    pub(super) phase: Cell<Phase>,
    /// Why it failed, if it did.
    pub(super) fault: Cell<Fault>,
    pub(super) waker: Cell<Option<Waker>>,
    pub(super) end: Cell<End>,
    /// Interrupts taken while it ran; of a ring, periods (merged ones count once).
    pub(super) interrupts: Cell<u32>,
}

/// Where a job stands, in a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is nobody's, or its outcome was collected.
    Free,
    Queued,
    Running,
    Complete,
    Failed,
}

impl Job {
    pub(super) const fn empty() -> Self {
        Self {
            cookie: Cell::new(Cookie(0)),
            order: Cell::new(Order::new(BusAddr::new(0))),
            terms: Cell::new(Terms::NONE),
            phase: Cell::new(Phase::Free),
            fault: Cell::new(Fault::off_engine(FaultKind::Withdrawn)),
            waker: Cell::new(None),
            end: Cell::new(End::Quiet),
            interrupts: Cell::new(0),
        }
    }

    /// Takes an order. Whoever waited for the one before has been told: that was when it ended.
    #[inline]
    pub(super) fn take(&self, cookie: Cookie, order: &Order, terms: Terms, phase: Phase) {
        self.cookie.set(cookie);
        self.order.set(*order);
        self.terms.set(terms);
        self.phase.set(phase);
        self.interrupts.set(0);
        self.end.set(order.end);
    }

    /// Whether its outcome waits to be collected.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.phase.get(), Phase::Complete | Phase::Failed)
    }

    /// Where it stands, with the reason if it failed.
    pub(super) fn status(&self) -> Status {
        match self.phase.get() {
            Phase::Free => Status::Unknown,
            Phase::Queued => Status::Queued,
            Phase::Running => Status::Running,
            Phase::Complete => Status::Complete,
            Phase::Failed => Status::Failed(self.fault.get()),
        }
    }
}

/// A queue of job slots: those issued first, then those submitted only.
#[derive(Debug)]
pub(super) struct Queue {
    slots: [Cell<u8>; QUEUE_DEPTH],
    head: Cell<u8>,
    len: Cell<u8>,
    issued: Cell<u8>,
}

impl Queue {
    const MASK: u8 = 7;

    pub(super) const fn new() -> Self {
        Self {
            slots: [const { Cell::new(0) }; QUEUE_DEPTH],
            head: Cell::new(0),
            len: Cell::new(0),
            issued: Cell::new(0),
        }
    }

    pub(super) fn push(&self, slot: u8) {
        let at = self.head.get().wrapping_add(self.len.get()) & Self::MASK;
        if let Some(place) = self.slots.get(usize::from(at)) {
            place.set(slot);
            self.len.set(self.len.get() + 1);
        }
    }

    /// Everything submitted may run now.
    #[inline]
    pub(super) fn issue(&self) {
        self.issued.set(self.len.get());
    }

    /// The first one that may run.
    #[inline]
    pub(super) fn pop_issued(&self) -> Option<u8> {
        let issued = self.issued.get().checked_sub(1)?;
        let slot = self.slots.get(usize::from(self.head.get()))?.get();
        self.head.set(self.head.get().wrapping_add(1) & Self::MASK);
        self.len.set(self.len.get() - 1);
        self.issued.set(issued);
        Some(slot)
    }

    /// Takes one out of the middle.
    pub(super) fn remove(&self, slot: u8) {
        let (before, len) = (self.slots.clone(), self.len.replace(0));
        let (head, issued) = (self.head.replace(0), self.issued.replace(0));
        for place in 0..len {
            let at = usize::from(head.wrapping_add(place) & Self::MASK);
            match before.get(at).map(Cell::get) {
                Some(kept) if kept != slot => {
                    self.push(kept);
                    self.issued.set(self.issued.get() + u8::from(place < issued));
                }
                _ => {}
            }
        }
    }
}

const _: () = assert!(QUEUE_DEPTH == Queue::MASK as usize + 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_line_is_told_to_nobody_and_each_lap_of_a_ring_is() {
        let order = Order::new(BusAddr::new(32));
        let line = order.with_shape(Shape::Line);
        assert_eq!((line.shape, line.end), (Shape::Line, End::Quiet));
        let ring = order.with_shape(Shape::Ring);
        assert_eq!((ring.shape, ring.end), (Shape::Ring, End::Told));
    }

    #[test]
    fn only_what_is_issued_comes_out_and_in_order() {
        let queue = Queue::new();
        queue.push(3);
        assert_eq!(queue.pop_issued(), None);
        queue.issue();
        queue.push(5);
        assert_eq!(queue.pop_issued(), Some(3));
        assert_eq!(queue.pop_issued(), None);
        queue.issue();
        assert_eq!(queue.pop_issued(), Some(5));
    }

    #[test]
    fn one_can_leave_from_the_middle() {
        let queue = Queue::new();
        for slot in [7, 1, 2] {
            queue.push(slot);
        }
        queue.issue();
        queue.push(4);
        queue.remove(1);
        queue.remove(9);
        assert_eq!(
            [queue.pop_issued(), queue.pop_issued(), queue.pop_issued()],
            [Some(7), Some(2), None]
        );
        queue.issue();
        assert_eq!(queue.pop_issued(), Some(4));
    }

    #[test]
    fn it_goes_round() {
        let queue = Queue::new();
        for turn in 0..100_u8 {
            queue.push(turn % 8);
            queue.issue();
            assert_eq!(queue.pop_issued(), Some(turn % 8));
        }
    }
}
