//! The architecture's numbers that `boot/start.S` needs. `src/entry.rs` puts them in, with the board's.

use aarch64_cpu::registers::{CurrentEL, ELR_EL1, Readable, SPSel};

/// `SCR_EL3` as the boot stub sets it: EL2 is `AArch64` (10), HVC on (8), SMC off (7), RES1 (5:4), non-secure (0).
pub(crate) const SCR_EL3: u64 = 1 << 10 | 1 << 8 | 1 << 7 | 0b11 << 4 | 1;
/// `ACTLR_EL3` as the boot stub sets it: EL2 may write `CPUACTLR`, `CPUECTLR`, `L2CTLR`, `L2ECTLR`, `L2ACTLR`.
pub(crate) const ACTLR_EL3: u64 = 0b111_0011;
/// `HCR_EL2`: EL1 is `AArch64` (31), nothing is trapped.
pub(crate) const HCR_EL2: u64 = 1 << 31;
/// `CNTHCTL_EL2`: EL1 may read the counter (0) and use the timer (1).
pub(crate) const CNTHCTL_EL2: u64 = 0b11;
/// `CPTR_EL2`: the RES1 bits, nothing is trapped.
pub(crate) const CPTR_EL2: u64 = 0x33FF;
/// `SCTLR_EL1`: the RES1 bits; MMU and caches off, little endian.
pub(crate) const SCTLR_EL1: u64 = 0x30D0_0800;
/// `SPSR`: D, A, I, F masked; EL2 on its own stack.
pub(crate) const SPSR_EL2H: u64 = 0b1111 << 6 | 0b1001;
/// `SPSR`: D, A, I, F masked; EL1 on `SP_EL0`.
pub(crate) const SPSR_EL1T: u64 = 0b1111 << 6 | 0b0100;

/// `MPIDR_EL1`: which core of the cluster.
pub(crate) const AFFINITY_0: u64 = 0xFF;
/// What `CurrentEL` reads at EL2.
pub(crate) const CURRENT_EL_2: u64 = 2 << 2;
/// `CPUECTLR_EL1`: this core takes part in coherency.
pub(crate) const CPUECTLR_SMPEN: u64 = 1 << 6;
/// `CPUACTLR_EL1`: cleans also invalidate (erratum 855873).
pub(crate) const CPUACTLR_ENDCCASCI: u64 = 1 << 44;
/// `MIDR_EL1`: implementer, architecture and part number; not variant and revision.
pub(crate) const MIDR_MASK: u64 = 0xFF0F_FFF0;
/// `MIDR_EL1` of a Cortex-A53 under that mask.
pub(crate) const MIDR_A53: u64 = 0x410F_D030;

/// The exception level this runs at.
pub(crate) fn exception_level() -> u64 {
    CurrentEL.read(CurrentEL::EL)
}

/// Where the interrupt came that this is called from; `None` outside of one.
pub(crate) fn interrupted_at() -> Option<u64> {
    // Code runs on SP_EL0, whatever was taken on SP_EL1.
    if SPSel.is_set(SPSel::SP) { Some(ELR_EL1.get()) } else { None }
}
