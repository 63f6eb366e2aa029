//! Memory by typed address.

use crate::harness::qemu::{Machine, under_each_version};

/// The ranges that `/map registers` shows.
fn blocks(machine: &mut Machine) -> Vec<(u64, u64)> {
    let number = |word: &str| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok();
    let table = machine.ok("/map registers");
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        Some((number(words.next()?)?, number(words.next()?)?))
    };
    table.lines().filter_map(row).collect()
}

#[test]
fn every_listed_register_answers_and_nothing_else_is_touched() {
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        let blocks = blocks(&mut machine);
        assert!(blocks.len() > 20, "{blocks:x?}");
        for (index, (from, to)) in blocks.iter().enumerate() {
            machine.ok(&format!("/dump {from:#x} {:#x}", to - from));
            if blocks.get(index + 1).is_none_or(|(next, _)| next > to) {
                let answer = machine.type_line(format!("/dump {to:#x} 4").as_bytes()).text();
                assert!(answer.starts_with(&format!("error: /dump: {to:#x} is ")), "{answer}");
            }
        }
        // Blocks with a power domain of their own: on a board an access may end everything.
        for asleep in ["0x3f400000", "0x3f980000", "0x3fc00000", "0x3fe05000"] {
            let answer = machine.type_line(format!("/poke {asleep} 0").as_bytes()).text();
            assert!(answer.contains("device memory without a known register"), "{answer}");
        }
        machine.ok("the next line works");
    });
}

/// What would take the ground from under the console.
#[test]
fn page_tables_and_stacks_are_refused_by_name() {
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        let map = machine.ok("/map");
        for (name, why) in [
            ("page tables", "is read-only (page tables)"),
            ("stack", "cannot be written: it is a stack"),
            ("exception stack", "cannot be written: it is a stack"),
        ] {
            let row = map.lines().find(|line| line.contains(&format!("  {name}  ")));
            let row = row.unwrap_or_else(|| panic!("{name}: {map}"));
            let start = row.split_whitespace().next().expect("an address");
            let answer = machine.type_line(format!("/poke {start} 0").as_bytes()).text();
            assert!(answer.contains(why), "{name}: {answer}");
        }
        machine.ok("the next line works");
    });
}

/// Two regions without a gap between: text and read-only data.
#[test]
fn a_row_may_lie_in_two_regions() {
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        let map = machine.ok("/map");
        let row = map.lines().find(|line| line.contains("  text  ")).expect("a row");
        let end = row.split_whitespace().nth(1).and_then(|end| end.strip_prefix("0x"));
        let end = end.and_then(|end| u64::from_str_radix(end, 16).ok()).expect("an address");
        let both = machine.ok(&format!("/dump {:#x} 16", end - 8));
        let mut parts = String::new();
        for start in [end - 8, end] {
            parts.push_str(&machine.ok(&format!("/dump {start:#x} 8")));
            parts.push('\n');
        }
        let bytes = |text: &str| -> Vec<String> {
            let rows = text.lines().filter(|line| line.starts_with("0x"));
            // Behind the address and before the text.
            let columns = rows.filter_map(|row| row.get(11..60));
            columns.flat_map(str::split_whitespace).map(str::to_owned).collect()
        };
        assert_eq!(bytes(&both).len(), 16, "{both}");
        assert_eq!(bytes(&both), bytes(&parts), "{both} {parts}");
    });
}

/// What it sends would stand before the answer, which begins in column 1.
#[test]
fn the_data_register_of_the_console_is_not_written() {
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        let answer = machine.type_line(b"/poke 0x3f201000 0x41").text();
        let expected =
            "error: /poke: 0x3f201000 cannot be written: it sends to this console: type instead";
        assert!(answer.lines().any(|line| line == expected), "{answer}");
        machine.ok("the next line works");
    });
}
