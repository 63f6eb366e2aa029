//! Questions to the engine that no plan asks.

use super::prelude::*;
use sgdma::address::BusAddr;
use sgdma::engine::{Probed, Question};

const ERROR_BITS: u32 = 7;

fn ask(rig: &Rig<'_>, question: Question) -> Probed {
    take(rig, 4).probe(question, rig.pool).unwrap()
}

#[test]
fn a_word_is_read_from_anywhere_and_the_channel_works_afterwards() {
    for seed in seeds(8) {
        Machine::hardware(seed).run(|rig| {
            let mut word = rig.pool.alloc(4, 4).unwrap();
            word.as_mut_slice().copy_from_slice(b"word");
            let seen = ask(&rig, Question::Read(word.bus()));
            assert_eq!((seen.word, seen.withdrawn), (Some(u32::from_le_bytes(*b"word")), None));
            assert_eq!(seen.registers.debug & ERROR_BITS, 0);
            assert_eq!(seen.registers.conblk_ad, 0, "it had ended");
            let (channel, bytes) = (take(&rig, 4), pattern(320, 2));
            let mut copy = copy(&rig, &channel, &bytes);
            channel.run(&mut copy, MILLISECOND).unwrap();
            assert!(arrived(copy, &bytes));
            drop((channel, word));
            rig.settle();
            rig.model.finish();
        });
    }
}

#[test]
fn an_error_is_seen_and_no_word_called_an_answer() {
    for seed in seeds(8) {
        let error = Fault::ReadError { channel: 4, block: 0, byte: 0 };
        Machine::hardware(seed).with(error).run(|rig| {
            let seen = ask(&rig, Question::Read(BusAddr::new(0x7E0F_F000)));
            assert_ne!(seen.registers.debug & ERROR_BITS, 0);
            assert_eq!((seen.word, seen.withdrawn), (None, None));
            assert_eq!(
                rig.engine.info(channel(4)).counters.recoveries,
                0,
                "the handler saw nothing"
            );
        });
    }
}

#[test]
fn a_channel_that_does_not_rest_afterwards_is_withdrawn_and_its_memory_stays_taken() {
    Machine::hardware(3).run(|rig| {
        let taken = take(&rig, 4);
        rig.probe.lie.set(Lie::NeverAtRest(4));
        rig.probe.forgotten.set(1);
        let seen = taken.probe(Question::Nothing, rig.pool).unwrap();
        let reason = Withdrawal::NoReset;
        assert_eq!(seen.withdrawn, Some(reason));
        assert_eq!(rig.engine.info(channel(4)).withdrawn, Some(reason));
        let refused = rig.engine.request(Need::Exactly(channel(4)), "again").map(drop);
        assert_eq!(refused, Err(RequestError::Withdrawn { reason }));
        assert_eq!(rig.pool.levels().buffers, 1);
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

#[test]
fn a_question_that_is_not_answered_is_given_up_after_50_ms() {
    let stuck = Fault::Stuck { channel: 4, block: 0, byte: 0 };
    for (machine, least, most) in
        [(Machine::hardware(2), 0, 1), (Machine::hardware(2).with(stuck), 50, 80)]
    {
        machine.run(|rig| {
            let word = rig.pool.alloc(4, 4).unwrap();
            let before = rig.probe.now();
            let probed = ask(&rig, Question::Read(word.bus()));
            let took = rig.probe.between(before, rig.probe.now());
            let [least, most] = [least, most].map(Duration::from_millis);
            assert!((least..=most).contains(&took), "{took:?}");
            assert_eq!((probed.word.is_some(), probed.withdrawn), (least.is_zero(), None));
        });
    }
}
