//! Tables hung together, and chains and slots that are in the way of their own data.

use core::ptr::NonNull;

use super::prelude::*;
use sgdma::address::BusAddr;
use sgdma::buffer::CoherentRegion;
use sgdma::coherence::{Node, Pool};
use sgdma::frame::{Frame, FrameSize};
use sgdma::lower::LowerError;
use sgdma::segment::BusSegment;
use sgdma::transfer::PrepareError;

fn content(table: &SgTable<'_, Exclusive>) -> Vec<u8> {
    let mut got = vec![0; table.total_len()];
    table.bytes().copy_to_buffer(&mut got);
    got
}

/// Copies 512 bytes between tables that are hung together of such parts, one table for each slice of lengths: `false` is
/// right behind the one before, `true` somewhere else. How many blocks it took.
fn hung(reads: &[&[(usize, bool)]], writes: &[&[(usize, bool)]]) -> usize {
    Machine::hardware(3).run(|rig| {
        let (channel, bytes) = (take(&rig, 4), pattern(512, 8));
        let mut source = SgTable::growing();
        let mut left = &bytes[..];
        for part in pieces(&rig, reads) {
            let mut table = SgTable::growing();
            for piece in part {
                let (now, after) = left.split_at(piece.len());
                piece.copy_from_slice(now);
                left = after;
                table.push(&*piece).unwrap();
            }
            source.chain(table).unwrap();
        }
        let mut destination = SgTable::growing();
        for part in pieces(&rig, writes) {
            let mut table = SgTable::growing();
            for piece in part {
                table.push(piece).unwrap();
            }
            destination.chain(table).unwrap();
        }
        let source = source.map(ToDevice, &rig.device()).unwrap();
        let destination = destination.map(FromDevice, &rig.device()).unwrap();
        let mut copy = rig.frame().copy(source, destination, &channel.constraints()).unwrap();
        channel.run(&mut copy, MILLISECOND).unwrap();
        let blocks = copy.blocks().len();
        assert_eq!(content(&copy.into_parts().2.unmap()), bytes);
        drop(channel);
        rig.settle();
        rig.model.finish();
        blocks
    })
}

/// The memory of each part.
fn pieces<'a>(rig: &Rig<'a>, parts: &[&[(usize, bool)]]) -> Vec<Vec<&'a mut [u8]>> {
    let all: Vec<_> = parts.iter().flat_map(|part| part.iter()).collect();
    let mut memory: Vec<&mut [u8]> = Vec::new();
    for run in all.chunk_by(|_, next| !next.1) {
        let mut whole = rig.buffer(run.iter().map(|piece| piece.0).sum());
        for piece in run {
            let (now, after) = whole.split_at_mut(piece.0);
            memory.push(now);
            whole = after;
        }
    }
    let mut memory = memory.into_iter();
    parts.iter().map(|part| memory.by_ref().take(part.len()).collect()).collect()
}

/// Each with each, or under Miri the first with itself and the second with the third.
fn pairs<T: core::marker::Copy>(all: [T; 3]) -> impl Iterator<Item = (T, T)> {
    sampled(all.into_iter().flat_map(move |one| all.map(|other| (one, other))), 5)
}

#[test]
fn pieces_of_tables_hung_together_are_merged_across_the_joints() {
    let (whole, halves) = ([(512, true)], [(256, true), (256, false)]);
    // All in one run, hung together or not, on either side: one block.
    let joint: [&[_]; 2] = [&halves[..1], &halves[1..]];
    let all: [&[&[_]]; 3] = [&joint, &[&whole], &[&halves]];
    for (reads, writes) in pairs(all) {
        assert_eq!(hung(reads, writes), 1, "{reads:?} {writes:?}");
    }
}

