//! Whole transfers: from a table or a plan until whoever waits for it runs on.

use sgdma::buffer::Exclusive;
use sgdma::map::{Device, FromDevice, Mapped, ToDevice};

use sgdma::transfer::Prepared;

use super::memory::{Cut, Lists, compare};
use super::peers::{self, Peers};
use super::{Bench, Broken, TIMEOUT};
use crate::board::dma::Platform;

/// How many entries a list has.
const ENTRIES: usize = 256;

/// What is counted of a transfer.
#[derive(Clone, Copy, Debug)]
enum Count {
    /// Both sides are mapped: preparing and running.
    Preparing,
    /// It is prepared: running.
    Running,
    /// Everything, from mapping both sides to unmapping them.
    Mapping,
}

/// A name, what is counted, on which lists, and what others need for it.
type Case = (&'static str, Count, Lists, Peers);

const ONE: Lists = Lists { entries: 1, sink: Cut::Alike };
const LIST: Lists = Lists { entries: ENTRIES, sink: Cut::Alike };
const SHIFTED: Lists = Lists { entries: ENTRIES, sink: Cut::Shifted };

const CASES: [Case; 6] = [
    ("copy of one entry, mapped: prepare, run", Count::Preparing, ONE, peers::PREPARE_AND_RUN),
    ("copy of one entry, prepared: run", Count::Running, ONE, peers::RUN),
    ("copy of 256 x 4 KiB, mapped: prepare, run", Count::Preparing, LIST, peers::LIST),
    ("copy of 256 x 4 KiB: map, prepare, run, unmap", Count::Mapping, LIST, peers::LIST_CACHED),
    ("the same, shifted by 2 KiB, mapped", Count::Preparing, SHIFTED, peers::SHIFTED),
    ("the same, shifted by 2 KiB: map to unmap", Count::Mapping, SHIFTED, peers::SHIFTED_CACHED),
];

pub(super) fn all(bench: &mut Bench<'_>) -> Result<(), Broken> {
    for (name, count, lists, peers) in CASES {
        let count = match count {
            Count::Preparing => bench.prepare_and_run(lists)?,
            Count::Running => bench.run_prepared(lists)?,
            Count::Mapping => bench.map_to_unmap(lists)?,
        };
        bench.row(name, count, peers);
    }
    Ok(())
}

/// The engine's view of a source and of a destination.
pub(super) type Source = Mapped<'static, 'static, ToDevice, Exclusive, Platform>;
pub(super) type Dest = Mapped<'static, 'static, FromDevice, Exclusive, Platform>;

impl Bench<'_> {
    pub(super) fn device(&self) -> Device<'static, Platform> {
        self.dma.engine.device()
    }

    /// The source, filled, and the destination, mapped.
    #[inline(never)]
    pub(super) fn mapped(&self, lists: Lists) -> Result<(Source, Dest), Broken> {
        let (from, to) = self.tables(lists)?;
        let device = self.device();
        let source = from.map(ToDevice, &device).map_err(|_| Broken::Refused("the source"))?;
        let dest = to.map(FromDevice, &device).map_err(|_| Broken::Refused("the destination"))?;
        Ok((source, dest))
    }

    /// Both sides are mapped once; lowering, verifying and committing are counted, and the run.
    fn prepare_and_run(&self, lists: Lists) -> Result<u32, Broken> {
        let limits = self.channel.constraints();
        let (mut source, mut dest) = self.mapped(lists)?;
        let mut frame = self.frame()?;
        let count = Self::median(&mut || {
            let start = self.start();
            let mut prepared = frame
                .copy_lent(&mut source, &mut dest, &limits)
                .map_err(|_| Broken::Refused("the plan"))?;
            self.channel.run(&mut prepared, TIMEOUT)?;
            Ok(self.since(start))
        })?;
        compare(&source.unmap(), &dest.unmap())?;
        Ok(count)
    }

    /// The plan is made once; only its run is counted.
    fn run_prepared(&self, lists: Lists) -> Result<u32, Broken> {
        let mut prepared = self.prepared(lists)?;
        let count = Self::median(&mut || {
            let start = self.start();
            self.channel.run(&mut prepared, TIMEOUT)?;
            Ok(self.since(start))
        })?;
        let (_, source, dest) = prepared.into_parts();
        compare(&source.unmap(), &dest.unmap())?;
        Ok(count)
    }

    /// A copy that is ready to run.
    #[inline(never)]
    pub(super) fn prepared(&self, lists: Lists) -> Result<Prepared<'static, Source, Dest>, Broken> {
        let (source, dest) = self.mapped(lists)?;
        let prepared = self.frame()?.copy(source, dest, &self.channel.constraints());
        prepared.map_err(|_| Broken::Refused("the plan"))
    }

    /// Everything is counted: mapping both sides, preparing, running, unmapping.
    fn map_to_unmap(&self, lists: Lists) -> Result<u32, Broken> {
        let device = self.device();
        let limits = self.channel.constraints();
        let mut frame = self.frame()?;
        let mut tables = Some(self.tables(lists)?);
        let count = Self::median(&mut || {
            let (from, to) = tables.take().ok_or(Broken::NoMemory)?;
            let start = self.start();
            let mut source =
                from.map(ToDevice, &device).map_err(|_| Broken::Refused("the source"))?;
            let mut dest =
                to.map(FromDevice, &device).map_err(|_| Broken::Refused("the destination"))?;
            let mut prepared = frame
                .copy_lent(&mut source, &mut dest, &limits)
                .map_err(|_| Broken::Refused("the plan"))?;
            self.channel.run(&mut prepared, TIMEOUT)?;
            let (from, to) = (source.unmap(), dest.unmap());
            let count = self.since(start);
            tables = Some((from, to));
            Ok(count)
        })?;
        let (from, to) = tables.ok_or(Broken::NoMemory)?;
        compare(&from, &to)?;
        Ok(count)
    }
}
