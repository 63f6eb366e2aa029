//! What cannot be mapped says why, and gives the table back.

use std::string::ToString;

use super::machine::{BUS, Machine};
use crate::address::BusAddr;
use crate::buffer::{Entry, Exclusive, Shared};
use crate::ledger::{Ledger, Misuse, Slot, Turn};
use crate::map::{Device, FromDevice, MapError, ToDevice};
use crate::segment::BusWindow;
use crate::sg_table::SgTable;

#[test]
fn the_firewall_names_the_region_and_the_table_comes_back() {
    let machine = Machine::new(256);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    table.push(machine.lend(64..256)).unwrap();
    table.push(machine.lend(0..64)).unwrap();
    let rejected = table.map(FromDevice, &Device::new(&machine)).unwrap_err();
    assert!(matches!(rejected.reason, MapError::Refused { entry: 1, .. }));
    let text = rejected.to_string();
    assert!(
        text.ends_with("may not be written: the first line is closed to the DMA engine"),
        "{text}"
    );
    assert!(machine.ops.borrow().is_empty(), "no cache line was touched");
    assert!(rejected.returned.map(ToDevice, &Device::new(&machine)).is_ok());
}

#[test]
fn memory_outside_the_dma_mask_is_named_by_entry_and_address() {
    let machine = Machine::new(256);
    let window = BusWindow { first: BusAddr::new(BUS), last: BusAddr::new(BUS + 127) };
    let device = Device::new(&machine).with_window(window);
    assert_eq!(device.window(), window);
    let mut storage = [Entry::EMPTY; 2];
    let mut table: SgTable<'_, Shared> = SgTable::new(&mut storage);
    table.push(&*machine.lend(64..128)).unwrap();
    table.push(&*machine.lend(100..129)).unwrap();
    let rejected = table.map(ToDevice, &device).unwrap_err();
    let expected =
        "entry 1 at bus 0xc0100064:0x1d is outside the engine's window 0xc0100000..=0xc010007f";
    assert_eq!(rejected.to_string(), expected);
}

#[test]
fn memory_the_machine_does_not_know_is_refused() {
    let machine = Machine::new(256);
    let elsewhere = [0; 16];
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, &elsewhere).unwrap();
    let text = table.map(ToDevice, &Device::new(&machine)).unwrap_err().to_string();
    assert!(text.ends_with("there is no memory the DMA engine can reach"), "{text}");
}

#[test]
fn an_empty_table_is_not_mapped() {
    let machine = Machine::new(256);
    let table = SgTable::<Exclusive>::new(&mut []);
    let rejected = table.map(FromDevice, &Device::new(&machine)).unwrap_err();
    assert_eq!(rejected.reason, MapError::Empty);
}

#[test]
fn the_ledger_follows_a_mapping_from_beginning_to_end() {
    let machine = Machine::new(512);
    let ledger = Ledger::<[Slot; 4]>::new();
    let device = Device::new(&machine).with_ledger(&ledger);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(64..256)).unwrap();
    let turn = || {
        let mut turn = None;
        (&ledger as &Ledger).for_each(|record| turn = Some((record.turn, record.who.file())));
        turn
    };
    let mut mapped = table.map(FromDevice, &device).unwrap();
    assert_eq!(turn(), Some((Turn::Engine, file!())));
    mapped.begin_flight();
    assert_eq!(turn(), Some((Turn::InFlight, file!())));
    mapped.end_flight();
    let view = mapped.sync_for_cpu();
    assert_eq!(turn(), Some((Turn::Cpu, file!())));
    let _ = view.sync_for_device().unmap();
    assert_eq!((turn(), (&ledger as &Ledger).misuses()), (None, (0, None)));
}

#[test]
fn a_mapping_over_memory_that_is_mapped_for_writing_is_refused() {
    let machine = Machine::new(512);
    let ledger = Ledger::<[Slot; 4]>::new();
    let device = Device::new(&machine).with_ledger(&ledger);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(64..256)).unwrap();
    // A forgotten mapping is live for ever, although the borrow has ended.
    core::mem::forget(table.map(FromDevice, &device).unwrap());
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(128..129)).unwrap();
    let rejected = table.map(FromDevice, &device).unwrap_err();
    assert!(matches!(rejected.reason, MapError::Misuse(Misuse::Overlap { .. })));
    let text = rejected.to_string();
    assert!(
        text.starts_with("0xc0100080:0x1 shares bytes with 0xc0100040:0xc0, mapped by "),
        "{text}"
    );
    assert!(matches!(MapError::from(rejected), MapError::Misuse(_)));
    assert_eq!((&ledger as &Ledger).live(), 1);
}

#[test]
fn a_mapping_whose_flight_was_forgotten_ends_as_any_other() {
    let machine = Machine::new(512);
    let ledger = Ledger::<[Slot; 4]>::new();
    let device = Device::new(&machine).with_ledger(&ledger);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(64..256)).unwrap();
    let mut mapped = table.map(FromDevice, &device).unwrap();
    mapped.begin_flight();
    drop(mapped);
    let ledger: &Ledger = &ledger;
    assert_eq!(ledger.misuses(), (0, None));
    assert_eq!(ledger.live(), 0);
}
