//! Every kind of transfer, every fault, every block, every kind of channel, many seeds.
#![cfg(test)]

#[path = "engine_support/jobs.rs"]
#[expect(unreachable_pub, reason = "shared between tests")]
mod jobs;
#[path = "engine_support/rig.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod rig;

use core::time::Duration;

use dma_model::{Fault, Occurs, Violation};
use jobs::{Ended, Kind};
use rig::{Machine, Rig, channel, pattern};
use sgdma::buffer::Entry;
use sgdma::engine::{FaultKind, Need};
use sgdma::map::{FromDevice, ToDevice};
use sgdma::sg_table::SgTable;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sabotage {
    Nothing,
    ReadError,
    Fifo,
    ReadLast,
    Stuck,
    Wedged,
    Lost,
    Spurious,
    LateAfterAbort,
    Double,
    DreqNever,
}

const ALL: [Sabotage; 11] = [
    Sabotage::Nothing,
    Sabotage::ReadError,
    Sabotage::Fifo,
    Sabotage::ReadLast,
    Sabotage::Stuck,
    Sabotage::Wedged,
    Sabotage::Lost,
    Sabotage::Spurious,
    Sabotage::LateAfterAbort,
    Sabotage::Double,
    Sabotage::DreqNever,
];

/// One machine's test.
#[derive(Clone, Copy, Debug)]
struct Case {
    kind: Kind,
    sabotage: Sabotage,
    channel: u8,
    /// Blocks in the chain, and the one that is hit.
    blocks: u32,
    block: u32,
    seed: u64,
}

impl Case {
    fn byte(&self) -> u32 {
        // The shortest block there is: of an edge.
        let len = if self.kind == Kind::Edges { 17 } else { jobs::BLOCK };
        u32::try_from(fastrand::Rng::with_seed(self.seed).usize(0..len)).unwrap()
    }

    /// The faults to plan; none where the case makes no sense.
    fn faults(&self) -> Vec<Fault> {
        let Self { channel, block, .. } = *self;
        let byte = self.byte();
        match self.sabotage {
            Sabotage::Nothing => vec![],
            Sabotage::ReadError => vec![Fault::ReadError { channel, block, byte }],
            Sabotage::Fifo => vec![Fault::FifoError { channel, block }],
            Sabotage::ReadLast => vec![Fault::ReadLastNotSet { channel, block }],
            Sabotage::Stuck => vec![Fault::Stuck { channel, block, byte }],
            Sabotage::Wedged => vec![Fault::Wedged { channel, block, byte }],
            Sabotage::Lost => vec![Fault::LostInterrupt { channel }],
            Sabotage::Spurious => vec![Fault::SpuriousInterrupt { channel }],
            Sabotage::LateAfterAbort => vec![
                Fault::Stuck { channel, block, byte },
                Fault::LateInterruptAfterAbort { channel },
            ],
            Sabotage::Double => vec![Fault::DoubleInterrupt { channel }],
            Sabotage::DreqNever => {
                self.kind.dreq().map(|dreq| Fault::DreqNever { dreq }).into_iter().collect()
            }
        }
    }

    fn makes_sense(&self) -> bool {
        let per_block = !matches!(
            self.sabotage,
            Sabotage::Nothing
                | Sabotage::Lost
                | Sabotage::Spurious
                | Sabotage::Double
                | Sabotage::DreqNever
        );
        (per_block || self.block == 0)
            && (self.sabotage != Sabotage::DreqNever || self.kind.dreq().is_some())
            && (self.kind != Kind::TwoD || self.channel < 7)
    }

    fn expected(&self) -> Option<FaultKind> {
        match self.sabotage {
            Sabotage::ReadError => Some(FaultKind::Read),
            Sabotage::Fifo => Some(FaultKind::Fifo),
            Sabotage::ReadLast => Some(FaultKind::ReadLast),
            Sabotage::Stuck | Sabotage::Wedged | Sabotage::LateAfterAbort | Sabotage::DreqNever => {
                Some(FaultKind::Timeout)
            }
            // A ring goes on without the one interrupt; it ends when it is told to.
            _ if self.kind.is_ring() => Some(FaultKind::Terminated),
            _ => None,
        }
    }

