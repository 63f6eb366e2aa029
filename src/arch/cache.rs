//! The data cache. One primitive cleans, `DC CIVAC`: on the A53 a clean alone can race an eviction (erratum 855873).

use core::arch::{asm, naked_asm};

use super::mmu::PAGE;

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

/// The same, made for a loop over spans most of which are a page that begins on a line: what is around the lines of such a
/// one is three instructions.
#[inline(always)]
pub(crate) fn clean_invalidate_page_or(start: usize, len: usize) {
    // SAFETY: as in `clean_invalidate_some`, which touches no stack and none but these registers: no byte that the CPU
    // sees changes. What is over 0 in `x2` is the length's difference to a page, or the address's place in its line.
    unsafe {
        asm!(
            "eor x2, x1, #{page}",
            "orr x2, x2, x0, lsl #{above_line}",
            "cbz x2, 2f",
            "cbz x1, 3f",
            "bl {some}",
            "b 3f",
            "2:",
            ".rept {lines}",
            "dc civac, x0",
            "add x0, x0, #{line}",
            ".endr",
            "3:",
            some = sym clean_invalidate_some,
            page = const PAGE,
            above_line = const usize::BITS - LINE.ilog2(),
            lines = const PAGE / LINE,
            line = const LINE,
            inout("x0") start => _,
            inout("x1") len => _,
            out("x2") _,
            out("x3") _,
            out("x30") _,
            options(nostack),
        );
    }
}

/// The same for a length that is not 0.
///
/// `DC` takes no offset, so two instructions a line is the least. Whole turns of the loop, from the start of a line, go
/// straight through; what is over after whole turns comes first and enters the loop in the middle.
///
/// Sound with any span of mapped memory: cleaning and invalidating changes no byte that the CPU sees. Each line named holds
/// a byte of the span: as many as its end is away are counted, less whole turns. The jump lands on one of the `UNROLL`
/// pairs of 8 bytes each, since what is over is below `UNROLL`, and not 0. Naked, since not even a frame is needed.
#[unsafe(naked)]
extern "C" fn clean_invalidate_some(start: usize, len: usize) {
    naked_asm!(
        "orr x2, x1, x0, lsl #{turn_shift}",
        "add x1, x0, x1",
        "tst x2, #{turn} - 1",
        "b.eq 2f",
        "add x2, x1, #{line} - 1",
        "lsr x2, x2, #{line_shift}",
        "sub x2, x2, x0, lsr #{line_shift}",
        "ands x2, x2, #{unroll} - 1",
        "b.eq 2f",
        "adr x3, 3f",
        "sub x3, x3, x2, lsl #3",
        "br x3",
        "2:",
        ".rept {unroll}",
        "dc civac, x0",
        "add x0, x0, #{line}",
        ".endr",
        "3:",
        "cmp x0, x1",
        "b.lo 2b",
        "ret",
        line = const LINE,
        line_shift = const LINE.ilog2(),
        unroll = const UNROLL,
        turn = const LINE * UNROLL,
        turn_shift = const UNROLL.ilog2(),
    );
}
