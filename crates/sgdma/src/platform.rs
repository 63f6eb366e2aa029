//! What a machine must give the library: registers, an address map, cache maintenance, time and sleep.
//!
//! The firmware implements these traits with MMIO and `DC CIVAC`; the crate `dma-model` implements them with a
//! simulated engine and a hostile cache. The library cannot tell the difference, and that is the point: what runs on
//! the model is what is shipped.

use core::fmt;
use core::time::Duration;

use crate::address::{BusAddr, CpuSpan};
use crate::buffer::Spans;
use crate::engine::Flight;
use crate::register::{ChannelId, Register};

/// The registers of the DMA controller, by meaning. BCM2835 ARM Peripherals, p. 39-41.
///
/// One call is one 32-bit access, in program order with the others.
///
/// # Safety
/// *Implementation safety.* [`read`](Self::read) says what the controller says, [`write`](Self::write) writes what it
/// is given, to that register of that channel: by what it reads the library decides that the engine is done with
/// somebody's memory, by what it writes the engine decides where to write.
///
/// One [`Engine`](crate::engine::Engine) at most has a channel: whoever implements this gives values of the type, and
/// references to them, to nobody who would make a second one of the same channels. Each believes that what ends on a
/// channel is its own. (An engine gives its own to nobody: it lends [`device`](crate::engine::Engine::device) and
/// [`clock`](crate::engine::Engine::clock).)
///
/// Whoever can call `write` can have the engine write anywhere. So it takes an [`Authority`], which safe code does not come
/// by; what safe code is given are channels.
#[expect(unsafe_code, reason = "the engine writes memory that Rust knows nothing about")]
pub unsafe trait Registers {
    /// Reads one register of one channel.
    fn read(&self, channel: ChannelId, register: Register) -> u32;

    /// Writes one register of one channel.
    fn write(&self, authority: Authority, channel: ChannelId, register: Register, value: u32);

    /// `INT_STATUS`: bit n is set while channel n asks for the interrupt.
    fn interrupt_status(&self) -> u32;

    /// `ENABLE`: bit n is set where channel n is clocked.
    fn enable(&self) -> u32;

    /// Writes `ENABLE`. The register is shared with the VideoCore: only ever call this to add the bit of an own channel.
    fn set_enable(&self, value: u32);

    /// Sees to it that this channel's interrupt does not come again: the channel is withdrawn, does not follow, and may ask
    /// for ever. Where channels share a line, the others on it are then found by their deadlines. Whoever polls has none.
    fn mask_interrupt(&self, channel: ChannelId) {
        let _ = channel;
    }
}

/// The right to write the engine's registers, and so to have it read and write wherever it can reach. The library has it, and
/// hands it on with each write.
#[derive(Clone, Copy, Debug)]
pub struct Authority(());

impl Authority {
    /// The library's: the chains it starts are verified, and the memory they name is lent to it until they have ended.
    pub(crate) const LIBRARY: Self = Self(());

    /// For code that drives the engine without the library.
    ///
    /// # Safety
    /// What is written with it has the engine write only to memory that nothing else names meanwhile, and leaves the channels
    /// that an [`Engine`](crate::engine::Engine) has alone.
    #[expect(unsafe_code, reason = "the engine writes memory that Rust knows nothing about")]
    pub const unsafe fn new() -> Self {
        Self(())
    }
}

/// What the engine wants to do with a stretch of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// The engine reads it.
    Read,
    /// The engine writes it, and may read it.
    Write,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

/// Why the address map gives no bus address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The region of this name may not be accessed this way by the engine.
    Region(&'static str),
    /// No RAM the engine can reach is there.
    Unmapped,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(name) => write!(f, "{name} is closed to the DMA engine"),
            Self::Unmapped => f.write_str("there is no memory the DMA engine can reach"),
        }
    }
}

impl core::error::Error for Refusal {}

/// From the CPU's view to the engine's, with a firewall between them.
///
/// # Safety
/// *Implementation safety.* The `span.len()` bytes from the bus address on that
/// [`bus_address`](Self::bus_address) gives are the very bytes of the span, and always the same ones. The engine writes
/// where this says; a wrong answer is a wild pointer. The same holds for [`reach`](Self::reach) and the stretch it gives.
///
/// They are so for every engine that may come to move them: nothing asks whether what was mapped here runs on this machine's
/// [`Engine`](crate::engine::Engine). A program has one machine, and where it has more, as a test of models may, whoever
/// implements this sees to it that what is mapped for one is not given to a channel of another.
///
/// [`cache_line`](Self::cache_line) is at least the line of every cache between CPU and memory, and never changes.
#[expect(unsafe_code, reason = "the engine writes where this says")]
pub unsafe trait AddressMap {
    /// The bus address of the first byte of `span`, if the engine may access every byte of it this way and the bytes
    /// are contiguous on the bus.
    ///
    /// # Errors
    /// The name of the region that is closed, or that nothing is there.
    fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal>;

