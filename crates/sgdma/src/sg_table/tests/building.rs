//! Each operation by its field's name.

use core::num::NonZeroUsize;
use std::format;
use std::string::ToString;
use std::vec::Vec;

use crate::buffer::{Entry, Exclusive, Memory, Piece, Shared};
use crate::scatterlist::Equality;
use crate::sg_table::{SgTable, TableError};

fn at_most(max: usize) -> NonZeroUsize {
    NonZeroUsize::new(max).unwrap()
}

fn lengths(table: &SgTable<'_, Exclusive>) -> Vec<usize> {
    table.entries().map(|entry| entry.span.len()).collect()
}

#[test]
fn an_entry_of_no_bytes_is_refused_and_handed_back() {
    let mut storage = [Entry::EMPTY; 1];
    let mut table: SgTable<'_, Exclusive> = SgTable::new(&mut storage);
    let rejected = table.push(&mut []).unwrap_err();
    assert_eq!(rejected.reason, TableError::EmptyEntry);
    assert!(rejected.returned.into_slice().is_empty());
    assert!(table.is_empty());
}

#[test]
fn a_full_table_says_how_much_it_holds_and_hands_the_piece_back() {
    let (mut one, mut two) = ([1], [2, 3]);
    let mut storage = [Entry::EMPTY; 1];
    let mut table = SgTable::one(&mut storage, &mut one).unwrap();
    let rejected = table.push(&mut two).unwrap_err();
    assert_eq!(rejected.to_string(), "all 1 entries of the table are in use; give it more storage");
    assert_eq!(rejected.returned.into_slice(), [2, 3]);
    assert_eq!(table.total_len(), 1);
}

#[test]
fn append_merges_what_one_borrow_holds_and_push_never_does() {
    let mut bytes = [1, 2, 3, 4, 5, 6];
    let piece: Piece<'_, Exclusive> = (&mut bytes).into();
    let (a, rest) = piece.split_at(2);
    let (b, c) = rest.split_at(1);
    let mut storage = [Entry::EMPTY; 3];
    let mut table = SgTable::new(&mut storage);
    table.append(a).unwrap();
    table.append(b).unwrap();
    table.push(c).unwrap();
    assert_eq!(lengths(&table), [3, 3]);
    // Reads and writes through the merged entry: Miri checks that its pointer may.
    table.bytes_mut().fill(1, 3, 9);
    assert_eq!(table.bytes().slices().collect::<Vec<_>>(), [[1, 9, 9], [9, 5, 6]]);
}

#[test]
fn append_does_not_merge_two_borrows_that_touch() {
    let mut bytes = [1, 2, 3, 4];
    let (a, b) = bytes.split_at_mut(2);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    table.append(a).unwrap();
    table.append(b).unwrap();
    assert_eq!(lengths(&table), [2, 2]);
}

#[test]
fn pieces_are_merged_and_cut_at_the_maximum_segment() {
    for (page, max) in [(4, 10), (4, 4), (4, 3), (1, 7), (100, 64), (100, 1000), (7, 1)] {
        let mut bytes: Vec<u8> = (0..100).collect();
        let mut storage = [Entry::EMPTY; 100];
        let mut table = SgTable::new(&mut storage);
        let mut pages = Piece::from(bytes.as_mut_slice()).pages(at_most(page));
        table.append_pieces(&mut pages, at_most(max)).unwrap();
        let lengths = lengths(&table);
        assert_eq!(lengths.len(), 100_usize.div_ceil(max), "{page} {max}: {lengths:?}");
        assert!(lengths.iter().all(|&len| len <= max));
        assert!(table.bytes().slices().flatten().copied().eq(0..100));
    }
}

