//! Each misuse is caught by its name.

use std::string::ToString;

use super::*;
use crate::address::BusAddr;

const HERE: &Location<'static> = Location::caller();

fn at(addr: u32, len: u32) -> BusSegment {
    BusSegment::new(BusAddr::new(addr), len)
}

fn map(ledger: &Ledger, segments: &[BusSegment], way: Way) -> Result<Option<MappingId>, Misuse> {
    ledger.map(segments.iter().copied(), way, HERE)
}

#[test]
fn two_readers_may_share_memory_and_a_writer_may_not() {
    let ledger: &Ledger = &Ledger::<[Slot; 8]>::new();
    map(ledger, &[at(0x100, 0x10)], Way::ToDevice).unwrap();
    map(ledger, &[at(0x100, 0x10)], Way::ToDevice).unwrap();
    let double = Misuse::DoubleMap { segment: at(0x100, 0x10), mapped_by: HERE };
    assert_eq!(map(ledger, &[at(0x100, 0x10)], Way::FromDevice), Err(double));
    let overlap = Misuse::Overlap { segment: at(0x10F, 1), with: at(0x100, 0x10), mapped_by: HERE };
    assert_eq!(map(ledger, &[at(0x10F, 1)], Way::Bidirectional), Err(overlap));
    map(ledger, &[at(0x110, 1)], Way::FromDevice).unwrap();
    let overlap = Misuse::Overlap { segment: at(0x10F, 2), with: at(0x110, 1), mapped_by: HERE };
    assert_eq!(map(ledger, &[at(0x10F, 2)], Way::ToDevice), Err(overlap));
    assert_eq!((ledger.live(), ledger.misuses().0), (3, 3));
}

#[test]
fn a_mapping_that_overlaps_itself_is_caught_and_leaves_nothing() {
    let ledger: &Ledger = &Ledger::<[Slot; 8]>::new();
    assert!(map(ledger, &[at(0, 8), at(16, 8), at(7, 2)], Way::FromDevice).is_err());
    assert_eq!(ledger.live(), 0);
}

#[test]
fn sync_and_unmap_must_say_what_was_mapped() {
    let ledger: &Ledger = &Ledger::<[Slot; 8]>::new();
    let id = map(ledger, &[at(0, 8), at(16, 8)], Way::FromDevice).unwrap().unwrap();
    let short = Misuse::WrongLength { mapping: id, mapped: 16, given: 8 };
    assert_eq!(ledger.sync(id, 8, Way::FromDevice, Turn::Cpu), Err(short));
    assert_eq!(ledger.unmap(id, 8, Way::FromDevice), Err(short));
    let other =
        Misuse::WrongDirection { mapping: id, mapped: Way::FromDevice, given: Way::ToDevice };
    assert_eq!(ledger.sync(id, 16, Way::ToDevice, Turn::Cpu), Err(other));
    assert_eq!(ledger.unmap(id, 16, Way::ToDevice), Err(other));
    assert_eq!(ledger.live(), 2);
    assert_eq!(ledger.unmap(id, 16, Way::FromDevice), Ok(()));
    assert_eq!(ledger.unmap(id, 16, Way::FromDevice), Err(Misuse::NotMapped { mapping: id }));
    let gone = Err(Misuse::NotMapped { mapping: id });
    assert_eq!(ledger.sync(id, 16, Way::FromDevice, Turn::Cpu), gone);
    assert_eq!((ledger.begin_flight(id), ledger.end_flight(id)), (gone, gone));
}

#[test]
fn the_engine_at_work_is_not_to_be_disturbed() {
    let ledger: &Ledger = &Ledger::<[Slot; 8]>::new();
    let id = map(ledger, &[at(0, 8)], Way::FromDevice).unwrap().unwrap();
    ledger.begin_flight(id).unwrap();
    let in_flight = Err(Misuse::InFlight { mapping: id, mapped_by: HERE });
    assert_eq!(ledger.begin_flight(id), in_flight);
    assert_eq!(ledger.sync(id, 8, Way::FromDevice, Turn::Cpu), in_flight);
    ledger.end_flight(id).unwrap();
    ledger.sync(id, 8, Way::FromDevice, Turn::Cpu).unwrap();
    let stale = Err(Misuse::NotSynced { mapping: id, mapped_by: HERE });
    assert_eq!(ledger.begin_flight(id), stale);
    ledger.sync(id, 8, Way::FromDevice, Turn::Engine).unwrap();
    ledger.begin_flight(id).unwrap();
    assert_eq!(ledger.unmap(id, 8, Way::FromDevice), in_flight);
    assert_eq!(ledger.live(), 0);
}

#[test]
fn a_full_ledger_lets_mappings_pass_and_counts_them() {
    let ledger: &Ledger = &Ledger::<[Slot; 2]>::new();
    assert_eq!(map(ledger, &[at(0, 1), at(2, 1), at(4, 1)], Way::ToDevice), Ok(None));
    assert_eq!((ledger.live(), ledger.unrecorded()), (0, 1));
    assert!(map(ledger, &[at(0, 1), at(2, 1)], Way::ToDevice).unwrap().is_some());
}

