//! The boot, as a list of sentences.

mod console;
mod describe;

use core::fmt::Write;
use core::ops::Range;

use bcm2837::bus;
use bcm2837::device_tree::{self, DeviceTree, Malformed};
use bcm2837::facts::TooLittleMemory;
use bcm2837::irq::Line;
use bcm2837::power::ResetStatus;

use crate::arch::interrupt;
use crate::arch::mmu::{MapError, Tables};
use crate::board::firmware::{self, Facts};
use crate::board::{gpio, interrupt as controller, memory_map, uart, watchdog};
use crate::engine::Dma;
use crate::log::log;
use crate::machine::Machine;
use crate::{engine, heap};

/// `boot/start.S` comes here: `EL1t`, MMU off, one core, `x0` as the loader left it.
///
/// Until [`turn_mmu_on`] has returned, nothing may use an atomic read-modify-write.
pub(crate) extern "C" fn kernel_main(x0: usize) -> ! {
    // First, so that last words have pins to come out of.
    gpio::route_uart();
    let reset = watchdog::reset_status();
    let told = firmware::ask();
    let blob = find_device_tree(x0, told.ram_end);
    let tree = blob.as_ref().map_or(Ok(DeviceTree::default()), read_device_tree);
    let facts = told.with_device_tree(&tree.unwrap_or_default());
    if let Err(error) = turn_mmu_on(&facts, blob.as_ref()) {
        give_up(&facts, error);
    }
    // SAFETY: the memory map gives the heap to nobody else, it is mapped, and this runs once.
    unsafe { heap::init(&memory_map::heap()) };
    let clock = uart::init(facts.uart_clock);
    describe::greet();
    if let Err(error) = clock {
        log!("uart", "{error}; set up for 48 MHz");
    }
    controller::init();
    controller::enable(Line::UART);
    interrupt::unmask_all();
    let reset = tree.ok().and_then(|tree| tree.reset_status).map_or(reset, ResetStatus);
    describe::board(&facts, reset);
    describe::memory(&facts);
    if let Some(blob) = &blob {
        describe::device_tree(blob, tree, &told);
    }
    let dma = start_dma(&facts);
    log!("kernel", "ready");
    console::run(Machine { facts, reset, dma })
}

/// The blob at `x0`, if there is one. QEMU without `-dtb` leaves 0x100 there, where a list of another kind lies.
///
/// It must lie in RAM to its end, where the boot has not written yet, behind the image and its memory, and be no longer
/// than is read.
fn find_device_tree(x0: usize, ram_end: usize) -> Option<Range<usize>> {
    const MAGIC: u32 = 0xD00D_FEED;
    let ram_end = ram_end.min(bus::RAM_END as usize);
    if x0 == 0 || !x0.is_multiple_of(8) || x0 >= ram_end {
        return None;
    }
    let header = core::ptr::with_exposed_provenance::<u32>(x0);
    // SAFETY: RAM, aligned, and readable while the MMU is off; any bits are an integer.
    let magic = u32::from_be(unsafe { header.read_volatile() });
    // SAFETY: as above, the word after it.
    let size = u32::from_be(unsafe { header.wrapping_add(1).read_volatile() });
    let size = usize::try_from(size).ok().filter(|size| *size <= device_tree::LONGEST)?;
    let end = x0.checked_add(size).filter(|end| *end <= ram_end)?;
    (magic == MAGIC).then_some(x0..end)
}

/// What a blob tells. Not if it lies below the heap: there are the image's stacks and tables, and the boot has written.
fn read_device_tree(blob: &Range<usize>) -> Result<DeviceTree<'static>, Malformed> {
    if blob.start < memory_map::heap().start {
        return Err(Malformed);
    }
    let bytes = core::ptr::with_exposed_provenance(blob.start);
    // SAFETY: RAM that nobody writes: the memory map keeps it out of the heap and maps it read-only.
    device_tree::read(unsafe { core::slice::from_raw_parts(bytes, blob.len()) })
}

/// Why the MMU could not be turned on as meant.
#[derive(Clone, Copy, Debug)]
enum MmuError {
    Memory(TooLittleMemory),
    Map(MapError),
}

/// Maps every region and turns the MMU on.
fn turn_mmu_on(facts: &Facts, device_tree: Option<&Range<usize>>) -> Result<(), MmuError> {
    memory_map::fix_heap(facts.ram_end, device_tree).map_err(MmuError::Memory)?;
    // SAFETY: the linker reserved these pages for the tables, and the MMU is off.
    let mut tables = unsafe { Tables::new(memory_map::page_tables()) }.map_err(MmuError::Map)?;
    for region in memory_map::regions() {
        tables.map(&region.range, region.kind).map_err(MmuError::Map)?;
    }
    // SAFETY: the regions hold the image, both stacks, the tables and the peripherals.
    unsafe { tables.enable() };
    Ok(())
}

/// Says why there is no MMU, and stops: nothing that locks can run without it.
fn give_up(facts: &Facts, error: MmuError) -> ! {
    // SAFETY: nothing else runs, and this never returns.
    let mut out = unsafe { uart::Emergency::take() };
    out.configure(facts.uart_clock);
    // The console cannot fail: it waits until there is room.
    let _ = match error {
        MmuError::Memory(TooLittleMemory { ram_end }) => {
            writeln!(out, "error: {ram_end:#x} bytes of memory leave no room for a heap")
        }
        MmuError::Map(MapError::OutOfTables) => {
            writeln!(out, "error: the linker script reserves too few page tables")
        }
        MmuError::Map(MapError::Region(start)) => {
            writeln!(out, "error: the region at {start:#x} cannot be mapped")
        }
    };
    interrupt::halt()
}

/// Opens the engine, if memory is what it must be.
fn start_dma(facts: &Facts) -> Option<Dma> {
    match engine::open(facts.dma_channels) {
        Ok(dma) => {
            describe::dma(facts, dma.engine.kind());
            Some(dma)
        }
        Err(error) => {
            log!("dma", "refused: {error}");
            None
        }
    }
}
