//! Revision codes of boards. (Raspberry Pi documentation, "Raspberry Pi revision codes", new-style codes.)

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
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pi2B,
        Self::Pi3B,
        Self::Pi3BPlus,
        Self::Pi3APlus,
        Self::Cm3,
        Self::Cm3Plus,
        Self::Zero2W,
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
            (0x00A0_20D3, Model::Pi3BPlus, 1024),
            (0x0090_20E0, Model::Pi3APlus, 512),
            (0x0090_2120, Model::Zero2W, 512),
            (0x00A0_20A0, Model::Cm3, 1024),
            (0x00A0_2100, Model::Cm3Plus, 1024),
            (0x00A0_2042, Model::Pi2B, 1024),
        ] {
            assert_eq!(Revision(code).model(), Some(model), "{code:x}");
            assert_eq!(Revision(code).memory_mib(), Some(mib), "{code:x}");
        }
        assert_eq!(Revision(0xA0_2082).to_string(), "Raspberry Pi 3 B rev 1.2 (a02082)");
    }

    #[test]
    fn other_chips_and_old_codes_are_not_taken_for_ours() {
        assert_eq!(Revision(0xC0_3111).model(), None, "Pi 4 B");
        assert_eq!(Revision(0xA0_1041).model(), None, "Pi 2 B with the BCM2836");
        assert_eq!(Revision(0x0010).model(), None, "B+ of the first kind");
        assert_eq!(Revision(0x0010).memory_mib(), None);
    }
}
