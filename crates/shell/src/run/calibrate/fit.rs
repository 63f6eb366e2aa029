//! From what was measured to the constants of the timing model.

use sgdma::constraints::ChannelKind;
use sgdma::timing::Timing;

use super::{LARGE, SMALL, Width, Work};

/// A measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) kind: ChannelKind,
    pub(super) work: Work,
    pub(super) width: Width,
    /// Bytes.
    pub(super) len: usize,
    /// How long it took.
    pub(super) nanos: u64,
}

/// Bytes that a turn of a wide copy moves on a full channel, and on channel 0. Datasheet p. 63-64.
const FULL_TURN: u64 = 2 * 16;
const BULK_TURN: u64 = 9 * 16;
/// Beats of channel 0's bursts beyond the second, which the model counts apart.
const FURTHER: u64 = 7;

/// The constants that explain the measurements; `None` where there are too few, or none make sense. What was not
/// measured stays as it is. Slopes only: what every transfer costs once, the interrupt above all, falls out.
pub(super) fn fit(measured: &[Measured], before: Timing) -> Option<Timing> {
    let slope = |kind, work| slope(measured, kind, work);
    let (large, small) =
        (slope(ChannelKind::Full, Work::Large)?, slope(ChannelKind::Full, Work::Small)?);
    // Over LARGE bytes, the short blocks are so many more.
    let more = u64::from(LARGE / SMALL - 1);
    let block = small.checked_sub(large)?.checked_mul(LARGE.into())? / more;
    let without = |slope: u64| slope.checked_sub(block / u64::from(LARGE));
    let turn = without(large)?.checked_mul(FULL_TURN)?;
    let waiting = slope(ChannelKind::Full, Work::Whole).and_then(|all| all.checked_mul(FULL_TURN));
    let response = waiting.and_then(|all| nanos(all.checked_sub(turn)?));
    let bulk = slope(ChannelKind::Bulk, Work::Large).and_then(without);
    let bulk = bulk.and_then(|bulk| bulk.checked_mul(BULK_TURN)?.checked_sub(turn));
    let beat = bulk.and_then(|beats| nanos(beats / FURTHER));
    Some(Timing {
        block: nanos(block)?,
        turn: nanos(turn)?,
        beat: beat.unwrap_or(before.beat),
        response: response.unwrap_or(before.response),
        ..before
    })
}

/// Picoseconds a byte of a transfer in the channel's longest bursts, between the two longest.
fn slope(measured: &[Measured], kind: ChannelKind, work: Work) -> Option<u64> {
    let of_it = |m: &&Measured| (m.kind, m.work, m.width) == (kind, work, Width::Bursts(kind));
    let mut found = measured.iter().filter(of_it).rev();
    let (long, short) = (found.next()?, found.next()?);
    let more = u64::try_from(long.len.checked_sub(short.len)?).ok()?;
    long.nanos.checked_sub(short.nanos)?.checked_mul(1000)?.checked_div(more)
}

/// From picoseconds.
fn nanos(picos: u64) -> Option<u32> {
    u32::try_from(picos.checked_add(500)? / 1000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sgdma::control_block::ControlBlock;
    use sgdma::timing::estimate;
    use std::vec::Vec;

    /// What a chip with these constants would show, each with the same delay of its interrupt.
    fn chip(timing: &Timing) -> Vec<Measured> {
        const WAIT_RESP: u32 = 1 << 3;
        let mut measured = Vec::new();
        for (kind, ti) in [(ChannelKind::Bulk, 0x8330), (ChannelKind::Full, 0x1330)] {
            for (work, most) in [(Work::Whole, 1 << 20), (Work::Large, LARGE), (Work::Small, SMALL)]
            {
                for len in super::super::SIZES {
                    let all = u32::try_from(len).unwrap();
                    let block = ControlBlock { ti, len: all.min(most), ..ControlBlock::default() };
                    let count = usize::try_from(all.div_ceil(most)).unwrap();
                    let mut blocks = std::vec![block; count];
                    blocks.last_mut().unwrap().ti |= WAIT_RESP;
                    let nanos = u64::try_from(estimate(&blocks, timing).as_nanos()).unwrap() + 900;
                    measured.push(Measured { kind, work, width: Width::Bursts(kind), len, nanos });
                }
            }
        }
        measured
    }

    #[test]
    fn the_constants_of_a_chip_are_found_again() {
        let before = Timing::ESTIMATE;
        for (block, turn, beat, response) in
            [(250, 130, 33, 65), (180, 100, 5, 10), (410, 208, 53, 100)]
        {
            let timing = Timing { block, turn, beat, response, ..before };
            let found = fit(&chip(&timing), before).unwrap();
            let near = |one: u32, other: u32| one.abs_diff(other) <= 1 + other / 50;
            assert!(near(found.block, block), "{found:?} of {timing:?}");
            assert!(near(found.turn, turn), "{found:?} of {timing:?}");
            assert!(near(found.beat, beat), "{found:?} of {timing:?}");
            assert!(near(found.response, response), "{found:?} of {timing:?}");
            assert_eq!(found.wait, before.wait, "not measured");
        }
    }

    #[test]
    fn what_makes_no_sense_sets_nothing() {
        let before = Timing::ESTIMATE;
        assert_eq!(fit(&[], before), None);
        let mut measured = chip(&before);
        for measured in &mut measured {
            measured.nanos = 1_000_000_000 / measured.len as u64;
        }
        assert_eq!(fit(&measured, before), None, "the longer, the quicker");
        let mut measured = chip(&before);
        measured.retain(|measured| measured.kind == ChannelKind::Bulk);
        assert_eq!(fit(&measured, before), None, "no full channel");
    }
}
