//! Which DMA channels the ARM may use.
//!
//! The firmware answers with the channels that the VideoCore leaves alone. Some of what it answers is still not free:
//! 1 is the VideoCore's PWM audio, 3 and 6 are its own, 7 its too, 15 its `memcpy` (raspberrypi/linux #24, #1110).

/// The channels never used, whatever the firmware answers: 1, 3, 6, 7, 15.
const TAKEN: u32 = 0x80CA;
/// Those that share a line: an interrupt of one that is not ours would keep it up, and nobody here may take that back. So all
/// of them are used, or none.
const SHARED: u32 = 0x7800;
/// Used where the firmware does not answer: 4, 5, 8, 9.
const FALLBACK: u32 = 0x0330;
/// Full channels, the best first: 2 last, since old firmware ran the SD card there.
const FULL: [u8; 4] = [5, 4, 0, 2];
/// Lite channels, the best first: 11 to 14 last, since they share a line.
const LITE: [u8; 7] = [8, 9, 10, 11, 12, 13, 14];

/// The channels that may be used, bit n for channel n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelMask(u32);

impl ChannelMask {
    /// From the firmware's answer (tag `0x0006_0001`), or the fallback where there is none or it leaves nothing.
    ///
    /// ```
    /// use bcm2837::dma::ChannelMask;
    /// assert_eq!(ChannelMask::from_firmware(Some(0x3C)).bits(), 0x34); // QEMU: 2, 4, 5
    /// assert_eq!(ChannelMask::from_firmware(None).bits(), 0x330);
    /// ```
    pub const fn from_firmware(answer: Option<u32>) -> Self {
        match answer {
            Some(mask) if Self::usable(mask) != 0 => Self(Self::usable(mask)),
            _ => Self(FALLBACK),
        }
    }

    /// What of a mask is left without the channels that are never used, and without 11 to 14 where they are not all there.
    ///
    /// ```
    /// use bcm2837::dma::ChannelMask;
    /// assert_eq!(ChannelMask::usable(0x1F35), 0x735);
    /// ```
    pub const fn usable(mask: u32) -> u32 {
        let left = mask & !TAKEN & 0x7FFF;
        if left & SHARED == SHARED { left } else { left & !SHARED }
    }

    /// The channels of the firmware's answer that are not used because one that shares their line is not ours.
    pub const fn left_out(answer: u32) -> Self {
        Self(answer & SHARED & !Self::usable(answer))
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether the channel may be used.
    pub const fn has(self, channel: u8) -> bool {
        matches!(self.0.checked_shr(channel as u32), Some(bits) if bits & 1 == 1)
    }

    /// The full channels in order of preference.
    pub fn full(self) -> impl Iterator<Item = u8> {
        FULL.into_iter().filter(move |&channel| self.has(channel))
    }

    /// The lite channels in order of preference.
    pub fn lite(self) -> impl Iterator<Item = u8> {
        LITE.into_iter().filter(move |&channel| self.has(channel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn the_videocores_channels_are_never_offered() {
        let all = ChannelMask::from_firmware(Some(u32::MAX));
        for channel in [1, 3, 6, 7, 15, 31] {
            assert!(!all.has(channel), "channel {channel}");
        }
        assert_eq!(all.full().collect::<Vec<_>>(), [5, 4, 0, 2]);
        assert_eq!(all.lite().collect::<Vec<_>>(), [8, 9, 10, 11, 12, 13, 14]);
    }

    #[test]
    fn current_firmware_and_the_emulator_leave_what_the_notes_say() {
        assert_eq!(ChannelMask::from_firmware(Some(0x7F35)).bits(), 0x7F35);
        let qemu = ChannelMask::from_firmware(Some(0x3C));
        assert_eq!(qemu.full().collect::<Vec<_>>(), [5, 4, 2]);
        assert_eq!(qemu.lite().count(), 0);
    }

    #[test]
    fn of_channels_that_share_a_line_all_are_used_or_none() {
        let channels = ChannelMask::from_firmware(Some(0x1F35));
        assert_eq!(channels.lite().collect::<Vec<_>>(), [8, 9, 10]);
        assert_eq!(channels.full().count(), 4);
        assert_eq!(ChannelMask::left_out(0x1F35).bits(), 0x1800);
        assert_eq!(ChannelMask::left_out(0x7F35).bits(), 0);
        assert_eq!(ChannelMask::left_out(0x3C).bits(), 0);
    }

    #[test]
    fn an_answer_that_leaves_nothing_is_no_answer() {
        assert_eq!(ChannelMask::from_firmware(Some(0x80CA)), ChannelMask::from_firmware(None));
        assert_eq!(ChannelMask::from_firmware(Some(0)).full().next(), Some(5));
    }
}
