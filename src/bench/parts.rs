//! The parts of a transfer, one by one.

use alloc::vec::Vec;

use sgdma::chain::Rules;
use sgdma::chain::verify::{self, Chain};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, Edge, Storage};
use sgdma::map::{FromDevice, ToDevice};
use sgdma::segment::BusSegment;

use super::{Bench, Broken, TIMEOUT, peers};
use crate::arch::interrupt;

pub(super) fn all(bench: &mut Bench<'_>) -> Result<(), Broken> {
    let [lower, verify, commit] = bench.planning(1)?;
    bench.part("  lower 1 block", lower);
    bench.part("  verify 1 block", verify);
    bench.part("  commit 1 block", commit);
    let [lower, verify, commit] = bench.planning(256)?;
    bench.part("  lower 256 blocks", lower);
    bench.part("  verify 256 blocks", verify);
    bench.part("  commit 256 blocks", commit);
    let [map, unmap] = bench.source(256)?;
    bench.part("  map 256 pages to the device", map);
    bench.part("  unmap them", unmap);
    let [map, unmap] = bench.destination(256)?;
    bench.part("  map 256 pages from the device", map);
    bench.part("  unmap them", unmap);
    let [submit, issue, wait] = bench.flight(1)?;
    bench.part("  submit", submit);
    bench.part("  issue, interrupts masked", issue);
    bench.part("  interrupt: a transfer ends", wait);
    let [_, _, ends] = bench.flight(2)?;
    bench.part("  interrupts: two end, the first starts the second", ends);
    Ok(())
}

impl Bench<'_> {
    fn part(&mut self, name: &'static str, count: u32) {
        self.row(name, count, peers::NONE);
    }

    /// Lowering, verifying and copying a plan, without anything around it.
    fn planning(&self, entries: usize) -> Result<[u32; 3], Broken> {
        let limits =
            self.channel.constraints().with_line(1).map_err(|_| Broken::Refused("the line"))?;
        let (source, dest) = self.mapped(self.pages(entries)?, self.pages(entries)?)?;
        let mut blocks = [ControlBlock::default(); 256];
        let mut edges = [Edge::default(); 4];
        let bytes = u32::try_from(size_of_val(&blocks)).unwrap_or(u32::MAX);
        let mut chain =
            self.dma.pool.alloc(bytes, ControlBlock::SIZE).map_err(|_| Broken::NoMemory)?;
        let (base, none) = (chain.bus(), BusSegment::default());
        let (lowering, planned) = self.median(0, |bench, _| {
            let storage =
                Storage { blocks: &mut blocks, chain: base, edges: &mut edges, slots: none };
            let start = bench.start();
            let plan = lower::copy(source.segments(), dest.segments(), &limits, storage)
                .map_err(|_| Broken::Refused("the plan"))?;
            let count = bench.since(start);
            Ok((count, plan.counts.blocks))
        })?;
        let blocks = blocks.get(..planned).unwrap_or_default();
        let checked = Chain { blocks, base, edges: &[], slots: none };
        let (verifying, ()) = self.median((), |bench, ()| {
            let start = bench.start();
            verify::copy(&checked, &Rules::new(&limits), source.segments(), dest.segments())
                .map_err(|_| Broken::Refused("the chain"))?;
            Ok((bench.since(start), ()))
        })?;
        let (committing, ()) = self.median((), |bench, ()| {
            let start = bench.start();
            chain.write_blocks(blocks);
            Ok((bench.since(start), ()))
        })?;
        Ok([lowering, verifying, committing])
    }

    /// Mapping and unmapping a source.
    fn source(&self, entries: usize) -> Result<[u32; 2], Broken> {
        let device = self.device();
        let (mapping, table) = self.median(self.pages(entries)?, |bench, table| {
            let start = bench.start();
            let mapped = table.map(ToDevice, &device).map_err(|_| Broken::Refused("the source"))?;
            let count = bench.since(start);
            Ok((count, mapped.unmap()))
        })?;
        let (unmapping, _) = self.median(table, |bench, table| {
            let mapped = table.map(ToDevice, &device).map_err(|_| Broken::Refused("the source"))?;
            let start = bench.start();
            let table = mapped.unmap();
            Ok((bench.since(start), table))
        })?;
        Ok([mapping, unmapping])
    }

    /// Mapping and unmapping a destination.
    fn destination(&self, entries: usize) -> Result<[u32; 2], Broken> {
        let device = self.device();
        let refused = |_| Broken::Refused("the destination");
        let (mapping, table) = self.median(self.pages(entries)?, |bench, table| {
            let start = bench.start();
            let mapped = table.map(FromDevice, &device).map_err(|r| refused(r.reason))?;
            let count = bench.since(start);
            Ok((count, mapped.unmap()))
        })?;
        let (unmapping, _) = self.median(table, |bench, table| {
            let mapped = table.map(FromDevice, &device).map_err(|r| refused(r.reason))?;
            let start = bench.start();
            let table = mapped.unmap();
            Ok((bench.since(start), table))
        })?;
        Ok([mapping, unmapping])
    }

    /// Submitting one of so many transfers, issuing them with interrupts masked, and then taking the interrupts, from
    /// the vector to the return.
    fn flight(&self, transfers: usize) -> Result<[u32; 3], Broken> {
        let mut prepared = Vec::new();
        for _ in 0..transfers {
            let (source, dest) = self.mapped(self.pages(1)?, self.pages(1)?)?;
            let limits = self.channel.constraints();
            let frame = self.frame()?;
            prepared
                .push(frame.copy(source, dest, &limits).map_err(|_| Broken::Refused("the plan"))?);
        }
        let mut counts = [0; 3];
        for (which, median) in counts.iter_mut().enumerate() {
            (*median, prepared) = self.median(prepared, |bench, mut prepared| {
                let mut flying = Vec::with_capacity(transfers);
                let mut taken = [0; 3];
                let [submitting, issuing, handling] = &mut taken;
                let masked = interrupt::mask();
                for transfer in prepared.drain(..) {
                    let start = bench.start();
                    let submitted = bench.channel.submit(transfer);
                    *submitting = bench.since(start);
                    flying.push(submitted.map_err(|_| Broken::Refused("the transfer"))?);
                }
                let start = bench.start();
                bench.channel.issue_pending();
                *issuing = bench.since(start);
                let start = bench.start();
                interrupt::restore(masked);
                *handling = bench.since(start);
                for transfer in flying {
                    prepared.push(transfer.wait(TIMEOUT).map_err(|_| Broken::Refused("to wait"))?);
                }
                Ok((taken.get(which).copied().unwrap_or(0), prepared))
            })?;
        }
        Ok(counts)
    }
}
