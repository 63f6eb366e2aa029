//! The console's line: PL011, 115200 8N1, received by interrupt into a ring, sent by waiting.

use alloc::collections::VecDeque;
use core::fmt;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use arm_pl011_uart::{
    DataBits, Error, FifoLevel, Interrupts, LineConfig, PL011Registers, Parity, StopBits, Uart,
    UniqueMmioPointer,
};
use bcm2837::pl011::{DEFAULT_CLOCK, Divisor, Unreachable};

use super::memory_map;
use super::system_timer::{self, TimedOut};
use crate::sync::IrqCell;

/// Bits per second.
pub(crate) const BAUD: u32 = 115_200;
/// Bytes that may wait to be read. Answering a line takes longer than receiving one, so of a paste of many lines almost
/// all of it waits: 64 KiB, and as much again for who types on.
const RING: usize = 128 * 1024;
/// How long the device may take for a byte, in microseconds: that of a hundred.
const STALL: u32 = 10_000;
/// More than the device's queue holds.
const BURST: usize = 16;

/// What has come in since boot, and what of it is lost or damaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Bytes received.
    pub(crate) received: u64,
    /// Bytes that came while the ring was full.
    pub(crate) overruns: u32,
    /// Bytes damaged or lost by the framing, parity, break and overrun errors that the device reports, at the least.
    pub(crate) line_errors: u32,
}

struct Line {
    /// `None` until the boot has configured it.
    uart: Option<Uart<'static>>,
    /// The reference clock that it is configured for, in Hz.
    clock: u32,
    /// As large as it will ever be since [`init`]: an interrupt handler must not allocate.
    received: VecDeque<u8>,
    counters: Counters,
}

static LINE: IrqCell<Line> = IrqCell::new(Line {
    uart: None,
    clock: 0,
    received: VecDeque::new(),
    counters: Counters { received: 0, overruns: 0, line_errors: 0 },
});

/// The device, whoever else holds it.
///
/// # Safety
/// No other value of this is used any more, or the caller has stopped everything that uses one.
unsafe fn device() -> Uart<'static> {
    let registers = core::ptr::with_exposed_provenance_mut::<PL011Registers>(memory_map::UART);
    let registers = NonNull::new(registers).unwrap_or(NonNull::dangling());
    // SAFETY: the block is at this address on this chip and not at 0; the caller promises that it is the only user.
    Uart::new(unsafe { UniqueMmioPointer::new(registers) })
}

/// Configures the device for its reference clock of `clock` Hz and receives by interrupt. The MMU is on, and there is a heap.
///
/// # Errors
/// The clock cannot make the rate; the device is configured as if it were the default clock.
pub(crate) fn init(clock: u32) -> Result<(), Unreachable> {
    // SAFETY: runs once, at boot; this value goes into `LINE` and is the only one.
    let mut uart = unsafe { device() };
    let reachable = configure(&mut uart, clock);
    uart.set_interrupt_fifo_levels(FifoLevel::Bytes4, FifoLevel::Bytes4);
    uart.clear_interrupts(Interrupts::all());
    uart.set_interrupt_masks(Interrupts::RXI | Interrupts::RTI | Interrupts::OEI);
    let ring = VecDeque::with_capacity(RING);
    LINE.with(|line| (line.uart, line.clock, line.received) = (Some(uart), clock, ring));
    reachable
}

/// Keeps the rate where the reference clock has become `clock` Hz: computes the divisors anew. What the rate is, in bits per
/// second. (`init_uart_clock` has a divider of its own, so that no other clock should ever move it.)
pub(crate) fn follow(clock: Option<u32>) -> u32 {
    let changed = |line: &Line| clock.is_some_and(|clock| clock != line.clock);
    if LINE.with(|line| changed(line)) {
        flush();
    }
    LINE.with(|line| {
        if let (Some(uart), Some(clock)) = (&mut line.uart, clock)
            && clock != line.clock
            && configure(uart, clock).is_ok()
        {
            line.clock = clock;
        }
        Divisor::new(line.clock, BAUD).map_or(0, |divisor| divisor.baud(line.clock))
    })
}

fn configure(uart: &mut Uart<'_>, clock: u32) -> Result<(), Unreachable> {
    let reachable = Divisor::new(clock, BAUD);
    let config =
        LineConfig { data_bits: DataBits::Bits8, parity: Parity::None, stop_bits: StopBits::One };
    let clock = if reachable.is_ok() { clock } else { DEFAULT_CLOCK };
    uart.disable();
    // Cannot fail: the divisor was computed above, and the default clock's is known.
    let _ = uart.enable(config, BAUD, clock);
    reachable.map(drop)
}

impl Line {
    /// Empties the device's queue into the ring.
    ///
    /// The interrupt of a byte that comes between the last look and the clear would be lost, so it looks again after
    /// the clear: once the queue is seen empty with the interrupt cleared, the next byte raises it anew.
    fn drain(&mut self) {
        let Self { uart: Some(uart), received, counters, .. } = self else { return };
        loop {
            while !uart.is_rx_fifo_empty() {
                receive_one(uart, received, counters);
            }
            uart.clear_interrupts(Interrupts::RXI | Interrupts::RTI | Interrupts::OEI);
            if uart.is_rx_fifo_empty() {
                return;
            }
        }
    }

