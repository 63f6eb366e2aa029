//! Random programs over random tables, with dirty neighbours everywhere.

use std::ops::Range;
use std::vec;
use std::vec::Vec;

use fastrand::Rng;

use super::machine::{BUS, LINE, Machine};
use crate::address::BusAddr;
use crate::buffer::{Entry, Exclusive};
use crate::ledger::{Ledger, Slot};
use crate::map::{Bidirectional, CpuView, Device, Mapped};
use crate::scatterlist::Equality;
use crate::segment::BusSegment;
use crate::sg_table::SgTable;

const LEN: usize = 8 * LINE;
const PROGRAMS: u64 = if cfg!(miri) { 1 } else { 10_000 };

type Mapping<'m> = Mapped<'m, 'm, Bidirectional, Exclusive, Machine>;
type View<'m> = CpuView<'m, 'm, Bidirectional, Exclusive, Machine>;

/// A program, and what every byte of the CPU's view must be.
struct Program<'m> {
    random: Rng,
    machine: &'m Machine,
    expected: Vec<u8>,
    /// The table's memory, in the table's order.
    pieces: Vec<Range<usize>>,
}

impl<'m> Program<'m> {
    fn new(seed: u64, machine: &'m Machine) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut cuts: Vec<usize> = (0..random.usize(2..12)).map(|_| random.usize(..LEN)).collect();
        cuts.sort_unstable();
        let first = cuts[0].max(LINE);
        let mut pieces: Vec<Range<usize>> =
            cuts.windows(2).map(|cut| cut[0]..cut[1]).filter(|p| !p.is_empty()).collect();
        pieces.retain(|piece| piece.start >= LINE && random.u8(..4) != 0);
        if pieces.is_empty() {
            pieces.push(first..first + 1);
        }
        if random.bool() {
            random.shuffle(&mut pieces);
        }
        Self { random, machine, expected: machine.peek_all(0..LEN), pieces }
    }

    /// The CPU writes beside the table, at any time.
    fn disturb(&mut self) {
        for _ in 0..self.random.usize(..6) {
            let at = self.random.usize(..LEN);
            if !self.pieces.iter().any(|piece| piece.contains(&at)) {
                self.expected[at] = self.random.u8(..);
                self.machine.poke(at, self.expected[at]);
            }
        }
    }

    fn stream(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|piece| self.expected[piece.clone()].to_vec()).collect()
    }

    /// The engine reads everything, writes what it may, and leaves edges: each line that is not whole, and a few bytes
    /// of those that are.
    fn transfer(&mut self, mapped: &mut Mapping<'m>) {
        let read: Vec<u8> = mapped.segments().flat_map(|s| self.machine.engine_reads(s)).collect();
        assert_eq!(read, self.stream(), "what the engine reads");
        let mut edges: Vec<(usize, Vec<u8>)> = Vec::new();
        let mut offset = 0;
        let segments: Vec<BusSegment> = mapped.segments().collect();
        for segment in segments {
            let at = usize::try_from(segment.addr.get() - BUS).unwrap();
            let end = at + usize::try_from(segment.len).unwrap();
            let (first, last) = (at.next_multiple_of(LINE), end / LINE * LINE);
            let body = if first < last {
                first + self.random.usize(..3)..last - self.random.usize(..3)
            } else {
                end..end
            };
            for edge in [at..body.start, body.end..end] {
                let bytes = self.news(edge.clone());
                edges.push((offset + edge.start - at, bytes));
            }
            let bytes = self.news(body.clone());
            if !body.is_empty() {
                let addr = BusAddr::new(BUS + u32::try_from(body.start).unwrap());
                let len = u32::try_from(body.len()).unwrap();
                self.machine.engine_writes(BusSegment::new(addr, len), &bytes);
            }
            offset += end - at;
        }
        self.disturb();
        mapped.finish_edges(edges.iter().map(|(at, bytes)| (*at, bytes.as_slice()))).unwrap();
    }

    fn news(&mut self, place: Range<usize>) -> Vec<u8> {
        for at in place.clone() {
            self.expected[at] = self.random.u8(..);
        }
        self.expected[place].to_vec()
    }

    /// The CPU looks and writes.
    fn look(&mut self, view: &mut View<'m>) {
        assert_eq!(view.bytes().equals(&self.stream()), Equality::Equal, "what the CPU reads");
        let piece = self.pieces[0].clone();
        let n = self.random.usize(..=piece.len());
        let value = self.random.u8(..);
        self.expected[piece.start..piece.start + n].fill(value);
        assert_eq!(view.bytes_mut().fill(0, n, value), n);
    }

    fn run(&mut self, device: &Device<'m, Machine>, storage: &'m mut [Entry]) {
        let mut table = SgTable::new(storage);
        for piece in &self.pieces {
            table.push(self.machine.lend(piece.clone())).unwrap();
        }
        self.disturb();
        let mut mapped = table.map(Bidirectional, device).unwrap();
        for _ in 0..self.random.usize(1..4) {
            self.disturb();
            self.transfer(&mut mapped);
            self.disturb();
            if self.random.u8(..4) != 0 {
                let mut view = mapped.sync_for_cpu();
                self.look(&mut view);
                self.disturb();
                mapped = view.sync_for_device();
            }
        }
        let _ = mapped.unmap();
        assert_eq!(self.machine.peek_all(0..LEN), self.expected, "all of memory at the end");
    }
}

#[test]
fn random_programs_lose_no_byte_and_break_no_rule() {
    for seed in 0..PROGRAMS {
        let ledger = Ledger::<[Slot; 16]>::new();
        let machine = Machine::new(LEN);
        let mut storage = vec![Entry::EMPTY; 12];
        let ledger: &Ledger = &ledger;
        let device = Device::new(&machine).with_ledger(ledger);
        let told = Seed(seed);
        Program::new(seed, &machine).run(&device, &mut storage);
        drop(told);
        assert_eq!((ledger.live(), ledger.unrecorded(), ledger.misuses().0), (0, 0, 0));
    }
}

/// Tells the seed of a program that fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::eprintln!("the program of seed {} failed", self.0);
        }
    }
}
