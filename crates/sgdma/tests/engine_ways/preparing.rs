//! From tables to chains: however a table is kept and whoever owns it, the same chain comes of it, and it moves the bytes.

use super::prelude::*;
use sgdma::control_block::ControlBlock;
use sgdma::frame::{Frame, FrameError, FrameSize, HoldsFrame};
use sgdma::lower::{Blit, Counts, Edge, LowerError, Paced};
use sgdma::map::Bidirectional;
use sgdma::transfer::{Payload, PrepareError};

type Source<'b, 'a> = Mapped<'b, 'a, ToDevice, Shared, Probe<'a>>;
type Destination<'b, 'a> = Mapped<'b, 'a, FromDevice, Exclusive, Probe<'a>>;

/// Tables that keep their entries in storage of the caller's, or in the heap: there a single entry needs no list.
fn mapped<'b, 'a>(
    rig: &Rig<'a>,
    from: &'b [u8],
    to: &'b mut [u8],
    (reads, writes): (usize, usize),
    storage: Option<&'b mut [Entry]>,
) -> (Source<'b, 'a>, Destination<'b, 'a>) {
    let (mut source, mut destination) = match storage {
        Some(storage) => {
            let (s, d) = storage.split_at_mut(8);
            (SgTable::new(s), SgTable::new(d))
        }
        None => (SgTable::growing(), SgTable::growing()),
    };
    from.chunks(reads).for_each(|piece| source.push(piece).unwrap());
    to.chunks_mut(writes).for_each(|piece| destination.push(piece).unwrap());
    let device = rig.device();
    (source.map(ToDevice, &device).unwrap(), destination.map(FromDevice, &device).unwrap())
}

type Chain = (Vec<ControlBlock>, Vec<Edge>, Counts);

fn chain<'m, S, D, F: HoldsFrame<'m>>(prepared: &Prepared<'m, S, D, F>) -> Chain {
    (prepared.blocks().to_vec(), prepared.edges().to_vec(), prepared.counts())
}

fn content(table: &SgTable<'_, Exclusive>) -> Vec<u8> {
    let mut got = vec![0; table.total_len()];
    table.bytes().copy_to_buffer(&mut got);
    got
}

/// One copy prepared in three ways, each over the same memory and in the same frame, and run in the first. How many blocks
/// and edges it has.
fn three_ways(number: u8, len: usize, offset: usize, pieces: (usize, usize)) -> (usize, usize) {
    Machine::hardware(len as u64).run(|rig| {
        let (channel, bytes) = (take(&rig, number), pattern(len, 3));
        let (from, to) = (rig.crooked(len, offset), rig.crooked(len, offset));
        from.copy_from_slice(&bytes);
        let (limits, mut frame) = (channel.constraints(), rig.frame());
        let mut chains = Vec::new();
        let (mut source, mut destination) = mapped(&rig, from, to, pieces, None);
        let mut lent = frame.copy_lent(&mut source, &mut destination, &limits).unwrap();
        chains.push(chain(&lent));
        // Again and again, as a prepared transfer may.
        channel.run(&mut lent, MILLISECOND).unwrap();
        channel.run(&mut lent, MILLISECOND).unwrap();
        assert_eq!(lent.counts().bytes, len as u64);
        drop(source);
        assert_eq!(content(&destination.unmap()), bytes);
        let mut storage = [Entry::EMPTY; 16];
        for storage in [Some(&mut storage[..]), None] {
            let (source, destination) = mapped(&rig, from, to, pieces, storage);
            let copy = frame.copy(source, destination, &limits).unwrap();
            chains.push(chain(&copy));
            frame = copy.into_parts().0;
        }
        assert!(chains.iter().all(|chain| *chain == chains[0]), "{chains:x?}");
        drop((frame, channel));
        rig.settle();
        rig.model.finish();
        (chains[0].0.len(), chains[0].1.len())
    })
}

#[test]
fn one_entry_is_one_chain_however_its_table_is_kept() {
    for channel in sampled([4, 0, 8], 3) {
        // Plain, and each thing that needs thought: length, place in the line, both.
        assert_eq!(three_ways(channel, 512, 0, (512, 512)), (1, 0));
        assert_eq!(three_ways(channel, 64, 0, (64, 64)), (1, 0));
        assert_eq!(three_ways(channel, 61, 0, (61, 61)), (1, 1));
        assert_eq!(three_ways(channel, 512, 4, (512, 512)).1, 2);
        assert_eq!(three_ways(channel, 1, 63, (1, 1)), (1, 1));
    }
}

#[test]
fn entries_in_a_row_are_one_segment_however_their_table_is_kept() {
    for channel in sampled([4, 0, 8], 3) {
        assert_eq!(three_ways(channel, 512, 0, (128, 128)), (1, 0));
        assert_eq!(three_ways(channel, 512, 0, (512, 128)), (1, 0));
        assert_eq!(three_ways(channel, 512, 0, (128, 512)), (1, 0));
    }
}

