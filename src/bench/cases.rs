//! Whole transfers: from a table or a plan until whoever waits for it runs on.

use sgdma::buffer::Exclusive;
use sgdma::map::{Device, FromDevice, Mapped, ToDevice};

use super::memory::{Table, compare, fill};
use super::{Bench, Broken, TIMEOUT, peers};
use crate::board::dma::Platform;

/// How many entries a list has.
const ENTRIES: usize = 256;

pub(super) fn all(bench: &mut Bench<'_>) -> Result<(), Broken> {
    let one = bench.prepare_and_run("one entry", bench.pages(1)?, bench.pages(1)?)?;
    bench.row("copy of one entry, mapped: prepare, run", one, peers::PREPARE_AND_RUN);
    let run = bench.run_prepared()?;
    bench.row("copy of one entry, prepared: run", run, peers::RUN);
    let list =
        bench.prepare_and_run("256 entries", bench.pages(ENTRIES)?, bench.pages(ENTRIES)?)?;
    bench.row("copy of 256 x 4 KiB, mapped: prepare, run", list, peers::LIST);
    let list =
        bench.map_to_unmap("256 entries, cached", bench.pages(ENTRIES)?, bench.pages(ENTRIES)?)?;
    bench.row("copy of 256 x 4 KiB: map, prepare, run, unmap", list, peers::LIST_CACHED);
    let list =
        bench.prepare_and_run("512 blocks", bench.pages(ENTRIES)?, bench.shifted(ENTRIES)?)?;
    bench.row("the same, shifted by 2 KiB, mapped", list, peers::SHIFTED);
    let list =
        bench.map_to_unmap("512 blocks, cached", bench.pages(ENTRIES)?, bench.shifted(ENTRIES)?)?;
    bench.row("the same, shifted by 2 KiB: map to unmap", list, peers::SHIFTED_CACHED);
    Ok(())
}

/// The engine's view of a source and of a destination.
pub(super) type Source = Mapped<'static, 'static, ToDevice, Exclusive, Platform>;
pub(super) type Dest = Mapped<'static, 'static, FromDevice, Exclusive, Platform>;

impl Bench<'_> {
    pub(super) fn device(&self) -> Device<'static, Platform> {
        Device::new(self.dma.engine.platform())
    }

    /// The source, filled, and the destination, mapped.
    pub(super) fn mapped(&self, mut from: Table, to: Table) -> Result<(Source, Dest), Broken> {
        fill(&mut from);
        let device = self.device();
        let source = from.map(ToDevice, &device).map_err(|_| Broken::Refused("the source"))?;
        let dest = to.map(FromDevice, &device).map_err(|_| Broken::Refused("the destination"))?;
        Ok((source, dest))
    }

    /// Both sides are mapped once; lowering, verifying and committing are counted, and the run.
    fn prepare_and_run(&self, name: &'static str, from: Table, to: Table) -> Result<u32, Broken> {
        let limits = self.channel.constraints();
        let (mut source, mut dest) = self.mapped(from, to)?;
        let mut frame = self.frame()?;
        let (count, ()) = self.median((), |bench, ()| {
            let start = bench.start();
            let mut prepared = frame
                .copy_lent(&mut source, &mut dest, &limits)
                .map_err(|_| Broken::Refused("the plan"))?;
            bench.channel.run(&mut prepared, TIMEOUT).map_err(Broken::Failed)?;
            Ok((bench.since(start), ()))
        })?;
        compare(name, &source.unmap(), &dest.unmap())?;
        Ok(count)
    }

    /// The plan is made once; only its run is counted.
    fn run_prepared(&self) -> Result<u32, Broken> {
        let (source, dest) = self.mapped(self.pages(1)?, self.pages(1)?)?;
        let prepared = self
            .frame()?
            .copy(source, dest, &self.channel.constraints())
            .map_err(|_| Broken::Refused("the plan"))?;
        let (count, prepared) = self.median(prepared, |bench, mut prepared| {
            let start = bench.start();
            bench.channel.run(&mut prepared, TIMEOUT).map_err(Broken::Failed)?;
            Ok((bench.since(start), prepared))
        })?;
        let (_, source, dest) = prepared.into_parts();
        compare("one entry, prepared", &source.unmap(), &dest.unmap())?;
        Ok(count)
    }

    /// Everything is counted: mapping both sides, preparing, running, unmapping.
    fn map_to_unmap(&self, name: &'static str, mut from: Table, to: Table) -> Result<u32, Broken> {
        fill(&mut from);
        let device = self.device();
        let limits = self.channel.constraints();
        let state = (self.frame()?, from, to);
        let (count, (_, from, to)) = self.median(state, |bench, (mut frame, from, to)| {
            let start = bench.start();
            let mut source =
                from.map(ToDevice, &device).map_err(|_| Broken::Refused("the source"))?;
            let mut dest =
                to.map(FromDevice, &device).map_err(|_| Broken::Refused("the destination"))?;
            let mut prepared = frame
                .copy_lent(&mut source, &mut dest, &limits)
                .map_err(|_| Broken::Refused("the plan"))?;
            bench.channel.run(&mut prepared, TIMEOUT).map_err(Broken::Failed)?;
            let (from, to) = (source.unmap(), dest.unmap());
            Ok((bench.since(start), (frame, from, to)))
        })?;
        compare(name, &from, &to)?;
        Ok(count)
    }
}
