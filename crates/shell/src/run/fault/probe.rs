//! `/fault hole` and `/fault zero`: what no document says of the engine, asked of the engine.
//!
//! The library refuses both, so a single block is written by hand, on a channel of its own, and the channel is reset after it.
//! From the start to the reset interrupts are masked: an error asks for one whatever the block says, and the handler, which
//! knows of no transfer there, would clear what is to be seen.

use alloc::format;
use alloc::string::ToString;
use core::mem;
use core::time::Duration;

use sgdma::coherence::CoherentBuffer;
use sgdma::control_block::ControlBlock;
use sgdma::engine::{Need, Snapshot};
use sgdma::platform::Platform;
use sgdma::register::{ChannelId, Register, cs, debug, ti};

use super::told;
use crate::console::{Answer, Failure, Session};
use crate::machine::{Channel, Dma};
use crate::run::board_only;
use crate::run::job::show;

/// Where no block of registers is, on the bus: between DMA and power management (Linux `bcm283x.dtsi`).
const HOLE: u32 = 0x7E0F_F000;
/// How long the engine may take, its last writes, and a reset after them: at 115200 baud the UART holds the 16 bytes that come
/// in meanwhile.
const TIMEOUT: Duration = Duration::from_micros(400);
/// What the destination holds before.
const UNTOUCHED: u32 = 0x5A5A_5A5A;

/// A read of an address where nothing is.
pub(super) fn hole(session: &mut Session<'_>) -> Answer {
    let dma = board_only::engine(session)?;
    let (seen, word) = run(session, dma, HOLE, 4)?;
    let came = if seen.debug & debug::READ_ERROR != 0 {
        "ended in READ_ERROR"
    } else if seen.conblk_ad != 0 {
        "does not end; the channel was reset"
    } else if word == UNTOUCHED {
        "ended without an error or a write"
    } else {
        return Ok(format!("a read of {HOLE:#x} gave {word:#010x} and no error"));
    };
    Ok(format!("a read of {HOLE:#x} {came}"))
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
    let (seen, rest) = critical_section::with(|_| {
        let seen = watch(platform, id, memory.bus().get());
        (seen, reset(platform, id))
    });
    show::registers(session, &id.to_string(), &seen);
    let word = memory.read_word(8).map_err(told)?;
    if rest == Rest::Never {
        withdraw(dma, channel, memory)?;
    }
    Ok((seen, word))
}

/// Starts the chain and looks until it has ended or time is up: the registers then.
fn watch(platform: &dyn Platform, id: ChannelId, chain: u32) -> Snapshot {
    platform.barrier();
    platform.write(id, Register::ConblkAd, chain);
    platform.barrier();
    platform.write(id, Register::Cs, cs::ACTIVE);
    let _ = within(platform, || {
        let stopped = platform.read(id, Register::Cs) & cs::ERROR != 0;
        stopped || platform.read(id, Register::ConblkAd) == 0
    });
    Snapshot::of(platform, id)
}

/// Whether the channel has come to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Yes,
    Never,
}

/// Resets the channel and clears its errors. A reset forgets the writes that are on the bus, the bus does not: they are waited
/// for first.
fn reset(platform: &dyn Platform, id: ChannelId) -> Rest {
    let landed = || platform.read(id, Register::Debug) & debug::OUTSTANDING_WRITES == 0;
    let _ = within(platform, landed);
    platform.write(id, Register::Cs, cs::RESET);
    let rest = within(platform, || {
        platform.read(id, Register::Cs) & (cs::RESET | cs::ACTIVE) == 0
            && platform.read(id, Register::ConblkAd) == 0
    });
    platform.write(id, Register::Cs, cs::INT | cs::END);
    let errors = platform.read(id, Register::Debug) & debug::ERRORS;
    if errors != 0 {
        platform.write(id, Register::Debug, errors);
    }
    platform.barrier();
    rest
}

/// Looks, with interrupts masked, until it is so or time is up.
fn within(platform: &dyn Platform, is_so: impl Fn() -> bool) -> Rest {
    let deadline = platform.after(TIMEOUT);
    loop {
        if is_so() {
            return Rest::Yes;
        }
        if platform.now() >= deadline {
            return Rest::Never;
        }
    }
}

/// What the engine may still write to is nobody's any more. Asked for once more the channel is reset once more, and withdrawn
/// if that does not help either.
fn withdraw(dma: Dma<'_>, channel: Channel<'_>, memory: CoherentBuffer<'_>) -> Result<(), Failure> {
    let id = channel.id();
    drop(channel);
    dma.engine.request(Need::Exactly(id), "fault").map(drop).map_err(|reason| {
        mem::forget(memory);
        Failure::told(format_args!("{id} {reason}"))
    })
}
