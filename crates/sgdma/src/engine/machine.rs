//! What an engine shows of its machine: all but the registers.
//!
//! Whoever has a reference to the platform can make a second [`Engine`] of the same channels, and each would take for its own
//! what ends on them (the contract of [`Registers`](crate::platform::Registers)). So nobody gets one here.

use super::Engine;
use crate::constraints::EngineKind;
use crate::map::{Device, Mapper};
use crate::platform::{Clock, Idle, Instant, Platform, Woken};
use crate::register::ChannelId;

impl<P: ?Sized> Engine<P> {
    /// The machine, for this crate.
    #[inline]
    pub(crate) fn platform(&self) -> &P {
        &self.platform
    }
}

impl<P: Mapper + ?Sized> Engine<P> {
    /// Whom memory is mapped for that this engine is to move: its own machine.
    pub const fn device(&self) -> Device<'_, P> {
        Device::new(&self.platform)
    }
}

impl<P: Clock + ?Sized> Engine<P> {
    /// The machine's time, and nothing else of it.
    pub const fn clock(&self) -> &(impl Clock + ?Sized) {
        &self.platform
    }
}

impl<P: Idle + ?Sized> Engine<P> {
    /// Sleeps until `ready` holds or `deadline` passes, as [`Idle::sleep_until`] says.
    pub fn sleep_until(&self, deadline: Instant, ready: &mut dyn FnMut() -> bool) -> Woken {
        self.platform.sleep_until(deadline, ready)
    }
}

impl<P: Platform + ?Sized> Engine<P> {
    pub(crate) fn switch_off(&self, channel: ChannelId) {
        if self.kind == EngineKind::Emulated {
            self.with(channel, |_, hardware| hardware.disable());
        }
    }
}
