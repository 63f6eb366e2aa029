//! Last words: a panic or an exception is reported on the console, whatever state it is in. Any key reboots.

use core::arch::asm;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::arch::exception::{Context, Vector, calls};
use crate::arch::interrupt;
use crate::board::{memory_map, uart, watchdog};
use crate::log::Stamp;

/// Set once the last words have begun. A plain store and load: this may run before the MMU is on.
static REPORTING: AtomicBool = AtomicBool::new(false);

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let sp: u64;
    // SAFETY: reads the stack pointer.
    unsafe { asm!("mov {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    last_words(|out| {
        writeln!(out, "{} panic: {}", Stamp::now(), info.message())?;
        if let Some(location) = info.location() {
            writeln!(out, "  at {}:{}", location.file(), location.line())?;
        }
        print_calls(out, sp)
    })
}

/// The exception vectors end here, on the exception stack.
#[unsafe(no_mangle)]
extern "C" fn exception_report(vector: Vector, context: &Context) -> ! {
    last_words(|out| {
        writeln!(out, "{} exception: {vector}: {}", Stamp::now(), context.esr)?;
        writeln!(
            out,
            "  ESR {:#018x}  ELR {:#018x}  FAR {:#018x}  SPSR {:#010x}",
            context.esr.0, context.elr, context.far, context.spsr
        )?;
        if let Some(what) = explain(context) {
            writeln!(out, "  FAR lies in {what}, which is unmapped on purpose")?;
        }
        print_registers(out, context)?;
        print_calls(out, context.sp)
    })
}

/// Which of the regions that are unmapped on purpose the faulting address lies in.
fn explain(context: &Context) -> Option<&'static str> {
    let address = usize::try_from(context.far).ok()?;
    if !context.esr.is_abort() || !context.esr.fault().is_translation() {
        return None;
    }
    memory_map::guards()
        .into_iter()
        .find_map(|(name, range)| range.contains(&address).then_some(name))
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

/// The calls on the code's stack from `sp` up.
fn print_calls(out: &mut dyn Write, sp: u64) -> fmt::Result {
    let stack = memory_map::stack();
    let sp = usize::try_from(sp).unwrap_or(stack.end);
    write!(out, "  called from (some may be stale):")?;
    for call in calls(sp.clamp(stack.start, stack.end)..stack.end, memory_map::text()) {
        write!(out, " {call:#x}")?;
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
