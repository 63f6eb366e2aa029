//! Each rule of docs/dma-buffers.md, "What the library does, and when", by name.

use std::vec::Vec;

use super::machine::{BUS, Machine, Op};
use crate::address::BusAddr;
use crate::buffer::{Entry, Exclusive, Memory, Piece};
use crate::map::{Bidirectional, Device, EdgeOutside, FromDevice, Place, ToDevice};
use crate::scatterlist::Equality;
use crate::segment::BusSegment;
use crate::sg_table::{SgTable, TableError};

fn segment(at: u32, len: u32) -> BusSegment {
    BusSegment::new(BusAddr::new(BUS + at), len)
}

#[test]
fn a_source_is_in_ram_when_the_engine_reads_it() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    table.push(&*machine.lend(3..70)).unwrap();
    table.push(&*machine.lend(200..201)).unwrap();
    let mapped = table.map(ToDevice, &Device::new(&machine)).unwrap();

    let segments: Vec<_> = mapped.segments().collect();
    assert_eq!(segments, [segment(3, 67), segment(200, 1)]);
    let read: Vec<u8> = segments.iter().flat_map(|s| machine.engine_reads(*s)).collect();
    assert_eq!(mapped.unmap().bytes().equals(&read), Equality::Equal);
}

#[test]
fn neighbours_on_the_bus_are_one_segment_and_the_borrows_stay_two() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 3];
    let mut table = SgTable::new(&mut storage);
    table.push(machine.lend(64..164)).unwrap();
    table.push(machine.lend(164..192)).unwrap();
    table.push(machine.lend(256..272)).unwrap();
    let mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    let segments: Vec<_> = mapped.segments().collect();
    assert_eq!((mapped.nents(), segments), (2, [segment(64, 128), segment(256, 16)].to_vec()));

    // The line at 128 belongs to both entries, hence to the mapping: the engine may write it.
    machine.engine_writes(segment(64, 128), &[7; 128]);
    let table = mapped.unmap();
    assert_eq!(table.nents(), 3);
    assert!(table.bytes().slices().take(2).flatten().all(|&byte| byte == 7));
}

#[test]
fn what_the_engine_wrote_is_what_the_cpu_reads_after_a_sync() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(128..256)).unwrap();
    let mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    machine.engine_writes(segment(128, 128), &[9; 128]);
    let view = mapped.sync_for_cpu();
    assert_eq!(view.bytes().equals(&[9; 128]), Equality::Equal);
    drop(view);
    assert!(machine.ops.borrow().ends_with(&[Op::Barrier, Op::Invalidate, Op::Barrier]));
}

#[test]
fn a_mapping_that_is_dropped_hands_the_memory_back() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(128..256)).unwrap();
    let mapped = table.map(Bidirectional, &Device::new(&machine)).unwrap();
    machine.engine_writes(segment(128, 128), &[9; 128]);
    drop(mapped);
    assert_eq!(machine.peek_all(128..256), [9; 128]);
}

#[test]
fn the_take_back_leaves_a_neighbours_dirty_bytes_alone() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(100..300)).unwrap();
    let mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    machine.poke(99, 0xAA);
    machine.poke(300, 0xBB);
    // Whole lines of 100..300 are 128..256.
    machine.engine_writes(segment(128, 128), &[5; 128]);
    let _ = mapped.unmap();
    assert_eq!([99, 128, 255, 300].map(|at| machine.peek(at)), [0xAA, 5, 5, 0xBB]);
}

#[test]
fn edges_are_finished_beside_dirty_neighbours_and_survive_every_later_sync() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(100..300)).unwrap();
    let mut mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    machine.poke(99, 0xAA);
    machine.poke(300, 0xBB);
    machine.engine_writes(segment(128, 124), &[5; 124]);
    // The head and tail lie in shared lines; the four bytes at 252 in an own one that the engine wrote in part.
    let edges: [(usize, &[u8]); 3] = [(0, &[1; 28]), (152, &[2; 4]), (156, &[3; 44])];
    mapped.finish_edges(edges.into_iter()).unwrap();
    let mapped = mapped.sync_for_cpu().sync_for_device();
    let _ = mapped.unmap();
    let expected = [&[1; 28][..], &[5; 124], &[2; 4], &[3; 44]].concat();
    assert_eq!(machine.peek_all(100..300), expected);
    assert_eq!((machine.peek(99), machine.peek(300)), (0xAA, 0xBB));
}

#[test]
fn an_edge_at_the_start_of_an_entry_does_not_undo_what_the_engine_wrote_behind_it() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(128..256)).unwrap();
    let mut mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    machine.engine_writes(segment(132, 124), &[5; 124]);
    mapped.finish_edges([(0, &[1; 4][..])].into_iter()).unwrap();
    let _ = mapped.unmap();
    assert_eq!(machine.peek_all(128..256), [&[1; 4][..], &[5; 124]].concat());
}

#[test]
fn what_the_engine_only_read_and_what_is_not_cached_need_not_be_taken_back() {
    let machine = Machine::new(512);
    let device = Device::new(&machine);
    let [mut a, mut b] = [const { [Entry::EMPTY; 1] }; 2];
    let mut source =
        SgTable::one(&mut a, &*machine.lend(64..128)).unwrap().map(ToDevice, &device).unwrap();
    let mut dest =
        SgTable::one(&mut b, machine.lend(128..192)).unwrap().map(FromDevice, &device).unwrap();
    machine.ops.borrow_mut().clear();
    source.settle();
    assert_eq!(*machine.ops.borrow(), []);
    dest.settle();
    assert!(machine.ops.borrow().contains(&Op::Invalidate));
}