    /// The same for more than was asked for: a stretch that holds `span`, whose every part the engine may access this
    /// way, and the bus address of its first byte. What lies in it need not be asked for again.
    ///
    /// # Errors
    /// As [`bus_address`](Self::bus_address).
    fn reach(&self, span: CpuSpan, access: Access) -> Result<(CpuSpan, BusAddr), Refusal> {
        self.bus_address(span, access).map(|first| (span, first))
    }

    /// What the cache owns at once, in bytes: a power of two.
    fn cache_line(&self) -> usize {
        64
    }
}

/// Cache maintenance and barriers.
///
/// # Safety
/// *Implementation safety.* After [`clean_invalidate`](Self::clean_invalidate) and then [`barrier`](Self::barrier)
/// every byte of the span is where the engine reads it and no dirty line is left over it. After
/// [`invalidate`](Self::invalidate) the CPU reads what the engine wrote. Neither changes a byte of the CPU's view that
/// the engine did not write. [`clean_invalidate_all`](Self::clean_invalidate_all) does so for all memory that was ever mapped.
/// Wrong implementations make the library's safe functions return stale or torn data.
#[expect(unsafe_code, reason = "the promise is about memory that two masters share")]
pub unsafe trait Coherence {
    /// Writes back and forgets every cache line that holds a byte of `span`. On the A53 `DC CIVAC` (erratum 855873
    /// forbids the clean alone). Ends without a barrier.
    fn clean_invalidate(&self, span: CpuSpan);

    /// Forgets every cache line that holds a byte of `span`, after the engine wrote there. Includes the barriers it
    /// needs before the first and after the last line.
    fn invalidate(&self, span: CpuSpan);

    /// The same for one of many spans: without the barriers, which the caller sees to by [`barrier`](Self::barrier)
    /// before the first and after the last of them. Of use where the platform has it.
    fn invalidate_part(&self, span: CpuSpan) {
        self.invalidate(span);
    }

    /// [`clean_invalidate`](Self::clean_invalidate) of each: every mapping begins with it. A platform has its own for the
    /// loop's sake.
    fn clean_invalidate_each(&self, spans: Spans<'_>) {
        spans.for_each(|span| self.clean_invalidate(span));
    }

    /// [`invalidate_part`](Self::invalidate_part) of the whole lines, of `line` bytes, that hold a byte of each: a mapping
    /// of memory that owns its lines ends with it.
    fn invalidate_each(&self, spans: Spans<'_>, line: usize) {
        spans.for_each(|span| self.invalidate_part(span.lines(line)));
    }

    /// [`clean_invalidate`](Self::clean_invalidate) of all cached memory that the engine may write, by address, between two
    /// barriers. For where the spans are not known any more: a transfer of a scope whose handle was forgotten, or whose
    /// channel came to rest too late.
    fn clean_invalidate_all(&self);

    /// `DSB SY`: all stores and cache operations before it are done before anything after it begins.
    fn barrier(&self);
}

/// A moment, in ticks of the platform's counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// A moment that never comes.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment the counter reads `ticks`.
    pub const fn from_ticks(ticks: u64) -> Self {
        Self(ticks)
    }

    /// The counter's value.
    pub const fn ticks(self) -> u64 {
        self.0
    }
}

/// Time.
pub trait Clock {
    /// Now.
    fn now(&self) -> Instant;

    /// The counter's rate in ticks per second; not 0.
    fn frequency(&self) -> u64;

    /// The moment that is `wait` from now; [`Instant::NEVER`] where that overflows.
    fn after(&self, wait: Duration) -> Instant {
        let hz = self.frequency();
        // Below 10⁹ times the rate: fits where the rate is below 2³⁴.
        let part = u64::from(wait.subsec_nanos()).saturating_mul(hz) / 1_000_000_000;
        wait.as_secs()
            .checked_mul(hz)
            .and_then(|ticks| ticks.checked_add(part))
            .and_then(|ticks| self.now().ticks().checked_add(ticks))
            .map_or(Instant::NEVER, Instant::from_ticks)
    }

