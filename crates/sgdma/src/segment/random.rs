//! Random lists for tests: aligned for the most part, cut alike or differently.

use std::vec::Vec;

use fastrand::Rng;

use super::BusSegment;
use crate::address::BusAddr;
use crate::constraints::{ChannelKind, Constraints, EngineKind};

/// A source and a destination of as many bytes.
pub(crate) fn lists(rng: &mut Rng) -> (Vec<BusSegment>, Vec<BusSegment>) {
    let unit = [4, 16, 64][rng.usize(..3)];
    let total = unit * rng.u32(1..64);
    if rng.u8(..4) == 0 {
        let [from, to] = [0xC020_0000, 0xC030_0000].map(|at| at + unit * rng.u32(..64));
        let only = |at| BusSegment { addr: BusAddr::new(at), len: total };
        return (Vec::from([only(from)]), Vec::from([only(to)]));
    }
    let source = list(rng, 0xC020_0000, total, unit);
    let dest = if rng.bool() {
        moved(&source, [0x10_0000, 0x10_0040][rng.usize(..2)])
    } else {
        list(rng, 0xC030_0000, total, unit)
    };
    (source, dest)
}

/// Entries of aligned lengths from an aligned address on, with gaps; of `total` bytes.
fn list(rng: &mut Rng, mut at: u32, mut total: u32, unit: u32) -> Vec<BusSegment> {
    let mut entries = Vec::new();
    while total != 0 {
        let len = total.min(unit * rng.u32(1..=24));
        // Now and then one that is not aligned.
        let off = if rng.u8(..16) == 0 { rng.u32(1..4) } else { 0 };
        entries.push(BusSegment { addr: BusAddr::new(at + off), len });
        (at, total) = (at + len + unit * rng.u32(0..3) + unit, total - len);
    }
    entries
}

/// The same list cut alike, elsewhere.
fn moved(entries: &[BusSegment], by: u32) -> Vec<BusSegment> {
    let there =
        |entry: &BusSegment| BusSegment { addr: BusAddr::new(entry.addr.get() + by), ..*entry };
    entries.iter().map(there).collect()
}

/// Limits of any channel on either engine.
pub(crate) fn limits(rng: &mut Rng) -> Constraints {
    let kind = [ChannelKind::Lite, ChannelKind::Full, ChannelKind::Bulk][rng.usize(..3)];
    let mut limits = Constraints::memory(kind);
    if rng.bool() {
        limits = limits.with_engine(EngineKind::Emulated).unwrap();
    }
    if rng.bool() {
        limits = limits.with_line(64).unwrap();
    }
    if rng.bool() {
        limits = limits.with_boundary(1 << rng.u32(8..14)).unwrap();
    }
    if rng.bool() {
        limits = limits.with_max_segment(64 << rng.u32(0..4)).unwrap_or(limits);
    }
    limits
}
