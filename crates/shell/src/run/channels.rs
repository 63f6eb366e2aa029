//! `/channels`.

use alloc::format;

use sgdma::constraints::ChannelKind;
use sgdma::register::ChannelId;

use crate::console::{Answer, Failure, Session};
use crate::render::{Align, Colour, Table};

pub(super) fn channels(session: &mut Session<'_>) -> Answer {
    let dma = session.machine().dma();
    let dma = dma.map_err(|why| Failure::told(format_args!("no DMA engine: {why}")))?;
    let mut table = Table::new(&[
        ("channel", Align::Left),
        ("kind", Align::Left),
        ("state", Align::Left),
        ("done", Align::Right),
        ("failed", Align::Right),
        ("timeouts", Align::Right),
        ("recovered", Align::Right),
        ("interrupts", Align::Right),
        ("late", Align::Right),
    ]);
    let usable = dma.engine.usable();
    for channel in (0..ChannelId::COUNT).filter_map(ChannelId::new) {
        let info = dma.engine.info(channel);
        let (state, colour) = match (info.owner, info.withdrawn) {
            _ if usable & channel.bit() == 0 => ("VideoCore's", Colour::Grey),
            (_, Some(_)) => ("withdrawn", Colour::Red),
            (Some(owner), None) => (owner, Colour::Yellow),
            (None, None) => ("free", Colour::Green),
        };
        let counters = info.counters;
        table.row(&[
            &channel,
            &ChannelKind::of(channel),
            &state,
            &counters.completed,
            &counters.failed,
            &counters.timeouts,
            &counters.recoveries,
            &counters.interrupts,
            &counters.late,
        ]);
        table.colour(2, colour);
    }
    let lines = table.lines(session.paint());
    session.lines(lines);
    Ok(format!("{} channels of {}", usable.count_ones(), ChannelId::COUNT))
}
