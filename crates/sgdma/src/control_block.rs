//! The control block: eight words in memory that tell the engine one transfer. p. 40.

use core::fmt;

use crate::address::BusAddr;

/// A control block as the engine reads it: 32 bytes, 32-byte aligned, little-endian words.
///
/// The field names are the registers that the engine loads from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C, align(32))]
pub struct ControlBlock {
    /// `TI`: what to do; bits in [`crate::register::ti`].
    pub ti: u32,
    /// `SOURCE_AD`: bus address to read from.
    pub source: u32,
    /// `DEST_AD`: bus address to write to.
    pub dest: u32,
    /// `TXFR_LEN`: bytes, or [`Length2d`] in 2D mode.
    pub len: u32,
    /// `STRIDE`: [`Strides`] in 2D mode, else 0.
    pub stride: u32,
    /// `NEXTCONBK`: bus address of the next block, 0 for none.
    pub next: u32,
    /// Must be 0.
    pub reserved: [u32; 2],
}

const _: () = assert!(size_of::<ControlBlock>() == 32);
const _: () = assert!(align_of::<ControlBlock>() == 32);

impl ControlBlock {
    /// The size of a block in bytes, and its alignment.
    pub const SIZE: u32 = 32;

    /// The bus address of the next block, if there is one.
    pub const fn next(&self) -> Option<BusAddr> {
        if self.next == 0 { None } else { Some(BusAddr::new(self.next)) }
    }

    /// The eight words in the order of memory.
    pub const fn words(&self) -> [u32; 8] {
        let [r6, r7] = self.reserved;
        [self.ti, self.source, self.dest, self.len, self.stride, self.next, r6, r7]
    }

    /// The block that these eight words are.
    pub const fn from_words(words: [u32; 8]) -> Self {
        let [ti, source, dest, len, stride, next, r6, r7] = words;
        Self { ti, source, dest, len, stride, next, reserved: [r6, r7] }
    }
}

/// Rows and bytes per row of a 2D transfer: the meaning of `TXFR_LEN` in 2D mode.
///
/// The field YLENGTH holds rows − 1, whatever p. 53 says (`bcm2708_fb`, Circle, and QEMU since 2020 agree).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Length2d {
    row_bytes: u16,
    rows: u16,
}

impl Length2d {
    /// The most rows one block can move.
    pub const MAX_ROWS: u16 = 0x4000;

    /// `row_bytes` bytes in each of `rows` rows; `None` where either is 0 or `rows` over [`Self::MAX_ROWS`].
    pub const fn new(row_bytes: u16, rows: u16) -> Option<Self> {
        if row_bytes == 0 || rows == 0 || rows > Self::MAX_ROWS {
            return None;
        }
        Some(Self { row_bytes, rows })
    }

    /// Bytes per row.
    pub const fn row_bytes(self) -> u16 {
        self.row_bytes
    }

    /// Rows, 1 to [`Self::MAX_ROWS`].
    pub const fn rows(self) -> u16 {
        self.rows
    }

    /// The register's value.
    pub fn raw(self) -> u32 {
        u32::from(self.rows - 1) << 16 | u32::from(self.row_bytes)
    }

    /// What a register value means; `None` where bits 31:30 are set or a row has no bytes.
    pub fn from_raw(raw: u32) -> Option<Self> {
        let rows = u16::try_from(raw >> 16).ok()?.checked_add(1)?;
        Self::new((raw & 0xFFFF) as u16, rows)
    }
}

/// What is added to each address at the end of a row: pitch − row bytes, signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Strides {
    /// For the source, in bytes.
    pub source: i16,
    /// For the destination, in bytes.
    pub dest: i16,
}

impl Strides {
    /// The register's value: destination in bits 31:16, source in 15:0. p. 54.
    pub fn raw(self) -> u32 {
        u32::from(self.dest.cast_unsigned()) << 16 | u32::from(self.source.cast_unsigned())
    }

    /// What a register value means.
    pub const fn from_raw(raw: u32) -> Self {
        let [s0, s1, d0, d1] = raw.to_le_bytes();
        Self { source: i16::from_le_bytes([s0, s1]), dest: i16::from_le_bytes([d0, d1]) }
    }
}

impl fmt::Display for Length2d {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.row_bytes, self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        let words = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(ControlBlock::from_words(words).words(), words);
    }

    #[test]
    fn ylength_holds_rows_minus_one() {
        assert_eq!(Length2d::new(64, 8).unwrap().raw(), 0x0007_0040);
        assert_eq!(Length2d::new(0xFFFF, 0x4000).unwrap().raw(), 0x3FFF_FFFF);
        assert_eq!(Length2d::new(1, 0x4001), None);
        assert_eq!(Length2d::new(0, 1), None);
        assert_eq!(Length2d::new(1, 0), None);
    }

    #[test]
    fn length2d_round_trips_at_its_limits() {
        for (row_bytes, rows) in [(1, 1), (0xFFFF, 1), (1, 0x4000), (0xFFFF, 0x4000), (4, 3)] {
            let length = Length2d::new(row_bytes, rows).unwrap();
            assert_eq!(Length2d::from_raw(length.raw()), Some(length));
        }
        assert_eq!(Length2d::from_raw(0x4000_0001), None);
        assert_eq!(Length2d::from_raw(0x0001_0000), None);
    }

    #[test]
    fn a_length_is_read_back_as_bytes_and_rows() {
        let length = Length2d::from_raw(0x0007_0040).unwrap();
        assert_eq!((length.row_bytes(), length.rows()), (64, 8));
        assert_eq!(std::format!("{length}"), "64x8");
    }

    #[test]
    fn strides_round_trip_with_their_signs() {
        for (source, dest) in [(0, 0), (-16, 0), (0, -16), (i16::MIN, i16::MAX)] {
            let strides = Strides { source, dest };
            assert_eq!(Strides::from_raw(strides.raw()), strides);
        }
        assert_eq!(Strides { source: -16, dest: 1 }.raw(), 0x0001_FFF0);
    }
}
