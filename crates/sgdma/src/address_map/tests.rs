//! The firewall, both ways.

use std::string::ToString;
use std::vec::Vec;

use super::*;
use crate::address::CpuAddr;

const RAM_END: PhysAddr = PhysAddr::new(0x1C00_0000);

fn regions() -> Vec<Region> {
    let ram = |name, start, len, permission| {
        Region::ram(name, PhysAddr::new(start), len, permission).unwrap()
    };
    [
        ram("page 0", 0, 0x1000, Permission::Closed),
        ram("text", 0x8_0000, 0x1_0000, Permission::Closed),
        ram("rodata", 0x9_0000, 0x1000, Permission::Read),
        ram("data", 0x9_1000, 0x1000, Permission::ReadWrite),
        ram("heap", 0x9_2000, 0x2000_0000, Permission::ReadWrite),
        Region::peripheral("uart", 0x20_1000, 0x1000, Permission::ReadWrite).unwrap(),
    ]
    .into()
}

fn span(start: usize, len: usize) -> CpuSpan {
    CpuSpan::new(CpuAddr::new(start), len).unwrap()
}

#[test]
fn ram_and_peripherals_have_their_own_places_on_the_bus() {
    let regions = regions();
    let map = RegionMap::new(RAM_END, &regions).unwrap();
    let bus = |start| map.bus_address(span(start, 4), Access::Write).map(BusAddr::get);
    assert_eq!(bus(0x9_2000), Ok(0xC009_2000));
    assert_eq!(bus(0x3F20_1000), Ok(0x7E20_1000));
}

#[test]
fn a_closed_region_is_refused_by_name_in_both_directions() {
    let regions = regions();
    let map = RegionMap::new(RAM_END, &regions).unwrap();
    for access in [Access::Read, Access::Write] {
        assert_eq!(map.bus_address(span(0xFFF, 1), access), Err(Refusal::Region("page 0")));
        assert_eq!(map.bus_address(span(0x8_FFFF, 2), access), Err(Refusal::Region("text")));
    }
    let refusal = map.bus_address(span(0x9_0FFF, 2), Access::Write).unwrap_err();
    assert_eq!(refusal.to_string(), "rodata is closed to the DMA engine");
    assert_eq!(map.bus_address(span(0x9_0FFF, 2), Access::Read).map(BusAddr::get), Ok(0xC009_0FFF));
}

#[test]
fn a_span_may_cross_open_regions_but_its_every_byte_is_checked() {
    let regions = regions();
    let map = RegionMap::new(RAM_END, &regions).unwrap();
    assert!(map.bus_address(span(0x9_1000, 0x5000), Access::Write).is_ok());
    let rodata = Err(Refusal::Region("rodata"));
    assert_eq!(map.bus_address(span(0x9_0800, 0x5000), Access::Write), rodata);
    assert_eq!(map.bus_address(span(0x7_FFFF, 2), Access::Read), Err(Refusal::Unmapped));
    assert_eq!(map.bus_address(span(0x3F20_1FFF, 2), Access::Read), Err(Refusal::Unmapped));
}

#[test]
fn ram_ends_where_the_mailbox_says() {
    let regions = regions();
    let map = RegionMap::new(RAM_END, &regions).unwrap();
    assert!(map.bus_address(span(0x1BFF_FFFF, 1), Access::Write).is_ok());
    for (start, len) in [(0x1BFF_FFFF, 2), (0x1C00_0000, 1), (0x1D00_0000, 1)] {
        assert_eq!(map.bus_address(span(start, len), Access::Write), Err(Refusal::Unmapped));
    }
}

#[test]
fn no_region_of_ram_reaches_into_the_peripherals() {
    let ram = |start, len| Region::ram("ram", PhysAddr::new(start), len, Permission::ReadWrite);
    for (start, len, is) in [
        (0, 0x3F00_0000, true),
        (0x3EFF_FFFF, 1, true),
        (0, 0x3F00_0001, false),
        (0x3EFF_FFFF, 2, false),
        (0x3F00_0000, 0, false),
        (0, u32::MAX, false),
    ] {
        assert_eq!(ram(start, len).is_some(), is, "{start:#x}+{len:#x}");
    }
    // Written by hand it does, and what is past the end of RAM is not there all the same, whatever that end is said to be.
    let all = [Region { len: 0x4000_0000, ..ram(0, 1).unwrap() }];
    for ram_end in [RAM_END, PhysAddr::new(0x3C00_0000), PhysAddr::new(0x4000_0000)] {
        let map = RegionMap::new(ram_end, &all).unwrap();
        let gpio = map.bus_address(span(0x3F20_0000, 4), Access::Write);
        assert_eq!(gpio, Err(Refusal::Unmapped));
        let end = usize::try_from(ram_end.min(PERIPHERALS).get()).unwrap();
        assert!(map.bus_address(span(end - 4, 4), Access::Write).is_ok());
        assert_eq!(map.bus_address(span(end - 4, 5), Access::Write), Err(Refusal::Unmapped));
    }
}