#[test]
fn what_follows_a_joint_is_not_forgotten() {
    let apart: [&[_]; 2] = [&[(128, true), (128, true)], &[(256, true)]];
    let first: [&[_]; 2] = [&[(128, true)], &[(128, true), (256, true)]];
    // The last run of each lies on both sides of a joint.
    let across: [&[_]; 2] = [&[(128, true), (128, true), (128, true)], &[(128, false)]];
    let all: [&[&[_]]; 3] = [&across, &apart, &first];
    for (reads, writes) in pairs(all) {
        assert_eq!(hung(reads, writes), 3, "{reads:?} {writes:?}");
    }
    let one: [&[_]; 1] = [&[(512, true)]];
    for lists in sampled(all, 3) {
        assert_eq!((hung(lists, &one), hung(&one, lists)), (3, 3), "{lists:?}");
    }
}

#[test]
fn data_between_a_chain_and_its_slots_is_judged_at_length_and_arrives() {
    Machine::hardware(4).run(|rig| {
        let (channel, bytes) = (take(&rig, 4), pattern(512, 8));
        // The pool gives the tightest place: the chain's few blocks, then 1024 aligned bytes, then what is between.
        let size = FrameSize { blocks: 2, edges: 0, slot_bytes: 1024 };
        let frame = Frame::new(rig.pool, size).unwrap();
        let mut middle = rig.pool.alloc(512, 64).unwrap();
        middle.as_mut_slice().copy_from_slice(&bytes);
        let mut source: SgTable<'_, Exclusive> = SgTable::growing();
        source.push(&mut middle).unwrap();
        let mut destination = SgTable::growing();
        destination.push(rig.buffer(512)).unwrap();
        let source = source.map(ToDevice, &rig.device()).unwrap();
        let destination = destination.map(FromDevice, &rig.device()).unwrap();
        let start = source.segments().next().unwrap().addr;
        let mut copy = frame.copy(source, destination, &channel.constraints()).unwrap();
        assert!(copy.chain() < start, "{} {start}", copy.chain());
        channel.run(&mut copy, MILLISECOND).unwrap();
        assert_eq!(content(&copy.into_parts().2.unmap()), bytes);
        drop(channel);
        drop(middle);
        rig.settle();
        rig.model.finish();
    });
}

#[test]
fn a_chain_at_bus_address_0_is_refused() {
    // To the engine that is the end of a chain.
    #[repr(align(64))]
    struct Memory([u8; 4096]);
    let memory = Box::leak(Box::new(Memory([0; 4096])));
    let start = NonNull::from(&mut memory.0).cast::<u8>();
    // SAFETY: leaked, and nothing else names it.
    let region = unsafe { CoherentRegion::new(start, 4096, BusAddr::new(0)) };
    let mut nodes: Vec<Node> = (0..Pool::nodes_for(4096)).map(|_| Node::empty()).collect();
    let pool = Pool::new(region, &mut nodes).unwrap();
    Machine::hardware(5).run(|rig| {
        let limits = take(&rig, 4).constraints();
        let size = FrameSize { blocks: 2, edges: 0, slot_bytes: 0 };
        let mut frame = Frame::new(&pool, size).unwrap();
        let (mut source, mut destination) = (SgTable::growing(), SgTable::growing());
        source.push(&*rig.buffer(64)).unwrap();
        destination.push(rig.buffer(64)).unwrap();
        let mut source = source.map(ToDevice, &rig.device()).unwrap();
        let mut destination = destination.map(FromDevice, &rig.device()).unwrap();
        let refused = frame.copy_lent(&mut source, &mut destination, &limits).map(drop);
        let (chain, slots) = (BusAddr::new(0), BusSegment::default());
        assert_eq!(refused, Err(PrepareError::Lower(LowerError::Storage { chain, slots })));
    });
}

