//! One list cut by itself.

use super::cuts::{Cut, Cuts};
use super::side::{Fixed, Memory};
use super::{End, LowerError};
use crate::address::BusAddr;
use crate::constraints::Constraints;
use crate::segment::BusSegment;

/// Cuts one list alone, by the rules of merging, length, boundary and burst; the other side is taken as in phase.
/// No edges, no granule. There is no destination: that of each cut repeats its source, and a plan of such cuts would copy
/// memory onto itself.
///
/// The example that everybody knows, two segments with blocks of at most 0x400 bytes and bursts of 4:
///
/// ```
/// use sgdma::constraints::{ChannelKind, Constraints};
/// use sgdma::lower::cut;
/// use sgdma::segment::{BusSegment, BusWindow};
/// # use sgdma::address::BusAddr;
///
/// let list =
///     [BusSegment::new(BusAddr::new(0xa000), 0x555), BusSegment::new(BusAddr::new(0x7000), 0x111)];
/// let limits = Constraints::memory(ChannelKind::Full)
///     .with_window(BusWindow::ALL)
///     .with_max_segment(0x400)?;
/// let blocks = |limits| -> Vec<(u32, u32)> {
///     cut(list.iter().copied(), &limits).map(|c| c.map(|c| (c.source.get(), c.len)).unwrap()).collect()
/// };
///
/// assert_eq!(blocks(limits.with_burst(1)?), [(0xa000, 0x400), (0xa400, 0x155), (0x7000, 0x111)]);
/// assert_eq!(
///     blocks(limits.with_burst(4)?),
///     // The published table prints 0xa450 in the third row: that would copy one byte twice and lose another.
///     [(0xa000, 0x400), (0xa400, 0x154), (0xa554, 0x001), (0x7000, 0x110), (0x7110, 0x001)]
/// );
/// # Ok::<(), sgdma::constraints::ConstraintError>(())
/// ```
pub fn cut<I>(list: I, limits: &Constraints) -> impl Iterator<Item = Result<Cut, LowerError>>
where
    I: Iterator<Item = BusSegment>,
{
    let free = Fixed::<false>::new(BusAddr::new(0));
    Cuts::between(free, Memory::new(list, End::Source), &limits.alone())
        .map(|cut| cut.map(|cut| Cut { source: cut.destination, ..cut }))
}
