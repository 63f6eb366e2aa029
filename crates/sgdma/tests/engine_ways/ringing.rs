//! Rings whose memory the CPU reads and fills while they go round.

use super::prelude::*;
use sgdma::buffer::{LineBuffer, LiveError, Memory};
use sgdma::sg_table::TableError;
use sgdma::transfer::{InFlight, Pattern, Payload};

/// Sleeps until so many periods were seen.
fn until<T: Payload>(rig: &Rig<'_>, flight: &InFlight<'_, &Probe<'_>, T>, periods: u32) {
    let deadline = rig.probe.after(20 * MILLISECOND);
    rig.probe.sleep_until(deadline, &mut || flight.interrupts() >= periods);
    assert!(flight.interrupts() >= periods, "{} of {periods} periods", flight.interrupts());
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.iter().map(|byte| u32::from(*byte)).collect()
}

#[test]
fn what_a_ring_captures_is_read_period_by_period_while_it_goes_round() {
    for seed in seeds(8) {
        Machine::hardware(seed).run(|rig| {
            let channel = take(&rig, 4);
            let mut memory = rig.pool.alloc(128, 64).unwrap();
            let mut entries = [Entry::EMPTY];
            let table = SgTable::one(&mut entries, &mut memory).unwrap();
            let sink = table.map(FromDevice, &rig.device()).unwrap();
            let limits = channel.device_constraints();
            let ring = rig.frame().ring_from_device(jobs::uart(), sink, 64, &limits).unwrap();
            rig.engine.scope(|scope| {
                let flight = scope.submit(&channel, ring).unwrap();
                channel.issue_pending();
                // A period is 16 words, and the device has no more until it is given more.
                for period in 0..6_u32 {
                    let bytes = pattern(16, seed + u64::from(period));
                    rig.model.uart_receive(&bytes);
                    until(&rig, &flight, period + 1);
                    let mut got = [0; 16];
                    let at = usize::try_from(period % 2 * 64).unwrap();
                    flight.read_destination(at, &mut got).unwrap();
                    assert_eq!(got[..], words(&bytes), "period {period}");
                }
                assert_eq!(channel.info().counters.late, 0, "a period is no late interrupt");
                let failed = flight.cancel().unwrap_err();
                assert_eq!(failed.fault.kind, FaultKind::Terminated);
            });
            drop(channel);
            rig.settle();
            rig.model.finish();
        });
    }
}

#[test]
fn what_a_ring_plays_next_is_written_while_it_goes_round() {
    for seed in seeds(8) {
        Machine::hardware(seed).run(|rig| {
            let channel = take(&rig, 4);
            let mut memory = rig.pool.alloc(128, 64).unwrap();
            memory.as_mut_slice().fill(1);
            let mut entries = [Entry::EMPTY];
            let table: SgTable<'_, Exclusive> = SgTable::one(&mut entries, &mut memory).unwrap();
            let source = table.map(ToDevice, &rig.device()).unwrap();
            let limits = channel.device_constraints();
            let ring = rig.frame().ring_to_device(source, jobs::pwm(), 64, &limits).unwrap();
            rig.engine.scope(|scope| {
                let mut flight = scope.submit(&channel, ring).unwrap();
                channel.issue_pending();
                until(&rig, &flight, 1);
                // Both periods, though the engine is somewhere in the second.
                flight.write_source(0, &[0x0202_0202; 32]).unwrap();
                let seen = flight.interrupts();
                until(&rig, &flight, seen + 3);
                assert!(flight.cancel().is_err());
            });
            let played = rig.model.pwm_played();
            assert!(played.is_sorted(), "the old ones, and then the new ones");
            let old = played.iter().filter(|word| **word == 0x0101_0101).count();
            assert!((16..=64).contains(&old) && played.len() > old, "{old} of {}", played.len());
            drop(channel);
            rig.settle();
            rig.model.finish();
        });
    }
}

