//! Answers of a firmware gone mad: no words at all make the reader of messages panic or read outside of its message.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use bcm2837::clock::{Clock, Health};
use bcm2837::facts::Facts;
use bcm2837::mailbox::{Error, Message, Tag};

const TAGS: [Tag; 12] = [
    Tag::FirmwareRevision,
    Tag::BoardRevision,
    Tag::BoardSerial,
    Tag::ArmMemory,
    Tag::VcMemory,
    Tag::ClockRate(Clock::Uart),
    Tag::ClockRate(Clock::Core),
    Tag::MaxClockRate(Clock::Arm),
    Tag::SetClockRate(Clock::Arm, 1_200_000_000),
    Tag::Temperature,
    Tag::Throttled,
    Tag::DmaChannels,
];
const WORDS: usize = 80;

fn random() -> fastrand::Rng {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| since.map_or(1, |time| u64::from(time.subsec_nanos())));
    println!("SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

fn rounds() -> u32 {
    std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200_000)
}

/// A word that a parser may trip over: a tag's number, a length, a code, or anything.
fn word(random: &mut fastrand::Rng) -> u32 {
    match random.u32(0..8) {
        0 => TAGS[random.usize(..TAGS.len())].id(),
        1 => 4 * random.u32(0..=6),
        2 => 0x8000_0000 | (4 * random.u32(0..=6)),
        3 => 0x8000_0000,
        4 => 0,
        5 => u32::MAX - random.u32(0..8),
        6 => random.u32(0..=400),
        _ => random.u32(..),
    }
}

/// Asks for every answer there is; how many there were.
fn ask_all(message: &Message<WORDS>) -> u32 {
    let whole = message.words().as_ptr_range();
    let mut answered = 0;
    for tag in TAGS {
        match message.answer(tag) {
            Ok(answer) => {
                let part = answer.as_ptr_range();
                assert!(whole.contains(&part.start) && part.end <= whole.end, "{tag:?} outside");
                assert_eq!(answer.len(), tag.words(), "{tag:?}");
                answered += 1;
            }
            Err(error) => assert_ne!(error, Error::Silent),
        }
        let _ = (message.word(tag), message.pair(tag));
    }
    let _ = Facts::from_answers(Some(message));
    let _ = Health::from_answers(message);
    answered
}

#[test]
fn no_words_at_all_make_the_reader_panic_or_leave_the_message() {
    let mut random = random();
    let (mut answered, mut all) = (0, 0);
    for _ in 0..rounds() {
        let count = random.usize(0..=TAGS.len());
        let tags: Vec<Tag> = (0..count).map(|_| TAGS[random.usize(..TAGS.len())]).collect();
        let mut message = Message::<WORDS>::new(&tags).unwrap();
        let words = message.words_mut();
        // Most keep the code that says all is well, or nothing behind it would be looked at.
        if random.u32(0..10) != 0 {
            words[1] = 0x8000_0000;
        }
        let most = if random.bool() { 4 } else { words.len() };
        for _ in 0..random.usize(0..=most) {
            let at = random.usize(2..words.len());
            words[at] = word(&mut random);
        }
        answered += ask_all(&message);
        all += TAGS.len();
    }
    println!("{answered} of {all} answered");
    assert!(answered > rounds() / 100, "too little gets past the header to judge");
}

#[test]
fn each_error_says_what_is_wrong() {
    for (error, text) in [
        (Error::Full(8), "the message does not fit into 8 words"),
        (Error::Rejected(0x8000_0001), "the firmware rejected the message: 0x80000001"),
        (Error::Malformed, "the firmware's answer is malformed"),
        (Error::Unanswered(0x1_0002), "the firmware does not answer tag 0x00010002"),
        (Error::Silent, "the firmware does not answer"),
    ] {
        assert_eq!(error.to_string(), text);
    }
}
