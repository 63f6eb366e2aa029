//! What is around the engine: the bus with memory and devices, time, chance, the police and the log.

use sgdma::platform::Access;

use crate::datasheet::{ALIAS_BITS, ARM_PERIPHERALS, BLOCK_BYTES, Kind, PERIPHERALS, RAM_ALIAS};
use crate::device::{Devices, Port};
use crate::fault::{Fault, Plan};
use crate::memory::{BUS_BASE, Memory, Place, Purpose, Window, bus};
use crate::police::{Police, Violation};
use crate::profile::Profile;
use crate::trace::{Event, Trace};

/// The bus answered a read with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BusError;

/// What answers at a bus address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Ram(usize),
    Port(Port),
    /// Writes vanish; reads give nothing of worth.
    Nothing,
}

/// What the engine reads where nothing of worth is.
const GARBAGE: u8 = 0xE1;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) profile: Profile,
    pub(crate) rng: fastrand::Rng,
    pub(crate) memory: Memory,
    pub(crate) devices: Devices,
    pub(crate) police: Police,
    pub(crate) trace: Trace,
    pub(crate) plan: Plan,
    /// Nanoseconds since the machine was switched on.
    pub(crate) now: u64,
}

impl World {
    pub(crate) fn log(&mut self, event: Event) {
        self.trace.push(self.now, event);
    }

    pub(crate) fn report(&mut self, violation: Violation) {
        if self.police.report(violation) {
            self.log(Event::Violation(violation));
        }
    }

    pub(crate) fn report_all(&mut self, found: Vec<Violation>) {
        for violation in found {
            self.report(violation);
        }
    }

    pub(crate) fn chance(&mut self, one_in: u32) -> bool {
        self.rng.u32(0..one_in.max(1)) == 0
    }

    pub(crate) fn take_fault(&mut self, due: impl Fn(&Fault) -> bool) -> Option<Fault> {
        if self.plan.is_empty() {
            return None;
        }
        let fault = self.plan.take(due)?;
        self.log(Event::Fault(format!("{fault:?}")));
        Some(fault)
    }

    /// What answers at a bus address, and the sin of asking there.
    pub(crate) fn decode(&self, channel: u8, address: u32) -> (Target, Option<Violation>) {
        if PERIPHERALS.contains(&address) {
            return match Port::at(address) {
                Some(port) => (Target::Port(port), None),
                None => (Target::Nothing, Some(Violation::OutsideWindow { channel, address })),
            };
        }
        let offset = (address & !ALIAS_BITS).checked_sub(BUS_BASE & !ALIAS_BITS);
        let offset = offset.map(|offset| offset as usize);
        let ram = offset.filter(|offset| *offset < self.memory.layout().len());
        let sin = match ram {
            Some(_) if address & ALIAS_BITS == RAM_ALIAS => None,
            Some(_) => Some(Violation::WrongAlias { channel, address }),
            None if ARM_PERIPHERALS.contains(&address) => {
                Some(Violation::ArmAddress { channel, address })
            }
            None => Some(Violation::OutsideWindow { channel, address }),
        };
        match (ram, sin, self.profile) {
            // QEMU maps the same RAM at all four aliases.
            (Some(offset), _, Profile::Qemu) | (Some(offset), None, _) => {
                (Target::Ram(offset), sin)
            }
            _ => (Target::Nothing, sin),
        }
    }

    /// The firewall of the police: closed regions and memory that no one owns.
    fn guard(&self, channel: u8, offset: usize, access: Access) -> Option<Violation> {
        let region = self.memory.layout().at(offset)?;
        let address = bus(offset);
        let closed = match region.window() {
            Window::Closed => true,
            Window::ReadOnly => access == Access::Write,
            Window::Cached | Window::Coherent => false,
        };
        if closed {
            return Some(Violation::ClosedRegion { channel, address, region: region.name() });
        }
        let free = region.window() == Window::ReadOnly || self.memory.is_owned(offset);
        (!free).then_some(Violation::UnownedMemory { channel, address: address & !0x3F })
    }

