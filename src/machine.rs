//! The machine as the console sees it: bytes in, bytes out, time, facts, memory, the engine, the end.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use bcm2837::blocks;
use bcm2837::clock::State;
use bcm2837::pins::Pin;
use bcm2837::power::ResetStatus;
use bcm2837::registers::Before;
use bcm2837::{pwm, spi};
use sgdma::buffer::LineBuffer;
use sgdma::constraints::EngineKind;
use sgdma::platform::{Clock as _, Idle, Instant, Woken};
use shell::machine::{
    Buffer, Clock, ClockState, Counters, Crash, Dma as ShellDma, EngineFacts,
    EngineKind as ShellEngineKind, Facts, Health, MemoryKind, NoBuffer, Opened, PacedDevice,
    Region, Rights, Settable, Usage,
};

use crate::arch::mmu::{self, Kind};
use crate::arch::{boot, timer};
use crate::board::dma::Platform;
use crate::board::memory_map::{self, Door};
use crate::board::peripherals::Peripherals;
use crate::board::{firmware, uart, watchdog};
use crate::engine::Dma;
use crate::{bench, crash, heap};

/// What the boot found, and the way to the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    /// What the firmware told.
    pub(crate) facts: firmware::Facts,
    /// Why the chip was reset last.
    pub(crate) reset: ResetStatus,
    /// The DMA engine; `None` where the boot refused it.
    pub(crate) dma: Option<Dma>,
}

impl Machine {
    /// Sleeps until a byte is there or `deadline` passes; [`Instant::NEVER`] waits for the byte alone.
    pub(crate) fn wait_for_byte(deadline: Instant) -> Woken {
        Platform.sleep_until(deadline, &mut uart::has_input)
    }
}

impl shell::machine::Machine for Machine {
    fn write(&self, bytes: &[u8]) {
        uart::write(bytes);
    }

    fn poll(&self) -> Option<u8> {
        watchdog::feed();
        uart::read()
    }

    fn uptime(&self) -> Duration {
        Platform.between(Instant::default(), Instant::from_ticks(timer::now()))
    }

    fn counters(&self) -> Counters {
        let uart = uart::counters();
        let overruns = u64::from(uart.overruns) + u64::from(uart.line_errors);
        Counters { received: uart.received, overruns, dma_interrupts: 0 }
    }

