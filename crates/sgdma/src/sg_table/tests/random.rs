//! Every operation on bytes, on random tables, against a flat copy.

use core::num::NonZeroUsize;
use std::vec;
use std::vec::Vec;

use fastrand::Rng;

use crate::buffer::{Entry, Exclusive};
use crate::scatterlist::Equality;
use crate::sg_table::SgTable;

const SEEDS: u64 = if cfg!(miri) { 10 } else { 4000 };

fn random_buffers(random: &mut Rng) -> Vec<Vec<u8>> {
    let n = random.usize(1..8);
    (0..n).map(|_| (0..random.usize(1..20)).map(|_| random.u8(..)).collect()).collect()
}

fn table_over<'buf>(
    storage: &'buf mut [Entry],
    buffers: &'buf mut [Vec<u8>],
) -> SgTable<'buf, Exclusive> {
    let mut table = SgTable::new(storage);
    for buffer in buffers {
        table.push(buffer.as_mut_slice()).unwrap();
    }
    table
}

/// The part of `flat` from `offset` on that is at most `len` long.
fn window(flat: &[u8], offset: usize, len: usize) -> std::ops::Range<usize> {
    let start = offset.min(flat.len());
    start..(start + len).min(flat.len())
}

#[test]
fn bytes_are_one_stream_however_they_are_cut() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let mut buffers = random_buffers(&mut random);
        let mut flat = buffers.concat();
        let mut storage = [Entry::EMPTY; 8];
        let mut table = table_over(&mut storage, &mut buffers);
        for _ in 0..10 {
            let (offset, len) = (random.usize(..flat.len() + 3), random.usize(..flat.len() + 3));
            let window = window(&flat, offset, len);
            match random.u8(..4) {
                0 => read(&table, &flat, offset, len),
                1 => {
                    let source: Vec<u8> = (0..len).map(|_| random.u8(..)).collect();
                    let n = table.bytes_mut().pcopy_from_buffer(offset, &source);
                    assert_eq!(n, window.len(), "seed {seed}");
                    flat[window.clone()].copy_from_slice(&source[..window.len()]);
                }
                2 => {
                    assert_eq!(table.bytes_mut().zero(offset, len), window.len(), "seed {seed}");
                    flat[window].fill(0);
                }
                _ => {
                    let max = NonZeroUsize::new(random.usize(1..9)).unwrap();
                    for chunk in table.bytes_mut().chunks(offset, max) {
                        assert!((1..=max.get()).contains(&chunk.len()), "seed {seed}");
                        invert(chunk);
                    }
                    let rest = offset.min(flat.len());
                    invert(&mut flat[rest..]);
                }
            }
            assert_eq!(table.bytes().equals(&flat), Equality::Equal, "seed {seed}");
        }
    }
}

fn invert(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = !*byte;
    }
}

fn read(table: &SgTable<'_, Exclusive>, flat: &[u8], offset: usize, len: usize) {
    let window = window(flat, offset, len);
    let mut into = vec![0xA5; len];
    assert_eq!(table.bytes().pcopy_to_buffer(offset, &mut into), window.len());
    assert_eq!(into[..window.len()], flat[window.clone()]);
    assert!(into[window.len()..].iter().all(|&byte| byte == 0xA5));
    let max = NonZeroUsize::new(len.max(1)).unwrap();
    let chunks: Vec<u8> = table.bytes().chunks(offset, max).flatten().copied().collect();
    assert_eq!(chunks, flat[offset.min(flat.len())..]);
}

#[test]
fn the_first_difference_is_found_at_every_byte() {
    for seed in 0..SEEDS / 10 {
        let mut random = Rng::with_seed(seed);
        let mut buffers = random_buffers(&mut random);
        let flat = buffers.concat();
        let mut storage = [Entry::EMPTY; 8];
        let table = table_over(&mut storage, &mut buffers);
        for at in 0..flat.len() {
            let mut other = flat.clone();
            other[at] = !other[at];
            let mut split = other.clone();
            let (a, b) = split.split_at_mut(random.usize(..flat.len()));
            let mut others: Vec<Vec<u8>> =
                [a, b].iter().filter(|part| !part.is_empty()).map(|part| part.to_vec()).collect();
            let mut storage = [Entry::EMPTY; 2];
            let other_table = table_over(&mut storage, &mut others);
            let differs = Equality::DiffersAt(at);
            assert_eq!(table.bytes().equals(&other), differs, "seed {seed}");
            assert_eq!(table.bytes().compare(&other_table.bytes()), differs, "seed {seed}");
            assert_eq!(table.bytes().equals(&flat[..at]), differs, "seed {seed}");
        }
        let longer = [&flat[..], &[0]].concat();
        assert_eq!(table.bytes().equals(&longer), Equality::DiffersAt(flat.len()));
        assert_eq!(table.bytes().compare(&table.bytes()), Equality::Equal);
    }
}

#[test]
fn one_list_is_copied_to_another_that_is_cut_otherwise() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let (mut from, mut to) = (random_buffers(&mut random), random_buffers(&mut random));
        let (source, mut expected) = (from.concat(), to.concat());
        let (mut one, mut two) = ([Entry::EMPTY; 8], [Entry::EMPTY; 8]);
        let from = table_over(&mut one, &mut from);
        let mut to = table_over(&mut two, &mut to);
        let n = source.len().min(expected.len());
        expected[..n].copy_from_slice(&source[..n]);
        assert_eq!(to.bytes_mut().copy_from(&from.bytes()), n, "seed {seed}");
        assert_eq!(to.bytes().equals(&expected), Equality::Equal, "seed {seed}");
    }
}
