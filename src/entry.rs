//! `boot/start.S` with its numbers: the architecture's, the board's, and where Rust begins.

use core::arch::global_asm;

use bcm2837::pl011;

use crate::arch::boot;
use crate::board::{gpio, memory_map, watchdog};

global_asm!(
    include_str!("../boot/start.S"),
    AFFINITY_0 = const boot::AFFINITY_0,
    CURRENT_EL_2 = const boot::CURRENT_EL_2,
    SCR_EL3 = const boot::SCR_EL3,
    ACTLR_EL3 = const boot::ACTLR_EL3,
    COUNTER_FREQUENCY = const memory_map::COUNTER_FREQUENCY,
    CPUECTLR_SMPEN = const boot::CPUECTLR_SMPEN,
    SPSR_EL2H = const boot::SPSR_EL2H,
    MIDR_MASK = const boot::MIDR_MASK,
    MIDR_A53 = const boot::MIDR_A53,
    CPUACTLR_ENDCCASCI = const boot::CPUACTLR_ENDCCASCI,
    HCR_EL2 = const boot::HCR_EL2,
    CNTHCTL_EL2 = const boot::CNTHCTL_EL2,
    CPTR_EL2 = const boot::CPTR_EL2,
    SCTLR_EL1 = const boot::SCTLR_EL1,
    SPSR_EL1T = const boot::SPSR_EL1T,
    SPIN_TABLE = const memory_map::SPIN_TABLE,
    UART = const memory_map::UART,
    GPIO = const gpio::BASE,
    PINS_14_15 = const gpio::PINS_14_15,
    PINS_14_15_ALT0 = const gpio::PINS_14_15_ALT0,
    IBRD = const pl011::DEFAULT.integer,
    FBRD = const pl011::DEFAULT.fraction,
    KERNEL_MAIN = sym crate::kernel::kernel_main,
);

global_asm!(include_str!("../boot/memory.S"));

global_asm!(
    include_str!("../boot/last_resort.S"),
    UART = const memory_map::UART,
    POWER = const watchdog::BASE,
    WATCHDOG_SOON = const bcm2837::power::watchdog_soon(),
    FULL_RESET = const bcm2837::power::full_reset(0),
);
