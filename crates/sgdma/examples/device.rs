//! Memory to a device's FIFO and back from one, by two channels that the device paces: SPI 0 whose MISO is wired to its MOSI.
//!
//! `cargo run -p sgdma --features alloc --example device`
//!
//! | here | Linux |
//! | --- | --- |
//! | `DeviceFifo::new` | `dmaengine_slave_config` with `dst_addr` or `src_addr`; the DREQ is the cell in `dmas = <&dma 6>` |
//! | `frame.to_device` | `dmaengine_prep_slave_sg(…, DMA_MEM_TO_DEV, …)` |
//! | `frame.from_device` | `dmaengine_prep_slave_sg(…, DMA_DEV_TO_MEM, …)` |
#![expect(clippy::unwrap_used, reason = "stands for what you do about a refusal")]

mod support;

use core::time::Duration;

use sgdma::address::BusAddr;
use sgdma::chain::disassemble;
use sgdma::constraints::{DeviceFifo, Dreq, Width};
use sgdma::engine::Need;
use sgdma::map::{FromDevice, ToDevice};
use sgdma::scatterlist::Equality;
use sgdma::sg_table::SgTable;

use support::{Machine, pattern};

/// The data register of SPI 0, as the engine sees it (the CPU finds it at `0x3F20_4004`). BCM2835 datasheet p. 152.
const FIFO: BusAddr = BusAddr::new(0x7E20_4004);
/// The signals by which it says that it has room, and that it has data. p. 61.
const SEND: u8 = 6;
const RECEIVE: u8 = 7;
const TIMEOUT: Duration = Duration::from_millis(10);

pub(crate) fn main() {
    Machine::run(there_and_back);
}

/// One register with what paces it. An address that is no peripheral's is an error here, and so is a device that could be
/// told to write to memory by itself (USB, this engine, …): for those there is an `unsafe` way.
fn spi(dreq: u8) -> DeviceFifo {
    DeviceFifo::new(FIFO, Dreq::new(dreq).unwrap(), Width::Bits32).unwrap()
}

fn there_and_back(machine: Machine<'_>) {
    // On the board you would set the device up first: clock, length, DMA enable. The model's runs as it is.
    let bytes = pattern(256);

    // A device takes whole words: pieces must begin at multiples of 4 and be as long. (`LowerError::Misaligned`)
    let (head, tail) = (machine.model.buffer(96, 64, 4), machine.model.buffer(160, 64, 0));
    let (front, rest) = bytes.split_at(96);
    head.copy_from_slice(front);
    tail.copy_from_slice(rest);
    let mut source = SgTable::growing();
    source.push(&*head).unwrap();
    source.push(&*tail).unwrap();
    let source = source.map(ToDevice, &machine.device()).unwrap();

    // In the middle of a cache line: edges work here as they do in a copy.
    let mut destination = SgTable::growing();
    destination.push(machine.model.buffer(256, 64, 8)).unwrap();
    let destination = destination.map(FromDevice, &machine.device()).unwrap();

    // One channel for each way. The limits are those of a device: words, no bursts.
    let sender = machine.engine.request(Need::Any, "spi out").unwrap();
    let receiver = machine.engine.request(Need::Any, "spi in").unwrap();
    let limits = sender.device_constraints();
    let out = machine.frame().to_device(source, spi(SEND), &limits).unwrap();
    let limits = receiver.device_constraints();
    let back = machine.frame().from_device(spi(RECEIVE), destination, &limits).unwrap();
    println!("out by {}, back by {}:", sender.id(), receiver.id());
    let out_lines = disassemble(out.blocks(), out.chain());
    for line in out_lines.chain(disassemble(back.blocks(), back.chain())) {
        println!("  {line}");
    }

    // Both at once, each as fast as the device lets it. The receiver first: what comes in waits for nobody.
    let back = machine.engine.scope(|scope| {
        let back = scope.submit(&receiver, back).unwrap();
        let out = scope.submit(&sender, out).unwrap();
        receiver.issue_pending();
        sender.issue_pending();
        machine.model.run(500); // The model: time passes.
        println!("on the way: {} bytes to send, {} to receive", out.residue(), back.residue());
        // A device that says nothing ends here, as a timeout, not in a hang.
        out.wait(TIMEOUT).unwrap();
        back.wait(TIMEOUT).unwrap()
    });

    let (_, _, destination) = back.into_parts();
    assert_eq!(destination.unmap().bytes().equals(&bytes), Equality::Equal);
    println!("{} bytes came back as they were sent", bytes.len());
}
