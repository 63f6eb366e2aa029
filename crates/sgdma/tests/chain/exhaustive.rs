//! All small pairs of lists under all small limits: right, and with as few edge bytes and blocks as a search finds.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sgdma::constraints::{ChannelKind, Constraints, EngineKind, Merge};
use sgdma::segment::BusSegment;

use crate::cases::{BASE, DEST, Room, SOURCE, SPAN, addresses, at, check_copy, sampled};
use crate::oracle::Machine;

/// Up to three entries of up to six bytes (under Miri, of 1, 3 or 5), each placed next to the one before or on a line of its own at `phase`.
fn lists(start: u32, phase: u32) -> Vec<Vec<BusSegment>> {
    let mut all: Vec<Vec<BusSegment>> = vec![vec![]];
    let mut last: Vec<Vec<BusSegment>> = vec![vec![]];
    for entry in 0..3 {
        let apart = start + 64 * entry + phase;
        let grown = last.iter().flat_map(|list| {
            let near = list.last().map(|tail| tail.addr.get() + tail.len);
            let places = std::iter::once(apart).chain(near);
            places.flat_map(move |addr| {
                sampled(1..=6, 2).map(move |len| {
                    let mut longer = list.clone();
                    longer.push(at(addr, len));
                    longer
                })
            })
        });
        last = grown.collect();
        all.extend(last.iter().cloned());
    }
    all.remove(0);
    all
}

fn small_limits(burst: u32) -> Vec<Constraints> {
    let mut all = Vec::new();
    for engine in [EngineKind::Hardware, EngineKind::Emulated] {
        for line in [1, 4, 8] {
            for max in [None, Some(4), Some(9)] {
                for boundary in [None, Some(8)] {
                    let limits = Constraints::memory(ChannelKind::Full)
                        .with_burst(burst)
                        .and_then(|limits| limits.with_engine(engine))
                        .and_then(|limits| limits.with_line(line))
                        .and_then(|limits| match max {
                            Some(max) => limits.with_max_segment(max),
                            None => Ok(limits),
                        })
                        .and_then(|limits| match boundary {
                            Some(boundary) => limits.with_boundary(boundary),
                            None => Ok(limits),
                        });
                    // The emulated engine refuses blocks of 4 bytes: an edge may need two granules.
                    all.extend(limits);
                }
            }
        }
    }
    all
}

/// Before which bytes a block must end, from the table in the docs of `sgdma::lower`.
pub(crate) struct Cuts {
    reads: Vec<u32>,
    must: Vec<bool>,
    owned: Vec<bool>,
}

impl Cuts {
    fn new(source: &[BusSegment], dest: &[BusSegment], limits: &Constraints) -> Self {
        let (reads, writes) = (addresses(source), addresses(dest));
        let total = reads.len();
        let (read_runs, write_runs) = (runs(source, limits), runs(dest, limits));
        let line = limits.line();
        let owned = |i: usize| {
            let first = writes[i] & !(line - 1);
            (first..first + line)
                .all(|b| (0..total).any(|j| writes[j] == b && write_runs[j] == write_runs[i]))
        };
        let owned: Vec<bool> = (0..total).map(owned).collect();
        let boundary = limits.boundary().unwrap_or(u32::MAX);
        let mut must = vec![false; total + 1];
        (must[0], must[total]) = (true, true);
        for i in 1..total {
            must[i] = read_runs[i] != read_runs[i - 1]
                || write_runs[i] != write_runs[i - 1]
                || reads[i].is_multiple_of(boundary)
                || writes[i].is_multiple_of(boundary)
                || owned[i] != owned[i - 1];
        }
        let mut cuts = Self { reads, must, owned };
        cuts.bursts(&writes, limits.burst());
        cuts
    }

    /// The first and the last whole burst of each piece that has one, where both sides are in phase.
    fn bursts(&mut self, writes: &[u32], burst: u32) {
        let ends: Vec<usize> = (0..self.must.len()).filter(|i| self.must[*i]).collect();
        for piece in ends.windows(2) {
            let (from, to) = (piece[0], piece[1]);
            let in_phase = (self.reads[from] ^ writes[from]).is_multiple_of(burst);
            if !self.owned[from] || !in_phase {
                continue;
            }
            let whole = |i: &usize| writes[*i].is_multiple_of(burst) && i + burst as usize <= to;
            if let (Some(first), Some(last)) = ((from..to).find(whole), (from..to).rfind(whole)) {
                self.must[first] = true;
                self.must[last + burst as usize] = true;
            }
        }
    }

