//! Two lists and limits: the plan passes the judge, and an engine that moves byte by byte does what was asked for.
#![no_main]

#[path = "../../crates/sgdma/tests/chain/cases.rs"]
#[expect(dead_code, reason = "tests ask more of it")]
mod cases;
#[path = "support/lists.rs"]
mod lists;
#[path = "../../crates/sgdma/tests/chain/oracle.rs"]
mod oracle;

use cases::{BASE, Room, SLOTS, SPAN, check_copy};
use libfuzzer_sys::{arbitrary::Unstructured, fuzz_target};
use sgdma::lower;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Unstructured::new(bytes);
    let Ok(Some((source, dest, limits))) = lists::job(&mut input) else { return };
    let (from, to) = (source.iter().copied(), dest.iter().copied());
    // The limits may be too narrow for what the lists need: then both say so, and alike.
    let Ok(dry) = lower::count(from, to, &limits) else {
        let mut room = Room::new(2048, 1024);
        assert!(cases::copy(&source, &dest, &limits, room.storage()).is_err());
        return;
    };
    if dry.slot_bytes > u64::from(SLOTS.len) {
        return;
    }
    let mut room = Room::new(dry.blocks, dry.edges);
    let mut machine = oracle::Machine::new(BASE, SPAN, 7);
    check_copy(&source, &dest, &limits, &mut room, &mut machine);
});
