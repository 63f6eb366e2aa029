//! The boot, as a list of sentences.

extern crate alloc;

use alloc::vec::Vec;
use core::ops::Range;

use bcm2837::irq::Line;
use sgdma::platform::Instant;
use sgdma::register::ChannelId;

use crate::arch::mmu::{self, Kind, MapError, Tables};
use crate::arch::{boot, interrupt};
use crate::board::dma::{self, EngineKind};
use crate::board::firmware::{self, Facts};
use crate::board::memory_map::{self, TooLittleMemory};
use crate::board::{gpio, interrupt as controller, uart, watchdog};
use crate::log::{log, print};
use crate::{heap, machine};

/// `boot/start.S` comes here: EL1t, MMU off, one core, `x0` as the loader left it.
///
/// Nothing before [`turn_mmu_on`] may use an atomic read-modify-write.
pub(crate) extern "C" fn kernel_main(x0: usize) -> ! {
    let device_tree = find_device_tree(x0);
    let facts = firmware::ask();
    let mapped = turn_mmu_on(&facts, device_tree.as_ref());
    gpio::route_uart();
    let clock = uart::init(facts.uart_clock);
    greet();
    if let Err(error) = clock {
        log!("uart", "{error}; set up for 48 MHz");
    }
    match mapped {
        Ok(()) => run(&facts, device_tree.as_ref()),
        Err(error) => {
            log!("mmu", "{error:?}: cannot go on");
            interrupt::halt()
        }
    }
}

/// The rest of the boot, with the MMU on.
fn run(facts: &Facts, device_tree: Option<&Range<usize>>) -> ! {
    // SAFETY: the memory map gives the heap to nobody else, it is mapped, and this runs once.
    unsafe { heap::init(&memory_map::heap()) };
    controller::init();
    controller::enable(Line::UART);
    interrupt::unmask_all();
    describe_board(facts, device_tree);
    start_dma(facts);
    log!("kernel", "ready");
    console()
}

/// The blob at `x0`, if there is one. QEMU without `-dtb` leaves 0x100 there, where a list of another kind lies.
fn find_device_tree(x0: usize) -> Option<Range<usize>> {
    const MAGIC: u32 = 0xD00D_FEED;
    if x0 == 0 || !x0.is_multiple_of(8) || x0 >= bcm2837::bus::RAM_END as usize {
        return None;
    }
    let header = core::ptr::with_exposed_provenance::<[u32; 2]>(x0);
    // SAFETY: RAM, aligned, and readable while the MMU is off; any bits are integers.
    let [magic, size] = unsafe { header.read_volatile() }.map(u32::from_be);
    let end = x0.checked_add(usize::try_from(size).ok()?)?;
    (magic == MAGIC).then_some(x0..end)
}

/// Why the MMU could not be turned on as meant.
#[derive(Debug)]
#[expect(dead_code, reason = "the values are for the message")]
enum MmuError {
    Memory(TooLittleMemory),
    Map(MapError),
}

/// Maps every region, and the device tree for reading where it lies outside them, and turns the MMU on.
fn turn_mmu_on(facts: &Facts, device_tree: Option<&Range<usize>>) -> Result<(), MmuError> {
    memory_map::fix_heap(facts.ram_end, device_tree).map_err(MmuError::Memory)?;
    // SAFETY: the linker reserved these pages for the tables, and the MMU is off.
    let mut tables = unsafe { Tables::new(memory_map::page_tables()) }.map_err(MmuError::Map)?;
    for region in memory_map::regions() {
        tables.map(&region.range, region.kind).map_err(MmuError::Map)?;
    }
    if let Some(blob) = device_tree
        && blob.start >= memory_map::heap().end
    {
        tables.map(blob, Kind::ReadOnly).map_err(MmuError::Map)?;
    }
    // SAFETY: the regions hold the image, both stacks, the tables and the peripherals.
    unsafe { tables.enable() };
    Ok(())
}

fn greet() {
    print!(
        "\n{} {}: scatter/gather DMA on the Raspberry Pi 3\n\
         Type a line to send it through the DMA engine; /help lists the commands, /halt ends it.\n\n",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION")
    );
}

fn describe_board(facts: &Facts, device_tree: Option<&Range<usize>>) {
    const MHZ: u32 = 1_000_000;
    let heap = memory_map::heap();
    log!("board", "{}, reset by {}", facts.revision, watchdog::reset_status());
    log!(
        "board",
        "EL{}, ARM {} MHz, core {} MHz, UART clock {} Hz",
        boot::exception_level(),
        facts.arm_clock / MHZ,
        facts.core_clock / MHZ,
        facts.uart_clock
    );
    log!(
        "memory",
        "ARM 0x00000000..{:#010x}, heap {:#010x}..{:#010x}",
        facts.ram_end,
        heap.start,
        heap.end
    );
    if let Some(blob) = device_tree {
        log!("memory", "device tree {:#010x}..{:#010x}", blob.start, blob.end);
    }
    for region in memory_map::regions() {
        if !mmu::is_mapped_as(&region.range, region.kind) {
            log!("mmu", "{} is not mapped {}", region.name, region.kind.describe());
        }
    }
}

/// Opens the engine, if memory is what it must be.
fn start_dma(facts: &Facts) -> Option<(ChannelId, EngineKind)> {
    if let Err(error) = dma::check_memory() {
        log!("dma", "refused: {error}");
        return None;
    }
    dma::init(facts.dma_channels, on_dma_interrupt);
    let channel = facts.dma_channels.full().next().and_then(ChannelId::new)?;
    let kind = dma::engine_kind(channel);
    match facts.dma_answer {
        Some(mask) => log!("dma", "firmware offers channels {mask:#06x}"),
        None => log!("dma", "firmware does not answer for channels"),
    }
    log!(
        "dma",
        "using {:#06x}, {channel} first; engine {}, granule {}",
        facts.dma_channels.bits(),
        kind.name(),
        kind.granule()
    );
    Some((channel, kind))
}

/// Replaced by the engine's own handler once it is there.
fn on_dma_interrupt(_: ChannelId) {}

/// A line at a time, until the `shell` crate's console takes its place.
fn console() -> ! {
    let mut line = Vec::new();
    print!("> ");
    loop {
        let Some(byte) = machine::read_byte() else {
            machine::wait_for_byte(Instant::NEVER);
            continue;
        };
        match byte {
            b'\r' => {
                print!("\n");
                answer(&line);
                line.clear();
                print!("> ");
            }
            b'\n' => {}
            _ => {
                machine::write(&[byte]);
                line.push(byte);
            }
        }
    }
}

fn answer(line: &[u8]) {
    match line {
        b"" => {}
        b"/halt" => {
            print!("ok: halting\n");
            machine::halt()
        }
        b"/reboot" => {
            print!("ok: rebooting\n");
            machine::reboot()
        }
        b"/crash" => crash(),
        b"/overflow" => print!("{}", overflow(1)),
        _ => print!("ok: {} bytes\n", line.len()),
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