    fn run(&self) {
        let mut machine = Machine::hardware(self.seed);
        machine.faults.extend(self.faults().into_iter().map(|fault| (fault, Occurs::Once)));
        machine.run(|rig| {
            let channel = rig.engine.request(Need::Exactly(channel(self.channel)), "test").unwrap();
            let ended = jobs::run(&rig, &channel, self.kind, self.blocks, self.seed);
            self.judge(&ended);
            self.judge_counters(&channel.info().counters);
            let written = rig.memory();
            rig.settle();
            assert!(rig.memory() == written, "written after the report");
            assert_eq!(channel.info().running, None);
            copies(&rig, &channel, self.seed);
            drop(channel);
            rig.settle();
            assert_eq!(rig.engine.info(rig::channel(self.channel)).owner, None);
            if self.kind.is_ring() && self.sabotage == Sabotage::ReadError {
                self.forgive_the_race(&rig);
            }
            rig.model.finish();
        });
    }

    /// An error between the handler's look at CS and its acknowledge, which must say ACTIVE, as the ring is to go on:
    /// no sequence of two accesses can exclude it. The error is not lost, its own interrupt follows.
    fn forgive_the_race(&self, rig: &Rig<'_>) {
        let _ = rig.model.judge();
        for found in rig.model.take_violations() {
            assert_eq!(found, Violation::ErrorAtStart { channel: self.channel, errors: 4 });
        }
    }

    fn judge(&self, ended: &Ended) {
        assert_eq!(ended.fault.map(|fault| fault.kind), self.expected());
        if ended.fault.is_none() {
            assert!(ended.arrived, "the bytes");
            return;
        }
        let latched = matches!(self.sabotage, Sabotage::Fifo | Sabotage::ReadLast);
        // An error that is only latched stops nothing: when it is seen, the engine is elsewhere.
        if latched || self.expected() == Some(FaultKind::Terminated) {
            return;
        }
        let place = ended.place.unwrap();
        let block = if self.sabotage == Sabotage::DreqNever { 0 } else { self.block };
        assert_eq!(place.block, usize::try_from(block).unwrap());
        self.judge_byte(ended);
    }

    /// Which byte: to a beat of the bus where a read erred, to a burst where the engine stands still.
    fn judge_byte(&self, ended: &Ended) {
        let place = ended.place.unwrap();
        // Who stands still may have read it all; who erred at a read has not.
        if !self.kind.reads_memory() || self.sabotage == Sabotage::ReadError {
            assert_eq!(place.source.is_some(), self.kind.reads_memory());
        }
        assert_eq!(place.destination.is_some(), self.kind.writes_memory());
        if self.sabotage == Sabotage::DreqNever {
            return;
        }
        let start = usize::try_from(self.block).unwrap() * jobs::BLOCK;
        let byte = start + usize::try_from(self.byte()).unwrap();
        let whole = start..=start + jobs::BLOCK;
        if let Some(source) = place.source.filter(|_| self.kind.is_even()) {
            assert!(whole.contains(&source.offset), "{source:?}");
            if self.sabotage == Sabotage::ReadError {
                assert!((source.offset..source.offset + 16).contains(&byte), "{source:?} {byte}");
                let in_entry = source.offset % jobs::ENTRY;
                assert_eq!(
                    (source.entry, source.in_entry),
                    (source.offset / jobs::ENTRY, in_entry)
                );
            } else {
                assert!(source.offset >= byte, "{source:?} {byte}");
            }
        }
        if let Some(destination) = place.destination.filter(|_| self.kind.is_even()) {
            assert!(whole.contains(&destination.offset), "{destination:?}");
            let left = u64::try_from(
                jobs::BLOCK * usize::try_from(self.blocks).unwrap() - destination.offset,
            );
            assert_eq!(Ok(ended.residue), left, "the residue and the place say the same");
        }
    }

