//! The Raspberry Pi 3: its peripherals, and where everything is.

pub(crate) mod dma;
pub(crate) mod dma_pool;
pub(crate) mod firmware;
pub(crate) mod gpio;
pub(crate) mod interrupt;
pub(crate) mod mailbox;
pub(crate) mod memory_map;
pub(crate) mod peripherals;
pub(crate) mod system_timer;
pub(crate) mod uart;
pub(crate) mod watchdog;
