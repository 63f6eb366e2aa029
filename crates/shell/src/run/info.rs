//! `/info` and `/map`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Display, Formatter};

use crate::args::Values;
use crate::console::Session;
use crate::machine::{EngineFacts, Facts, MemoryKind, Region, Rights};
use crate::render::{Align, Colour, Table, bytes, frequency};

#[inline(never)]
pub(super) fn info(session: &mut Session<'_>) -> String {
    let facts = session.machine().facts();
    board(session, &facts);
    engine(session, &facts.engine);
    let (heap, pool) = (session.machine().heap(), session.machine().coherent_pool());
    session.print(format_args!("heap: {heap}"));
    session.print(format_args!("coherent pool: {pool}"));
    map_table(session);
    format!("{} engine, granule {}", facts.engine.kind, facts.engine.granule)
}

fn board(session: &mut Session<'_>, facts: &Facts) {
    session.print(format_args!("board: {}", facts.board));
    session.print(format_args!("revision: {:06x}", facts.revision));
    let (arm, gpu) = (bytes(facts.arm_memory), bytes(facts.gpu_memory));
    session.print(format_args!("memory: {arm} for the ARM, {gpu} for the VideoCore"));
    session.print(format_args!("exception level: EL{}", facts.exception_level));
    let clock =
        |clock: &crate::machine::Clock| format!("{} {}", clock.name, frequency(clock.hertz));
    let clocks: Vec<String> = facts.clocks.iter().map(clock).collect();
    session.print(format_args!("clocks: {}", clocks.join(", ")));
    session.print(format_args!("last reset: {}", facts.reset_reason));
    session.print(format_args!("version: {}", facts.version));
}

fn engine(session: &mut Session<'_>, engine: &EngineFacts) {
    session.print(format_args!("engine: {}, granule {}", engine.kind, engine.granule));
    let mask: Vec<String> = (0..15_u32)
        .filter(|bit| engine.channel_mask >> bit & 1 == 1)
        .map(|bit| bit.to_string())
        .collect();
    session.print(format_args!(
        "channel mask: {:#06x} ({}; {})",
        engine.channel_mask,
        mask.join(" "),
        engine.mask_source
    ));
    let used: Vec<String> = engine.channels.iter().map(|channel| format!("dma{channel}")).collect();
    session.print(format_args!("channels used: {}", used.join(" ")));
}

pub(super) fn map(session: &mut Session<'_>, values: &Values) -> String {
    let regions = session.machine().memory_map();
    if values.word("what").is_some() {
        return registers(session, &regions);
    }
    map_table(session);
    if let Some(span) = session.demo().as_ref().map(|demo| demo.scratch.span()) {
        session.print(format_args!("scratch memory: {span} (in the heap), yours to write"));
    }
    let wrong = regions.iter().filter(|region| !as_mapped(region)).count();
    match wrong {
        0 => format!("{} regions", regions.len()),
        wrong => format!("{} regions, {wrong} read back other than mapped", regions.len()),
    }
}

/// Shows where registers are.
fn registers(session: &mut Session<'_>, regions: &[Region]) -> String {
    let mut table =
        Table::new(&[("from", Align::Right), ("to", Align::Right), ("registers", Align::Left)]);
    let blocks = regions.iter().flat_map(|region| region.registers);
    for (name, range) in blocks.clone() {
        let (from, to) = (range.start, range.end);
        table.row(&[&format_args!("{from:#010x}"), &format_args!("{to:#010x}"), name]);
    }
    let lines = table.lines(session.paint());
    session.lines(&lines);
    format!("{} blocks of registers", blocks.count())
}

fn map_table(session: &mut Session<'_>) {
    let mut table = Table::new(&[
        ("from", Align::Right),
        ("to", Align::Right),
        ("region", Align::Left),
        ("memory", Align::Left),
        ("cpu", Align::Left),
        ("dma", Align::Left),
        ("mair", Align::Left),
    ]);
    for region in &session.machine().memory_map() {
        table.row(&[
            &format_args!("{:#010x}", region.start),
            &format_args!("{:#010x}", region.end()),
            &region.name,
            &region.memory,
            &region.cpu,
            &region.engine,
            &ReadBack(region.read_back),
        ]);
        table.colour(2, hue(region));
        if !as_mapped(region) {
            table.colour(6, Colour::Red);
        }
    }
    let lines = table.lines(session.paint());
    session.lines(lines);
}

/// The attribute read back, as the table shows it.
struct ReadBack(Option<u8>);

impl Display for ReadBack {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(mair) => write!(f, "{mair:#04x}"),
            None => f.write_str("fault"),
        }
    }
}

/// Whether the attribute read back is that of the kind the region is mapped as.
fn as_mapped(region: &Region) -> bool {
    match region.memory {
        MemoryKind::Unmapped => region.read_back.is_none(),
        MemoryKind::WriteBack => region.read_back == Some(0xFF),
        MemoryKind::NonCacheable => region.read_back == Some(0x44),
        MemoryKind::Device => matches!(region.read_back, Some(0x00 | 0x04)),
    }
}

fn hue(region: &Region) -> Colour {
    match (region.memory, region.engine) {
        (MemoryKind::Unmapped, _) => Colour::Grey,
        (MemoryKind::Device, _) => Colour::Yellow,
        (MemoryKind::NonCacheable, _) => Colour::Magenta,
        (MemoryKind::WriteBack, Rights::ReadWrite) => Colour::Green,
        (MemoryKind::WriteBack, _) => Colour::Blue,
    }
}
