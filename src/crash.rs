//! Breaking down on purpose, to see the last words: `/crash`.

use core::arch::asm;
use core::fmt;
use core::hint::black_box;
use core::sync::atomic::AtomicU32;

use shell::machine::Crash;

use crate::arch::interrupt;
use crate::board::{memory_map, system_timer, uart, watchdog};

/// How long the interrupt that panics may take to come, in microseconds.
const PATIENCE: u32 = 100_000;

/// Breaks down in this way. Why it did not, where it returns.
#[inline(never)]
pub(crate) fn crash(kind: Crash) -> &'static str {
    uart::flush();
    match kind {
        Crash::Null => read_null(),
        Crash::Text => write_text(),
        Crash::Exec => run_data(),
        Crash::Stack => {
            black_box(call_without_end(0));
            "the stack has no end"
        }
        Crash::Irq => panic_in_interrupt(),
        Crash::Align => read_across(),
        Crash::Panic => fail(format_args!("asked for by /crash panic")),
        Crash::Double => fail(format_args!("{Faulty}")),
        Crash::Hang => hang(),
    }
}

#[expect(clippy::panic, reason = "it is what was asked for")]
fn fail(text: fmt::Arguments<'_>) -> ! {
    panic!("{text}")
}

fn read_null() -> &'static str {
    // SAFETY: reads what is not mapped; the exception does not return.
    unsafe { asm!("ldr {0:w}, [{0}]", inout(reg) 0_u64 => _, options(nostack)) };
    "page 0 is mapped"
}

fn write_text() -> &'static str {
    // SAFETY: the first instruction of the entry, which has been run; the exception does not return.
    unsafe { asm!("str wzr, [{}]", in(reg) memory_map::text().start, options(nostack)) };
    "code can be written"
}

/// The instruction `ret`, in data: where data can be run, this returns.
static DATA: AtomicU32 = AtomicU32::new(0xD65F_03C0);

fn run_data() -> &'static str {
    // SAFETY: a call of a function that does nothing, or an exception, which does not return.
    unsafe { asm!("blr {}", in(reg) &raw const DATA, clobber_abi("C")) };
    "data can be run"
}

#[inline(never)]
fn call_without_end(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    if depth == u64::MAX {
        return 0;
    }
    call_without_end(black_box(depth + 1)).wrapping_add(frame.iter().sum())
}

fn panic_in_interrupt() -> &'static str {
    uart::panic_at_next_interrupt();
    let _ = system_timer::wait_until(PATIENCE, || false);
    "the interrupt did not come"
}

/// A word of the system timer, half of it and half of the next.
fn read_across() -> &'static str {
    let address = system_timer::COUNTER + 2;
    // SAFETY: reads of this device have no effect; the exception does not return.
    unsafe { asm!("ldr {0:w}, [{0}]", inout(reg) address => _, options(nostack)) };
    "the access was let through; a board and QEMU 10 refuse it, QEMU 7 does not"
}

/// What faults when it is printed.
struct Faulty;

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(read_null())
    }
}

fn hang() -> &'static str {
    if !watchdog::is_on() {
        return "only the watchdog would end it, and it is off: a board has /watchdog on";
    }
    interrupt::halt()
}
