//! `/sg`.

use super::*;

#[test]
fn the_example_is_cut_as_it_should_have_been_published() {
    let lines = answer(&mut console(), b"/sg example");
    let rows: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words.first().is_some_and(|word| word.parse::<u32>().is_ok()))
        .map(|words| words[1..3].to_vec())
        .collect();
    assert_eq!(
        rows,
        [
            ["0xa000", "0x400"],
            ["0xa400", "0x154"],
            ["0xa554", "0x1"],
            ["0x7000", "0x110"],
            ["0x7110", "0x1"]
        ]
    );
    assert!(lines.iter().any(|line| line.contains("0xa450")), "the misprint is told");
    assert_eq!(lines.last().unwrap(), "ok: 0x666 bytes, 2 entries in 2 segments, 5 control blocks");
}

#[test]
fn each_rule_that_cuts_is_named() {
    let lines = answer(&mut console(), b"/sg 0xff0:0x1555 max=0x400 burst=4 boundary=0x1000");
    for rule in ["boundary", "max segment", "burst", "segment end"] {
        assert!(lines.iter().any(|line| line.ends_with(rule)), "{rule}: {lines:?}");
    }
}

#[test]
fn neighbours_are_merged_unless_told_not_to() {
    let merged = last(&mut console(), b"/sg 0x1000:0x100,0x1100:0x100 burst=4");
    assert_eq!(merged, "ok: 0x200 bytes, 2 entries in 1 segments, 1 control blocks");
    let apart = last(&mut console(), b"/sg 0x1000:0x100,0x1100:0x100 burst=4 merge=off");
    assert_eq!(apart, "ok: 0x200 bytes, 2 entries in 2 segments, 2 control blocks");
}

#[test]
fn two_sides_show_words_and_the_granule_of_the_emulated_engine() {
    let line = b"/sg 0xc0010000:0x41 to=0xc0020000:0x1,0xc0030000:0x40 line=1";
    let lines = answer(&mut console(), line);
    assert_eq!(
        lines.last().unwrap(),
        "ok: 0x41 bytes, 1 entries in 1 segments to 2 entries in 2 segments, 2 control blocks"
    );
    assert!(
        lines.iter().any(|line| line.starts_with("0xc0f00020: 0xc0010001 → 0xc0030000")),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.starts_with("estimate: ")), "{lines:?}");
    let emulated = last(&mut console(), &[line, &b" engine=emulated"[..]].concat());
    assert!(emulated.ends_with("2 control blocks, 1 edges"), "{emulated}");
}

#[test]
fn one_list_alone_shows_words_and_an_estimate_too() {
    let lines = answer(&mut console(), b"/sg example");
    let has = |start: &str| lines.iter().any(|line| line.starts_with(start));
    assert!(has("full channel, one list alone, granule 1"), "{lines:#?}");
    assert!(has("as a copy to memory in phase, 0x20000000 away:"), "{lines:#?}");
    assert!(has("0xc0f00000: 0x0000a000 → 0x2000a000  0x400 bytes"), "{lines:#?}");
    assert!(has("0xc0f00080: 0x00007110 → 0x20007110  0x1 bytes"), "{lines:#?}");
    assert!(has("estimate: "), "{lines:#?}");
    for line in [&b"/sg 0x1fffff00:0x200"[..], b"/sg 0..0x3f000000"] {
        let lines = answer(&mut console(), line);
        assert!(lines.last().unwrap().starts_with("ok: "), "{lines:#?}");
        assert!(lines.iter().any(|line| line.starts_with("no words: ")), "{lines:#?}");
    }
}

#[test]
fn an_estimate_says_where_its_figures_are_from() {
    let mut console = console();
    let lines = answer(&mut console, b"/sg example");
    assert!(lines.iter().any(|line| line.ends_with("from figures not yet checked on a board")));
    console.desk.state.timing.block += 1;
    let lines = answer(&mut console, b"/sg example");
    assert!(lines.iter().any(|line| line.ends_with("from what /calibrate measured")), "{lines:#?}");
}

/// The other side that is taken must cut nothing of its own.
#[test]
fn the_words_of_one_list_are_those_of_its_cuts() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        let entries: Vec<std::string::String> = (0..random.usize(1..5))
            .map(|_| std::format!("{:#x}:{}", random.u32(0..0x10_0000), random.u32(1..0x3000)))
            .collect();
        let limits = ["", " max=0x400 burst=4", " boundary=0x100", " channel=lite merge=off"];
        let limits = random.choice(limits).unwrap();
        let line = std::format!("/sg {}{limits}", entries.join(","));
        let lines = answer(&mut console(), line.as_bytes());
        assert!(lines.last().unwrap().starts_with("ok: "), "{line}: {lines:#?}");
        assert!(lines.iter().any(|line| line.starts_with("estimate: ")), "{line}: {lines:#?}");
    }
}

