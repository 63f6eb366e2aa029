//! What the VideoCore's firmware tells about the board.

use bcm2837::clock::{Clock, Health};
pub(crate) use bcm2837::facts::Facts;
use bcm2837::mailbox::{Error, Message, Tag};

use super::mailbox;

/// Asks everything at once, before the MMU is on.
pub(crate) fn ask() -> Facts {
    let message = Message::<48>::new(&Facts::QUESTIONS).and_then(|mut message| {
        mailbox::call(&mut message)?;
        Ok(message)
    });
    Facts::from_answers(message.as_ref().ok())
}

/// The clocks, the temperature, and what holds the clocks down, now.
///
/// # Errors
/// The firmware does not answer.
pub(crate) fn health() -> Result<Health, Error> {
    let mut message = Health::message()?;
    mailbox::call(&mut message)?;
    Ok(Health::from_answers(&message))
}

/// Asks for a clock's rate, in Hz. Only [`health`] tells what came of it.
///
/// # Errors
/// The firmware does not answer.
pub(crate) fn set_clock(clock: Clock, rate: u32) -> Result<(), Error> {
    let mut message = Message::<12>::new(&[Tag::SetClockRate(clock, rate)])?;
    mailbox::call(&mut message)
}

/// The board's serial number; `None` where the firmware has none to tell, as QEMU's.
pub(crate) fn serial() -> Option<u64> {
    let mut message = Message::<8>::new(&[Tag::BoardSerial]).ok()?;
    mailbox::call(&mut message).ok()?;
    let [low, high] = message.pair(Tag::BoardSerial).ok()?;
    Some(u64::from(high) << 32 | u64::from(low)).filter(|serial| *serial != 0)
}

/// The clock of the buses now, in Hz; 0 where the firmware does not tell.
pub(crate) fn core_clock() -> u32 {
    health()
        .ok()
        .and_then(|health| {
            let [_, core, _] = health.clocks;
            core.set
        })
        .unwrap_or(0)
}