#[test]
fn what_is_cached_or_not_there_is_not_read_under_the_engine() {
    Machine::hardware(1).run(|rig| {
        let channel = take(&rig, 4);
        let mut memory = rig.pool.alloc(32, 32).unwrap();
        let [s, d] = Box::leak(Box::new([[Entry::EMPTY; 1]; 2]));
        let source = SgTable::one(s, &*rig.buffer(32)).unwrap().map(ToDevice, &rig.device());
        let sink = SgTable::one(d, &mut memory).unwrap().map(FromDevice, &rig.device()).unwrap();
        let limits = channel.constraints();
        let copy = rig.frame().copy(source.unwrap(), sink, &limits).unwrap();
        rig.engine.scope(|scope| {
            let mut flight = scope.submit(&channel, copy).unwrap();
            assert_eq!(flight.write_source(0, &[0]), Err(LiveError::NotCoherent));
            let read = |at, words: usize| flight.read_destination(at, &mut vec![0; words]);
            assert_eq!(read(0, 8), Ok(()));
            assert_eq!(read(28, 1), Ok(()));
            assert_eq!(read(2, 1), Err(LiveError::Misaligned));
            for (at, words) in [(28, 2), (32, 1), (0, 9), (usize::MAX - 3, 1)] {
                assert_eq!(read(at, words), Err(LiveError::Outside { total: 32 }), "{at} {words}");
            }
            assert!(flight.cancel().is_err());
        });
    });
}

#[test]
fn what_is_lent_is_read_and_written_as_well() {
    Machine::hardware(1).run(|rig| {
        let channel = take(&rig, 4);
        let [mut from, mut to] = [(); 2].map(|()| rig.pool.alloc(64, 64).unwrap());
        to.as_mut_slice().fill(9);
        let [mut s, mut d] = [[Entry::EMPTY; 1]; 2];
        let source: SgTable<'_, Exclusive> = SgTable::one(&mut s, &mut from).unwrap();
        let mut source = source.map(ToDevice, &rig.device()).unwrap();
        let sink = SgTable::one(&mut d, &mut to).unwrap();
        let mut sink = sink.map(FromDevice, &rig.device()).unwrap();
        let mut frame = rig.small_frame(4);
        let mut copy = frame.copy_lent(&mut source, &mut sink, &channel.constraints()).unwrap();
        rig.engine.scope(|scope| {
            let mut flight = scope.submit(&channel, &mut copy).unwrap();
            assert_eq!(std::format!("{flight:?}"), "InFlight(dma4 cookie 1)");
            flight.write_source(0, &[0x0707_0707; 16]).unwrap();
            let mut got = [0; 2];
            flight.read_destination(8, &mut got).unwrap();
            assert_eq!(got, [0x0909_0909; 2]);
            channel.issue_pending();
            flight.wait(MILLISECOND).unwrap();
        });
        assert_eq!(sink.unmap().bytes().equals(&[7; 64]), sgdma::scatterlist::Equality::Equal);
    });
}

#[test]
fn what_has_no_memory_is_not_written_under_the_engine() {
    Machine::hardware(1).run(|rig| {
        let channel = take(&rig, 4);
        let mut entry = [Entry::EMPTY; 1];
        let sink = SgTable::one(&mut entry, rig.buffer(64)).unwrap().map(FromDevice, &rig.device());
        let fill = rig.frame().fill(Pattern(5), sink.unwrap(), &channel.constraints()).unwrap();
        rig.engine.scope(|scope| {
            let mut flight = scope.submit(&channel, fill).unwrap();
            assert_eq!(flight.write_source(0, &[1]), Err(LiveError::NotCoherent));
            let failed = flight.cancel().unwrap_err();
            assert!(std::format!("{failed:?}").starts_with("Failed { fault: "), "{failed:?}");
        });
        let mut entry = [Entry::EMPTY; 1];
        let source = SgTable::one(&mut entry, &*rig.buffer(64)).unwrap();
        let source = source.map(ToDevice, &rig.device()).unwrap();
        let limits = channel.device_constraints();
        let played = rig.frame().to_device(source, jobs::pwm(), &limits).unwrap();
        rig.engine.scope(|scope| {
            let flight = scope.submit(&channel, played).unwrap();
            assert_eq!(flight.read_destination(0, &mut [0]), Err(LiveError::NotCoherent));
            assert!(flight.cancel().is_err());
        });
    });
}

