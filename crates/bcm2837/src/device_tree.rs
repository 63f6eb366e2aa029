//! What a device tree tells about the board, and where that differs from what the firmware answers.
//!
//! The blob is outside data: whoever made the card put it there, and the firmware changed it. Its structure is checked by
//! `dtoolkit`; what is read of it has to have the right size, and is taken for absent otherwise.

use core::fmt;

use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node, Property};

use crate::facts::Facts;
use crate::revision::{Model, Revision};

/// The longest blob that is read, in bytes, as for Linux (`Documentation/arch/arm64/booting.rst`).
pub const LONGEST: usize = 2 << 20;

/// What a device tree tells. Everything may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceTree<'a> {
    /// The board in words (`/model`).
    pub model: Option<&'a str>,
    /// Which board (`/compatible`).
    pub board: Option<Model>,
    /// Its serial number (`/serial-number`, which the firmware puts in).
    pub serial: Option<u64>,
    /// One past the memory that begins at 0.
    pub ram_end: Option<usize>,
    /// The DMA channels that are not the VideoCore's (`brcm,dma-channel-mask`).
    pub dma_channels: Option<u32>,
    /// What the firmware read of `PM_RSTS` before it was cleared (`/chosen/bootloader/rsts`, `/chosen/pm_rsts`; barebox
    /// `arch/arm/boards/raspberry-pi/rpi-common.c`).
    pub reset_status: Option<u32>,
}

/// The blob is no device tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the device tree is malformed")
    }
}

impl core::error::Error for Malformed {}

/// Reads a blob, which must be as long as its header says.
///
/// # Errors
/// [`Malformed`]: a wrong magic number, version, length, token or name.
// Not inlined, here and below: once each is enough of the parser's iterators.
#[inline(never)]
pub fn read(blob: &[u8]) -> Result<DeviceTree<'_>, Malformed> {
    if blob.len() > LONGEST {
        return Err(Malformed);
    }
    let root = Fdt::new(blob).map_err(|_| Malformed)?.root();
    let chosen = child(&root, "chosen");
    let bootloader = chosen.and_then(|chosen| child(&chosen, "bootloader"));
    let rsts = bootloader.and_then(|node| word(&node, "rsts"));
    Ok(DeviceTree {
        model: string(&root, "model"),
        board: string(&root, "compatible").and_then(model),
        serial: string(&root, "serial-number").and_then(|text| u64::from_str_radix(text, 16).ok()),
        ram_end: ram_end(&root),
        dma_channels: child(&root, "soc").and_then(|soc| dma_channels(&soc)),
        reset_status: rsts.or_else(|| chosen.and_then(|node| word(&node, "pm_rsts"))),
    })
}

#[inline(never)]
fn bytes<'a>(node: &FdtNode<'a>, name: &str) -> Option<&'a [u8]> {
    node.property(name)?.value_as().ok()
}

#[inline(never)]
fn child<'a>(node: &FdtNode<'a>, name: &str) -> Option<FdtNode<'a>> {
    node.child(name)
}

/// The first of a list of strings. The firmware leaves out the 0 behind a single one (barebox, as above).
fn string<'a>(node: &FdtNode<'a>, name: &str) -> Option<&'a str> {
    let first = bytes(node, name)?.split(|byte| *byte == 0).next()?;
    core::str::from_utf8(first).ok().filter(|text| !text.is_empty())
}

fn word(node: &FdtNode<'_>, name: &str) -> Option<u32> {
    bytes(node, name)?.try_into().ok().map(u32::from_be_bytes)
}

/// The end of the stretch that begins at 0, in the nodes of type `memory`.
fn ram_end(root: &FdtNode<'_>) -> Option<usize> {
    let address_cells = word(root, "#address-cells").filter(|cells| matches!(cells, 1 | 2))?;
    let size_cells = word(root, "#size-cells").filter(|cells| matches!(cells, 1 | 2))?;
    let [address, size] = [address_cells, size_cells].map(|cells| if cells == 1 { 4 } else { 8 });
    let memories = root.children().filter(|node| string(node, "device_type") == Some("memory"));
    memories.filter_map(|node| bytes(&node, "reg")).find_map(|reg| {
        reg.chunks_exact(address + size).find_map(|pair| {
            let (start, length) = pair.split_at_checked(address)?;
            let end = usize::try_from(number(length)).ok();
            end.filter(|end| *end != 0 && number(start) == 0)
        })
    })
}

/// Big-endian, of at most 8 bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn dma_channels(soc: &FdtNode<'_>) -> Option<u32> {
    let mut controllers =
        soc.children().filter(|node| string(node, "compatible") == Some("brcm,bcm2835-dma"));
    controllers.find_map(|node| word(&node, "brcm,dma-channel-mask"))
}

/// The first of `/compatible`. (Linux `Documentation/devicetree/bindings/arm/bcm/bcm2835.yaml`; raspberrypi/linux.)
fn model(compatible: &str) -> Option<Model> {
    Some(match compatible {
        "raspberrypi,2-model-b-rev2" => Model::Pi2B,
        "raspberrypi,3-model-b" => Model::Pi3B,
        "raspberrypi,3-model-b-plus" => Model::Pi3BPlus,
        "raspberrypi,3-model-a-plus" => Model::Pi3APlus,
        "raspberrypi,3-compute-module" => Model::Cm3,
        "raspberrypi,3-compute-module-plus" => Model::Cm3Plus,
        "raspberrypi,model-zero-2-w" => Model::Zero2W,
        _ => return None,
    })
}

/// What the firmware answers in one way and the device tree tells in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Where memory ends: by the firmware, by the tree.
    Memory(usize, usize),
    /// DMA channels: by the firmware, by the tree.
    Channels(u32, u32),
    /// The board: by the firmware, by the tree.
    Board(Revision, Model),
    /// The serial number: by the firmware, by the tree.
    Serial(u64, u64),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(ours, tree) => {
                write!(f, "memory to {tree:#010x}, not {ours:#010x}: the lower holds")
            }
            Self::Channels(ours, tree) => {
                write!(f, "channels {tree:#06x}, not {ours:#06x}: those of both hold")
            }
            Self::Board(ours, tree) => write!(f, "for {}, this is {:x}", tree.name(), ours.0),
            Self::Serial(ours, tree) => write!(f, "serial {tree:016x}, this is {ours:016x}"),
        }
    }
}

impl DeviceTree<'_> {
    /// Where the tree contradicts the firmware, and its `serial` number, if that tells one.
    pub fn differences(
        &self,
        facts: &Facts,
        serial: Option<u64>,
    ) -> impl Iterator<Item = Difference> {
        let memory = facts.ram_answer.zip(self.ram_end).filter(|(ours, tree)| ours != tree);
        let channels = facts.dma_answer.zip(self.dma_channels).filter(|(ours, tree)| ours != tree);
        let serial = serial.zip(self.serial).filter(|(ours, tree)| ours != tree);
        let board = facts.revision.model().zip(self.board).filter(|pair| !are_alike(*pair));
        [
            memory.map(|(ours, tree)| Difference::Memory(ours, tree)),
            channels.map(|(ours, tree)| Difference::Channels(ours, tree)),
            board.map(|(_, tree)| Difference::Board(facts.revision, tree)),
            serial.map(|(ours, tree)| Difference::Serial(ours, tree)),
        ]
        .into_iter()
        .flatten()
    }
}

/// The Compute Modules 3 and 3+ share a device tree.
fn are_alike((ours, tree): (Model, Model)) -> bool {
    ours == tree || matches!((ours, tree), (Model::Cm3Plus, Model::Cm3))
}
