//! What the boot learns from the firmware, and what it decides by it. Pure, so that every board's answers can be replayed.

use core::ops::Range;

use crate::bus;
use crate::clock::Clock;
use crate::device_tree::DeviceTree;
use crate::dma::ChannelMask;
use crate::mailbox::{Message, Tag};
use crate::revision::Revision;

/// Taken for the ARM's memory where the firmware does not tell: what every board has.
pub const RAM_FALLBACK: usize = 256 << 20;
/// The reference clock that `config.txt` asks for, taken where the firmware does not tell.
pub const UART_CLOCK: u32 = 48_000_000;

/// The heap ends here at the latest: enough for every demonstration, few enough blocks to map at boot.
const HEAP_MAX: usize = 64 << 20;
/// Below this the board is not one of ours, or the answer is wrong.
const HEAP_MIN: usize = 2 << 20;
/// The heap is whole blocks of the page tables' second level.
const BLOCK: usize = 2 << 20;

/// What the boot needs, asked once.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Which board.
    pub revision: Revision,
    /// One past the ARM's memory, as the firmware tells it.
    pub ram_answer: Option<usize>,
    /// What is made of it.
    pub ram_end: usize,
    /// The VideoCore's memory: first byte and bytes.
    pub vc_memory: [u32; 2],
    /// The PL011's reference clock, in Hz; never 0.
    pub uart_clock: u32,
    /// The clock of the buses and the DMA engine, in Hz; 0 where it is not told.
    pub core_clock: u32,
    /// The clock of the ARM cores, in Hz; 0 where it is not told.
    pub arm_clock: u32,
    /// What the firmware answered to the question for DMA channels.
    pub dma_answer: Option<u32>,
    /// What is made of it.
    pub dma_channels: ChannelMask,
}

impl Facts {
    /// What is asked.
    pub const QUESTIONS: [Tag; 7] = [
        Tag::BoardRevision,
        Tag::ArmMemory,
        Tag::VcMemory,
        Tag::ClockRate(Clock::Uart),
        Tag::ClockRate(Clock::Core),
        Tag::ClockRate(Clock::Arm),
        Tag::DmaChannels,
    ];

    /// From the answered message; `None` where there was no answer at all. What is not answered gets the value that is
    /// safe on every board.
    pub fn from_answers<const WORDS: usize>(message: Option<&Message<WORDS>>) -> Self {
        let word = |tag| message.and_then(|message| message.word(tag).ok());
        let pair = |tag| message.and_then(|message| message.pair(tag).ok());
        let rate = |clock| pair(Tag::ClockRate(clock)).map(|[_, hz]| hz).filter(|hz| *hz != 0);
        let dma_answer = word(Tag::DmaChannels);
        let ram_answer = pair(Tag::ArmMemory).and_then(end_of);
        Self {
            revision: Revision(word(Tag::BoardRevision).unwrap_or(0)),
            ram_answer,
            ram_end: ram_answer.unwrap_or(RAM_FALLBACK),
            vc_memory: pair(Tag::VcMemory).unwrap_or([0, 0]),
            uart_clock: rate(Clock::Uart).unwrap_or(UART_CLOCK),
            core_clock: rate(Clock::Core).unwrap_or(0),
            arm_clock: rate(Clock::Arm).unwrap_or(0),
            dma_answer,
            dma_channels: ChannelMask::from_firmware(dma_answer),
        }
    }
}

impl Facts {
    /// The same with what the device tree tells, item by item:
    ///
    /// - memory: the lower end. What one of the two gives to the VideoCore is not ours; where only the tree tells, its end.
    /// - DMA channels: those of both, since a channel that either keeps back may be in use; where that leaves none, or only
    ///   one tells, the one's.
    /// - the board, its clocks, its serial number: the firmware's, which are the chip's own; the tree is a file on a card that
    ///   may have been in another board.
    #[must_use]
    pub fn with_device_tree(self, tree: &DeviceTree<'_>) -> Self {
        let lower = |end: usize| self.ram_answer.map_or(end, |answer| answer.min(end));
        let ram_end = tree.ram_end.map_or(self.ram_end, lower);
        let dma_channels = match (self.dma_answer, tree.dma_channels) {
            (Some(answer), Some(mask)) if ChannelMask::usable(answer & mask) != 0 => {
                ChannelMask::from_firmware(Some(answer & mask))
            }
            (None, Some(mask)) => ChannelMask::from_firmware(Some(mask)),
            _ => self.dma_channels,
        };
        Self { ram_end, dma_channels, ..self }
    }
}

fn end_of([start, bytes]: [u32; 2]) -> Option<usize> {
    let end = start.checked_add(bytes).filter(|_| bytes != 0)?;
    usize::try_from(end).ok()
}

/// There is no room for the smallest heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLittleMemory {
    /// Where the ARM's memory ends.
    pub ram_end: usize,
}

/// The heap from `start` on: below `ram_end` and the peripherals, below a device tree that lies in its way, and no more
/// than 64 MiB; in whole blocks of 2 MiB.
///
/// # Errors
/// Not even one block is left.
///
/// ```
/// let heap = bcm2837::facts::heap(0x40_0000, 0x1C00_0000, None); // 512 MiB, 64 of them the VideoCore's
/// assert_eq!(heap, Ok(0x40_0000..0x440_0000));
/// ```
pub fn heap(
    start: usize,
    ram_end: usize,
    device_tree: Option<&Range<usize>>,
) -> Result<Range<usize>, TooLittleMemory> {
    let limit = start.saturating_add(HEAP_MAX);
    let mut end = ram_end.min(bus::RAM_END as usize).min(limit);
    if let Some(blob) = device_tree
        && blob.start >= start
    {
        end = end.min(blob.start);
    }
    let end = end & !(BLOCK - 1);
    if end < start.saturating_add(HEAP_MIN) {
        Err(TooLittleMemory { ram_end })
    } else {
        Ok(start..end)
    }
}
