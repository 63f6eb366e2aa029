//! A ring: what a device receives goes round and round in memory, and is read period by period while it does.
//!
//! `cargo run -p sgdma --features alloc --example ring`
//!
//! | here | Linux |
//! | --- | --- |
//! | `pool.alloc` | `dma_alloc_coherent` |
//! | `frame.ring_from_device` | `dmaengine_prep_dma_cyclic(…, DMA_DEV_TO_MEM, …)` |
//! | `flight.interrupts` | what you would count in the period callback |
//! | `flight.residue` | `dmaengine_tx_status`: where a PCM's pointer is |
//! | `flight.cancel` | `dmaengine_terminate_sync` |
#![expect(clippy::unwrap_used, reason = "stands for what you do about a refusal")]

mod support;

use core::time::Duration;

use sgdma::address::BusAddr;
use sgdma::constraints::{DeviceFifo, Dreq, Width};
use sgdma::engine::{FaultKind, Need};
use sgdma::map::FromDevice;
use sgdma::sg_table::SgTable;

use support::{Machine, pattern};

/// The data register of the UART, as the engine sees it, and the signal by which it says that it has received something.
const UART: BusAddr = BusAddr::new(0x7E20_1000);
const RECEIVE: u8 = 14;
/// An interrupt for each of these, in bytes: 16 words, and each word brings a byte in its lowest bits.
const PERIOD: u32 = 64;
const WORDS: usize = 16;
const PERIODS: u32 = 4;
const TIMEOUT: Duration = Duration::from_millis(10);

pub(crate) fn main() {
    Machine::run(ring);
}

fn ring(machine: Machine<'_>) {
    let channel = machine.engine.request(Need::Any, "ring").unwrap();

    // Who reads under the engine cannot have a cache between: coherent memory. (Memory of whole cache lines would do for a
    // ring that is looked at only after it was stopped. Any other is refused, since a ring has no edges.)
    let mut memory = machine.pool.alloc(PERIODS * PERIOD, 64).unwrap();
    let mut table = SgTable::growing();
    table.push(&mut memory).unwrap();
    let memory = table.map(FromDevice, &machine.device()).unwrap();

    let uart = DeviceFifo::new(UART, Dreq::new(RECEIVE).unwrap(), Width::Bits32).unwrap();
    let limits = channel.device_constraints();
    let ring = machine.frame().ring_from_device(uart, memory, PERIOD, &limits).unwrap();
    let total = ring.counts().bytes;
    println!("a ring of {total} bytes in {PERIODS} periods on {}", channel.id());

    let ring = machine.engine.scope(|scope| {
        // A ring never completes, so it has no deadline: it goes round until it is cancelled or dropped.
        let flight = scope.submit(&channel, ring).unwrap();
        channel.issue_pending();
        let received = pattern(6 * WORDS);
        for (seen, bytes) in (0_u32..).zip(received.chunks(WORDS)) {
            machine.model.uart_receive(bytes); // The model: somebody sends us 16 bytes.

            // Asleep until one more period is over. (Two that end close together are one interrupt: a driver that may be
            // late takes its place from the residue, and from the interrupts only that it is time to look.)
            assert_eq!(flight.wait_for_period(seen, TIMEOUT), seen + 1);

            // Words are copied out, since no reference to memory that the engine writes can be had.
            let mut words = [0; WORDS];
            let at = usize::try_from(seen % PERIODS * PERIOD).unwrap();
            flight.read_destination(at, &mut words).unwrap();
            let expected: Vec<u32> = bytes.iter().map(|byte| u32::from(*byte)).collect();
            assert_eq!(words[..], expected[..]);
            println!(
                "interrupt {}: bytes {at} to {} hold {} to {}; {} bytes to the end of this round",
                flight.interrupts(),
                at + WORDS * 4,
                words[0],
                words[WORDS - 1],
                flight.residue()
            );
        }
        // It ends as terminated, which for a ring is how it should. The memory comes back in the error.
        let failed = flight.cancel().unwrap_err();
        assert_eq!(failed.fault.kind, FaultKind::Terminated);
        println!("cancelled: {failed}");
        failed.payload.unwrap()
    });

    // At rest, the bytes are there to be looked at like any others.
    let (_, _, memory) = ring.into_parts();
    let mut last = [0; 64];
    memory.unmap().bytes().pcopy_to_buffer(64, &mut last);
    println!("the second period holds what came last, {} to {}", last[0], last[60]);
    assert_eq!((last[0], last[60]), (80, 95));
}
