//! A control block's words, and how far the engine is in one.

use crate::datasheet::{Kind, LENGTH_FULL, LENGTH_LITE, YLENGTH, ti};

/// The eight words of a control block; p. 40.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) ti: u32,
    pub(crate) source: u32,
    pub(crate) dest: u32,
    pub(crate) length: u32,
    pub(crate) stride: u32,
    pub(crate) next: u32,
    pub(crate) reserved: [u32; 2],
}

impl Words {
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut words = bytes.chunks_exact(4).map(|chunk| {
            chunk.iter().rev().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte))
        });
        let mut word = || words.next().unwrap_or(0);
        Self {
            ti: word(),
            source: word(),
            dest: word(),
            length: word(),
            stride: word(),
            next: word(),
            reserved: [word(), word()],
        }
    }

    /// The six words that mean something.
    pub(crate) const fn shown(&self) -> [u32; 6] {
        [self.ti, self.source, self.dest, self.length, self.stride, self.next]
    }
}

/// A block being executed.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) address: u32,
    /// TI as this kind of channel takes it: bits it does not have are 0.
    pub(crate) ti: u32,
    row: u32,
    pub(crate) rows_left: u32,
    pub(crate) to_read: u32,
    pub(crate) to_write: u32,
    source_stride: u32,
    dest_stride: u32,
    /// Bytes read, over all rows.
    pub(crate) read: u32,
    /// Read and not yet written, oldest first.
    pub(crate) fifo: Vec<u8>,
}

impl Block {
    pub(crate) fn new(address: u32, words: &Words, kind: Kind) -> Self {
        let missing = match kind {
            Kind::Lite => ti::TDMODE | ti::SRC_IGNORE | ti::DEST_IGNORE | ti::NO_WIDE_BURSTS,
            _ => 0,
        };
        let info = words.ti & !missing;
        let (row, rows_left) = match kind {
            Kind::Lite => (words.length & LENGTH_LITE, 1),
            // YLENGTH is the number of rows less one (Linux `bcm2708_fb.c`, against p. 53).
            _ if info & ti::TDMODE != 0 => {
                (words.length & 0xFFFF, ((words.length >> 16) & YLENGTH) + 1)
            }
            _ => (words.length & LENGTH_FULL, 1),
        };
        let two_d = info & ti::TDMODE != 0;
        let [source_stride, dest_stride] = if two_d { strides(words.stride) } else { [0, 0] };
        Self {
            address,
            ti: info,
            row,
            rows_left: if row == 0 { 0 } else { rows_left },
            to_read: row,
            to_write: row,
            source_stride,
            dest_stride,
            read: 0,
            fifo: Vec::new(),
        }
    }

    /// A block whose bytes are all out, to look at once more when a response has come.
    pub(crate) const fn finished(other: &Self) -> Self {
        Self {
            address: other.address,
            ti: other.ti,
            row: 0,
            rows_left: 0,
            to_read: 0,
            to_write: 0,
            source_stride: 0,
            dest_stride: 0,
            read: other.read,
            fifo: Vec::new(),
        }
    }

    pub(crate) const fn has(&self, bits: u32) -> bool {
        self.ti & bits != 0
    }

    /// The `BURST_LENGTH` field plus one, in beats.
    pub(crate) const fn beats(&self) -> u32 {
        ((self.ti & ti::BURST) >> ti::BURST_SHIFT) + 1
    }

    pub(crate) const fn permap(&self) -> u32 {
        (self.ti & ti::PERMAP) >> ti::PERMAP_SHIFT
    }

    pub(crate) const fn waits(&self) -> u32 {
        (self.ti & ti::WAITS) >> ti::WAITS_SHIFT
    }

    /// The row is written: the strides to add to source and destination before the next.
    pub(crate) fn next_row(&mut self) -> [u32; 2] {
        self.rows_left = self.rows_left.saturating_sub(1);
        if self.rows_left > 0 {
            self.to_read = self.row;
            self.to_write = self.row;
        }
        [self.source_stride, self.dest_stride]
    }

    /// `TXFR_LEN` as it reads: what is left to be written (p. 53).
    pub(crate) const fn length_left(&self) -> u32 {
        if self.has(ti::TDMODE) {
            (self.rows_left.saturating_sub(1) << 16) | self.to_write
        } else {
            self.to_write
        }
    }
}

/// `S_STRIDE` (15:0) and `D_STRIDE` (31:16), signed 16-bit, widened; p. 54.
pub(crate) fn strides(stride: u32) -> [u32; 2] {
    let [a, b, c, d] = stride.to_le_bytes();
    [i16::from_le_bytes([a, b]), i16::from_le_bytes([c, d])]
        .map(|half| i32::from(half).cast_unsigned())
}
