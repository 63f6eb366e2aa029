//! What `/loopback` and `/blink` share: they need a device that paces them, so the emulated engine is refused.

use alloc::format;

use sgdma::constraints::{DeviceFifo, Dreq, EngineKind, Width};

use super::demo;
use super::prepare::told;
use crate::console::{Failure, Session};
use crate::machine::{Dma, Machine, Opened, PacedDevice};

/// The engine, if it is one that a device can pace.
pub(super) fn engine<'a>(session: &Session<'a>) -> Result<Dma<'a>, Failure> {
    let dma = demo::engine(session.machine())?;
    match dma.engine.kind() {
        EngineKind::Hardware => Ok(dma),
        EngineKind::Emulated => Err(Failure::new(
            "not on an emulated engine: `make sim` plays it, docs/first-board.md wires it",
        )),
    }
}

/// A register that the engine writes or reads, paced by this DREQ.
pub(super) fn device(address: u32, dreq: u8) -> Result<DeviceFifo, Failure> {
    let dreq = Dreq::new(dreq).ok_or_else(|| Failure::new(format!("no DREQ {dreq}")))?;
    DeviceFifo::new(sgdma::address::BusAddr::new(address), dreq, Width::Bits32).map_err(told)
}

/// A device for as long as this lives: however a command ends, pins and clocks are given back.
pub(super) struct Guard<'m> {
    machine: &'m dyn Machine,
    device: PacedDevice,
    /// What was opened.
    pub(super) opened: Opened,
}

impl<'m> Guard<'m> {
    /// Takes the device.
    pub(super) fn open(machine: &'m dyn Machine, device: PacedDevice) -> Result<Self, Failure> {
        let opened = machine.open(device).map_err(Failure::new)?;
        Ok(Self { machine, device, opened })
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.machine.close(self.device, self.opened);
    }
}
