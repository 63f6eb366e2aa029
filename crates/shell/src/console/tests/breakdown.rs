//! `/crash`, `/watchdog`.

use core::time::Duration;

use super::{console, last};
use crate::machine::Crash;

#[test]
fn every_kind_of_breakdown_reaches_a_machine_and_one_that_cannot_says_so() {
    for name in Crash::NAMES {
        assert!(Crash::named(name).is_some(), "{name}");
        assert_eq!(
            last(&mut console(), std::format!("/crash {name}").as_bytes()),
            "error: /crash: this machine has nothing that could break down"
        );
    }
    assert_eq!(Crash::named("null"), Some(Crash::Null));
    assert_eq!(Crash::named("hang"), Some(Crash::Hang));
    let answer = last(&mut console(), b"/crash nul");
    assert!(answer.starts_with("error: /crash:") && answer.contains("null"), "{answer}");
}

#[test]
fn the_watchdog_gets_the_time_that_was_typed() {
    for (line, limit, answer) in [
        ("/watchdog on", Some(15), "ok: resets after 15 s without a look for input"),
        ("/watchdog seconds=3", Some(3), "ok: resets after 3 s without a look for input"),
        ("/watchdog on seconds=1", Some(1), "ok: resets after 1 s without a look for input"),
        ("/watchdog off", None, "ok: off"),
    ] {
        let mut console = console();
        console.machine.watchdog.set(Some(Duration::MAX));
        assert_eq!(last(&mut console, line.as_bytes()), answer);
        assert_eq!(console.machine.watchdog.get(), limit.map(Duration::from_secs), "{line}");
    }
}

#[test]
fn what_the_watchdog_cannot_do_is_refused() {
    for line in
        ["/watchdog", "/watchdog off seconds=3", "/watchdog seconds=16", "/watchdog seconds=0"]
    {
        let mut console = console();
        console.machine.watchdog.set(Some(Duration::MAX));
        let answer = last(&mut console, line.as_bytes());
        assert!(answer.starts_with("error: /watchdog:"), "{line}: {answer}");
        assert_eq!(console.machine.watchdog.get(), Some(Duration::MAX), "{line}");
    }
}
