//! What errors say: the value that was wrong, and nothing that is not so.

use sgdma::address::BusAddr;
use sgdma::chain::{Fault, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, DeviceFifo, Dreq, Width};
use sgdma::lower::{self, Blit, End, LowerError, Rule, Storage};

use crate::cases::{CHAIN, DEST, Room, SLOTS, SOURCE, at, copy};

fn full() -> Constraints {
    Constraints::memory(ChannelKind::Full)
}

fn fifo() -> DeviceFifo {
    DeviceFifo::new(BusAddr::new(0x7E20_3004), Dreq::new(2).unwrap(), Width::Bits32).unwrap()
}

#[test]
fn a_pattern_between_32_bytes_is_told_to_be_misaligned() {
    let list = [at(DEST, 64)].into_iter();
    let pattern = BusAddr::new(SOURCE + 16);
    let error = lower::fill(pattern, list, &full(), Room::new(1, 0).storage()).unwrap_err();
    assert_eq!(error, LowerError::Pattern { pattern });
    let text = "the pattern of a fill at 0xc0100010: must be 32-byte aligned";
    assert_eq!(error.to_string(), text);
}

#[test]
fn storage_that_cannot_be_is_told_with_chain_and_slots() {
    let refused = |chain, slots| {
        let mut room = Room::new(1, 0);
        let storage = Storage { chain: BusAddr::new(chain), slots, ..room.storage() };
        copy(&[at(SOURCE, 64)], &[at(DEST, 64)], &full(), storage).unwrap_err().to_string()
    };
    let at_zero = refused(0, SLOTS);
    assert_eq!(
        at_zero,
        "control blocks at 0x00000000, slots at 0xc0102000:0x1000: the blocks must be 32-byte aligned and not at 0, \
         the slots 16-byte aligned, and neither may run past the end of the bus"
    );
    let crooked = refused(CHAIN.get(), at(SLOTS.addr.get() + 8, 64));
    assert!(crooked.contains("slots at 0xc0102008:0x40: "), "{crooked}");
}

#[test]
fn a_period_of_no_words_is_told_as_the_period_that_it_is() {
    let limits = Constraints::device(ChannelKind::Full);
    for (period, text) in [(0, "0x0"), (6, "0x6"), (u32::MAX, "0xffffffff")] {
        let list = || [at(SOURCE, 24)].into_iter();
        let mut room = Room::new(8, 0);
        let out = lower::ring_to_device(list(), fifo(), period, &limits, room.storage());
        let error = out.unwrap_err();
        assert_eq!(error, LowerError::PeriodOfWords { period });
        let text = format!("a period of {text} bytes: must be a multiple of 4, and not 0");
        assert_eq!(error.to_string(), text);
        let back = lower::ring_from_device(fifo(), list(), period, &limits, room.storage());
        assert_eq!(back.unwrap_err(), error);
    }
}

#[test]
fn a_boundary_within_words_is_told_as_the_boundary_that_it_is() {
    let limits = Constraints::device(ChannelKind::Full);
    let list = || [at(SOURCE, 24)].into_iter();
    for boundary in [1, 2] {
        let short = limits.with_boundary(boundary).unwrap();
        let mut room = Room::new(16, 0);
        let refused = LowerError::Boundary { boundary };
        let out = lower::to_device(list(), fifo(), &short, room.storage());
        assert_eq!(out.unwrap_err(), refused);
        let back = lower::from_device(fifo(), list(), &short, room.storage());
        assert_eq!(back.unwrap_err(), refused);
        let words = lower::fill_words(BusAddr::new(DEST), list(), &short, room.storage());
        assert_eq!(words.unwrap_err(), refused);
        let text =
            format!("blocks that cross no multiple of {boundary} bytes cannot carry words of 4");
        assert_eq!(refused.to_string(), text);
    }
    let (four, mut room) = (limits.with_boundary(4).unwrap(), Room::new(16, 0));
    assert!(lower::to_device(list(), fifo(), &four, room.storage()).is_ok());
}

#[test]
fn bits_that_are_missing_are_not_told_to_be_set() {
    let blit = Blit {
        row_bytes: 64,
        rows: 2,
        source_offset: 0,
        source_pitch: 64,
        destination_offset: 0,
        destination_pitch: 64,
    };
    let (from, to) = (at(SOURCE, 128), at(DEST, 128));
    let mut room = Room::new(1, 0);
    let plan = lower::blit(from, to, blit, &full(), room.storage()).unwrap();
    plan.blocks[0].ti &= !2;
    let chain = verify::Chain::of(&plan, SLOTS);
    // On a lite channel it is the mode that is not to be had, whether it is asked for or not.
    for limits in [full(), Constraints::memory(ChannelKind::Lite)] {
        let fault = verify::blit(&chain, &Rules::new(&limits), from, to, blit).unwrap_err().fault;
        assert_eq!(fault, Fault::Bits { ti: 0x1339, wrong: 2 });
        assert_eq!(fault.to_string(), "TI 0x00001339 differs in bits 0x2 from what it must be");
    }
}

#[test]
fn sides_and_rules_have_names() {
    assert_eq!(
        [End::Source, End::Destination].map(|end| end.to_string()),
        ["source", "destination"]
    );
    let rules = [
        Rule::SegmentEnd,
        Rule::MaxSegment,
        Rule::Boundary,
        Rule::Burst,
        Rule::Line,
        Rule::Granule,
        Rule::Period,
    ];
    let names =
        ["segment end", "max segment", "boundary", "burst", "cache line", "granule", "period"];
    assert_eq!(rules.map(|rule| rule.to_string()), names);
}

#[test]
fn rows_that_are_not_the_next_ones_are_told_with_both_words() {
    let text = Fault::Rows { len: 0x7_003F, stride: 0x40_0080 }.to_string();
    assert_eq!(
        text,
        "TXFR_LEN 0x0007003f, STRIDE 0x00400080 are not the next rows of the rectangle"
    );
}

#[test]
fn edges_for_which_there_is_no_room_are_told_with_their_bytes() {
    let (source, dest) = ([at(SOURCE + 20, 300)], [at(DEST + 20, 300)]);
    let mut room = Room::new(8, 0);
    let error = copy(&source, &dest, &full(), room.storage()).unwrap_err();
    let text = "1 edges in 44 bytes needed, room for 0 in 4096";
    assert!(error.to_string().contains(text), "{error}");
}
