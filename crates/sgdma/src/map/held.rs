//! What a mapping holds, whoever's turn it is.

use core::fmt;

use crate::buffer::{EntryList, Mode};
use crate::platform::Access;

use super::cache::{self, Ownership};
use super::{Device, Mapper, Way};

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Engine,
    Cpu,
}

/// The entries and whom they are mapped for. Dropped in the engine's turn, it hands the memory back to the CPU first,
/// so that who gets it next reads what the engine wrote; forgotten, it does not, and nothing but the content of bytes
/// depends on that.
pub(super) struct Held<'buf, 'p, A: Mode, P: Mapper> {
    pub(super) list: EntryList<'buf, A>,
    pub(super) device: Device<'p, P>,
    pub(super) segments: usize,
    pub(super) way: Way,
    pub(super) turn: Turn,
}

impl<'buf, 'p, A: Mode, P: Mapper> Held<'buf, 'p, A, P> {
    pub(super) fn new(
        list: EntryList<'buf, A>,
        device: Device<'p, P>,
        way: Way,
        segments: usize,
    ) -> Self {
        Self { list, device, segments, way, turn: Turn::Cpu }
    }

    pub(super) fn ownership(&self) -> Ownership {
        Ownership::of(self.list.memory(), self.device.platform.cache_line())
    }

    pub(super) fn give_to_engine(&mut self) {
        cache::hand_over(&self.list, self.device.platform);
        self.turn = Turn::Engine;
    }

    pub(super) fn give_to_cpu(&mut self) {
        if self.turn == Turn::Engine && self.way.access() == Access::Write {
            cache::take_back(&self.list, self.device.platform, self.ownership());
        }
        self.turn = Turn::Cpu;
    }

    /// Ends the mapping.
    pub(super) fn release(mut self) -> EntryList<'buf, A> {
        self.give_to_cpu();
        core::mem::replace(&mut self.list, EntryList::fixed(&mut []))
    }
}

impl<A: Mode, P: Mapper> Drop for Held<'_, '_, A, P> {
    fn drop(&mut self) {
        self.give_to_cpu();
    }
}

impl<A: Mode, P: Mapper> fmt::Debug for Held<'_, '_, A, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.way)?;
        f.debug_list().entries(self.list.segments()).finish()
    }
}
