//! The stage 1 page tables, walked from outside: what is mapped, where to, with which rights and attributes.
//!
//! Formats: Arm Architecture Reference Manual, VMSAv8-64, 4 KiB granule, EL1&0 regime, TTBR0 half.

use super::gdb::{Gdb, number_from};
use std::ops::Range;

const PAGE: u64 = 4096;
const TABLE_BYTES: usize = 4096;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// One leaf of the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) virt: Range<u64>,
    pub(crate) phys: u64,
    /// The byte of `MAIR_EL1` that it selects: 0xff write-back, 0x44 non-cacheable, 0x04 device.
    pub(crate) attribute: u8,
    pub(crate) rights: Rights,
}

/// What EL1 may do beside reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    Read,
    Write,
    Execute,
    WriteAndExecute,
}

/// Walks the tables of a machine that stands still.
pub(crate) fn walk(gdb: &mut Gdb) -> Vec<Mapping> {
    assert_eq!(gdb.register("SCTLR") & 1, 1, "the MMU is off");
    let tcr = gdb.register("TCR_EL1");
    assert_eq!(tcr >> 14 & 3, 0, "TCR_EL1.TG0 is not 4 KiB");
    let bits = 64 - (tcr & 0x3f);
    // 9 bits a level above the 12 of the page; level 3 is the last.
    let level = 4 - (bits - 12).div_ceil(9);
    let root = gdb.register("TTBR0_EL1") & 0x0000_ffff_ffff_fffe;
    let mair = gdb.register("MAIR_EL1");
    let mut walker = Walker { gdb, mair, mappings: Vec::new() };
    walker.table(root, level, 0);
    walker.mappings.retain(|mapping| mapping.virt.start < 1 << bits);
    walker.mappings
}

struct Walker<'gdb> {
    gdb: &'gdb mut Gdb,
    mair: u64,
    mappings: Vec<Mapping>,
}

impl Walker<'_> {
    /// The table at a physical address, which maps the addresses from `virt` on.
    fn table(&mut self, address: u64, level: u64, virt: u64) {
        let size = PAGE << (9 * (3 - level));
        let entries = self.gdb.physical(address, TABLE_BYTES);
        for (index, entry) in (0..).zip(entries.chunks_exact(8).map(number_from)) {
            let start = virt + index * size;
            match (entry & 3, level) {
                (0b11, 0..3) => self.table(entry & ADDRESS, level + 1, start),
                (0b11, 3) | (0b01, 1..3) => {
                    self.mappings.push(leaf(entry, self.mair, start..start + size));
                }
                (0b01, _) => panic!("a reserved descriptor {entry:#x} for {start:#x}"),
                _ => {}
            }
        }
    }
}

fn leaf(entry: u64, mair: u64, virt: Range<u64>) -> Mapping {
    let size = virt.end - virt.start;
    let index = entry >> 2 & 0b111;
    let read_only = entry >> 7 & 1 == 1;
    let user_writes = entry >> 6 & 3 == 0b01;
    let never = entry >> 53 & 1 == 1;
    // EL1 never executes what EL0 may write.
    let rights = match (read_only, never || user_writes) {
        (true, true) => Rights::Read,
        (true, false) => Rights::Execute,
        (false, true) => Rights::Write,
        (false, false) => Rights::WriteAndExecute,
    };
    let attribute = mair.to_le_bytes()[usize::try_from(index).expect("three bits")];
    Mapping { virt, phys: entry & ADDRESS & !(size - 1), attribute, rights }
}

/// The memory map that the firmware must have, from its symbols.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) text: Range<u64>,
    pub(crate) rodata: Range<u64>,
    /// Pages that must not be mapped, with their names.
    pub(crate) unmapped: Vec<(&'static str, u64)>,
    pub(crate) coherent: Range<u64>,
}

/// Every rule that the map breaks, in words.
pub(crate) fn judge(map: &[Mapping], expected: &Expected) -> Vec<String> {
    let mut broken = Vec::new();
    let at = |address: u64| map.iter().find(|mapping| mapping.virt.contains(&address));
    for mapping in map {
        if mapping.rights == Rights::WriteAndExecute {
            broken.push(format!("writable and executable: {mapping:x?}"));
        }
        let executes = mapping.rights == Rights::Execute;
        if executes
            && !(expected.text.contains(&mapping.virt.start)
                && mapping.virt.end <= expected.text.end)
        {
            broken.push(format!("executable outside text: {mapping:x?}"));
        }
    }
    for (name, page) in &expected.unmapped {
        if let Some(mapping) = at(*page) {
            broken.push(format!("{name} is mapped: {mapping:x?}"));
        }
    }
    for (name, range, rights) in
        [("text", &expected.text, Rights::Execute), ("rodata", &expected.rodata, Rights::Read)]
    {
        for page in pages(range) {
            if at(page).is_none_or(|mapping| mapping.rights != rights) {
                broken.push(format!("{name} page {page:#x} is not {rights:?}: {:x?}", at(page)));
            }
        }
    }
    broken.extend(coherent(map, &expected.coherent));
    broken
}

/// The coherent region: all of it there, Normal non-cacheable, and under one address only.
fn coherent(map: &[Mapping], region: &Range<u64>) -> Vec<String> {
    let mut broken = Vec::new();
    for page in pages(region) {
        let views: Vec<_> = map
            .iter()
            .filter(|mapping| (mapping.phys..mapping.phys + length(mapping)).contains(&page))
            .collect();
        let good = |mapping: &Mapping| mapping.attribute == 0x44 && mapping.rights == Rights::Write;
        if !matches!(views.as_slice(), [one] if good(one)) {
            broken.push(format!("coherent page {page:#x} is seen through {views:x?}"));
        }
    }
    broken
}

fn length(mapping: &Mapping) -> u64 {
    mapping.virt.end - mapping.virt.start
}

fn pages(range: &Range<u64>) -> impl Iterator<Item = u64> {
    range.clone().step_by(TABLE_BYTES)
}
