//! The picture of `/sg`: source, blocks and destination above one another, on one scale.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use sgdma::lower::Cut;
use sgdma::segment::BusSegment;

use crate::render::{Piece, WIDTH, strip};

/// Columns before the strips, for their names.
const NAMES: usize = 8;

/// Strips for the source, the blocks and, if there is one, the destination. `total` bytes are as wide as the screen.
pub(super) fn draw(
    source: &[BusSegment],
    destination: Option<&[BusSegment]>,
    cuts: &[Cut],
    total: u64,
) -> Vec<String> {
    let label = |segment: &BusSegment| (segment.len, format!("{:#x}", segment.addr.get()));
    let blocks = cuts.iter().enumerate().map(|(index, cut)| (cut.len, index.to_string()));
    let mut lines = named("source", &pieces(source.iter().map(label)), total).to_vec();
    let mut blocks = pieces(blocks);
    // More than are kept: what is behind them is drawn in one.
    let end = blocks.last().map_or(0, |block| block.end);
    if end < total {
        blocks.push(Piece { start: end, end: total, label: "…".into() });
    }
    lines.extend(named("blocks", &blocks, total));
    if let Some(destination) = destination {
        lines.extend(named("dest", &pieces(destination.iter().map(label)), total));
    }
    lines
}

/// Lengths side by side.
fn pieces(lengths: impl Iterator<Item = (u32, String)>) -> Vec<Piece> {
    let mut start = 0;
    let piece = |(len, label)| {
        let end = start + u64::from(len);
        let piece = Piece { start, end, label };
        start = end;
        piece
    };
    lengths.map(piece).collect()
}

fn named(name: &str, pieces: &[Piece], total: u64) -> [String; 3] {
    let [top, middle, bottom] = strip(pieces, total, WIDTH - NAMES);
    let blank = " ".repeat(NAMES);
    [format!("{blank}{top}"), format!("{name:<NAMES$}{middle}"), format!("{blank}{bottom}")]
}
