//! The DMA controller's registers, and the machine behind the library's traits.

use core::ops::Range;

use bcm2837::bus;
use bcm2837::dma::ChannelMask;
use bcm2837::irq::Line;
use critical_section::CriticalSection;
use sgdma::address::{BusAddr, CpuAddr, CpuSpan};
use sgdma::buffer::Spans;
use sgdma::engine::Flight;
use sgdma::platform::{
    Access, AddressMap, Authority, Clock, Coherence, Idle, Instant, Refusal, Registers, Woken,
};
use sgdma::register::{ChannelId, Register};
use tock_registers::interfaces::{Readable, Writeable};
use tock_registers::registers::ReadWrite;

use super::{interrupt, memory_map};
use crate::arch::interrupt::{self as cpu_interrupt, Masked};
use crate::arch::mmu::{self, Kind};
use crate::arch::{barrier, cache, timer};
use crate::log::log;

const BASE: usize = (bus::PERIPHERALS.start + bus::offset::DMA) as usize;
/// Distance of two channels' registers, in bytes. Datasheet p. 39.
const CHANNEL: usize = 0x100;
/// Datasheet p. 58.
const INTERRUPT_STATUS: usize = 0xFE0;
/// Datasheet p. 59.
const ENABLE: usize = 0xFF0;

/// The machine, for the library: the registers, the firewall, the cache, the time, the sleep. Holds nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Platform;

#[inline]
fn register(offset: usize) -> &'static ReadWrite<u32> {
    // SAFETY: the controller's 4 KiB are at this address on this chip, and every offset given here lies in them. What
    // the writes make the engine do is the library's matter, which checks each block before it starts one.
    unsafe { &*core::ptr::with_exposed_provenance(BASE + offset) }
}

#[inline]
fn channel_register(channel: ChannelId, name: Register) -> &'static ReadWrite<u32> {
    register(usize::from(channel.number()) * CHANNEL + name.offset() as usize)
}

/// `INT_STATUS`, for the interrupt dispatch.
#[inline]
pub(crate) fn asking() -> u32 {
    register(INTERRUPT_STATUS).get()
}

// SAFETY: each call is one access of the register at the offset that the datasheet gives it (p. 39-41). The type is
// private to the firmware.
unsafe impl Registers for Platform {
    #[inline]
    fn read(&self, channel: ChannelId, register: Register) -> u32 {
        channel_register(channel, register).get()
    }

    #[inline]
    fn write(&self, _: Authority, channel: ChannelId, register: Register, value: u32) {
        channel_register(channel, register).set(value);
    }

    #[inline]
    fn interrupt_status(&self) -> u32 {
        asking()
    }

    #[inline]
    fn enable(&self) -> u32 {
        register(ENABLE).get()
    }

    #[cold]
    fn mask_interrupt(&self, channel: ChannelId) {
        if let Some(line) = Line::dma(channel.number()) {
            interrupt::disable(line);
        }
    }

    #[inline]
    fn set_enable(&self, value: u32) {
        register(ENABLE).set(value);
    }
}

// SAFETY: memory is mapped one to one, and the engine sees the RAM at a fixed distance from its physical address; the
// memory map answers for RAM only. The boot checks that a cache line is 64 bytes.
unsafe impl AddressMap for Platform {
    #[inline]
    fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal> {
        memory_map::bus_address(span.start().get(), span.end().get(), access).map(BusAddr::new)
    }

    fn reach(&self, span: CpuSpan, access: Access) -> Result<(CpuSpan, BusAddr), Refusal> {
        let open = memory_map::open_around(span.start().get(), span.end().get());
        let open = CpuSpan::new(CpuAddr::new(open.start), open.len()).unwrap_or(span);
        self.bus_address(open, access).map(|first| (open, first))
    }

    #[inline]
    fn cache_line(&self) -> usize {
        cache::LINE
    }
}

// SAFETY: `DC CIVAC` over every line of the span cleans and invalidates to the point of coherency, which is memory on
// this chip; the pool is mapped non-cacheable and nowhere else, as the boot proves; a line is 64 bytes, as it checks.
unsafe impl Coherence for Platform {
    #[inline]
    fn clean_invalidate(&self, span: CpuSpan) {
        cache::clean_invalidate(span.start().get(), span.len());
    }

    // With `DC CIVAC` too: the A53 writes a dirty line back on `DC IVAC` all the same, and CIVAC asks no write
    // permission. There is no dirty line: the CPU does not write while the engine does.
    #[inline]
    fn invalidate(&self, span: CpuSpan) {
        barrier::data_memory();
        self.invalidate_part(span);
        barrier::data_synchronization();
    }

    #[inline]
    fn invalidate_part(&self, span: CpuSpan) {
        cache::clean_invalidate(span.start().get(), span.len());
    }

    #[inline]
    fn clean_invalidate_each(&self, spans: Spans<'_>) {
        clean_invalidate_each(spans);
    }

    #[inline]
    fn invalidate_each(&self, spans: Spans<'_>, _: usize) {
        clean_invalidate_each(spans);
    }

