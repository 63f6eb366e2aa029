//! `/channels`.

use alloc::format;
use alloc::string::ToString;

use sgdma::constraints::ChannelKind;
use sgdma::register::ChannelId;

use crate::console::{Answer, Failure, Session};
use crate::machine::Machine;
use crate::render::{Align, Colour, Table};

pub(super) fn channels<M: Machine>(session: &mut Session<'_, M>) -> Answer {
    let dma = session.machine().dma();
    let dma = dma.map_err(|why| Failure::new(format!("no DMA engine: {why}")))?;
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
        table.row([
            channel.to_string(),
            ChannelKind::of(channel).to_string(),
            state.to_string(),
            counters.completed.to_string(),
            counters.failed.to_string(),
            counters.timeouts.to_string(),
            counters.recoveries.to_string(),
            counters.interrupts.to_string(),
            counters.late.to_string(),
        ]);
        table.colour(2, colour);
    }
    let lines = table.lines(session.paint());
    session.lines(lines);
    Ok(format!("{} channels of {}", usable.count_ones(), ChannelId::COUNT))
}