#[test]
fn what_has_no_32_bit_address_is_not_there() {
    let regions = regions();
    let map = RegionMap::new(RAM_END, &regions).unwrap();
    for start in [0x1_0009_2000, usize::MAX - 8] {
        assert_eq!(map.bus_address(span(start, 4), Access::Read), Err(Refusal::Unmapped));
    }
    assert_eq!(map.bus_address(span(0x9_2000, 1 << 32), Access::Read), Err(Refusal::Unmapped));
}

#[test]
fn regions_that_contradict_each_other_are_no_map() {
    let ram = |start, len| Region::ram("a", PhysAddr::new(start), len, Permission::Read).unwrap();
    let pair = [ram(0x1000, 0x1000), Region { name: "b", ..ram(0x1FFF, 1) }];
    assert_eq!(RegionMap::new(RAM_END, &pair).unwrap_err(), MapFault::Overlap("a", "b"));
    let long = [Region { len: 0x5000_0000, ..ram(0x3000_0000, 1) }];
    assert_eq!(RegionMap::new(RAM_END, &long).unwrap_err(), MapFault::TooLong("a"));
    assert_eq!(Region::ram("a", PhysAddr::new(0x4000_0000), 1, Permission::Read), None);
    assert_eq!(Region::peripheral("a", 0x00FF_FFFF, 2, Permission::Read), None);
}

#[test]
fn it_agrees_with_a_byte_by_byte_oracle() {
    let regions = regions();
    let map = RegionMap::new(RAM_END, &regions).unwrap();
    let edges: Vec<usize> = regions
        .iter()
        .flat_map(|region| [region.start.get(), region.start.get().wrapping_add(region.len)])
        .chain([RAM_END.get()])
        .map(|edge| usize::try_from(edge).unwrap())
        .collect();
    let may = |at: usize, access| {
        let peripheral = (0x3F20_1000..0x3F20_2000).contains(&at);
        let heap = (0x9_1000..0x1C00_0000).contains(&at);
        peripheral || heap || access == Access::Read && (0x9_0000..0x9_1000).contains(&at)
    };
    for edge in edges {
        for start in edge.saturating_sub(3)..edge + 3 {
            for (len, access) in (1..5).flat_map(|len| [(len, Access::Read), (len, Access::Write)])
            {
                let expected = (start..start + len).all(|at| may(at, access));
                let got = map.bus_address(span(start, len), access).is_ok();
                assert_eq!(got, expected, "{start:#x}+{len} {access}");
            }
        }
    }
}

#[test]
fn regions_that_touch_here_and_not_on_the_bus_are_not_crossed() {
    let ram = |start| Region::ram("a", PhysAddr::new(start), 0x1000, Permission::Read).unwrap();
    let moved = Region { bus: BusAddr::new(0xE000_0000), ..ram(0x2000) };
    let regions = [ram(0x1000), moved];
    let map = RegionMap::new(RAM_END, &regions).unwrap();
    assert!(map.bus_address(span(0x1FFF, 1), Access::Read).is_ok());
    assert!(map.bus_address(span(0x2000, 1), Access::Read).is_ok());
    assert_eq!(map.bus_address(span(0x1FFF, 2), Access::Read), Err(Refusal::Unmapped));
}

/// The layout that the firmware has, with addresses made up: `src/board/memory_map.rs` fills the same table.
const FIRMWARE: [(&str, u32, u32, Permission); 13] = [
    ("page 0", 0, 0x1000, Permission::Closed),
    ("text", 0x8_0000, 0x4_0000, Permission::Closed),
    ("rodata", 0xC_0000, 0x1_0000, Permission::Closed),
    ("data", 0xD_0000, 0x1_0000, Permission::Closed),
    ("stack guard", 0xE_0000, 0x1000, Permission::Closed),
    ("stack", 0xE_1000, 0x1_0000, Permission::Closed),
    ("page tables", 0x10_0000, 0x4_0000, Permission::Closed),
    ("mailbox buffer", 0x20_0000, 0x1000, Permission::Closed),
    ("coherent DMA memory", 0x20_1000, 0x1F_F000, Permission::ReadWrite),
    ("heap", 0x40_0000, 0x400_0000, Permission::ReadWrite),
    ("device tree", 0x0800_0000, 0x1000, Permission::Closed),
    ("peripherals", 0x3F00_0000, 0x0100_0000, Permission::Closed),
    ("local peripherals", 0x4000_0000, 0x100, Permission::Closed),
];

