//! Tables that grow, chain and own.

use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use crate::buffer::{ENTRIES_PER_PIECE, Entry, Exclusive, LineBuffer, Memory, Piece, Shared};
use crate::sg_table::{SgTable, TableError};

fn buffer(len: usize, value: u8) -> LineBuffer {
    LineBuffer::copy_of(&vec![value; len]).unwrap()
}

fn count(table: &SgTable<'_, Shared>) -> Vec<u8> {
    table.bytes().slices().flatten().copied().collect()
}

#[test]
fn a_table_grows_past_its_first_piece_and_one_iterator_hides_it() {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut table = SgTable::growing();
    let n = 3 * ENTRIES_PER_PIECE + 1;
    for at in 0..n {
        table.push(&bytes[at % 256..=at % 256]).unwrap();
    }
    assert_eq!(table.nents(), n);
    assert!(
        table.bytes().slices().flatten().enumerate().all(|(at, &b)| usize::from(b) == at % 256)
    );
    assert_eq!(table.last().map(|entry| (entry.index, entry.offset)), Some((n - 1, n - 1)));
    assert_eq!(table.nth(ENTRIES_PER_PIECE).map(|entry| entry.offset), Some(ENTRIES_PER_PIECE));
}

#[test]
fn pieces_are_pages() {
    assert!(ENTRIES_PER_PIECE * size_of::<Entry>() <= 4096);
    assert!((ENTRIES_PER_PIECE + 1) * size_of::<Entry>() > 4096);
}

#[test]
fn chained_tables_keep_their_order_wherever_the_pieces_end() {
    let bytes: Vec<u8> = (0..=255).collect();
    let cases = [(171, 5), (0, 3), (3, 0), (1, 1), (169, 171), (170, 170), (400, 400)];
    for (a, b) in cases.into_iter().take(if cfg!(miri) { 4 } else { 7 }) {
        let table = |from: usize, n: usize| {
            let mut table = SgTable::growing();
            (from..from + n).for_each(|at| table.push(&bytes[at % 256..=at % 256]).unwrap());
            table
        };
        let (mut front, back) = (table(0, a), table(a, b));
        front.chain(back).unwrap();
        front.push(&bytes[(a + b) % 256..=(a + b) % 256]).unwrap();
        let expected: Vec<u8> = (0..=a + b).map(|at| u8::try_from(at % 256).unwrap()).collect();
        assert_eq!(count(&front), expected, "{a} and {b}");
        assert_eq!((front.nents(), front.total_len()), (a + b + 1, a + b + 1));
    }
}

#[test]
fn a_growing_table_is_cut_in_the_middle_of_any_piece() {
    let bytes: Vec<u8> = (0..=255).cycle().take(1200).collect();
    let cuts = [3 * ENTRIES_PER_PIECE, 1, 0, 3, 2 * ENTRIES_PER_PIECE, 1197, 1200];
    for at in cuts.into_iter().take(if cfg!(miri) { 2 } else { 7 }) {
        let mut table = SgTable::growing();
        bytes.chunks(3).for_each(|chunk| table.push(chunk).unwrap());
        let mut rest = SgTable::growing();
        table.split_off(at, &mut rest).unwrap();
        assert_eq!([count(&table), count(&rest)].concat(), bytes);
        assert_eq!(table.total_len(), at);
        rest.push(&bytes[..1]).unwrap();
        table.push(&bytes[..1]).unwrap();
        assert_eq!(count(&table).len(), at + 1);
    }
}

#[test]
fn a_split_gives_every_byte_to_one_part_also_after_a_skip() {
    let bytes: Vec<u8> = (0..20).collect();
    // Linux's sg_split made a first entry of 0 bytes where the skip ends with an entry.
    for skip in 0..=10 {
        let mut table = SgTable::growing();
        bytes.chunks(5).for_each(|chunk| table.push(chunk).unwrap());
        let split = table.split(skip, &[5, 1, 2]).unwrap();
        let sizes: Vec<usize> = split.parts.iter().map(SgTable::total_len).collect();
        assert_eq!((split.before.total_len(), sizes), (skip, vec![5, 1, 2]));
        let all: Vec<u8> = [&split.before]
            .into_iter()
            .chain(&split.parts)
            .chain([&split.after])
            .flat_map(|part| {
                assert!(part.entries().all(|entry| entry.span.len() != 0));
                count(part)
            })
            .collect();
        assert_eq!(all, bytes);
    }
}

#[test]
fn a_split_that_cannot_be_gives_the_whole_table_back() {
    let bytes = [1, 2, 3];
    let mut table = SgTable::growing();
    table.push(&bytes).unwrap();
    let table = table.split(1, &[1, 0]).unwrap_err();
    assert_eq!(table.reason, TableError::EmptyEntry);
    let table = table.returned.split(1, &[1, 2]).unwrap_err();
    assert_eq!(table.reason, TableError::TooShort { wanted: 4, total: 3 });
    let table = table.returned.split(usize::MAX, &[1]).unwrap_err();
    assert_eq!((table.reason, count(&table.returned)), (TableError::TooLong, vec![1, 2, 3]));
}

