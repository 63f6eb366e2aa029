//! `/dmatest` on the strict model: what it finds, what it says, and that nothing is lost.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "dmatest/bent.rs"]
mod bent;
#[path = "support/desk.rs"]
mod desk;
#[path = "../examples/simulator/machine.rs"]
mod machine;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use dma_model::{Fault, Occurs, Profile};
use sgdma::platform::{Clock, Instant};
use shell::console::{Background, Console};
use shell::machine::Machine;
use shell::render::Paint;

use crate::desk::Desk;
use crate::machine::Simulated;

const PROFILES: [Profile; 2] = [Profile::Hardware, Profile::Qemu];

fn levels(desk: &Desk) -> [shell::machine::Usage; 2] {
    let machine = desk.console.machine();
    [machine.heap(), machine.coherent_pool()]
}

/// The lines as one text, those of the log that go on below in one piece.
fn unwrapped(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        match line.split_once("] dmatest:     ") {
            Some((_, rest)) => text.extend([" ", rest]),
            None => text.extend(["\n", line]),
        }
    }
    text.trim_start().to_string()
}

/// Sends a line and gives the whole answer and its last line.
fn answer(desk: &mut Desk, line: &str) -> (String, String) {
    let lines = desk.send(line.as_bytes());
    (unwrapped(&lines), lines.last().expect("an answer").clone())
}

#[test]
fn every_kind_on_many_channels_and_threads_finds_nothing_on_a_good_engine() {
    for profile in PROFILES {
        let seed = fastrand::u32(..);
        println!("seed {seed}");
        let mut desk = Desk::new(profile, seed.into());
        let before = levels(&desk);
        for what in [
            "kinds=copy,sg,fill,2d",
            "kinds=sg channels=3 threads=3",
            "kinds=fill align=4 pieces=64",
            "kinds=2d size=300 threads=8",
            "kinds=copy,2d align=24 channels=2",
            "kinds=copy,sg,fill,2d size=4 channels=3",
            "kinds=sg size=4096 align=4096 pieces=1",
            "kinds=copy verify=off",
        ] {
            let line = format!("/dmatest iterations=40 size=2K seed={seed} {what}");
            let line = if what.contains(" size=") { line.replace("size=2K ", "") } else { line };
            let (text, last) = answer(&mut desk, &line);
            assert!(
                last.starts_with("ok: ") && last.contains(" tests, 0 failures, "),
                "{line}: {text}"
            );
            assert_eq!(levels(&desk), before, "{line}");
        }
        desk.console.machine().model().finish();
    }
}

#[test]
fn a_line_for_people_and_one_for_programs_tell_of_each_channel() {
    for (profile, ids) in [(Profile::Hardware, [8, 9]), (Profile::Qemu, [5, 4])] {
        let mut desk = Desk::new(profile, 1);
        let (text, last) = answer(&mut desk, "/dmatest iterations=5 channels=2 threads=2 seed=3");
        for id in ids {
            let people = format!("dmatest: dma{id}: summary 10 tests, 0 failures ");
            let programs = format!("dmatest: channel=dma{id} tests=10 failures=0 stuck=0 bytes=");
            assert!(text.contains(&people) && text.contains(&programs), "{text}");
        }
        assert_eq!(text.contains("the engine is emulated"), profile == Profile::Qemu, "{text}");
        assert!(
            last.starts_with("ok: 20 tests, 0 failures, ") && last.ends_with(", seed 3"),
            "{last}"
        );
    }
}

/// The line that repeats the first failure.
fn repeat(last: &str) -> String {
    last.split_once("; repeat the first: ").expect("how to repeat it").1.to_string()
}

#[test]
fn a_fault_is_told_with_its_place_and_happens_again_when_repeated() {
    for kinds in ["copy", "sg", "2d", "copy,sg,2d"] {
        let mut desk = Desk::new(Profile::Hardware, 7);
        let before = levels(&desk);
        let fault = Fault::ReadError { channel: 5, block: 0, byte: 0 };
        desk.console.machine().model().plan(fault, Occurs::Always);
        let line = format!(
            "/dmatest iterations=3 seed=11 size=100 channel=5 kinds={kinds} timeout=70 verify=off"
        );
        let (text, last) = answer(&mut desk, &line);
        for round in 1..=3 {
            let seed = 10 + round;
            assert!(text.contains(&format!("dma5: iteration {round} seed {seed}, 0x")), "{text}");
            let repeat = format!(" seed={seed} kinds={kinds} channel=5 timeout=70 verify=off");
            assert!(text.contains(&repeat), "{text}");
        }
        let why =
            "the bus answered a read with an error, at control block 0, source entry 0 byte 0x";
        assert!(text.contains(why), "{text}");
        // What did not come as it must is not counted as moved.
        assert!(last.starts_with("error: /dmatest: 3 tests, 3 failures, 0 bytes, "), "{last}");
        let (again, _) = answer(&mut desk, &repeat(&last));
        let told = |text: &str| {
            let at = text.find("seed 11, ").expect("the first failure");
            text[at..].lines().next().unwrap().to_string()
        };
        assert_eq!(told(&again), told(&text));
        assert_eq!(levels(&desk), before);
    }
}

