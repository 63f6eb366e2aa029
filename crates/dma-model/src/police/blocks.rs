//! The rules for one control block, as fetched.

use super::Violation;
use crate::datasheet::{Kind, LENGTH_FULL, LENGTH_LITE, Width, YLENGTH, ti};
use crate::engine::Words;

/// Judges a block on its own: reserved bits, limits of the channel kind, bursts. Addresses are judged as they are used.
pub(crate) fn judge_block(
    channel: u8,
    kind: Kind,
    address: u32,
    words: &Words,
    report: &mut dyn FnMut(Violation),
) {
    let info = words.ti;
    let reserved = if kind == Kind::Lite { ti::RESERVED_LITE } else { ti::RESERVED_FULL };
    for (word, bits) in [(0, info & reserved), (6, words.reserved[0]), (7, words.reserved[1])] {
        if bits != 0 {
            report(Violation::ReservedBits { channel, word, bits });
        }
    }
    if kind == Kind::Lite {
        judge_lite(channel, words, report);
    }
    judge_length(channel, kind, address, words, report);
    if words.stride != 0 && info & ti::TDMODE == 0 {
        report(Violation::StrideWithoutTwoD { channel, stride: words.stride });
    }
    judge_burst(channel, kind, info, report);
}

fn judge_lite(channel: u8, words: &Words, report: &mut dyn FnMut(Violation)) {
    if words.ti & ti::TDMODE != 0 {
        report(Violation::LiteTwoD { channel });
    }
    let bits = words.ti & (ti::SRC_IGNORE | ti::DEST_IGNORE);
    if bits != 0 {
        report(Violation::LiteIgnore { channel, bits });
    }
}

fn judge_length(
    channel: u8,
    kind: Kind,
    address: u32,
    words: &Words,
    report: &mut dyn FnMut(Violation),
) {
    let two_d = words.ti & ti::TDMODE != 0;
    let field = match kind {
        Kind::Lite => LENGTH_LITE,
        _ if two_d => (YLENGTH << 16) | 0xFFFF,
        _ => LENGTH_FULL,
    };
    if words.length & !field != 0 {
        report(Violation::LengthBits { channel, length: words.length });
    }
    let moved = if two_d { words.length & 0xFFFF } else { words.length & field };
    if moved == 0 {
        report(Violation::ZeroLength { channel, address });
    }
}

fn judge_burst(channel: u8, kind: Kind, info: u32, report: &mut dyn FnMut(Violation)) {
    let burst = (info & ti::BURST) >> ti::BURST_SHIFT;
    // Reads that go nowhere need no FIFO (p. 51: up to 16 beats); without reads there is no burst to judge.
    let limit = if info & (ti::DEST_IGNORE | ti::SRC_IGNORE) != 0 {
        15
    } else {
        kind.burst_limit(Width::of(info, ti::SRC_WIDTH))
    };
    if burst > limit {
        report(Violation::BurstStallsBus { channel, burst, limit });
    }
}
