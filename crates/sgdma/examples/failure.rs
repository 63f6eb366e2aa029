//! A bus error in the middle of a transfer: what is said about it, that everything comes back, and that the channel goes on.
//!
//! `cargo run -p sgdma --features alloc --example failure`
//!
//! Linux tells a driver `DMA_ERROR`, and by `callback_result` whether a read or a write failed and what is left. Here an error
//! has a kind, a place in your lists and a residue; the channel is reset before you hear of it; and the memory is yours again
//! only when the engine has let go of it.
#![expect(clippy::unwrap_used, reason = "stands for what you do about a refusal")]

mod support;

use core::time::Duration;

use dma_model::{Fault, Occurs};
use sgdma::engine::{FaultKind, Need};
use sgdma::map::{FromDevice, ToDevice};
use sgdma::scatterlist::Equality;
use sgdma::sg_table::SgTable;

use support::{Machine, pattern};

const TIMEOUT: Duration = Duration::from_millis(10);

pub(crate) fn main() {
    Machine::run(failure);
}

fn failure(machine: Machine<'_>) {
    let channel = machine.engine.request(Need::Any, "failure").unwrap();
    let bytes = pattern(512);
    let (head, tail) = (machine.model.buffer(192, 64, 0), machine.model.buffer(320, 64, 16));
    let (front, rest) = bytes.split_at(192);
    head.copy_from_slice(front);
    tail.copy_from_slice(rest);
    let (mut source, mut destination) = (SgTable::growing(), SgTable::growing());
    source.push(&*head).unwrap();
    source.push(&*tail).unwrap();
    destination.push(machine.model.buffer(512, 64, 0)).unwrap();
    let source = source.map(ToDevice, &machine.device()).unwrap();
    let destination = destination.map(FromDevice, &machine.device()).unwrap();

    // In blocks of at most 128 bytes, so that there are some to fail.
    let limits = channel.constraints().with_max_segment(128).unwrap();
    let copy = machine.frame().copy(source, destination, &limits).unwrap();
    println!(
        "{} bytes in {} blocks on {}",
        copy.counts().bytes,
        copy.counts().blocks,
        channel.id()
    );

    // The model: the read of byte 64 of block 2 will be answered with an error, once. (The third block is the first of the
    // source's second entry.)
    let number = channel.id().number();
    let error = Fault::ReadError { channel: number, block: 2, byte: 64 };
    machine.model.plan(error, Occurs::Once);

    let mut copy = machine.engine.scope(|scope| {
        let flight = scope.submit(&channel, copy).unwrap();
        channel.issue_pending();
        let failed = flight.wait(TIMEOUT).unwrap_err();
        println!("failed: {failed}");

        // The same, for code. The registers are as they were before the channel was reset.
        let place = failed.place.unwrap();
        let source = place.source.unwrap();
        println!(
            "  kind {:?}, block {}, {} bytes not moved",
            failed.fault.kind, place.block, failed.residue
        );
        println!(
            "  DEBUG was {:#x}, CS {:#x}",
            failed.fault.registers.debug, failed.fault.registers.cs
        );
        assert_eq!((failed.fault.kind, place.block, source.entry), (FaultKind::Read, 2, 1));
        assert!(failed.residue > 0 && failed.residue <= 512 - 192);

        // What went in is back: frame, source and partly written destination. (`None` only from a channel that not even a
        // reset could stop; its memory must never be used again.)
        failed.payload.unwrap()
    });

    // A prepared transfer can be run again as it is. The channel is ready, and the error was a passing one.
    channel.run(&mut copy, TIMEOUT).unwrap();
    println!("run again: done");

    // Or have the interrupt handler do that, from the first block, up to so many times. Memory to memory only: what a device
    // was given it would be given twice, and the type of such a transfer has no `with_retries`.
    let mut copy = copy.with_retries(2);
    machine.model.plan(error, Occurs::Once);
    channel.run(&mut copy, TIMEOUT).unwrap();
    let counters = channel.info().counters;
    println!("with retries: the error came again, done after {} retry", counters.retries);
    assert_eq!((counters.retries, counters.failed, counters.completed), (1, 1, 2));

    let (_, _, destination) = copy.into_parts();
    assert_eq!(destination.unmap().bytes().equals(&bytes), Equality::Equal);
    println!("{} bytes are where they belong", bytes.len());
}
