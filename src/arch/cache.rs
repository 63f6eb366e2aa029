//! The data cache. One primitive cleans, `DC CIVAC`: on the A53 a clean alone can race an eviction (erratum 855873).

use core::arch::asm;

/// How many lines one turn of the loop takes: those of a page.
const UNROLL: usize = 64;

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
    while count > UNROLL {
        line = clean_invalidate_lines(line, UNROLL);
        count -= UNROLL;
    }
    clean_invalidate_lines(line, count);
}

/// At most [`UNROLL`] lines from `line` on; returns the next. `DC` takes no offset, so two instructions a line is the
/// least: there is no loop, what is not wanted of the unrolled ones is jumped over.
#[inline(always)]
fn clean_invalidate_lines(line: usize, count: usize) -> usize {
    let next: usize;
    // SAFETY: cleaning and invalidating changes no byte that the CPU sees; the spans come from `CpuSpan`s of mapped
    // memory, and the caller counted that the lines hold bytes of one. The jump lands on one of the `UNROLL` pairs of
    // 8 bytes each, or behind the last, since `count` is at most `UNROLL`.
    unsafe {
        asm!(
            "adr {to}, 2f",
            "sub {to}, {to}, {count}, lsl #3",
            "br {to}",
            ".rept {unroll}",
            "dc civac, {line}",
            "add {line}, {line}, #{size}",
            ".endr",
            "2:",
            line = inout(reg) line => next,
            count = in(reg) count,
            to = out(reg) _,
            unroll = const UNROLL,
            size = const LINE,
            options(nostack, preserves_flags)
        );
    }
    next
}