    /// Gives the device what it takes at once; what is left. Without a device nothing is.
    fn send_some<'bytes>(&mut self, bytes: &'bytes [u8]) -> &'bytes [u8] {
        let Some(uart) = &mut self.uart else { return &[] };
        let mut rest = bytes;
        while let [byte, after @ ..] = rest
            && rest.len() + BURST > bytes.len()
            && !uart.is_tx_fifo_full()
        {
            uart.write_word(*byte);
            rest = after;
        }
        rest
    }
}

fn receive_one(uart: &mut Uart<'_>, ring: &mut VecDeque<u8>, counters: &mut Counters) {
    match uart.read_word() {
        Ok(Some(byte)) => {
            counters.received = counters.received.saturating_add(1);
            if ring.len() < RING {
                ring.push_back(byte);
            } else {
                counters.overruns = counters.overruns.saturating_add(1);
            }
        }
        Ok(None) => {}
        // The byte that carries the flag is dropped; before an overrun at least one more found no room in the device.
        Err(Error::Overrun) => counters.line_errors = counters.line_errors.saturating_add(2),
        Err(_) => counters.line_errors = counters.line_errors.saturating_add(1),
    }
}

/// Set by `/crash irq`.
static PANIC: AtomicBool = AtomicBool::new(false);

/// Makes the device ask, and its handler panic.
pub(crate) fn panic_at_next_interrupt() {
    PANIC.store(true, Ordering::Relaxed);
    LINE.with(|line| {
        if let Some(uart) = &mut line.uart {
            // Its queue has run empty before, or does so now.
            uart.set_interrupt_masks(Interrupts::TXI);
            uart.write_word(b' ');
        }
    });
}

/// The device asks: called by the interrupt dispatch.
pub(crate) fn on_interrupt() {
    assert!(!PANIC.load(Ordering::Relaxed), "asked for by /crash irq");
    LINE.with(Line::drain);
}

/// The next received byte, if there is one.
pub(crate) fn read() -> Option<u8> {
    LINE.with(|line| {
        if line.received.is_empty() {
            line.drain();
        }
        line.received.pop_front()
    })
}

/// Whether a received byte waits, in the ring or still in the device.
pub(crate) fn has_input() -> bool {
    LINE.with(|line| {
        !line.received.is_empty() || line.uart.as_ref().is_some_and(|uart| !uart.is_rx_fifo_empty())
    })
}

/// What came in since boot.
pub(crate) fn counters() -> Counters {
    LINE.with(|line| line.counters)
}

/// Sends all of `bytes`, waiting while the device's queue is full. Interrupts are masked for at most one queue's worth.
///
/// Where the queue stays full, the line has no clock: what is left is dropped, and the machine works on.
#[inline(never)]
pub(crate) fn write(bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let before = rest.len();
        rest = LINE.with(|line| line.send_some(rest));
        if rest.len() == before && wait_while(Uart::is_tx_fifo_full).is_err() {
            return;
        }
    }
}

/// Waits until the last byte has left the device, or is not going to.
pub(crate) fn flush() {
    let _ = wait_while(Uart::is_busy);
}

fn wait_while(state: impl Fn(&Uart<'static>) -> bool) -> Result<(), TimedOut> {
    system_timer::wait_until(STALL, || !LINE.with(|line| line.uart.as_ref().is_some_and(&state)))
}

/// `core::fmt` to the console, a newline as CR LF.
#[derive(Debug)]
pub(crate) struct Writer;

impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for piece in text.split_inclusive('\n') {
            match piece.strip_suffix('\n') {
                Some(line) => {
                    write(line.as_bytes());
                    write(b"\r\n");
                }
                None => write(piece.as_bytes()),
            }
        }
        Ok(())
    }
}

/// UARTEN of CR. BCM2835 ARM Peripherals p. 185.
fn is_on() -> bool {
    let control = core::ptr::with_exposed_provenance::<u32>(memory_map::UART + 0x30);
    // SAFETY: the device is at this address on this chip, and to read this register changes nothing.
    unsafe { control.read_volatile() & 1 != 0 }
}

/// The console for the last words: takes the device from whoever holds it.
pub(crate) struct Emergency(Uart<'static>);

impl Emergency {
    /// Takes the device.
    ///
    /// # Safety
    /// Nothing else runs any more, and nothing will.
    pub(crate) unsafe fn take() -> Self {
        // SAFETY: the caller promises it.
        Self(unsafe { device() })
    }

    /// Configures it, where the boot has not come so far. Works with the MMU off.
    pub(crate) fn configure(&mut self, clock: u32) {
        // The default clock is as good as any where the one named is of no use.
        let _ = configure(&mut self.0, clock);
    }

    /// Configures it if it is off: the boot has not come so far, or somebody has turned it off. The clock is then the one
    /// that `init_uart_clock` in `config.txt` sets.
    pub(crate) fn turn_on(&mut self) {
        if !is_on() {
            self.configure(DEFAULT_CLOCK);
        }
    }

    /// Waits for a byte.
    pub(crate) fn read(&mut self) -> u8 {
        loop {
            if let Ok(Some(byte)) = self.0.read_word() {
                return byte;
            }
        }
    }

    fn send(&mut self, byte: u8) {
        // A byte that no room comes for is lost, the others too: the reboot at their end is not.
        if system_timer::wait_until(STALL, || !self.0.is_tx_fifo_full()).is_ok() {
            self.0.write_word(byte);
        }
    }
}

impl fmt::Write for Emergency {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.send(b'\r');
            }
            self.send(byte);
        }
        Ok(())
    }
}
