//! More is typed than can be answered as fast, or nonsense is: nothing is lost in silence, and the prompt comes back.

use crate::harness::console::PROMPT;
use crate::harness::qemu::{Machine, under_each_version};
use crate::harness::random;
use std::time::Instant;

const KIB: usize = 1024;

/// Whether the last few lines hold this text, and the prompt is there.
fn prompts_after(seen: &[u8], text: &str) -> bool {
    let tail = seen.get(seen.len().saturating_sub(8 * KIB)..).unwrap_or(seen);
    seen.ends_with(PROMPT) && tail.windows(text.len()).any(|part| part == text.as_bytes())
}

/// The number in a row of `/stats`.
fn statistic(machine: &mut Machine, row: &str) -> u64 {
    let stats = machine.ok("/stats");
    let count = stats.lines().find_map(|line| line.strip_prefix(row)?.trim().parse().ok());
    count.unwrap_or_else(|| panic!("no row `{row}` in {stats}"))
}

/// How many bytes the console says it has lost.
fn lost(machine: &mut Machine) -> u64 {
    statistic(machine, "bytes lost on the line") + statistic(machine, "bytes lost while busy")
}

#[test]
fn of_64_kib_pasted_in_lines_every_line_is_answered() {
    let lines: Vec<String> = (0..656).map(|number| format!("{number:05} {:x<93}", "")).collect();
    let paste = lines.join("\r") + "\r";
    assert!(paste.len() >= 64 * KIB);
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        let start = Instant::now();
        machine.send(paste.as_bytes());
        let last = format!("\nreceived: {}\n", lines.last().expect("many"));
        let text = machine.until(|seen| prompts_after(seen, &last));
        println!("{} bytes in {:.1} s", paste.len(), start.elapsed().as_secs_f64());
        let text = String::from_utf8_lossy(&text);
        let received: Vec<_> = text.lines().filter_map(|l| l.strip_prefix("received: ")).collect();
        assert_eq!(received.len(), lines.len());
        assert!(received == lines, "a line came back different");
        assert_eq!(lost(&mut machine), 0);
    });
}

#[test]
fn a_bracketed_paste_of_64_kib_is_one_line_too_long() {
    let paste = [b"\x1b[200~", &b"any\rbyte\x03".repeat(64 * KIB / 9)[..], b"\x1b[201~"].concat();
    let length = paste.len() - 12;
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        let answer = machine.type_line(&paste);
        let last = answer.final_line().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(last, format!("error: line of {length} bytes, at most 4096"));
        assert_eq!(lost(&mut machine), 0);
        machine.ok("the next line works");
    });
}

/// While a command runs no line is answered, and what waits for it has an end. A Ctrl-C behind it all is still seen.
#[test]
fn of_too_many_bytes_each_is_either_in_the_line_or_told_as_lost() {
    let flood = [b"/dmatest iterations=100000000\r", &b"x".repeat(200 * KIB)[..], b"\x03"].concat();
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        machine.send(&flood);
        let text = machine.until(|seen| seen.ends_with(b"\x07"));
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains("\nerror: stopped after "), "{text}");
        let answer = machine.type_line(b"").text();
        let number = |before: &str, after: &str| -> usize {
            let (_, rest) = answer.split_once(before).unwrap_or_else(|| panic!("{answer}"));
            let (number, _) = rest.split_once(after).unwrap_or_else(|| panic!("{answer}"));
            number.parse().unwrap_or_else(|_| panic!("{answer}"))
        };
        let told = number(" console: ", " bytes are lost, too fast or damaged\n");
        assert!(told > 0);
        assert_eq!(told + number("error: line of ", " bytes, at most 4096"), 200 * KIB);
        assert_eq!(lost(&mut machine), told as u64);
        machine.ok("the next line works");
    });
}

/// Types random bytes, piece by piece, and sees after each piece that a line is answered.
fn answers_after_random_bytes(bytes: usize) {
    const PIECE: usize = 10_000;
    let seeds = random();
    under_each_version(|version| {
        let mut random = seeds.clone();
        let (mut machine, _) = Machine::boot(version, &[]);
        let start = Instant::now();
        for piece in 0..bytes / PIECE {
            let mut typed: Vec<u8> = (0..PIECE).map(|_| random.u8(..)).collect();
            // What may be open is closed: a paste by its mark, a line by its end.
            typed.extend_from_slice(format!("\x1b[201~\rpiece {piece}\r").as_bytes());
            machine.send(&typed);
            machine.until(|seen| prompts_after(seen, &format!("\nreceived: piece {piece}\n")));
        }
        println!("{bytes} random bytes in {:.1} s", start.elapsed().as_secs_f64());
        assert_eq!(lost(&mut machine), 0);
    });
}

#[test]
fn a_hundred_thousand_random_bytes_leave_it_answering() {
    answers_after_random_bytes(100_000);
}

#[test]
#[ignore = "ten times as long: docs/testing.md has the command"]
fn a_million_random_bytes_leave_it_answering() {
    answers_after_random_bytes(1_000_000);
}
