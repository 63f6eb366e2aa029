//! `/fault hole` and `/fault zero`: what no document says of the engine, asked of the engine.

use alloc::format;
use alloc::string::ToString;

use sgdma::address::BusAddr;
use sgdma::engine::{Need, Probed, Question};
use sgdma::register::debug;

use super::told;
use crate::console::{Answer, Failure, Session};
use crate::run::board_only;
use crate::run::job::show;

/// Where no block of registers is, on the bus: between DMA and power management (Linux `bcm283x.dtsi`).
const HOLE: BusAddr = BusAddr::new(0x7E0F_F000);

/// A read of an address where nothing is.
pub(super) fn hole(session: &mut Session<'_>) -> Answer {
    let seen = ask(session, Question::Read(HOLE))?;
    let came = if seen.registers.debug & debug::READ_ERROR != 0 {
        "ended in READ_ERROR"
    } else if seen.registers.conblk_ad != 0 {
        "does not end; the channel was reset"
    } else if let Some(word) = seen.word {
        return Ok(format!("a read of {HOLE} gave {word:#010x} and no error"));
    } else {
        "ended without an error or a write"
    };
    Ok(format!("a read of {HOLE} {came}"))
}

/// A block of length 0.
pub(super) fn zero(session: &mut Session<'_>) -> Answer {
    let seen = ask(session, Question::Nothing)?;
    let moved = if seen.word.is_none() { "nothing was written" } else { "it wrote" };
    Ok(match seen.registers.conblk_ad {
        0 => format!("a block of length 0 ends; {moved}"),
        _ => format!("a block of length 0 does not end; {moved}; the channel was reset"),
    })
}

/// Asks on a channel of its own, and shows its registers.
fn ask(session: &mut Session<'_>, question: Question) -> Result<Probed, Failure> {
    let dma = board_only::engine(session)?;
    // What was to befall a typed line would be taken for the engine's answer.
    let dropped = session.machine().forget_faults();
    if dropped > 0 {
        session.log("fault", format_args!("{dropped} planned failures are dropped"));
    }
    let channel = dma.engine.request(Need::Full, "fault").map_err(told)?;
    let id = channel.id();
    let seen = channel.probe(question, dma.pool).map_err(told)?;
    show::registers(session, &id.to_string(), &seen.registers);
    match seen.withdrawn {
        Some(why) => Err(Failure::told(format_args!("{id} {why}; it is withdrawn"))),
        None => Ok(seen),
    }
}
