//! The one engine and the one pool of this machine, for the library: made at boot, there for good.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bcm2837::dma::ChannelMask;
use critical_section::CriticalSection;
use sgdma::address::BusAddr;
use sgdma::buffer::CoherentRegion;
use sgdma::coherence::{AllocError, Node, Pool};
use sgdma::engine::Engine;
use sgdma::ledger::{Ledger, Slot};
use sgdma::platform::{Access, AddressMap};
use spin::Once;

use crate::board::dma::{self, Platform, Unfit};
use crate::board::{dma_pool, interrupt};

static ENGINE: Once<Engine<Platform>> = Once::new();
static POOL: Once<Pool<'static>> = Once::new();
/// Room for the main job, and for `/dmatest` on all channels at once. On the heap: an empty one is not all zeros, so that a
/// static would take 3 KiB of the image.
type Book = Ledger<[Slot; 128]>;

/// The engine and its coherent memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dma {
    /// The channels.
    pub(crate) engine: &'static Engine<Platform>,
    /// What control blocks and slots are in.
    pub(crate) pool: &'static Pool<'static>,
    /// Who mapped what.
    pub(crate) ledger: &'static Ledger,
}

/// Why there is no DMA on this machine.
#[derive(Clone, Debug)]
pub(crate) enum NoDma {
    /// Memory is not what it must be.
    Unfit(Unfit),
    /// The coherent memory does not make a pool.
    Pool(AllocError),
}

impl core::fmt::Display for NoDma {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Unfit(reason) => reason.fmt(f),
            Self::Pool(reason) => reason.fmt(f),
        }
    }
}

/// Checks the memory, makes pool and engine, and lets the channels' interrupts through.
///
/// # Errors
/// DMA is refused, and why.
pub(crate) fn open(channels: ChannelMask) -> Result<Dma, NoDma> {
    dma::check_memory().map_err(NoDma::Unfit)?;
    let pool = POOL.try_call_once(make_pool).map_err(NoDma::Pool)?;
    let engine = ENGINE.call_once(|| Engine::new(Platform, channels.bits()));
    dma::listen(channels);
    let ledger: &'static Book = Box::leak(Box::new(Book::new()));
    Ok(Dma { engine, pool, ledger })
}

fn make_pool() -> Result<Pool<'static>, AllocError> {
    let (start, len) = dma_pool::memory();
    let len = u32::try_from(len).map_err(|_| AllocError::Empty)?;
    let span = dma_pool::span();
    let bus = Platform
        .bus_address(span_of(&span).ok_or(AllocError::Empty)?, Access::Write)
        .unwrap_or(BusAddr::new(0));
    // SAFETY: the boot has checked that the region is mapped non-cacheable; the memory map gives it to nobody else, and
    // the `Once` asks for it once. RAM is initialised: any bits are bytes.
    let region = unsafe { CoherentRegion::new(start, len, bus) };
    let mut nodes = Vec::new();
    nodes.resize_with(Pool::nodes_for(len), Node::empty);
    Pool::new(region, nodes.leak())
}

fn span_of(range: &core::ops::Range<usize>) -> Option<sgdma::address::CpuSpan> {
    sgdma::address::CpuSpan::new(sgdma::address::CpuAddr::new(range.start), range.len())
}

/// `boot/vectors.S` calls this for an interrupt out of `EL1t`, with interrupts masked and on the exception stack.
#[unsafe(no_mangle)]
extern "C" fn interrupt_entry() {
    interrupt::take(|channel| {
        // SAFETY: the lines of the channels are let through in `open`, after the engine was made.
        let engine = unsafe { ENGINE.get_unchecked() };
        // SAFETY: interrupts stay masked on the only core that runs until this handler returns.
        let token = unsafe { CriticalSection::new() };
        if let Some(status) = engine.interrupt_quietly(token, channel) {
            engine.interrupt_at_length(channel, status);
        }
    });
}
