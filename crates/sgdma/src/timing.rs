//! How long a chain will take: an **estimate**, never a measurement of a Pi 3's memory.
//!
//! Each block costs [`Timing::block`] to fetch and set up, then one turn (a read and the write that answers it) for
//! each burst of bytes; width and burst length say how many bytes a turn moves. The constants come from published
//! scope shots of a Pi 3 and, for bursts of more than two beats, from how much quicker channel 0 was on a Pi 1. The shots
//! show 130 ns a word, and 440 ns for a block of two words: 180 to 310 ns for the block itself, by how far its turns
//! overlap. The table takes 250 for it, and so 510 for both. A board calibrates them by bringing its own table. Under
//! QEMU they mean nothing: there the chain runs within the store that starts it.
//!
//! ```
//! use sgdma::control_block::ControlBlock;
//! use sgdma::timing::{Timing, estimate};
//!
//! let kib = ControlBlock { ti: 0x0000_1331, len: 0x400, ..ControlBlock::default() };
//! let estimate = estimate(&[kib], &Timing::ESTIMATE);
//! assert_eq!(estimate.as_nanos(), 4_410, "0.25 µs for the block and 32 turns of 130 ns");
//! ```

use core::time::Duration;

use crate::chain::{Mode, Response, Transfer};
use crate::constraints::Width;
use crate::control_block::ControlBlock;

/// The constants of the estimate, in nanoseconds. One table, so that a board can bring its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Fetching a control block and setting it up.
    pub block: u32,
    /// One read and the write that follows it, not overlapped with the next.
    pub turn: u32,
    /// Each further beat of a burst beyond the second.
    pub beat: u32,
    /// Waiting for the response to a write (`WAIT_RESP`), per turn.
    pub response: u32,
    /// One dummy cycle (`WAITS`).
    pub wait: u32,
}

impl Timing {
    /// The guess for a Pi 3 at stock clocks (core 400 MHz): 250 ns a block, 130 ns a turn, and a rate of
    /// about 400 MB/s in bursts of 9.
    pub const ESTIMATE: Self = Self { block: 250, turn: 130, beat: 33, response: 65, wait: 3 };
}

impl Default for Timing {
    fn default() -> Self {
        Self::ESTIMATE
    }
}

/// An estimate of how long the engine will take for these blocks, once through (a ring: one round).
///
/// A device's own pace is not in it: where a DREQ gates the transfer, this is the least it can take.
pub fn estimate(blocks: &[ControlBlock], timing: &Timing) -> Duration {
    let nanos = blocks.iter().fold(0_u64, |sum, block| sum.saturating_add(one(block, timing)));
    Duration::from_nanos(nanos)
}

/// One block, in nanoseconds. Words that no engine takes count as nothing.
fn one(block: &ControlBlock, timing: &Timing) -> u64 {
    let Some(transfer) = Transfer::from_raw(block.ti) else { return 0 };
    let (row, rows) = match transfer.mode {
        Mode::Linear => (block.len, 1),
        Mode::Rectangle => (block.len & 0xFFFF, (block.len >> 16).saturating_add(1)),
    };
    let beats = u32::from(transfer.beats);
    let bytes = beats.saturating_mul(beat_bytes(&transfer));
    let turns = u64::from(row.div_ceil(bytes.max(1))).saturating_mul(u64::from(rows));
    let turn = turn(&transfer, beats, timing);
    u64::from(timing.block).saturating_add(turns.saturating_mul(turn))
}

/// Bytes a beat moves: those of the narrower side.
fn beat_bytes(transfer: &Transfer) -> u32 {
    match (transfer.source.width, transfer.dest.width) {
        (Width::Bits128, Width::Bits128) => 16,
        _ => 4,
    }
}

fn turn(transfer: &Transfer, beats: u32, timing: &Timing) -> u64 {
    let further = u64::from(beats.saturating_sub(2));
    let response = if transfer.response == Response::Awaited { timing.response } else { 0 };
    // After each read and after each write.
    let waits = 2 * u64::from(transfer.waits);
    further
        .saturating_mul(u64::from(timing.beat))
        .saturating_add(waits.saturating_mul(u64::from(timing.wait)))
        .saturating_add(u64::from(timing.turn))
        .saturating_add(u64::from(response))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(ti: u32, len: u32) -> ControlBlock {
        ControlBlock { ti, len, ..ControlBlock::default() }
    }

    /// Megabytes a second for a long block.
    fn rate(ti: u32) -> u128 {
        let len = 1 << 20;
        u128::from(len) * 1_000 / estimate(&[block(ti, len)], &Timing::ESTIMATE).as_nanos()
    }

    #[test]
    fn long_blocks_run_at_the_rates_the_facts_quote() {
        assert!((28..=34).contains(&rate(0x110)), "32-bit, no burst: {}", rate(0x110));
        assert!((110..=130).contains(&rate(0x330)), "lite, wide: {}", rate(0x330));
        assert!((230..=310).contains(&rate(0x1330)), "wide, burst of 2: {}", rate(0x1330));
        assert!((350..=450).contains(&rate(0x8330)), "wide, burst of 9: {}", rate(0x8330));
    }

    #[test]
    fn each_block_has_its_own_price() {
        let many = estimate(&[block(0x110, 4); 100], &Timing::ESTIMATE);
        assert_eq!(many, Duration::from_micros(38));
        assert_eq!(estimate(&[], &Timing::ESTIMATE), Duration::ZERO);
    }

    #[test]
    fn rows_are_counted_and_waiting_for_responses_is_slower() {
        let rows = block(0x112, 7 << 16 | 16);
        assert_eq!(estimate(&[rows], &Timing::ESTIMATE).as_nanos(), 250 + 8 * 4 * 130);
        assert!(rate(0x1338) < rate(0x1330));
    }

    #[test]
    fn what_is_no_block_takes_no_time() {
        let timing = Timing::default();
        assert_eq!(timing, Timing::ESTIMATE);
        assert_eq!(estimate(&[block(0x114, 1 << 20)], &timing), Duration::ZERO);
        let two = [block(0x110, 4), block(0x8000_0110, 4)];
        assert_eq!(estimate(&two, &timing), estimate(&two[..1], &timing));
    }

    #[test]
    fn a_calibrated_table_is_used_and_nothing_overflows() {
        let slow = Timing { block: u32::MAX, turn: u32::MAX, beat: 1, response: 1, wait: 1 };
        let long = block(0x110, u32::MAX);
        assert!(estimate(&[long; 8], &slow) > estimate(&[long; 8], &Timing::ESTIMATE));
    }
}
