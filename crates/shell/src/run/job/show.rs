//! What each stage of the main job says.

use alloc::format;
use alloc::string::{String, ToString};

use sgdma::address::BusAddr;
use sgdma::buffer::Mode;
use sgdma::constraints::EngineKind;
use sgdma::control_block::ControlBlock;
use sgdma::engine::{Fault, Snapshot};
use sgdma::map::{Direction, Mapped};
use sgdma::platform::Platform;
use sgdma::sg_table::SgTable;
use sgdma::transfer::{Failed, Payload};

use super::super::prepare::{Sink, Source};
use crate::console::{Failure, Session};
use crate::escape::quote_within;

/// How many of anything are shown.
const SHOWN: usize = 8;

pub(super) fn source(session: &mut Session<'_>, data: &[u8]) {
    let head = format!("source: {} bytes: ", data.len());
    let room = Session::log_room("demo").saturating_sub(head.len());
    session.log("demo", format_args!("{head}{}", quote_within(data, room)));
}

/// `… N more`, where there are more than are shown.
fn more(count: usize) -> String {
    match count.checked_sub(SHOWN) {
        None | Some(0) => String::new(),
        Some(more) => format!("… {more} more"),
    }
}

pub(super) fn table<A: Mode>(session: &mut Session<'_>, name: &str, table: &SgTable<'_, A>) {
    let (nents, memory) = (table.nents(), table.memory());
    session.log("sg", format_args!("{name}: {nents} entries, {memory} memory"));
    for entry in table.entries().take(SHOWN) {
        session.log("sg", format_args!("  {} {}", entry.index, entry.span));
    }
    if nents > SHOWN {
        session.log("sg", format_args!("  {}", more(nents)));
    }
}

pub(super) fn mapped(session: &mut Session<'_>, source: &Source<'_, '_>, sink: &Sink<'_, '_>) {
    one_side(session, source);
    one_side(session, sink);
}

fn one_side<D: Direction, A: Mode>(
    session: &mut Session<'_>,
    side: &Mapped<'_, '_, D, A, dyn Platform>,
) {
    let count = side.nents();
    session.log("map", format_args!("{}: {count} segments on the bus", side.way()));
    for segment in side.segments().take(SHOWN) {
        session.log("map", format_args!("  {segment}"));
    }
    if count > SHOWN {
        session.log("map", format_args!("  {}", more(count)));
    }
}

/// The chain: its blocks, and where the first is on the bus.
pub(in crate::run) fn lowered(
    session: &mut Session<'_>,
    engine: EngineKind,
    (blocks, chain): (&[ControlBlock], BusAddr),
    edges: usize,
) {
    let (count, granule) = (blocks.len(), engine.granule());
    session.log(
        "lower",
        format_args!("{count} blocks at {chain}, {edges} edges; granule {granule}; verified"),
    );
    for (index, block) in blocks.iter().take(SHOWN).enumerate() {
        let (ti, from, to) = (block.ti, block.source, block.dest);
        let line = format_args!("  {index} ti {ti:#x} {from:#x} → {to:#x} {:#x}", block.len);
        session.log("lower", line);
    }
    if count > SHOWN {
        session.log("lower", format_args!("  {}", more(count)));
    }
}

/// Why a transfer failed, with the registers decoded.
pub(in crate::run) fn fault(session: &mut Session<'_>, part: &str, fault: &Fault) {
    session.log(part, format_args!("{}", fault.kind));
    registers(session, part, &fault.registers);
}

/// The registers of a channel, decoded.
pub(in crate::run) fn registers(session: &mut Session<'_>, part: &str, registers: &Snapshot) {
    /// Columns before the names of the bits.
    const NAMES: usize = 23;
    for line in registers.to_string().lines() {
        session.log_wrapped(part, line, NAMES);
    }
}

/// Reports a failed transfer, its registers decoded.
pub(in crate::run) fn failed(
    session: &mut Session<'_>,
    part: &str,
    failed: &Failed<&mut dyn Payload>,
) -> Failure {
    fault(session, part, &failed.fault);
    let lost = if failed.payload.is_none() { "; its memory is given up" } else { "" };
    Failure::told(format_args!(
        "{part}: {failed}{lost}; the channel was reset, the next line may work"
    ))
}
