//! Revision codes of boards. (Raspberry Pi documentation, "Raspberry Pi revision codes".)
//!
//! A new-style code is a set of fields. Boards are told apart by the field for the type, never by a list of codes: each new
//! factory or layout has a code of its own. Old-style codes, 0x0002 to 0x0015, are boards with the BCM2835, which cannot run
//! this image.

use core::fmt;

/// A revision code, as the mailbox gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision(pub u32);

/// The boards that carry this chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// Raspberry Pi 2 B, revision 1.2, which has the Pi 3's chip.
    Pi2B,
    /// Raspberry Pi 3 B.
    Pi3B,
    /// Raspberry Pi 3 B+.
    Pi3BPlus,
    /// Raspberry Pi 3 A+.
    Pi3APlus,
    /// Compute Module 3.
    Cm3,
    /// Compute Module 3+.
    Cm3Plus,
    /// Raspberry Pi Zero 2 W.
    Zero2W,
    /// Compute Module 0, a Zero 2 W's package on a module.
    Cm0,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Pi2B,
        Self::Pi3B,
        Self::Pi3BPlus,
        Self::Pi3APlus,
        Self::Cm3,
        Self::Cm3Plus,
        Self::Zero2W,
        Self::Cm0,
    ];

    /// The code's type field, bits 11:4.
    const fn code(self) -> u32 {
        match self {
            Self::Pi2B => 0x04,
            Self::Pi3B => 0x08,
            Self::Cm3 => 0x0A,
            Self::Pi3BPlus => 0x0D,
            Self::Pi3APlus => 0x0E,
            Self::Cm3Plus => 0x10,
            Self::Zero2W => 0x12,
            Self::Cm0 => 0x1B,
        }
    }

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pi2B => "Raspberry Pi 2 B (BCM2837)",
            Self::Pi3B => "Raspberry Pi 3 B",
            Self::Pi3BPlus => "Raspberry Pi 3 B+",
            Self::Pi3APlus => "Raspberry Pi 3 A+",
            Self::Cm3 => "Compute Module 3",
            Self::Cm3Plus => "Compute Module 3+",
            Self::Zero2W => "Raspberry Pi Zero 2 W",
            Self::Cm0 => "Compute Module 0",
        }
    }
}

impl Revision {
    /// Whether the fields mean what the methods below say (bit 23).
    pub const fn is_new_style(self) -> bool {
        self.0 >> 23 & 1 == 1
    }

    /// Which board; `None` where it is none of those with this chip (bits 15:12 are 2).
    pub fn model(self) -> Option<Model> {
        let has_chip = self.0 >> 12 & 0xF == 2;
        let code = self.0 >> 4 & 0xFF;
        Model::ALL.into_iter().find(|model| self.is_new_style() && has_chip && model.code() == code)
    }

    /// Its memory in MiB, bits 22:20: 256 doubled so many times.
    pub const fn memory_mib(self) -> Option<u32> {
        if self.is_new_style() { Some(256 << (self.0 >> 20 & 7)) } else { None }
    }

    /// Revision of the board's layout, bits 3:0.
    pub const fn minor(self) -> u32 {
        self.0 & 0xF
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.model() {
            Some(model) => write!(f, "{} rev 1.{} ({:x})", model.name(), self.minor(), self.0),
            None => write!(f, "unknown board ({:x})", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn the_published_codes_name_their_boards() {
        for (code, model, mib) in [
            (0x00A0_2082, Model::Pi3B, 1024),
            (0x00A2_2082, Model::Pi3B, 1024),
            (0x00A3_2082, Model::Pi3B, 1024),
            (0x00A5_2082, Model::Pi3B, 1024),
            (0x00A2_2083, Model::Pi3B, 1024),
            (0x00A0_20D3, Model::Pi3BPlus, 1024),
            (0x00A0_20D4, Model::Pi3BPlus, 1024),
            (0x0090_20E0, Model::Pi3APlus, 512),
            (0x0090_20E1, Model::Pi3APlus, 512),
            (0x0090_2120, Model::Zero2W, 512),
            (0x00A0_20A0, Model::Cm3, 1024),
            (0x00A2_20A0, Model::Cm3, 1024),
            (0x00A0_2100, Model::Cm3Plus, 1024),
            (0x00A0_2042, Model::Pi2B, 1024),
            (0x00A2_2042, Model::Pi2B, 1024),
            // Bits of the warranty and of overvoltage say nothing about which board it is.
            (0x02A0_2082, Model::Pi3B, 1024),
            (0x8290_20E0, Model::Pi3APlus, 512),
        ] {
            assert_eq!(Revision(code).model(), Some(model), "{code:x}");
            assert_eq!(Revision(code).memory_mib(), Some(mib), "{code:x}");
        }
        assert_eq!(Revision(0xA0_2082).to_string(), "Raspberry Pi 3 B rev 1.2 (a02082)");
    }

    #[test]
    fn other_chips_and_old_codes_are_not_taken_for_ours() {
        for (code, board) in [
            (0xA0_1040, "Pi 2 B with the BCM2836"),
            (0xA2_1041, "Pi 2 B with the BCM2836"),
            (0x90_0092, "Zero"),
            (0x90_00C1, "Zero W"),
            (0xC0_3111, "Pi 4 B"),
            (0xC0_3130, "400"),
            (0xA0_3140, "CM4"),
            (0xC0_4170, "5"),
            (0xB0_4180, "CM5"),
        ] {
            assert_eq!(Revision(code).model(), None, "{board}");
        }
        // Every old-style code, with the warranty bit that those have at 24, and what an absent answer reads as.
        for code in (0..=0x15).chain(0x100_0002..=0x100_0015) {
            assert_eq!(
                (Revision(code).model(), Revision(code).memory_mib()),
                (None, None),
                "{code:x}"
            );
        }
        assert_eq!(Revision(0xE).to_string(), "unknown board (e)");
    }
}