    /// The least (edge bytes, blocks), by trying every end of every block.
    fn least(&self, max: u32, granule: u32) -> (u64, usize) {
        let total = self.reads.len();
        let mut best = vec![(u64::MAX, usize::MAX); total + 1];
        best[0] = (0, 0);
        for to in 1..=total {
            for from in (0..to).rev() {
                let len = u32::try_from(to - from).unwrap();
                let (edge_bytes, blocks) = best[from];
                if len <= max && len.is_multiple_of(granule) && self.owned[from] {
                    best[to] = best[to].min((edge_bytes, blocks + 1));
                }
                let read = (self.reads[from] % granule + len).next_multiple_of(granule);
                if read <= max {
                    best[to] = best[to].min((edge_bytes + u64::from(len), blocks + 1));
                }
                if self.must[from] {
                    break;
                }
            }
        }
        best[total]
    }
}

/// Which run of neighbours each byte belongs to.
fn runs(list: &[BusSegment], limits: &Constraints) -> Vec<usize> {
    let (mut run, mut end, mut runs) = (0, 0, Vec::new());
    for segment in list {
        if end != segment.addr.get() || limits.merge() == Merge::Never {
            run += 1;
        }
        end = segment.addr.get() + segment.len;
        runs.resize(runs.len() + segment.len as usize, run);
    }
    runs
}

/// The bursts with the places where the first entries begin.
fn phases() -> Vec<(u32, u32, u32)> {
    let of = |burst: u32| {
        let mut phases = vec![0, 1, burst - 1];
        phases.sort_unstable();
        phases.dedup();
        phases
    };
    let pairs = |burst| {
        let from = of(burst).into_iter();
        from.flat_map(move |p| of(burst).into_iter().map(move |q| (burst, p, q)))
    };
    [1, 2, 4].into_iter().flat_map(pairs).collect()
}

/// One in so many cases, on as many threads as there are cores; how many those were.
fn run(one_in: u64, seed: u64) -> u64 {
    println!("seed {seed:#x}, one in {one_in}");
    let phases: Vec<_> = sampled(phases(), 5).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut cases = 0;
        while let Some(phases) = phases.get(next.fetch_add(1, Ordering::Relaxed)) {
            cases += run_phases(*phases, one_in, seed);
        }
        cases
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    })
}

fn run_phases((burst, from, to): (u32, u32, u32), one_in: u64, seed: u64) -> u64 {
    let seed = seed ^ u64::from(burst << 16 | from << 8 | to);
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut room, mut machine) = (Room::new(64, 64), Machine::new(BASE, SPAN, seed));
    let limits = small_limits(burst);
    let (sources, dests) = (lists(SOURCE, from), lists(DEST, to));
    let total = |list: &Vec<BusSegment>| list.iter().map(|entry| entry.len).sum::<u32>();
    let mut cases = 0;
    // A prime, so that there are lists of every length.
    for source in sampled(&sources, 47) {
        for dest in dests.iter().filter(|dest| total(dest) == total(source)) {
            for limits in &limits {
                if one_in == 1 || random.u64(0..one_in) == 0 {
                    check(source, dest, limits, &mut room, &mut machine);
                    cases += 1;
                }
            }
        }
    }
    cases
}

fn check(
    source: &[BusSegment],
    dest: &[BusSegment],
    limits: &Constraints,
    room: &mut Room,
    machine: &mut Machine,
) {
    machine.writes.fill(0);
    let counts = check_copy(source, dest, limits, room, machine);
    let granule = if limits.engine() == EngineKind::Emulated { 4 } else { 1 };
    let least = Cuts::new(source, dest, limits).least(limits.max_segment(), granule);
    assert_eq!(
        (counts.edge_bytes, counts.blocks),
        least,
        "(edge bytes, blocks) of {source:?} to {dest:?} under {limits:?}"
    );
}

#[test]
fn a_seeded_tenth_of_all_small_copies_is_right_and_minimal() {
    let cases = run(if cfg!(miri) { 1_000 } else { 10 }, fastrand::u64(..));
    println!("{cases} cases");
    assert!(cases > if cfg!(miri) { 0 } else { 3_000_000 });
}

#[test]
#[ignore = "all small copies want a release build and minutes: cargo test --release -p sgdma --test chain -- --ignored"]
fn all_small_copies_are_right_and_minimal() {
    let cases = run(1, 0);
    println!("{cases} cases");
}
