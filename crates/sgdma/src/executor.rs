//! Runs futures on the one core there is, asleep while nothing happens.
//!
//! The waker only sets a flag; the sleep looks at the flag with interrupts masked, so that no wake-up is lost. For many
//! at once join them: `futures_util::future::join_all` does.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::Future;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};

use crate::engine::Engine;
use crate::platform::Platform;

/// Set by the interrupt handler, cleared by the loop: plain loads and stores.
#[derive(Debug, Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// Runs a future to its end, and keeps the deadlines of the engine's transfers meanwhile.
///
/// ```no_run
/// # use sgdma::{engine::Engine, platform::Platform};
/// # fn example<P: Platform>(engine: &Engine<P>, transfer: impl Future<Output = u32>) {
/// let outcome = sgdma::executor::block_on(engine, transfer);
/// # }
/// ```
pub fn block_on<P: Platform + ?Sized, F: Future>(engine: &Engine<P>, future: F) -> F::Output {
    let mut future = pin!(future);
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&flag));
    let mut context = Context::from_waker(&waker);
    loop {
        flag.0.store(false, Ordering::Release);
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        let deadline = engine.next_deadline();
        engine.platform().sleep_until(deadline, &mut || flag.0.load(Ordering::Acquire));
        engine.expire();
    }
}
