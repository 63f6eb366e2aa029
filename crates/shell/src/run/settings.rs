//! `/color`, `/cuts`, `/reboot`, `/halt`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::args::{Switch, Values};
use crate::console::{Answer, Failure, Session};
use crate::render::Paint;
use crate::scatter::Cuts;

pub(super) fn color(session: &mut Session<'_>, values: &Values) -> String {
    match values.switch("switch") {
        Some(Switch::On) => session.set_paint(Paint::Colour),
        Some(Switch::Off) => session.set_paint(Paint::Plain),
        None => {}
    }
    match session.paint() {
        Paint::Colour => "colour is on".to_string(),
        Paint::Plain => "colour is off".to_string(),
    }
}

pub(super) fn cuts(session: &mut Session<'_>, values: &Values) -> Answer {
    let source = values.lengths("lengths").map(sizes);
    let destination = values.lengths("to").map(sizes);
    if source.is_some() || destination.is_some() {
        let source = source.unwrap_or_else(|| session.cuts().source().to_vec());
        let cuts = match destination {
            Some(destination) => Cuts::with_destination(&source, &destination),
            None => Cuts::new(&source),
        };
        // The grammar lets only good ones through.
        let cuts = cuts
            .map_err(|error| Failure::told(format_args!("these lengths will not do: {error:?}")))?;
        session.set_cuts(cuts);
    }
    let (source, destination) = (list(session.cuts().source()), list(session.cuts().destination()));
    Ok(format!("source {source}… destination {destination}…"))
}

fn sizes(lengths: &[u64]) -> Vec<usize> {
    lengths.iter().map(|length| usize::try_from(*length).unwrap_or(usize::MAX)).collect()
}

fn list(lengths: &[usize]) -> String {
    let words: Vec<String> = lengths.iter().map(ToString::to_string).collect();
    words.join(",")
}

pub(super) fn reboot(session: &mut Session<'_>) -> String {
    session.part(Ok("rebooting".to_string()));
    session.machine().reboot();
    String::new()
}

pub(super) fn halt(session: &mut Session<'_>) -> String {
    session.part(Ok("halted".to_string()));
    session.machine().halt();
    String::new()
}
