//! Barriers. Ordering assembly is never `nomem`: the compiler must keep its order too.

use aarch64_cpu::asm::barrier;

/// Every access and cache operation before it is done before anything after it begins.
#[inline]
pub(crate) fn data_synchronization() {
    barrier::dsb(barrier::SY);
}

/// Accesses before it are seen before accesses after it. Wanted between two peripherals (BCM2835 ARM Peripherals, p. 7).
#[inline]
pub(crate) fn data_memory() {
    barrier::dmb(barrier::SY);
}

/// What was written to system registers before it holds for the instructions after it.
#[inline]
pub(crate) fn instruction() {
    barrier::isb(barrier::SY);
}
