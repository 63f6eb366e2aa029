//! Findings of an audit: each of these fails.

use super::prelude::*;
use sgdma::address::BusAddr;
use sgdma::constraints::{DeviceFifo, Dreq, Width};
use sgdma::engine::Question;

/// A safe program must not be able to have one channel write another's `CONBLK_AD` and `CS`: that is a store to anywhere.
#[test]
fn the_engines_own_registers_are_no_device() {
    for address in [0x7E00_7504, 0x7E00_7500, 0x7E00_7FF0, 0x7EE0_5004] {
        let fifo = DeviceFifo::new(BusAddr::new(address), Dreq::NONE, Width::Bits32);
        Machine::hardware(1).run(|rig| {
            let channel = take(&rig, 4);
            let words = rig.buffer(4);
            let [s] = Box::leak(Box::new([[Entry::EMPTY; 1]; 1]));
            let source = SgTable::one(s, &*words).unwrap().map(ToDevice, &rig.device()).unwrap();
            let prepared =
                rig.frame().to_device(source, fifo.unwrap(), &channel.device_constraints());
            assert!(prepared.is_err(), "{address:#x}");
        });
    }
}

/// Started again from the first block, words that a device has taken already are sent twice, and that is called complete.
#[test]
fn a_retry_into_a_device_sends_nothing_twice() {
    let error = Fault::ReadError { channel: 4, block: 2, byte: 0 };
    Machine::hardware(2).with(error).run(|rig| {
        let channel = take(&rig, 4);
        let words = rig.buffer(256);
        words.copy_from_slice(&pattern(256, 2));
        let sent: Vec<u32> =
            words.chunks(4).map(|w| u32::from_le_bytes(w.try_into().unwrap())).collect();
        let [s] = Box::leak(Box::new([[Entry::EMPTY; 1]; 1]));
        let source = SgTable::one(s, &*words).unwrap().map(ToDevice, &rig.device()).unwrap();
        let limits = channel.device_constraints().with_max_segment(64).unwrap();
        let out = rig.frame().to_device(source, jobs::pwm(), &limits).unwrap();
        let mut out = out.with_retries(1);
        let result = channel.run(&mut out, 20 * MILLISECOND);
        rig.settle();
        let played = rig.model.pwm_played();
        println!("{result:?}: {} words of {}", played.len(), sent.len());
        assert!(result.is_err() || played == sent);
    });
}

/// What was queued behind a transfer whose interrupt was lost.
#[test]
fn a_lost_interrupt_costs_no_other_transfer() {
    Machine::hardware(3).with(Fault::LostInterrupt { channel: 4 }).run(|rig| {
        let channel = take(&rig, 4);
        rig.engine.scope(|scope| {
            let [first, second] = [1, 2]
                .map(|n| scope.submit(&channel, copy(&rig, &channel, &pattern(128, n))).unwrap());
            channel.issue_pending();
            let second = second.wait(100 * MILLISECOND);
            let first = first.wait(MILLISECOND);
            assert!(first.is_ok(), "it was complete all the while");
            assert!(second.is_ok(), "{}", second.unwrap_err());
        });
    });
}

/// Asked of a channel that still has something to do.
#[test]
fn a_question_does_not_break_what_runs() {
    Machine::hardware(4).run(|rig| {
        let channel = take(&rig, 4);
        rig.engine.scope(|scope| {
            let flight = scope.submit(&channel, copy(&rig, &channel, &pattern(512, 1))).unwrap();
            channel.issue_pending();
            rig.model.run(20);
            let word = rig.pool.alloc(4, 4).unwrap();
            let _ = channel.probe(Question::Read(word.bus()), rig.pool);
            let _ = flight.wait(MILLISECOND);
        });
        rig.settle();
        rig.model.finish();
    });
}

/// What the refusal says is about words of 4 bytes, which 64 bytes can well carry.
#[test]
fn a_row_too_long_for_a_block_is_called_so() {
    use sgdma::lower::{Blit, LowerError};
    use sgdma::transfer::PrepareError;
    Machine::hardware(5).run(|rig| {
        let channel = take(&rig, 4);
        let mut target = rig.pool.alloc(256, 64).unwrap();
        let from = rig.buffer(256);
        let [s, d] = Box::leak(Box::new([[Entry::EMPTY; 1]; 2]));
        let source = SgTable::one(s, &*from).unwrap().map(ToDevice, &rig.device()).unwrap();
        let mut storage = SgTable::new(&mut d[..]);
        storage.push(rig.buffer(256)).unwrap();
        let _ = &mut target;
        let destination = storage.map(FromDevice, &rig.device()).unwrap();
        let blit = Blit {
            row_bytes: 128,
            rows: 2,
            source_offset: 0,
            source_pitch: 128,
            destination_offset: 0,
            destination_pitch: 128,
        };
        let limits = channel.constraints().with_max_segment(64).unwrap();
        let refused = rig.frame().blit(source, destination, blit, &limits).map(drop).unwrap_err();
        let text = refused.reason.to_string();
        assert!(
            !matches!(refused.reason, PrepareError::Lower(LowerError::MaxSegment { .. }))
                && text.contains("128"),
            "{text}"
        );
    });
}
