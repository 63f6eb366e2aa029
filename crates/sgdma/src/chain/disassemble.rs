//! Control blocks in words that a person can read.

use core::fmt;

use super::transfer::{Access, Interrupt, Mode, Pace, Pairing, Response, Step, Transfer, Work};
use crate::address::BusAddr;
use crate::constraints::Width;
use crate::control_block::ControlBlock;

/// A block and where it is. `{}` prints its meaning on one line, `{:#}` its eight words first.
///
/// ```
/// use sgdma::address::BusAddr;
/// use sgdma::chain::disassemble;
/// use sgdma::control_block::ControlBlock;
///
/// let words = [0x0000_1339, 0xC010_1000, 0xC010_2000, 0x400, 0, 0, 0, 0];
/// let blocks = [ControlBlock::from_words(words)];
/// let listing: Vec<_> =
///     disassemble(&blocks, BusAddr::new(0xC020_0000)).map(|line| line.to_string()).collect();
/// assert_eq!(
///     listing,
///     ["0xc0200000: 0xc0101000 → 0xc0102000  0x400 bytes  wide burst 2  WAIT_RESP INTEN  end"]
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Disassembled {
    /// The bus address of the block.
    pub address: BusAddr,
    /// The block.
    pub block: ControlBlock,
}

/// The blocks of a chain that begins at bus address `base`, one by one.
pub fn disassemble(
    blocks: &[ControlBlock],
    base: BusAddr,
) -> impl Iterator<Item = Disassembled> + '_ {
    let addresses = (0..).map(move |index: u32| base.get().wrapping_add(index.wrapping_mul(32)));
    blocks
        .iter()
        .zip(addresses)
        .map(|(&block, address)| Disassembled { address: BusAddr::new(address), block })
}

impl fmt::Display for Disassembled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.address)?;
        if f.alternate() {
            for word in self.block.words() {
                write!(f, " {word:08x}")?;
            }
            f.write_str(" ")?;
        }
        let block = &self.block;
        let Some(transfer) = Transfer::from_raw(block.ti) else {
            return write!(f, " TI {:#010x} has reserved bits set", block.ti);
        };
        sides(f, block, &transfer)?;
        size(f, block, &transfer)?;
        speed(f, &transfer)?;
        flags(f, &transfer)?;
        if block.reserved != [0, 0] {
            let [a, b] = block.reserved;
            write!(f, "  reserved {a:#010x} {b:#010x}")?;
        }
        match block.next() {
            Some(next) => write!(f, "  next {next}"),
            None => f.write_str("  end"),
        }
    }
}

/// ` 0xc0101000 → fixed 0x7e20c018`
fn sides(f: &mut fmt::Formatter<'_>, block: &ControlBlock, transfer: &Transfer) -> fmt::Result {
    let side =
        |f: &mut fmt::Formatter<'_>, access: Access, address: u32| match (access.work, access.step)
        {
            (Work::Ignored, _) => f.write_str(" nothing"),
            (Work::Done, Step::Fixed) => write!(f, " fixed {address:#010x}"),
            (Work::Done, Step::Increment) => write!(f, " {address:#010x}"),
        };
    side(f, transfer.source, block.source)?;
    f.write_str(" →")?;
    side(f, transfer.dest, block.dest)
}

/// `  0x400 bytes`, or `  0x40 bytes x 8 rows, strides +0 -16`
fn size(f: &mut fmt::Formatter<'_>, block: &ControlBlock, transfer: &Transfer) -> fmt::Result {
    if transfer.mode == Mode::Linear {
        write!(f, "  {:#x} bytes", block.len)?;
        if block.stride != 0 {
            write!(f, "  stride {:#010x} unused", block.stride)?;
        }
        return Ok(());
    }
    let (row, rows) = (block.len & 0xFFFF, (block.len >> 16).wrapping_add(1));
    let [s0, s1, d0, d1] = block.stride.to_le_bytes();
    let (source, dest) = (i16::from_le_bytes([s0, s1]), i16::from_le_bytes([d0, d1]));
    write!(f, "  {row:#x} bytes x {rows} rows, strides {source:+} {dest:+}")
}

/// `  wide burst 2  DREQ 5 gates writes`
fn speed(f: &mut fmt::Formatter<'_>, transfer: &Transfer) -> fmt::Result {
    f.write_str(match (transfer.source.width, transfer.dest.width) {
        (Width::Bits32, Width::Bits32) => "  32-bit",
        (Width::Bits128, Width::Bits128) => "  wide",
        (Width::Bits128, Width::Bits32) => "  wide reads, 32-bit writes",
        (Width::Bits32, Width::Bits128) => "  32-bit reads, wide writes",
    })?;
    if transfer.beats > 1 {
        write!(f, " burst {}", transfer.beats)?;
    }
    let gates = match (transfer.source.pace, transfer.dest.pace) {
        (Pace::Free, Pace::Free) if transfer.dreq.number() == 0 => return Ok(()),
        (Pace::Free, Pace::Free) => "nothing",
        (Pace::Gated, Pace::Free) => "reads",
        (Pace::Free, Pace::Gated) => "writes",
        (Pace::Gated, Pace::Gated) => "reads and writes",
    };
    write!(f, "  DREQ {} gates {gates}", transfer.dreq.number())
}

/// `  WAIT_RESP INTEN`
fn flags(f: &mut fmt::Formatter<'_>, transfer: &Transfer) -> fmt::Result {
    if transfer.waits != 0 {
        write!(f, "  {} waits", transfer.waits)?;
    }
    if transfer.pairing == Pairing::Single {
        f.write_str("  NO_WIDE_BURSTS")?;
    }
    f.write_str(match (transfer.response, transfer.interrupt) {
        (Response::Posted, Interrupt::None) => "",
        (Response::Awaited, Interrupt::None) => "  WAIT_RESP",
        (Response::Posted, Interrupt::AtEnd) => "  INTEN",
        (Response::Awaited, Interrupt::AtEnd) => "  WAIT_RESP INTEN",
    })
}
