//! Last words: each way to break down has its exact report, whose addresses lead to the lines, and the machine comes back.

use crate::harness::gdb::{Gdb, number_from};
use crate::harness::qemu::{ENGINE, Machine, under_each_version};
use crate::harness::transcript::parse;
use crate::harness::{repo, socket};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::{Command, Stdio};

const END: &str = "stopped; `make addr2line` reads this; press a key to reboot";

/// The report of an exception: its first lines, ESR with its meaning, FAR, the registers, a backtrace.
fn exception(first: &str, esr: &str, far: &str) -> String {
    let mut registers: Vec<_> = (0..=30).map(|number| format!("  x{number:<2} {{_}}")).collect();
    registers.push("  sp  {_}".into());
    let rows: Vec<_> = registers.chunks(3).map(<[_]>::concat).collect();
    let syndrome = format!("  ESR {esr}\n  ELR {{_}}  FAR {far}  SPSR {{_}}");
    let registers = rows.join("\n");
    format!("\n[{{_}}] exception: {first}\n{syndrome}\n{registers}\n{BACKTRACE}\n...\n{END}")
}

/// Its first address; what follows, on this line and further ones, is judged by the lines it leads to.
const BACKTRACE: &str = "  backtrace: {_}";

/// Breaks down and comes back: the report must be exactly this one, and its addresses must lead to these lines.
fn breaks_down(machine: &mut Machine, kind: &str, report: &str, places: &[&str]) {
    let words = machine.last_words(&format!("/crash {kind}"));
    assert!(words.lines().all(|line| line.chars().count() <= 80), "over 80 columns: {words}");
    let lines: Vec<_> = words.lines().map(first_address_only).collect();
    let script = format!("> /crash {kind}\n{report}");
    let expected = parse(&script).pop().expect("one exchange");
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    expected.check(&lines, ENGINE).unwrap_or_else(|why| panic!("{why}"));
    let found = addr2line(&words);
    let mut rest = found.as_str();
    for place in places {
        let at = rest.find(place);
        let at = at.unwrap_or_else(|| panic!("{kind}: no {place} where it belongs in\n{found}"));
        rest = &rest[at..];
    }
    let banner = machine.press_a_key();
    assert!(banner.contains("/halt"), "{banner}");
    machine.ok("back again");
}

/// A line of a backtrace without its other addresses, whose number depends on what the compiler inlined.
fn first_address_only(line: &str) -> String {
    match line.strip_prefix("  backtrace: ").and_then(|rest| rest.split(' ').next()) {
        Some(first) => format!("  backtrace: {first}"),
        None => line.to_owned(),
    }
}

