//! The generic timer: the counter all deadlines are in, and the alarm that ends a sleep.

use aarch64_cpu::registers::{
    CNTFRQ_EL0, CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTPCT_EL0, Readable, Writeable,
};

use super::barrier;

/// The counter. The barrier keeps it from being read early.
#[inline]
pub(crate) fn now() -> u64 {
    barrier::instruction();
    CNTPCT_EL0.get()
}

/// Its rate in Hz: 19.2 MHz on the board, 62.5 MHz under QEMU. Not 0.
#[inline]
pub(crate) fn frequency() -> u64 {
    CNTFRQ_EL0.get().max(1)
}

/// Asserts the timer's interrupt once the counter reaches `deadline`.
#[inline]
pub(crate) fn arm(deadline: u64) {
    CNTP_CVAL_EL0.set(deadline);
    CNTP_CTL_EL0.write(CNTP_CTL_EL0::ENABLE::SET);
    barrier::instruction();
}

/// No alarm.
#[inline]
pub(crate) fn disarm() {
    CNTP_CTL_EL0.set(0);
    barrier::instruction();
}