#[test]
fn after_a_fault_the_other_tests_go_on() {
    let (channel, block, byte) = (5, 0, 0);
    for fault in [
        Fault::ReadError { channel, block, byte },
        Fault::Stuck { channel, block, byte },
        Fault::Wedged { channel, block, byte },
        Fault::FifoError { channel, block },
        Fault::ReadLastNotSet { channel, block },
    ] {
        let mut desk = Desk::new(Profile::Hardware, 8);
        let before = levels(&desk);
        desk.console.machine().model().plan(fault, Occurs::Once);
        let line = "/dmatest iterations=20 channels=3 kinds=copy,2d threads=2 timeout=50 size=500";
        let (text, last) = answer(&mut desk, line);
        assert!(last.starts_with("error: /dmatest: 120 tests, 1 failures, "), "{fault:?}: {text}");
        assert_eq!(levels(&desk), before, "{fault:?}");
        assert!(answer(&mut desk, line).1.starts_with("ok: 120 tests, 0 failures, "), "{fault:?}");
    }
}

#[test]
fn many_failures_are_counted_and_not_all_told() {
    let mut desk = Desk::new(Profile::Hardware, 9);
    let fault = Fault::ReadError { channel: 8, block: 0, byte: 0 };
    desk.console.machine().model().plan(fault, Occurs::Always);
    let (text, last) = answer(&mut desk, "/dmatest iterations=50 size=64");
    assert_eq!(text.matches("  repeat: ").count(), 8, "{text}");
    assert!(text.contains("more failures are only counted"), "{text}");
    assert!(last.starts_with("error: /dmatest: 50 tests, 50 failures, "), "{last}");
}

#[test]
fn a_channel_switched_off_is_timed_out_and_loses_nothing() {
    for threads in [1, 3] {
        let mut desk = Desk::new(Profile::Qemu, 10);
        let before = levels(&desk);
        let line = format!(
            "/dmatest iterations=30 channels=3 threads={threads} kinds=copy,sg,fill,2d stuck=15 timeout=50"
        );
        let (text, last) = answer(&mut desk, &line);
        let told = "dma4: switched off in iteration 15, timed out after 50 ms, recovered";
        assert!(text.contains(told), "{text}");
        let tests = 90 * threads;
        let end = format!("ok: {tests} tests, 0 failures, 1 stuck and recovered, ");
        assert!(last.starts_with(&end), "{text}");
        assert_eq!(levels(&desk), before);
    }
    let mut desk = Desk::new(Profile::Hardware, 10);
    let (_, last) = answer(&mut desk, "/dmatest stuck=3");
    assert_eq!(last, "error: /dmatest: stuck=3: expected an emulated engine, this is the chip's");
}

#[test]
fn what_does_not_go_together_is_told_with_what_was_expected() {
    let mut desk = Desk::new(Profile::Qemu, 11);
    let mut hardware = Desk::new(Profile::Hardware, 11);
    for (line, expected) in [
        ("seed=4294967296", "seed=4294967296 is out of bounds: expected a number from 0 to "),
        ("size=3 kinds=copy,2d", "size=3: expected at least 4, the shortest row of kinds=2d here"),
        (
            "size=7 align=2 kinds=2d",
            "size=7: expected at least 8, the shortest row of kinds=2d here",
        ),
        ("align=5 size=4", "align=5: expected at most size=4"),
        ("stuck=11 iterations=10", "stuck=11: expected at most iterations=10"),
        ("channel=5 channels=2", "channels=2: expected 1 where channel=5 is given"),
        ("channels=9", "channels=9: only 3 are free"),
        ("channel=1", "channel=1: the VideoCore keeps dma1: take one of the firmware's mask"),
        ("kinds=copy,fil", "kinds=copy,fil is not known (did you mean fill?): expected some of "),
        ("size=2M", "size=2M is out of bounds: expected a number from 1 to "),
        ("threads=9", "threads=9 is out of bounds: expected a number from 1 to 8 (0x8)"),
        ("status", "nothing runs in the background; /dmatest background starts a run"),
        ("stop", "nothing runs in the background; /dmatest background starts a run"),
        ("size=1M kinds=2d", "bytes of coherent memory: "),
    ] {
        let lines = desk.send(format!("/dmatest {line}").as_bytes());
        let told = lines.last().unwrap();
        assert!(
            told.starts_with("error: /dmatest: ") && told.contains(expected),
            "{line}: {lines:?}"
        );
        assert!(lines.len() == 1, "{lines:?}");
    }
    let (_, told) = answer(&mut hardware, "/dmatest channel=8 kinds=2d");
    assert!(told.contains("kinds=2d: channel=8 is "), "{told}");
    let (_, told) = answer(&mut hardware, "/dmatest channels=8 kinds=2d");
    assert!(told.contains("channels=8: only 4 have a 2D mode"), "{told}");
}

