//! The commands that move scratch memory, on the strict model: as the chip and as QEMU.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/desk.rs"]
mod desk;
#[path = "../examples/simulator/machine.rs"]
mod machine;

use dma_model::{Fault, Occurs, Profile};
use shell::machine::Machine;

use crate::desk::Desk;

const PROFILES: [Profile; 2] = [Profile::Hardware, Profile::Qemu];
/// Bytes of scratch memory that the tests use.
const USED: usize = 0x800;

/// The final line of an answer.
fn last(desk: &mut Desk, line: &str) -> String {
    desk.send(line.as_bytes()).pop().unwrap()
}

/// The final line, which is `ok:`.
fn ok(desk: &mut Desk, line: &str) -> String {
    let answer = last(desk, line);
    assert!(answer.starts_with("ok: "), "{line}: {answer}");
    answer
}

/// What `/dump` shows of the scratch memory.
fn dump(desk: &mut Desk) -> Vec<u8> {
    let lines = desk.send(format!("/dump scratch {USED:#x}").as_bytes());
    let row = |line: &String| {
        let hex = line.get(15..63).unwrap_or_default();
        hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect::<Vec<_>>()
    };
    let bytes: Vec<u8> = lines.iter().take(lines.len() - 1).flat_map(row).collect();
    assert_eq!(bytes.len(), USED, "{lines:#?}");
    bytes
}

/// A command that moves memory, and the same done by hand.
fn random_move(random: &mut fastrand::Rng, memory: &mut [u8], granule: usize) -> Option<String> {
    let len = random.usize(1..=200);
    let (from, to) = (random.usize(..USED - len), random.usize(..USED - len));
    match random.u8(..3) {
        0 if from.abs_diff(to) >= len => {
            memory.copy_within(from..from + len, to);
            Some(format!("/copy scratch+{from:#x} scratch+{to:#x} {len}"))
        }
        1 => {
            let value = random.u8(..);
            memory.get_mut(to..to + len).unwrap().fill(value);
            Some(format!("/fill scratch+{to:#x} {len} {value:#x}"))
        }
        2 => {
            let (width, height) = (random.usize(1..=8) * granule, random.usize(1..=12));
            let pitches = [(); 2].map(|()| width + random.usize(..40));
            let [source, sink] = pitches.map(|pitch| (height - 1) * pitch + width);
            let (from, to) = (random.usize(..0x380 - source), 0x400 + random.usize(..0x400 - sink));
            for row in 0..height {
                let start = from + row * pitches[0];
                memory.copy_within(start..start + width, to + row * pitches[1]);
            }
            let [spitch, dpitch] = pitches;
            let size = format!("{width}x{height} spitch={spitch} dpitch={dpitch}");
            Some(format!("/blit scratch+{from:#x} scratch+{to:#x} {size}"))
        }
        _ => None,
    }
}

#[test]
fn random_moves_of_any_alignment_and_length_leave_the_bytes_that_they_should() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for (profile, granule) in [(Profile::Hardware, 1), (Profile::Qemu, 4)] {
        let mut desk = Desk::new(profile, seed);
        let mut memory = dump(&mut desk);
        for _ in 0..300 {
            if let Some(line) = random_move(&mut random, &mut memory, granule) {
                let answer = ok(&mut desk, &line);
                assert!(answer.contains(" control blocks, "), "{line}: {answer}");
            }
        }
        assert_eq!(dump(&mut desk), memory, "seed {seed}, {profile:?}");
        desk.console.machine().model().finish();
    }
}

#[test]
fn whatever_is_not_scratch_memory_is_refused_by_the_name_of_its_region() {
    let mut desk = Desk::new(Profile::Hardware, 1);
    let regions = desk.console.machine().memory_map();
    assert!(regions.len() >= 6, "{regions:?}");
    for region in &regions {
        // The last word of each region; the heap's end is not the scratch memory's.
        let address = region.end() - 4;
        for line in [
            format!("/copy {address:#x} scratch 4"),
            format!("/copy scratch {address:#x} 4"),
            format!("/fill {address:#x} 4 0"),
            format!("/blit {address:#x} scratch 4x1"),
            format!("/blit scratch {address:#x} 4x1"),
        ] {
            let told = last(&mut desk, &line);
            assert!(told.starts_with("error: "), "{line}: {told}");
            assert!(told.contains(&format!("{address:#x} is {}", region.name)), "{line}: {told}");
            assert!(told.contains("; the scratch memory is 0x"), "{line}: {told}");
        }
    }
    desk.console.machine().model().finish();
}