/// Pages here and there: of so many bytes each, in the order of their places or another.
fn pages<'a>(rig: &Rig<'a>, n: usize, len: usize) -> Vec<&'a mut [u8]> {
    let mut pages: Vec<_> = (0..n).map(|_| rig.buffer(len)).collect();
    pages.rotate_left(n / 2);
    pages
}

/// Copies `bytes` from pages of one length into pages of another; how many blocks it took.
fn from_pages_to_pages(bytes: &[u8], reads: usize, writes: usize) -> usize {
    Machine::hardware(reads as u64).run(|rig| {
        let channel = take(&rig, 4);
        let (mut source, mut destination) = (SgTable::growing(), SgTable::growing());
        for (page, part) in
            pages(&rig, bytes.len() / reads, reads).into_iter().zip(bytes.chunks(reads))
        {
            page.copy_from_slice(part);
            source.push(&*page).unwrap();
        }
        for page in pages(&rig, bytes.len() / writes, writes) {
            destination.push(page).unwrap();
        }
        let source = source.map(ToDevice, &rig.device()).unwrap();
        let destination = destination.map(FromDevice, &rig.device()).unwrap();
        let copy = rig.frame().copy(source, destination, &channel.constraints());
        let mut copy = copy.unwrap();
        channel.run(&mut copy, MILLISECOND).unwrap();
        let (blocks, (_, source, destination)) = (copy.counts().blocks, copy.into_parts());
        assert_eq!(content(&destination.unmap()), bytes);
        drop((source, channel));
        rig.settle();
        rig.model.finish();
        blocks
    })
}

#[test]
fn pages_anywhere_are_a_block_each() {
    let bytes = pattern(1024, 5);
    assert_eq!(from_pages_to_pages(&bytes, 128, 128), 8);
    assert_eq!(from_pages_to_pages(&bytes, 128, 256), 8);
    assert_eq!(from_pages_to_pages(&bytes, 512, 128), 8);
    assert_eq!(from_pages_to_pages(&bytes, 1024, 1024), 1);
}

#[test]
fn a_lent_copy_that_is_refused_leaves_everything_as_it_was() {
    Machine::hardware(6).run(|rig| {
        let (channel, bytes) = (take(&rig, 4), pattern(256, 4));
        let (from, to) = (rig.buffer(256), rig.buffer(256));
        from.copy_from_slice(&bytes);
        let limits = channel.constraints().with_max_segment(128).unwrap();
        let (mut source, mut destination) = mapped(&rig, from, to, (256, 256), None);
        let short = LowerError::TooManyBlocks { needed: 2, capacity: 1 };
        let mut small = rig.small_frame(1);
        let refused = small.copy_lent(&mut source, &mut destination, &limits).map(drop);
        assert_eq!(refused, Err(PrepareError::Lower(short)));
        // The owned one gives all three back.
        let refused = small.copy(source, destination, &limits).map(drop).unwrap_err();
        assert_eq!(refused.reason, PrepareError::Lower(short));
        let (_, mut source, mut destination) = refused.returned;
        let mut frame = rig.small_frame(2);
        let mut lent = frame.copy_lent(&mut source, &mut destination, &limits).unwrap();
        channel.run(&mut lent, MILLISECOND).unwrap();
        assert_eq!(content(&destination.unmap()), bytes);
    });
}

#[test]
fn a_frame_of_memory_that_is_lent_is_as_good_as_another() {
    Machine::hardware(7).run(|rig| {
        let (channel, bytes) = (take(&rig, 4), pattern(200, 4));
        let blocks = vec![ControlBlock::default(); 8].leak();
        let edges = vec![Edge::default(); 4].leak();
        let frame = Frame::lent(rig.pool, blocks, edges, 512).unwrap();
        let (from, to) = (rig.crooked(200, 4), rig.crooked(200, 4));
        from.copy_from_slice(&bytes);
        let (source, destination) = mapped(&rig, from, to, (200, 200), None);
        let mut copy = frame.copy(source, destination, &channel.constraints()).unwrap();
        assert_eq!(copy.edges().len(), 2);
        channel.run(&mut copy, MILLISECOND).unwrap();
        assert_eq!(content(&copy.into_parts().2.unmap()), bytes);
    });
}

#[test]
fn a_frame_that_the_pool_has_no_room_for_is_refused() {
    Machine::hardware(8).run(|rig| {
        let size = |blocks, slot_bytes| FrameSize { blocks, edges: 0, slot_bytes };
        let frame = |size| Frame::new(rig.pool, size).map(drop);
        for size in [size(0x1_0000, 0), size(1, 0x10_0000)] {
            assert!(matches!(frame(size), Err(FrameError::Pool(_))), "{size:?}");
        }
        assert_eq!(frame(size(usize::MAX, 0)), Err(FrameError::OutOfMemory));
        assert_eq!(rig.pool.levels().buffers, 0, "nothing is left of what was begun");
    });
}

