//! The mapping layer on the strict model: random programs, every rule of the cache left out once, guards.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

#[path = "map_support/gap.rs"]
#[expect(unreachable_pub, reason = "a module of a test")]
mod gap;
#[path = "map_support/guards.rs"]
mod guards;
#[path = "map_support/heap.rs"]
#[expect(unreachable_pub, reason = "a module of a test")]
mod heap;
#[path = "map_support/program.rs"]
#[expect(unreachable_pub, reason = "a module of a test")]
mod program;
#[path = "map_support/saboteur.rs"]
#[expect(unreachable_pub, reason = "a module of a test")]
mod saboteur;

use core::time::Duration;
use std::collections::BTreeSet;

use dma_model::Profile;
use program::{Verdict, on_machine};
use saboteur::{How, Sin, Step};
use sgdma::engine::Need;
use sgdma::map::{FromDevice, ToDevice};
use sgdma::scatterlist::Equality;
use sgdma::sg_table::SgTable;

#[global_allocator]
static HEAP: heap::Heap = heap::Heap;

/// Programs that run on each profile. Their directions go by the seed, in fours.
const PROGRAMS: u64 = if cfg!(miri) { 2 } else { 400 };
/// Transfers over one mapping, and rounds of them in each of which a sync is omitted.
const TRANSFERS: u32 = if cfg!(miri) { 2 } else { 1000 };
const ROUNDS: u32 = if cfg!(miri) { 1 } else { 16 };

/// Runs programs; a failure tells its seed.
fn programs(profile: Profile, seeds: core::ops::Range<u64>) {
    for seed in seeds {
        let verdict = program::run(profile, seed, Sin::None);
        assert!(verdict.is_clean(), "program {seed} on {profile:?}: {verdict:#?}");
    }
}

#[test]
fn random_programs_on_the_chip_lose_no_byte_and_break_no_rule() {
    programs(Profile::Hardware, 0..PROGRAMS);
}

#[test]
fn random_programs_on_the_emulator_lose_no_byte() {
    programs(Profile::Qemu, 0..PROGRAMS);
}

/// `PROGRAMS=40000 FIRST=0 cargo test --release … -- --ignored`
#[test]
#[ignore = "ten thousand programs and more: in a release build, by hand and nightly"]
fn many_random_programs_lose_no_byte_and_break_no_rule() {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (first, programs_each) = (number("FIRST", 1_000_000), number("PROGRAMS", 10_000));
    for profile in [Profile::Hardware, Profile::Qemu] {
        programs(profile, first..first + programs_each);
        println!("{programs_each} programs from seed {first} on {profile:?}");
    }
}

