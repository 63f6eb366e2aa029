//! A chain that times itself: before, between and after its blocks the engine copies the system timer into memory.

use super::LowerError;
use crate::address::BusAddr;
use crate::control_block::ControlBlock;
use crate::register::ti;
use crate::segment::BusSegment;

/// `CLO`, the low word of the counter that runs at 1 MHz from power-on. p. 172. It needs no DREQ.
const TIMER_LOW: u32 = 0x7E00_3004;

/// Writes the chain that runs `planned`, a linear chain, with a stamp of four bytes before it, between its blocks and after it: stamp n,
/// at byte 4n of `stamps`, says when block n - 1 had ended, in microseconds. The timer is the one device register that is
/// read; how many blocks that are. Rectangles are for [`verify::stamped`](crate::chain::verify::stamped) to refuse.
///
/// # Errors
/// [`LowerError::TooManyBlocks`], [`LowerError::TooManyEdges`] where there is no room for the stamps.
pub fn stamp(
    planned: &[ControlBlock],
    into: &mut [ControlBlock],
    chain: BusAddr,
    stamps: BusSegment,
) -> Result<usize, LowerError> {
    let (needed, capacity) = (planned.len().saturating_mul(2).saturating_add(1), into.len());
    if needed > capacity {
        return Err(LowerError::TooManyBlocks { needed, capacity });
    }
    let slot_bytes = u64::try_from(planned.len()).unwrap_or(u64::MAX).saturating_add(1) * 4;
    if slot_bytes > u64::from(stamps.len) {
        let slot_capacity = stamps.len;
        return Err(LowerError::TooManyEdges { needed: 0, capacity: 0, slot_bytes, slot_capacity });
    }
    let (mut place, mut dest) = (chain.get(), stamps.addr.get());
    let mut free = into.iter_mut();
    let mut put = |block: ControlBlock| {
        place = place.wrapping_add(ControlBlock::SIZE);
        if let Some(room) = free.next() {
            *room = ControlBlock { next: place, ..block };
        }
    };
    for data in planned {
        put(reading(dest));
        put(ControlBlock { ti: data.ti & !ti::INTEN, ..*data });
        dest = dest.wrapping_add(4);
    }
    put(ControlBlock { ti: READING | ti::INTEN, ..reading(dest) });
    if let Some(last) = into.get_mut(..needed).and_then(<[_]>::last_mut) {
        last.next = 0;
    }
    Ok(needed)
}

/// One word from a device, whose write is answered before the next block begins.
const READING: u32 = ti::DEST_INC | ti::WAIT_RESP;

/// The block that copies the timer to `dest`.
fn reading(dest: u32) -> ControlBlock {
    ControlBlock { ti: READING, source: TIMER_LOW, dest, len: 4, ..ControlBlock::default() }
}