    // The heap is all that is cached and open to the engine. By address: by set and way would miss what is evicted from one
    // level to the other meanwhile.
    fn clean_invalidate_all(&self) {
        barrier::data_synchronization();
        let heap = memory_map::heap();
        cache::clean_invalidate(heap.start, heap.len());
        barrier::data_synchronization();
    }

    #[inline]
    fn barrier(&self) {
        barrier::data_synchronization();
    }
}

/// There once, whoever maps what: a page is 64 instructions for its lines and 64 to get from one to the next.
#[inline(never)]
fn clean_invalidate_each(spans: Spans<'_>) {
    for span in spans {
        cache::clean_invalidate_page_or(span.start().get(), span.len());
    }
}

impl Clock for Platform {
    #[inline]
    fn now(&self) -> Instant {
        Instant::from_ticks(timer::now())
    }

    #[inline]
    fn frequency(&self) -> u64 {
        timer::frequency()
    }
}

impl Idle for Platform {
    fn sleep_until(&self, deadline: Instant, ready: &mut dyn FnMut() -> bool) -> Woken {
        let masked = cpu_interrupt::mask();
        // Before the first sleep nobody asks the clock: of a deadline that has passed the alarm wakes at once.
        let mut woken = if ready() { Some(Woken::Ready) } else { None };
        while woken.is_none() {
            sleep_once(deadline, &masked);
            woken = if ready() { Some(Woken::Ready) } else { self.too_late(deadline) };
        }
        cpu_interrupt::restore(masked);
        woken.unwrap_or(Woken::Deadline)
    }

    #[inline(always)]
    fn sleep_over(&self, deadline: Instant, flight: &mut Flight<'_>) -> Woken {
        let masked = cpu_interrupt::mask();
        // SAFETY: interrupts are masked on the only core that runs, until after `start` has returned.
        let mut over = !flight.start(unsafe { CriticalSection::new() });
        let mut woken = Woken::Ready;
        while !over {
            sleep_once(deadline, &masked);
            // SAFETY: masked again, until after `has_ended` has returned.
            over = flight.has_ended(unsafe { CriticalSection::new() });
            if !over && self.now() >= deadline {
                (over, woken) = (true, Woken::Deadline);
            }
        }
        cpu_interrupt::restore(masked);
        woken
    }
}

impl Platform {
    fn too_late(self, deadline: Instant) -> Option<Woken> {
        (self.now() >= deadline).then_some(Woken::Deadline)
    }
}

/// Sleeps with interrupts masked, lets them in if they were let in before, and masks them again: what woke the core is
/// handled before the next look.
#[inline(always)]
fn sleep_once(deadline: Instant, masked: &Masked) {
    doze(deadline);
    cpu_interrupt::restore(*masked);
    barrier::instruction();
    cpu_interrupt::mask_again();
}

/// Waits for an interrupt or the deadline; one that never comes is past all that the counter will read. The alarm is off
/// again before interrupts are let in: it needs no handler.
#[inline(always)]
fn doze(deadline: Instant) {
    timer::arm(deadline.ticks());
    cpu_interrupt::wait();
    timer::disarm();
}

/// Lets the interrupts of our channels through. There is an engine to take them, which has seen to their clock.
pub(crate) fn listen(channels: ChannelMask) {
    for number in channels.full().chain(channels.lite()) {
        if let (Some(channel), Some(line)) = (ChannelId::new(number), Line::dma(number)) {
            if let Some(status) = forget_interrupt(channel) {
                log!("dma", "{channel}: the firmware left CS {status:#010x}");
            }
            interrupt::enable(line);
        }
    }
}

/// Takes back an interrupt that whoever used the channel before has left: the line is a level, and would never rest. What
/// `CS` was, if that was so.
fn forget_interrupt(channel: ChannelId) -> Option<u32> {
    const END_AND_INT: u32 = 0b110;
    let status = Platform.read(channel, Register::Cs);
    if status & END_AND_INT == 0 {
        return None;
    }
    // SAFETY: no chain is started.
    let authority = unsafe { Authority::new() };
    Platform.write(authority, channel, Register::Cs, END_AND_INT);
    Some(status)
}

/// The engine may be used only where the coherent memory is what it must be.
///
/// # Errors
/// What is mapped otherwise.
pub(crate) fn check_memory() -> Result<(), Unfit> {
    let coherent = memory_map::coherent();
    if !mmu::is_mapped_as(&coherent, Kind::Coherent) {
        return Err(Unfit::Coherent(coherent));
    }
    match cache::reported_line() {
        cache::LINE => Ok(()),
        other => Err(Unfit::CacheLine(other)),
    }
}

/// Why the engine may not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The coherent memory is not mapped as Normal non-cacheable.
    Coherent(Range<usize>),
    /// The cache's line is not the 64 bytes that everything here is laid out for.
    CacheLine(usize),
}

impl core::fmt::Display for Unfit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Coherent(range) => {
                write!(f, "{:#010x}..{:#010x} is not mapped non-cacheable", range.start, range.end)
            }
            Self::CacheLine(bytes) => write!(f, "the cache line is {bytes} bytes, not 64"),
        }
    }
}
