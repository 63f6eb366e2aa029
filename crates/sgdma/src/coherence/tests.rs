//! The pools against books kept by hand.

use std::string::ToString;
use std::vec::Vec;

use super::*;
use crate::buffer::{Entry, Memory};
use crate::control_block::ControlBlock;
use crate::frame::Frame;
use crate::sg_table::SgTable;

mod refusals;

const BUS: u32 = 0xC800_0000;

/// Memory for a pool, aligned to 4 KiB, that lives until the end.
#[expect(unsafe_code, reason = "a test's memory plays the non-cacheable region")]
fn region(len: u32) -> (CoherentRegion, Owner) {
    let owner = Owner(
        std::alloc::Layout::from_size_align(len as usize, 4096).unwrap(),
        std::cell::OnceCell::new(),
    );
    // SAFETY: the layout is not empty.
    let start = unsafe { std::alloc::alloc_zeroed(owner.0) };
    let start = core::ptr::NonNull::new(start).unwrap();
    owner.1.set(start).unwrap();
    // SAFETY: freshly allocated, named by nothing else, kept by `owner`.
    (unsafe { CoherentRegion::new(start, len, BusAddr::new(BUS)) }, owner)
}

struct Owner(std::alloc::Layout, std::cell::OnceCell<core::ptr::NonNull<u8>>);

#[expect(unsafe_code, reason = "frees what `region` allocated")]
impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout; the tests drop it last.
        unsafe { std::alloc::dealloc(self.1.get().unwrap().as_ptr(), self.0) }
    }
}

fn nodes(len: u32) -> Vec<Node> {
    (0..Pool::nodes_for(len)).map(|_| Node::empty()).collect()
}

#[test]
fn the_short_way_has_the_first_block_of_a_frame() {
    let (region, _owner) = region(4096);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut blocks = [ControlBlock::default(); 2];
    let first: *const ControlBlock = &raw const blocks[0];
    let mut frame = Frame::lent(&pool, &mut blocks, &mut [], 64).unwrap();
    assert_eq!(frame.first_block().map(|block| &raw const *block), Some(first));
}

#[test]
fn buffers_are_aligned_apart_and_where_the_bus_says() {
    let (region, _owner) = region(4096);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut a = pool.alloc(100, 1).unwrap();
    let mut b = pool.alloc(1, 1024).unwrap();
    let c = pool.alloc(64, 1).unwrap();
    assert!(b.bus().is_aligned(1024));
    assert!([&a, &b, &c].iter().all(|buffer| buffer.bus().is_aligned(MIN_BLOCK)));
    assert!(!a.segment().overlaps(b.segment()) && !a.segment().overlaps(c.segment()));
    a.as_mut_slice().fill(1);
    b.as_mut_slice().fill(2);
    assert!(a.as_slice() == [1; 100] && b.as_slice() == [2]);
    let levels = pool.levels();
    assert_eq!((levels.used, levels.buffers, levels.total), (128 + 1024 + 64, 3, 4096));
}

#[test]
fn words_go_in_and_come_out_in_order_and_no_further() {
    let (region, _owner) = region(4096);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut block = pool.alloc_zeroed(32, 32).unwrap();
    assert_eq!(block.write_words(1, [0x1234_5678, 2]), Ok(2));
    assert_eq!(&block.as_slice()[..12], [0, 0, 0, 0, 0x78, 0x56, 0x34, 0x12, 2, 0, 0, 0]);
    assert_eq!(block.read_word(1), Ok(0x1234_5678));
    assert_eq!(block.read_word(8), Err(AllocError::OutOfBounds { word: 8, len: 32 }));
    assert_eq!(block.write_words(7, [1, 2]), Err(AllocError::OutOfBounds { word: 8, len: 32 }));
}