#[test]
fn what_has_no_2d_mode_does_the_other_kinds() {
    let mut desk = Desk::new(Profile::Hardware, 15);
    let before = levels(&desk);
    let line = "/dmatest iterations=20 size=500 threads=2 channels=11 kinds=copy,sg,fill,2d";
    let (text, last) = answer(&mut desk, line);
    assert!(last.starts_with("ok: 440 tests, 0 failures, "), "{text}");
    assert_eq!(levels(&desk), before);
    // One that can do all is taken before one that cannot, and a test of one that cannot is repeated on it.
    let (text, _) = answer(&mut desk, "/dmatest iterations=1 kinds=copy,2d");
    assert!(text.contains("channel=dma5 "), "{text}");
    let fault = Fault::ReadError { channel: 8, block: 0, byte: 0 };
    desk.console.machine().model().plan(fault, Occurs::Always);
    let (text, last) = answer(&mut desk, &line.replace("iterations=20", "iterations=1"));
    let again = answer(&mut desk, &repeat(&last)).1;
    assert!(again.starts_with("error: /dmatest: 1 tests, 1 failures, "), "{text} {again}");
    desk.console.machine().model().finish();
}

#[test]
fn of_a_run_that_could_not_begin_nothing_is_summed_up() {
    let mut desk = Desk::new(Profile::Hardware, 16);
    // Lanes for all of them are to be had, frames are not.
    let (text, last) = answer(&mut desk, "/dmatest channels=11 threads=8 pieces=64");
    assert!(last.starts_with("error: /dmatest: "), "{text}");
    assert_eq!(text, last);
}

#[test]
fn ctrl_c_stops_it_between_two_rounds() {
    let mut desk = typing(Profile::Hardware, 8, b"\x03");
    let before = levels(&desk);
    let (text, last) = answer(&mut desk, "/dmatest iterations=100000 channels=2");
    assert_eq!(last, "error: stopped after 7 of 100000 iterations, 14 tests, 0 failures", "{text}");
    assert_eq!(levels(&desk), before);
    desk.assert_comes_back(b"123");
    desk.console.machine().model().finish();
}

/// A desk at which `typed` comes in when somebody looks for it the `at`-th time.
fn typing(profile: Profile, at: u32, typed: &'static [u8]) -> Desk {
    let written: Rc<RefCell<Vec<u8>>> = Rc::default();
    let (sink, calls) = (Rc::clone(&written), Cell::new(0));
    let write = move |bytes: &[u8]| sink.borrow_mut().extend_from_slice(bytes);
    let poll = move || {
        calls.set(calls.get() + 1);
        let index: u32 = calls.get();
        index.checked_sub(at).and_then(|index| typed.get(usize::try_from(index).ok()?).copied())
    };
    let machine = Simulated::new(profile, 12, write, poll);
    let mut desk = Desk { console: Console::new(machine, Paint::Plain), written };
    desk.console.start();
    desk
}

/// The model's time, in milliseconds.
fn milliseconds(desk: &Desk) -> u128 {
    let model = desk.console.machine().model();
    model.between(Instant::default(), model.now()).as_millis()
}

#[test]
fn ctrl_c_does_not_wait_for_a_transfer_that_hangs() {
    let mut desk = typing(Profile::Qemu, 10, b"\x03");
    let (before, start) = (levels(&desk), milliseconds(&desk));
    let (text, last) = answer(&mut desk, "/dmatest stuck=1 timeout=12000");
    assert_eq!(last, "error: stopped after 0 of 100 iterations, 0 tests, 0 failures", "{text}");
    assert_eq!(text, last);
    assert!(milliseconds(&desk) - start < 1000, "{} ms", milliseconds(&desk) - start);
    assert_eq!(levels(&desk), before);
    desk.assert_comes_back(b"123");
}

