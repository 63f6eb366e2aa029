//! `/crash`, `/watchdog`: what happens when nothing works any more.

use alloc::format;
use core::time::Duration;

use crate::args::{Switch, Values};
use crate::console::{Answer, Failure, Session};
use crate::machine::Crash;

/// How long the console may be silent, in seconds, if nothing else is said.
const SECONDS: u64 = 15;

/// Breaks down. What is printed then is the machine's last words and no answer.
pub(super) fn crash(session: &mut Session<'_>, values: &Values) -> Answer {
    let kind = values.word("kind").and_then(Crash::named);
    let kind = kind.ok_or_else(|| Failure::new("no such kind"))?;
    Err(Failure::new(session.machine().crash(kind)))
}

pub(super) fn watchdog(session: &mut Session<'_>, values: &Values) -> Answer {
    let seconds = values.number("seconds");
    let limit = match (values.switch("switch"), seconds) {
        (Some(Switch::Off), None) => None,
        (Some(Switch::Off), Some(_)) => return Err(Failure::new("off takes no seconds")),
        (Some(Switch::On), _) | (None, Some(_)) => Some(seconds.unwrap_or(SECONDS)),
        (None, None) => return Err(Failure::new("say on, off or seconds=15")),
    };
    session.machine().watchdog(limit.map(Duration::from_secs)).map_err(Failure::new)?;
    Ok(match limit {
        Some(seconds) => format!("resets after {seconds} s without a look for input"),
        None => "off".into(),
    })
}