#[test]
fn owned_buffers_come_back_written() {
    let mut table: SgTable<'static, Exclusive> = SgTable::growing();
    table.push_buffer(buffer(100, 1)).unwrap();
    table.push_buffer(buffer(3, 2)).unwrap();
    assert_eq!((table.memory(), table.total_len()), (Memory::LineOwned, 103));
    table.bytes_mut().fill(99, 2, 9);
    let table = table.into_slices(|_| unreachable!()).unwrap_err();
    let buffers = table.into_buffers().unwrap();
    assert_eq!((buffers[0][98], buffers[0][99], &buffers[1][..]), (1, 9, &[9, 2, 2][..]));
}

#[test]
fn a_buffer_in_two_tables_comes_back_to_the_last_one() {
    let mut table: SgTable<'static, Exclusive> = SgTable::growing();
    table.push_buffer(buffer(100, 1)).unwrap();
    let mut rest = SgTable::growing();
    table.split_off(60, &mut rest).unwrap();
    // The two share a line now.
    assert_eq!((table.memory(), rest.memory()), (Memory::Cached, Memory::Cached));
    let mut table = table.into_buffers().unwrap_err();
    table.bytes_mut().fill(59, 1, 7);
    drop(table);
    rest.bytes_mut().fill(0, 1, 8);
    let buffers = rest.into_buffers().unwrap();
    assert_eq!(buffers[0][58..62], [1, 7, 8, 1]);
}

#[test]
fn a_table_that_was_cut_and_is_whole_again_gives_its_buffers() {
    let mut table: SgTable<'static, Exclusive> = SgTable::growing();
    table.push_buffer(buffer(100, 1)).unwrap();
    table.push_buffer(buffer(100, 2)).unwrap();
    for at in [64, 150, 1, 0, 199, 200, 64, 150, 1, 199] {
        let mut rest = SgTable::growing();
        table.split_off(at, &mut rest).unwrap();
        table.chain(rest).unwrap();
    }
    let split = table.split(10, &[50, 60]).unwrap();
    let mut table = split.before;
    split.parts.into_iter().chain([split.after]).for_each(|part| table.chain(part).unwrap());
    let buffers = table.into_buffers().unwrap();
    assert_eq!(buffers.len(), 2, "each of them once");
    assert_eq!([buffers[0][99], buffers[1][0]], [1, 2]);
}

#[test]
fn a_table_without_entries_keeps_no_buffer() {
    let mut table: SgTable<'static, Exclusive> = SgTable::growing();
    table.push_buffer(buffer(8, 1)).unwrap();
    let mut rest = SgTable::growing();
    table.split_off(8, &mut rest).unwrap();
    assert_eq!(rest.into_buffers().unwrap().len(), 0);
    let mut rest = SgTable::growing();
    table.split_off(0, &mut rest).unwrap();
    assert_eq!(rest.into_buffers().unwrap().len(), 1);
    assert_eq!(table.into_buffers().unwrap().len(), 0);
}

#[test]
fn a_refused_buffer_comes_back() {
    let mut storage = [Entry::EMPTY; 1];
    let mut table = SgTable::new(&mut storage);
    table.push_buffer(buffer(1, 1)).unwrap();
    let rejected = table.push_buffer(buffer(2, 2)).unwrap_err();
    assert_eq!(rejected.reason, TableError::Full { capacity: 1 });
    assert_eq!(*rejected.returned, [2, 2]);
    assert_eq!(table.push_buffer(buffer(0, 0)).unwrap_err().reason, TableError::EmptyEntry);
}

#[test]
fn memory_that_is_lent_for_good_comes_back_for_good() {
    let lent: &'static mut [u8] = Box::leak(vec![1; 10].into_boxed_slice());
    let mut table: SgTable<'static, Exclusive> = SgTable::growing();
    table.push(lent).unwrap();
    let mut back = None;
    table.into_slices(|slice| back = Some(slice)).unwrap();
    // SAFETY: see the expectation; this is the box that was leaked above.
    #[expect(unsafe_code, reason = "Miri is to see no leak")]
    drop(unsafe { Box::from_raw(std::ptr::from_mut(back.unwrap())) });
}

#[test]
fn a_table_may_change_threads() {
    static SUM: AtomicUsize = AtomicUsize::new(0);
    let mut table: SgTable<'static, Exclusive> = SgTable::growing();
    table.push_buffer(buffer(100, 1)).unwrap();
    let thread = std::thread::spawn(move || {
        let sum = table.bytes().slices().flatten().map(|&byte| usize::from(byte)).sum();
        SUM.store(sum, Ordering::SeqCst);
    });
    thread.join().unwrap();
    assert_eq!(SUM.load(Ordering::SeqCst), 100);
}

#[test]
fn one_line_that_is_not_owned_makes_a_table_merely_cached() {
    let mut lines = buffer(100, 1);
    let mut plain = [0; 4];
    let mut table = SgTable::growing();
    table.push(&mut lines).unwrap();
    assert_eq!(table.memory(), Memory::LineOwned);
    table.push(&mut plain).unwrap();
    assert_eq!(table.memory(), Memory::Cached);
}

