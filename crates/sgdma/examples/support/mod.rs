//! What the examples stand on: a Raspberry Pi 3's DMA engine, played by the crate `dma-model` on your laptop.
//!
//! In firmware this file is yours: [`Model`] is then the type on which you implement the five traits of
//! [`sgdma::platform`] (registers, address map, cache, clock, sleep), and `examples/minimal` of the repository shows it
//! whole. Everything the examples themselves do is the same on the board, but for the lines that say "the model".
#![cfg_attr(
    not(test),
    expect(clippy::mod_module_files, reason = "a file beside the examples would be an example")
)]

use core::ptr::NonNull;

use dma_model::{Model, Profile};
use sgdma::buffer::CoherentRegion;
use sgdma::coherence::{Node, Pool};
use sgdma::engine::Engine;
use sgdma::frame::{Frame, FrameSize};
use sgdma::map::Device;
use sgdma::platform::{Access, AddressMap};

/// What a driver is handed at its start.
#[derive(Clone, Copy)]
pub(crate) struct Machine<'a> {
    /// The platform. `model.buffer(len, align, offset)` is cached memory, as from the heap.
    pub(crate) model: &'a Model,
    /// Memory that CPU and engine see alike (`dma_alloc_coherent`).
    pub(crate) pool: &'a Pool<'a>,
    /// The channels (`struct dma_device`).
    pub(crate) engine: &'a Engine<&'a Model>,
}

impl<'a> Machine<'a> {
    /// Switches a machine on, does the work on it, and has it judged: this panics if the chip's rules were broken.
    pub(crate) fn run(work: impl for<'m> FnOnce(Machine<'m>)) {
        // What the datasheet leaves open the model decides by a seed; this one is as good as any.
        let model = Model::new(Profile::Hardware, 1);
        let memory = model.coherent_memory();
        let (start, len) =
            (NonNull::new(memory.cast()).unwrap(), u32::try_from(memory.len()).unwrap());
        let bus = model.bus_address(model.coherent_span(), Access::Write).unwrap();
        // SAFETY: the model's coherent memory, as much as there is of it, which nobody else uses.
        let region = unsafe { CoherentRegion::new(start, len, bus) };
        let mut books: Vec<Node> = (0..Pool::nodes_for(len)).map(|_| Node::empty()).collect();
        let pool = Pool::new(region, &mut books).unwrap();
        // The channels that the firmware leaves to us: a mask, on the board from the mailbox or the device tree.
        let engine = Engine::new(&model, model.mask());
        let machine = Machine { model: &model, pool: &pool, engine: &engine };
        // The interrupt handler is one call. It runs whenever the CPU sleeps.
        model.serving(&|_, pending| engine.interrupt_shared(pending.channels()), || work(machine));
        assert_eq!(pool.levels().buffers, 0, "all coherent memory was given back");
        model.finish();
    }

    /// What memory is mapped for (`struct device`, as the DMA API takes it).
    pub(crate) fn device(&self) -> Device<'a, Model> {
        Device::new(self.model)
    }

    /// Room for one prepared transfer: its control blocks, and slots for what shares a cache line with a neighbour. Make
    /// it once and use it again and again.
    pub(crate) fn frame(&self) -> Frame<'a> {
        Frame::new(self.pool, FrameSize { blocks: 16, edges: 8, slot_bytes: 1024 }).unwrap()
    }
}

/// Bytes by which each place can be told from its neighbours.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}
