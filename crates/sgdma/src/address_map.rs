//! A map of the machine as the engine may see it: RAM, named regions, a firewall.
//!
//! Pure, so that the firmware's [`AddressMap`](crate::platform::AddressMap) is this with its own numbers in it. What no
//! region covers is closed.

use core::fmt;

use crate::address::{BusAddr, CpuSpan, PhysAddr};
use crate::platform::{Access, Refusal};

/// Where the BCM2837's engine sees physical address 0: SDRAM past the VideoCore's caches. (Linux `bcm2837.dtsi`; raspberrypi/linux #3602)
pub const RAM_ON_BUS: BusAddr = BusAddr::new(0xC000_0000);

/// Where the ARM sees the peripherals of the BCM2837.
pub const PERIPHERALS: PhysAddr = PhysAddr::new(0x3F00_0000);

/// Where its engine sees them.
pub const PERIPHERALS_ON_BUS: BusAddr = BusAddr::new(0x7E00_0000);

/// What the engine may do in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Nothing: text, page tables, stacks, page 0.
    Closed,
    /// Read: rodata.
    Read,
    /// Read and write: heap, data, the coherent pool.
    ReadWrite,
}

impl Permission {
    /// Whether this access is allowed.
    pub const fn allows(self, access: Access) -> bool {
        matches!((self, access), (Self::ReadWrite, _) | (Self::Read, Access::Read))
    }
}

/// A named stretch of physical addresses, with what the engine may do there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// What people call it; refusals say it.
    pub name: &'static str,
    /// The first byte.
    pub start: PhysAddr,
    /// The length in bytes.
    pub len: u32,
    /// Where the engine sees the first byte.
    pub bus: BusAddr,
    /// What the engine may do there.
    pub permission: Permission,
}

impl Region {
    /// A region of RAM, which the engine sees at [`RAM_ON_BUS`] and its physical address; `None` where it reaches into
    /// the [`PERIPHERALS`] or lies behind them: there is no RAM.
    pub const fn ram(
        name: &'static str,
        start: PhysAddr,
        len: u32,
        permission: Permission,
    ) -> Option<Self> {
        let (first, most) = (start.get(), PERIPHERALS.get());
        if first >= most || len > most - first {
            return None;
        }
        match RAM_ON_BUS.checked_add(first) {
            Some(bus) => Some(Self { name, start, len, bus, permission }),
            None => None,
        }
    }

    /// A region of the peripherals, `offset` bytes from their base; `None` past their 16 MiB.
    pub const fn peripheral(
        name: &'static str,
        offset: u32,
        len: u32,
        permission: Permission,
    ) -> Option<Self> {
        if offset >= 0x0100_0000 || len > 0x0100_0000 - offset {
            return None;
        }
        match (PERIPHERALS.checked_add(offset), PERIPHERALS_ON_BUS.checked_add(offset)) {
            (Some(start), Some(bus)) => Some(Self { name, start, len, bus, permission }),
            _ => None,
        }
    }

    const fn end(&self) -> u64 {
        self.start.get() as u64 + self.len as u64
    }

    /// Where the engine sees an address that is in the region, and how many bytes from there on are.
    fn find(&self, at: u32) -> Option<(BusAddr, u32)> {
        let into = at.checked_sub(self.start.get())?;
        let left = self.len.checked_sub(into).filter(|left| *left != 0)?;
        Some((self.bus.checked_add(into)?, left))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let permission = match self.permission {
            Permission::Closed => "--",
            Permission::Read => "r-",
            Permission::ReadWrite => "rw",
        };
        write!(f, "{}+{:#x} {permission} {}", self.start, self.len, self.name)
    }
}

/// Why a list of regions is no map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapFault {
    /// A region runs past the end of the 32-bit addresses.
    TooLong(&'static str),
    /// Two regions share addresses, by name.
    Overlap(&'static str, &'static str),
}

impl fmt::Display for MapFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(name) => write!(f, "region {name} runs past 32 bits"),
            Self::Overlap(one, other) => write!(f, "regions {one} and {other} share addresses"),
        }
    }
}

impl core::error::Error for MapFault {}

/// Regions that do not overlap, and the end of RAM. The CPU sees physical addresses (identity mapping).
#[derive(Clone, Copy, Debug)]
pub struct RegionMap<'r> {
    ram_end: PhysAddr,
    regions: &'r [Region],
}

impl<'r> RegionMap<'r> {
    /// The map of these regions on a machine whose ARM memory ends at `ram_end` (mailbox tag `0x0001_0005`), at the
    /// [`PERIPHERALS`] at the latest. A region that begins below them is of RAM: what of it lies past that end is not there.
    ///
    /// # Errors
    /// The regions are no map.
    pub fn new(ram_end: PhysAddr, regions: &'r [Region]) -> Result<Self, MapFault> {
        let top = u64::from(u32::MAX) + 1;
        for (n, region) in regions.iter().enumerate() {
            let bus_end = u64::from(region.bus.get()) + u64::from(region.len);
            if region.end() > top || bus_end > top {
                return Err(MapFault::TooLong(region.name));
            }
            let shares = |other: &&Region| {
                u64::from(region.start.get()) < other.end()
                    && u64::from(other.start.get()) < region.end()
            };
            if let Some(other) = regions.iter().skip(n + 1).find(shares) {
                return Err(MapFault::Overlap(region.name, other.name));
            }
        }
        Ok(Self { ram_end: ram_end.min(PERIPHERALS), regions })
    }

    /// The regions.
    pub const fn regions(&self) -> &'r [Region] {
        self.regions
    }

    /// The bus address of the first byte of `span`, if every byte of it lies in regions that allow `access` and follow
    /// each other on the bus.
    ///
    /// # Errors
    /// The name of the first region that is closed to this access, or that nothing is there.
    pub fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal> {
        let start = u32::try_from(span.start().get()).map_err(|_| Refusal::Unmapped)?;
        let len = u32::try_from(span.len()).map_err(|_| Refusal::Unmapped)?;
        let (first, mut have) = self.reach(start, access)?;
        while have < len {
            let next = start.checked_add(have).ok_or(Refusal::Unmapped)?;
            let (bus, more) = self.reach(next, access)?;
            if first.checked_add(have) != Some(bus) {
                return Err(Refusal::Unmapped);
            }
            have = have.saturating_add(more);
        }
        Ok(first)
    }

    /// Where the engine sees an address, and how many bytes from there on it may access.
    fn reach(&self, at: u32, access: Access) -> Result<(BusAddr, u32), Refusal> {
        let mut found = self.regions.iter().filter_map(|region| Some((region, region.find(at)?)));
        let (region, (bus, mut left)) = found.next().ok_or(Refusal::Unmapped)?;
        if region.start < PERIPHERALS {
            left = left.min(self.ram_end.get().checked_sub(at).ok_or(Refusal::Unmapped)?);
        }
        if left == 0 {
            return Err(Refusal::Unmapped);
        }
        if !region.permission.allows(access) {
            return Err(Refusal::Region(region.name));
        }
        Ok((bus, left))
    }
}

#[cfg(test)]
mod tests;
