//! The page tables, read through QEMU's debugger port.

use super::symbol;
use crate::harness::gdb::Gdb;
use crate::harness::pages::{Expected, Mapping, Rights, judge, walk};
use crate::harness::qemu::{Machine, under_each_version};
use crate::harness::socket;
use std::ffi::{OsStr, OsString};

const PAGE: u64 = 4096;

fn expected_map() -> Expected {
    let range = |start: &str, end: &str| symbol(start)..symbol(end);
    Expected {
        text: range("__image_start", "__text_end"),
        rodata: range("__text_end", "__rodata_end"),
        unmapped: vec![
            ("page 0", 0),
            ("the guard below the stack", symbol("__stack_bottom") - PAGE),
            ("the guard below the exception stack", symbol("__exception_stack_bottom") - PAGE),
            ("the guard below the page tables", symbol("__page_tables_start") - PAGE),
        ],
        coherent: range("__coherent_start", "__coherent_end"),
    }
}

#[test]
fn page_tables_read_from_outside_are_as_designed() {
    under_each_version(|version| {
        let socket = socket(&format!("gdb{}.sock", version.major));
        let option: OsString = format!("unix:{},server=on,wait=off", socket.display()).into();
        let (_machine, _) = Machine::boot(version, &[OsStr::new("-gdb"), &option]);
        let map = walk(&mut Gdb::connect(&socket));
        assert!(map.len() > 5, "{map:x?}");
        let expected = expected_map();
        let broken = judge(&map, &expected);
        assert!(broken.is_empty(), "{broken:#?}");
        // Asked for what is not so, the judge objects to this map too.
        let coherent = expected.coherent.start - PAGE..expected.coherent.end;
        assert!(!judge(&map, &Expected { coherent, ..expected }).is_empty());
    });
}

/// A map that obeys: text, rodata, data, the coherent region.
fn good_map() -> (Vec<Mapping>, Expected) {
    let mapping = |start: u64, end: u64, attribute, rights| Mapping {
        virt: start..end,
        phys: start,
        attribute,
        rights,
    };
    let map = vec![
        mapping(0x8_0000, 0x8_1000, 0xff, Rights::Execute),
        mapping(0x8_1000, 0x8_2000, 0xff, Rights::Read),
        mapping(0x8_2000, 0x8_3000, 0xff, Rights::Write),
        mapping(0x20_0000, 0x40_0000, 0x44, Rights::Write),
    ];
    let expected = Expected {
        text: 0x8_0000..0x8_1000,
        rodata: 0x8_1000..0x8_2000,
        unmapped: vec![("page 0", 0), ("a guard", 0x8_3000)],
        coherent: 0x20_0000..0x40_0000,
    };
    (map, expected)
}

#[test]
fn the_rules_for_page_tables_object_to_each_breach() {
    let (map, expected) = good_map();
    assert_eq!(judge(&map, &expected), Vec::<String>::new());
    let objects = |words: &str, change: &dyn Fn(&mut Vec<Mapping>)| {
        let mut map = map.clone();
        change(&mut map);
        let broken = judge(&map, &expected);
        assert!(broken.iter().any(|line| line.contains(words)), "{words}: {broken:?}");
    };
    objects("writable and executable", &|map| map[2].rights = Rights::WriteAndExecute);
    objects("executable outside text", &|map| map[2].rights = Rights::Execute);
    objects("text page 0x80000 is not Execute", &|map| map[0].rights = Rights::Write);
    objects("rodata page 0x81000 is not Read", &|map| map[1].rights = Rights::Write);
    objects("page 0 is mapped", &|map| map[2].virt = 0..PAGE);
    objects("a guard is mapped", &|map| map[2].virt.end += PAGE);
    objects("coherent page", &|map| map[3].attribute = 0xff);
    objects("coherent page", &|map| map[2].phys = 0x20_0000);
    objects("coherent page", &|map| map.truncate(3));
}
