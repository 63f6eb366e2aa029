//! Random lists for tests: aligned for the most part, cut alike or differently.

use std::vec::Vec;

use fastrand::Rng;

use super::{BusSegment, BusWindow};
use crate::address::BusAddr;
use crate::constraints::{ChannelKind, Constraints, EngineKind};

/// A source and a destination of as many bytes, and limits that now and then just or just not allow for them.
pub(crate) fn copy(rng: &mut Rng) -> (Vec<BusSegment>, Vec<BusSegment>, Constraints) {
    let mut limits = limits(rng);
    let (source, dest) = lists(rng);
    if rng.u8(..4) == 0 {
        limits = limits.with_window(tight(rng, &[&source, &dest]));
    }
    (source, dest, limits)
}

fn lists(rng: &mut Rng) -> (Vec<BusSegment>, Vec<BusSegment>) {
    let unit = [4, 16, 64, 64][rng.usize(..4)];
    let total = unit * rng.u32(1..64);
    let (mut low, mut high) = (0xC020_0000, 0xC030_0000);
    if rng.u8(..8) == 0 {
        // Next to each other, or into each other.
        high = low + total.next_multiple_of(64) - [0, 0, 64][rng.usize(..3)];
    }
    if rng.u8(..4) == 0 {
        (low, high) = (high, low);
    }
    if rng.u8(..4) == 0 {
        let [from, to] = [low, high].map(|at| at + unit * rng.u32(..64));
        let only = |at| BusSegment { addr: BusAddr::new(at), len: total };
        return (Vec::from([only(from)]), Vec::from([only(to)]));
    }
    let finer = unit / [1, 1, 2][rng.usize(..3)];
    let source = list(rng, low, total, finer);
    let dest = if rng.bool() {
        moved(&source, high.wrapping_sub(low).wrapping_add([0, 0x40][rng.usize(..2)]))
    } else {
        list(rng, high, total, unit)
    };
    (source, dest)
}

/// Entries of aligned lengths from an aligned address on, most with gaps; of `total` bytes.
fn list(rng: &mut Rng, mut at: u32, mut total: u32, unit: u32) -> Vec<BusSegment> {
    let mut entries = Vec::new();
    let (alike, joints, rough) = (rng.bool(), rng.u8(..8) == 0, rng.u8(..4) == 0);
    let longest = [2, 24][rng.usize(..2)];
    let mut size = unit * rng.u32(1..=longest);
    while total != 0 {
        if !alike {
            size = unit * rng.u32(1..=longest);
        }
        let len = total.min(size);
        // Now and then one that is not aligned.
        let off = if rough && rng.u8(..4) == 0 { rng.u32(1..4) } else { 0 };
        entries.push(BusSegment { addr: BusAddr::new(at + off), len });
        let gap = if joints && rng.bool() { 0 } else { unit * rng.u32(1..4) };
        (at, total) = (at + len + gap, total - len);
    }
    entries
}

/// The same list cut alike, elsewhere.
fn moved(entries: &[BusSegment], by: u32) -> Vec<BusSegment> {
    let there = |entry: &BusSegment| BusSegment {
        addr: BusAddr::new(entry.addr.get().wrapping_add(by)),
        ..*entry
    };
    entries.iter().map(there).collect()
}

/// A window that ends with the lists, or a little before or after; at one end or the other.
fn tight(rng: &mut Rng, lists: &[&[BusSegment]]) -> BusWindow {
    let mut by =
        || [0, 0, 1, 16, 64, 0_u32.wrapping_sub(1), 0_u32.wrapping_sub(16)][rng.usize(..7)];
    let entries = || lists.iter().copied().flatten();
    let first = entries().map(|entry| entry.addr.get()).min().unwrap_or(0).wrapping_sub(by());
    let end = entries().map(|entry| entry.addr.get() + entry.len).max().unwrap_or(0);
    let last = (end - 1).wrapping_add(by());
    let BusWindow { first: lowest, last: highest } = BusWindow::SDRAM;
    if rng.bool() {
        BusWindow { first: BusAddr::new(first), last: highest }
    } else {
        BusWindow { first: lowest, last: BusAddr::new(last) }
    }
}

/// Limits of any channel on either engine.
fn limits(rng: &mut Rng) -> Constraints {
    let kind = [ChannelKind::Lite, ChannelKind::Full, ChannelKind::Bulk][rng.usize(..3)];
    let mut limits = Constraints::memory(kind);
    if rng.bool() {
        limits = limits.with_engine(EngineKind::Emulated).unwrap();
    }
    if rng.bool() {
        limits = limits.with_line(64).unwrap();
    }
    if rng.bool() {
        limits = limits.with_boundary(1 << rng.u32(6..14)).unwrap();
    }
    if rng.bool() {
        limits = limits.with_max_segment(16 << rng.u32(0..6)).unwrap_or(limits);
    }
    if rng.u8(..8) == 0 {
        limits = limits.with_burst([1, 4, 8][rng.usize(..3)]).unwrap_or(limits);
    }
    limits
}
