//! Clocks that the firmware runs and reports. (raspberrypi/firmware wiki, "Mailbox property interface".)

use crate::mailbox::{Message, Tag};
use crate::power::Throttling;

/// A clock, by the number the mailbox knows it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Clock {
    /// SD host.
    Emmc = 1,
    /// The PL011's reference.
    Uart = 2,
    /// The ARM cores.
    Arm = 3,
    /// The VideoCore, the buses and the DMA engine.
    Core = 4,
    /// PWM.
    Pwm = 10,
}

impl Clock {
    /// The number.
    pub const fn id(self) -> u32 {
        self as u32
    }
}

/// A clock as the firmware tells it, in Hz. What it does not tell is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// What it is set to.
    pub set: Option<u32>,
    /// What it was measured to be (QEMU does not tell).
    pub measured: Option<u32>,
    /// The lowest it can be set to.
    pub least: Option<u32>,
    /// The highest.
    pub most: Option<u32>,
}

/// The clocks, and what holds them down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// ARM, core and UART: see [`Health::CLOCKS`].
    pub clocks: [State; 3],
    /// Temperature of the chip in thousandths of a degree Celsius.
    pub temperature: Option<u32>,
    /// Temperature above which the clocks are lowered, likewise.
    pub limit: Option<u32>,
    /// Why they were or are lowered.
    pub throttling: Option<Throttling>,
}

impl Health {
    /// Which clocks.
    pub const CLOCKS: [Clock; 3] = [Clock::Arm, Clock::Core, Clock::Uart];
    /// Words of a message with all questions.
    pub const WORDS: usize = 80;

    /// Everything in one message.
    ///
    /// # Errors
    /// None: the message has room.
    // Not inlined, nor what takes the answers: the firmware would do so with code that is not as small.
    #[inline(never)]
    pub fn message() -> Result<Message<{ Self::WORDS }>, crate::mailbox::Error> {
        let of = |clock| {
            let rates = [Tag::ClockRate(clock), Tag::MeasuredClockRate(clock)];
            rates.into_iter().chain([Tag::MinClockRate(clock), Tag::MaxClockRate(clock)])
        };
        let rest = [Tag::Temperature, Tag::MaxTemperature, Tag::Throttled];
        Message::of(&mut Self::CLOCKS.into_iter().flat_map(of).chain(rest))
    }

    /// From the answered message.
    #[inline(never)]
    pub fn from_answers(message: &Message<{ Self::WORDS }>) -> Self {
        let second = |tag| message.pair(tag).ok().map(|[_, value]| value);
        let state = |clock| State {
            set: second(Tag::ClockRate(clock)),
            measured: second(Tag::MeasuredClockRate(clock)),
            least: second(Tag::MinClockRate(clock)),
            most: second(Tag::MaxClockRate(clock)),
        };
        Self {
            clocks: Self::CLOCKS.map(state),
            temperature: second(Tag::Temperature),
            limit: second(Tag::MaxTemperature),
            throttling: message.word(Tag::Throttled).ok().map(Throttling),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_fits_and_comes_back_to_its_clock() {
        let mut message = Health::message().unwrap();
        let words = message.words_mut();
        words[1] = 0x8000_0000;
        let mut at = 2;
        while words[at] != 0 {
            let (tag, first) = (words[at], words[at + 3]);
            let answered = tag != 0x30047;
            words[at + 2] = if answered { 0x8000_0008 } else { 0 };
            // Each answer tells which tag and clock it is for.
            match tag {
                0x30046 => (words[at + 2], words[at + 3]) = (0x8000_0004, 0x5_0005),
                _ => words[at + 4] = tag << 8 | first,
            }
            at += 3 + words[at + 1] as usize / 4;
        }
        let health = Health::from_answers(&message);
        for (state, number) in health.clocks.into_iter().zip([3, 4, 2]) {
            assert_eq!(state.set, Some(0x300_0200 | number));
            assert_eq!(state.least, Some(0x300_0700 | number));
            assert_eq!(state.most, Some(0x300_0400 | number));
            assert_eq!(state.measured, None, "not answered");
        }
        assert_eq!((health.temperature, health.limit), (Some(0x300_0600), Some(0x300_0A00)));
        assert_eq!(health.throttling, Some(Throttling(0x5_0005)));
    }

    #[test]
    fn a_firmware_that_says_nothing_leaves_nothing() {
        let health = Health::from_answers(&Health::message().unwrap());
        assert_eq!(
            health.clocks,
            [State { set: None, measured: None, least: None, most: None }; 3]
        );
        assert_eq!((health.temperature, health.limit, health.throttling), (None, None, None));
    }
}
