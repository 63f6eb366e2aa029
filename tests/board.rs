//! What a board can meet and QEMU can be made to show: breakdowns, dirty memory, other boards, a wrong load address,
//! four cores; and the least program of all.

mod cores;
mod crash;
mod dtb;
mod errata;
mod memory;
mod minimal;
