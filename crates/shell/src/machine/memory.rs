//! The memory map as data, and what the console may touch by typed address.

use core::fmt;
use core::ops::Range;

/// A block of registers in device memory: its name and its addresses, whole words.
pub type Registers = (&'static str, Range<u32>);

/// What may be done with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Nothing.
    None,
    /// Reading.
    Read,
    /// Reading and running.
    ReadExecute,
    /// Reading and writing.
    ReadWrite,
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "---",
            Self::Read => "r--",
            Self::ReadExecute => "r-x",
            Self::ReadWrite => "rw-",
        })
    }
}

/// How a region is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// Not at all: guards, page 0.
    Unmapped,
    /// Normal, write-back.
    WriteBack,
    /// Normal, non-cacheable.
    NonCacheable,
    /// Device.
    Device,
}

impl fmt::Display for MemoryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unmapped => "unmapped",
            Self::WriteBack => "write-back",
            Self::NonCacheable => "non-cacheable",
            Self::Device => "device",
        })
    }
}

/// A row of the memory map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// What it is: text, heap, …
    pub name: &'static str,
    /// First address.
    pub start: u64,
    /// Length in bytes.
    pub len: u64,
    /// How it is mapped.
    pub memory: MemoryKind,
    /// What the CPU may do.
    pub cpu: Rights,
    /// What the DMA engine may do.
    pub engine: Rights,
    /// The MAIR attribute that the CPU gave back for its first byte (`PAR_EL1`); `None` where translation faults.
    pub read_back: Option<u8>,
    /// In device memory, where registers are, by address: an access to what no register answers may abort and end
    /// everything. Elsewhere empty.
    pub registers: &'static [Registers],
}

impl Region {
    /// The first address behind it.
    pub const fn end(&self) -> u64 {
        self.start.saturating_add(self.len)
    }

    const fn holds(&self, address: u64) -> Held {
        if self.start <= address && address < self.end() { Held::Inside } else { Held::Outside }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Inside,
    Outside,
}

/// Why an address may not be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// Nothing is mapped there.
    Unmapped {
        /// The first such address.
        address: u64,
        /// The region's name, if it is one that is left unmapped on purpose.
        region: Option<&'static str>,
    },
    /// It may only be read.
    ReadOnly {
        /// The first such address.
        address: u64,
        /// The region.
        region: &'static str,
    },
    /// Device memory is read and written in aligned words of 4 bytes.
    Unaligned {
        /// The region.
        region: &'static str,
    },
    /// No register is known to answer there.
    NoRegister {
        /// The first such address.
        address: u64,
        /// The nearest block: its name and where it begins.
        nearest: Option<(&'static str, u32)>,
    },
    /// The stretch runs past the last address.
    TooFar,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmapped { address, region: Some(name) } => {
                write!(f, "{address:#x} is not mapped ({name})")
            }
            Self::Unmapped { address, region: None } => write!(f, "{address:#x} is not mapped"),
            Self::ReadOnly { address, region } => write!(f, "{address:#x} is read-only ({region})"),
            Self::Unaligned { region } => {
                write!(f, "{region} is device memory: address and length must be multiples of 4")
            }
            Self::NoRegister { address, nearest } => {
                write!(f, "{address:#x} is device memory without a known register")?;
                match nearest {
                    Some((name, start)) => write!(f, "; the nearest is {name} at {start:#x}"),
                    None => Ok(()),
                }
            }
            Self::TooFar => f.write_str("the stretch runs past the last address"),
        }
    }
}

/// The region that holds an address.
pub(crate) fn region_at(map: &[Region], address: u64) -> Option<&Region> {
    map.iter().find(|region| region.holds(address) == Held::Inside)
}

/// Whether all of `len` bytes at `start` may be read, or with `wanted` [`Rights::ReadWrite`] written, by the CPU.
///
/// # Errors
/// The first address that may not, and why.
pub fn check(map: &[Region], start: u64, len: u64, wanted: Rights) -> Result<(), Denial> {
    let end = start.checked_add(len).ok_or(Denial::TooFar)?;
    let mut address = start;
    while address < end {
        let Some(region) = region_at(map, address) else {
            return Err(Denial::Unmapped { address, region: None });
        };
        permits(region, address, wanted)?;
        let part = end.min(region.end());
        if region.memory == MemoryKind::Device {
            answers(region, address, part)?;
        }
        address = part;
    }
    Ok(())
}