#[test]
fn mistakes_are_told_and_move_nothing() {
    for profile in PROFILES {
        let mut desk = Desk::new(profile, 2);
        let before = dump(&mut desk);
        for (line, problem) in [
            ("/copy scratch scratch+3 4", "source and destination overlap"),
            ("/copy scratch scratch 1", "source and destination overlap"),
            ("/copy scratch+0xfffd scratch 4", " is heap that belongs to others"),
            ("/copy scratch scratch+0xfffd 4", " is heap that belongs to others"),
            ("/copy scratch scratch+0x100 0xffffffff", " is heap that belongs to others"),
            ("/copy scratch+0xffffffffffffffff scratch 1", "src=scratch+0xffffffffffffffff: "),
            ("/copy 0xffffffffffffffff scratch 1", "0xffffffffffffffff is not mapped"),
            ("/copy 0 scratch 4", "0x0 is not mapped"),
            ("/copy scratch scratch+8", "len is missing"),
            ("/fill scratch 4 256", "value=256 is out of bounds"),
            ("/fill scratch 4 -1", "value=-1 is negative"),
            ("/fill scratch 0 1", "len=0 is out of bounds"),
            ("/fill scrach 4 1", "dst=scrach is not known (did you mean scratch?)"),
            ("/fill scratch 4", "value is missing"),
            ("/fill scratch+0x10000 1 1", " is heap that belongs to others"),
            ("/blit scratch scratch+0x20 4x4", "or share a cache line of 64 bytes"),
            ("/blit scratch scratch+0x400 4x0", "size=4x0 has a part of no bytes"),
            ("/blit scratch scratch+0x400 4", "size=4 has not the right form"),
            (
                "/blit scratch scratch+0x400 64x16 dpitch=63",
                "dpitch=63: expected 64 to 32831 for rows of 64 bytes",
            ),
            (
                "/blit scratch scratch+0x400 4x2 dpitch=32772",
                "dpitch=32772: expected 4 to 32771 for rows of 4 bytes",
            ),
            (
                "/blit scratch scratch+0x400 33000x2 spitch=7 dpitch=33000",
                "spitch=7: expected 232 to 65767 for rows of 33000 bytes",
            ),
            ("/ring 3 periods=3 bytes=257", "bytes=257: expected a multiple of 4"),
            ("/blit scratch scratch+0x400 4x4 pitch=3", "did you mean spitch=?"),
            (
                "/blit scratch scratch+0x400 0xffffffffffffffffx2",
                "expected rows of at most 65535 bytes",
            ),
            ("/blit scratch scratch+0x400 4x0xffffffffffffff spitch=32K", " past the last address"),
            ("/ring 0", "interrupts=0 is out of bounds"),
            ("/ring periods=65", "periods=65 is out of bounds"),
            ("/ring bytes=4", "bytes=4 is out of bounds"),
            ("/demo start", "it is started, with dma5 and scratch memory 0x"),
            ("/demo strat", "what=strat is not known (did you mean start?)"),
            ("/demo start scratch=8G", "scratch=8G is out of bounds"),
            ("/pool 1", "one argument too many: 1"),
            ("/irq all", "one argument too many: all"),
            ("/map register", "what=register is not known (did you mean registers?)"),
        ] {
            let lines = desk.send(line.as_bytes());
            let told = lines.last().unwrap();
            assert!(told.starts_with("error: /"), "{line}: {lines:?}");
            assert!(told.contains(problem), "{line}: {told}");
        }
        assert_eq!(dump(&mut desk), before);
        desk.console.machine().model().finish();
    }
}

#[test]
fn a_ring_runs_on_the_chip_and_is_refused_where_it_would_hang() {
    let mut desk = Desk::new(Profile::Hardware, 3);
    for (line, interrupts) in [("/ring", 8), ("/ring 20 periods=3 bytes=512", 20), ("/ring 1", 1)] {
        let lines = desk.send(line.as_bytes());
        let rows: Vec<Vec<&str>> = lines.iter().map(|l| l.split_whitespace().collect()).collect();
        let samples = rows.iter().filter(|row| row.last().is_some_and(|end| end.contains('●')));
        let samples: Vec<u32> = samples.map(|row| row[0].parse().unwrap()).collect();
        assert!(samples.is_sorted(), "{lines:#?}");
        let seen = *samples.last().unwrap();
        assert!(seen >= interrupts, "{lines:#?}");
        let last = lines.last().unwrap();
        assert!(last.starts_with(&format!("ok: {seen} interrupts in ")), "{lines:#?}");
        assert!(last.ends_with(" time stamps in order"), "{lines:#?}");
        desk.assert_comes_back(b"123");
    }
    desk.console.machine().model().finish();

    let mut desk = Desk::new(Profile::Qemu, 3);
    let refused =
        "error: /ring: a ring hangs the emulated engine for ever; the chip and the model run it";
    assert_eq!(desk.send(b"/ring"), [refused]);
    desk.assert_comes_back(b"123");
}

#[test]
fn a_ring_that_stands_still_is_told_and_the_next_one_goes_round() {
    let mut desk = Desk::new(Profile::Hardware, 9);
    let fault = Fault::Stuck { channel: 5, block: 2, byte: 0 };
    desk.console.machine().model().plan(fault, Occurs::Once);
    let told = last(&mut desk, "/ring 8");
    assert_eq!(told, "error: /ring: 2 of 8 interrupts came, and none for 100 ms");
    ok(&mut desk, "/ring 8");
    desk.assert_comes_back(b"123");
}

