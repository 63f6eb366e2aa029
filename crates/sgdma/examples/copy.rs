//! A copy between two scatterlists that are cut differently: map, plan, look at the plan, run, unmap.
//!
//! `cargo run -p sgdma --features alloc --example copy`
//!
//! | here | Linux |
//! | --- | --- |
//! | `SgTable::push` | `sg_init_table`, `sg_set_buf` |
//! | `table.map(ToDevice, …)` | `dma_map_sgtable(…, DMA_TO_DEVICE)` |
//! | `engine.request` | `dma_request_chan` |
//! | `frame.copy` | `device_prep_dma_sg`, until 4.14 |
//! | `channel.run` | `dmaengine_submit`, `dma_async_issue_pending`, `wait_for_completion_timeout` |
//! | `unmap` | `dma_unmap_sgtable` |
#![expect(clippy::unwrap_used, reason = "stands for what you do about a refusal")]

mod support;

use core::time::Duration;

use sgdma::chain::disassemble;
use sgdma::engine::Need;
use sgdma::map::{FromDevice, ToDevice};
use sgdma::scatterlist::Equality;
use sgdma::sg_table::SgTable;

use support::{Machine, pattern};

pub(crate) fn main() {
    Machine::run(copy);
}

fn copy(machine: Machine<'_>) {
    let bytes = pattern(512);

    // The source: two pieces anywhere in memory. (Length, alignment, and how far behind that the buffer begins.)
    let (head, tail) = (machine.model.buffer(300, 64, 0), machine.model.buffer(212, 64, 0));
    let (front, rest) = bytes.split_at(300);
    head.copy_from_slice(front);
    tail.copy_from_slice(rest);
    let mut source = SgTable::growing();
    source.push(&*head).unwrap();
    source.push(&*tail).unwrap();

    // The destination: three pieces, of which only the first begins and ends where a cache line does.
    let mut destination = SgTable::growing();
    for (len, offset) in [(128, 0), (172, 0), (212, 24)] {
        destination.push(machine.model.buffer(len, 64, offset)).unwrap();
    }

    // Mapped, the memory is the engine's. It has bus addresses now and no bytes: who still held a `&mut` to it would not
    // get this past the compiler.
    let source = source.map(ToDevice, &machine.device()).unwrap();
    let destination = destination.map(FromDevice, &machine.device()).unwrap();
    // (Neighbours that touch each other are one segment from here on.)
    println!("source {source}\ndestination {destination}");

    // Planned: cut where either side is cut, verified by code that shares nothing with the planner, and copied to where
    // the engine will read it. Nothing runs yet. The limits are the channel's, so there must be one by now.
    let channel = machine.engine.request(Need::Any, "copy").unwrap();
    let frame = machine.frame();
    let mut copy = frame.copy(source, destination, &channel.constraints()).unwrap();
    let counts = copy.counts();
    println!("plan for {} ({}): {} blocks", channel.id(), channel.kind(), counts.blocks);
    for line in disassemble(copy.blocks(), copy.chain()) {
        println!("  {line}");
    }

    // An edge is a part of a cache line whose rest is somebody else's. The engine writes it to a slot in coherent memory,
    // and the CPU puts it into its place afterwards: so the neighbours are never harmed, whatever they do meanwhile.
    println!("{} of {} bytes go through slots:", counts.edge_bytes, counts.bytes);
    for edge in copy.edges() {
        println!("  {} bytes at offset {} by slot byte {}", edge.len, edge.offset, edge.slot);
    }

    // Run, asleep until the interrupt; at the deadline it would be taken back from the engine.
    channel.run(&mut copy, Duration::from_millis(10)).unwrap();

    // The frame can be used for the next one, and the tables are the CPU's again.
    let (_frame, source, destination) = copy.into_parts();
    let (_source, destination) = (source.unmap(), destination.unmap());
    assert_eq!(destination.bytes().equals(&bytes), Equality::Equal);
    println!("{} bytes are where they belong", destination.total_len());
}