/// A rule of the cache, the mistake that breaks it, and what the model then says.
type Rule = (&'static str, Sin, &'static [&'static str]);

const RULES: [Rule; 16] = [
    (
        "a source is cleaned before the start",
        Sin::In(Step::MapSource, How::OmitClean),
        &["StaleSource"],
    ),
    (
        "a source's partial lines are cleaned as well",
        Sin::In(Step::MapSource, How::CleanInwards),
        &["StaleSource"],
    ),
    (
        "nothing dirty is over a destination at the start",
        Sin::In(Step::MapDestination, How::OmitClean),
        &["DirtyDestination"],
    ),
    (
        "before the start it is clean+invalidate, never invalidate alone: a source",
        Sin::In(Step::MapSource, How::InvalidateForClean),
        &["InvalidateDirty"],
    ),
    (
        "before the start it is clean+invalidate, never invalidate alone: a destination",
        Sin::In(Step::MapDestination, How::InvalidateForClean),
        &["InvalidateDirty"],
    ),
    (
        "a destination is invalidated again after the end: at the unmap",
        Sin::In(Step::Unmap, How::OmitInvalidate),
        &["StaleForCpu", "a wrong byte"],
    ),
    (
        "a destination is invalidated again after the end: at the sync",
        Sin::In(Step::SyncForCpu, How::OmitInvalidate),
        &["a wrong byte"],
    ),
    (
        "a destination is invalidated again after the end: at once, where it was borrowed",
        Sin::In(Step::Run, How::OmitInvalidate),
        &["StaleForCpu", "a wrong byte"],
    ),
    (
        "shared lines are not invalidated: at the unmap",
        Sin::In(Step::Unmap, How::InvalidateOutwards),
        &["InvalidateDirty"],
    ),
    (
        "shared lines are not invalidated: at the sync",
        Sin::In(Step::SyncForCpu, How::InvalidateOutwards),
        &["InvalidateDirty"],
    ),
    (
        "the engine writes no line that it shares with the CPU",
        Sin::NarrowLine,
        &["DirtyDestination"],
    ),
    (
        "what the CPU finishes at the edges is cleaned",
        Sin::In(Step::Run, How::OmitClean),
        &["StaleSource"],
    ),
    (
        "a source that the CPU wrote is cleaned again",
        Sin::In(Step::SourceForDevice, How::OmitClean),
        &["StaleSource"],
    ),
    (
        "a destination that the CPU wrote is cleaned again",
        Sin::In(Step::DestinationForDevice, How::OmitClean),
        &["DirtyDestination"],
    ),
    (
        "a barrier is between maintenance and start",
        Sin::Always(How::OmitBarrier),
        &["StartWithoutBarrier"],
    ),
    (
        "no store to a destination while the engine runs",
        Sin::StoreUnderEngine,
        &["InvalidateDirty", "WriteBackOverDevice"],
    ),
];

/// What is found in these programs with this mistake in the platform.
fn found(sin: Sin, programs: impl Iterator<Item = u64>) -> BTreeSet<&'static str> {
    let verdicts = programs.map(|seed| program::run(Profile::Hardware, seed, sin));
    verdicts.flat_map(|verdict| verdict.names()).collect()
}

#[test]
fn each_rule_of_the_cache_that_is_left_out_is_caught_by_name() {
    // Under Miri the first rule and the middle one, and a program in which both are missed.
    let (rules, programs) = if cfg!(miri) { (8, 7..8) } else { (1, 0..60) };
    for (rule, sin, expected) in RULES.into_iter().step_by(rules) {
        let found = found(sin, programs.clone());
        for name in expected {
            assert!(found.contains(name), "{rule}: {name} is not in {found:?}");
        }
    }
}

/// Control blocks are in memory that the engine sees at once, or are cleaned (they are in the coherent pool).
#[test]
fn control_blocks_in_cached_memory_are_caught() {
    let found = found(Sin::CachedBlocks, 0..if cfg!(miri) { 1 } else { 4 });
    assert!(found.contains("StaleBlock"), "{found:?}");
}

/// Transfers over one pair of mappings, with a sync on both sides after each.
fn reuse(rounds: u32, sin: Sin) -> Verdict {
    on_machine(Profile::Hardware, 1, sin, |rig| {
        let channel = rig.engine.request(Need::Full, "reuse").map_err(|no| no.to_string())?;
        let (mut source, mut destination) = (SgTable::growing(), SgTable::growing());
        source.push(rig.model.buffer(200, 64, 20)).map_err(|no| no.to_string())?;
        destination.push(rig.model.buffer(200, 64, 50)).map_err(|no| no.to_string())?;
        rig.platform.enter(Step::MapSource);
        let mut source = source.map(ToDevice, &rig.device()).map_err(|no| no.to_string())?;
        rig.platform.enter(Step::MapDestination);
        let destination = destination.map(FromDevice, &rig.device());
        let mut destination = destination.map_err(|no| no.to_string())?;
        let mut frame = rig.frame();
        for round in 0..rounds {
            let value = u8::try_from(round % 256).unwrap();
            let mut view = source.lend_to_cpu();
            view.bytes_mut().fill(0, 200, value);
            rig.platform.enter(Step::SourceForDevice);
            source = view.sync_for_device();
            rig.platform.enter(Step::Run);
            let copy = frame.copy(source, destination, &channel.constraints());
            let mut copy = copy.map_err(|no| no.to_string())?;
            channel.run(&mut copy, Duration::from_millis(20)).map_err(|no| no.to_string())?;
            (frame, source, destination) = copy.into_parts();
            rig.platform.enter(Step::SyncForCpu);
            let mut view = destination.sync_for_cpu();
            if view.bytes().equals(&[value; 200]) != Equality::Equal {
                return Err(format!("round {round}"));
            }
            // What it reads next time is not what it wrote itself.
            view.bytes_mut().fill(0, 200, !value);
            rig.platform.enter(Step::DestinationForDevice);
            destination = view.sync_for_device();
        }
        rig.platform.enter(Step::Unmap);
        drop((source.unmap(), destination.unmap()));
        Ok(())
    })
}

#[test]
fn a_thousand_transfers_over_one_mapping_need_no_unmap() {
    let verdict = reuse(TRANSFERS, Sin::None);
    assert!(verdict.is_clean(), "{verdict:#?}");
}

/// The types leave no way to omit a sync; so the platform omits what the sync does, in one round of sixteen.
#[test]
fn each_single_sync_that_is_omitted_is_caught() {
    for round in 0..ROUNDS {
        for (step, how) in [
            (Step::SourceForDevice, How::OmitClean),
            // Of memory that was borrowed it is not the sync that takes it back.
            (Step::Run, How::OmitInvalidate),
            (Step::DestinationForDevice, How::OmitClean),
        ] {
            let verdict = reuse(ROUNDS + 1, Sin::Nth(step, round, how));
            assert!(!verdict.is_clean(), "{step:?} of round {round} is not missed");
        }
    }
}