#[test]
fn every_closed_region_of_the_firmware_is_refused_by_its_name_wherever_a_span_touches_it() {
    let row = |(name, start, len, permission): (&'static str, u32, u32, Permission)| {
        let bus = RAM_ON_BUS.get().checked_add(start).unwrap_or_default();
        Region { name, start: PhysAddr::new(start), len, bus: BusAddr::new(bus), permission }
    };
    let rows = FIRMWARE.map(row);
    let map = RegionMap::new(PERIPHERALS, &rows).unwrap();
    for (name, start, len, permission) in FIRMWARE {
        let (start, len) = (usize::try_from(start).unwrap(), usize::try_from(len).unwrap());
        let inside = [(start, 1), (start + len - 1, 1), (start + len / 2, 4), (start, len)];
        for (at, (bytes, access)) in inside.into_iter().flat_map(|(at, bytes)| {
            [Access::Read, Access::Write].map(|access| (at, (bytes, access)))
        }) {
            let got = map.bus_address(span(at, bytes), access);
            match permission {
                Permission::Closed => assert_eq!(got, Err(Refusal::Region(name)), "{at:#x}"),
                _ => {
                    assert_eq!(got.map(BusAddr::get), Ok(0xC000_0000 + u32::try_from(at).unwrap()));
                }
            }
        }
    }
    // From what is open into what is not: the mailbox's page lies before the pool, nothing after the heap.
    for access in [Access::Read, Access::Write] {
        let refused = |at, len| map.bus_address(span(at, len), access).unwrap_err();
        assert_eq!(refused(0x20_0FFF, 2), Refusal::Region("mailbox buffer"));
        assert_eq!(refused(0x43F_FFFF, 2), Refusal::Unmapped);
        assert_eq!(refused(0x7F_0000, 0x800_0000), Refusal::Unmapped);
        assert_eq!(refused(0x0F_FFFF, 2), Refusal::Unmapped);
    }
    // The pool and the heap touch: one span may lie in both.
    assert!(map.bus_address(span(0x3F_FFC0, 0x80), Access::Write).is_ok());
}

#[test]
fn regions_may_be_listed_in_any_order() {
    let ram = |name, start| Region::ram(name, PhysAddr::new(start), 0x1000, Permission::Read);
    let regions = [ram("high", 0x3000).unwrap(), ram("low", 0x1000).unwrap()];
    let map = RegionMap::new(RAM_END, &regions).unwrap();
    assert_eq!(map.regions(), &regions);
    assert!(map.bus_address(span(0x1000, 0x1000), Access::Read).is_ok());
    assert!(map.bus_address(span(0x3000, 0x1000), Access::Read).is_ok());
    let overlap = [ram("high", 0x3000).unwrap(), ram("low", 0x2001).unwrap()];
    assert_eq!(RegionMap::new(RAM_END, &overlap).unwrap_err(), MapFault::Overlap("high", "low"));
}

#[test]
fn a_region_ends_within_the_addresses_that_there_are() {
    let region = |start, bus| {
        let permission = Permission::Closed;
        [Region { name: "top", start: PhysAddr::new(start), len: 0x1000, bus, permission }]
    };
    let (low, too_long) = (BusAddr::new(0), MapFault::TooLong("top"));
    assert!(RegionMap::new(RAM_END, &region(0xFFFF_F000, low)).is_ok());
    assert_eq!(RegionMap::new(RAM_END, &region(0xFFFF_F001, low)).unwrap_err(), too_long);
    let bus = BusAddr::new(0xFFFF_F001);
    assert_eq!(RegionMap::new(RAM_END, &region(0, bus)).unwrap_err(), too_long);
    let peripheral =
        |offset, len| Region::peripheral("p", offset, len, Permission::Closed).is_some();
    assert!(peripheral(0xFF_FFFF, 1) && peripheral(0, 0x0100_0000));
    assert!(!peripheral(0xFF_FFFF, 2) && !peripheral(0x0100_0000, 0) && !peripheral(u32::MAX, 1));
    assert!(Region::ram("r", PhysAddr::new(0x4000_0000), 1, Permission::Closed).is_none());
}
