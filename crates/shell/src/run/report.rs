//! `/log`, `/stats`, `/version`.

use alloc::format;
use alloc::string::String;

use sgdma::register::ChannelId;

use crate::args::Values;
use crate::console::Session;
use crate::render::{Align, Table};

/// What `/log` shows where no number is given.
const LINES: u64 = 20;

pub(super) fn log(session: &mut Session<'_>, values: &Values) -> String {
    let count = values.number("lines").unwrap_or(LINES);
    let lines = session.logged(usize::try_from(count).unwrap_or(usize::MAX));
    let shown = lines.len();
    session.lines(lines);
    format!("{shown} of {} log lines", session.log_lines())
}

pub(super) fn stats(session: &mut Session<'_>) -> String {
    let (tally, counters) = (session.tally(), session.machine().counters());
    let mut table = Table::new(&[("since the start", Align::Left), ("count", Align::Right)]);
    for (name, count) in [
        ("lines answered ok", tally.ok),
        ("lines answered error", tally.error),
        ("data lines", tally.data),
        ("bytes in data lines", tally.data_bytes),
        ("bytes received", counters.received),
        ("bytes lost on the line", counters.overruns),
        ("bytes lost while busy", session.lost_input()),
        ("DMA interrupts", dma_interrupts(session)),
        ("log lines", session.log_lines()),
    ] {
        table.row(&[&name, &count]);
    }
    let lines = table.lines(session.paint());
    session.lines(lines);
    let up = session.machine().uptime();
    format!("up {}.{:06} s", up.as_secs(), up.subsec_micros())
}

/// Interrupts that belonged to a transfer, of all channels.
fn dma_interrupts(session: &Session<'_>) -> u64 {
    let Ok(dma) = session.machine().dma() else { return 0 };
    let channels = (0..ChannelId::COUNT).filter_map(ChannelId::new);
    channels.map(|channel| u64::from(dma.engine.info(channel).counters.interrupts)).sum()
}

pub(super) fn version(session: &mut Session<'_>) -> String {
    let facts = session.machine().facts();
    format!("rpi3-sgdma {}", facts.version)
}
