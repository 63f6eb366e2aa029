//! What a TI word means, and the word of a meaning.

use super::bits;
use crate::constraints::{Dreq, Width};

/// Whether an address moves on from access to access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Step {
    /// It stands still.
    #[default]
    Fixed,
    /// It moves on.
    Increment,
}

/// Whether the DREQ gates the accesses of a side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pace {
    /// They go as they can.
    #[default]
    Free,
    /// The DREQ gates them.
    Gated,
}

/// Whether the accesses of a side are made at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Work {
    /// They are.
    #[default]
    Done,
    /// They are not (`SRC_IGNORE`, `DEST_IGNORE`; not on lite).
    Ignored,
}

/// One side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// `INC`.
    pub step: Step,
    /// `WIDTH`.
    pub width: Width,
    /// `DREQ`.
    pub pace: Pace,
    /// `IGNORE`.
    pub work: Work,
}

/// Lines or rectangles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// One run of bytes.
    #[default]
    Linear,
    /// Rows with strides (`TDMODE`; not on lite).
    Rectangle,
}

/// Whether the engine waits for the answer to each write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Response {
    /// It does not.
    #[default]
    Posted,
    /// It does (`WAIT_RESP`).
    Awaited,
}

/// Whether the end of the block interrupts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interrupt {
    /// It does not.
    #[default]
    None,
    /// It does (`INTEN`).
    AtEnd,
}

/// Whether wide writes are paired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pairing {
    /// Into bursts of two.
    #[default]
    Pairs,
    /// One by one (`NO_WIDE_BURSTS`; not on lite).
    Single,
}

/// The meaning of a TI word. BCM2835 ARM Peripherals, p. 51-52.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transfer {
    /// The side that is read.
    pub source: Access,
    /// The side that is written.
    pub dest: Access,
    /// Beats of a read burst, 1 to 16.
    pub beats: u8,
    /// Dummy cycles after each access, 0 to 31.
    pub waits: u8,
    /// Which DREQ.
    pub dreq: Dreq,
    /// Lines or rectangles.
    pub mode: Mode,
    /// Wide writes.
    pub pairing: Pairing,
    /// Answers to writes.
    pub response: Response,
    /// The interrupt.
    pub interrupt: Interrupt,
}

impl Transfer {
    /// What a word means; `None` where bits are set that must be 0.
    pub fn from_raw(ti: u32) -> Option<Self> {
        if ti & bits::RESERVED != 0 {
            return None;
        }
        let has = |bit| ti & bit != 0;
        let access = |inc, width, dreq, ignore| Access {
            step: if has(inc) { Step::Increment } else { Step::Fixed },
            width: if has(width) { Width::Bits128 } else { Width::Bits32 },
            pace: if has(dreq) { Pace::Gated } else { Pace::Free },
            work: if has(ignore) { Work::Ignored } else { Work::Done },
        };
        let field = |mask, at: u32| u8::try_from((ti & mask) >> at).ok();
        Some(Self {
            source: access(bits::SRC_INC, bits::SRC_WIDTH, bits::SRC_DREQ, bits::SRC_IGNORE),
            dest: access(bits::DEST_INC, bits::DEST_WIDTH, bits::DEST_DREQ, bits::DEST_IGNORE),
            beats: field(bits::BURST, bits::BURST_AT)?.checked_add(1)?,
            waits: field(bits::WAITS, bits::WAITS_AT)?,
            dreq: Dreq::new(field(bits::PERMAP, bits::PERMAP_AT)?)?,
            mode: if has(bits::TDMODE) { Mode::Rectangle } else { Mode::Linear },
            pairing: if has(bits::NO_WIDE_BURSTS) { Pairing::Single } else { Pairing::Pairs },
            response: if has(bits::WAIT_RESP) { Response::Awaited } else { Response::Posted },
            interrupt: if has(bits::INTEN) { Interrupt::AtEnd } else { Interrupt::None },
        })
    }

    /// The word; `None` where `beats` or `waits` do not fit their fields.
    pub fn raw(&self) -> Option<u32> {
        let beats = u32::from(self.beats.checked_sub(1)?);
        let waits = u32::from(self.waits);
        if beats > 15 || waits > 31 {
            return None;
        }
        let set = |yes: bool, bit: u32| if yes { bit } else { 0 };
        let side = |access: &Access, [inc, width, dreq, ignore]: [u32; 4]| {
            set(access.step == Step::Increment, inc)
                | set(access.width == Width::Bits128, width)
                | set(access.pace == Pace::Gated, dreq)
                | set(access.work == Work::Ignored, ignore)
        };
        let source = [bits::SRC_INC, bits::SRC_WIDTH, bits::SRC_DREQ, bits::SRC_IGNORE];
        let dest = [bits::DEST_INC, bits::DEST_WIDTH, bits::DEST_DREQ, bits::DEST_IGNORE];
        Some(
            side(&self.source, source)
                | side(&self.dest, dest)
                | beats << bits::BURST_AT
                | waits << bits::WAITS_AT
                | u32::from(self.dreq.number()) << bits::PERMAP_AT
                | set(self.mode == Mode::Rectangle, bits::TDMODE)
                | set(self.pairing == Pairing::Single, bits::NO_WIDE_BURSTS)
                | set(self.response == Response::Awaited, bits::WAIT_RESP)
                | set(self.interrupt == Interrupt::AtEnd, bits::INTEN),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_without_reserved_bits_round_trips() {
        // Bits 26:3, 1 and 0: all pairs of fields by a stride that is prime to their number, and each bit alone.
        let stride = if cfg!(miri) { 99_991 } else { 1021 };
        let all = (0..1_u32 << 26).step_by(stride).chain((0..26).map(|bit| 1 << bit));
        for n in all {
            let word = n & 3 | (n & !3) << 1;
            let meaning = Transfer::from_raw(word).unwrap();
            assert_eq!(meaning.raw(), Some(word), "{word:#010x}");
        }
    }

    #[test]
    fn reserved_bits_mean_nothing() {
        for bit in [2, 27, 28, 29, 30, 31] {
            assert_eq!(Transfer::from_raw(1 << bit), None, "bit {bit}");
        }
    }

    #[test]
    fn what_does_not_fit_its_field_has_no_word() {
        let plain = Transfer::from_raw(0).unwrap();
        assert_eq!(Transfer { beats: 0, ..plain }.raw(), None);
        assert_eq!(Transfer { beats: 17, ..plain }.raw(), None);
        assert_eq!(Transfer { waits: 32, ..plain }.raw(), None);
    }

    #[test]
    fn the_words_that_linux_writes_mean_what_it_means() {
        // bcm2835-dma: memcpy with its last block, and a cyclic PCM transfer (DREQ 2).
        let copy = Transfer::from_raw(0x0000_0119).unwrap();
        assert_eq!((copy.source.step, copy.dest.step), (Step::Increment, Step::Increment));
        assert_eq!((copy.response, copy.interrupt), (Response::Awaited, Interrupt::AtEnd));
        let audio = Transfer::from_raw(0x0002_0148).unwrap();
        assert_eq!((audio.dreq.number(), audio.dest.pace), (2, Pace::Gated));
        assert_eq!((audio.source.step, audio.dest.step), (Step::Increment, Step::Fixed));
    }
}
