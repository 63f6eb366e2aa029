//! Masking and waiting.

use core::arch::asm;

/// The state of the interrupt mask before [`mask`].
#[derive(Clone, Copy, Debug)]
#[must_use = "the mask stays until it is restored"]
pub(crate) struct Masked(u64);

impl Masked {
    /// The raw `DAIF`, for `critical-section`.
    #[inline]
    pub(crate) fn raw(self) -> u64 {
        self.0
    }

    /// From a raw `DAIF`.
    #[inline]
    pub(crate) fn from_raw(daif: u64) -> Self {
        Self(daif)
    }
}

/// Masks IRQ; what is before it in the program stays before it.
#[inline]
pub(crate) fn mask() -> Masked {
    let daif: u64;
    // SAFETY: changes only the interrupt mask; not `nomem`, so no access of a critical section moves out of it.
    unsafe {
        asm!("mrs {}, daif", "msr daifset, #2", out(reg) daif, options(nostack, preserves_flags));
    };
    Masked(daif)
}

/// The mask is again what it was.
#[inline]
pub(crate) fn restore(masked: Masked) {
    // SAFETY: changes only the interrupt mask, to a value read from it.
    unsafe { asm!("msr daif, {}", in(reg) masked.0, options(nostack, preserves_flags)) };
}

/// Lets IRQ and `SError` in.
pub(crate) fn unmask_all() {
    // SAFETY: the vectors are set and every handler they lead to is ready.
    unsafe { asm!("msr daifclr, #6", options(nostack, preserves_flags)) };
}

/// Masks IRQ where the state before does not matter.
#[inline]
pub(crate) fn mask_again() {
    // SAFETY: as for `mask`.
    unsafe { asm!("msr daifset, #2", options(nostack, preserves_flags)) };
}

/// Sleeps until an interrupt is asserted, masked or not.
#[inline]
pub(crate) fn wait() {
    // SAFETY: a hint; not `nomem`, since a handler may have run when it ends.
    unsafe { asm!("wfi", options(nostack, preserves_flags)) };
}

/// Stops this core for good.
pub(crate) fn halt() -> ! {
    let _ = mask();
    loop {
        aarch64_cpu::asm::wfe();
    }
}
