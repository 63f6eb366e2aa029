//! A chain of one block for lists of one entry each: judged by itself, since everything that is made for longer ones
//! would cost more than the block. What is not plainly right is judged as the others are.

use super::alike::both;
use super::bits;
use super::rules::Rules;
use super::verify::Chain;
use crate::buffer::wide;
use crate::constraints::{ChannelKind, EngineKind};
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;

/// Whether the block moves the whole of one entry to the other, and there is no doubt about it or the chain.
#[inline(always)]
pub(super) fn fits(
    chain: &Chain<'_>,
    block: &ControlBlock,
    rules: &Rules,
    pair: (BusSegment, BusSegment),
) -> bool {
    let limits = Limits {
        free: rules.only.unit_mask | rules.line_mask,
        most: rules.only.most,
        beyond: rules.beyond,
    };
    match whole(block, &limits, (rules.only.word, 0), pair) {
        Some(data) => apart(chain, rules, data),
        None => false,
    }
}

/// What a block must be like.
pub(super) struct Limits {
    /// Bits that addresses and lengths may not have.
    pub(super) free: u32,
    pub(super) most: u32,
    /// The bits of an address above the boundary; 0 where there is none.
    pub(super) beyond: u32,
}

/// If a block with this TI, that leads where it should (in the upper half of `link`), moves the whole of one entry to the
/// other beyond doubt: the first byte of both, and one past the last.
#[inline(always)]
pub(super) fn whole(
    block: &ControlBlock,
    limits: &Limits,
    (want, link): (u32, u64),
    (read, write): (BusSegment, BusSegment),
) -> Option<(u64, u64)> {
    let (from, to, len) = (read.addr.get(), write.addr.get(), write.len);
    if read.len != len || !wide::is(block, [both(want, from), both(to, len), link, 0]) {
        return None;
    }
    if (from | to | len) & limits.free != 0 || len.wrapping_sub(1) >= limits.most {
        return None;
    }
    let (from, to, len) = (u64::from(from), u64::from(to), u64::from(len));
    let (from_end, to_end) = (from + len, to + len);
    if limits.beyond != 0 {
        let across = (from ^ (from_end - 1)) | (to ^ (to_end - 1));
        if across & u64::from(limits.beyond) != 0 {
            return None;
        }
    }
    if from < to {
        if from_end <= to { Some((from, to_end)) } else { None }
    } else if to_end <= from {
        Some((to, from_end))
    } else {
        None
    }
}

/// Whether chain and slots lie where they should, and the data, taken as one stretch, wholly to one side of both.
#[inline(always)]
fn apart(chain: &Chain<'_>, rules: &Rules, (first, end): (u64, u64)) -> bool {
    let own = u64::from(chain.base.get());
    if own == 0 || own & 31 != 0 {
        return false;
    }
    let (mut low, mut high) = (own, own + 32);
    let slots = u64::from(chain.slots.addr.get());
    if chain.slots.len != 0 {
        let after = slots + u64::from(chain.slots.len);
        if own < slots {
            if high > slots {
                return false;
            }
            high = after;
        } else {
            if after > own {
                return false;
            }
            low = slots;
        }
    }
    let (lowest, highest) = if end <= low {
        (first, high)
    } else {
        if high > first {
            return false;
        }
        (low, end)
    };
    if lowest < u64::from(rules.window.first.get()) {
        return false;
    }
    highest <= u64::from(rules.window.last.get())
}

/// What the only block of a chain is compared with, worked out once for all copies with the same limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Only {
    /// Its TI: whole bursts, 128 bits at a time where bursts are as long.
    word: u32,
    /// The most bytes it may move.
    most: u32,
    /// Bits that addresses and lengths may not have, whatever the cache's line.
    unit_mask: u32,
}

impl Only {
    /// Passes nothing.
    pub(crate) const NONE: Self = Self { word: 0, most: 0, unit_mask: u32::MAX };

    /// For these limits.
    pub(crate) const fn new(
        (kind, engine): (ChannelKind, EngineKind),
        max: u32,
        burst: u32,
    ) -> Self {
        let longest = bits::longest(kind);
        let plain = bits::SRC_INC | bits::DEST_INC | bits::INTEN | bits::WAIT_RESP;
        let wide = bits::WIDTHS | bits::wide_burst(kind) << bits::BURST_AT;
        Self {
            word: if burst < 16 { plain } else { plain | wide },
            most: if max < longest { max } else { longest },
            unit_mask: bits::granule_mask(engine) | burst.wrapping_sub(1),
        }
    }
}