#[test]
fn pieces_that_do_not_follow_each_other_stay_apart() {
    let mut bytes: Vec<u8> = (0..12).collect();
    let mut pages: Vec<_> = Piece::from(bytes.as_mut_slice()).pages(at_most(4)).collect();
    pages.swap(0, 2);
    let mut storage = [Entry::EMPTY; 12];
    let mut table = SgTable::new(&mut storage);
    table.append_pieces(&mut pages.into_iter(), at_most(64)).unwrap();
    assert_eq!(lengths(&table), [4, 4, 4]);
    assert!(table.bytes().slices().flatten().copied().eq([8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]));
}

#[test]
fn pieces_that_find_no_room_come_back() {
    let mut bytes = [0; 12];
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    let mut pages = Piece::from(&mut bytes).pages(at_most(12));
    let rejected = table.append_pieces(&mut pages, at_most(5)).unwrap_err();
    assert_eq!((rejected.reason, rejected.returned.len()), (TableError::Full { capacity: 2 }, 2));
}

#[test]
fn set_replaces_an_entry_and_gives_the_old_one_back() {
    let (mut a, mut b, mut c) = ([1, 2], [3], [4, 5, 6]);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    table.push(&mut a).unwrap();
    table.push(&mut b).unwrap();
    let old = table.set(0, &mut c).unwrap().unwrap();
    assert_eq!(old.into_slice(), [1, 2]);
    assert!(table.bytes().slices().flatten().eq(&[4, 5, 6, 3]));
    assert_eq!(table.total_len(), 4);
    let mut d = [7];
    let rejected = table.set(2, &mut d).unwrap_err();
    assert_eq!(rejected.reason, TableError::NoSuchEntry { index: 2, nents: 2 });
    assert_eq!(table.set(1, &mut []).unwrap_err().reason, TableError::EmptyEntry);
}

#[test]
fn entries_are_counted_found_and_measured() {
    let (a, b, c) = ([0; 5], [0; 1], [0; 10]);
    let mut storage = [Entry::EMPTY; 3];
    let mut table: SgTable<'_, Shared> = SgTable::new(&mut storage);
    assert_eq!((table.last(), table.nth(0), table.nents_for_len(0)), (None, None, Ok(0)));
    for piece in [&a[..], &b, &c] {
        table.push(piece).unwrap();
    }
    let counts = [0, 1, 5, 6, 7, 16].map(|len| table.nents_for_len(len).unwrap());
    assert_eq!(counts, [0, 1, 1, 2, 3, 3]);
    assert_eq!(table.nents_for_len(17), Err(TableError::TooShort { wanted: 17, total: 16 }));
    assert_eq!(table.nth(1).map(|entry| (entry.offset, entry.span.len())), Some((5, 1)));
    assert_eq!(table.nth(2), table.last());
    assert_eq!(table.nth(3), None);
}

#[test]
fn a_chained_table_is_one_and_a_chain_that_does_not_fit_is_two() {
    let (mut a, mut b, mut c) = ([1], [2], [3]);
    let (mut first, mut second, mut third) =
        ([Entry::EMPTY; 2], [Entry::EMPTY; 1], [Entry::EMPTY; 1]);
    let mut table = SgTable::one(&mut third, &mut c).unwrap();
    let mut front = SgTable::new(&mut first);
    front.push(&mut a).unwrap();
    front.chain(SgTable::one(&mut second, &mut b).unwrap()).unwrap();
    assert!(front.bytes().slices().flatten().eq(&[1, 2]));
    let rejected = front.chain(table).unwrap_err();
    assert_eq!(rejected.reason, TableError::Full { capacity: 2 });
    table = rejected.returned;
    assert!(table.bytes().slices().flatten().eq(&[3]));
    assert_eq!((front.nents(), front.total_len()), (2, 2));
}