/// Whether registers answer all words from `start` to `end`, which lie in a region of device memory.
fn answers(region: &Region, start: u64, end: u64) -> Result<(), Denial> {
    if !(start | end).is_multiple_of(4) {
        return Err(Denial::Unaligned { region: region.name });
    }
    let mut address = start;
    for (_, block) in region.registers {
        if (u64::from(block.start)..u64::from(block.end)).contains(&address) {
            address = block.end.into();
        }
    }
    if address >= end {
        return Ok(());
    }
    let far = |(_, block): &&Registers| match u64::from(block.start).checked_sub(address) {
        Some(below) => below,
        None => address.saturating_sub(block.end.into()),
    };
    let nearest = region.registers.iter().min_by_key(far).map(|(name, block)| (*name, block.start));
    Err(Denial::NoRegister { address, nearest })
}

fn permits(region: &Region, address: u64, wanted: Rights) -> Result<(), Denial> {
    match (region.memory, region.cpu) {
        (MemoryKind::Unmapped, _) | (_, Rights::None) => {
            Err(Denial::Unmapped { address, region: Some(region.name) })
        }
        (_, Rights::Read | Rights::ReadExecute) if wanted == Rights::ReadWrite => {
            Err(Denial::ReadOnly { address, region: region.name })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    const fn region(name: &'static str, start: u64, len: u64, cpu: Rights) -> Region {
        let memory = match cpu {
            Rights::None => MemoryKind::Unmapped,
            _ => MemoryKind::WriteBack,
        };
        Region {
            name,
            start,
            len,
            memory,
            cpu,
            engine: Rights::None,
            read_back: None,
            registers: &[],
        }
    }

    const MAP: &[Region] = &[
        region("page 0", 0, 0x1000, Rights::None),
        region("text", 0x1000, 0x1000, Rights::ReadExecute),
        region("heap", 0x2000, 0x1000, Rights::ReadWrite),
        Region {
            memory: MemoryKind::Device,
            registers: &[("one", 0x4000..0x4010), ("two", 0x4010..0x4020), ("far", 0x4800..0x4808)],
            ..region("peripherals", 0x4000, 0x1000, Rights::ReadWrite)
        },
    ];

    #[test]
    fn what_is_mapped_may_be_read_even_across_regions() {
        assert_eq!(check(MAP, 0x1FFF, 2, Rights::Read), Ok(()));
        assert_eq!(check(MAP, 0x1000, 0x2000, Rights::Read), Ok(()));
    }

    #[test]
    fn the_first_forbidden_address_is_named() {
        let unmapped = |address, region| Err(Denial::Unmapped { address, region });
        assert_eq!(check(MAP, 0xFFC, 4, Rights::Read), unmapped(0xFFC, Some("page 0")));
        assert_eq!(check(MAP, 0x2FFF, 2, Rights::Read), unmapped(0x3000, None));
        assert_eq!(check(MAP, u64::MAX - 1, 1, Rights::Read), unmapped(u64::MAX - 1, None));
        assert_eq!(check(MAP, u64::MAX, 2, Rights::Read), Err(Denial::TooFar));
    }

    #[test]
    fn only_writable_memory_may_be_written() {
        let denied = Err(Denial::ReadOnly { address: 0x1004, region: "text" });
        assert_eq!(check(MAP, 0x1004, 4, Rights::ReadWrite), denied);
        assert_eq!(check(MAP, 0x2004, 4, Rights::ReadWrite), Ok(()));
    }

    #[test]
    fn device_memory_is_touched_in_words() {
        let denied = Err(Denial::Unaligned { region: "peripherals" });
        assert_eq!(check(MAP, 0x4001, 4, Rights::Read), denied);
        assert_eq!(check(MAP, 0x4000, 5, Rights::Read), denied);
        assert_eq!(check(MAP, 0x4000, 8, Rights::Read), Ok(()));
    }

    #[test]
    fn device_memory_is_touched_where_registers_are() {
        let denied = |address, name, start| {
            Err(Denial::NoRegister { address, nearest: Some((name, start)) })
        };
        assert_eq!(check(MAP, 0x4000, 0x20, Rights::ReadWrite), Ok(()), "across two neighbours");
        assert_eq!(check(MAP, 0x4000, 0x24, Rights::Read), denied(0x4020, "two", 0x4010));
        assert_eq!(check(MAP, 0x4700, 4, Rights::Read), denied(0x4700, "far", 0x4800));
        assert_eq!(check(MAP, 0x4804, 8, Rights::Read), denied(0x4808, "far", 0x4800));
        let bare = [Region { registers: &[], ..MAP[3] }];
        let denied = Denial::NoRegister { address: 0x4000, nearest: None };
        assert_eq!(check(&bare, 0x4000, 4, Rights::Read), Err(denied));
        assert_eq!(
            check(MAP, 0x4900, 4, Rights::Read).unwrap_err().to_string(),
            "0x4900 is device memory without a known register; the nearest is far at 0x4800"
        );
    }
}