    /// The engine reads `into.len()` bytes, not across a 16-byte boundary of RAM.
    pub(crate) fn bus_read(
        &mut self,
        channel: u8,
        address: u32,
        into: &mut [u8],
    ) -> Result<(), BusError> {
        let (target, sin) = self.decode(channel, address);
        if let Some(sin) = sin {
            self.report(sin);
        }
        match target {
            Target::Ram(offset) => {
                if let Some(sin) = self.guard(channel, offset, Access::Read) {
                    self.report(sin);
                }
                let mut found = Vec::new();
                let report = &mut |violation| found.push(violation);
                self.memory.device_read(Place { channel, offset }, into, Purpose::Data, report);
                self.report_all(found);
            }
            Target::Port(port) => self.port_read(channel, address, port, into),
            Target::Nothing if self.profile == Profile::Qemu => into.fill(0),
            Target::Nothing => {
                into.fill(GARBAGE);
                // Which addresses answer with an error on silicon is not documented: so each may, or may not.
                if matches!(sin, Some(Violation::OutsideWindow { .. })) && self.rng.bool() {
                    return Err(BusError);
                }
            }
        }
        Ok(())
    }

    fn port_read(&mut self, channel: u8, address: u32, port: Port, into: &mut [u8]) {
        let micros = u32::try_from((self.now / 1_000) & 0xFFFF_FFFF).unwrap_or(0);
        let word = self.devices.read(port, micros).unwrap_or_else(|_| {
            self.report(Violation::FifoUnderrun { channel, address });
            0xE1E1_E1E1
        });
        for (to, from) in into.iter_mut().zip(word.to_le_bytes()) {
            *to = from;
        }
    }

    /// A write of the engine arrives.
    pub(crate) fn bus_write(&mut self, channel: u8, address: u32, from: &[u8], issued: u64) {
        let (target, sin) = self.decode(channel, address);
        if let Some(sin) = sin {
            self.report(sin);
        }
        match target {
            Target::Ram(offset) => {
                if let Some(sin) = self.guard(channel, offset, Access::Write) {
                    self.report(sin);
                    if self.profile == Profile::Hardware {
                        return;
                    }
                }
                let mut found = Vec::new();
                let report = &mut |violation| found.push(violation);
                self.memory.device_write(Place { channel, offset }, from, issued, report);
                self.report_all(found);
            }
            Target::Port(port) => {
                let mut word = [0; 4];
                for (to, from) in word.iter_mut().zip(from) {
                    *to = *from;
                }
                if self.devices.write(port, u32::from_le_bytes(word), self.now).is_err() {
                    self.report(Violation::FifoOverrun { channel, address });
                }
            }
            Target::Nothing => {}
        }
    }

    /// The engine fetches a control block: all 256 bits at once.
    pub(crate) fn fetch(&mut self, channel: u8, address: u32) -> Result<[u8; 32], BusError> {
        let mut bytes = [0; BLOCK_BYTES as usize];
        let (target, sin) = self.decode(channel, address);
        if let Some(sin) = sin {
            self.report(sin);
        }
        let Target::Ram(offset) = target else {
            return if self.profile == Profile::Qemu { Ok(bytes) } else { Err(BusError) };
        };
        if let Some(sin) = self.guard(channel, offset, Access::Read) {
            self.report(sin);
        }
        let mut found = Vec::new();
        let report = &mut |violation| found.push(violation);
        self.memory.device_read(Place { channel, offset }, &mut bytes, Purpose::Block, report);
        self.report_all(found);
        Ok(bytes)
    }

    /// A control block as it is in memory, without judging; `None` where no RAM is.
    pub(crate) fn peek_block(&self, channel: u8, address: u32) -> Option<(usize, [u8; 32])> {
        let Target::Ram(offset) = self.decode(channel, address).0 else { return None };
        let mut bytes = [0; BLOCK_BYTES as usize];
        self.memory.peek(offset, &mut bytes);
        Some((offset, bytes))
    }

    /// The kind of a channel in this machine.
    pub(crate) const fn kind(channel: usize) -> Kind {
        Kind::of(channel)
    }
}