/// What `make addr2line` makes of a report.
fn addr2line(report: &str) -> String {
    let mut make = Command::new("make");
    make.arg("addr2line").current_dir(repo("")).env_remove("MAKEFLAGS");
    make.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut make = make.spawn().expect("make starts");
    let mut input = make.stdin.take().expect("piped");
    input.write_all(report.as_bytes()).expect("make reads its input");
    drop(input);
    let output = make.wait_with_output().expect("make ends");
    assert!(output.status.success(), "{report}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn reports(kind: &str, report: &str, places: &[&str]) {
    under_each_version(|version| {
        breaks_down(&mut Machine::boot(version, &[]).0, kind, report, places);
    });
}

#[test]
fn a_null_access() {
    let report = exception(
        "data abort in EL1t, reading 0x0\n  null pointer: FAR lies in page 0",
        "0x96000007: EC 0x25 data abort, FSC 0x07 translation fault, level 3",
        "0x0000000000000000",
    );
    reports("null", &report, &["src/crash.rs", "shell/src/run/crash.rs", "kernel_main"]);
}

#[test]
fn a_write_to_code() {
    let report = exception(
        "data abort in EL1t, writing 0x80000\n  FAR lies in text",
        "0x9600004f: EC 0x25 data abort, FSC 0x0f permission fault, level 3",
        "0x0000000000080000",
    );
    reports("text", &report, &["src/crash.rs", "shell/src/run/crash.rs", "kernel_main"]);
}

/// ELR is where there is no code: the backtrace begins with the call that jumped there.
#[test]
fn a_jump_into_data() {
    let report = exception(
        "instruction abort in EL1t, fetching {at}\n  FAR lies in data",
        "0x8600000f: EC 0x21 instruction abort, FSC 0x0f permission fault, level 3",
        "{_}",
    );
    reports("exec", &report, &["src/crash.rs", "shell/src/run/crash.rs", "kernel_main"]);
}

#[test]
fn a_stack_overflow() {
    let report = exception(
        "data abort in EL1t, writing {at}\n  stack overflow: FAR lies in stack guard",
        "0x96000047: EC 0x25 data abort, FSC 0x07 translation fault, level 3",
        "{_}",
    );
    let frame = "call_without_end";
    reports("stack", &report, &[frame, frame, "at src/crash.rs"]);
}

/// Under QEMU 7 there is no alignment fault: it says so.
#[test]
fn a_device_word_across_a_boundary() {
    let report = exception(
        "data abort in EL1t, reading 0x3f003006\n  FAR lies in peripherals",
        "0x96000021: EC 0x25 data abort, FSC 0x21 alignment fault",
        "0x000000003f003006",
    );
    under_each_version(|version| {
        let mut machine = Machine::boot(version, &[]).0;
        if version.major < 10 {
            let answer = machine.type_line(b"/crash align");
            let last = answer.final_line().unwrap_or_else(|error| panic!("{error}"));
            assert!(last.starts_with("error: /crash: the access was let through"), "{last}");
            machine.ok("/watchdog off");
            machine.ok("still there");
        } else {
            breaks_down(&mut machine, "align", &report, &["src/crash.rs", "kernel_main"]);
        }
    });
}

/// The chain leads from the exception stack through the vector into the interrupted code.
#[test]
fn a_panic_in_an_interrupt() {
    let report = format!(
        " \n[{{_}}] panic: asked for by /crash irq\n  at src/board/uart.rs:{{_}}\n  in an interrupt, taken at {{_}}\n{BACKTRACE}\n...\n{END}"
    );
    let places = ["src/crash.rs", "on_interrupt", "exception_vectors", "shell/src/run/crash.rs"];
    reports("irq", &report, &places);
}

#[test]
fn a_panic() {
    let report = format!(
        "\n[{{_}}] panic: asked for by /crash panic\n  at src/crash.rs:{{_}}\n{BACKTRACE}\n...\n{END}"
    );
    reports("panic", &report, &["fail", "src/crash.rs", "shell/src/run/crash.rs", "kernel_main"]);
}

/// What is said then needs no stack and no memory but its own text.
#[test]
fn a_fault_while_a_panic_is_reported() {
    let report = "\n[{_}] panic: \nerror: a fault while a fault was reported; the last exception:\n  \
                  ESR 0x0000000096000007  ELR {_}  FAR 0x0000000000000000\n\
                  stopped; press a key to reboot";
    reports("double", report, &["src/crash.rs"]);
}

/// Nothing but the watchdog would end it, and QEMU's resets as soon as it is set up: both are refused.
#[test]
fn a_hang_is_refused_where_no_watchdog_would_end_it() {
    under_each_version(|version| {
        let mut machine = Machine::boot(version, &[]).0;
        for (line, why) in [
            ("/crash hang", "error: /crash: only the watchdog would end it, and it is off"),
            ("/watchdog on", "error: /watchdog: QEMU's resets at once"),
        ] {
            let answer = machine.type_line(line.as_bytes());
            let last = answer.final_line().unwrap_or_else(|error| panic!("{error}"));
            assert!(last.starts_with(why), "{last}");
        }
        machine.ok("/watchdog off");
        machine.ok("still there");
    });
}

/// A board's UART is silent until somebody turns it on; QEMU's sends whatever its registers say.
#[test]
fn last_words_turn_the_uart_on_where_it_is_off() {
    const UART: u64 = 0x3F20_1000;
    under_each_version(|version| {
        let socket = socket(&format!("gdb{}.sock", version.major));
        let port = OsString::from(format!("unix:{},server=on,wait=off", socket.display()));
        let (mut machine, _) = Machine::boot(version, &[OsStr::new("-gdb"), &port]);
        machine.ok("/poke 0x3f201030 0");
        machine.last_words("/crash null");
        let mut gdb = Gdb::connect(&socket);
        let mut register = |offset| number_from(&gdb.physical(UART + offset, 4));
        assert_eq!(register(0x30) & 0x301, 0x301, "on, transmit, receive");
        assert_eq!([0x24, 0x28].map(&mut register), [26, 3], "115200 baud of 48 MHz");
        assert_eq!(register(0x2C) & 0x70, 0x70, "8 bits, queues");
    });
}
