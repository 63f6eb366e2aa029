//! The parts of a transfer, one by one.

use alloc::vec::Vec;

use sgdma::chain::Rules;
use sgdma::chain::verify::{self, Chain};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, Edge, Storage};
use sgdma::map::{FromDevice, ToDevice};
use sgdma::segment::BusSegment;
use sgdma::transfer::Payload;

use super::memory::{Cut, Lists};
use super::{Bench, Broken, TIMEOUT, peers};
use crate::arch::interrupt;

pub(super) fn all(bench: &mut Bench<'_>) -> Result<(), Broken> {
    for (entries, names) in [
        (1, ["  lower 1 block", "  verify 1 block", "  commit 1 block"]),
        (256, ["  lower 256 blocks", "  verify 256 blocks", "  commit 256 blocks"]),
    ] {
        let counts = bench.planning(entries)?;
        bench.parts(names, counts);
    }
    let counts = bench.source(256)?;
    bench.parts(["  map 256 pages to the device", "  unmap them"], counts);
    let counts = bench.destination(256)?;
    bench.parts(["  map 256 pages from the device", "  unmap them"], counts);
    let counts = bench.flight(1)?;
    let names = ["  submit", "  issue, interrupts masked", "  interrupt: a transfer ends"];
    bench.parts(names, counts);
    let [_, _, ends] = bench.flight(2)?;
    bench.parts(["  interrupts: two end, the first starts the second"], [ends]);
    Ok(())
}

impl Bench<'_> {
    fn parts<const N: usize>(&mut self, names: [&'static str; N], counts: [u32; N]) {
        for (name, count) in names.into_iter().zip(counts) {
            self.row(name, count, peers::NONE);
        }
    }

    /// Lowering, verifying and copying a plan, without anything around it.
    fn planning(&self, entries: usize) -> Result<[u32; 3], Broken> {
        let limits =
            self.channel.constraints().with_line(1).map_err(|_| Broken::Refused("the line"))?;
        let (source, dest) = self.mapped(Lists { entries, sink: Cut::Alike })?;
        let mut blocks = [ControlBlock::default(); 256];
        let mut edges = [Edge::default(); 4];
        let bytes = u32::try_from(size_of_val(&blocks)).unwrap_or(u32::MAX);
        let mut chain =
            self.dma.pool.alloc(bytes, ControlBlock::SIZE).map_err(|_| Broken::NoMemory)?;
        let (base, none) = (chain.bus(), BusSegment::default());
        let mut planned = 0;
        let lowering = Self::median(&mut || {
            let storage =
                Storage { blocks: &mut blocks, chain: base, edges: &mut edges, slots: none };
            let start = self.start();
            let plan = lower::copy(source.segments(), dest.segments(), &limits, storage)
                .map_err(|_| Broken::Refused("the plan"))?;
            let count = self.since(start);
            planned = plan.counts.blocks;
            Ok(count)
        })?;
        let blocks = blocks.get(..planned).unwrap_or_default();
        let checked = Chain { blocks, base, edges: &[], slots: none };
        let verifying = Self::median(&mut || {
            let start = self.start();
            verify::copy(&checked, &Rules::new(&limits), source.segments(), dest.segments())
                .map_err(|_| Broken::Refused("the chain"))?;
            Ok(self.since(start))
        })?;
        let committing = Self::median(&mut || {
            let start = self.start();
            chain.write_blocks(blocks);
            Ok(self.since(start))
        })?;
        Ok([lowering, verifying, committing])
    }

    /// Mapping and unmapping a source.
    fn source(&self, entries: usize) -> Result<[u32; 2], Broken> {
        let device = self.device();
        let mut table = Some(self.pages(entries)?);
        Self::medians(&mut || {
            let pages = table.take().ok_or(Broken::NoMemory)?;
            let start = self.start();
            let mapped = pages.map(ToDevice, &device).map_err(|_| Broken::Refused("the source"))?;
            let mapping = self.since(start);
            let start = self.start();
            let pages = mapped.unmap();
            let unmapping = self.since(start);
            table = Some(pages);
            Ok([mapping, unmapping])
        })
    }

    /// Mapping and unmapping a destination.
    fn destination(&self, entries: usize) -> Result<[u32; 2], Broken> {
        let device = self.device();
        let mut table = Some(self.pages(entries)?);
        Self::medians(&mut || {
            let pages = table.take().ok_or(Broken::NoMemory)?;
            let start = self.start();
            let mapped =
                pages.map(FromDevice, &device).map_err(|_| Broken::Refused("the destination"))?;
            let mapping = self.since(start);
            let start = self.start();
            let pages = mapped.unmap();
            let unmapping = self.since(start);
            table = Some(pages);
            Ok([mapping, unmapping])
        })
    }

    /// Submitting one of so many transfers, issuing them with interrupts masked, and then taking the interrupts, from
    /// the vector to the return.
    fn flight(&self, transfers: usize) -> Result<[u32; 3], Broken> {
        let mut prepared = Vec::new();
        for _ in 0..transfers {
            prepared.push(self.prepared(Lists { entries: 1, sink: Cut::Alike })?);
        }
        Self::medians(&mut || {
            self.dma.engine.scope(|scope| {
                let mut flying = Vec::with_capacity(transfers);
                let mut submitting = 0;
                let masked = interrupt::mask();
                for transfer in &mut prepared {
                    let transfer: &mut dyn Payload = transfer;
                    let start = self.start();
                    let submitted = scope.submit(&self.channel, transfer);
                    submitting = self.since(start);
                    flying.push(submitted.map_err(|_| Broken::Refused("the transfer"))?);
                }
                let start = self.start();
                self.channel.issue_pending();
                let issuing = self.since(start);
                let start = self.start();
                interrupt::restore(masked);
                let handling = self.since(start);
                for transfer in flying {
                    transfer.wait(TIMEOUT).map_err(|_| Broken::Refused("to wait"))?;
                }
                Ok([submitting, issuing, handling])
            })
        })
    }
}
