//! Any answer of the firmware: words of the length that the tag asks for, or an error.
#![no_main]

use bcm2837::clock::Clock;
use bcm2837::mailbox::{Message, Tag};
use libfuzzer_sys::fuzz_target;

const TAGS: [Tag; 9] = [
    Tag::FirmwareRevision,
    Tag::BoardRevision,
    Tag::ArmMemory,
    Tag::VcMemory,
    Tag::ClockRate(Clock::Uart),
    Tag::ClockRate(Clock::Core),
    Tag::SetClockRate(Clock::Arm, 600_000_000),
    Tag::Throttled,
    Tag::DmaChannels,
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut message) = Message::<64>::new(&TAGS) else { unreachable!("64 words hold all") };
    let (words, _) = bytes.as_chunks::<4>();
    for (word, answer) in message.words_mut().iter_mut().zip(words) {
        *word = u32::from_le_bytes(*answer);
    }
    for tag in TAGS {
        match message.answer(tag) {
            Ok(answer) => assert_eq!(answer.len(), tag.words()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
