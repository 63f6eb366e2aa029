//! Verification of a chain that times itself.

use super::bits;
use super::fault::{ChainError, Fault};
use super::rules::Rules;
use super::verify::Chain;
use crate::address::BusAddr;
use crate::control_block::ControlBlock;
use crate::lower::End;
use crate::segment::BusSegment;

/// Bus address of `CLO`. p. 172.
const CLOCK: u32 = 0x7E00_3004;

/// That a chain is `planned`, a linear chain which was verified for the same place, with a stamp in `stamps` before it,
/// between its blocks and after it.
///
/// # Errors
/// The first fault, with the index of its block: of a rectangle [`Fault::Bits`].
pub fn stamped(
    chain: &Chain<'_>,
    rules: &Rules,
    planned: &[ControlBlock],
    stamps: BusSegment,
) -> Result<(), ChainError> {
    let count = 2 * planned.len() + 1;
    let places =
        Places::new(chain, rules, stamps).map_err(|fault| ChainError { block: 0, fault })?;
    if planned.is_empty() || chain.blocks.len() != count {
        return Err(ChainError { block: chain.blocks.len(), fault: Fault::Empty });
    }
    let next = |index: usize| match u32::try_from(index + 1) {
        Ok(after) if index + 1 < count => chain.base.get().wrapping_add(after.wrapping_mul(32)),
        _ => 0,
    };
    let stamp = |index: usize| u32::try_from(index * 2).map_or(0, |at| stamps.addr.get() + at);
    for (block, index) in chain.blocks.iter().zip(0..) {
        let data = planned.get(index / 2).filter(|_| index % 2 == 1);
        let judged = match data {
            Some(data) => places.check(block).and_then(|()| is_data(block, data, next(index))),
            None => is_stamp(block, stamp(index), next(index)),
        };
        judged.map_err(|fault| ChainError { block: index, fault })?;
    }
    Ok(())
}

/// What no data may touch.
struct Places {
    own: BusSegment,
    stamps: BusSegment,
}

impl Places {
    fn new(chain: &Chain<'_>, rules: &Rules, stamps: BusSegment) -> Result<Self, Fault> {
        let len = u32::try_from(size_of_val(chain.blocks)).unwrap_or(u32::MAX);
        let own = BusSegment::new(chain.base, len);
        let room = u32::try_from(chain.blocks.len()).unwrap_or(u32::MAX) / 2 + 1;
        let window = rules.window;
        let lie_well = window.contains(own)
            && window.contains(stamps)
            && stamps.addr.is_aligned(4)
            && stamps.len / 4 >= room;
        let apart =
            !own.overlaps(stamps) && !own.overlaps(chain.slots) && !stamps.overlaps(chain.slots);
        if lie_well && apart {
            return Ok(Self { own, stamps });
        }
        Err(Fault::Storage { base: chain.base })
    }

    fn check(&self, block: &ControlBlock) -> Result<(), Fault> {
        let ControlBlock { ti, source, dest, len, .. } = *block;
        // What a rectangle touches its length does not say.
        if ti & bits::TDMODE != 0 {
            return Err(Fault::Bits { ti, wrong: bits::TDMODE });
        }
        let sides =
            [(End::Source, source, bits::SRC_INC), (End::Destination, dest, bits::DEST_INC)];
        for (end, addr, moves_on) in sides {
            // What stands still is 32 bytes at most: the pattern of a fill.
            let len = if ti & moves_on == 0 { 32 } else { len };
            let segment = BusSegment::new(BusAddr::new(addr), len);
            if segment.overlaps(self.own) || segment.overlaps(self.stamps) {
                return Err(Fault::Forbidden { end, segment });
            }
        }
        Ok(())
    }
}

/// A block as it was planned, but that it leads to a stamp, which is the one to interrupt.
fn is_data(block: &ControlBlock, planned: &ControlBlock, next: u32) -> Result<(), Fault> {
    if block.ti & bits::INTEN != 0 {
        return Err(Fault::Interrupt { ti: block.ti });
    }
    is(block, &ControlBlock { ti: planned.ti & !bits::INTEN, next, ..*planned })
}

/// One word from the timer; the last of them interrupts.
fn is_stamp(block: &ControlBlock, dest: u32, next: u32) -> Result<(), Fault> {
    let last = if next == 0 { bits::INTEN } else { 0 };
    let ti = bits::DEST_INC | bits::WAIT_RESP | last;
    is(block, &ControlBlock { ti, source: CLOCK, dest, len: 4, next, ..ControlBlock::default() })
}

/// Whether a block is exactly this one; if not, the first word that differs.
fn is(block: &ControlBlock, expected: &ControlBlock) -> Result<(), Fault> {
    let segment = |addr| BusSegment::new(BusAddr::new(addr), block.len);
    let [r6, r7] = block.reserved;
    if block.ti != expected.ti {
        Err(Fault::Bits { ti: block.ti, wrong: block.ti ^ expected.ti })
    } else if block.source != expected.source {
        Err(Fault::Forbidden { end: End::Source, segment: segment(block.source) })
    } else if block.dest != expected.dest {
        Err(Fault::Forbidden { end: End::Destination, segment: segment(block.dest) })
    } else if block.len != expected.len {
        Err(Fault::Length { len: block.len, most: expected.len })
    } else if block.stride != expected.stride {
        Err(Fault::Stride { stride: block.stride })
    } else if block.next != expected.next {
        Err(Fault::Next { next: block.next, expected: expected.next })
    } else if block.reserved != expected.reserved {
        Err(Fault::Reserved { word: if r6 == 0 { r7 } else { r6 } })
    } else {
        Ok(())
    }
}