/// A table that owns coherent memory, so many pieces of 64 bytes.
fn owned(rig: &Rig<'static>, pieces: usize) -> SgTable<'static, Exclusive> {
    let mut table = SgTable::growing();
    for _ in 0..pieces {
        table.push_coherent(rig.pool.alloc_zeroed(64, 64).unwrap()).unwrap();
    }
    table
}

#[test]
fn a_ring_that_owns_its_memory_is_submitted_for_good_and_gives_it_back() {
    let rig = Machine::hardware(5).leak();
    let channel = take(&rig, 4);
    let sink = owned(&rig, 2).map(FromDevice, &rig.device()).unwrap();
    let limits = channel.device_constraints();
    let ring = rig.frame().ring_from_device(jobs::uart(), sink, 64, &limits).unwrap();
    let flight = channel.submit(ring).unwrap();
    channel.issue_pending();
    let rounds: Vec<_> = (0..4).map(|seed| pattern(16, seed)).collect();
    for (period, bytes) in (0..).zip(&rounds) {
        rig.model.uart_receive(bytes);
        until(&rig, &flight, period + 1);
        let mut got = [0; 16];
        flight.read_destination(usize::try_from(period % 2 * 64).unwrap(), &mut got).unwrap();
        assert_eq!(got[..], words(bytes), "period {period}");
    }
    let failed = flight.cancel().unwrap_err();
    let (frame, _, sink) = failed.payload.unwrap().into_parts();
    let buffers = sink.unmap().into_coherent().unwrap();
    let first = |word| buffers.iter().map(move |buffer| buffer.read_word(word).unwrap());
    let last = |word: usize| rounds[2..].iter().map(move |bytes| u32::from(bytes[word]));
    assert!((0..16).all(|word| first(word).eq(last(word))));
    drop((frame, buffers, channel));
    rig.settle();
    assert_eq!(rig.pool.levels().buffers, 0);
    rig.model.finish();
}

#[test]
fn what_a_table_owns_comes_back_as_what_it_is_and_once_nobody_has_a_part_of_it() {
    let rig = Machine::hardware(6).leak();
    let mut table = owned(&rig, 2);
    assert_eq!((table.memory(), table.total_len()), (Memory::Coherent, 128));
    let refused = table.push_buffer(LineBuffer::zeroed(8).unwrap()).unwrap_err();
    let (is, entry) = (Memory::Coherent, Memory::LineOwned);
    assert_eq!(refused.reason, TableError::MixedMemory { table: is, entry });
    assert_eq!(refused.returned.len(), 8);
    table = table.into_buffers().unwrap_err();
    let mut rest = SgTable::growing();
    table.split_off(100, &mut rest).unwrap();
    assert_eq!(rest.memory(), Memory::Coherent);
    table = table.into_coherent().unwrap_err();
    table.bytes_mut().fill(99, 1, 7);
    table.chain(rest).unwrap();
    let buffers = table.into_coherent().unwrap();
    assert_eq!((buffers.len(), &buffers[1].as_slice()[35..37]), (2, &[7, 0][..]));
    drop(buffers);
    // Whoever does not ask has freed them.
    drop(owned(&rig, 3));
    assert_eq!((rig.pool.levels().buffers, rig.pool.levels().faults), (0, 0));
    let mut lines: SgTable<'static, Exclusive> = SgTable::growing();
    lines.push_buffer(LineBuffer::zeroed(8).unwrap()).unwrap();
    assert!(lines.into_coherent().is_err());
}

#[test]
fn who_waits_for_a_period_wakes_with_it_or_when_there_will_be_none() {
    Machine::hardware(4).run(|rig| {
        let channel = take(&rig, 4);
        let mut memory = rig.pool.alloc(128, 64).unwrap();
        let mut entries = [Entry::EMPTY];
        let table = SgTable::one(&mut entries, &mut memory).unwrap();
        let sink = table.map(FromDevice, &rig.device()).unwrap();
        let limits = channel.device_constraints();
        let ring = rig.frame().ring_from_device(jobs::uart(), sink, 64, &limits).unwrap();
        rig.engine.scope(|scope| {
            let flight = scope.submit(&channel, ring).unwrap();
            channel.issue_pending();
            let took = |seen, timeout| {
                let before = rig.probe.now();
                let now = flight.wait_for_period(seen, timeout);
                (now, rig.probe.between(before, rig.probe.now()))
            };
            let (none, waited) = took(0, 3 * MILLISECOND);
            assert!(none == 0 && waited >= 3 * MILLISECOND, "{none} {waited:?}");
            rig.model.uart_receive(&[1; 16]);
            let (one, waited) = took(0, Duration::from_secs(1));
            assert!(one == 1 && waited < Duration::from_millis(100), "{one} {waited:?}");
            let (same, waited) = took(0, Duration::from_secs(1));
            assert!(same == 1 && waited < MILLISECOND, "{same} {waited:?}");
            channel.terminate_all();
            let (last, waited) = took(1, Duration::from_secs(1));
            assert!(last == 1 && waited < Duration::from_millis(100), "{last} {waited:?}");
            assert!(flight.cancel().is_err());
        });
    });
}
