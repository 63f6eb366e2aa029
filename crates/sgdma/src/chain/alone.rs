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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::BusAddr;
    use crate::constraints::Constraints;
    use crate::segment::BusWindow;

    const FIRST: u32 = 0xC000_0000;
    const LAST: u32 = 0xC00F_FFFF;
    const LEN: u32 = 0x400;

    fn at(addr: u32, len: u32) -> BusSegment {
        BusSegment::new(BusAddr::new(addr), len)
    }

    /// Whether a chain at `base` with these slots passes alone, the data lying there.
    fn passes(base: u32, slots: BusSegment, [from, to]: [u32; 2]) -> bool {
        let window = BusWindow { first: BusAddr::new(FIRST), last: BusAddr::new(LAST) };
        let limits = Constraints::memory(ChannelKind::Full).with_window(window);
        let rules = Rules::new(&limits);
        let pair = (at(from, LEN), at(to, LEN));
        let ti = rules.only.word;
        let block = ControlBlock { ti, source: from, dest: to, len: LEN, ..Default::default() };
        let chain = Chain { blocks: &[block], base: BusAddr::new(base), edges: &[], slots };
        fits(&chain, &block, &rules, pair)
    }

    #[test]
    #[cfg_attr(feature = "small", ignore = "there is no short way")]
    fn data_lies_wholly_to_one_side_of_chain_and_slots() {
        let base = 0xC008_0000;
        let [below, above] = [at(base - 0x1000, 0x1000), at(base + 32, 0x1000)];
        for slots in [at(0, 0), below, above] {
            let low = if slots == below { below.addr.get() } else { base };
            let high = if slots == above { base + 0x1020 } else { base + 32 };
            let high = high.next_multiple_of(64);
            // Touching is apart; the data's halves may lie apart, but on the same side.
            assert!(passes(base, slots, [low - 0x400, low - 0x800]));
            assert!(passes(base, slots, [low - 0x800, low - 0x400]));
            assert!(passes(base, slots, [high, high + 0x8000]));
            assert!(passes(base, slots, [high + 0x8000, high]));
            assert!(!passes(base, slots, [low - 0x400, high]));
            assert!(!passes(base, slots, [high, low - 0x400]));
            assert!(!passes(base, slots, [low - 0x3C0, low - 0x800]));
            assert!(!passes(base, slots, [high - 64, high + 0x8000]));
            assert!(!passes(base, slots, [high + 0x8000, high - 64]));
        }
        // A gap between chain and slots is not looked into.
        let far = at(base + 0x4000, 0x1000);
        assert!(!passes(base, far, [base + 0x1000, base + 0x2000]));
    }

    #[test]
    #[cfg_attr(feature = "small", ignore = "there is no short way")]
    fn chain_and_slots_are_apart_and_the_chain_is_where_chains_may_be() {
        let data = [FIRST, FIRST + LEN];
        let base = 0xC008_0000;
        assert!(passes(base, at(base + 32, 16), data) && passes(base, at(base - 16, 16), data));
        for slots in [at(base, 16), at(base + 16, 16), at(base - 16, 32), at(base - 16, 17)] {
            assert!(!passes(base, slots, data), "{slots:?}");
        }
        for off in [1, 2, 4, 8, 16] {
            assert!(!passes(base + off, at(0, 0), data), "{off}");
        }
        assert!(!passes(0, at(0, 0), data));
    }

    #[test]
    #[cfg_attr(feature = "small", ignore = "there is no short way")]
    fn all_is_in_the_window_less_its_last_byte() {
        let middle = [0xC008_0000, 0xC008_0000 + LEN];
        let none = at(0, 0);
        assert!(passes(FIRST, none, middle) && !passes(FIRST - 32, none, middle));
        assert!(passes(LAST - 63, none, middle) && !passes(LAST - 31, none, middle));
        let base = 0xC004_0000;
        let slots = |addr| passes(base, at(addr, 0x100), middle);
        assert!(slots(FIRST) && !slots(FIRST - 16));
        let [low, high] = [0xC004_0000, LAST + 1 - LEN];
        assert!(passes(low, none, [high - 64, middle[0]]) && !passes(low, none, [high, middle[0]]));
        assert!(passes(low, none, [middle[0], high - 64]) && !passes(low, none, [middle[0], high]));
        assert!(passes(0xC00C_0000, none, [FIRST, middle[0]]));
        assert!(!passes(0xC00C_0000, none, [FIRST - 64, middle[0]]));
        let high_slots = |addr| passes(0xC00C_0000, at(addr, 0x100), middle);
        assert!(high_slots(LAST - 0x100) && !high_slots(LAST - 0xF0));
    }

    #[test]
    fn what_the_only_block_is_compared_with() {
        let (full, chip) = (ChannelKind::Full, EngineKind::Hardware);
        let plain = bits::SRC_INC | bits::DEST_INC | bits::INTEN | bits::WAIT_RESP;
        let words = |burst| Only::new((full, chip), 0x1000, burst);
        assert_eq!((words(8).word, words(8).unit_mask), (plain, 7));
        assert_eq!((words(16).word, words(16).unit_mask), (plain | bits::WIDTHS | 1 << 12, 15));
        assert_eq!(Only::new((full, EngineKind::Emulated), 0x1000, 1).unit_mask, 3);
        assert_eq!(words(16).most, 0x1000);
        assert_eq!(Only::new((ChannelKind::Lite, chip), 0x10_0000, 16).most, 0xFFFF);
        assert_eq!(Only::new((ChannelKind::Lite, chip), 0xFFFF, 16).most, 0xFFFF);
    }
}
