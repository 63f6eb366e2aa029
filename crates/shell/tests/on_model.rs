//! The console on the strict model: typed lines, whole answers.
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

use std::time::Duration;

use dma_model::{Fault, Occurs, Profile};
use shell::machine::Machine;

use crate::desk::Desk;

const PROFILES: [Profile; 2] = [Profile::Hardware, Profile::Qemu];

#[test]
fn a_typed_line_passes_every_stage_in_order() {
    let mut desk = Desk::new(Profile::Hardware, 1);
    let lines = desk.send(b"123");
    let mut stages = [
        "demo: source: 3 bytes: 123",
        "sg: source: 2 entries",
        "sg: destination: 2 entries",
        "map: ",
        "lower: 3 blocks",
        "completion armed",
        "submitted, cookie",
        "issue pending",
        "interrupt: 1 taken",
        "callback: called",
        "unmapped",
        "received: 123",
        "ok: 3 bytes, 2 segments in, 2 segments out, 3 control blocks, ",
    ]
    .into_iter()
    .peekable();
    for line in &lines {
        stages.next_if(|stage| line.contains(*stage));
    }
    assert_eq!(stages.next(), None, "{lines:#?}");
    desk.console.machine().model().finish();
}

#[test]
fn lines_of_all_interesting_lengths_come_back() {
    for profile in PROFILES {
        let mut desk = Desk::new(profile, 2);
        for length in (1..=70).chain([127, 128, 129, 1023, 1024, 4095, 4096]) {
            let line: Vec<u8> = (b'!'..=b'z').cycle().take(length).collect();
            desk.assert_comes_back(&line);
        }
        desk.console.machine().model().finish();
    }
}

#[test]
fn all_bytes_come_back() {
    for profile in PROFILES {
        let mut desk = Desk::new(profile, 3);
        let all: Vec<u8> = (0..=255).collect();
        desk.assert_comes_back(&all);
        desk.assert_comes_back("Grüße, 漢字 😀".as_bytes());
        for byte in 0..=255 {
            desk.assert_comes_back(&[byte, b'x', byte]);
        }
    }
}

#[test]
fn any_cuts_work() {
    for cuts in ["1", "5,7,64", "64", "4096", "3,1 to=2", "63,1,64 to=65"] {
        let mut desk = Desk::new(Profile::Hardware, 4);
        let set = desk.send(format!("/cuts {cuts}").as_bytes());
        assert!(set[0].starts_with("ok: "), "{set:?}");
        for length in [1, 2, 64, 200, 1000] {
            desk.assert_comes_back(&vec![b'z'; length]);
        }
        desk.console.machine().model().finish();
    }
}

#[test]
fn a_thousand_random_lines_leave_every_store_as_it_was() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut desk = Desk::new(Profile::Hardware, seed);
    let levels =
        |desk: &Desk| (desk.console.machine().heap(), desk.console.machine().coherent_pool());
    let before = levels(&desk);
    for _ in 0..1000 {
        let length = random.usize(1..200);
        let line: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
        desk.assert_comes_back(&line);
    }
    assert_eq!(levels(&desk), before);
    desk.console.machine().model().finish();
}

#[test]
fn random_bytes_get_every_line_answered_and_never_upset_the_engine() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let words: [&[u8]; 9] = [
        b"\r",
        b"\n",
        b"\x1b[A",
        b"\x1b[200~",
        b"\x1b[201~",
        b"/cuts 1,",
        b"/sg 1:",
        b"\x03",
        b"\t",
    ];
    for profile in PROFILES {
        let mut desk = Desk::new(profile, seed);
        for _ in 0..20_000 {
            match random.u8(..3) {
                0 => desk.keys(random.choice(words).unwrap()),
                1 => desk.keys(&[random.u8(..)]),
                _ => desk.keys(&[random.u8(b' '..=b'z')]),
            }
            let written = desk.written.take();
            let count = |start: &[u8]| written.windows(start.len()).filter(|w| *w == start).count();
            let finals = count(b"\r\nok: ") + count(b"\r\nerror: ");
            assert!(finals <= 1, "{}", String::from_utf8_lossy(&written));
        }
        // End a paste by silence and a line by its end; then all is as ever.
        desk.console.idle(Duration::from_secs(5));
        desk.keys(b"\r");
        desk.assert_comes_back(b"123");
        desk.console.machine().model().finish();
    }
}

