//! The parts of a transfer, one by one.

use alloc::vec::Vec;

use sgdma::map::{FromDevice, ToDevice};
use sgdma::transfer::Payload;

use super::memory::{Cut, Lists};
use super::{Bench, Broken, TIMEOUT, peers};
use crate::arch::interrupt;

pub(super) fn all(bench: &mut Bench<'_>) -> Result<(), Broken> {
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
