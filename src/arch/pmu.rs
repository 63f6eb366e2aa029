//! The performance monitor: how many instructions have run.

use core::arch::asm;

use super::barrier;

/// The event "instruction architecturally executed". Arm ARM, D11.
const INSTRUCTIONS_RETIRED: u64 = 0x08;

/// Counts retired instructions in event counter 0, from now on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InstructionCounter(());

impl InstructionCounter {
    /// Starts the counter; `None` where the core cannot count instructions. QEMU can with `-icount` only.
    pub(crate) fn start() -> Option<Self> {
        let events: u64;
        // SAFETY: reads an identification register.
        unsafe { asm!("mrs {}, pmceid0_el0", out(reg) events, options(nostack, preserves_flags)) };
        if events >> INSTRUCTIONS_RETIRED & 1 == 0 {
            return None;
        }
        // SAFETY: nothing else uses the performance monitor; the counter changes no memory.
        unsafe {
            asm!(
                "msr pmevtyper0_el0, {event}",
                "msr pmcntenset_el0, {one}",
                "mrs {all}, pmcr_el0",
                "orr {all}, {all}, #1",
                "msr pmcr_el0, {all}",
                "isb",
                event = in(reg) INSTRUCTIONS_RETIRED,
                one = in(reg) 1_u64,
                all = out(reg) _,
                options(nostack, preserves_flags)
            );
        }
        Some(Self(()))
    }

    /// The counter, modulo 2³².
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the counter has 32 bits")]
    #[expect(clippy::unused_self, reason = "whoever has one has started the counter")]
    pub(crate) fn now(self) -> u32 {
        let count: u64;
        barrier::instruction();
        // SAFETY: reads a counter. Not `nomem`: what is measured stays between two of these.
        unsafe { asm!("mrs {}, pmevcntr0_el0", out(reg) count, options(nostack, preserves_flags)) };
        count as u32
    }
}