#[test]
fn splitting_off_at_any_byte_loses_and_doubles_none_and_makes_no_empty_entry() {
    for at in 0..=9 {
        let (mut a, mut b, mut c) = ([0, 1, 2], [3, 4], [5, 6, 7, 8]);
        let (mut one, mut two) = ([Entry::EMPTY; 3], [Entry::EMPTY; 3]);
        let mut table = SgTable::new(&mut one);
        for piece in [&mut a[..], &mut b, &mut c] {
            table.push(piece).unwrap();
        }
        let mut rest = SgTable::new(&mut two);
        table.split_off(at, &mut rest).unwrap();
        let bound = u8::try_from(at).unwrap();
        assert!(table.bytes().slices().flatten().copied().eq(0..bound));
        assert!(rest.bytes().slices().flatten().copied().eq(bound..9));
        assert_eq!((table.total_len(), rest.total_len()), (at, 9 - at));
        assert!(table.entries().chain(rest.entries()).all(|entry| entry.span.len() != 0));
        assert_eq!(table.overlap_with(&rest), None);
        let cut = ![0, 3, 5, 9].contains(&at);
        assert_eq!(table.nents() + rest.nents(), 3 + usize::from(cut));
    }
}

#[test]
fn a_split_that_cannot_be_leaves_both_tables_alone() {
    let mut a = [1, 2, 3];
    let (mut one, mut none) = ([Entry::EMPTY; 1], [Entry::EMPTY; 0]);
    let mut table = SgTable::one(&mut one, &mut a).unwrap();
    let mut rest = SgTable::new(&mut none);
    assert_eq!(table.split_off(1, &mut rest), Err(TableError::Full { capacity: 0 }));
    let too_short = TableError::TooShort { wanted: 4, total: 3 };
    assert_eq!(table.split_off(4, &mut rest), Err(too_short));
    assert_eq!((table.total_len(), rest.total_len(), rest.nents()), (3, 0, 0));
    let mut b = [4];
    let mut full = [Entry::EMPTY; 2];
    let mut rest = SgTable::new(&mut full);
    rest.push(&mut b).unwrap();
    assert_eq!(table.split_off(1, &mut rest), Err(TableError::NotEmpty { nents: 1 }));
}

#[test]
fn shared_entries_that_overlap_are_found_without_sorting() {
    let bytes = [0; 10];
    let mut storage = [Entry::EMPTY; 3];
    let mut table = SgTable::new(&mut storage);
    table.push(&bytes[6..10]).unwrap();
    table.push(&bytes[0..3]).unwrap();
    assert_eq!(table.overlap(), None);
    table.push(&bytes[2..6]).unwrap();
    assert_eq!(table.overlap(), Some((1, 2)));
}

#[test]
fn the_memory_comes_back_as_it_was_lent() {
    let (mut a, mut b) = ([1, 2], [3]);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    table.push(&mut a).unwrap();
    table.push(&mut b).unwrap();
    let mut back = Vec::new();
    table.into_slices(|slice| back.push(slice)).unwrap();
    back[0][1] = 9;
    assert_eq!(back, [&mut [1, 9][..], &mut [3]]);
}

#[test]
fn shared_memory_comes_back_too() {
    let (a, b) = ([1, 2], [3]);
    let mut storage = [Entry::EMPTY; 2];
    let mut table: SgTable<'_, Shared> = SgTable::new(&mut storage);
    table.push(&a).unwrap();
    table.push(&b).unwrap();
    let mut back: Vec<&[u8]> = Vec::new();
    table.into_slices(|slice| back.push(slice));
    assert_eq!(back, [&a[..], &b]);
}

#[repr(align(64))]
struct Lines([u8; 192]);

#[test]
fn whole_lines_that_are_lent_are_the_pieces_own() {
    let mut lines = Lines([7; 192]);
    let piece = Piece::in_lines(&mut lines.0, 65).unwrap();
    assert_eq!((piece.len(), piece.memory()), (65, Memory::LineOwned));
    assert_eq!(piece.into_slice(), [7; 65]);
    assert_eq!(Piece::in_lines(&mut lines.0[64..], 128).unwrap().len(), 128);
    // More than there is; the rest of a line that somebody else has at its front, or at its back.
    assert!(Piece::in_lines(&mut lines.0, 193).is_none());
    assert!(Piece::in_lines(&mut lines.0[1..65], 1).is_none());
    assert!(Piece::in_lines(&mut lines.0[..100], 64).is_none());
}

