//! A copy to be planned, from any bytes.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use sgdma::constraints::{ChannelKind, Constraints, EngineKind, Merge};
use sgdma::segment::BusSegment;

use crate::cases::{DEST, SOURCE, at};

/// Source, destination and limits; `None` where the limits contradict each other.
pub(crate) fn job(
    input: &mut Unstructured<'_>,
) -> Result<Option<(Vec<BusSegment>, Vec<BusSegment>, Constraints)>> {
    let Some(limits) = limits(input)? else { return Ok(None) };
    // Most of what is aligned goes another way than the rest.
    let [fine, coarse] = [*input.choose(&[1, 16, 32])?, *input.choose(&[1, 32, 64])?];
    let source = list(input, SOURCE, 640, fine)?;
    let total = source.iter().map(|segment| segment.len).sum();
    let dest = list(input, DEST, total, coarse)?;
    let short = total - dest.iter().map(|segment| segment.len).sum::<u32>();
    let end = dest.last().map_or(DEST, |last| last.addr.get() + last.len);
    let rest = (short > 0).then(|| at(end, short));
    let mut lists = [source, dest.into_iter().chain(rest).collect()];
    if input.ratio(1, 8)? {
        move_out_of_reach(input, &mut lists)?;
    }
    let [source, dest] = lists;
    Ok(Some((source, dest, limits)))
}

/// An entry that the engine cannot reach, of any length: nothing may be planned.
fn move_out_of_reach(input: &mut Unstructured<'_>, lists: &mut [Vec<BusSegment>; 2]) -> Result<()> {
    let list = &mut lists[input.choose_index(2)?];
    let entry = input.choose_index(list.len())?;
    let addr = input.int_in_range(0..=0xBFFF_FFFF_u32)?;
    list[entry] = at(addr, input.int_in_range(0..=300)?);
    Ok(())
}

/// Entries upwards from `start`, some of them neighbours, of at most `most` bytes together, in units of so many where there
/// are as many left.
fn list(input: &mut Unstructured<'_>, start: u32, most: u32, unit: u32) -> Result<Vec<BusSegment>> {
    let (mut next, mut left) = (start, most);
    let mut list = Vec::new();
    for _ in 0..input.int_in_range(1..=12)? {
        if left == 0 {
            break;
        }
        next += input.int_in_range(0..=(80 / unit).max(1))? * unit;
        let units = input.int_in_range(1..=(left.min(250) / unit).max(1))?;
        let len = left.min(units * unit);
        list.push(at(next, len));
        (next, left) = (next + len, left - len);
    }
    Ok(list)
}

fn limits(input: &mut Unstructured<'_>) -> Result<Option<Constraints>> {
    let kind = input.choose(&[ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite])?;
    let (burst, line) = (1 << input.int_in_range(0..=6)?, *input.choose(&[1, 4, 8, 16, 64])?);
    let most = input.int_in_range(0..=300)?;
    let boundary = input.int_in_range(0..=10)?;
    let limits = Constraints::memory(*kind).with_burst(burst).and_then(|limits| {
        let mut limits = limits.with_line(line)?;
        if most > 0 {
            limits = limits.with_max_segment(most)?;
        }
        if boundary > 0 {
            limits = limits.with_boundary(1 << (boundary - 1))?;
        }
        Ok(limits)
    });
    let Ok(mut limits) = limits else { return Ok(None) };
    if input.arbitrary()? {
        let Ok(emulated) = limits.with_engine(EngineKind::Emulated) else { return Ok(None) };
        limits = emulated;
    }
    if input.arbitrary()? {
        limits = limits.with_merge(Merge::Never);
    }
    Ok(Some(limits))
}
