use super::*;
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec::Vec;

const DUMP: &[Parameter] = &[
    Parameter { name: "addr", need: Need::Required, kind: Kind::Address, help: "" },
    Parameter {
        name: "len",
        need: Need::Optional,
        kind: Kind::Number { least: 1, most: 4096 },
        help: "",
    },
    Parameter { name: "verify", need: Need::Named, kind: Kind::Switch, help: "" },
    Parameter { name: "kind", need: Need::Named, kind: Kind::Choice(&["copy", "fill"]), help: "" },
    Parameter {
        name: "kinds",
        need: Need::Named,
        kind: Kind::Choices(&["copy", "sg", "fill"]),
        help: "",
    },
    Parameter { name: "to", need: Need::Named, kind: Kind::Spans { count: 3 }, help: "" },
    Parameter {
        name: "cuts",
        need: Need::Named,
        kind: Kind::Lengths { count: 3, most: 64 },
        help: "",
    },
    Parameter { name: "size", need: Need::Named, kind: Kind::Extent, help: "" },
    Parameter { name: "name", need: Need::Named, kind: Kind::Word, help: "" },
];

fn told(line: &[u8]) -> String {
    parse(DUMP, line).unwrap_err().to_string()
}

#[test]
fn arguments_come_by_place_and_by_name() {
    let values = parse(DUMP, b"  len=16\t0x80000 verify=on kind=fill").unwrap();
    assert_eq!((values.number("addr"), values.number("len")), (Some(0x80000), Some(16)));
    assert_eq!((values.switch("verify"), values.word("kind")), (Some(Switch::On), Some("fill")));
    assert_eq!(values.number("to"), None);
}

#[test]
fn compound_values_are_read() {
    let line = b"0 to=0xa000:0x555,0x7000..0x7111 cuts=5,7,64 size=320x200 name=gr\xC3\xBC\xC3\x9F";
    let values = parse(DUMP, line).unwrap();
    let spans = [Span { start: 0xA000, len: 0x555 }, Span { start: 0x7000, len: 0x111 }];
    assert_eq!(values.spans("to"), Some(&spans[..]));
    assert_eq!(values.lengths("cuts"), Some(&[5, 7, 64][..]));
    assert_eq!(values.extent("size"), Some(Extent { width: 320, height: 200 }));
    assert_eq!(values.word("name"), Some("grüß"));
    let values = parse(DUMP, b"0 kinds=fill,sg").unwrap();
    assert_eq!(values.choices("kinds"), Some(&["fill", "sg"][..]));
    let values = parse(DUMP, b"0 size=0x10x0x20").unwrap();
    assert_eq!(values.extent("size"), Some(Extent { width: 16, height: 32 }));
}

#[test]
fn every_mistake_is_told_with_the_value_and_what_was_expected() {
    let spans = "expected 1 to 3 of addr:len or addr..end such as 0xa000:0x555,0x7000..0x7111";
    let len = "expected a number from 1 to 4096 (0x1000)";
    let address = "expected an address such as 0x80000 or scratch+0x40";
    for (line, expected) in [
        (&b""[..], std::format!("addr is missing: {address}")),
        (b"len=3", std::format!("addr is missing: {address}")),
        (b"1 2 3", "one argument too many: 3".to_string()),
        (b"1 2 verfy", "unknown argument verfy: did you mean verify=?".to_string()),
        (b"1 vrify=on", "unknown argument vrify=on: did you mean verify=?".to_string()),
        (b"1 zebra=on", "unknown argument zebra=on".to_string()),
        (b"1 =on", "unknown argument =on".to_string()),
        (b"1 addr=2", "addr is given twice".to_string()),
        (b"1 len=2 len=2", "len is given twice".to_string()),
        (b"-1", std::format!("addr=-1 is negative: {address}")),
        (b"zz", std::format!("addr=zz is not a number: {address}")),
        (b"\xFF", std::format!(r"addr=\xff is not a number: {address}")),
        (b"1 99999999999999999999", std::format!("len=99999999999999999999 is too large: {len}")),
        (b"1 0", std::format!("len=0 is out of bounds: {len}")),
        (b"1 4097", std::format!("len=4097 is out of bounds: {len}")),
        (b"1 len=", std::format!("len= is empty: {len}")),
        (b"1 verify=no", "verify=no is not known: expected on or off".to_string()),
        (
            b"1 kind=cpoy",
            "kind=cpoy is not known (did you mean copy?): expected copy, fill".to_string(),
        ),
        (
            b"1 kinds=copy,fil",
            "kinds=copy,fil is not known (did you mean fill?): expected some of copy,sg,fill"
                .to_string(),
        ),
        (b"1 kinds=sg,,", "kinds=sg,, is not known: expected some of copy,sg,fill".to_string()),
        (b"1 to=5", std::format!("to=5 has not the right form: {spans}")),
        (b"1 to=5:0", std::format!("to=5:0 has a part of no bytes: {spans}")),
        (
            b"1 to=5..4",
            std::format!("to=5..4 ends before it starts or past the last address: {spans}"),
        ),
        (b"1 to=1:1,2:1,3:1,4:1", std::format!("to=1:1,2:1,3:1,4:1 has too many parts: {spans}")),
        (b"1 name=\xC3", r"name=\xc3 is not UTF-8: expected a word".to_string()),
        (
            b"1 size=3",
            "size=3 has not the right form: expected WIDTHxHEIGHT such as 320x200".to_string(),
        ),
        (
            b"1 size=0x0x3",
            "size=0x0x3 has a part of no bytes: expected WIDTHxHEIGHT such as 320x200".to_string(),
        ),
    ] {
        assert_eq!(told(line), expected);
    }
}

#[test]
fn the_scratch_memory_has_a_name() {
    let place = |line: &[u8]| parse(DUMP, line).unwrap().get("addr").cloned();
    assert_eq!(place(b"scratch"), Some(Value::Scratch(0)));
    assert_eq!(place(b"addr=scratch+0x40"), Some(Value::Scratch(0x40)));
    assert_eq!(place(b"scratch+1K"), Some(Value::Scratch(1024)));
    let expected = "expected an address such as 0x80000 or scratch+0x40";
    for (line, problem) in [
        (&b"scrach"[..], "scrach is not known (did you mean scratch?)"),
        (b"sratch+4", "sratch+4 is not known (did you mean scratch?)"),
        (b"scratch+", "scratch+ is empty"),
        (b"scratch+-1", "scratch+-1 is negative"),
        (b"scratch+x", "scratch+x is not a number"),
        (b"4+4", "4+4 is not a number"),
    ] {
        assert_eq!(told(line), std::format!("addr={problem}: {expected}"));
    }
}

#[test]
fn spans_do_not_run_past_the_last_address() {
    assert!(parse(DUMP, b"0 to=0xffffffffffffffff:0x1").is_err());
    assert!(parse(DUMP, b"0 to=0xfffffffffffffffe:0x1").is_ok());
}

proptest! {
    #[test]
    fn no_line_makes_the_parser_panic(line: Vec<u8>) {
        let _ = parse(DUMP, &line);
    }

    #[test]
    fn no_likely_line_makes_the_parser_panic(line in "[0-9a-fxKMG:.,= -]{0,30}(to|size|cuts|len)=[0-9a-fx:.,-]{0,12}") {
        if let Err(error) = parse(DUMP, line.as_bytes()) {
            let told = error.to_string();
            prop_assert!(!told.contains('\n') && told.contains(": ") || told.contains("twice") || told.contains("unknown"));
        }
    }
}
