//! A line at a time, until the `shell` crate's console takes its place.

use alloc::vec::Vec;
use core::fmt::Display;

use bcm2837::clock::Clock;
use sgdma::platform::Instant;

use crate::arch::mmu;
use crate::board::{dma_pool, firmware, memory_map};
use crate::log::print;
use crate::machine::Machine;

/// Reads and answers lines for ever.
pub(crate) fn run(machine: &Machine) -> ! {
    let mut line = Vec::new();
    print!("> ");
    loop {
        match machine.read_byte() {
            None => {
                machine.wait_for_byte(Instant::NEVER);
            }
            Some(b'\r') => {
                print!("\n");
                answer(machine, &line);
                line.clear();
                print!("> ");
            }
            Some(b'\n') => {}
            Some(byte) => {
                machine.write(&[byte]);
                line.push(byte);
            }
        }
    }
}

fn answer(machine: &Machine, line: &[u8]) {
    match line {
        b"" => {}
        b"/halt" => {
            print!("ok: halting\n");
            machine.halt()
        }
        b"/reboot" => {
            print!("ok: rebooting\n");
            machine.reboot()
        }
        b"/info" => info(machine),
        b"/bench" => bench(),
        b"/crash" => crash(),
        b"/overflow" => print!("{}\n", overflow(1)),
        _ => print!("ok: {} bytes\n", line.len()),
    }
}

fn bench() {
    match crate::engine::opened() {
        // The console cannot fail.
        Some(dma) => drop(crate::bench::run(&dma, &mut crate::board::uart::Writer)),
        None => print!("error: there is no DMA on this machine\n"),
    }
}

fn info(machine: &Machine) {
    for region in memory_map::regions() {
        let read_back = mmu::translate(region.range.start).map_or(0, |found| found.attributes);
        let (start, end) = (region.range.start, region.range.end);
        let (kind, name) = (region.kind.describe(), region.name);
        print!("{start:#010x}..{end:#010x} {kind:18} {read_back:#04x} {name}\n");
    }
    for (name, range) in memory_map::guards() {
        print!("{:#010x}..{:#010x} {:18} {name}\n", range.start, range.end, "unmapped");
    }
    let (heap, counters) = (machine.heap(), machine.counters());
    print!(
        "pool {:#x} bytes, heap {} used, {} free\n",
        dma_pool::span().len(),
        heap.used,
        heap.free
    );
    print!("{counters:?}, up {:?}\n", machine.uptime());
    fact("firmware", firmware::revision().map(Hex));
    fact("core clock", firmware::clock_rate(Clock::Core));
    fact("temperature", firmware::temperature());
    fact("throttled", firmware::throttling());
    print!("ok: info\n");
}

struct Hex(u32);

impl Display for Hex {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

fn fact(name: &str, value: Result<impl Display, bcm2837::mailbox::Error>) {
    match value {
        Ok(value) => print!("{name}: {value}\n"),
        Err(error) => print!("{name}: {error}\n"),
    }
}

/// Reads page 0.
fn crash() {
    let null = core::ptr::with_exposed_provenance::<u32>(core::hint::black_box(8));
    // SAFETY: none; it faults, which is what it is for.
    let value = unsafe { null.read_volatile() };
    print!("{value}\n");
}

#[expect(unconditional_recursion, reason = "to see the guard page report it")]
fn overflow(depth: u64) -> u64 {
    let frame = core::hint::black_box([depth; 64]);
    overflow(depth + 1) + frame.iter().sum::<u64>()
}
