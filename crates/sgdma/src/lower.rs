//! Lowering: segments become control blocks.
//!
//! One idea carries it: **a block ends at the nearest mandatory cut.** The cuts are found by one iterator, [`Cuts`];
//! the planner turns what it yields into words, [`cut()`] shows it for one list alone.
//!
//! | rule | a block ends … | [`Rule`] |
//! | --- | --- | --- |
//! | 1 | (contiguous neighbours are merged first) | |
//! | 2 | at an end of a segment, on either side | [`Rule::SegmentEnd`] |
//! | 3 | after `max_segment` bytes | [`Rule::MaxSegment`] |
//! | 3 | at a multiple of `boundary`, on either side | [`Rule::Boundary`] |
//! | 4 | at the first and after the last whole burst, where both sides have the same phase | [`Rule::Burst`] |
//! | 5 | where the destination's cache lines begin or cease to be wholly its own | [`Rule::Line`] |
//! | 5 | before the last bytes that do not fill a granule of the engine | [`Rule::Granule`] |
//! | 8 | at the end of a period of a ring | [`Rule::Period`] |
//!
//! **Edges** (rule 5). Destination bytes in a line that one merged segment does not own whole, and the last
//! `len % granule` bytes of a piece, are moved by the engine into a slot of coherent memory; the CPU carries them on
//! when it takes the destination back. Nothing outside destination and slots is ever written. A line that two
//! separate segments of one list share counts as not owned: safe, at the price of a slot.
//!
//! **Minimal.** Under these rules no plan has fewer edge bytes, and none with as few has fewer blocks; the tests
//! search small inputs exhaustively.
//!
//! **Overlap.** Planner and judge make one pass and look at one block at a time: one that reads what it writes is refused
//! ([`LowerError::Overlap`]). That one block writes what another reads, or writes again, they do not see, and no order of
//! blocks is promised that would make such a copy right. Tables built of references cannot overlap; for lists from
//! elsewhere ask [`overlap`] and [`overlap_within`] first.

use core::fmt;

mod aligned;
mod alike;
mod alone;
mod blit;
mod cuts;
mod error;
mod fixed;
mod paced;
mod plain;
mod plan;
mod side;
mod stamp;
mod write;

pub use self::alone::cut;
pub use self::blit::{Blit, blit};
pub use self::cuts::{Cut, CutKind, Cuts, Rule};
pub use self::error::LowerError;
pub use self::fixed::{fill, fill_words, from_device, ring_from_device, ring_to_device, to_device};
pub use self::paced::{Paced, ring_paced};
pub use self::plan::{Counts, Edge, Plan, Storage, copy, count, lay_out};

pub(crate) use self::plan::copy_only;
pub use self::side::Memory;
pub use self::stamp::stamp;
pub(crate) use self::write::{only_word, storage_fits};
use crate::segment::BusSegment;

/// One of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// What is read.
    Source,
    /// What is written.
    Destination,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Destination => "destination",
        })
    }
}

/// The first pair of entries, one of each list, that share a byte: their indices. A copy between such lists reads what it has
/// written. ([`SgTable::overlap_with`](crate::sg_table::SgTable::overlap_with) asks the same of tables.)
///
/// Compares each with each, without sorting or memory: n × m steps.
///
/// ```
/// use sgdma::address::BusAddr;
/// use sgdma::lower::{overlap, overlap_within};
/// use sgdma::segment::BusSegment;
///
/// let at = |start, len| BusSegment::new(BusAddr::new(start), len);
/// // Each block of 0x1000 bytes reads elsewhere than it writes, and the second reads what the first has written.
/// let (source, sink) = ([at(0x1000, 0x1800)], [at(0x2000, 0x1000), at(0x8000, 0x800)]);
/// assert_eq!(overlap(source.into_iter(), &sink.into_iter()), Some((0, 0)));
/// assert_eq!(overlap_within(&sink.into_iter()), None);
/// let twice = [at(0x8000, 0x80), at(0x9000, 1), at(0x807F, 0x80)];
/// assert_eq!(overlap_within(&twice.into_iter()), Some((0, 2)));
/// ```
pub fn overlap<S, D>(source: S, destination: &D) -> Option<(usize, usize)>
where
    S: Iterator<Item = BusSegment>,
    D: Iterator<Item = BusSegment> + Clone,
{
    source.enumerate().find_map(|(i, read)| {
        let mut written = destination.clone();
        written.position(|write| read.overlaps(write)).map(|j| (i, j))
    })
}

/// The first pair of entries of one list that share a byte: their indices. A destination of which this is so is written twice.
///
/// Compares each with each, without sorting or memory: n × n / 2 steps.
pub fn overlap_within<D>(list: &D) -> Option<(usize, usize)>
where
    D: Iterator<Item = BusSegment> + Clone,
{
    list.clone().enumerate().find_map(|(i, one)| {
        let behind = list.clone().enumerate().skip(i.saturating_add(1));
        behind.filter(|(_, other)| one.overlaps(*other)).map(|(j, _)| (i, j)).next()
    })
}
