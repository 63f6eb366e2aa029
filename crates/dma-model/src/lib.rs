//! A strict model of the BCM2835 DMA controller, of the memory it shares with a CPU, and of that CPU's caches.
//!
//! It judges a driver on a laptop: the *shipped* driver, since [`Model`] implements the traits of `sgdma::platform`.
//! QEMU runs a whole chain inside one store, has no caches, no errors, no lite channels, and hangs on odd lengths and
//! rings; here all of that is as hard as the chip, or harder.
//!
//! ```
//! use dma_model::{Model, Profile};
//! use sgdma::address::CpuSpan;
//! use sgdma::platform::{Access, AddressMap, Coherence};
//!
//! let model = Model::new(Profile::Hardware, 42); // a machine is a value; 42 decides what the datasheet leaves open
//! let buffer = model.buffer(1000, 64, 4); // CPU memory, 4 bytes past a multiple of 64
//! let bus = model.bus_address(CpuSpan::of(buffer), Access::Write);
//! assert_eq!(bus.unwrap().get(), 0xC010_2004); // neither the CPU's address nor the physical one
//! model.clean_invalidate(CpuSpan::of(buffer));
//! model.barrier();
//! // … the driver under test runs …
//! model.finish(); // panics with every `Violation` and the register log that led to it
//! ```
//!
//! # What is modelled
//! - **Memory with two views.** The CPU's view is real memory of the process, the engine's a second copy; only
//!   maintenance moves bytes between them, in lines of 64 bytes. The engine's writes never show in the CPU's view until
//!   an invalidate, so a forgotten one is always seen; a dirty line that is invalidated is written back or dropped, by
//!   seed (the A53 does either: AMD UG643); a line dirtied over the engine's bytes is evicted at some moment of
//!   the seed's choice. At power-on every byte of the two views differs. Coherent memory has one view; what the CPU
//!   stored there after its last barrier the engine does not see.
//! - **The engine**: 16 channels, every register with its access type (p. 47-60), full, lite and channel-0
//!   limits, 2D, IGNORE, bursts, WAITS, DREQ-gated devices with FIFOs, `WAIT_RESP`, writes in flight, pause, ABORT,
//!   RESET, ENABLE. A step is one beat of every channel that runs, in an order of the seed's choice; every access to a
//!   register costs 0 to 3 steps, so that all intermediate states are seen.
//! - **Devices**: a UART-like sink and source (DREQ 12, 14), an SPI-like loopback (6, 7), a PWM-like pacer (5), the
//!   system timer's CLO, the pins' set and clear registers. SPI and PWM run by themselves until the CPU writes one of
//!   their registers; then as these say: enables, lengths, clock, pins, a wire from MOSI to MISO.
//! - **Interrupts**: one line for each of channels 0 to 10, one for 11 to 14, IRQ 28 for all; both pending banks, the
//!   summary and shortcut bits of the basic register. The handler runs while the CPU sleeps, in
//!   [`Model::deliver`], and with [`Model::preempt`] at any access to a register.
//! - **Time** passes with steps and accesses. While nothing can happen it jumps, so that every bounded wait ends.
//! - **Faults** by plan or by seed: [`Fault`].
//! - **The police**: [`Violation`] lists the sins. Each has a deliberate bug in `tests/bugs.rs` that it catches.
//!
//! The numbers of the datasheet are written down here a second time, with their pages; no number comes from `sgdma`.
//!
//! # Decisions where the datasheet is silent or wrong
//! | question | here |
//! | --- | --- |
//! | YLENGTH | rows less one, against p. 53 (Linux `bcm2708_fb.c`) |
//! | lite maximum | 65 535, against p. 64; more is a violation, and the field wraps |
//! | length 0 | a violation; moves nothing |
//! | `TXFR_LEN` while running | what has not been *written* yet; `SOURCE_AD` runs ahead with the reads. Paused and settled, it is exact |
//! | PAUSED at rest | reads 0 or 1, by seed and channel |
//! | after ACTIVE is cleared | up to three more beats; PAUSED reads 1 when they are over |
//! | ABORT | takes 1 to 8 steps; while a DREQ holds the engine it does not get through (raspberrypi/linux PR #5482); one time in four INT is set some steps later |
//! | RESET | writes on the bus still land, within microseconds; DEBUG's errors are cleared or not, by seed; the bit may read 1 a few times |
//! | NEXTCONBK while running | a violation; 0 is tolerated as the prelude to ABORT, but may come too late |
//! | `READ_ERROR` with ACTIVE written again | stops again at once until DEBUG is cleared; then goes on with the beat that failed |
//! | addresses where nothing is | a violation; a read fails or gives garbage, by seed; a write vanishes |
//! | other aliases of RAM | a violation; writes are never seen by the ARM, reads are garbage |
//! | a wide read of a source that does not advance | repeats after 16 or after 32 bytes, by seed (p. 51: "by 32") |
//! | `SRC_IGNORE` | no strobes: nothing is written (p. 51) |
//! | a burst too long for the FIFO | a violation; the burst is cut. (On the chip the bus may lock) |
//! | SPI in DMA mode | a loopback of words, by DLEN as Linux does it, without the header word of p. 158 |
//! | PWM's DREQ | high while the FIFO holds fewer words than the threshold in DMAC |
//! | a clock that is busy | stops and starts at once; changed while it runs it is counted as a glitch |
//!
//! What it cannot see: a CPU load, and a CPU store of the very bytes that are there already.
//!
//! # Where `Profile::Hardware` and QEMU differ
//! `Profile::Qemu` is compared with QEMU 7.2 and 10 by `tests/differential.rs`: every byte of memory and every register
//! after each random chain. Against it the hardware profile differs in:
//!
//! | what | QEMU (`hw/dma/bcm2835_dma.c`) | the chip | source |
//! | --- | --- | --- | --- |
//! | execution | inside the store to CS | asynchronous | the same, p. 38-64 |
//! | CS at the end | END, INT, PAUSED | END, INT; PAUSED not to be relied on | p. 49 |
//! | CS policy | DISDEBUG, WAIT, priorities stored, without effect | WAIT holds END until the last response | p. 48 |
//! | lengths | multiples of 4, or it hangs; linear 32 bits | bytes; 30 bits, lite 16 | p. 53, 57 |
//! | a ring | hangs | runs | the same, p. 38-64 |
//! | control block address | any, unrounded | rounded down to 32 | p. 40, 50 |
//! | DEBUG | plain storage, 0 | W1C errors, LITE, VERSION 2 | p. 54-58 |
//! | errors | none; holes read 0 | `READ_ERROR` stops | p. 63 |
//! | lite | as full | no 2D, no IGNORE, 16 bits | p. 64 |
//! | `SRC_IGNORE` | writes zeros | writes nothing | p. 51 |
//! | DREQ, bursts, widths, WAITS, `WAIT_RESP` | ignored | honoured | p. 51-52, 61 |
//! | pause, ABORT, NEXTCONBK | nothing happens | work | p. 48, 54 |
//! | RESET | clears CS and `CONBLK_AD`; INT_STATUS and the line stay | clears the channel | the same, p. 38-64 |
//! | ENABLE off | ACTIVE sticks; on again does not start | the channel stands still and goes on | p. 60 |
//! | ENABLE | 16 bits | 15 bits | p. 59-60 |
//! | 2D `TXFR_LEN` at the end | 0x0001_0000 | 0 | the same, p. 38-64 |
//! | aliases of RAM | all the same | only `0xC…` is the ARM's | raspberrypi/linux #3602 |
//! | basic pending | bit 8 for every source | not for those with a shortcut | p. 114; Linux `irq-bcm2835.c` |
//! | IRQ 28 | not there | any channel | Linux `bcm2835-common.dtsi`; raspberrypi/linux #1108 |
//! | caches, barriers | none | both | A53 TRM ch. 6; Arm ARM B2 |
#![deny(unsafe_code)]

mod datasheet;
mod device;
mod engine;
mod fault;
mod interrupt;
mod memory;
mod model;
mod peripheral;
mod platform;
mod police;
mod profile;
mod trace;
mod world;

pub use fault::{Fault, Occurs};
pub use interrupt::Pending;
pub use memory::{Layout, Region, Window};
pub use model::{Builder, Handler, Model, Unmasked};
pub use peripheral::Edge;
pub use police::Violation;
pub use profile::Profile;
pub use trace::{Entry, Event, Trace};
