//! The data cache. One primitive cleans, `DC CIVAC`: on the A53 a clean alone can race an eviction (erratum 855873).

use core::arch::asm;

/// What the data cache of the A53 owns at once, in bytes. The boot compares it with `CTR_EL0`.
pub(crate) const LINE: usize = 64;

/// The line `CTR_EL0` reports, in bytes.
pub(crate) fn reported_line() -> usize {
    let ctr: u64;
    // SAFETY: reads an identification register.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(nostack, preserves_flags)) };
    4 << (ctr >> 16 & 0xF)
}

/// How many lines one turn of the loop takes: those of a page.
const UNROLL: usize = 64;

/// Writes back and forgets each line that holds a byte of `start..start + len`. No barrier.
#[inline(always)]
pub(crate) fn clean_invalidate(start: usize, len: usize) {
    if len != 0 {
        clean_invalidate_some(start, len);
    }
}

/// The same for a length that is not 0.
///
/// `DC` takes no offset, so two instructions a line is the least. Whole turns of the loop, from the start of a line, go
/// straight through; what is over after whole turns comes first and enters the loop in the middle.
#[inline(never)]
fn clean_invalidate_some(start: usize, len: usize) {
    // SAFETY: cleaning and invalidating changes no byte that the CPU sees; the spans come from `CpuSpan`s of mapped
    // memory, and each line named holds a byte of one: as many as `end` is away are counted, less whole turns. The jump
    // lands on one of the `UNROLL` pairs of 8 bytes each, since what is over is below `UNROLL`, and not 0.
    unsafe {
        asm!(
            "orr {over}, {len}, {at}, lsl #{turn_shift}",
            "add {end}, {at}, {len}",
            "tst {over}, #{turn} - 1",
            "b.eq 2f",
            "add {over}, {end}, #{line} - 1",
            "lsr {over}, {over}, #{line_shift}",
            "sub {over}, {over}, {at}, lsr #{line_shift}",
            "ands {over}, {over}, #{unroll} - 1",
            "b.eq 2f",
            "adr {to}, 3f",
            "sub {to}, {to}, {over}, lsl #3",
            "br {to}",
            "2:",
            ".rept {unroll}",
            "dc civac, {at}",
            "add {at}, {at}, #{line}",
            ".endr",
            "3:",
            "cmp {at}, {end}",
            "b.lo 2b",
            at = inout(reg) start => _,
            len = in(reg) len,
            end = out(reg) _,
            over = out(reg) _,
            to = out(reg) _,
            line = const LINE,
            line_shift = const LINE.ilog2(),
            unroll = const UNROLL,
            turn = const LINE * UNROLL,
            turn_shift = const UNROLL.ilog2(),
            options(nostack)
        );
    }
}
