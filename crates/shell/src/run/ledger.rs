//! `/ledger`.

use alloc::format;
use alloc::string::ToString;

use sgdma::ledger::{Ledger, Recording};

use crate::args::{Switch, Values};
use crate::console::{Answer, Failure, Session};

pub(super) fn ledger(session: &mut Session<'_>, values: &Values) -> Answer {
    let dma = session.machine().dma();
    let ledger = dma.map_err(|why| Failure::told(format_args!("no DMA engine: {why}")))?.ledger;
    match values.switch("switch") {
        Some(Switch::On) => ledger.switch(Recording::On),
        Some(Switch::Off) => ledger.switch(Recording::Off),
        None => {}
    }
    let text = ledger.to_string();
    session.lines(text.lines().skip(1));
    Ok(summary(ledger))
}

fn summary(ledger: &Ledger) -> alloc::string::String {
    let switch = match ledger.recording() {
        Recording::On => "on",
        Recording::Off => "off",
    };
    let (misuses, last) = ledger.misuses();
    let last = last.map_or_else(Default::default, |last| format!(", the last: {last}"));
    let (live, unrecorded) = (ledger.live(), ledger.unrecorded());
    format!(
        "ledger {switch}, {live} segments mapped, {unrecorded} mappings not recorded, {misuses} misuses{last}"
    )
}