#[test]
fn any_payload_can_be_lent_as_one_of_whatever_kind() {
    for (fault, block) in [(None, 0), (Some(Fault::ReadError { channel: 4, block: 1, byte: 0 }), 1)]
    {
        let mut machine = Machine::hardware(9);
        machine.faults.extend(fault.map(|fault| (fault, Occurs::Once)));
        machine.run(|rig| {
            let (channel, bytes) = (take(&rig, 4), pattern(300, 4));
            let (from, to) = (rig.crooked(300, 4), rig.crooked(300, 4));
            from.copy_from_slice(&bytes);
            let (source, destination) = mapped(&rig, from, to, (300, 300), None);
            let mut copy = rig.frame().copy(source, destination, &channel.constraints()).unwrap();
            assert_eq!((copy.blocks().len(), copy.edges().len()), (3, 2));
            let ended = rig.engine.scope(|scope| {
                let lent: &mut dyn Payload = &mut copy;
                let flight = scope.submit(&channel, lent).unwrap();
                assert_eq!((flight.channel(), flight.residue()), (channel.id(), 300));
                channel.issue_pending();
                channel.pause().unwrap();
                let residue = flight.residue();
                assert!(residue > 0 && residue <= 300, "{residue}");
                channel.resume();
                let failed = flight.wait(MILLISECOND).map(drop).err()?;
                assert!(failed.payload.is_some());
                // The first edge of 60 bytes is through.
                assert_eq!(failed.residue, 240);
                Some((failed.fault.kind, failed.place.unwrap()))
            });
            assert_eq!(ended.is_some(), fault.is_some());
            if let Some((kind, place)) = ended {
                assert_eq!((kind, place.block), (FaultKind::Read, block));
                assert_eq!(place.destination.unwrap().offset, 60);
                // Once more, to the end.
                let lent: &mut dyn Payload = &mut copy;
                channel.run(lent, MILLISECOND).unwrap();
            }
            // The edges are in place as well, either way.
            assert_eq!(content(&copy.into_parts().2.unmap()), bytes);
        });
    }
}

#[test]
fn a_rectangle_over_pieces_says_how_many() {
    let blit = Blit {
        row_bytes: 32,
        rows: 2,
        source_offset: 0,
        source_pitch: 32,
        destination_offset: 0,
        destination_pitch: 32,
    };
    Machine::hardware(11).run(|rig| {
        let channel = take(&rig, 4);
        for (reads, writes, segments) in [(2, 1, 2), (1, 2, 2), (1, 5, 5)] {
            let (mut source, mut destination) = (SgTable::growing(), SgTable::growing());
            for page in pages(&rig, reads, 64) {
                source.push(&*page).unwrap();
            }
            for page in pages(&rig, writes, 64) {
                destination.push(page).unwrap();
            }
            let source = source.map(ToDevice, &rig.device()).unwrap();
            let destination = destination.map(FromDevice, &rig.device()).unwrap();
            let refused = rig.frame().blit(source, destination, blit, &channel.constraints());
            let reason = refused.map(drop).unwrap_err().reason;
            assert_eq!(reason, PrepareError::NotOnePiece { segments });
        }
    });
}

/// Lines that two entries share belong to the mapping, and come back from the cache with it.
#[test]
fn entries_side_by_side_own_the_line_between_them() {
    for seed in seeds(8) {
        Machine::hardware(seed).run(|rig| {
            let (channel, bytes) = (take(&rig, 4), pattern(320, seed));
            let (text, target) = (rig.buffer(320), rig.buffer(320));
            text.copy_from_slice(&bytes);
            let (front, back) = target.split_at_mut(100);
            let (mut from, mut to) = ([Entry::EMPTY; 1], [Entry::EMPTY; 2]);
            let source = SgTable::one(&mut from, &*text).unwrap().map(ToDevice, &rig.device());
            let mut dest = SgTable::new(&mut to);
            dest.push(front).unwrap();
            dest.push(back).unwrap();
            let dest = dest.map(FromDevice, &rig.device()).unwrap();
            assert_eq!(dest.nents(), 1);
            let copy = rig.frame().copy(source.unwrap(), dest, &channel.constraints());
            let mut copy = copy.unwrap();
            channel.run(&mut copy, MILLISECOND).unwrap();
            drop(copy);
            assert_eq!(*target, bytes);
        });
    }
}