#[test]
fn a_stuck_channel_is_reported_and_the_next_line_works() {
    for profile in PROFILES {
        let mut desk = Desk::new(profile, 5);
        let lines = desk.send(b"/fault stuck");
        for part in ["CS ", "CONBLK_AD", "TI ", "DEBUG", "aborted and reset"] {
            assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:#?}");
        }
        let last = lines.last().unwrap();
        assert!(last.contains("was stuck for 100 ms and is recovered"), "{lines:#?}");
        desk.assert_comes_back(b"123");
        let channels = desk.send(b"/channels");
        assert!(channels.last().unwrap().starts_with("ok: "), "{channels:?}");
    }
}

#[test]
fn every_planned_failure_is_met_told_and_outlived() {
    // What the next line says.
    let failures = [
        ("read-error at=1 byte=0", "error: dma5: the bus answered a read with an error, at "),
        ("fifo-error", "error: dma5: the FIFO of the engine failed"),
        ("read-last", "error: dma5: the last beat of a read was not marked"),
        ("stuck at=1", "error: dma5: not complete in time, at control block 1"),
        ("wedged", "error: dma5: not complete in time, at control block 0"),
        ("lost-interrupt", "ok: 3 bytes, "),
        ("spurious-interrupt", "ok: 3 bytes, "),
        ("late-interrupt", "ok: 3 bytes, "),
        ("double-interrupt", "ok: 3 bytes, "),
        ("dreq-never", "ok: 3 bytes, "),
    ];
    for (failure, expected) in failures {
        let mut desk = Desk::new(Profile::Hardware, 12);
        let line = format!("/fault {failure}");
        let planned = desk.send(line.as_bytes());
        assert!(planned.last().unwrap().starts_with("ok: "), "{planned:?}");
        let met = desk.send(b"123");
        assert!(met.last().unwrap().starts_with(expected), "{failure}: {met:#?}");
        let shown = met.iter().any(|line| line.contains("CONBLK_AD"));
        assert_eq!(shown, expected.starts_with("error: "), "{failure}: {met:#?}");
        desk.assert_comes_back(b"the next line works");
        let refused = Desk::new(Profile::Qemu, 12).send(line.as_bytes());
        assert!(refused.last().unwrap().starts_with("error: /fault: this engine cannot "));
    }
}

#[test]
fn dmatest_finds_nothing_on_a_good_engine() {
    for profile in PROFILES {
        let mut desk = Desk::new(profile, 6);
        let seed = fastrand::u32(..);
        for kind in ["sg", "copy", "fill"] {
            let line =
                format!("/dmatest iterations=150 size=2K channels=3 seed={seed} kinds={kind}");
            let lines = desk.send(line.as_bytes());
            let last = lines.last().unwrap();
            assert!(last.starts_with("ok: 450 tests, 0 failures"), "{line}: {lines:#?}");
        }
        desk.console.machine().model().finish();
    }
}

#[test]
fn dmatest_tells_a_failure_and_how_to_repeat_it() {
    let mut desk = Desk::new(Profile::Hardware, 7);
    let fault = Fault::ReadError { channel: 8, block: 0, byte: 0 };
    desk.console.machine().model().plan(fault, Occurs::Once);
    let lines = desk.send(b"/dmatest iterations=3 seed=11 size=100");
    let text = lines.join("\n");
    assert!(text.contains("dma8: iteration 1 seed 11, 0x"), "{text}");
    assert!(text.contains(
        "repeat: /dmatest iterations=1 size=100 align=1 pieces=8 seed=11 kinds=sg channel=8"
    ));
    let last = lines.last().unwrap();
    assert!(last.starts_with("error: /dmatest: 3 tests, 1 failures"), "{text}");
    assert!(desk.send(b"/dmatest iterations=3 seed=11").last().unwrap().starts_with("ok: "));
}

