//! A machine of nothing but memory.

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::boxed::Box;
use std::collections::VecDeque;
use std::string::String;
use std::vec;
use std::vec::Vec;

use sgdma::buffer::LineBuffer;

use crate::machine::{
    Buffer, Clock, Counters, Dma, EngineFacts, EngineKind, Facts, Health, Machine, MemoryKind,
    NoBuffer, Region, Rights, Settable, Usage,
};

/// A machine with a page of memory at 0x2000, and text before it.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) written: RefCell<Vec<u8>>,
    /// What comes in while a command runs.
    pub(crate) meanwhile: RefCell<VecDeque<u8>>,
    pub(crate) time: Cell<Duration>,
    pub(crate) memory: RefCell<Vec<u8>>,
    pub(crate) overruns: Cell<u64>,
    pub(crate) ended: Cell<Option<&'static str>>,
    /// What the watchdog was last told.
    pub(crate) watchdog: Cell<Option<Duration>>,
    /// What the firmware tells of the clocks; `None` is a machine without.
    pub(crate) health: RefCell<Option<Health>>,
    /// What the ARM's clock becomes when it is set, if not what was asked for.
    pub(crate) stubborn: Cell<Option<u32>>,
}

const START: u64 = 0x1000;

const fn region(name: &'static str, start: u64, memory: MemoryKind, cpu: Rights) -> Region {
    let read_back = match memory {
        MemoryKind::Unmapped => None,
        MemoryKind::WriteBack => Some(0xFF),
        MemoryKind::NonCacheable => Some(0x44),
        MemoryKind::Device => Some(0x04),
    };
    Region {
        name,
        start,
        len: 0x1000,
        memory,
        cpu,
        engine: Rights::None,
        read_back,
        registers: &[],
    }
}

const MAP: &[Region] = &[
    region("page 0", 0, MemoryKind::Unmapped, Rights::None),
    region("text", 0x1000, MemoryKind::WriteBack, Rights::ReadExecute),
    region("heap", 0x2000, MemoryKind::WriteBack, Rights::ReadWrite),
    Region {
        registers: &[("timer", 0x7000..0x7010), ("pins", 0x7800..0x7880)],
        ..region("device", 0x7000, MemoryKind::Device, Rights::ReadWrite)
    },
];

impl Fake {
    pub(crate) fn new() -> Self {
        Self { memory: RefCell::new(vec![0; 0x2000]), ..Self::default() }
    }

    /// What was written since the last call.
    pub(crate) fn take(&self) -> String {
        String::from_utf8_lossy(&self.written.take()).into_owned()
    }
}

impl Machine for Fake {
    fn write(&self, bytes: &[u8]) {
        self.written.borrow_mut().extend_from_slice(bytes);
    }

    fn poll(&self) -> Option<u8> {
        self.meanwhile.borrow_mut().pop_front()
    }

    fn uptime(&self) -> Duration {
        self.time.get()
    }

    fn counters(&self) -> Counters {
        Counters { overruns: self.overruns.get(), ..Counters::default() }
    }

    fn facts(&self) -> Facts {
        Facts {
            board: "Fake".into(),
            revision: 0xA0_2082,
            arm_memory: 948 << 20,
            gpu_memory: 76 << 20,
            exception_level: 1,
            clocks: vec![Clock { name: "core", hertz: 250_000_000 }],
            engine: EngineFacts {
                kind: EngineKind::Model,
                granule: 1,
                channel_mask: 0x34,
                mask_source: "made up",
                channels: vec![4, 5],
            },
            reset_reason: "power",
            version: "0",
        }
    }

    fn heap(&self) -> Usage {
        Usage { used: 1234, total: 65536 }
    }

    fn health(&self) -> Result<Health, String> {
        self.health.borrow().clone().ok_or("the fake has no clocks".into())
    }

    fn set_clock(&self, clock: Settable, hertz: u32) -> Result<(), String> {
        let mut health = self.health.borrow_mut();
        let [arm, core, _] = &mut health.as_mut().unwrap().clocks;
        match clock {
            Settable::Arm => arm.set = Some(self.stubborn.get().unwrap_or(hertz)),
            Settable::Core => core.set = Some(hertz),
        }
        Ok(())
    }

    fn coherent_pool(&self) -> Usage {
        Usage { used: 0, total: 4096 }
    }

    fn memory_map(&self) -> Vec<Region> {
        MAP.to_vec()
    }

    fn read_memory(&self, address: u64, into: &mut [u8]) -> Result<(), &'static str> {
        let from = usize::try_from(address - START).unwrap();
        into.copy_from_slice(&self.memory.borrow()[from..from + into.len()]);
        Ok(())
    }

    fn write_word(&self, address: u64, value: u32) -> Result<(), &'static str> {
        let from = usize::try_from(address - START).unwrap();
        self.memory.borrow_mut()[from..from + 4].copy_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn dma(&self) -> Result<Dma<'static>, &'static str> {
        Err("the fake has none")
    }

    fn buffer(&self, len: usize) -> Result<Box<dyn Buffer>, NoBuffer> {
        let buffer = LineBuffer::zeroed(len).map_err(|_| NoBuffer { len })?;
        Ok(Box::new(buffer))
    }

    fn bench(&self, _: &mut dyn FnMut(&str)) -> Result<usize, String> {
        Err("no instructions are counted here: use the firmware".into())
    }

    fn watchdog(&self, limit: Option<Duration>) -> Result<(), &'static str> {
        self.watchdog.set(limit);
        Ok(())
    }

    fn reboot(&self) {
        self.ended.set(Some("reboot"));
    }

    fn halt(&self) {
        self.ended.set(Some("halt"));
    }
}
