//! What the VideoCore's firmware tells about the board.

use bcm2837::clock::Clock;
use bcm2837::dma::ChannelMask;
use bcm2837::mailbox::{Message, Tag};
use bcm2837::revision::Revision;

use super::{mailbox, memory_map};

/// What the boot needs, asked once, before the MMU is on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Which board.
    pub(crate) revision: Revision,
    /// One past the ARM's memory.
    pub(crate) ram_end: usize,
    /// The VideoCore's memory: first byte and bytes.
    pub(crate) vc_memory: [u32; 2],
    /// The PL011's reference clock, in Hz.
    pub(crate) uart_clock: u32,
    /// The clock of the buses and the DMA engine, in Hz.
    pub(crate) core_clock: u32,
    /// The clock of the ARM cores, in Hz.
    pub(crate) arm_clock: u32,
    /// What the firmware answered to the question for DMA channels.
    pub(crate) dma_answer: Option<u32>,
    /// What is made of it.
    pub(crate) dma_channels: ChannelMask,
}

/// The reference clock that `config.txt` asks for, taken where the firmware does not tell.
const UART_CLOCK: u32 = 48_000_000;

const QUESTIONS: [Tag; 7] = [
    Tag::BoardRevision,
    Tag::ArmMemory,
    Tag::VcMemory,
    Tag::ClockRate(Clock::Uart),
    Tag::ClockRate(Clock::Core),
    Tag::ClockRate(Clock::Arm),
    Tag::DmaChannels,
];

/// Asks everything at once. What is not answered gets the value that is safe on every board.
pub(crate) fn ask() -> Facts {
    let message = Message::<48>::new(&QUESTIONS).and_then(|mut message| {
        mailbox::call(&mut message)?;
        Ok(message)
    });
    let word = |tag| message.as_ref().ok().and_then(|message| message.word(tag).ok());
    let pair = |tag| message.as_ref().ok().and_then(|message| message.pair(tag).ok());
    let rate = |clock| pair(Tag::ClockRate(clock)).map(|[_, hz]| hz).filter(|hz| *hz != 0);
    let dma_answer = word(Tag::DmaChannels);
    Facts {
        revision: Revision(word(Tag::BoardRevision).unwrap_or(0)),
        ram_end: pair(Tag::ArmMemory).and_then(end_of).unwrap_or(memory_map::RAM_FALLBACK),
        vc_memory: pair(Tag::VcMemory).unwrap_or([0, 0]),
        uart_clock: rate(Clock::Uart).unwrap_or(UART_CLOCK),
        core_clock: rate(Clock::Core).unwrap_or(0),
        arm_clock: rate(Clock::Arm).unwrap_or(0),
        dma_answer,
        dma_channels: ChannelMask::from_firmware(dma_answer),
    }
}

fn end_of([start, bytes]: [u32; 2]) -> Option<usize> {
    let end = start.checked_add(bytes).filter(|_| bytes != 0)?;
    usize::try_from(end).ok()
}
