//! The data cache. One primitive cleans, `DC CIVAC`: on the A53 a clean alone can race an eviction (erratum 855873).

use core::arch::asm;

/// How many lines one turn of the loop takes.
const UNROLL: usize = 16;

/// What the data cache of the A53 owns at once, in bytes. The boot compares it with `CTR_EL0`.
pub(crate) const LINE: usize = 64;

/// The line `CTR_EL0` reports, in bytes.
pub(crate) fn reported_line() -> usize {
    let ctr: u64;
    // SAFETY: reads an identification register.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(nostack, preserves_flags)) };
    4 << (ctr >> 16 & 0xF)
}

/// Writes back and forgets each line that holds a byte of `start..start + len`. No barrier.
#[inline]
pub(crate) fn clean_invalidate(start: usize, len: usize) {
    if len == 0 {
        return;
    }
    let mut line = start & !(LINE - 1);
    let mut count = (start - line + len).div_ceil(LINE);
    while count >= UNROLL {
        line = clean_invalidate_sixteen(line);
        count -= UNROLL;
    }
    while count > 0 {
        // SAFETY: cleaning and invalidating changes no byte that the CPU sees, mapped or not it cannot corrupt; the
        // spans come from `CpuSpan`s of mapped memory.
        unsafe { asm!("dc civac, {}", in(reg) line, options(nostack, preserves_flags)) };
        line = line.wrapping_add(LINE);
        count -= 1;
    }
}

/// Sixteen lines from `line` on; returns the next. `DC` takes no offset: two instructions a line is the least.
#[inline]
fn clean_invalidate_sixteen(line: usize) -> usize {
    let next: usize;
    // SAFETY: as in `clean_invalidate`; the caller counted that the sixteen lines hold bytes of its span.
    unsafe {
        asm!(
            ".rept {unroll}",
            "dc civac, {line}",
            "add {line}, {line}, #{size}",
            ".endr",
            line = inout(reg) line => next,
            unroll = const UNROLL,
            size = const LINE,
            options(nostack, preserves_flags)
        );
    }
    next
}
