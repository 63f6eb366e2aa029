//! Chains with one block to a pair of entries: judged block by block with the lists beside them, before anything else
//! is set up. What is not plainly right goes to [`super::judge`], from that block on; it is not wrong by that alone.

use super::bits;
use super::rules::{Rules, Zones};
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;

/// What every block of such a chain is compared with.
pub(super) struct Pattern {
    ti: u32,
    /// What the last block has besides.
    last: u32,
    /// Bits that addresses and lengths may not have.
    odd: u32,
    most: u32,
    beyond: u32,
    low: u64,
    high: u64,
}

impl Pattern {
    /// A copy in whole bursts, 128 bits at a time where bursts are as long.
    #[inline]
    pub(super) fn copy(rules: &Rules, zones: &Zones) -> Self {
        let wide = bits::WIDTHS | bits::wide_burst(rules.kind) << bits::BURST_AT;
        let (low, high) = zones.clear_stretch();
        Self {
            ti: bits::SRC_INC | bits::DEST_INC | if rules.burst_mask < 15 { 0 } else { wide },
            last: bits::INTEN | bits::WAIT_RESP,
            odd: rules.granule_mask | rules.burst_mask | rules.line_mask,
            most: rules.max,
            beyond: rules.beyond,
            low: u64::from(low),
            high: u64::from(high),
        }
    }

    /// Whether a block moves the whole of one entry to the whole of another, and there is no doubt about it.
    #[inline]
    fn fits<const BOUNDED: bool>(
        &self,
        block: &ControlBlock,
        (ti, next): (u32, u32),
        (read, write): (BusSegment, BusSegment),
    ) -> bool {
        let (from, to, len) = (read.addr.get(), write.addr.get(), write.len);
        let [r6, r7] = block.reserved;
        if block.source != from || block.dest != to || block.len != len || read.len != len {
            return false;
        }
        if block.ti != ti || block.stride != 0 || block.next != next || (r6 | r7) != 0 {
            return false;
        }
        if (from | to | len) & self.odd != 0 || len.wrapping_sub(1) >= self.most {
            return false;
        }
        let (from, to, len) = (u64::from(from), u64::from(to), u64::from(len));
        let (from_end, to_end) = (from + len, to + len);
        if BOUNDED && ((from ^ (from_end - 1)) | (to ^ (to_end - 1))) & u64::from(self.beyond) != 0
        {
            return false;
        }
        if from < to {
            self.low <= from && from_end <= to && to_end <= self.high
        } else {
            self.low <= to && to_end <= from && from_end <= self.high
        }
    }
}

/// How far it went.
pub(super) struct Judged {
    /// So many blocks are right.
    pub(super) blocks: usize,
    /// The bytes that they move.
    pub(super) moved: u64,
    /// The pair after the last: fetched, not used. Both `None` where both lists are through.
    pub(super) read: Option<BusSegment>,
    pub(super) write: Option<BusSegment>,
}

/// Judges blocks with their pairs of entries, the first at bus address `base`, while they fit.
// By itself, so that it has all registers.
#[inline(never)]
pub(super) fn judge<const BOUNDED: bool, S, D>(
    blocks: &[ControlBlock],
    base: u32,
    pattern: &Pattern,
    source: &mut S,
    dest: &mut D,
) -> Judged
where
    S: Iterator<Item = BusSegment>,
    D: Iterator<Item = BusSegment>,
{
    let (mut next, mut moved) = (base, 0);
    let Some((last, body)) = blocks.split_last() else {
        return Judged { blocks: 0, moved, read: None, write: None };
    };
    let mut left = body.iter();
    let (read, write) = loop {
        let Some(read) = source.next() else { break (None, dest.next()) };
        let Some(write) = dest.next() else { break (Some(read), None) };
        let after = next.wrapping_add(32);
        let Some(block) = left.next() else {
            if !pattern.fits::<BOUNDED>(last, (pattern.ti | pattern.last, 0), (read, write)) {
                break (Some(read), Some(write));
            }
            (next, moved) = (after, moved + u64::from(write.len));
            break (source.next(), dest.next());
        };
        if !pattern.fits::<BOUNDED>(block, (pattern.ti, after), (read, write)) {
            break (Some(read), Some(write));
        }
        (next, moved) = (after, moved + u64::from(write.len));
    };
    // The chain lies within the window, so that this cannot wrap.
    let blocks = usize::try_from(next.wrapping_sub(base) / 32).unwrap_or(usize::MAX);
    Judged { blocks, moved, read, write }
}
