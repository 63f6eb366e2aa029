//! Property messages to the firmware: built here, answered by the VideoCore, taken apart here.
//!
//! A message is an array of 32-bit words: its size in bytes, a code, tags, and a 0 that ends them. A tag is its number,
//! the size of its value buffer, a code, and the buffer, which holds the request and is overwritten by the answer.
//! (raspberrypi/firmware wiki, "Mailbox property interface".) The answer is outside data: no length in it is trusted.

use core::fmt;

use crate::clock::Clock;

/// The channel for property messages from the ARM.
pub const CHANNEL: u32 = 8;
/// What the buffer's address must be a multiple of: its low bits carry the channel.
pub const ALIGNMENT: usize = 16;

const REQUEST: u32 = 0;
const SUCCESS: u32 = 0x8000_0000;
const ANSWERED: u32 = 1 << 31;
const HEADER: usize = 2;

/// A question. The value says how many words its answer has at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tag {
    /// Version of the firmware. 1 word.
    FirmwareRevision,
    /// Revision code of the board. 1 word.
    BoardRevision,
    /// Serial number of the board, lower word first; 0 in QEMU, which has none. 2 words.
    BoardSerial,
    /// The ARM's memory: first byte, bytes. 2 words.
    ArmMemory,
    /// The VideoCore's memory: first byte, bytes. 2 words.
    VcMemory,
    /// Rate a clock is set to, in Hz: clock, rate. 2 words.
    ClockRate(Clock),
    /// Highest rate of a clock, in Hz: clock, rate. 2 words.
    MaxClockRate(Clock),
    /// Lowest rate of a clock, in Hz: clock, rate. 2 words.
    MinClockRate(Clock),
    /// Rate a clock has, measured, in Hz: clock, rate. 2 words.
    MeasuredClockRate(Clock),
    /// Sets a clock's rate, in Hz: clock, rate. 2 words. QEMU does nothing and answers with the request.
    SetClockRate(Clock, u32),
    /// Temperature of the chip in thousandths of a degree: 0, value. 2 words.
    Temperature,
    /// Temperature above which the clocks are lowered, likewise. 2 words.
    MaxTemperature,
    /// What holds or held the clocks down. 1 word.
    Throttled,
    /// DMA channels the ARM may use, bit n for channel n. 1 word.
    DmaChannels,
}

impl Tag {
    /// The number.
    pub const fn id(self) -> u32 {
        match self {
            Self::FirmwareRevision => 0x0000_0001,
            Self::BoardRevision => 0x0001_0002,
            Self::BoardSerial => 0x0001_0004,
            Self::ArmMemory => 0x0001_0005,
            Self::VcMemory => 0x0001_0006,
            Self::ClockRate(_) => 0x0003_0002,
            Self::MaxClockRate(_) => 0x0003_0004,
            Self::Temperature => 0x0003_0006,
            Self::MinClockRate(_) => 0x0003_0007,
            Self::MaxTemperature => 0x0003_000A,
            Self::Throttled => 0x0003_0046,
            Self::MeasuredClockRate(_) => 0x0003_0047,
            Self::SetClockRate(..) => 0x0003_8002,
            Self::DmaChannels => 0x0006_0001,
        }
    }

    /// Words that the answer must have.
    pub const fn words(self) -> usize {
        match self {
            Self::FirmwareRevision | Self::BoardRevision | Self::Throttled | Self::DmaChannels => 1,
            _ => 2,
        }
    }

    /// Words of the value buffer: the request or the answer, whichever is longer.
    const fn buffer_words(self) -> usize {
        match self {
            Self::SetClockRate(..) => 3,
            _ => self.words(),
        }
    }

    /// The clock that is asked about. The answer's first word repeats its number: two questions about two clocks have the
    /// same tag.
    const fn clock(self) -> Option<Clock> {
        match self {
            Self::ClockRate(clock)
            | Self::MaxClockRate(clock)
            | Self::MinClockRate(clock)
            | Self::MeasuredClockRate(clock)
            | Self::SetClockRate(clock, _) => Some(clock),
            _ => None,
        }
    }

