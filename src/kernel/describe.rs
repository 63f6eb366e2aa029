//! What the boot tells about the machine.

use core::ops::Range;

use bcm2837::device_tree::{DeviceTree, Malformed};
use bcm2837::dma::ChannelMask;
use bcm2837::power::ResetStatus;
use sgdma::constraints::EngineKind;

use crate::arch::{boot, mmu};
use crate::board::firmware::{self, Facts};
use crate::board::memory_map;
use crate::log::{log, print};

const MHZ: u32 = 1_000_000;

/// The banner.
pub(crate) fn greet() {
    print!(
        "\n{} {}: scatter/gather DMA on the Raspberry Pi 3\n\
         Type a line to send it through the DMA engine; /help lists commands, /halt ends.\n\n",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION")
    );
}

/// The board and its clocks.
pub(crate) fn board(facts: &Facts, reset: ResetStatus) {
    log!("board", "{}, reset by {reset}", facts.revision);
    log!(
        "board",
        "EL{}, ARM {} MHz, core {} MHz, UART clock {} Hz",
        boot::exception_level(),
        facts.arm_clock / MHZ,
        facts.core_clock / MHZ,
        facts.uart_clock
    );
}

/// The memory, and each region that is not mapped as it was meant.
pub(crate) fn memory(facts: &Facts) {
    let heap = memory_map::heap();
    let [vc_start, vc_bytes] = facts.vc_memory;
    log!(
        "memory",
        "ARM 0x00000000..{:#010x}, heap {:#010x}..{:#010x}",
        facts.ram_end,
        heap.start,
        heap.end
    );
    log!("memory", "VideoCore {vc_start:#010x}+{vc_bytes:#x}");
    for region in memory_map::regions() {
        if !mmu::is_mapped_as(&region.range, region.kind) {
            log!("mmu", "error: {} is not {}", region.name, region.kind.describe());
        }
    }
    for (name, range) in memory_map::guards() {
        if mmu::translate(range.start).is_some() {
            log!("mmu", "error: {name} is mapped");
        }
    }
}

/// What the device tree says, and where it contradicts what the firmware `told`.
pub(crate) fn device_tree(
    blob: &Range<usize>,
    tree: Result<DeviceTree<'_>, Malformed>,
    told: &Facts,
) {
    let Ok(tree) = tree else {
        let why = if memory_map::device_tree().is_empty() { "in the way" } else { "malformed" };
        log!("dtb", "at {:#010x}: {why}, not used", blob.start);
        return;
    };
    let model = tree.model.unwrap_or("no model");
    log!("dtb", "at {:#010x}: {model}", blob.start);
    let ours = tree.serial.and_then(|_| firmware::serial());
    if let Some(serial) = ours.or(tree.serial) {
        log!("dtb", "serial {serial:016x}");
    }
    for difference in tree.differences(told, ours) {
        log!("dtb", "{difference}");
    }
}

/// The engine and its channels.
pub(crate) fn dma(facts: &Facts, kind: EngineKind) {
    match facts.dma_answer {
        Some(mask) => log!("dma", "the firmware offers channels {mask:#06x}"),
        None => log!("dma", "the firmware does not answer for channels"),
    }
    let left_out = ChannelMask::left_out(facts.dma_answer.unwrap_or(0)).bits();
    if left_out != 0 {
        log!("dma", "{left_out:#06x} share a line with one not ours: not used");
    }
    log!(
        "dma",
        "channels {:#06x}; {kind} engine, granule {}",
        facts.dma_channels.bits(),
        kind.granule()
    );
}
