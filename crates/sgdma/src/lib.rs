//! Scatter/gather DMA for the BCM2837 (Raspberry Pi 3).
//!
//! A transfer begins with memory in pieces and ends with the same memory, moved. On the way it changes its type, so that
//! each wrong order is a compile error:
//!
//! ```text
//!  &mut [u8] …        memory, wherever it lies             the CPU's
//!    │ push
//!  SgTable            pieces in order                      the CPU's        sg_table, scatterlist, buffer
//!    │ map            bus addresses, cache handed over
//!  Mapped             segments, no bytes                   the engine's     map, address_map, ledger
//!    │ Frame::copy    lowered into control blocks, verified
//!  Prepared           a chain in coherent memory           the engine's     frame, lower, chain, coherence
//!    │ run · submit · scope
//!  InFlight           a channel has it                     the engine's     channel, engine, transfer
//!    │ wait · .await
//!  Prepared           done; into_parts gives both sides back
//!    │ unmap          or sync_for_cpu, look, sync_for_device, and again
//!  SgTable            the CPU reads what the engine wrote  the CPU's
//! ```
//!
//! # A whole transfer
//! Two pieces of a text become three, on a laptop: the crate `dma-model` plays the machine, engine, cache and all, and
//! would say what this code does wrong. In the firmware the platform is the Pi, and the rest is the same. (`unwrap` stands
//! for what you do about a refusal; each one hands back what went in.)
//!
//! ```
//! use core::{ptr::NonNull, time::Duration};
//!
//! use dma_model::{Model, Profile};
//! use sgdma::address::CpuSpan;
//! use sgdma::buffer::{CoherentRegion, Entry};
//! use sgdma::coherence::{Node, Pool};
//! use sgdma::control_block::ControlBlock;
//! use sgdma::engine::{Engine, Need};
//! use sgdma::frame::Frame;
//! use sgdma::lower::Edge;
//! use sgdma::map::{Device, FromDevice, ToDevice};
//! use sgdma::platform::{Access, AddressMap};
//! use sgdma::scatterlist::Equality;
//! use sgdma::sg_table::SgTable;
//!
//! // The machine: a platform, some coherent memory, an engine, and an interrupt handler that calls it.
//! let machine = Model::new(Profile::Hardware, 1);
//! let memory = machine.coherent_memory();
//! let bus = machine.bus_address(machine.coherent_span(), Access::Write).unwrap();
//! let start = NonNull::new(memory.cast::<u8>()).unwrap();
//! // The machine's coherent memory, which nobody else uses.
//! let region = unsafe { CoherentRegion::new(start, 32 << 10, bus) };
//! let mut books = [const { Node::empty() }; Pool::nodes_for(32 << 10)];
//! let pool = Pool::new(region, &mut books).unwrap();
//! let engine = Engine::new(&machine, machine.mask());
//! machine.serving(&|_, _| engine.interrupt_shared(0x7FFF), || {
//!     // Memory that no one has prepared for DMA: any address, neighbours in the same cache line.
//!     let text = machine.buffer(11, 64, 3);
//!     text.copy_from_slice(b"hello world");
//!     let (hello, world) = text.split_at(6);
//!     let target = machine.buffer(40, 64, 13);
//!     let (front, rest) = target.split_at_mut(4);
//!     let (middle, back) = rest[2..].split_at_mut(5);
//!
//!     // Scatterlists: the same bytes, cut in different ways.
//!     let (mut from, mut to) = ([Entry::EMPTY; 2], [Entry::EMPTY; 3]);
//!     let mut source = SgTable::new(&mut from);
//!     source.push(hello).unwrap();
//!     source.push(world).unwrap();
//!     let mut destination = SgTable::new(&mut to);
//!     destination.push(front).unwrap();
//!     destination.push(middle).unwrap();
//!     destination.push(&mut back[..2]).unwrap();
//!
//!     // Mapped, the memory is the engine's: it has bus addresses now, and no bytes.
//!     let device = Device::new(&machine);
//!     let source = source.map(ToDevice, &device).unwrap();
//!     let destination = destination.map(FromDevice, &device).unwrap();
//!
//!     // Lowered: control blocks for the channel, every one verified, copied to where the engine reads them.
//!     let channel = engine.request(Need::Any, "example").unwrap();
//!     let (mut blocks, mut edges) = ([ControlBlock::default(); 16], [Edge::default(); 8]);
//!     let frame = Frame::lent(&pool, &mut blocks, &mut edges, 1024).unwrap();
//!     let mut copy = frame.copy(source, destination, &channel.constraints()).unwrap();
//!
//!     // Run, and asleep until the interrupt says that it is done.
//!     channel.run(&mut copy, Duration::from_millis(10)).unwrap();
//!
//!     // Unmapped, it is the CPU's again.
//!     let (_frame, _source, destination) = copy.into_parts();
//!     assert_eq!(destination.unmap().bytes().equals(b"hello world"), Equality::Equal);
//! });
//! machine.finish(); // panics if the driver broke a rule of the chip
//! ```
//!
//! # More
//! Each of these runs on the model, prints what happened, and is commented for who has never seen the crate. From the
//! repository: `cargo run -p sgdma --features alloc --example copy`, or
//! - `copy`: two lists cut differently, the plan that comes of them, and what happens at the edges;
//! - `queue`: several transfers on one channel; callback, `.await`, timeout, residue, cancel;
//! - `device`: into a FIFO that a DREQ paces, and back from one;
//! - `ring`: what a device receives, read period by period while it goes round;
//! - `failure`: a bus error, where it was, everything back, and the next try.
//!
//! # What is where
//! | module | what it knows | Linux |
//! | --- | --- | --- |
//! | [`buffer`], [`sg_table`], [`scatterlist`] | memory in pieces, as the CPU sees it | `scatterlist.h` |
//! | [`address`], [`address_map`], [`segment`] | physical, bus and CPU addresses; what is closed to the engine | `dma_addr_t`, `dma-ranges` |
//! | [`map`], [`ledger`] | memory that changes hands; who has it | `dma_map_sgtable`, `DMA_API_DEBUG` |
//! | [`coherence`] | memory that both see alike | `dma_alloc_coherent`, `dma_pool` |
//! | [`frame`] | where a prepared transfer lives; its methods prepare one: copy, fill, device, ring, rectangle | `dmaengine_prep_…`, `struct dma_async_tx_descriptor` |
//! | [`constraints`], [`lower`] | from segments to control blocks: every limit of the chip | `bcm2835-dma.c` |
//! | [`control_block`], [`register`], [`chain`] | the words themselves, a second opinion on them, their print | |
//! | [`engine`], [`channel`], [`transfer`], [`scope`] | channels, interrupts, errors, recovery | `dmaengine` |
//! | `executor` | a future run to its end, asleep in between (feature `alloc`) | `wait_for_completion` |
//! | [`rejected`] | the shape of a refusal: the reason, and what was handed in | |
//! | [`timing`] | how long it should take | |
//! | [`platform`] | what a machine must give: five traits | |
//!
//! # Promises
//! - No `unsafe` in what a driver author writes, but for the [`CoherentRegion`](buffer::CoherentRegion) and the platform.
//! - No memory is freed or read while the engine may write it, whatever is dropped or forgotten.
//! - Nothing outside the destination is written: what shares a cache line with a neighbour goes through a slot.
//! - No panic that input can cause, no wait without an end, no allocation once a [`Frame`](frame::Frame) is made.
//! - Feature `alloc` adds tables that grow, buffers that own their cache lines, frames of their own memory. Without it the
//!   crate needs no heap. Feature `ledger`, which is on unless `default-features = false`, lets mappings be recorded
//!   (`map::Device::with_ledger`). Feature `small` is for size: every list and every run goes the general way, 15 kB less and
//!   several times the instructions.
#![no_std]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod address;
pub mod address_map;
#[expect(
    unsafe_code,
    reason = "memory that two masters share is held by raw pointer, and touched here only"
)]
pub mod buffer;
pub mod chain;
pub mod channel;
pub mod coherence;
pub mod constraints;
pub mod control_block;
pub mod engine;
#[cfg(feature = "alloc")]
pub mod executor;
pub mod frame;
pub mod ledger;
pub mod lower;
pub mod map;
pub mod platform;
pub mod register;
pub mod rejected;
pub mod scatterlist;
pub mod scope;
pub mod segment;
pub mod sg_table;
pub mod timing;
pub mod transfer;