    fn facts(&self) -> Facts {
        let facts = &self.facts;
        let clock = |name, hertz: u32| Clock { name, hertz: hertz.into() };
        let [_, gpu] = facts.vc_memory;
        Facts {
            board: format!("{}", facts.revision),
            revision: facts.revision.0,
            arm_memory: u64::try_from(facts.ram_end).unwrap_or(u64::MAX),
            gpu_memory: gpu.into(),
            exception_level: u8::try_from(boot::exception_level()).unwrap_or(u8::MAX),
            clocks: [
                clock("ARM", facts.arm_clock),
                clock("core", facts.core_clock),
                clock("UART", facts.uart_clock),
            ]
            .into(),
            engine: self.engine_facts(),
            reset_reason: self.reset.name(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    fn health(&self) -> Result<Health, String> {
        let health = firmware::health().map_err(|error| error.to_string())?;
        let [arm, core, uart] = health.clocks;
        let state = |name, clock: State| ClockState {
            name,
            set: clock.set,
            measured: clock.measured,
            least: clock.least,
            most: clock.most,
        };
        Ok(Health {
            clocks: [state("ARM", arm), state("core", core), state("UART", uart)],
            temperature: health.temperature,
            limit: health.limit,
            throttling: health.throttling.map(|why| why.to_string()),
            baud: uart::follow(uart.set.filter(|hertz| *hertz != 0)),
        })
    }

    fn set_clock(&self, clock: Settable, hertz: u32) -> Result<(), String> {
        let clock = match clock {
            Settable::Arm => bcm2837::clock::Clock::Arm,
            Settable::Core => bcm2837::clock::Clock::Core,
        };
        uart::flush();
        firmware::set_clock(clock, hertz).map_err(|error| error.to_string())
    }

    fn heap(&self) -> Usage {
        let heap::Usage { used, free } = heap::usage();
        Usage { used, total: used.saturating_add(free) }
    }

    fn coherent_pool(&self) -> Usage {
        let bytes = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
        self.dma.map_or(Usage { used: 0, total: 0 }, |dma| {
            let levels = dma.pool.levels();
            Usage { used: bytes(levels.used), total: bytes(levels.total) }
        })
    }

    fn memory_map(&self) -> Vec<Region> {
        // A dozen rows, in order: the sort of the standard library would take 3 KiB of code.
        let mut rows: Vec<Region> = Vec::new();
        let mut put = |row: Region| {
            let place = rows.partition_point(|before| before.start <= row.start);
            rows.insert(place, row);
        };
        for region in memory_map::regions() {
            put(row(&region));
        }
        for (name, range) in memory_map::guards() {
            put(Region {
                name,
                start: address(range.start),
                len: address(range.len()),
                memory: MemoryKind::Unmapped,
                cpu: Rights::None,
                engine: Rights::None,
                read_back: mmu::translate(range.start).map(|found| found.attributes),
                registers: &[],
            });
        }
        rows
    }

    fn read_memory(&self, at: u64, into: &mut [u8]) -> Result<(), &'static str> {
        let mut at = usize::try_from(at).map_err(|_| NOT_MAPPED)?;
        let mut rest = into;
        // What begins in one region may end in the next.
        while !rest.is_empty() {
            let region = region_of(at)?;
            let here = region.range.end.saturating_sub(at).min(rest.len());
            let (part, after) = rest.split_at_mut_checked(here).ok_or(NOT_MAPPED)?;
            read(region.kind, at, part)?;
            (at, rest) = (region.range.end, after);
        }
        Ok(())
    }

    fn write_word(&self, at: u64, value: u32) -> Result<(), &'static str> {
        let at = usize::try_from(at).map_err(|_| NOT_MAPPED)?;
        // Regions begin and end with whole words.
        let region = region_of(at)?;
        if !at.is_multiple_of(4) {
            return Err(NOT_WORDS);
        }
        // The answer would begin behind it, and not in column 1.
        if at == memory_map::UART {
            return Err("it sends to this console: type instead");
        }
        if matches!(region.kind, Kind::Text | Kind::ReadOnly) {
            return Err("it can only be read");
        }
        if region.range == memory_map::stack() || region.range == memory_map::exception_stack() {
            return Err("it is a stack");
        }
        let to = core::ptr::with_exposed_provenance_mut::<u32>(at);
        // SAFETY: an aligned word of a writable region. Whoever owns it was overruled by the person who typed its
        // address: that is what a poke is.
        unsafe { to.write_volatile(value) };
        Ok(())
    }

    fn dma(&self) -> Result<ShellDma<'static>, &'static str> {
        let Dma { engine, pool, ledger } = self.dma.ok_or("the boot refused it, see /log")?;
        Ok(ShellDma { engine, pool, ledger })
    }

    fn buffer(&self, len: usize) -> Result<Box<dyn Buffer>, NoBuffer> {
        let buffer = LineBuffer::zeroed(len).map_err(|_| NoBuffer { len })?;
        Ok(Box::new(buffer))
    }

    fn bench(&self, line: &mut dyn FnMut(&str)) -> Result<usize, String> {
        let dma = self.dma.as_ref().ok_or("the boot refused the DMA engine, see /log")?;
        bench::run(dma, line)
    }

    fn crash(&self, kind: Crash) -> &'static str {
        crash::crash(kind)
    }

