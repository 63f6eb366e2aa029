//! Last words: a panic or an exception is reported on the console, whatever state it is in. Any key reboots.

use core::arch::asm;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::arch::exception::{Context, Vector, backtrace};
use crate::arch::interrupt;
use crate::board::{memory_map, uart, watchdog};
use crate::log::Stamp;

/// Set once the last words have begun. A plain store and load: this may run before the MMU is on.
static REPORTING: AtomicBool = AtomicBool::new(false);

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let fp: u64;
    // SAFETY: reads the frame pointer.
    unsafe { asm!("mov {}, x29", out(reg) fp, options(nomem, nostack, preserves_flags)) };
    last_words(|out| {
        writeln!(out, "{} panic: {}", Stamp::now(), info.message())?;
        if let Some(location) = info.location() {
            writeln!(out, "  at {}:{}", location.file(), location.line())?;
        }
        print_backtrace(out, fp)
    })
}

/// The exception vectors end here, on the exception stack.
#[unsafe(no_mangle)]
fn exception_report(vector: Vector, context: &Context) -> ! {
    last_words(|out| {
        writeln!(out, "{} exception: {vector}: {}", Stamp::now(), context.esr)?;
        writeln!(
            out,
            "  ESR {:#018x}  ELR {:#018x}  FAR {:#018x}  SPSR {:#010x}",
            context.esr.0, context.elr, context.far, context.spsr
        )?;
        if let Some(what) = explain(context) {
            writeln!(out, "  {what}")?;
        }
        print_registers(out, context)?;
        let [.., fp, _] = context.x;
        print_backtrace(out, fp)
    })
}

/// What the faulting address tells.
fn explain(context: &Context) -> Option<&'static str> {
    let address = usize::try_from(context.far).ok()?;
    if !context.esr.is_abort() || !context.esr.fault().is_translation() {
        return None;
    }
    let null = 0..crate::arch::mmu::PAGE;
    [
        (null, "page 0 is not mapped: a null pointer"),
        (
            memory_map::guard(&memory_map::stack()),
            "the guard page below the stack: a stack overflow",
        ),
        (
            memory_map::guard(&memory_map::exception_stack()),
            "the guard page below the exception stack: its overflow",
        ),
    ]
    .into_iter()
    .find_map(|(range, what)| range.contains(&address).then_some(what))
}

fn print_registers(out: &mut dyn Write, context: &Context) -> fmt::Result {
    for (number, value) in context.x.iter().enumerate() {
        write!(out, "  x{number:<2} {value:#018x}")?;
        if number % 4 == 3 {
            writeln!(out)?;
        }
    }
    writeln!(out, "  sp  {:#018x}", context.sp)
}

fn print_backtrace(out: &mut dyn Write, fp: u64) -> fmt::Result {
    write!(out, "  called from")?;
    for link in backtrace(fp, memory_map::stack()) {
        // The call is the instruction before the one it returns to.
        write!(out, " {:#x}", link.wrapping_sub(4))?;
    }
    writeln!(out)
}

fn last_words(report: impl FnOnce(&mut dyn Write) -> fmt::Result) -> ! {
    let _ = interrupt::mask();
    if REPORTING.load(Ordering::Relaxed) {
        // The report itself failed: there is nobody left to tell.
        interrupt::halt();
    }
    REPORTING.store(true, Ordering::Relaxed);
    // SAFETY: interrupts are masked and this never returns: nothing else runs any more.
    let mut out = unsafe { uart::Emergency::take() };
    // The console cannot fail: it waits until there is room.
    let _ = writeln!(out).and_then(|()| report(&mut out));
    let _ = writeln!(out, "stopped; press a key to reboot");
    out.read();
    watchdog::reboot()
}
