//! A channel that somebody has: what transfers are submitted to.
//!
//! ```text
//! engine.request(…) → Channel ── submit(prepared) → InFlight ── wait / poll / .await → Done
//!                        │ issue_pending            │ residue, cookie
//!                        └ pause, resume, terminate_all, synchronize
//! ```

use core::fmt;

use crate::constraints::{ChannelKind, Constraints};
use crate::engine::{ChannelInfo, Cookie, Engine, Need, PauseError, Policy, RequestError, Status};
use crate::platform::Platform;
use crate::register::ChannelId;

/// A channel of the engine, for as long as this value lives. There is never a second one of the same number.
///
/// Dropping it terminates what is on it and gives it back. Forgetting it keeps it taken for ever.
pub struct Channel<'e, P: Platform> {
    engine: &'e Engine<P>,
    id: ChannelId,
}

impl<P: Platform> fmt::Debug for Channel<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({})", self.id)
    }
}

impl<P: Platform> Engine<P> {
    /// Takes a channel that does for the need, with the default priorities (`dma_request_chan`).
    ///
    /// `owner` is shown by whoever lists the channels.
    ///
    /// # Errors
    /// [`RequestError`]: none is free, or the one asked for is not to be had.
    pub fn request(&self, need: Need, owner: &'static str) -> Result<Channel<'_, P>, RequestError> {
        self.request_with(need, owner, Policy::default())
    }

    /// The same with other priorities.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub fn request_with(
        &self,
        need: Need,
        owner: &'static str,
        policy: Policy,
    ) -> Result<Channel<'_, P>, RequestError> {
        let id = self.claim(need, owner, policy)?;
        Ok(Channel { engine: self, id })
    }
}

impl<'e, P: Platform> Channel<'e, P> {
    /// Its number.
    pub fn id(&self) -> ChannelId {
        self.id
    }

    /// What it can do.
    pub fn kind(&self) -> ChannelKind {
        ChannelKind::of(self.id)
    }

    /// The engine it belongs to.
    pub fn engine(&self) -> &'e Engine<P> {
        self.engine
    }

    /// What a copy on it must respect, on this machine's engine.
    pub fn constraints(&self) -> Constraints {
        Constraints::memory(self.kind()).on(self.engine.kind())
    }

    /// What a transfer to or from a device on it must respect, on this machine's engine.
    pub fn device_constraints(&self) -> Constraints {
        Constraints::device(self.kind()).on(self.engine.kind())
    }

    /// Lets everything submitted run, one after the other (`dma_async_issue_pending`).
    #[inline]
    pub fn issue_pending(&self) {
        self.engine.issue(self.id);
    }

    /// Where a transfer stands (`dmaengine_tx_status`); [`Status::Unknown`] once its outcome is collected.
    pub fn status(&self, cookie: Cookie) -> Status {
        self.engine.status_of(self.id, cookie)
    }

    /// Halts the engine in the middle of what it does (`dmaengine_pause`); nothing is lost.
    ///
    /// # Errors
    /// [`PauseError`] where it does not come to a halt in time, as when it waits for a device.
    pub fn pause(&self) -> Result<(), PauseError> {
        self.engine.pause(self.id)
    }

    /// Goes on where [`pause`](Self::pause) halted (`dmaengine_resume`).
    pub fn resume(&self) {
        self.engine.resume(self.id);
    }

    /// Ends everything submitted, running or not (`dmaengine_terminate_async`); each transfer's outcome says
    /// [`FaultKind::Terminated`](crate::engine::FaultKind::Terminated), or complete where it was just done.
    pub fn terminate_all(&self) {
        self.engine.terminate_all(self.id);
    }

    /// Returns when no callback of this channel runs any more (`dmaengine_synchronize`).
    ///
    /// Callbacks run in the interrupt handler on the one core there is: when ordinary code gets here, none runs.
    pub fn synchronize(&self) {
        critical_section::with(|_| ());
    }

    /// Who has it and what happened on it.
    pub fn info(&self) -> ChannelInfo {
        self.engine.info(self.id)
    }
}

impl<P: Platform> Drop for Channel<'_, P> {
    fn drop(&mut self) {
        self.engine.release(self.id);
    }
}
