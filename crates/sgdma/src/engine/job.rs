//! What the engine remembers of a submitted transfer: no buffers, only numbers and whom to wake.

use core::task::Waker;

use super::Fault;
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

/// What a channel is to run.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub(crate) chain: BusAddr,
    pub(crate) shape: Shape,
    /// How often it is started again after a bus error.
    pub(crate) retries: u8,
    pub(crate) callback: Option<Callback>,
    /// When it is stopped if it has not ended.
    pub(crate) deadline: Instant,
    /// Which scope must see it end; 0 for none.
    pub(crate) scope: u32,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            chain: BusAddr::new(0),
            shape: Shape::Line,
            retries: 0,
            callback: None,
            deadline: Instant::NEVER,
            scope: 0,
        }
    }
}

/// A slot of a channel's memory.
#[derive(Debug, Default)]
pub(super) struct Job {
    pub(super) cookie: Cookie,
    pub(super) order: Order,
    pub(super) status: Status,
    pub(super) waker: Option<Waker>,
    /// Interrupts taken while it ran; of a ring, periods (merged ones count once).
    pub(super) interrupts: u32,
}

/// A queue of job slots: those issued first, then those submitted only.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Queue {
    slots: [u8; QUEUE_DEPTH],
    head: u8,
    len: u8,
    issued: u8,
}

impl Queue {
    const MASK: u8 = 7;

    pub(super) fn push(&mut self, slot: u8) {
        let at = self.head.wrapping_add(self.len) & Self::MASK;
        if let Some(place) = self.slots.get_mut(usize::from(at)) {
            *place = slot;
            self.len += 1;
        }
    }

    /// Everything submitted may run now.
    pub(super) fn issue(&mut self) {
        self.issued = self.len;
    }

    /// The first one that may run.
    pub(super) fn pop_issued(&mut self) -> Option<u8> {
        if self.issued == 0 {
            return None;
        }
        let slot = self.slots.get(usize::from(self.head)).copied()?;
        self.head = self.head.wrapping_add(1) & Self::MASK;
        self.len -= 1;
        self.issued -= 1;
        Some(slot)
    }

    /// Takes one out of the middle.
    pub(super) fn remove(&mut self, slot: u8) {
        let before = *self;
        *self = Self { head: 0, ..Self::default() };
        for place in 0..before.len {
            let at = usize::from(before.head.wrapping_add(place) & Self::MASK);
            match before.slots.get(at) {
                Some(&kept) if kept != slot => {
                    self.push(kept);
                    self.issued += u8::from(place < before.issued);
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
    fn only_what_is_issued_comes_out_and_in_order() {
        let mut queue = Queue::default();
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
        let mut queue = Queue::default();
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
        let mut queue = Queue::default();
        for turn in 0..100_u8 {
            queue.push(turn % 8);
            queue.issue();
            assert_eq!(queue.pop_issued(), Some(turn % 8));
        }
    }
}