#[test]
fn coherent_memory_stays_coherent_and_goes_into_no_other_table() {
    let (region, _owner) = region(4096);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut buffer = pool.alloc(64, 1).unwrap();
    let (front, back) = crate::buffer::Piece::from(&mut buffer).split_at(8);
    assert_eq!([front.memory(), back.memory()], [Memory::Coherent; 2]);
    let (mut cached, mut storage) = ([1; 4], [[Entry::EMPTY; 2]; 2]);
    let [s, t] = &mut storage;
    let (mut table, mut other) = (SgTable::new(s), SgTable::new(t));
    table.push(front).unwrap();
    other.push(&mut cached).unwrap();
    let refused = table.chain(other).unwrap_err();
    let (table_is, entry) = (Memory::Coherent, Memory::Cached);
    let mixed = crate::sg_table::TableError::MixedMemory { table: table_is, entry };
    assert_eq!((refused.reason, refused.returned.total_len()), (mixed, 4));
    assert_eq!((table.nents(), table.memory()), (1, Memory::Coherent));
}

#[test]
fn blocks_go_where_there_is_room_for_whole_ones() {
    let (region, _owner) = region(4096);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut buffer = pool.alloc_zeroed(100, 32).unwrap();
    let block = ControlBlock { ti: 1, source: 2, dest: 3, len: 4, ..ControlBlock::default() };
    buffer.write_blocks(&[block; 8]);
    let blocks = |buffer: &CoherentBuffer<'_>| {
        let words = (0..25).map(|word| buffer.read_word(word).unwrap());
        words.map(|word| word.min(9)).collect::<Vec<_>>()
    };
    let three = [[1, 2, 3, 4, 0, 0, 0, 0].repeat(3), [0].to_vec()].concat();
    assert_eq!(blocks(&buffer), three, "100 bytes hold three");
    let mut short = pool.alloc_zeroed(31, 32).unwrap();
    short.write_blocks(&[block]);
    short.write_first_block(&block);
    assert!(short.as_slice().iter().all(|byte| *byte == 0));
    buffer.as_mut_slice().fill(0);
    buffer.write_first_block(&block);
    assert_eq!(blocks(&buffer)[..9], [1, 2, 3, 4, 0, 0, 0, 0, 0]);
}

#[test]
fn an_exhausted_pool_says_what_it_has_and_recovers() {
    let (region, _owner) = region(1024);
    let mut nodes = nodes(1024);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let half = pool.alloc(512, 1).unwrap();
    let error = pool.alloc(600, 1).unwrap_err();
    assert_eq!(error, AllocError::Exhausted { wanted: 600, largest: 512, free: 512 });
    let text = "no 600 bytes of coherent memory: 512 are free, at most 512 in one piece";
    assert_eq!(error.to_string(), text);
    drop(half);
    assert!(pool.alloc(1024, 1).is_ok());
    assert_eq!(
        pool.alloc(1025, 1).unwrap_err(),
        AllocError::Exhausted { wanted: 1025, largest: 1024, free: 1024 }
    );
    assert_eq!(
        pool.alloc(u32::MAX, 1).unwrap_err(),
        AllocError::Exhausted { wanted: u32::MAX, largest: 1024, free: 1024 }
    );
}

#[test]
fn a_region_that_is_no_power_of_two_gives_all_of_it_and_nothing_past_its_end() {
    let (region, _owner) = region(64 * 11);
    let mut nodes = nodes(64 * 11);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let all: Vec<_> = std::iter::from_fn(|| pool.alloc(64, 1).ok()).collect();
    assert_eq!(all.len(), 11);
    assert!(all.iter().all(|buffer| buffer.bus().get() < BUS + 64 * 11));
    drop(all);
    assert_eq!(pool.levels().largest_free, 512);
}

