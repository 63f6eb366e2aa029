//! `/fault hole` and `/fault zero`: what no document says of the engine, asked of the engine.
//!
//! The library refuses both, so a single block is written by hand, on a channel of its own, and the channel is reset after it.

use alloc::format;
use alloc::string::ToString;
use core::time::Duration;

use sgdma::control_block::ControlBlock;
use sgdma::engine::{Need, Snapshot};
use sgdma::register::{ChannelId, Register, cs, debug, ti};

use super::told;
use crate::console::{Answer, Failure, Session};
use crate::machine::Dma;
use crate::run::board_only;

/// Where no block of registers is, on the bus: between DMA and power management (Linux `bcm283x.dtsi`).
const HOLE: u32 = 0x7E0F_F000;
/// How long the engine may take, and a reset after it.
const TIMEOUT: Duration = Duration::from_millis(10);
/// What the destination holds before.
const UNTOUCHED: u32 = 0x5A5A_5A5A;

/// A read of an address where nothing is.
pub(super) fn hole(session: &mut Session<'_>) -> Answer {
    let dma = board_only::engine(session)?;
    let (seen, word) = run(session, dma, HOLE, 4)?;
    Ok(match (seen.debug & debug::READ_ERROR, seen.conblk_ad) {
        (0, 0) => format!("a read of {HOLE:#x} gave {word:#010x} and no error"),
        (0, _) => format!("a read of {HOLE:#x} does not end; the channel was reset"),
        _ => format!("a read of {HOLE:#x} ended in READ_ERROR"),
    })
}

/// A block of length 0.
pub(super) fn zero(session: &mut Session<'_>) -> Answer {
    let dma = board_only::engine(session)?;
    let source = dma.pool.alloc_zeroed(32, 32).map_err(told)?;
    let (seen, word) = run(session, dma, source.bus().get(), 0)?;
    let moved = if word == UNTOUCHED { "nothing was written" } else { "it wrote" };
    Ok(match seen.conblk_ad {
        0 => format!("a block of length 0 ends; {moved}"),
        _ => format!("a block of length 0 does not end; {moved}; the channel was reset"),
    })
}

/// Runs a block of `len` bytes from `source`: the registers in the end, and the first word of the destination.
fn run(
    session: &mut Session<'_>,
    dma: Dma<'_>,
    source: u32,
    len: u32,
) -> Result<(Snapshot, u32), Failure> {
    let channel = dma.engine.request(Need::Full, "fault").map_err(told)?;
    let (id, platform) = (channel.id(), dma.engine.platform());
    let mut memory = dma.pool.alloc_zeroed(64, 32).map_err(told)?;
    let dest = memory.bus().get().wrapping_add(32);
    memory.as_mut_slice().fill(0x5A);
    memory.write_blocks(&[ControlBlock {
        ti: ti::WAIT_RESP,
        source,
        dest,
        len,
        ..Default::default()
    }]);
    platform.barrier();
    platform.write(id, Register::ConblkAd, memory.bus().get());
    platform.barrier();
    platform.write(id, Register::Cs, cs::ACTIVE);
    let over = || {
        let stopped = platform.read(id, Register::Cs) & cs::ERROR != 0;
        stopped || platform.read(id, Register::ConblkAd) == 0
    };
    platform.sleep_until(platform.after(TIMEOUT), &mut { over });
    let seen = Snapshot::of(platform, id);
    reset(dma, id);
    let part = id.to_string();
    for line in seen.to_string().lines() {
        session.log(&part, format_args!("{line}"));
    }
    Ok((seen, memory.read_word(8).map_err(told)?))
}

/// Resets the channel and clears its errors.
fn reset(dma: Dma<'_>, id: ChannelId) {
    let platform = dma.engine.platform();
    platform.write(id, Register::Cs, cs::RESET);
    let done = || platform.read(id, Register::Cs) & (cs::RESET | cs::ACTIVE) == 0;
    platform.sleep_until(platform.after(TIMEOUT), &mut { done });
    platform.write(id, Register::Cs, cs::INT | cs::END);
    let errors = debug::READ_ERROR | debug::FIFO_ERROR | debug::READ_LAST_NOT_SET_ERROR;
    let errors = platform.read(id, Register::Debug) & errors;
    platform.write(id, Register::Debug, errors);
    platform.barrier();
}
