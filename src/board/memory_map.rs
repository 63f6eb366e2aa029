//! Where everything is, what it is mapped as, and what the DMA engine may touch.

use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

use bcm2837::bus;
use bcm2837::facts::{self, TooLittleMemory};
use sgdma::address::{BusAddr, CpuAddr, CpuSpan, PhysAddr};
use sgdma::address_map::{Permission, Region as Row, RegionMap};
use sgdma::platform::{Access, Refusal};

use crate::arch::mmu::{Kind, PAGE};

/// The boot stub's spin table: the slots of cores 1 to 3, 8 bytes each, in page 0.
pub(crate) const SPIN_TABLE: u64 = 0xE0;
/// The PL011, which the entry uses if the image is not where it was linked.
pub(crate) const UART: usize = (bus::PERIPHERALS.start + bus::offset::UART) as usize;
/// The counter's rate where no boot stub has set it, in Hz: the crystal of all these boards.
pub(crate) const COUNTER_FREQUENCY: u64 = 19_200_000;

/// One past the heap. Written once, before the MMU is on.
static HEAP_END: AtomicUsize = AtomicUsize::new(0);
/// The device tree that is kept, first byte and one past the last; both 0 where there is none. Written with it.
static DEVICE_TREE: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

macro_rules! linker_symbols {
    ($($(#[$doc:meta])* $name:ident = $symbol:ident;)*) => {
        unsafe extern "C" {
            $(static $symbol: u8;)*
        }
        $(
            $(#[$doc])*
            #[inline]
            fn $name() -> usize {
                (&raw const $symbol).expose_provenance()
            }
        )*
    };
}

linker_symbols! {
    image_start = __image_start;
    text_end = __text_end;
    rodata_end = __rodata_end;
    data_end = __data_end;
    stack_bottom = __stack_bottom;
    stack_top = __stack_top;
    exception_stack_bottom = __exception_stack_bottom;
    exception_stack_top = __exception_stack_top;
    page_tables_start = __page_tables_start;
    page_tables_end = __page_tables_end;
}

unsafe extern "C" {
    /// Addresses too far away for the code model: where the coherent memory starts and ends, where the heap starts.
    static __far: [usize; 3];
}

fn coherent_start() -> usize {
    // SAFETY: the linker script keeps these words in .rodata.
    unsafe { __far[0] }
}

fn coherent_end() -> usize {
    // SAFETY: as above.
    unsafe { __far[1] }
}

fn heap_start() -> usize {
    // SAFETY: as above.
    unsafe { __far[2] }
}

/// What the DMA engine may do with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Nothing.
    Closed,
    /// Read and write.
    Open,
}

/// A mapped region.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    /// What messages call it.
    pub(crate) name: &'static str,
    /// Its addresses; virtual and physical are the same.
    pub(crate) range: Range<usize>,
    /// How the CPU sees it.
    pub(crate) kind: Kind,
    /// Whether the DMA engine may touch it.
    pub(crate) door: Door,
}

/// All mapped regions. What is in none of them is not mapped.
pub(crate) fn regions() -> impl Iterator<Item = Region> {
    table().into_iter().filter(|region| !region.range.is_empty())
}

/// The same with those that are empty. Not inlined: it is asked in many places, none of them hot.
#[inline(never)]
fn table() -> [Region; 11] {
    let region = |name, range, kind, door| Region { name, range, kind, door };
    let peripheral = |range: Range<u32>| range.start as usize..range.end as usize;
    [
        region("text", image_start()..text_end(), Kind::Text, Door::Closed),
        region("rodata", text_end()..rodata_end(), Kind::ReadOnly, Door::Closed),
        region("data", rodata_end()..data_end(), Kind::Data, Door::Closed),
        region("stack", stack(), Kind::Data, Door::Closed),
        region("exception stack", exception_stack(), Kind::Data, Door::Closed),
        region("page tables", page_tables(), Kind::Data, Door::Closed),
        region("coherent DMA memory", coherent(), Kind::Coherent, Door::Open),
        region("heap", heap(), Kind::Data, Door::Open),
        region("device tree", device_tree(), Kind::ReadOnly, Door::Closed),
        region("peripherals", peripheral(bus::PERIPHERALS), Kind::Device, Door::Closed),
        region("local peripherals", peripheral(bus::LOCAL_PERIPHERALS), Kind::Device, Door::Closed),
    ]
}

/// The stack of the code; below it is a guard page.
pub(crate) fn stack() -> Range<usize> {
    stack_bottom()..stack_top()
}

/// The stack of the exceptions; below it is a guard page.
pub(crate) fn exception_stack() -> Range<usize> {
    exception_stack_bottom()..exception_stack_top()
}

/// Instructions.
pub(crate) fn text() -> Range<usize> {
    image_start()..text_end()
}

/// What is left unmapped on purpose: page 0 and below each stack.
pub(crate) fn guards() -> [(&'static str, Range<usize>); 4] {
    [
        ("page 0", 0..PAGE),
        ("stack guard", guard(&stack())),
        ("exception stack guard", guard(&exception_stack())),
        ("page table guard", guard(&page_tables())),
    ]
}

/// Where the page tables go.
pub(crate) fn page_tables() -> Range<usize> {
    page_tables_start()..page_tables_end()
}

/// Non-cacheable memory that is mapped nowhere else.
#[inline]
pub(crate) fn coherent() -> Range<usize> {
    coherent_start()..coherent_end()
}

/// The heap.
#[inline]
pub(crate) fn heap() -> Range<usize> {
    heap_start()..HEAP_END.load(Ordering::Relaxed)
}

/// The guard page below a region.
fn guard(stack: &Range<usize>) -> Range<usize> {
    stack.start.saturating_sub(PAGE)..stack.start
}

/// The device tree, whole pages, if there is one and it lies behind the heap; otherwise empty.
pub(crate) fn device_tree() -> Range<usize> {
    let [start, end] = &DEVICE_TREE;
    start.load(Ordering::Relaxed)..end.load(Ordering::Relaxed)
}

/// Fixes where the heap ends, by [`facts::heap`], and keeps the device tree.
///
/// A device tree below the heap's start is not kept: the image or its tables lie there, or page 0. Runs once, before the
/// MMU is on.
pub(crate) fn fix_heap(
    ram_end: usize,
    device_tree: Option<&Range<usize>>,
) -> Result<(), TooLittleMemory> {
    let start = heap_start();
    if let Some(blob) = device_tree
        && blob.start >= start
    {
        let [first, last] = &DEVICE_TREE;
        first.store(blob.start & !(PAGE - 1), Ordering::Relaxed);
        last.store(blob.end.next_multiple_of(PAGE), Ordering::Relaxed);
    }
    let heap = facts::heap(start, ram_end, device_tree)?;
    HEAP_END.store(heap.end, Ordering::Relaxed);
    Ok(())
}

/// The bus address of `start` if every byte of `start..end` is open to the engine.
///
/// The heap and the pool are looked at first: a transfer asks once a segment. Everything else goes through the library's
/// [`RegionMap`], whose rules are tested on the host.
///
/// # Errors
/// The name of the closed region it touches first, or that nothing is there.
#[inline]
pub(crate) fn bus_address(start: usize, end: usize, access: Access) -> Result<u32, Refusal> {
    if !open_around(start, end).is_empty() {
        let physical = u32::try_from(start).map_err(|_| Refusal::Unmapped)?;
        return bus::ram_to_bus(physical).ok_or(Refusal::Unmapped);
    }
    look_up(start, end, access)
}

/// Which of the regions that are open to the engine holds all of `start..end`: the heap or the pool. Empty where none does.
#[inline]
pub(crate) fn open_around(start: usize, end: usize) -> Range<usize> {
    let holds = |range: &Range<usize>| start >= range.start && end <= range.end && start <= end;
    [heap(), dma_window()].into_iter().find(holds).unwrap_or(start..start)
}

/// The coherent memory without the mailbox's page.
#[inline]
fn dma_window() -> Range<usize> {
    super::dma_pool::span()
}

/// Asks the firewall, region by region.
#[cold]
fn look_up(start: usize, end: usize, access: Access) -> Result<u32, Refusal> {
    let len = end.checked_sub(start).ok_or(Refusal::Unmapped)?;
    let span = CpuSpan::new(CpuAddr::new(start), len).ok_or(Refusal::Unmapped)?;
    let rows = firewall();
    let map = RegionMap::new(PhysAddr::new(bus::RAM_END), &rows).map_err(|_| Refusal::Unmapped)?;
    map.bus_address(span, access).map(BusAddr::get)
}

/// What the firewall knows: every region, and what is left unmapped on purpose. The mailbox's page of the coherent
/// memory is not the engine's.
fn firewall() -> heapless::Vec<Row, 24> {
    let mut rows = heapless::Vec::new();
    // There is room for all.
    let mut put = |row| rows.extend(row);
    for region in regions() {
        let range = if region.kind == Kind::Coherent { dma_window() } else { region.range };
        put(row(region.name, &range, region.door));
    }
    for (name, range) in guards() {
        put(row(name, &range, Door::Closed));
    }
    put(row("mailbox buffer", &super::mailbox::buffer(), Door::Closed));
    rows
}

/// A region as the library's map has it. Closed ones need no place on the bus.
#[inline(never)]
fn row(name: &'static str, range: &Range<usize>, door: Door) -> Option<Row> {
    let start = u32::try_from(range.start).ok()?;
    let len = u32::try_from(range.len()).ok()?;
    let permission = match door {
        Door::Open => Permission::ReadWrite,
        Door::Closed => Permission::Closed,
    };
    let bus = BusAddr::new(bus::ram_to_bus(start).unwrap_or_default());
    Some(Row { name, start: PhysAddr::new(start), len, bus, permission })
}
