//! The long run, `make soak`: verified transfers on three channels in the background, one of them stuck in every run,
//! and somebody at the console all the while. Nothing may be lost of data, heap and pool.
#![expect(clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, clippy::expect_used, clippy::indexing_slicing, reason = "a helper of tests")]
mod harness;

use harness::qemu::{Machine, under_each_version};
use std::env;
use std::time::Instant;

/// Rounds of a run, each of one test a channel.
const ROUNDS: std::ops::Range<u64> = 1_000..5_000;

#[test]
#[ignore = "takes an hour for a million transfers; SOAK=n does n"]
fn a_million_transfers_with_faults_lose_nothing_while_the_console_is_in_use() {
    let wanted = env::var("SOAK").map_or(Ok(1_000_000_u64), |text| text.parse());
    let Ok(wanted) = wanted else { panic!("SOAK: expected a number of transfers") };
    under_each_version(|version| {
        let mut random = harness::random();
        let (mut machine, _) = Machine::boot(version, &[]);
        run(&mut machine, &mut random, 3);
        let before = levels(&mut machine);
        let (start, mut done, mut stuck) = (Instant::now(), 0, 0);
        while done < wanted {
            let rounds = random.u64(ROUNDS).min((wanted - done).div_ceil(3));
            let lines = run(&mut machine, &mut random, rounds);
            (done, stuck) = (done + 3 * rounds, stuck + 1);
            assert_eq!(levels(&mut machine), before, "after {done} transfers");
            let seconds = start.elapsed().as_secs();
            println!("{done} of {wanted} transfers, {stuck} stuck, {lines} lines, {seconds} s");
        }
        machine.halt();
    });
}

/// A run in the background and lines meanwhile, each of which comes back; how many those were.
fn run(machine: &mut Machine, random: &mut fastrand::Rng, rounds: u64) -> u64 {
    let (seed, stuck) = (random.u32(..), random.u64(1..=rounds));
    machine.ok(&format!(
        "/dmatest background iterations={rounds} size=512 channels=3 seed={seed} \
         kinds=copy,sg,fill,2d stuck={stuck} timeout=300"
    ));
    for lines in 1.. {
        let text: String = (0..random.usize(1..60)).map(|_| random.alphanumeric()).collect();
        let answer = machine.ok(&text);
        assert!(answer.contains(&format!("\nreceived: {text}\n")), "{text}: {answer}");
        let status = machine.ok("/dmatest status");
        if status.contains("\nok: done, ") {
            let tests = 3 * rounds;
            let told = format!("ok: done, {tests} tests, 0 failures, 1 stuck and recovered, ");
            assert!(machine.ok("/dmatest stop").contains(&told), "{told}: {status}");
            return lines;
        }
    }
    0
}

/// What `/info` says of heap and pool.
fn levels(machine: &mut Machine) -> Vec<String> {
    let info = machine.ok("/info");
    let is_level = |line: &&str| line.starts_with("heap: ") || line.starts_with("coherent pool: ");
    let levels: Vec<String> = info.lines().filter(is_level).map(Into::into).collect();
    assert_eq!(levels.len(), 2, "{info}");
    levels
}
