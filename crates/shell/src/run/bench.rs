//! `/bench`: what the library costs on this machine.

use alloc::format;

use crate::console::{Answer, Failure, Session};
use crate::machine::Machine;

pub(super) fn bench<M: Machine>(session: &mut Session<'_, M>) -> Answer {
    let machine = session.machine();
    match machine.bench(&mut |line| session.line(line)) {
        Ok(figures) => Ok(format!("{figures} figures")),
        Err(why) => Err(Failure::new(why)),
    }
}