#[test]
fn free_blocks_are_counted_by_size() {
    let (region, _owner) = region(4096 - 64);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let sizes: Vec<u32> = (0..8).map(|order| 32 << order).collect();
    let free = || sizes.iter().map(|size| pool.free_blocks(*size)).collect::<Vec<_>>();
    assert_eq!(free(), [0, 1, 1, 1, 1, 1, 1, 0], "all of it but the last block");
    let add_up = || {
        let whole: u32 = sizes.iter().map(|size| size * pool.free_blocks(*size)).sum();
        assert_eq!(whole + pool.levels().used, pool.levels().total);
    };
    add_up();
    let (one, two) = (pool.alloc(2048, 64).unwrap(), pool.alloc(100, 64).unwrap());
    assert_eq!(free(), [0, 1, 0, 1, 1, 1, 0, 0]);
    drop(one);
    assert_eq!(free(), [0, 1, 0, 1, 1, 1, 1, 0]);
    let three = pool.alloc(64, 64).unwrap();
    let four = pool.alloc(64, 64).unwrap();
    assert_eq!(free(), [0, 1, 1, 0, 1, 1, 1, 0], "the last came from the block of 256");
    add_up();
    drop((two, three));
    assert_eq!(free(), [0, 2, 2, 0, 1, 1, 1, 0]);
    add_up();
    drop(four);
    assert_eq!(free(), [0, 1, 1, 1, 1, 1, 1, 0]);
    add_up();
    assert_eq!([0, 1, 96, 4096, u32::MAX].map(|size| pool.free_blocks(size)), [0; 5]);
}

#[test]
fn a_forgotten_buffer_shows_in_the_levels() {
    let (region, _owner) = region(1024);
    let mut nodes = nodes(1024);
    let pool = Pool::new(region, &mut nodes).unwrap();
    core::mem::forget(pool.alloc(64, 1).unwrap());
    assert_eq!((pool.levels().used, pool.levels().buffers), (64, 1));
    assert_eq!(
        pool.levels().to_string(),
        "64 of 1024 bytes in 1 buffers (at most 64); largest free 512"
    );
}

#[test]
fn a_second_free_is_counted_and_changes_nothing() {
    let (region, _owner) = region(1024);
    let mut nodes = nodes(1024);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let kept = pool.alloc(64, 1).unwrap();
    for block in [
        buddy::Block { first: 1, order: 0 },
        buddy::Block { first: 0, order: 1 },
        buddy::Block { first: 0, order: 9 },
        buddy::Block { first: 999, order: 0 },
    ] {
        pool.give_back(block);
    }
    assert_eq!((pool.levels().faults, pool.levels().used), (4, 64));
    drop(kept);
    assert_eq!(pool.levels().largest_free, 1024);
}

#[test]
fn pieces_are_had_where_no_single_run_is_free() {
    let (region, _owner) = region(1024);
    let mut nodes = nodes(1024);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut all: Vec<_> = (0..16).map(|_| pool.alloc(64, 1).ok()).collect();
    all.iter_mut().step_by(2).for_each(|buffer| *buffer = None);
    assert!(pool.alloc(65, 1).is_err());

    let mut pieces = [const { None }; 8];
    assert_eq!(pool.alloc_noncontiguous(300, &mut pieces), Ok(5));
    let mut storage = [Entry::EMPTY; 8];
    let mut table = SgTable::new(&mut storage);
    pieces.iter_mut().flatten().for_each(|piece| table.push(piece).unwrap());
    assert_eq!((table.total_len(), table.memory(), table.overlap()), (300, Memory::Coherent, None));
    drop(pieces);

    let before = pool.levels();
    let mut few = [const { None }; 4];
    let error = pool.alloc_noncontiguous(300, &mut few).unwrap_err();
    assert_eq!(error, AllocError::TooManyPieces { capacity: 4 });
    assert!(few.iter().all(Option::is_none));
    let mut pieces = [const { None }; 16];
    let exhausted = AllocError::Exhausted { wanted: 513, largest: 64, free: 512 };
    assert_eq!(pool.alloc_noncontiguous(513, &mut pieces), Err(exhausted), "what was asked for");
    assert_eq!(pool.levels().used, before.used);
}