    /// The first words of the request. The third of [`SetClockRate`](Self::SetClockRate), 0, lets the firmware raise the
    /// voltage that the rate needs.
    fn request(self) -> [u32; 2] {
        let rate = match self {
            Self::SetClockRate(_, rate) => rate,
            _ => 0,
        };
        [self.clock().map_or(0, Clock::id), rate]
    }
}

/// What is wrong with a message or an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The message does not fit into this many words.
    Full(usize),
    /// The firmware did not take the message; its code.
    Rejected(u32),
    /// The answer contradicts itself: a length leads out of the message.
    Malformed,
    /// The firmware did not answer this tag, or not in full.
    Unanswered(u32),
    /// The firmware did not answer at all in time.
    Silent,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(words) => write!(f, "the message does not fit into {words} words"),
            Self::Rejected(code) => write!(f, "the firmware rejected the message: {code:#010x}"),
            Self::Malformed => f.write_str("the firmware's answer is malformed"),
            Self::Unanswered(tag) => write!(f, "the firmware does not answer tag {tag:#010x}"),
            Self::Silent => f.write_str("the firmware does not answer"),
        }
    }
}

impl core::error::Error for Error {}

/// A message of at most `WORDS` words, before or after the firmware had it.
#[derive(Clone, Debug)]
pub struct Message<const WORDS: usize> {
    words: [u32; WORDS],
    used: usize,
}

impl<const WORDS: usize> Message<WORDS> {
    /// A message that asks all of `tags`.
    ///
    /// # Errors
    /// [`Error::Full`].
    pub fn new(tags: &[Tag]) -> Result<Self, Error> {
        Self::of(&mut tags.iter().copied())
    }

    /// A message that asks all of `tags`.
    ///
    /// # Errors
    /// [`Error::Full`].
    pub fn of(tags: &mut dyn Iterator<Item = Tag>) -> Result<Self, Error> {
        let mut message = Self { words: [0; WORDS], used: HEADER };
        message.used = write(&mut message.words, tags)?;
        Ok(message)
    }

    /// The words to give to the firmware; their first tells how many bytes.
    pub fn words(&self) -> &[u32] {
        self.words.get(..self.used).unwrap_or_default()
    }

    /// The same words, to be overwritten with the firmware's.
    pub fn words_mut(&mut self) -> &mut [u32] {
        self.words.get_mut(..self.used).unwrap_or_default()
    }

    /// What the firmware answered to `tag`: [`Tag::words`] words.
    ///
    /// # Errors
    /// [`Error::Rejected`] as long as the firmware has not had it; [`Error::Unanswered`] unless bit 31 of the tag's code
    /// is set **and** its length covers the answer (QEMU sets the bit on tags it does not know, with length 0).
    pub fn answer(&self, tag: Tag) -> Result<&[u32], Error> {
        answer(self.words(), tag)
    }

    /// [`answer`](Self::answer), its first word.
    ///
    /// # Errors
    /// As [`answer`](Self::answer), and where the answer is shorter.
    pub fn word(&self, tag: Tag) -> Result<u32, Error> {
        word(self.words(), tag)
    }

    /// [`answer`](Self::answer), its first two words.
    ///
    /// # Errors
    /// As [`answer`](Self::answer), and where the answer is shorter.
    pub fn pair(&self, tag: Tag) -> Result<[u32; 2], Error> {
        pair(self.words(), tag)
    }
}

/// Writes a message that asks all of `tags`; how many words it has. Not generic and not inlined, as is what follows: there
/// is one of each for messages of all lengths.
#[inline(never)]
fn write(words: &mut [u32], tags: &mut dyn Iterator<Item = Tag>) -> Result<usize, Error> {
    let full = Error::Full(words.len());
    let mut used = HEADER;
    let mut put = |at: &mut usize, value: u32| {
        *words.get_mut(*at).ok_or(full)? = value;
        *at += 1;
        Ok(())
    };
    for tag in tags {
        let size = tag.buffer_words();
        let bytes = u32::try_from(size * 4).map_err(|_| full)?;
        let [first, second] = tag.request();
        let value = [first, second, 0];
        for word in [tag.id(), bytes, REQUEST].iter().chain(value.iter().take(size)) {
            put(&mut used, *word)?;
        }
    }
    put(&mut used, 0)?;
    let bytes = u32::try_from(used * 4).map_err(|_| full)?;
    put(&mut 0, bytes)?;
    put(&mut 1, REQUEST)?;
    Ok(used)
}