#[test]
fn halves_of_a_line_do_not_own_it() {
    let owned = [0, 64, 128, 200];
    for (at, memory) in [10, 63, 65]
        .map(|at| (at, Memory::Cached))
        .into_iter()
        .chain(owned.map(|at| (at, Memory::LineOwned)))
    {
        let mut lines = buffer(200, 1);
        let (a, b) = Piece::from(&mut lines).split_at(at);
        assert_eq!((a.len(), a.memory(), b.memory()), (at, memory, memory));
        let mut table: SgTable<'_, Exclusive> = SgTable::growing();
        table.push_buffer(buffer(64, 1)).unwrap();
        table.push_buffer(buffer(200, 1)).unwrap();
        let mut rest = SgTable::growing();
        table.split_off(64 + at, &mut rest).unwrap();
        let rest = if at == 200 { Memory::LineOwned } else { rest.memory() };
        assert_eq!((table.memory(), rest), (memory, memory), "{at}");
    }
}

#[test]
fn pages_of_whole_lines_own_them() {
    let mut lines = buffer(4096 + 100, 1);
    let pages = Piece::from(&mut lines).pages(NonZeroUsize::new(4096).unwrap());
    let pages: Vec<_> = pages.map(|page| (page.len(), page.memory())).collect();
    assert_eq!(pages, [(4096, Memory::LineOwned), (100, Memory::LineOwned)]);
}

#[test]
fn an_entry_of_an_owned_buffer_is_replaced_and_stays_the_tables() {
    let mut bytes = [9; 8];
    let mut table = SgTable::growing();
    table.push_buffer(buffer(8, 1)).unwrap();
    table.push_buffer(buffer(8, 2)).unwrap();
    assert!(table.set(0, &mut bytes).unwrap().is_none(), "nobody else may have it");
    let expected = [[9_u8; 8], [2; 8]];
    assert!(table.bytes().slices().eq(expected.iter().map(|part| &part[..])));
    assert_eq!(table.memory(), Memory::Cached);
}

/// How many slices came back, or the table.
fn given_back(table: SgTable<'_, Exclusive>) -> Result<usize, SgTable<'_, Exclusive>> {
    let mut slices = 0;
    table.into_slices(|_| slices += 1).map(|()| slices)
}

#[test]
fn what_is_lent_is_given_back_and_what_is_owned_is_not() {
    let (mut a, mut b) = ([1; 4], [2; 4]);
    let mut lent = SgTable::growing();
    lent.push(&mut a).unwrap();
    lent.push(&mut b).unwrap();
    assert_eq!(given_back(lent).map_err(drop), Ok(2));
    let mut owned = SgTable::growing();
    owned.push_buffer(buffer(8, 3)).unwrap();
    let table = given_back(owned).unwrap_err();
    assert_eq!((table.nents(), table.memory()), (1, Memory::LineOwned));
}

#[test]
fn a_growing_table_hangs_behind_one_in_lent_storage_and_before_it() {
    let bytes: Vec<u8> = (0..6).collect();
    let mut halves = [bytes.clone(), bytes];
    let [first, second] = &mut halves;
    for (mine, fixed_first) in [(first, true), (second, false)] {
        let (mut storage, mut parts) = ([Entry::EMPTY; 8], mine.chunks_mut(1));
        let mut fixed = SgTable::new(&mut storage);
        let mut growing = SgTable::growing();
        let (front, back) =
            if fixed_first { (&mut fixed, &mut growing) } else { (&mut growing, &mut fixed) };
        parts.by_ref().take(3).for_each(|part| front.push(part).unwrap());
        parts.for_each(|part| back.push(part).unwrap());
        let table = if fixed_first {
            fixed.chain(growing).unwrap();
            fixed
        } else {
            growing.chain(fixed).unwrap();
            growing
        };
        assert_eq!((table.nents(), table.total_len()), (6, 6));
        assert!(table.bytes().slices().flatten().copied().eq(0..6));
    }
}

#[test]
fn a_buffer_that_is_lent_to_be_read_shares_its_lines() {
    let buffer = buffer(8, 3);
    let mut table: SgTable<'_, Shared> = SgTable::growing();
    table.push(&buffer).unwrap();
    assert_eq!((count(&table), table.memory()), (std::vec![3; 8], Memory::Cached));
}

#[test]
fn a_cut_between_two_buffers_leaves_each_table_its_own() {
    let mut table: SgTable<'_, Exclusive> = SgTable::growing();
    for _ in 0..3 {
        table.push_buffer(LineBuffer::zeroed(64).unwrap()).unwrap();
    }
    let mut rest = SgTable::growing();
    table.split_off(64, &mut rest).unwrap();
    assert_eq!(table.into_buffers().map(|buffers| buffers.len()).ok(), Some(1));
    let mut last = SgTable::growing();
    rest.split_off(96, &mut last).unwrap();
    rest = rest.into_buffers().unwrap_err();
    rest.chain(last).unwrap();
    assert_eq!(rest.into_buffers().map(|buffers| buffers.len()).ok(), Some(2));
}
