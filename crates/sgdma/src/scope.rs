//! Transfers of borrowed memory, several at once.
//!
//! As in `std::thread::scope`: what is submitted inside may borrow from outside, because the scope does not end
//! before the engine is done with all of it. Whether the handles were waited for, dropped or forgotten does not
//! matter: the end of the scope asks the engine, not the handles. Where one was forgotten the lists went with it, so that all
//! cached memory is cleaned and invalidated, which takes a while (on the firmware 64 MiB, a million lines), and the edges of
//! its transfer stay in their slots.

use core::fmt;
use core::marker::PhantomData;
use core::mem;

use crate::channel::{Channel, NotTaken};
use crate::engine::Engine;
use crate::platform::{Instant, Platform};
use crate::rejected::Rejected;
use crate::transfer::{InFlight, Payload};

/// Where transfers of borrowed memory can be submitted; see [`Engine::scope`].
pub struct Scope<'scope, 'env: 'scope, P: Platform + ?Sized> {
    engine: &'env Engine<P>,
    id: u32,
    // Both lifetimes invariant, as in the standard library's.
    inner: PhantomData<&'scope mut &'scope ()>,
    outer: PhantomData<&'env mut &'env ()>,
}

impl<P: Platform + ?Sized> fmt::Debug for Scope<'_, '_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({})", self.id)
    }
}

/// Ends a scope on every way out of it, unwinding included.
struct End<'e, P: Platform + ?Sized> {
    engine: &'e Engine<P>,
    id: u32,
}

impl<P: Platform + ?Sized> Drop for End<'_, P> {
    fn drop(&mut self) {
        let bomb = Bomb;
        self.engine.end_scope(self.id);
        mem::forget(bomb);
    }
}

/// Held while borrowed memory is taken back from the engine. If that is left by unwinding (a callback that panics),
/// there is no way on that is sound: a panic while unwinding aborts.
pub(crate) struct Bomb;

impl Drop for Bomb {
    #[expect(clippy::panic, reason = "the memory would be freed under the engine")]
    fn drop(&mut self) {
        panic!("a panic while memory is taken back from the DMA engine");
    }
}

impl<P: Platform + ?Sized> Engine<P> {
    /// Calls `work` with a scope in which transfers of borrowed memory can be submitted; before it returns, whatever
    /// of them has not ended is taken back. Should a channel not come to rest, even after a reset, this panics after about a
    /// second (on a host it aborts): to give the memory back would be worse.
    pub fn scope<'env, R>(
        &'env self,
        work: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env, P>) -> R,
    ) -> R {
        let id = self.new_scope();
        let end = End { engine: self, id };
        let scope = Scope { engine: self, id, inner: PhantomData, outer: PhantomData };
        let result = work(&scope);
        drop(end);
        result
    }
}

impl<'scope, 'env, P: Platform + ?Sized> Scope<'scope, 'env, P> {
    /// Queues a prepared transfer on a channel of the scope's engine (`dmaengine_submit`); it runs after
    /// `issue_pending`. Its deadline is that of [`Channel::submit`].
    ///
    /// # Errors
    /// [`NotTaken`], with the transfer back.
    pub fn submit<T: Payload + 'scope>(
        &'scope self,
        channel: &Channel<'env, P>,
        transfer: T,
    ) -> Result<InFlight<'scope, P, T>, Rejected<NotTaken, T>> {
        self.launch(channel, transfer, None)
    }

    /// The same with a deadline, which [`Engine::expire`] keeps.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn submit_until<T: Payload + 'scope>(
        &'scope self,
        channel: &Channel<'env, P>,
        transfer: T,
        deadline: Instant,
    ) -> Result<InFlight<'scope, P, T>, Rejected<NotTaken, T>> {
        self.launch(channel, transfer, Some(deadline))
    }

    fn launch<T: Payload + 'scope>(
        &'scope self,
        channel: &Channel<'env, P>,
        transfer: T,
        deadline: Option<Instant>,
    ) -> Result<InFlight<'scope, P, T>, Rejected<NotTaken, T>> {
        if !core::ptr::eq(self.engine, channel.engine()) {
            // The end of this scope would not ask that engine.
            return Err(Rejected::new(NotTaken::OtherEngine, transfer));
        }
        channel.launch(transfer, deadline, self.id)
    }
}