#[inline(never)]
fn answer(words: &[u32], tag: Tag) -> Result<&[u32], Error> {
    match words.get(1) {
        Some(&SUCCESS) => {}
        Some(&code) => return Err(Error::Rejected(code)),
        None => return Err(Error::Malformed),
    }
    let mut rest = words.get(HEADER..).ok_or(Error::Malformed)?;
    while let [id, bytes, code, after @ ..] = rest {
        if *id == 0 {
            break;
        }
        let size = usize::try_from(*bytes).map_err(|_| Error::Malformed)?.div_ceil(4);
        let value = after.get(..size).ok_or(Error::Malformed)?;
        if *id == tag.id() && is_for(tag, value) {
            return check(tag, *code, value);
        }
        rest = after.get(size..).ok_or(Error::Malformed)?;
    }
    Err(Error::Unanswered(tag.id()))
}

#[inline(never)]
fn word(words: &[u32], tag: Tag) -> Result<u32, Error> {
    answer(words, tag)?.first().copied().ok_or(Error::Malformed)
}

#[inline(never)]
fn pair(words: &[u32], tag: Tag) -> Result<[u32; 2], Error> {
    answer(words, tag)?.first_chunk().copied().ok_or(Error::Malformed)
}

fn is_for(tag: Tag, value: &[u32]) -> bool {
    tag.clock().is_none_or(|clock| value.first() == Some(&clock.id()))
}

