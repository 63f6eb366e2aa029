//! `/pool`.

use alloc::format;

use sgdma::coherence::MIN_BLOCK;

use super::demo::engine;
use crate::console::{Answer, Session};
use crate::render::{Align, Colour, Table, bar, bytes};

/// How wide a bar is.
const BAR: usize = 40;

#[inline(never)]
pub(super) fn pool(session: &mut Session<'_>) -> Answer {
    let pool = engine(session.machine())?.pool;
    let levels = pool.levels();
    let (total, most) = (u64::from(levels.total), u64::from(levels.high_water));
    let mut table = Table::new(&[
        ("", Align::Left),
        ("blocks", Align::Right),
        ("bytes", Align::Right),
        ("of the pool", Align::Left),
    ]);
    let used = u64::from(levels.used);
    table.row(&[&"in use", &levels.buffers, &used, &bar(used, total, BAR)]);
    table.colour(3, Colour::Yellow);
    table.row(&[&"at most", &"", &most, &bar(most, total, BAR)]);
    table.colour(3, Colour::Grey);
    let sizes = (0..u32::BITS).map_while(|order| MIN_BLOCK.checked_shl(order));
    for size in sizes.take_while(|size| *size <= levels.total.next_power_of_two()) {
        let free = pool.free_blocks(size);
        if free != 0 {
            let all = u64::from(size) * u64::from(free);
            let name = format!("free, of {}", bytes(size.into()));
            table.row(&[&name, &free, &all, &bar(all, total, BAR)]);
            table.colour(3, Colour::Green);
        }
    }
    let lines = table.lines(session.paint());
    session.lines(lines);
    Ok(format!("{levels}"))
}
