//! Lines of every length and content, through the engine and back.

use crate::harness::console::Answer;
use crate::harness::qemu::{Machine, under_each_version};
use crate::harness::random;

/// What the console says it received, unescaped.
fn received(answer: &Answer) -> Vec<u8> {
    let last = answer.final_line().unwrap_or_else(|error| panic!("{error}"));
    assert!(last.starts_with("ok:"), "{}", answer.text());
    let plain = answer.lines.iter().find_map(|line| line.strip_prefix(b"received: "));
    let escaped = answer.lines.iter().find_map(|line| line.strip_prefix(b"received (escaped): "));
    match (plain, escaped) {
        (Some(text), None) => text.to_vec(),
        (None, Some(text)) => unescape(text),
        _ => panic!("not one `received` line in:\n{}", answer.text()),
    }
}

/// `\\` is a backslash, `\xNN` the byte NN; nothing else follows a backslash.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, left) = match (first, tail) {
            (b'\\', [b'\\', left @ ..]) => (b'\\', left),
            (b'\\', [b'x', high, low, left @ ..]) => (hex(*high) << 4 | hex(*low), left),
            (b'\\', _) => panic!("a lone backslash in {}", String::from_utf8_lossy(text)),
            _ => (first, tail),
        };
        bytes.push(byte);
        rest = left;
    }
    bytes
}

fn hex(digit: u8) -> u8 {
    let digit = char::from(digit).to_digit(16).expect("a hexadecimal digit");
    u8::try_from(digit).expect("below 16")
}

/// Data as a bracketed paste. A first slash is doubled: one alone would begin a command.
fn paste(data: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if data.starts_with(b"/") { b"/" } else { b"" };
    [b"\x1b[200~", slash, data, b"\x1b[201~"].concat()
}

fn printable(random: &mut fastrand::Rng, length: usize) -> Vec<u8> {
    // The first byte is no `/`: that would be a command.
    (0..length).map(|at| random.u8(if at == 0 { b'0' } else { b' ' }..=b'~')).collect()
}

/// Types data and wants the same bytes back.
fn comes_back(machine: &mut Machine, typed: &[u8], data: &[u8]) {
    let answer = machine.type_line(typed);
    let received = received(&answer);
    let same = received.iter().zip(data).take_while(|(one, other)| one == other).count();
    assert!(
        received == data,
        "{} bytes typed, {} received, different from byte {same} on:\n{}",
        data.len(),
        received.len(),
        answer.text()
    );
}

#[test]
fn unescape_is_the_inverse_of_the_contract() {
    assert_eq!(unescape(br"a\\b\x00\xfF"), b"a\\b\x00\xff");
}

#[test]
fn lines_of_every_length_come_back() {
    let seeds = random();
    under_each_version(|version| {
        let mut random = seeds.clone();
        let (mut machine, _) = Machine::boot(version, &[]);
        for length in [1, 2, 3, 4, 5, 63, 64, 65, 1023, 4096] {
            let line = printable(&mut random, length);
            comes_back(&mut machine, &line, &line);
        }
    });
}

#[test]
fn a_line_too_long_is_refused_with_its_length() {
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        let answer = machine.type_line(&[b'x'; 4099]);
        let last = answer.final_line().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(last, "error: line of 4099 bytes, at most 4096");
        machine.ok("the next line works");
    });
}

#[test]
fn utf8_and_all_byte_values_come_back() {
    let every: Vec<u8> = (0..=255).collect();
    let mut shuffled = every.repeat(3);
    random().shuffle(&mut shuffled);
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        for text in ["é", "Grüße", "日本語 🦀", "\u{e9}\u{301} x"] {
            comes_back(&mut machine, text.as_bytes(), text.as_bytes());
        }
        for data in [&every, &shuffled] {
            comes_back(&mut machine, &paste(data), data);
        }
        for byte in &every {
            comes_back(&mut machine, &paste(&[*byte]), &[*byte]);
        }
    });
}

/// The lines of `/info` that say how much of the heap and of the coherent pool is in use.
///
/// The console keeps the last lines for arrow-up; they are made the same before each look.
fn levels(machine: &mut Machine) -> Vec<String> {
    comes_back(machine, &[b'h'; 4096], &[b'h'; 4096]);
    for _ in 0..64 {
        machine.ok("history");
    }
    let info = machine.ok("/info");
    let level = |name| {
        let line = info.lines().find(|line| line.contains(name));
        let line = line.unwrap_or_else(|| panic!("no `{name}` line in:\n{info}"));
        line.split_once(name).map_or(line, |(_, level)| level).to_owned()
    };
    ["heap: ", "coherent pool: "].map(level).to_vec()
}

#[test]
fn a_thousand_random_lines_leave_heap_and_pool_as_they_were() {
    let seeds = random();
    under_each_version(|version| {
        let mut random = seeds.clone();
        let (mut machine, _) = Machine::boot(version, &[]);
        let before = levels(&mut machine);
        for _ in 0..1000 {
            let length = match random.u8(0..10) {
                0 => random.usize(1..=4096),
                1..4 => random.usize(1..=200),
                _ => random.usize(1..=20),
            };
            let line = printable(&mut random, length);
            comes_back(&mut machine, &line, &line);
        }
        assert_eq!(before, levels(&mut machine));
    });
}