#[test]
fn a_rectangle_moves_within_one_frame_buffer() {
    // 16 rows of 64 bytes; eight rows of 16 bytes go from column 0 to column 32, two rows down.
    let blit = Blit {
        row_bytes: 16,
        rows: 8,
        source_offset: 0,
        source_pitch: 64,
        destination_offset: 2 * 64 + 32,
        destination_pitch: 64,
    };
    Machine::hardware(12).run(|rig| {
        let channel = take(&rig, 4);
        let mut screen = rig.pool.alloc(1024, 64).unwrap();
        let mut expected = pattern(1024, 3);
        screen.as_mut_slice().copy_from_slice(&expected);
        for row in 0..8 {
            let (from, to) = (row * 64, (row + 2) * 64 + 32);
            expected.copy_within(from..from + 16, to);
        }
        let mut entry = [Entry::EMPTY];
        let memory = SgTable::one(&mut entry, &mut screen).unwrap();
        let memory = memory.map(Bidirectional, &rig.device()).unwrap();
        let limits = channel.constraints();
        let mut moved = rig.frame().blit_within(memory, blit, &limits).unwrap();
        channel.run(&mut moved, MILLISECOND).unwrap();
        let (frame, _, memory) = moved.into_parts();
        let onto_itself = Blit { destination_offset: 8, ..blit };
        let refused = frame.blit_within(memory, onto_itself, &limits).unwrap_err();
        assert!(matches!(refused.reason, PrepareError::Lower(LowerError::Overlap { .. })));
        drop(refused);
        assert_eq!(screen.as_slice(), expected);
    });
}

/// GPSET0, GPCLR0 and the PWM's FIFO, whose DREQ is 5.
fn pins() -> Paced {
    let none = |address| jobs::fifo(address, 0);
    Paced { registers: [none(0x7E20_001C), none(0x7E20_0028)], pacer: jobs::pwm() }
}

#[test]
fn a_paced_ring_lets_pins_go_up_and_down_as_the_pacer_plays() {
    for seed in seeds(8) {
        Machine::hardware(seed).run(|rig| {
            let channel = take(&rig, 9);
            let words = rig.buffer(16);
            // Up, down, up, down: two pins, one after the other.
            for (word, value) in words.chunks_mut(4).zip([2_u32, 2, 8, 8]) {
                word.copy_from_slice(&value.to_le_bytes());
            }
            let storage = Box::leak(Box::new([Entry::EMPTY; 1]));
            let source = SgTable::one(storage, &*words).unwrap();
            let source = source.map(ToDevice, &rig.device()).unwrap();
            let limits = channel.device_constraints();
            CALLED.with_borrow_mut(Vec::clear);
            let ring = rig.frame().ring_paced(source, pins(), &limits).unwrap();
            let ring = ring.with_callback(Callback { function: called, context: 0 });
            assert_eq!((ring.blocks().len(), ring.counts().bytes), (8, 32));
            rig.engine.scope(|scope| {
                let flight = scope.submit(&channel, ring).unwrap();
                channel.issue_pending();
                let deadline = rig.probe.after(MILLISECOND);
                rig.probe.sleep_until(deadline, &mut || flight.interrupts() >= 3);
                assert!(flight.interrupts() >= 3, "seed {seed}");
                let failed = flight.cancel().unwrap_err();
                assert_eq!(failed.fault.kind, FaultKind::Terminated);
                let place = failed.place.unwrap();
                assert_eq!(place.destination, None, "pins are no memory");
            });
            let running = |call: &&(usize, Status)| call.1 == Status::Running;
            let laps = CALLED.with_borrow(|calls| calls.iter().filter(running).count());
            assert!(laps >= 3, "{laps}");
            let levels: Vec<u32> = rig.model.edges().iter().map(|change| change.levels).collect();
            let expected = [2, 0, 8, 0].into_iter().cycle();
            assert!(levels.len() >= 12, "{levels:?}");
            assert!(levels.iter().copied().eq(expected.take(levels.len())), "{levels:?}");
            drop(channel);
            rig.settle();
            rig.model.finish();
        });
    }
}

#[test]
fn a_paced_ring_of_odd_words_gives_everything_back() {
    Machine::hardware(12).run(|rig| {
        let channel = take(&rig, 9);
        let storage = Box::leak(Box::new([Entry::EMPTY; 1]));
        let source = SgTable::one(storage, &*rig.buffer(12)).unwrap();
        let source = source.map(ToDevice, &rig.device()).unwrap();
        let refused = rig.frame().ring_paced(source, pins(), &channel.device_constraints());
        let refused = refused.map(drop).unwrap_err();
        let period = LowerError::Period { period: 8, total: 12 };
        assert_eq!(refused.reason, PrepareError::Lower(period));
        assert_eq!(refused.returned.1.total_len(), 12);
        assert_eq!(refused.returned.2, pins());
    });
}
