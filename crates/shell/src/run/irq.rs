//! `/irq`.

use alloc::format;

use sgdma::register::ChannelId;

use super::demo::engine;
use crate::console::{Answer, Session};
use crate::render::{Align, Colour, Table};

/// The first channel of those that share a line. Datasheet p. 113; Linux' `bcm2835-common.dtsi`.
const FIRST_SHARED: u8 = 11;

#[inline(never)]
pub(super) fn irq(session: &mut Session<'_>) -> Answer {
    let engine = engine(session.machine())?.engine;
    let mut table = Table::new(&[
        ("channel", Align::Left),
        ("line", Align::Left),
        ("taken", Align::Right),
        ("completed", Align::Right),
        ("failed", Align::Right),
        ("late", Align::Right),
        ("spurious", Align::Right),
        ("lost", Align::Right),
    ]);
    let (mut taken, mut strays) = (0_u64, 0_u64);
    let ours = |channel: &ChannelId| engine.usable() & channel.bit() != 0;
    for channel in (0..ChannelId::COUNT).filter_map(ChannelId::new).filter(ours) {
        let counted = engine.info(channel).counters;
        let stray = u64::from(counted.late) + u64::from(counted.spurious);
        taken += u64::from(counted.interrupts);
        strays += stray;
        table.row(&[
            &channel,
            if channel.number() < FIRST_SHARED { &"own" } else { &"shared" },
            &counted.interrupts,
            &counted.completed,
            &counted.failed,
            &counted.late,
            &counted.spurious,
            &counted.lost,
        ]);
        if stray + u64::from(counted.lost) != 0 {
            table.colour(0, Colour::Yellow);
        }
    }
    let lines = table.lines(session.paint());
    session.lines(lines);
    Ok(format!("{taken} interrupts taken, {strays} late or spurious"))
}