#[test]
fn a_ledger_that_is_off_follows_what_it_knows_and_no_more() {
    let ledger: &Ledger = &Ledger::<[Slot; 2]>::new();
    let id = map(ledger, &[at(0, 1)], Way::ToDevice).unwrap().unwrap();
    ledger.switch(Recording::Off);
    assert_eq!(map(ledger, &[at(0, 1)], Way::FromDevice), Ok(None));
    assert_eq!((ledger.unmap(id, 1, Way::ToDevice), ledger.live()), (Ok(()), 0));
    ledger.switch(Recording::On);
    assert!(map(ledger, &[at(0, 1)], Way::FromDevice).unwrap().is_some());
}

#[test]
fn it_prints_who_mapped_what() {
    let ledger: &Ledger = &Ledger::<[Slot; 4]>::new();
    let id = map(ledger, &[at(0xC010_0000, 0x400)], Way::FromDevice).unwrap().unwrap();
    ledger.begin_flight(id).unwrap();
    let text = ledger.to_string();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("ledger: 1 of 4 segments mapped, 0 mappings not recorded"));
    let line = lines.next().unwrap();
    assert!(line.starts_with("  #1"), "{line}");
    assert!(line.contains("0xc0100000       0x400  from-device    in flight  "), "{line}");
    assert!(line.contains(HERE.file()), "{line}");
}

#[test]
fn slots_are_used_again_from_the_front_and_none_past_the_last_is_looked_at() {
    let ledger: &Ledger = &Ledger::<[Slot; 8]>::new();
    let one = |n: u32| map(ledger, &[at(0x100 * n, 8)], Way::FromDevice).unwrap().unwrap();
    let ids = [1, 2, 3].map(one);
    let top = || ledger.open(|books| books.state.top.get());
    ledger.unmap(ids[0], 8, Way::FromDevice).unwrap();
    assert_eq!((ledger.live(), top()), (2, 3));
    ledger.unmap(ids[2], 8, Way::FromDevice).unwrap();
    assert_eq!((ledger.live(), top()), (1, 2));
    // What is behind the gap is still guarded.
    assert!(map(ledger, &[at(0x207, 1)], Way::ToDevice).is_err());
    let again = one(4);
    assert_eq!((ledger.live(), top()), (2, 2));
    ledger.unmap(ids[1], 8, Way::FromDevice).unwrap();
    ledger.unmap(again, 8, Way::FromDevice).unwrap();
    assert_eq!((ledger.live(), top(), ledger.misuses().0), (0, 0, 1));
}

#[test]
fn each_misuse_says_what_was_done_and_by_whom() {
    let mapping = MappingId(7);
    let (segment, with) = (at(0xC010_0000, 0x40), at(0xC010_0020, 0x40));
    let who = HERE.to_string();
    for (misuse, text) in [
        (
            Misuse::DoubleMap { segment, mapped_by: HERE },
            std::format!("0xc0100000:0x40 is mapped already, by {who}; unmap it first"),
        ),
        (
            Misuse::Overlap { segment, with, mapped_by: HERE },
            std::format!("0xc0100000:0x40 shares bytes with 0xc0100020:0x40, mapped by {who}"),
        ),
        (Misuse::NotMapped { mapping }, "mapping #7 is not mapped".into()),
        (
            Misuse::WrongLength { mapping, mapped: 8, given: 4 },
            "mapping #7 is of 8 bytes, not 4".into(),
        ),
        (
            Misuse::WrongDirection { mapping, mapped: Way::ToDevice, given: Way::FromDevice },
            "mapping #7 is to-device, not from-device".into(),
        ),
        (
            Misuse::InFlight { mapping, mapped_by: HERE },
            std::format!("the engine is at work on mapping #7 of {who}"),
        ),
        (
            Misuse::NotSynced { mapping, mapped_by: HERE },
            std::format!("mapping #7 of {who} was not synced for the device"),
        ),
    ] {
        assert_eq!(misuse.to_string(), text);
    }
}

#[test]
fn a_ledger_prints_what_is_mapped_and_what_went_wrong() {
    let ledger: &Ledger = &Ledger::<[Slot; 4]>::default();
    assert_eq!(ledger.recording(), Recording::On);
    let head = |live, more: &str| {
        std::format!("ledger: {live} of 4 segments mapped, 0 mappings not recorded{more}")
    };
    assert_eq!(ledger.to_string(), head(0, ""));
    let id = map(ledger, &[at(0xC010_0000, 0x40)], Way::FromDevice).unwrap().unwrap();
    let line = |turn: &str| {
        std::format!("\n  {id}  0xc0100000        0x40  from-device    {turn:<9}  {HERE}")
    };
    assert_eq!(ledger.to_string(), head(1, &line("engine")));
    ledger.begin_flight(id).unwrap();
    assert_eq!(ledger.to_string(), head(1, &line("in flight")));
    ledger.end_flight(id).unwrap();
    ledger.sync(id, 0x40, Way::FromDevice, Turn::Cpu).unwrap();
    let misuse = ledger.begin_flight(id).unwrap_err();
    let more = std::format!(", 1 misuses, the last: {misuse}{}", line("cpu"));
    assert_eq!(ledger.to_string(), head(1, &more));
}