#[test]
fn an_edge_without_a_place_is_an_error_that_names_it() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(100..110)).unwrap();
    let mut mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    let past: [(usize, &[u8]); 1] = [(8, &[1; 3])];
    assert_eq!(mapped.finish_edges(past.into_iter()), Err(EdgeOutside { offset: 10 }));
    assert_eq!(machine.unordered.get(), 0);
}

#[test]
fn a_source_that_the_cpu_prepared_anew_is_cleaned_again() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 1];
    let piece: Piece<'_, Exclusive> = (machine.lend(64..96)).into();
    let table = SgTable::one(&mut storage, piece).unwrap();
    let mut mapped = table.map(ToDevice, &Device::new(&machine)).unwrap();
    for round in 0..3 {
        let mut view = mapped.lend_to_cpu();
        view.bytes_mut().fill(0, 32, round);
        mapped = view.sync_for_device();
        assert_eq!(machine.engine_reads(segment(64, 32)), [round; 32]);
    }
}

#[test]
fn a_thousand_transfers_over_one_mapping() {
    let machine = Machine::new(256);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(64..192)).unwrap();
    let mut mapped = table.map(Bidirectional, &Device::new(&machine)).unwrap();
    let rounds = if cfg!(miri) { 2 } else { 1000 };
    for round in 0..rounds {
        let value = u8::try_from(round % 255).unwrap();
        machine.engine_writes(segment(64, 128), &[value; 128]);
        let mut view = mapped.sync_for_cpu();
        assert_eq!(view.bytes().equals(&[value; 128]), Equality::Equal);
        view.bytes_mut().fill(5, 1, value + 1);
        mapped = view.sync_for_device();
        assert_eq!(machine.engine_reads(segment(69, 1)), [value + 1]);
    }
}

#[test]
fn a_bus_address_is_found_in_its_entry() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    table.push(machine.lend(64..128)).unwrap();
    table.push(machine.lend(128..138)).unwrap();
    let mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    let place = |at: u32| mapped.place_of(BusAddr::new(BUS + at));
    assert_eq!(place(64), Some(Place { entry: 0, in_entry: 0, offset: 0 }));
    assert_eq!(place(130), Some(Place { entry: 1, in_entry: 2, offset: 66 }));
    assert_eq!((place(63), place(138)), (None, None));
}

#[test]
fn a_byte_is_found_by_its_offset_in_the_table() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 3];
    let mut table = SgTable::new(&mut storage);
    for range in [200..204, 64..65, 128..138] {
        table.push(machine.lend(range)).unwrap();
    }
    let mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    let place = |offset| mapped.place_at(offset).map(|place| (place.entry, place.in_entry));
    let found: Vec<_> = (0..15).map(place).collect();
    let in_entries = [(0, 4), (1, 1), (2, 10)];
    let all = in_entries.iter().flat_map(|&(entry, len)| (0..len).map(move |at| Some((entry, at))));
    assert!(all.eq(found), "all are there, and no byte past the end");
}

#[test]
fn a_table_of_one_entry_says_where_that_is() {
    let machine = Machine::new(512);
    let device = Device::new(&machine);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    table.push(machine.lend(64..128)).unwrap();
    let mapped = table.map(FromDevice, &device).unwrap();
    assert_eq!(mapped.only(), Some(segment(64, 64)));
    let mut table = mapped.unmap();
    table.push(machine.lend(192..256)).unwrap();
    assert_eq!(table.map(FromDevice, &device).unwrap().only(), None);
}

#[test]
fn coherent_memory_costs_barriers_and_no_cache_operation() {
    let machine = Machine::new(256);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, Piece::coherent(machine.lend(70..80))).unwrap();
    let mut mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    assert_eq!(mapped.line(), 1);
    let edge: [(usize, &[u8]); 1] = [(2, &[7; 3])];
    mapped.finish_edges(edge.into_iter()).unwrap();
    let view = mapped.sync_for_cpu();
    let mut bytes = [0; 5];
    assert_eq!(view.bytes().pcopy_to_buffer(1, &mut bytes), 5);
    assert_eq!(bytes, [71, 7, 7, 7, 75]);
    drop(view);
    let ops = machine.ops.borrow();
    assert!(ops.len() >= 3 && ops.iter().all(|op| *op == Op::Barrier), "{ops:?}");
}

#[test]
fn coherent_and_cached_memory_do_not_mix() {
    let machine = Machine::new(256);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    table.push(machine.lend(64..70)).unwrap();
    let rejected = table.push(Piece::coherent(machine.lend(70..80))).unwrap_err();
    let (table, entry) = (Memory::Cached, Memory::Coherent);
    assert_eq!(rejected.reason, TableError::MixedMemory { table, entry });
}

#[cfg(feature = "alloc")]
#[test]
fn line_owned_memory_is_written_to_its_first_and_last_byte() {
    let machine = Machine::new(256);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, Piece::line_owned(machine.lend(64..165))).unwrap();
    let mapped = table.map(FromDevice, &Device::new(&machine)).unwrap();
    assert_eq!(mapped.line(), 1);
    machine.engine_writes(segment(64, 101), &[5; 101]);
    assert_eq!(mapped.unmap().bytes().equals(&[5; 101]), Equality::Equal);
}
