//! `/bench`: what the library costs on this machine.

use alloc::format;

use crate::console::{Answer, Failure, Session};

pub(super) fn bench(session: &mut Session<'_>) -> Answer {
    let machine = session.machine();
    match machine.bench(&mut |line| session.line(line)) {
        Ok(figures) => Ok(format!("{figures} figures")),
        Err(why) => Err(Failure::new(why)),
    }
}