#[test]
fn more_blocks_than_are_kept_are_drawn_to_the_end() {
    let lines = answer(&mut console(), b"/sg 0:0x10000 max=32");
    let at = lines.iter().position(|line| line.starts_with("blocks  ")).unwrap();
    assert!(lines[at - 1].ends_with('┐') && lines[at].ends_with('│'), "{lines:#?}");
    assert!(lines[at + 1].ends_with('┘'), "{lines:#?}");
}

#[test]
fn impossible_requests_are_told() {
    for (line, expected) in [
        (&b"/sg 0:0x10 burst=3"[..], "a burst of 0x3 bytes: must be a power of two, 1 to 0x1000"),
        (b"/sg 0x100000000:1", "0x100000000:0x1 is outside the bus: it has 32 bits"),
        (b"/sg 0xffffffff:2", "0xffffffff:0x2 is outside the bus: it has 32 bits"),
        (
            b"/sg 0x1000:0x1003 to=0x2000:0x1003 line=1",
            "source entry 0, 0x00001000:0x1003, and destination entry 0, 0x00002000:0x1003, share bytes",
        ),
        (
            b"/sg 0x1000:0x100 to=0x2000:0x80,0x2000:0x80",
            "destination entry 0, 0x00002000:0x80, and destination entry 1, 0x00002000:0x80, share bytes",
        ),
        (
            b"/sg 0:0x100 max=1",
            "a longest block of 0x1 bytes: must be 0x20 to 0x3fffffe0; or burst=1",
        ),
        (
            b"/sg 0xc0001000:64 to=0x1000:64",
            "source entry 0, 0xc0001000:0x40, and destination entry 0, 0x00001000:0x40, share bytes",
        ),
        (
            b"/sg 0:0x3f000000 max=1 burst=1",
            "0x3f000000 bytes are 1056964608 blocks of 0x1 or more: expected at most 1048576, with \
             max= and boundary= of 0x400 or more",
        ),
        (
            b"/sg 0:0x3f000000 boundary=0x20",
            "0x3f000000 bytes are 33030144 blocks of 0x20 or more: expected at most 1048576, with \
             max= and boundary= of 0x400 or more",
        ),
        (b"/sg 0:4 to=0x10:5", "0x4 bytes into 0x5: the lists must be equally long"),
        (
            b"/sg 0:0x100 max=0x10000 channel=lite",
            "a longest block of 0x10000 bytes: must be 0x10 to 0xffe0",
        ),
    ] {
        assert_eq!(last(&mut console(), line), std::format!("error: /sg: {expected}"));
    }
}

#[test]
fn a_request_of_a_million_blocks_can_be_stopped() {
    let mut console = console();
    console.machine.meanwhile.borrow_mut().push_back(3);
    let answer = last(&mut console, b"/sg 0:1M max=1 burst=1");
    assert_eq!(answer, "error: stopped after 4096 blocks");
}

#[test]
fn what_is_no_memory_is_refused_on_either_side() {
    for (span, told) in [
        ("0x7e201000:64", "0x7e201000:0x40"),
        ("0x7dffffc0:0x41", "0x7dffffc0:0x41"),
        ("0x7effffff:2", "0x7effffff:0x2"),
        ("0x3f000000:64", "0x3f000000:0x40"),
        ("0x3effffff:2", "0x3effffff:0x2"),
        ("0xff000000:1", "0xff000000:0x1"),
        ("0..0xffffffff", "0x0:0xffffffff"),
    ] {
        for line in [
            std::format!("/sg {span}"),
            std::format!("/sg {span} to=0x1000:64"),
            std::format!("/sg 0x1000:64 to={span}"),
        ] {
            let expected = std::format!(
                "error: /sg: {told} is not all memory, which the bus has at 0 to 0x3f000000 of \
                 each alias, but for the peripherals from 0x7e000000"
            );
            assert_eq!(last(&mut console(), line.as_bytes()), expected, "{line}");
        }
    }
    for span in ["0x7dffffc0:64", "0x3effffff:1", "0xfeffffff:1", "0x40000000:64"] {
        let line = std::format!("/sg {span}");
        assert!(last(&mut console(), line.as_bytes()).starts_with("ok: "), "{line}");
    }
}

#[test]
fn as_many_blocks_as_are_kept_are_disassembled_and_no_more() {
    let told = |line: &[u8]| {
        let lines = answer(&mut console(), line);
        lines.iter().any(|line| line.starts_with("more than 1024 blocks are not disassembled"))
    };
    assert!(!told(b"/sg 0:0x10000 max=64"));
    assert!(told(b"/sg 0:0x10040 max=64"));
}