#[test]
fn the_demo_gives_back_all_that_it_claims() {
    let mut desk = Desk::new(Profile::Hardware, 4);
    let levels =
        |desk: &Desk| (desk.console.machine().heap().used, desk.console.machine().coherent_pool());
    let started = levels(&desk);
    ok(&mut desk, "/demo stop");
    let stopped = levels(&desk);
    assert_eq!(started.0 - stopped.0, 64 * 1024);
    for line in
        ["123", "/demo", "/demo stop", "/copy scratch scratch+8 4", "/dump scratch", "/ring"]
    {
        let told = last(&mut desk, line);
        assert!(told.contains("/demo start claims channel and scratch memory"), "{told}");
        assert!(told.starts_with("error: "), "{told}");
    }
    let channels = desk.send(b"/channels").join("\n");
    assert!(!channels.contains(" demo "), "{channels}");
    for _ in 0..20 {
        ok(&mut desk, "/demo start scratch=1M");
        desk.assert_comes_back(b"123");
        ok(&mut desk, "/copy scratch scratch+0x80001 0x7ffff");
        ok(&mut desk, "/demo stop");
        assert_eq!(levels(&desk), stopped);
    }
    let told = ok(&mut desk, "/demo start");
    assert_eq!(told, "ok: started");
    assert_eq!(levels(&desk), started);
    assert!(desk.send(b"/channels").join("\n").contains(" demo "));
    desk.console.machine().model().finish();
}

#[test]
fn the_demo_shows_every_step_and_what_is_in_use() {
    for profile in PROFILES {
        let mut desk = Desk::new(profile, 5);
        let lines = desk.send(b"/demo");
        for step in ["demo: source: 48 bytes", "sg: source", "lower: ", "issue pending", "unmapped"]
        {
            assert!(lines.iter().any(|line| line.contains(step)), "{step}: {lines:#?}");
        }
        let row = lines.iter().find(|line| line.starts_with("bytes of the coherent pool")).unwrap();
        let counts: Vec<&str> = row.split_whitespace().rev().take(2).collect();
        assert_eq!(counts, ["0", "0"], "{row}");
    }
}

#[test]
fn a_move_that_fails_is_reported_and_the_next_one_works() {
    let (channel, block, byte) = (5, 0, 0);
    for fault in [Fault::ReadError { channel, block, byte }, Fault::Wedged { channel, block, byte }]
    {
        let mut desk = Desk::new(Profile::Hardware, 6);
        ok(&mut desk, "/fill scratch 64 7");
        desk.console.machine().model().plan(fault, Occurs::Once);
        let lines = desk.send(b"/copy scratch scratch+0x100 64");
        assert!(lines.iter().any(|line| line.contains("CONBLK_AD")), "{lines:#?}");
        assert!(lines.last().unwrap().starts_with("error: /copy: dma5: "), "{lines:#?}");
        ok(&mut desk, "/copy scratch scratch+0x100 64");
        desk.assert_comes_back(b"123");
    }
}

#[test]
fn poke_and_dump_see_what_the_engine_wrote() {
    for profile in PROFILES {
        let mut desk = Desk::new(profile, 7);
        ok(&mut desk, "/fill scratch 256 0");
        ok(&mut desk, "/poke scratch+0x10 0x64636261");
        ok(&mut desk, "/copy scratch+0x10 scratch+0x81 4");
        let lines = desk.send(b"/dump scratch+0x80 16");
        assert!(lines[0].ends_with(" ·abcd···········"), "{lines:?}");
        let rows = desk.send(b"/dump scratch+0x80 19");
        assert_eq!(rows.len(), 3, "{rows:?}");
        assert!(rows[1].ends_with(" ···"), "{rows:?}");
        assert!(!rows[1].ends_with(" ····"), "{rows:?}");
        desk.console.machine().model().finish();
    }
}

#[test]
fn pool_and_irq_count_what_happened() {
    let mut desk = Desk::new(Profile::Qemu, 8);
    for _ in 0..5 {
        desk.assert_comes_back(b"123");
    }
    let lines = desk.send(b"/irq");
    let row = lines.iter().find(|line| line.starts_with("dma5 ")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(words, ["dma5", "own", "5", "5", "0", "0", "0", "0"]);
    assert_eq!(lines.last().unwrap(), "ok: 5 interrupts taken, 0 late or spurious");
    let lines = desk.send(b"/pool");
    let free = lines.iter().find(|line| line.starts_with("free, of 512K")).unwrap();
    assert!(free.contains(&"█".repeat(40)), "{lines:#?}");
    assert!(lines.last().unwrap().starts_with("ok: 0 of 524288 bytes in 0 buffers"), "{lines:#?}");
}
