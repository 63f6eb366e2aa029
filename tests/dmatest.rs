//! The image's engine under load: random transfers by `/dmatest`, every byte looked at, and nothing lost of heap and pool.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test by panicking"
)]

#[expect(dead_code, reason = "other tests ask more of it")]
mod harness;

use harness::qemu::{Machine, Version, under_each_version};
use std::time::{Duration, Instant};

/// A run in the background that does nothing for so long, with an idle console, stands still.
const STANDSTILL: Duration = Duration::from_secs(10);

/// How many tests a version does: all on the one that people run, some on the older one.
fn share(version: &Version, all: u64) -> u64 {
    if version.major >= 10 { all } else { all / 10 }
}

/// What `/info` says of heap and pool.
fn levels(machine: &mut Machine) -> Vec<String> {
    let info = machine.ok("/info");
    let is_level = |line: &&str| line.starts_with("heap: ") || line.starts_with("coherent pool: ");
    let levels: Vec<String> = info.lines().filter(is_level).map(Into::into).collect();
    assert_eq!(levels.len(), 2, "{info}");
    levels
}

/// Types a `/dmatest` line, and sees that it answers `ok:` with so many tests and leaves heap and pool as they were.
fn run(machine: &mut Machine, line: &str, tests: u64) -> String {
    // Once before, so that whatever is allocated once for all is.
    machine.ok("/dmatest iterations=1");
    let before = levels(machine);
    let start = Instant::now();
    let answer = machine.ok(line);
    println!("{line}: {:.1} s", start.elapsed().as_secs_f64());
    assert!(answer.contains(&format!("\nok: {tests} tests, 0 failures, ")), "{line}: {answer}");
    assert_eq!(levels(machine), before, "{line}");
    answer
}

/// The value of `name=value` in the line for programs about a channel.
fn figure(answer: &str, channel: &str, name: &str) -> u64 {
    let start = format!("dmatest: channel={channel} ");
    let line = answer.lines().find_map(|line| line.strip_prefix(&start));
    let line = line.unwrap_or_else(|| panic!("no line about {channel}: {answer}"));
    let pairs = line.split(' ').filter_map(|word| word.split_once('='));
    let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next();
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {line}"))
}

/// How many tests dma5 has done in the background, as soon as it is more than there were. The emulator answers a line
/// without giving the guest a turn between two of them, if its host is busy, so that more may need a few looks.
fn more_than(machine: &mut Machine, before: u64) -> u64 {
    let start = Instant::now();
    loop {
        let status = machine.ok("/dmatest status");
        assert!(status.contains("\nok: running, "), "{status}");
        let now = figure(&status, "dma5", "tests");
        if now > before {
            return now;
        }
        assert!(start.elapsed() < STANDSTILL, "{now} after {before}: {status}");
    }
}

#[test]
fn single_transfers_of_any_alignment_and_length_leave_their_neighbours_alone() {
    let seed = harness::random().u32(..);
    under_each_version(|version| {
        let tests = share(version, 10_000);
        let (mut machine, _) = Machine::boot(version, &[]);
        let line = format!("/dmatest iterations={tests} size=2K align=1 kinds=copy seed={seed}");
        run(&mut machine, &line, tests);
    });
}

#[test]
fn three_channels_at_once_lose_nothing_when_one_of_them_hangs() {
    let seed = harness::random().u32(..);
    under_each_version(|version| {
        let rounds = share(version, 33_340);
        let (mut machine, _) = Machine::boot(version, &[]);
        let line = format!(
            "/dmatest iterations={rounds} size=512 channels=3 seed={seed} kinds=copy,sg,fill,2d \
             stuck={} timeout=300",
            rounds / 2
        );
        let answer = run(&mut machine, &line, 3 * rounds);
        assert!(answer.contains(" 0 failures, 1 stuck and recovered, "), "{answer}");
        for channel in ["dma2", "dma4", "dma5"] {
            assert_eq!(figure(&answer, channel, "tests"), rounds);
            assert_eq!(figure(&answer, channel, "failures"), 0);
            assert_eq!(figure(&answer, channel, "stuck"), u64::from(channel == "dma4"));
        }
        machine.ok("the next line works");
    });
}

#[test]
fn a_run_in_the_background_leaves_the_console_free() {
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        machine.ok("/dmatest iterations=1");
        let before = levels(&mut machine);
        let started = machine.ok("/dmatest background iterations=1000000 size=1K channels=3");
        assert!(started.contains("ok: started"), "{started}");
        let mut tests = 0;
        for _ in 0..20 {
            machine.ok("a line in between");
            tests = more_than(&mut machine, tests);
        }
        let stopped = machine.ok("/dmatest stop");
        assert!(stopped.contains("\nok: stopped after "), "{stopped}");
        assert_eq!(levels(&mut machine), before);
    });
}