#[test]
fn a_line_that_fails_is_reported_and_the_next_one_works() {
    let (channel, block, byte) = (5, 0, 0);
    for fault in [
        Fault::ReadError { channel, block, byte },
        Fault::Stuck { channel, block, byte },
        Fault::Wedged { channel, block, byte },
    ] {
        let mut desk = Desk::new(Profile::Hardware, 8);
        desk.console.machine().model().plan(fault, Occurs::Once);
        let lines = desk.send(b"123");
        assert!(lines.iter().any(|line| line.contains("CONBLK_AD")), "{lines:#?}");
        assert!(lines.last().unwrap().starts_with("error: dma5: "), "{lines:#?}");
        desk.assert_comes_back(b"123");
    }
}

#[test]
fn calibrate_measures_every_burst_that_a_channel_can_do() {
    let mut desk = Desk::new(Profile::Hardware, 5);
    let lines = desk.send(b"/calibrate");
    let rows = |what: &str, by: &str| -> Vec<String> {
        let start = format!("{what:<8}  {by:<8}  ");
        let rows = lines.iter().filter_map(|line| line.strip_prefix(&start));
        rows.map(|row| row.split("  ").next().unwrap().trim_end().to_string()).collect()
    };
    for what in ["8K each", "fill"] {
        assert_eq!(rows(what, "bulk"), ["32 ×1", "128 ×1", "128 ×2", "128 ×9"], "{lines:#?}");
        assert_eq!(rows(what, "full"), ["32 ×1", "128 ×1", "128 ×2"], "{lines:#?}");
        assert_eq!(rows(what, "lite"), ["32 ×1", "128 ×1"], "{lines:#?}");
    }
    // The model's clock does not time the CPU.
    let cpu = lines.iter().filter(|line| line.starts_with("memcpy")).collect::<Vec<_>>();
    assert_eq!(cpu.len(), 2, "{lines:#?}");
    assert!(cpu.iter().all(|line| line.matches(" -").count() == 4), "{lines:#?}");
    let last = lines.last().unwrap();
    assert!(last.starts_with("ok: 120 measurements, emulated"), "{last}");
    desk.console.machine().model().finish();
}

#[test]
fn the_figures_of_the_simulated_memory_agree() {
    let mut desk = Desk::new(Profile::Hardware, 5);
    let lines = desk.send(b"/info");
    let total: u64 = {
        let heap = lines.iter().find_map(|line| line.strip_prefix("heap: ")).unwrap();
        heap.split(' ').nth(2).unwrap().parse().unwrap()
    };
    let row = lines.iter().find(|line| line.contains("  heap  ")).unwrap();
    let mut words = row.split_whitespace().map(|word| word.trim_start_matches("0x"));
    let mut next = || u64::from_str_radix(words.next().unwrap(), 16).unwrap();
    let (from, to) = (next(), next());
    assert_eq!(to - from, total, "{lines:#?}");
    let mask = lines.iter().find_map(|line| line.strip_prefix("channel mask: 0x")).unwrap();
    let (digits, list) = mask.split_once(" (").unwrap();
    let named: Vec<u32> =
        list.split(';').next().unwrap().split(' ').map(|bit| bit.parse().unwrap()).collect();
    let bits = named.iter().fold(0, |mask, bit| mask | 1 << bit);
    assert_eq!(u32::from_str_radix(digits, 16), Ok(bits), "{mask}");
    let memory = format!("memory: {}M for the ARM", total >> 20);
    assert!(lines.iter().any(|line| line.starts_with(&memory)), "{lines:#?}");
}
