//! Fills, by bytes and by words.

use super::prelude::*;
use sgdma::frame::{Frame, FrameSize};
use sgdma::lower::LowerError;
use sgdma::transfer::{Pattern, PrepareError, WordPattern};

fn content(table: &SgTable<'_, Exclusive>) -> Vec<u8> {
    let mut got = vec![0; table.total_len()];
    table.bytes().copy_to_buffer(&mut got);
    got
}

/// Memory that is to be filled.
fn mapped<'a>(rig: &Rig<'a>, len: usize) -> Mapped<'a, 'a, FromDevice, Exclusive, Probe<'a>> {
    let mut table = SgTable::growing();
    table.push(rig.buffer(len)).unwrap();
    table.map(FromDevice, &rig.device()).unwrap()
}

#[test]
fn a_fill_without_room_for_its_pattern_gives_everything_back() {
    Machine::hardware(10).run(|rig| {
        let channel = take(&rig, 4);
        let (limits, destination) = (channel.constraints(), mapped(&rig, 64));
        let refused = rig.small_frame(4).fill(Pattern(7), destination, &limits).unwrap_err();
        assert_eq!(refused.reason, PrepareError::NoRoomForPattern);
        let (frame, pattern, destination) = refused.returned;
        drop(frame);
        let size = |slot_bytes| FrameSize { blocks: 4, edges: 0, slot_bytes };
        let refused = Frame::new(rig.pool, size(31)).unwrap().fill(pattern, destination, &limits);
        let refused = refused.unwrap_err();
        assert_eq!(refused.reason, PrepareError::NoRoomForPattern);
        let (_, pattern, destination) = refused.returned;
        let frame = Frame::new(rig.pool, size(32)).unwrap();
        let mut fill = frame.fill(pattern, destination, &limits).unwrap();
        channel.run(&mut fill, MILLISECOND).unwrap();
        assert_eq!(content(&fill.into_parts().2.unmap()), [7; 64]);
    });
}

/// Fills pieces of such lengths with one word; what is there afterwards.
fn coloured(profile: Machine, number: u8, lengths: &[usize]) -> Vec<u8> {
    profile.run(|rig| {
        let channel = take(&rig, number);
        let mut destination = SgTable::growing();
        for len in lengths {
            // Words, and not everywhere whole lines: what shares one goes through a slot.
            destination.push(rig.crooked(*len, 4)).unwrap();
        }
        let destination = destination.map(FromDevice, &rig.device()).unwrap();
        let size = FrameSize { blocks: 24, edges: 8, slot_bytes: 8 * FrameSize::SLOT + 32 };
        let frame = Frame::new(rig.pool, size).unwrap();
        let colour = WordPattern(0x1122_3344);
        let fill = frame.fill_words(colour, destination, &channel.constraints()).unwrap();
        let mut fill = fill.with_retries(1);
        assert_eq!((*fill.source(), fill.edges().is_empty()), (colour, false));
        channel.run(&mut fill, MILLISECOND).unwrap();
        let table = fill.into_parts().2.unmap();
        drop(channel);
        rig.settle();
        rig.model.finish();
        content(&table)
    })
}

#[test]
fn a_fill_by_words_repeats_its_word_through_slots_too() {
    for number in sampled([0, 4, 8], 3) {
        let lengths = [4, 64, 256, 100];
        let got = coloured(Machine::hardware(13), number, &lengths);
        assert_eq!(got, [0x44, 0x33, 0x22, 0x11].repeat(lengths.iter().sum::<usize>() / 4));
    }
}

#[test]
fn a_fill_by_words_of_what_is_no_words_gives_everything_back() {
    Machine::hardware(14).run(|rig| {
        let channel = take(&rig, 4);
        let (limits, colour) = (channel.constraints(), WordPattern(7));
        let refused = rig.small_frame(4).fill_words(colour, mapped(&rig, 64), &limits).unwrap_err();
        assert_eq!(refused.reason, PrepareError::NoRoomForPattern);
        let refused = rig.frame().fill_words(colour, mapped(&rig, 62), &limits).unwrap_err();
        let reason = refused.reason;
        assert!(matches!(reason, PrepareError::Lower(LowerError::Misaligned { .. })), "{reason}");
        assert_eq!((refused.returned.1, refused.returned.2.total_len()), (colour, 62));
    });
}
