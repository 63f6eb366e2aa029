//! The machine as the console sees it: bytes in, bytes out, time, the end.

use core::time::Duration;

use sgdma::platform::{Clock, Idle, Instant, Woken};

use crate::board::dma::Platform;
use crate::board::{uart, watchdog};

/// The next received byte, if one is there.
pub(crate) fn read_byte() -> Option<u8> {
    uart::read()
}

/// Sleeps until a byte is there or `deadline` passes; [`Instant::NEVER`] waits for the byte alone.
pub(crate) fn wait_for_byte(deadline: Instant) -> Woken {
    Platform.sleep_until(deadline, uart::has_input)
}

/// The moment `wait` from now.
pub(crate) fn after(wait: Duration) -> Instant {
    Platform.after(wait)
}

/// Sends bytes as they are.
pub(crate) fn write(bytes: &[u8]) {
    uart::write(bytes);
}

/// Starts the board over, once everything is sent.
pub(crate) fn reboot() -> ! {
    uart::flush();
    watchdog::reboot()
}

/// Stops the board, once everything is sent; ends QEMU.
pub(crate) fn halt() -> ! {
    uart::flush();
    watchdog::halt()
}
