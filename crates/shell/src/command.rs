//! The commands: names, arguments, help. What they do is in the module `run`.

mod complete;
mod rules;
mod table;

use crate::args::Parameter;
use crate::suggest::nearest;

pub use self::complete::Commands;
pub use self::table::COMMANDS;

/// A command of the console.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// What it does.
    pub verb: Verb,
    /// Its name, without the `/`.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// More about it, line by line.
    pub more: &'static [&'static str],
    /// Its arguments, in order.
    pub parameters: &'static [Parameter],
    /// A line to type.
    pub example: &'static str,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained where it is listed, in the table")]
pub enum Verb {
    Help,
    Info,
    Map,
    Demo,
    Cuts,
    Sg,
    Channels,
    Irq,
    Pool,
    Clocks,
    Loopback,
    Blink,
    Ledger,
    Dmatest,
    Bench,
    Scope,
    Calibrate,
    Fault,
    Copy,
    Fill,
    Blit,
    Ring,
    Crash,
    Watchdog,
    Dump,
    Poke,
    Log,
    Stats,
    Color,
    Version,
    Reboot,
    Halt,
}

/// The command of this name.
///
/// # Errors
/// The name of the command that was perhaps meant.
pub fn find(name: &[u8]) -> Result<&'static Command, Option<&'static str>> {
    COMMANDS
        .iter()
        .find(|command| command.name.as_bytes() == name)
        .ok_or_else(|| nearest(name, &mut COMMANDS.iter().map(|command| command.name)))
}

#[cfg(test)]
mod tests;
