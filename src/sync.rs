//! Shared state: masked while it is held, so that a handler never finds it taken.

use critical_section::RawRestoreState;
use spin::Mutex;

use crate::arch::interrupt::{self, Masked};

/// A value that code and interrupt handlers share.
///
/// The lock inside uses exclusive instructions, which do not work on the chip before the MMU is on: not to be used
/// until then.
#[derive(Debug)]
pub(crate) struct IrqCell<T>(Mutex<T>);

impl<T> IrqCell<T> {
    /// Holds `value`.
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Runs `f` on the value with interrupts masked.
    ///
    /// Not to be called again from inside `f`: one core would wait for itself.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let masked = interrupt::mask();
        let result = f(&mut self.0.lock());
        interrupt::restore(masked);
        result
    }
}

/// `critical-section` by the interrupt mask alone: one core runs, and this works before the MMU is on.
struct ByMask;

critical_section::set_impl!(ByMask);

// SAFETY: the only core that runs masks its interrupts, so nothing runs in between; the mask is a compiler barrier,
// since its assembly is not `nomem`.
unsafe impl critical_section::Impl for ByMask {
    #[inline]
    unsafe fn acquire() -> RawRestoreState {
        interrupt::mask().raw()
    }

    #[inline]
    unsafe fn release(state: RawRestoreState) {
        interrupt::restore(Masked::from_raw(state));
    }
}
