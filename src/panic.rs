//! Last words: a panic or an exception is reported on the console, whatever state it is in. Any key reboots.
//!
//! A fault while this runs ends in `boot/last_resort.S`.

use core::arch::asm;
use core::fmt::{self, Write};
use core::panic::PanicInfo;

use crate::arch::backtrace::Calls;
use crate::arch::exception::{Context, Report, Vector, begin_report};
use crate::arch::{boot, interrupt};
use crate::board::{memory_map, uart, watchdog};
use crate::log::Stamp;

unsafe extern "C" {
    /// `boot/last_resort.S`.
    safe fn last_resort() -> !;
}

/// How many calls are shown: a line of more tells nothing.
const CALLS: usize = 24;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let x29: u64;
    // SAFETY: reads the frame pointer.
    unsafe { asm!("mov {}, x29", out(reg) x29, options(nomem, nostack, preserves_flags)) };
    last_words(|out| {
        writeln!(out, "{} panic: {}", Stamp::now(), info.message())?;
        if let Some(location) = info.location() {
            writeln!(out, "  at {}:{}", location.file(), location.line())?;
        }
        if let Some(interrupted) = boot::interrupted_at() {
            writeln!(out, "  in an interrupt, taken at {interrupted:#010x}")?;
        }
        print_calls(out, None, x29)
    })
}

/// The exception vectors end here, on the exception stack.
#[unsafe(no_mangle)]
extern "C" fn exception_report(vector: Vector, context: &Context) -> ! {
    last_words(|out| {
        print_what(out, vector, context)?;
        writeln!(out, "  ESR {:#010x}: {}", context.esr.0, context.esr)?;
        writeln!(
            out,
            "  ELR {:#018x}  FAR {:#018x}  SPSR {:#010x}",
            context.elr, context.far, context.spsr
        )?;
        print_registers(out, context)?;
        let [.., x29, x30] = context.x;
        // After a jump into nowhere it is the call that tells who jumped.
        let text = memory_map::text();
        let inside = usize::try_from(context.elr).is_ok_and(|pc| text.contains(&pc));
        let first = if inside { context.elr } else { x30.wrapping_sub(4) };
        print_calls(out, Some(first), x29)
    })
}

/// The first line, and what the address says.
fn print_what(out: &mut dyn Write, vector: Vector, context: &Context) -> fmt::Result {
    let esr = context.esr;
    let what = if vector.is_synchronous() { esr.class_name() } else { vector.name() };
    write!(out, "{} exception: {what} in {}", Stamp::now(), vector.from())?;
    if esr.is_abort() && esr.has_address() {
        write!(out, ", {} {:#x}", esr.access(), context.far)?;
    }
    match explain(context) {
        Some((name, Some(why))) => writeln!(out, "\n  {why}: FAR lies in {name}"),
        Some((name, None)) => writeln!(out, "\n  FAR lies in {name}"),
        None => writeln!(out),
    }
}

/// The region that the faulting address lies in, and what it means where that is one left unmapped on purpose.
fn explain(context: &Context) -> Option<(&'static str, Option<&'static str>)> {
    let address = usize::try_from(context.far).ok()?;
    if !context.esr.is_abort() || !context.esr.has_address() {
        return None;
    }
    let guard = memory_map::guards().into_iter().find(|(_, range)| range.contains(&address));
    if let Some((name, range)) = guard {
        return Some((
            name,
            Some(if range.start == 0 { "null pointer" } else { "stack overflow" }),
        ));
    }
    let region = memory_map::regions().find(|region| region.range.contains(&address))?;
    Some((region.name, None))
}

fn print_registers(out: &mut dyn Write, context: &Context) -> fmt::Result {
    for (number, value) in context.x.iter().enumerate() {
        write!(out, "  x{number:<2} {value:#018x}")?;
        if number % 3 == 2 {
            writeln!(out)?;
        }
    }
    writeln!(out, "  sp  {:#018x}", context.sp)
}

/// Where it happened and the calls that led there.
fn print_calls(out: &mut dyn Write, place: Option<u64>, x29: u64) -> fmt::Result {
    let stacks = [memory_map::exception_stack(), memory_map::stack()];
    let mut calls = Calls::new(x29, stacks, memory_map::text());
    write!(out, "  backtrace:")?;
    if let Some(place) = place {
        write!(out, " {place:#010x}")?;
    }
    for (number, call) in calls.by_ref().take(CALLS).enumerate() {
        // The first of them stands beside the place, if there is one.
        if (number + usize::from(place.is_some())).is_multiple_of(6) && number != 0 {
            write!(out, "\n            ")?;
        }
        write!(out, " {call:#010x}")?;
    }
    match calls.count() {
        0 => writeln!(out),
        more => writeln!(out, " and {more} more"),
    }
}

fn last_words(report: impl FnOnce(&mut dyn Write) -> fmt::Result) -> ! {
    let _ = interrupt::mask();
    if begin_report() == Report::Again {
        last_resort();
    }
    // SAFETY: interrupts are masked and this never returns: nothing else runs any more.
    let mut out = unsafe { uart::Emergency::take() };
    out.turn_on();
    // The console cannot fail: it waits until there is room.
    let _ = writeln!(out).and_then(|()| report(&mut out));
    let _ = writeln!(out, "stopped; `make addr2line` reads this; press a key to reboot");
    out.read();
    watchdog::reboot()
}
