//! A copy from memory to memory, judged: plain chains many blocks at a time, what is left by the judge.

use super::aligned::{self, Halt, Judged, Reached};
use super::alike::{self, Pattern};
use super::alone;
use super::bits;
use super::cursor::List;
use super::fault::ChainError;
use super::judge::{Job, Judge};
use super::rules::{Rules, Zones};
use super::verify::{Chain, at, once, rest};
use crate::lower::End;
use crate::segment::list::Rest;
use crate::segment::list::sealed::{Cell as _, List as Cells};
use crate::segment::{BusSegment, SegmentList};

#[cfg(test)]
mod tests;

/// A copy: both addresses go up, any length may be moved, and wide where it is aligned.
const JOB: Job = Job {
    must: bits::SRC_INC | bits::DEST_INC,
    last: bits::INTEN | bits::WAIT_RESP,
    wide: bits::WIDTHS,
    word: 0,
    burst: u32::MAX,
};

/// The two lists copied, memory to memory.
///
/// A block that reads what it writes is a fault. That one block writes what another reads is not looked for: ask
/// [`lower::overlap`](crate::lower::overlap) and [`lower::overlap_within`](crate::lower::overlap_within).
///
/// # Errors
/// The first fault, with the index of its block.
pub fn copy<S, D>(
    chain: &Chain<'_>,
    rules: &Rules,
    source: S,
    destination: D,
) -> Result<(), ChainError>
where
    S: IntoIterator<IntoIter: SegmentList>,
    D: IntoIterator<IntoIter: SegmentList>,
{
    let (source, dest) = (source.into_iter(), destination.into_iter());
    if cfg!(feature = "small") {
        return once(chain, rules, JOB, |zones| {
            let source = List::new((Rest(source), End::Source), zones)?;
            Ok((source, List::new((Rest(dest), End::Destination), zones)?))
        });
    }
    if let ([block], [read], [write], []) =
        (chain.blocks, source.cells(), dest.cells(), chain.edges)
        && source.ends()
        && dest.ends()
        && alone::fits(chain, block, rules, (read.segment(), write.segment()))
    {
        return Ok(());
    }
    // By value, so that what is made for this one call need not be in memory for the other way.
    copy_many(*chain, *rules, (source, dest))
}

/// [`copy`] of one entry to one other: whether the chain is one block without a doubt about it.
#[inline(always)]
pub(crate) fn copy_only(chain: &Chain<'_>, rules: &Rules, pair: (BusSegment, BusSegment)) -> bool {
    matches!((chain.blocks, chain.edges), ([block], []) if alone::fits(chain, block, rules, pair))
}

/// More than one block, or one that needs a closer look.
#[inline(never)]
fn copy_many<S, D>(chain: Chain<'_>, rules: Rules, (source, dest): (S, D)) -> Result<(), ChainError>
where
    S: SegmentList,
    D: SegmentList,
{
    let (mut source, mut dest) = (source, dest);
    let zones = Zones::new(&chain, &rules).map_err(at(0))?;
    let pattern = Pattern::copy(&rules, &zones);
    let mut judged = Judged::default();
    let halt = copy_plain(&chain, &pattern, (&mut source, &mut dest), &mut judged);
    let fetched = match halt {
        Halt::End if chain.edges.is_empty() => return Ok(()),
        Halt::Doubt(read, write) => [read, write],
        Halt::End | Halt::Pairs => [None; 2],
    };
    copy_rest((&chain, &rules, &zones), &judged, fetched, (source, dest))
}

/// The blocks about which there is no doubt, as far as they go; never [`Halt::Pairs`].
#[inline(always)]
fn copy_plain<S: Cells, D: Cells>(
    chain: &Chain<'_>,
    pattern: &Pattern,
    (source, dest): (&mut S, &mut D),
    judged: &mut Judged,
) -> Halt {
    let (blocks, base) = (chain.blocks, chain.base.get());
    // The last block differs from the others.
    let body = blocks.split_last().map_or(blocks, |(_, body)| body);
    loop {
        let next = body.get(judged.blocks..).unwrap_or_default();
        let link = base.wrapping_add(length(judged.blocks));
        let count = alike::judge(next, link, pattern, source.cells(), dest.cells());
        if count != 0 {
            source.pass(count);
            dest.pass(count);
            judged.blocks += count;
            (judged.source, judged.dest) = (Reached::default(), Reached::default());
        }
        // Here both sides are at the end of an entry.
        if let ([last], [read], [write]) =
            (blocks.get(judged.blocks..).unwrap_or_default(), source.cells(), dest.cells())
            && source.ends()
            && dest.ends()
            && pattern.ends(last, read.segment(), write.segment())
        {
            return Halt::End;
        }
        if count != 0 {
            // Their cells may go on elsewhere.
            continue;
        }
        match aligned::judge(blocks, base, pattern, (source, dest), judged) {
            Halt::Pairs => (),
            halt => return halt,
        }
    }
}

/// The blocks of a copy that need a closer look, and all after them.
#[cold]
#[inline(never)]
fn copy_rest<S, D>(
    (chain, rules, zones): (&Chain<'_>, &Rules, &Zones),
    judged: &Judged,
    [read, write]: [Option<BusSegment>; 2],
    (source, dest): (S, D),
) -> Result<(), ChainError>
where
    S: SegmentList,
    D: SegmentList,
{
    let mut place = judged.blocks;
    let moved = chain.blocks.iter().take(place).map(|block| u64::from(block.len)).sum();
    let judge = || {
        let read = (read.into_iter().chain(Rest(source)), End::Source);
        let write = (write.into_iter().chain(Rest(dest)), End::Destination);
        let source = List::after(read, judged.source, zones)?;
        let dest = List::after(write, judged.dest, zones)?;
        let judge = Judge::new(chain, rules, JOB, zones, (source, dest)).resume(moved);
        rest(chain, judge, JOB, &mut place)
    };
    let found = judge();
    found.map_err(at(place))
}

/// The bytes of so many blocks.
#[inline]
fn length(blocks: usize) -> u32 {
    32_u32.wrapping_mul(u32::try_from(blocks).unwrap_or(u32::MAX))
}
