//! What the VideoCore's firmware tells about the board.

pub(crate) use bcm2837::facts::Facts;
use bcm2837::mailbox::Message;

use super::mailbox;

/// Asks everything at once, before the MMU is on.
pub(crate) fn ask() -> Facts {
    let message = Message::<48>::new(&Facts::QUESTIONS).and_then(|mut message| {
        mailbox::call(&mut message)?;
        Ok(message)
    });
    Facts::from_answers(message.as_ref().ok())
}