    fn watchdog(&self, limit: Option<Duration>) -> Result<(), &'static str> {
        let emulated = self.dma.is_none_or(|dma| dma.engine.kind() == EngineKind::Emulated);
        match limit {
            // It resets the machine as soon as the watchdog is set up, whatever its time.
            Some(_) if emulated => {
                return Err("QEMU's resets at once instead of in time; on a board only");
            }
            Some(limit) => watchdog::start(limit),
            // There it never was on, and its registers are not to be touched.
            None if emulated => {}
            None => watchdog::stop(),
        }
        Ok(())
    }

    fn open(&self, device: PacedDevice) -> Result<Opened, String> {
        match device {
            PacedDevice::Spi { bytes } => {
                // 0 where the firmware does not tell: then as if it were the fastest there is.
                let core = match firmware::core_clock() {
                    0 => FASTEST_CORE,
                    clock => clock,
                };
                let before = spi::open(&Peripherals, core, bytes).0;
                Ok(Opened { hertz: spi::rate(core).1, before })
            }
            PacedDevice::Pacer { pin, period } => {
                let pin = Pin::free(pin).ok_or("the console needs this pin")?;
                let before = pwm::open(&Peripherals, pin, period);
                let before = before.ok_or("the PWM's clock does not start or stop")?.0;
                Ok(Opened { hertz: 1_000_000 / period.max(1), before })
            }
        }
    }

    fn close(&self, device: PacedDevice, opened: Opened) {
        let before = Before(opened.before);
        match device {
            PacedDevice::Spi { .. } => spi::close(&Peripherals, before),
            PacedDevice::Pacer { pin, .. } => {
                if let Some(pin) = Pin::free(pin) {
                    pwm::close(&Peripherals, pin, before);
                }
            }
        }
    }

    fn level(&self, pin: u32) -> u32 {
        Pin::free(pin).map_or(0, |pin| pin.level(&Peripherals))
    }

    fn reboot(&self) {
        uart::flush();
        watchdog::reboot()
    }

    fn halt(&self) {
        uart::flush();
        watchdog::halt()
    }
}

impl Machine {
    fn engine_facts(&self) -> EngineFacts {
        let kind = self.dma.map_or(EngineKind::Emulated, |dma| dma.engine.kind());
        let mask = self.facts.dma_channels;
        let mut channels = Vec::new();
        mask.full().chain(mask.lite()).for_each(|channel| channels.push(channel));
        EngineFacts {
            kind: match kind {
                EngineKind::Hardware => ShellEngineKind::Hardware,
                EngineKind::Emulated => ShellEngineKind::Emulated,
            },
            granule: kind.granule(),
            channel_mask: self.facts.dma_answer.unwrap_or(mask.bits()),
            mask_source: match self.facts.dma_answer {
                Some(_) => "firmware",
                None => "fallback",
            },
            channels,
        }
    }
}

/// The highest core clock of all these boards, in Hz (Raspberry Pi documentation, "Overclocking options").
const FASTEST_CORE: u32 = 500_000_000;
const NOT_MAPPED: &str = "it is not mapped";
const NOT_WORDS: &str = "device memory takes aligned words";

/// The mapped region that holds an address.
fn region_of(address: usize) -> Result<memory_map::Region, &'static str> {
    memory_map::regions().find(|region| region.range.contains(&address)).ok_or(NOT_MAPPED)
}

/// Reads within a region of this kind.
fn read(kind: Kind, at: usize, into: &mut [u8]) -> Result<(), &'static str> {
    if kind != Kind::Device {
        for (offset, byte) in into.iter_mut().enumerate() {
            let from = core::ptr::with_exposed_provenance::<u8>(at + offset);
            // SAFETY: mapped memory; volatile, since others may own it.
            *byte = unsafe { from.read_volatile() };
        }
        return Ok(());
    }
    let (words, rest) = into.as_chunks_mut::<4>();
    if !at.is_multiple_of(4) || !rest.is_empty() {
        return Err(NOT_WORDS);
    }
    for (index, word) in words.iter_mut().enumerate() {
        let from = core::ptr::with_exposed_provenance::<u32>(at + 4 * index);
        // SAFETY: an aligned word of device memory, mapped; what the read does is what was asked for.
        *word = unsafe { from.read_volatile() }.to_le_bytes();
    }
    Ok(())
}

fn address(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

fn row(region: &memory_map::Region) -> Region {
    let (memory, cpu) = match region.kind {
        Kind::Text => (MemoryKind::WriteBack, Rights::ReadExecute),
        Kind::ReadOnly => (MemoryKind::WriteBack, Rights::Read),
        Kind::Data => (MemoryKind::WriteBack, Rights::ReadWrite),
        Kind::Coherent => (MemoryKind::NonCacheable, Rights::ReadWrite),
        Kind::Device => (MemoryKind::Device, Rights::ReadWrite),
    };
    let engine = match region.door {
        Door::Open => Rights::ReadWrite,
        Door::Closed => Rights::None,
    };
    Region {
        name: region.name,
        start: address(region.range.start),
        len: address(region.range.len()),
        memory,
        cpu,
        engine,
        read_back: mmu::translate(region.range.start).map(|found| found.attributes),
        registers: u32::try_from(region.range.start).map_or(&[], blocks::of_window),
    }
}
