//! The console of the `shell` crate on this machine.

use core::time::Duration;

use sgdma::platform::Clock;
use shell::console::{Background, Console};
use shell::machine::Machine as _;
use shell::render::Paint;

use crate::board::dma::Platform;
use crate::machine::Machine;

/// How often the console is told that nothing has come in: a paste that fell silent ends by this.
const PATIENCE: Duration = Duration::from_millis(250);

/// Takes lines for ever.
pub(crate) fn run(machine: Machine) -> ! {
    let mut console = Console::new(machine, Paint::Plain);
    console.start();
    loop {
        match machine.poll() {
            Some(byte) => console.feed(byte, machine.uptime()),
            None if console.work() == Background::Busy => console.idle(machine.uptime()),
            None => rest(&mut console, &machine),
        }
    }
}

/// Sleeps until something comes in. Only an unfinished paste needs the clock.
fn rest(console: &mut Console<Machine>, machine: &Machine) {
    let deadline = Platform.after(PATIENCE);
    if Machine::wait_for_byte(deadline) == sgdma::platform::Woken::Deadline {
        console.idle(machine.uptime());
    }
}
