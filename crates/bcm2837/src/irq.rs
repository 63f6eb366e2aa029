//! Interrupt lines and what the controller's pending words say. Datasheet p. 109-118; the DMA lines, which its table
//! leaves blank, from Linux' `bcm2835-common.dtsi`.

/// A line of the interrupt controller, 0 to 63 (the "GPU interrupts").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(u8);

impl Line {
    /// System timer compare 1.
    pub const TIMER_1: Self = Self(1);
    /// System timer compare 3.
    pub const TIMER_3: Self = Self(3);
    /// Shared by DMA channels 11 to 14.
    pub const DMA_11_TO_14: Self = Self(27);
    /// All DMA channels together, the VideoCore's too. Never enable it: a driver that did hung boards
    /// (raspberrypi/linux #1108). [`Line::enabled`] refuses it.
    const DMA_ANY: Self = Self(28);
    /// The PL011.
    pub const UART: Self = Self(57);

    /// The line of this number, if it may be enabled: below 64 and not 28.
    pub const fn enabled(number: u8) -> Option<Self> {
        if number < 64 && number != Self::DMA_ANY.0 { Some(Self(number)) } else { None }
    }

    /// The line of a DMA channel 0 to 14.
    ///
    /// ```
    /// use bcm2837::irq::Line;
    /// assert_eq!(Line::dma(5).map(Line::number), Some(21));
    /// assert_eq!(Line::dma(12), Some(Line::DMA_11_TO_14));
    /// ```
    pub const fn dma(channel: u8) -> Option<Self> {
        match channel {
            0..=10 => Some(Self(16 + channel)),
            11..=14 => Some(Self::DMA_11_TO_14),
            _ => None,
        }
    }

    /// Its number, 0 to 63.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Which of the two banks of 32 it is in.
    pub const fn bank(self) -> Bank {
        if self.0 < 32 { Bank::First } else { Bank::Second }
    }

    /// Its bit in the bank's words.
    pub const fn bit(self) -> u32 {
        1 << (self.0 % 32)
    }
}

/// The lines come in two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    /// Lines 0 to 31.
    First,
    /// Lines 32 to 63.
    Second,
}

/// The pending words, restricted to what this system enabled.
///
/// Both are read, whatever the basic pending word says: eleven lines have a bit of their own there (DMA 2 and 3 bits 13 and
/// 14, the PL011 bit 19; p. 114) and do **not** raise the summary bits 8 and 9. QEMU raises them all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    first: u32,
    second: u32,
}

impl Pending {
    /// From the two words as read and the two masks of enabled lines.
    #[inline]
    pub const fn new(read: [u32; 2], enabled: [u32; 2]) -> Self {
        let [first, second] = read;
        let [first_enabled, second_enabled] = enabled;
        Self { first: first & first_enabled, second: second & second_enabled }
    }

    /// Whether nothing is pending: a spurious interrupt.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.first | self.second == 0
    }

    /// Whether this line is.
    #[inline]
    pub const fn has(self, line: Line) -> bool {
        match line.bank() {
            Bank::First => self.first & line.bit() != 0,
            Bank::Second => self.second & line.bit() != 0,
        }
    }

    /// The one DMA channel 0 to 10 that asks, if nothing else does.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a position in 32 bits fits into 8")]
    pub const fn only_dma_channel(self) -> Option<u8> {
        let others = self.first & self.first.wrapping_sub(1) | self.second;
        let channel = self.first.trailing_zeros().wrapping_sub(16);
        // The least bit, and below 11.
        if others == 0 && channel <= 10 { Some(channel as u8) } else { None }
    }

    /// Channels 0 to 10 that ask, bit n for channel n. Those of [`Line::DMA_11_TO_14`] are in the engine's
    /// `INT_STATUS`.
    #[inline]
    pub const fn dma_channels(self) -> u32 {
        self.first >> 16 & 0x7FF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_all_channels_cannot_be_had() {
        assert_eq!(Line::enabled(28), None);
        assert_eq!(Line::enabled(64), None);
        assert_eq!((0..64).filter(|&n| Line::enabled(n).is_some()).count(), 63);
        assert!((0..=u8::MAX).all(|n| Line::dma(n).is_none_or(|line| line.number() != 28)));
    }

    #[test]
    fn dma_lines_are_16_plus_channel_and_four_share_27() {
        for channel in 0..=10 {
            assert_eq!(Line::dma(channel).unwrap().number(), 16 + channel);
        }
        for channel in 11..=14 {
            assert_eq!(Line::dma(channel), Some(Line::DMA_11_TO_14));
        }
        assert_eq!(Line::dma(15), None);
    }

    #[test]
    fn every_pending_channel_is_found_whatever_else_is_pending() {
        for channels in 0..1 << 11 {
            let pending = Pending::new([channels << 16 | 0x0000_FFFF, u32::MAX], [u32::MAX; 2]);
            assert_eq!(pending.dma_channels(), channels);
        }
    }

    #[test]
    fn a_channel_is_alone_only_where_nothing_else_is_pending() {
        for line in (0..64).filter_map(Line::enabled) {
            let word = |bank| if line.bank() == bank { line.bit() } else { 0 };
            let alone = [word(Bank::First), word(Bank::Second)];
            let channel = (0..=10).find(|channel| Line::dma(*channel) == Some(line));
            assert_eq!(Pending::new(alone, [u32::MAX; 2]).only_dma_channel(), channel, "{line:?}");
            for other in (0..64).filter(|other| *other != line.number()) {
                let both = if other < 32 { [1 << other, 0] } else { [0, 1 << (other - 32)] };
                let both = [alone[0] | both[0], alone[1] | both[1]];
                assert_eq!(Pending::new(both, [u32::MAX; 2]).only_dma_channel(), None);
            }
        }
        assert_eq!(Pending::new([0; 2], [u32::MAX; 2]).only_dma_channel(), None);
    }

    #[test]
    fn lines_come_in_two_words() {
        for number in (0..64).filter(|number| *number != 28) {
            let line = Line::enabled(number).unwrap();
            let words = if number < 32 { [line.bit(), 0] } else { [0, line.bit()] };
            let pending = Pending::new(words, [u32::MAX; 2]);
            assert!(pending.has(line) && !pending.is_empty(), "{number}");
            let others = Pending::new(words.map(|word| !word), [u32::MAX; 2]);
            // The other word has this bit too.
            assert!(!others.has(line) && !others.is_empty(), "{number}");
        }
    }

    #[test]
    fn a_line_that_was_not_enabled_is_not_pending() {
        let uart_only = [0, Line::UART.bit()];
        let pending = Pending::new([u32::MAX, u32::MAX], uart_only);
        assert!(pending.has(Line::UART));
        assert_eq!(pending.dma_channels(), 0);
        assert!(!pending.has(Line::DMA_11_TO_14));
        assert!(Pending::new([u32::MAX; 2], [0; 2]).is_empty());
    }
}
