//! What the vectors save, and what the numbers mean.

use core::arch::{asm, global_asm};
use core::fmt;

/// All registers at the moment of an exception, as `boot/vectors.S` stores them.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Context {
    /// x0 to x30; x29 is the frame pointer, x30 the link register.
    pub(crate) x: [u64; 31],
    /// The stack of the code (`SP_EL0`).
    pub(crate) sp: u64,
    /// Where it happened.
    pub(crate) elr: u64,
    /// Processor state there.
    pub(crate) spsr: u64,
    /// Why.
    pub(crate) esr: Syndrome,
    /// The address that faulted, where the syndrome says there is one.
    pub(crate) far: u64,
}

/// The exception stack has two to this many bytes. The linker script checks it.
const EXCEPTION_STACK_SHIFT: u32 = 14;

global_asm!(
    include_str!("../../boot/vectors.S"),
    CONTEXT_SIZE = const size_of::<Context>(),
    EXCEPTION_STACK_SHIFT = const EXCEPTION_STACK_SHIFT,
    EXCEPTION_ENTRY = sym exception_entry,
);

// The stores of vectors.S are written for this layout.
const _: () = assert!(size_of::<Context>() == 288 && core::mem::offset_of!(Context, esr) == 272);

/// From which state an exception came and what it is: the row of the vector table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Vector(u8);

impl Vector {
    /// Whether it is the kind that [`Syndrome`] describes.
    pub(crate) fn is_synchronous(self) -> bool {
        self.0.is_multiple_of(4)
    }

    /// What came.
    pub(crate) fn name(self) -> &'static str {
        pick(["synchronous exception", "IRQ", "FIQ", "SError"], self.0)
    }

    /// What it interrupted.
    pub(crate) fn from(self) -> &'static str {
        pick(["EL1t", "an exception handler (EL1h)", "EL0", "EL0 (AArch32)"], self.0 >> 2)
    }
}

fn pick(words: [&'static str; 4], index: u8) -> &'static str {
    words.get(usize::from(index & 3)).copied().unwrap_or_default()
}

/// `ESR_EL1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Syndrome(pub(crate) u64);

impl Syndrome {
    /// Exception class, bits 31:26.
    pub(crate) fn class(self) -> u64 {
        self.0 >> 26 & 0x3F
    }

    /// Whether it is an instruction or data abort, so that [`fault`](Self::fault) and FAR mean something.
    pub(crate) fn is_abort(self) -> bool {
        matches!(self.class(), 0x20 | 0x21 | 0x24 | 0x25)
    }

    /// Whether FAR holds an address: for aborts unless `FnV` (bit 10) is set, and for a misaligned PC.
    pub(crate) fn has_address(self) -> bool {
        self.class() == 0x22 || self.is_abort() && self.0 >> 10 & 1 == 0
    }

    /// What the aborted access was (`WnR`, bit 6, of data aborts; `CM`, bit 8, of cache maintenance).
    pub(crate) fn access(self) -> &'static str {
        match (self.class(), self.0 >> 8 & 1, self.0 >> 6 & 1) {
            (0x20 | 0x21, ..) => "fetching",
            (_, 1, _) => "cache maintenance of",
            (_, 0, 0) => "reading",
            (..) => "writing",
        }
    }

    /// The class in words. Arm ARM, D17.2.37.
    pub(crate) fn class_name(self) -> &'static str {
        match self.class() {
            0x00 => "undefined instruction",
            0x01 => "trapped WFI or WFE",
            0x07 => "access to FP or SIMD registers",
            0x0E => "illegal execution state",
            0x11 | 0x15 => "supervisor call",
            0x18 => "trapped system register access",
            0x20 | 0x21 => "instruction abort",
            0x22 => "misaligned PC",
            0x24 | 0x25 => "data abort",
            0x26 => "misaligned SP",
            0x2F => "SError",
            0x30 | 0x31 => "breakpoint",
            0x32 | 0x33 => "single step",
            0x34 | 0x35 => "watchpoint",
            0x3C => "BRK instruction",
            _ => "exception of an unknown class",
        }
    }

    /// The fault status of an abort in words, DFSC or IFSC.
    pub(crate) fn fault(self) -> Fault {
        Fault(self.0 & 0x3F)
    }
}

impl fmt::Display for Syndrome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EC {:#04x} {}", self.class(), self.class_name())?;
        if self.is_abort() {
            write!(f, ", FSC {:#04x} {}", self.fault().0, self.fault())?;
        }
        Ok(())
    }
}

/// Whether a report has begun before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// This is the first.
    First,
    /// It was being written when this came.
    Again,
}

/// Notes that a report begins, where the vectors look: in a register, which needs no memory to be in order.
pub(crate) fn begin_report() -> Report {
    let before: u64;
    // SAFETY: nothing else uses this register; boot/start.S has cleared it.
    unsafe {
        asm!(
            "mrs {before}, tpidr_el0",
            "msr tpidr_el0, {begun}",
            before = out(reg) before,
            begun = in(reg) 1_u64,
            options(nostack, preserves_flags)
        );
    };
    if before == 0 { Report::First } else { Report::Again }
}

/// The fault status code of an abort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault(u64);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.0 & 3;
        match self.0 {
            0x00..=0x03 => write!(f, "address size fault, level {level}"),
            0x04..=0x07 => write!(f, "translation fault, level {level}"),
            0x09..=0x0B => write!(f, "access flag fault, level {level}"),
            0x0D..=0x0F => write!(f, "permission fault, level {level}"),
            0x10 => f.write_str("external abort"),
            0x14..=0x17 => write!(f, "external abort on a table walk, level {level}"),
            0x18 => f.write_str("parity error"),
            0x21 => f.write_str("alignment fault"),
            0x30 => f.write_str("TLB conflict"),
            _ => f.write_str("unknown fault"),
        }
    }
}

unsafe extern "C" {
    /// Prints the report and stops. Defined above this layer (`src/panic.rs`), which knows where to print.
    safe fn exception_report(vector: Vector, context: &Context) -> !;
}

extern "C" fn exception_entry(vector: u64, context: &Context) -> ! {
    exception_report(Vector(u8::try_from(vector).unwrap_or(u8::MAX)), context)
}