#[test]
fn in_the_background_who_types_does_not_wait_for_a_transfer_that_hangs() {
    let mut desk = typing(Profile::Qemu, 10, b"/version\r");
    let start = milliseconds(&desk);
    answer(&mut desk, "/dmatest background stuck=1 timeout=12000");
    assert_eq!(desk.console.work(), Background::Busy);
    let text = String::from_utf8(desk.written.take()).unwrap();
    assert!(text.contains("/version") && text.contains("ok: rpi3-sgdma"), "{text}");
    assert!(milliseconds(&desk) - start < 1000, "{} ms", milliseconds(&desk) - start);
    assert!(text.contains("dma5: switched off in iteration 1, timed out after "), "{text}");
    while desk.console.work() == Background::Busy {}
    let last = answer(&mut desk, "/dmatest stop").1;
    assert!(last.starts_with("ok: done, 100 tests, 0 failures, 1 stuck and recovered, "), "{last}");
}

#[test]
fn in_the_background_it_goes_on_between_lines_and_to_its_end() {
    let mut desk = Desk::new(Profile::Hardware, 13);
    let before = levels(&desk);
    let (_, last) = answer(&mut desk, "/dmatest background iterations=300 channels=2 size=300");
    assert!(last.starts_with("ok: started; "), "{last}");
    assert!(
        answer(&mut desk, "/dmatest status").1.starts_with("ok: running, 0 of 300 iterations, ")
    );
    let second = answer(&mut desk, "/dmatest").1;
    assert!(second.starts_with("error: /dmatest: one runs in the background; "), "{second}");
    let mut steps = 0;
    while desk.console.work() == Background::Busy {
        assert_eq!(levels(&desk), before, "between two steps nothing is taken");
        desk.assert_comes_back(b"a line in between");
        steps += 1;
    }
    assert!(steps > 3, "{steps}");
    assert_eq!(desk.console.work(), Background::Quiet);
    let (text, last) = answer(&mut desk, "/dmatest status");
    assert!(text.contains("dmatest: done: 300 of 300 iterations, 600 tests, 0 failures"), "{text}");
    assert!(last.starts_with("ok: done, 600 tests, 0 failures, "), "{last}");
    assert!(answer(&mut desk, "/dmatest stop").1.starts_with("ok: done, 600 tests, "));
    assert!(answer(&mut desk, "/dmatest stop").1.starts_with("error: /dmatest: nothing runs "));
    desk.console.machine().model().finish();
}

#[test]
fn in_the_background_it_can_be_stopped_and_tells_its_failures() {
    let mut desk = Desk::new(Profile::Hardware, 14);
    answer(&mut desk, "/dmatest background iterations=1000000 size=300");
    desk.console.work();
    let stopped = answer(&mut desk, "/dmatest stop").1;
    assert!(stopped.starts_with("ok: stopped after "), "{stopped}");
    let fault = Fault::ReadError { channel: 8, block: 0, byte: 0 };
    desk.console.machine().model().plan(fault, Occurs::Once);
    answer(&mut desk, "/dmatest background iterations=1000000 size=300 seed=5");
    desk.console.work();
    let (text, last) = answer(&mut desk, "/dmatest stop");
    assert!(text.contains("dma8: iteration 1 seed 5, 0x"), "{text}");
    assert!(last.starts_with("error: /dmatest: ") && last.contains(" 1 failures, "), "{last}");
}

#[test]
fn a_wrong_byte_is_told_with_its_seed_and_its_control_block() {
    for kinds in ["copy", "sg", "fill"] {
        let mut most = 0;
        for seed in 21..24 {
            let told = bent::sweep(kinds, seed);
            let blocks: Vec<(usize, usize)> = told.iter().flatten().copied().collect();
            let count = blocks.first().unwrap().1;
            let mut met: Vec<usize> = blocks.iter().map(|block| block.0).collect();
            assert!(kinds != "copy" || met.is_sorted(), "{kinds} {seed}: {blocks:?}");
            met.sort_unstable();
            met.dedup();
            // Every block writes some bytes, and no other block than those there are is told.
            assert_eq!(met, (0..count).collect::<Vec<_>>(), "{kinds} {seed}");
            assert!(told.contains(&None), "{kinds} {seed}: guards are looked at too");
            most = most.max(count);
        }
        assert!(most > 1, "{kinds}");
    }
}