    fn judge_counters(&self, counters: &sgdma::engine::Counters) {
        let failed = u32::from(self.expected().is_some());
        assert_eq!((counters.completed, counters.failed), (1 - failed, failed), "{counters:?}");
        match self.sabotage {
            Sabotage::Lost if !self.kind.is_ring() => assert_eq!(counters.lost, 1, "{counters:?}"),
            Sabotage::Spurious => assert!(counters.spurious >= 1, "{counters:?}"),
            Sabotage::Stuck | Sabotage::Wedged | Sabotage::DreqNever => {
                assert_eq!((counters.timeouts, counters.recoveries), (1, 1), "{counters:?}");
            }
            Sabotage::ReadError => assert_eq!(counters.recoveries, 1, "{counters:?}"),
            _ => {}
        }
    }
}

/// The channel still works: a plain copy arrives.
fn copies(rig: &Rig<'_>, channel: &jobs::Channel<'_>, seed: u64) {
    let (from, to) = (rig.buffer(160), rig.buffer(160));
    from.copy_from_slice(&pattern(160, seed + 1));
    let want = from.to_vec();
    let (mut s, mut d) = ([Entry::EMPTY; 1], [Entry::EMPTY; 1]);
    let source = SgTable::one(&mut s, &*from).unwrap().map(ToDevice, &rig.device()).unwrap();
    let destination =
        SgTable::one(&mut d, &mut *to).unwrap().map(FromDevice, &rig.device()).unwrap();
    let mut copy = rig.frame().copy(source, destination, &channel.constraints()).unwrap();
    channel.run(&mut copy, Duration::from_millis(5)).unwrap();
    drop(copy);
    assert!(want == to, "the next transfer");
}

/// The channels that stand for their kinds: bulk, full, lite with a line of its own, lite with a shared one.
const CHANNELS: [u8; 4] = [0, 5, 8, 12];

fn cases(seeds: u64, thin: usize) -> impl Iterator<Item = Case> {
    let chains = (1..=8).flat_map(|blocks| (0..blocks).map(move |block| (blocks, block)));
    let all = chains.flat_map(move |(blocks, block)| {
        Kind::ALL.into_iter().flat_map(move |kind| {
            ALL.into_iter().flat_map(move |sabotage| {
                CHANNELS.into_iter().flat_map(move |channel| {
                    (0..seeds).map(move |seed| Case {
                        kind,
                        sabotage,
                        channel,
                        blocks,
                        block,
                        seed,
                    })
                })
            })
        })
    });
    all.filter(Case::makes_sense).step_by(thin)
}

/// Under Miri: each fault once, and each kind of transfer and of channel at least once.
fn a_few() -> impl Iterator<Item = Case> {
    let kinds = Kind::ALL.into_iter().cycle();
    let channels = CHANNELS.into_iter().cycle();
    let all = ALL.into_iter().zip(kinds).zip(channels);
    let case = |((sabotage, kind), channel)| {
        let block = u32::from(sabotage == Sabotage::ReadError);
        Case { kind, sabotage, channel, blocks: 2, block, seed: 1 }
    };
    all.map(case).filter(Case::makes_sense)
}

fn check(cases: impl Iterator<Item = Case>) {
    let mut ran = 0_u32;
    for case in cases {
        let result = std::panic::catch_unwind(|| case.run());
        assert!(result.is_ok(), "{case:?}");
        ran += 1;
    }
    println!("{ran} machines");
    assert!(ran > if cfg!(miri) { 10 } else { 1_000 });
}

#[test]
fn every_fault_of_every_transfer_is_named_and_overcome() {
    if cfg!(miri) {
        return check(a_few());
    }
    // A prime, so that what is left out is left out evenly.
    check(cases(64, 211));
}

#[test]
#[ignore = "minutes: cargo test --release -p sgdma --features alloc --test engine_faults -- --ignored"]
fn every_fault_of_every_transfer_is_named_and_overcome_with_every_seed() {
    check(cases(64, 1));
}
