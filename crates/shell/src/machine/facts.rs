//! What a machine tells about itself.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What the machine is. All of it holds from boot to halt.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The board, as people call it.
    pub board: String,
    /// Its revision code (mailbox tag 0x00010002).
    pub revision: u32,
    /// Memory of the ARM in bytes.
    pub arm_memory: u64,
    /// Memory of the VideoCore in bytes.
    pub gpu_memory: u64,
    /// The exception level the kernel runs at.
    pub exception_level: u8,
    /// Clocks, in the order to be shown.
    pub clocks: Vec<Clock>,
    /// The DMA engine.
    pub engine: EngineFacts,
    /// Why the machine started last.
    pub reset_reason: &'static str,
    /// Version of what runs.
    pub version: &'static str,
}

/// A clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Its name.
    pub name: &'static str,
    /// Its rate in Hz.
    pub hertz: u64,
}

/// A clock now, in Hz, as the firmware of the board tells it. What it does not tell is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockState {
    /// Its name.
    pub name: &'static str,
    /// What it is set to.
    pub set: Option<u32>,
    /// What it was measured to be.
    pub measured: Option<u32>,
    /// The lowest it can be set to.
    pub least: Option<u32>,
    /// The highest.
    pub most: Option<u32>,
}

/// The clocks now, and what holds them down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// ARM, core and the console's reference.
    pub clocks: [ClockState; 3],
    /// Temperature of the chip, in thousandths of a degree Celsius.
    pub temperature: Option<u32>,
    /// Temperature above which the clocks are lowered, likewise.
    pub limit: Option<u32>,
    /// Why they were or are lowered, in words.
    pub throttling: Option<String>,
    /// What the console's rate is, in bits per second.
    pub baud: u32,
}

/// A clock that can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settable {
    /// The ARM cores.
    Arm,
    /// The VideoCore, the buses and the DMA engine.
    Core,
}

/// The DMA engine as it was found.
#[derive(Clone, Debug)]
pub struct EngineFacts {
    /// Hardware or emulated.
    pub kind: EngineKind,
    /// The smallest length it can move, in bytes.
    pub granule: u32,
    /// The channels the firmware leaves to the ARM: bit n for channel n.
    pub channel_mask: u32,
    /// Where the mask comes from.
    pub mask_source: &'static str,
    /// The channels that are used.
    pub channels: Vec<u8>,
}

/// What kind of engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The BCM2837's.
    Hardware,
    /// QEMU's.
    Emulated,
    /// The model of the simulator.
    Model,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hardware => "hardware",
            Self::Emulated => "emulated",
            Self::Model => "model",
        })
    }
}

/// How much of a store is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in use.
    pub used: usize,
    /// All bytes.
    pub total: usize,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.used, self.total)
    }
}

/// What the line to the console has counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes received.
    pub received: u64,
    /// Bytes lost because nobody fetched them in time (the UART's overrun bit, and full buffers).
    pub overruns: u64,
    /// DMA interrupts.
    pub dma_interrupts: u64,
}