#[test]
fn an_entry_set_at_the_end_is_what_append_continues() {
    let (mut old, mut bytes) = ([0; 4], [1, 2, 3, 4]);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::one(<&mut [Entry; 1]>::try_from(&mut storage[..1]).unwrap(), &mut old);
    let table = table.as_mut().unwrap();
    let (front, back) = Piece::from(bytes.as_mut_slice()).split_at(3);
    let before = table.set(0, front).unwrap().unwrap();
    assert_eq!((before.into_slice().len(), table.total_len()), (4, 3));
    table.append(back).unwrap();
    assert_eq!(lengths(table), [4]);
    assert_eq!(table.bytes().slices().collect::<Vec<_>>(), [[1, 2, 3, 4]]);
}

#[test]
fn bytes_are_written_entry_by_entry() {
    let (mut a, mut b) = ([0; 2], [0; 3]);
    let mut storage = [Entry::EMPTY; 2];
    let mut table = SgTable::new(&mut storage);
    table.push(&mut a).unwrap();
    table.push(&mut b).unwrap();
    for (slice, value) in table.bytes_mut().slices().zip(7..) {
        slice.fill(value);
    }
    assert!(table.bytes().slices().flatten().eq(&[7, 7, 8, 8, 8]));
}

#[test]
fn streams_of_other_lengths_differ_where_one_ends() {
    let bytes = [1, 2, 3, 4, 5];
    let mut storage = [[Entry::EMPTY; 2]; 3];
    let [a, b, c] = &mut storage;
    let table = |storage, lengths: [usize; 2]| {
        let mut table: SgTable<'_, Shared> = SgTable::new(storage);
        table.push(&bytes[..lengths[0]]).unwrap();
        table.push(&bytes[lengths[0]..lengths[1]]).unwrap();
        table
    };
    let (four, other, five) = (table(a, [1, 4]), table(b, [3, 4]), table(c, [2, 5]));
    assert_eq!(four.bytes().compare(&other.bytes()), Equality::Equal);
    assert_eq!(four.bytes().compare(&five.bytes()), Equality::DiffersAt(4));
    assert_eq!(five.bytes().compare(&four.bytes()), Equality::DiffersAt(4));
}

#[test]
fn the_sum_of_lengths_cannot_wrap() {
    // A shared table may name the same bytes again and again; only the sum is at stake.
    let bytes = [0; 4];
    let mut storage = [Entry::EMPTY; 2];
    let mut table: SgTable<'_, Shared> = SgTable::new(&mut storage);
    table.push(&bytes).unwrap();
    assert_eq!(table.check_entry(usize::MAX, Memory::Cached), Err(TableError::TooLong));
    assert!(table.check_entry(usize::MAX - 4, Memory::Cached).is_ok());
}

#[test]
fn a_table_prints_as_a_table() {
    let mut bytes = [0; 0x111];
    let address = bytes.as_ptr().addr();
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, &mut bytes).unwrap();
    let expected = format!(
        "sg_table: 1 entry, 273 bytes, exclusive, cached
     #      offset  address                 length
     0         0x0  {address:<#18x}       0x111"
    );
    let none: SgTable<'_, Exclusive> = SgTable::new(&mut []);
    assert_eq!(none.to_string(), "sg_table: 0 entries, 0 bytes, exclusive, cached");
    let (mut one, mut storage) = ([1, 2], [Entry::EMPTY; 2]);
    let mut two: SgTable<'_, Exclusive> = SgTable::new(&mut storage);
    let (a, b) = one.split_at_mut(1);
    two.push(a).unwrap();
    two.push(b).unwrap();
    assert!(two.to_string().starts_with("sg_table: 2 entries, 2 bytes, exclusive, cached\n"));
    assert_eq!(table.to_string(), expected);
    assert_eq!(format!("{table:?}"), format!("SgTable(exclusive, cached) [{address:#010x}+0x111]"));
}
