//! A ring of words to registers, paced by a device that does nothing else: the classic way to make edges at pins.
//!
//! A register has no DREQ. So after each word that is written to one, another block writes a word into a FIFO that empties
//! at a known rate, when its DREQ says that there is room. The chain is the same on every kind of channel: 4 bytes a block.

use super::plan::{Counts, Plan, Storage};
use super::write::{Words, storage_fits};
use super::{End, LowerError};
use crate::address::BusAddr;
use crate::constraints::{Constraints, DeviceFifo, EngineKind};
use crate::control_block::ControlBlock;
use crate::register::ti;
use crate::segment::BusSegment;

/// Where the words of a paced ring go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paced {
    /// Word n of the list goes into the first where n is even, and into the second where it is odd.
    pub registers: [DeviceFifo; 2],
    /// After each word one goes into this FIFO, by its DREQ.
    pub pacer: DeviceFifo,
}

impl Paced {
    /// Where the block after `index` others writes.
    fn target(&self, index: usize) -> DeviceFifo {
        let [even, odd] = self.registers;
        match index % 4 {
            0 => even,
            2 => odd,
            _ => self.pacer,
        }
    }
}

/// The words of the list into both registers in turn, a word into the pacer after each, again and again. The last block
/// interrupts: once a lap. The bytes of the plan are those that the engine moves: eight a word, four into a register and
/// four into the pacer.
///
/// # Errors
/// [`LowerError::RingOnEmulated`]; [`LowerError::Period`] where the list is no whole number of pairs of words;
/// [`LowerError::Misaligned`], [`LowerError::OutsideWindow`], [`LowerError::ZeroLength`], [`LowerError::Empty`],
/// [`LowerError::Storage`], [`LowerError::TooManyBlocks`]: two blocks a word.
pub fn ring_paced<'a, S>(
    source: S,
    devices: &Paced,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    S: Iterator<Item = BusSegment>,
{
    if limits.engine() == EngineKind::Emulated {
        return Err(LowerError::RingOnEmulated);
    }
    if !storage_fits(&storage) {
        return Err(LowerError::Storage { chain: storage.chain, slots: storage.slots });
    }
    let Storage { blocks: room, chain, .. } = storage;
    let (mut count, mut next) = (0_usize, chain.get());
    for (entry, segment) in source.enumerate() {
        for word in words(entry, segment, limits)? {
            for _ in 0..2 {
                next = next.wrapping_add(ControlBlock::SIZE);
                if let Some(block) = room.get_mut(count) {
                    *block = write(word, devices.target(count), next);
                }
                count += 1;
            }
        }
    }
    let bytes = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(4);
    let capacity = room.len();
    let blocks = room.get_mut(..count);
    let blocks = blocks.ok_or(LowerError::TooManyBlocks { needed: count, capacity })?;
    let last = blocks.last_mut().ok_or(LowerError::Empty)?;
    if !count.is_multiple_of(4) {
        return Err(LowerError::Period { period: 8, total: bytes / 2 });
    }
    last.ti |= ti::INTEN;
    last.next = chain.get();
    let counts = Counts { blocks: count, bytes, ..Counts::default() };
    Ok(Plan { blocks, edges: &[], chain, counts })
}

/// The addresses of an entry's words.
fn words(
    entry: usize,
    segment: BusSegment,
    limits: &Constraints,
) -> Result<impl Iterator<Item = u32> + use<>, LowerError> {
    let (end, BusSegment { addr, len }) = (End::Source, segment);
    if len == 0 {
        return Err(LowerError::ZeroLength { end, entry });
    }
    let window = limits.window();
    if !window.contains(segment) {
        return Err(LowerError::OutsideWindow { end, entry, segment, window });
    }
    if !addr.is_aligned(4) || !len.is_multiple_of(4) {
        return Err(LowerError::Misaligned { end, entry, addr, len });
    }
    Ok((0..len / 4).map(move |word| addr.get().wrapping_add(4 * word)))
}

fn write(word: u32, device: DeviceFifo, next: u32) -> ControlBlock {
    let (ti, dest) = (Words::to_device(device).word(), BusAddr::get(device.address()));
    ControlBlock { ti, source: word, dest, len: 4, stride: 0, next, reserved: [0; 2] }
}