    /// The time between two moments; zero where `to` is before `from`.
    fn between(&self, from: Instant, to: Instant) -> Duration {
        let (ticks, hz) = (to.ticks().saturating_sub(from.ticks()), self.frequency().max(1));
        // Below 10⁹ times the rate: fits where the rate is below 2³⁴.
        let part = (ticks % hz).saturating_mul(1_000_000_000) / hz;
        Duration::from_secs(ticks / hz).saturating_add(Duration::from_nanos(part))
    }
}

/// Why a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The condition holds.
    Ready,
    /// The deadline passed first.
    Deadline,
}

/// Sleep.
pub trait Idle: Registers + Coherence {
    /// Sleeps until `ready` holds or `deadline` passes.
    ///
    /// `ready` is checked with interrupts masked and the CPU waits with them masked (`WFI` wakes all the same), so
    /// that no wake-up is lost between the check and the sleep. Interrupt handlers run before this returns.
    fn sleep_until(&self, deadline: Instant, ready: &mut dyn FnMut() -> bool) -> Woken;

    /// Starts what [`Channel::run`](crate::channel::Channel::run) runs and sleeps until it has ended; returns at once
    /// where it could not be started.
    ///
    /// A platform may write this out, in the manner of its [`sleep_until`](Self::sleep_until): the most frequent wait is
    /// spared its way through pointers then.
    fn sleep_over(&self, deadline: Instant, flight: &mut Flight<'_>) -> Woken {
        let mut first = true;
        self.sleep_until(deadline, &mut || {
            let start = core::mem::take(&mut first);
            critical_section::with(|token| {
                if start { !flight.start(token) } else { flight.has_ended(token) }
            })
        })
    }
}

/// All of it. `dyn Platform` is one, too.
pub trait Platform: Registers + AddressMap + Coherence + Clock + Idle {}

impl<T: Registers + AddressMap + Coherence + Clock + Idle> Platform for T {}

#[expect(unsafe_code, reason = "the promise is about memory that two masters share")]
// SAFETY: every call goes to an implementation that keeps the promise.
unsafe impl<T: Registers + ?Sized> Registers for &T {
    fn mask_interrupt(&self, channel: ChannelId) {
        (**self).mask_interrupt(channel);
    }

    fn read(&self, channel: ChannelId, register: Register) -> u32 {
        (**self).read(channel, register)
    }

    fn write(&self, authority: Authority, channel: ChannelId, register: Register, value: u32) {
        (**self).write(authority, channel, register, value);
    }

    fn interrupt_status(&self) -> u32 {
        (**self).interrupt_status()
    }

    fn enable(&self) -> u32 {
        (**self).enable()
    }

    fn set_enable(&self, value: u32) {
        (**self).set_enable(value);
    }
}

#[expect(unsafe_code, reason = "the promise is about memory that two masters share")]
// SAFETY: every call goes to an implementation that keeps the promise.
unsafe impl<T: AddressMap + ?Sized> AddressMap for &T {
    fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal> {
        (**self).bus_address(span, access)
    }

    fn reach(&self, span: CpuSpan, access: Access) -> Result<(CpuSpan, BusAddr), Refusal> {
        (**self).reach(span, access)
    }

    fn cache_line(&self) -> usize {
        (**self).cache_line()
    }
}

#[expect(unsafe_code, reason = "the promise is about memory that two masters share")]
// SAFETY: every call goes to an implementation that keeps the promise.
unsafe impl<T: Coherence + ?Sized> Coherence for &T {
    fn clean_invalidate(&self, span: CpuSpan) {
        (**self).clean_invalidate(span);
    }

    fn invalidate(&self, span: CpuSpan) {
        (**self).invalidate(span);
    }

    fn invalidate_part(&self, span: CpuSpan) {
        (**self).invalidate_part(span);
    }

    fn clean_invalidate_each(&self, spans: Spans<'_>) {
        (**self).clean_invalidate_each(spans);
    }

    fn invalidate_each(&self, spans: Spans<'_>, line: usize) {
        (**self).invalidate_each(spans, line);
    }

    fn clean_invalidate_all(&self) {
        (**self).clean_invalidate_all();
    }

    fn barrier(&self) {
        (**self).barrier();
    }
}

impl<T: Clock + ?Sized> Clock for &T {
    fn now(&self) -> Instant {
        (**self).now()
    }

    fn frequency(&self) -> u64 {
        (**self).frequency()
    }
}

impl<T: Idle + ?Sized> Idle for &T {
    fn sleep_until(&self, deadline: Instant, ready: &mut dyn FnMut() -> bool) -> Woken {
        (**self).sleep_until(deadline, ready)
    }

    fn sleep_over(&self, deadline: Instant, flight: &mut Flight<'_>) -> Woken {
        (**self).sleep_over(deadline, flight)
    }
}