#[test]
fn the_residue_of_a_stamped_copy_counts_its_data_alone() {
    for seed in seeds(32) {
        Machine::hardware(seed).run(|rig| {
            let channel = take(&rig, 4);
            let (from, to) = (rig.buffer(256), rig.buffer(256));
            from.copy_from_slice(&pattern(256, seed));
            let size = FrameSize { blocks: 4, edges: 0, slot_bytes: 0 };
            let frame = Frame::new(rig.pool, size.stamped()).unwrap();
            let (mut source, mut destination) = (SgTable::growing(), SgTable::growing());
            source.push(&*from).unwrap();
            destination.push(to).unwrap();
            let source = source.map(ToDevice, &rig.device()).unwrap();
            let destination = destination.map(FromDevice, &rig.device()).unwrap();
            let limits = channel.constraints().with_max_segment(64).unwrap();
            let copy = frame.copy_stamped(source, destination, &limits).unwrap();
            assert_eq!((copy.blocks().len(), copy.counts().bytes), (9, 256));
            rig.engine.scope(|scope| {
                let flight = scope.submit(&channel, copy).unwrap();
                assert_eq!(flight.residue(), 256);
                channel.issue_pending();
                let mut last = 256;
                while flight.status() == Status::Running {
                    channel.pause().unwrap();
                    let residue = flight.residue();
                    assert!(residue <= last, "seed {seed}: {residue} after {last}");
                    last = residue;
                    channel.resume();
                    rig.model.run(3);
                    rig.model.deliver();
                }
                assert_eq!(flight.residue(), 0);
                let copy = flight.wait(MILLISECOND).unwrap();
                assert!(copy.stamps().is_sorted());
                assert_eq!(copy.stamps().count(), 5);
            });
            drop(channel);
            rig.settle();
            rig.model.finish();
        });
    }
}

#[test]
fn a_lent_copy_that_fails_says_where() {
    for (block, offset) in sampled([(0, 0), (1, 60), (2, 252)], 2) {
        Machine::hardware(6).with(Fault::ReadError { channel: 4, block, byte: 0 }).run(|rig| {
            let (channel, bytes) = (take(&rig, 4), pattern(300, 8));
            let (from, to) = (rig.crooked(300, 4), rig.crooked(300, 4));
            from.copy_from_slice(&bytes);
            let (mut source, mut destination) = (SgTable::growing(), SgTable::growing());
            source.push(&*from).unwrap();
            destination.push(to).unwrap();
            let mut source = source.map(ToDevice, &rig.device()).unwrap();
            let mut destination = destination.map(FromDevice, &rig.device()).unwrap();
            let (limits, mut frame) = (channel.constraints(), rig.frame());
            let mut lent = frame.copy_lent(&mut source, &mut destination, &limits).unwrap();
            assert_eq!((lent.kind(), lent.source().total_len()), (channel.kind(), 300));
            let failed = channel.run(&mut lent, MILLISECOND).unwrap_err();
            let RunError::Failed(fault, Some(place)) = failed else { panic!("{failed}") };
            assert_eq!((fault.kind, place.block), (FaultKind::Read, block as usize));
            // Of an edge, where its bytes go in the end.
            let [read, write] = [place.source, place.destination].map(|place| place.unwrap());
            assert_eq!((read.offset, write.offset, write.entry), (offset, offset, 0));
            channel.run(&mut lent, MILLISECOND).unwrap();
            assert_eq!(content(&destination.unmap()), bytes);
        });
    }
}

#[test]
fn what_is_run_on_a_busy_channel_runs_behind_what_was_submitted() {
    for seed in seeds(8) {
        Machine::hardware(seed).run(|rig| {
            let (channel, bytes) = (take(&rig, 4), pattern(300, 8));
            let before = copy(&rig, &channel, &pattern(512, 1));
            let (from, to) = (rig.crooked(300, 4), rig.crooked(300, 4));
            from.copy_from_slice(&bytes);
            let (mut source, mut destination) = (SgTable::growing(), SgTable::growing());
            source.push(&*from).unwrap();
            destination.push(to).unwrap();
            let source = source.map(ToDevice, &rig.device()).unwrap();
            let destination = destination.map(FromDevice, &rig.device()).unwrap();
            let mut own = rig.frame().copy(source, destination, &channel.constraints()).unwrap();
            rig.engine.scope(|scope| {
                let first = scope.submit(&channel, before).unwrap();
                channel.issue_pending();
                channel.run(&mut own, MILLISECOND).unwrap();
                assert_eq!(first.status(), Status::Complete);
                assert!(arrived(first.wait(MILLISECOND).unwrap(), &pattern(512, 1)));
            });
            // The edges too.
            assert_eq!((own.edges().len(), content(&own.into_parts().2.unmap())), (2, bytes));
        });
    }
}
