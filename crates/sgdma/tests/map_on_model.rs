//! The mapping layer on the strict model: random programs, every rule of the cache left out once, guards.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

#[path = "map_support/heap.rs"]
#[expect(unreachable_pub, reason = "a module of a test")]
mod heap;
#[path = "map_support/program.rs"]
#[expect(unreachable_pub, reason = "a module of a test")]
mod program;
#[path = "map_support/saboteur.rs"]
#[expect(unreachable_pub, reason = "a module of a test")]
mod saboteur;

use dma_model::Profile;
use saboteur::Sin;

#[global_allocator]
static HEAP: heap::Heap = heap::Heap;

/// Runs programs; a failure tells its seed.
fn programs(profile: Profile, seeds: core::ops::Range<u64>) {
    for seed in seeds {
        let verdict = program::run(profile, seed, Sin::None);
        assert!(verdict.is_clean(), "program {seed} on {profile:?}: {verdict:#?}");
    }
}

#[test]
fn random_programs_on_the_chip_lose_no_byte_and_break_no_rule() {
    programs(Profile::Hardware, 0..400);
}

#[test]
fn random_programs_on_the_emulator_lose_no_byte() {
    programs(Profile::Qemu, 0..400);
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