#[test]
fn a_million_random_buffers_lose_no_space_and_share_no_byte() {
    const LEN: u32 = if cfg!(miri) { 4096 } else { 64 * 1024 };
    let (region, _owner) = region(LEN);
    let mut nodes = nodes(LEN);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let mut owner = std::vec![false; (LEN / MIN_BLOCK) as usize];
    let mut out: Vec<CoherentBuffer<'_>> = Vec::new();
    let blocks = |buffer: &CoherentBuffer<'_>| {
        let first = (buffer.bus().get() - BUS) / MIN_BLOCK;
        (first..first + order_for(buffer.segment().len).map_or(0, |order| 1 << order))
            .map(|n| n as usize)
    };
    for _ in 0..if cfg!(miri) { 300 } else { 1_000_000 } {
        if random.bool() {
            let Ok(buffer) = pool.alloc(random.u32(1..2000), 1) else { continue };
            for n in blocks(&buffer) {
                assert!(!core::mem::replace(&mut owner[n], true), "block {n} given out twice");
            }
            out.push(buffer);
        } else if !out.is_empty() {
            let buffer = out.swap_remove(random.usize(..out.len()));
            blocks(&buffer).for_each(|n| owner[n] = false);
        }
    }
    let used = owner.iter().filter(|owned| **owned).count();
    assert_eq!(pool.levels().used as usize, used * MIN_BLOCK as usize);
    out.clear();
    let levels = pool.levels();
    assert_eq!((levels.used, levels.buffers, levels.largest_free, levels.faults), (0, 0, LEN, 0));
}

#[test]
fn control_blocks_come_one_by_one_and_go_back() {
    let (region, _owner) = region(4096);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut words = [const { Word::empty() }; 2];
    let blocks = BlockPool::new(pool.alloc(32 * 40, 32).unwrap(), 32, &mut words).unwrap();
    let mut all: Vec<_> = std::iter::from_fn(|| blocks.alloc().ok()).collect();
    assert_eq!((all.len(), blocks.levels().largest_free), (40, 0));
    assert_eq!((blocks.levels().used, blocks.levels().total), (32 * 40, 32 * 40));
    assert!(all.iter().all(|block| block.bus().is_aligned(32) && block.len() == 32));
    let mut addresses: Vec<_> = all.iter().map(CoherentBuffer::bus).collect();
    addresses.dedup();
    assert_eq!(addresses.len(), 40);
    let freed = all.remove(17).bus();
    assert_eq!(blocks.alloc().unwrap().bus(), freed);
    drop(all);
    blocks.give_back(3);
    blocks.give_back(4000);
    assert_eq!((blocks.levels().used, blocks.levels().faults), (0, 2));
    assert_eq!(blocks.levels().high_water, 32 * 40);
}

#[test]
#[expect(unsafe_code, reason = "runs of a test's own region")]
fn no_run_reaches_past_what_it_is_part_of() {
    let (region, _owner) = region(4096);
    // SAFETY: no two runs of these bytes live at a time, and nothing else names them.
    let run = |offset, len| unsafe { region.run(offset, len) };
    assert!(run(4095, 2).is_none() && run(4096, 1).is_none() && run(u32::MAX, 2).is_none());
    assert_eq!(run(4032, 64).map(|run| (run.bus().get(), run.len())), Some((BUS + 4032, 64)));
    let whole = run(64, 64).unwrap();
    // SAFETY: `whole` is not used for anything but its place.
    let part = |offset, len| unsafe { whole.part(offset, len) };
    assert!(part(63, 2).is_none() && part(usize::MAX, 2).is_none());
    assert_eq!(part(32, 32).map(|part| part.bus().get()), Some(BUS + 96));
}

#[test]
fn as_many_blocks_as_there_are_words_for_them() {
    let (region, _owner) = region(4096);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut words = [const { Word::empty() }; 2];
    let memory = pool.alloc(32 * 64, 32).unwrap();
    let blocks = BlockPool::new(memory, 32, &mut words).unwrap();
    let all: Vec<_> = std::iter::from_fn(|| blocks.alloc().ok()).collect();
    assert_eq!(all.len(), 64, "no bit of the books is over");
    let exhausted = AllocError::Exhausted { wanted: 32, largest: 0, free: 0 };
    assert_eq!(blocks.alloc().map(drop), Err(exhausted));
}