fn check(tag: Tag, code: u32, value: &[u32]) -> Result<&[u32], Error> {
    let bytes = usize::try_from(code & !ANSWERED).map_err(|_| Error::Malformed)?;
    if code & ANSWERED == 0 || bytes < tag.words() * 4 {
        return Err(Error::Unanswered(tag.id()));
    }
    value.get(..tag.words()).ok_or(Error::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const TAGS: [Tag; 4] = [
        Tag::ArmMemory,
        Tag::ClockRate(Clock::Uart),
        Tag::ClockRate(Clock::Core),
        Tag::DmaChannels,
    ];

    /// A firmware that answers by the wiki's rules, on its own reading of the words.
    fn firmware(words: &mut [u32]) {
        assert_eq!(words[0] as usize, words.len() * 4);
        assert_eq!(*words.last().unwrap(), 0);
        words[1] = 0x8000_0000;
        let mut at = 2;
        while words[at] != 0 {
            let (answer, length): (&[u32], u32) = match words[at] {
                0x10005 => (&[0, 0x3C00_0000], 8),
                0x30002 if words[at + 3] == 2 => (&[2, 48_000_000], 8),
                0x30002 if words[at + 3] == 4 => (&[4, 250_000_000], 8),
                0x60001 => (&[0x7F35], 4),
                _ => (&[], 0),
            };
            words[at + 3..at + 3 + answer.len()].copy_from_slice(answer);
            words[at + 2] = 0x8000_0000 | length;
            at += 3 + words[at + 1] as usize / 4;
        }
    }

    #[test]
    fn the_words_are_those_of_the_wiki() {
        let message = Message::<16>::new(&[Tag::ClockRate(Clock::Uart), Tag::DmaChannels]).unwrap();
        let expected = [48, 0, 0x30002, 8, 0, 2, 0, 0x60001, 4, 0, 0, 0];
        assert_eq!(message.words(), expected);
    }

    #[test]
    fn a_clock_is_set_with_three_words_and_answered_with_two() {
        let tag = Tag::SetClockRate(Clock::Arm, 1_200_000_000);
        let mut message = Message::<16>::new(&[tag]).unwrap();
        assert_eq!(message.words(), [36, 0, 0x38002, 12, 0, 3, 1_200_000_000, 0, 0]);
        message.words_mut()[1] = SUCCESS;
        message.words_mut()[4] = ANSWERED | 8;
        message.words_mut()[6] = 1_199_999_000;
        assert_eq!(message.pair(tag), Ok([3, 1_199_999_000]));
    }

    #[test]
    fn tags_have_the_numbers_of_the_wiki() {
        let clock = Clock::Core;
        for (tag, number) in [
            (Tag::FirmwareRevision, 0x1),
            (Tag::MaxClockRate(clock), 0x30004),
            (Tag::Temperature, 0x30006),
            (Tag::MinClockRate(clock), 0x30007),
            (Tag::MaxTemperature, 0x3000A),
            (Tag::Throttled, 0x30046),
            (Tag::MeasuredClockRate(clock), 0x30047),
        ] {
            assert_eq!(tag.id(), number, "{tag:?}");
        }
    }

    #[test]
    fn answers_come_back_by_tag_and_by_clock() {
        let mut message = Message::<32>::new(&TAGS).unwrap();
        firmware(message.words_mut());
        assert_eq!(message.pair(Tag::ArmMemory), Ok([0, 0x3C00_0000]));
        assert_eq!(message.pair(Tag::ClockRate(Clock::Core)), Ok([4, 250_000_000]));
        assert_eq!(message.pair(Tag::ClockRate(Clock::Uart)), Ok([2, 48_000_000]));
        assert_eq!(message.word(Tag::DmaChannels), Ok(0x7F35));
    }

    #[test]
    fn a_bit_31_without_a_length_is_no_answer() {
        let mut message = Message::<16>::new(&[Tag::Throttled]).unwrap();
        firmware(message.words_mut());
        assert_eq!(message.word(Tag::Throttled), Err(Error::Unanswered(0x30046)));
    }

    #[test]
    fn a_length_without_bit_31_is_no_answer() {
        let mut message = Message::<16>::new(&[Tag::DmaChannels]).unwrap();
        message.words_mut()[1] = SUCCESS;
        message.words_mut()[4] = 4;
        assert_eq!(message.word(Tag::DmaChannels), Err(Error::Unanswered(0x60001)));
    }

    #[test]
    fn a_message_the_firmware_never_had_or_refused_is_rejected() {
        let mut message = Message::<16>::new(&[Tag::DmaChannels]).unwrap();
        assert_eq!(message.word(Tag::DmaChannels), Err(Error::Rejected(0)));
        message.words_mut()[1] = 0x8000_0001;
        assert_eq!(message.word(Tag::DmaChannels), Err(Error::Rejected(0x8000_0001)));
    }

    #[test]
    fn lengths_that_lead_out_of_the_message_are_malformed() {
        for length in [20, 0x1000, u32::MAX] {
            let mut message = Message::<16>::new(&[Tag::ArmMemory, Tag::DmaChannels]).unwrap();
            firmware(message.words_mut());
            message.words_mut()[3] = length;
            let answer = message.word(Tag::DmaChannels);
            assert!(matches!(answer, Err(Error::Malformed | Error::Unanswered(_))), "{answer:?}");
        }
    }

    #[test]
    fn any_words_at_all_are_parsed_without_a_panic() {
        let mut seed = 1_u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> (seed >> 27 & 0x1F)
        };
        for _ in 0..100_000 {
            let mut message = Message::<24>::new(&TAGS).unwrap();
            let at = random() as usize % message.words().len();
            firmware(message.words_mut());
            message.words_mut()[at] = random();
            for tag in TAGS {
                let _ = message.answer(tag);
            }
        }
    }

    #[test]
    fn a_message_that_does_not_fit_is_refused_and_one_that_just_fits_is_not() {
        // 2 words of header, 3 + 1 of the tag, 1 that ends.
        assert_eq!(Message::<6>::new(&[Tag::DmaChannels]).map(|m| m.used), Err(Error::Full(6)));
        assert_eq!(Message::<7>::new(&[Tag::DmaChannels]).map(|m| m.used), Ok(7));
        assert!(Message::<64>::new(&Vec::from([Tag::ArmMemory; 20])).is_err());
    }
}
