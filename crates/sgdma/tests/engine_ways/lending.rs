//! Memory that was lent comes back only when the engine is done with it.

use super::prelude::*;

#[test]
fn what_a_scope_lent_nobody_writes_afterwards() {
    for seed in seeds(64) {
        let mut machine = Machine::hardware(seed);
        machine.heap = 64 << 10;
        machine.run(|rig| {
            let channels = [0, 5, 9].map(|number| take(&rig, number));
            let bytes = pattern(512, seed);
            rig.engine.scope(|scope| {
                for channel in &channels {
                    let [forgotten, dropped, left] = [(); 3]
                        .map(|()| scope.submit(channel, copy(&rig, channel, &bytes)).unwrap());
                    channel.issue_pending();
                    core::mem::forget(forgotten);
                    rig.probe.forgotten.set(rig.probe.forgotten.get() + 1);
                    rig.model.run(u32::try_from(seed).unwrap() * 4);
                    drop(dropped);
                    // The third is given up with the loop.
                    drop(left);
                }
            });
            let written = rig.memory();
            rig.settle();
            assert!(rig.memory() == written, "seed {seed}");
            for channel in &channels {
                assert_eq!(channel.info().running, None);
                // The forgotten one's slot is back as well.
                rig.engine.scope(|scope| {
                    let all = [(); QUEUE_DEPTH].map(|()| {
                        scope.submit(channel, copy(&rig, channel, &bytes[..64])).unwrap()
                    });
                    let more = scope.submit(channel, copy(&rig, channel, &bytes[..64]));
                    let full = NotTaken::Submit(SubmitError::QueueFull);
                    assert_eq!(more.map(drop).map_err(|refused| refused.reason), Err(full));
                    drop(all);
                });
            }
        });
    }
}

#[test]
fn a_panic_in_the_middle_takes_the_memory_back_first() {
    fn panics(_: usize, _: Status) {
        panic!("a callback that panics");
    }
    Machine::hardware(9).run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(512, 1);
        let broken = Callback { function: panics, context: 0 };
        let result = catch_unwind(AssertUnwindSafe(|| {
            rig.engine.scope(|scope| {
                let first = copy(&rig, &channel, &bytes[..64]).with_callback(broken);
                let _first = scope.submit(&channel, first).unwrap();
                let _second = scope.submit(&channel, copy(&rig, &channel, &bytes)).unwrap();
                channel.issue_pending();
                rig.probe.sleep_until(rig.probe.after(MILLISECOND), &mut || false);
            });
        }));
        assert!(result.is_err());
        assert_eq!(channel.info().running, None);
        // Another one's callback, in the middle of ours.
        let (other, mut long) = (take(&rig, 5), copy(&rig, &channel, &bytes));
        let result = catch_unwind(AssertUnwindSafe(|| {
            rig.engine.scope(|scope| {
                let short = copy(&rig, &other, &bytes[..64]).with_callback(broken);
                let _short = scope.submit(&other, short).unwrap();
                other.issue_pending();
                channel.run(&mut long, MILLISECOND)
            })
        }));
        assert!(result.is_err());
        assert_eq!(channel.info().running, None);
        let written = rig.memory();
        rig.settle();
        assert!(rig.memory() == written, "written after the unwinding");
    });
}

#[test]
fn a_channel_that_never_rests_is_withdrawn_and_its_memory_is_never_given_back() {
    for way in sampled(0..3, 3) {
        let mut machine = Machine::hardware(10);
        machine.faults.push((Fault::Stuck { channel: 4, block: 1, byte: 0 }, Occurs::Once));
        if way == 0 {
            // The error's interrupt finds out, not a deadline.
            machine.faults =
                vec![(Fault::ReadError { channel: 4, block: 1, byte: 0 }, Occurs::Once)];
        }
        let rig = machine.leak();
        let channel = take(&rig, 4);
        let bytes = pattern(256, 1);
        CALLED.with_borrow_mut(Vec::clear);
        let submit = |context| {
            let callback = Callback { function: called, context };
            channel.submit(copy(&rig, &channel, &bytes).with_callback(callback)).unwrap()
        };
        let (first, second, third) = (submit(0), submit(1), submit(2));
        channel.issue_pending();
        rig.model.run(2_000);
        rig.probe.lie.set(Lie::NeverAtRest(4));
        let first = match way {
            1 => first.cancel(),
            _ => first.wait(MILLISECOND),
        };
        let failed = first.unwrap_err();
        let kind = [FaultKind::Read, FaultKind::Terminated, FaultKind::Timeout][way];
        assert_eq!(failed.fault.kind, kind);
        assert!(failed.payload.is_none(), "the engine may still write there");
        assert!(failed.place.is_some());
        // Who waits in the queue is told, and has nothing to fear.
        for flight in [second, third] {
            let failed = flight.wait(Duration::from_hours(1)).unwrap_err();
            assert_eq!(failed.fault.kind, FaultKind::Withdrawn);
            assert!(failed.payload.is_some(), "it never ran");
            assert_eq!(failed.residue, 256);
        }
        assert_eq!(CALLED.with_borrow(Vec::len), 3);
        let reason = Withdrawal::NoReset;
        assert_eq!(channel.info().withdrawn, Some(reason));
        let refused = channel.submit(copy(&rig, &channel, &bytes)).unwrap_err();
        assert_eq!(refused.reason, NotTaken::Submit(SubmitError::Withdrawn { reason }));
        channel.resume();
        channel.terminate_all();
        let mut last = refused.returned;
        let run = channel.run(&mut last, MILLISECOND).unwrap_err();
        assert!(matches!(run, RunError::NotTaken(_)), "{run}");
        drop(channel);
        let again = rig.engine.request(Need::Exactly(rig::channel(4)), "again").map(drop);
        assert_eq!(again, Err(RequestError::Withdrawn { reason }));
        assert_eq!(rig.pool.levels().buffers, 2, "the leaked one, and the last");
        a_scope_elsewhere_does_not_stand_still(&rig);
        if way == 0 {
            let longest = rig.probe.longest.get();
            assert!(longest > 2_000 && longest <= HANDLER_MOST, "{longest}");
        }
    }
}

#[test]
fn a_platform_that_never_sleeps_harms_nobody() {
    Machine::hardware(16).run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(512, 1);
        rig.probe.lie.set(Lie::Insomnia);
        let mut copy = copy(&rig, &channel, &bytes);
        let failed = channel.run(&mut copy, MILLISECOND).unwrap_err();
        assert!(matches!(failed, RunError::Failed(fault, _) if fault.kind == FaultKind::Timeout));
        let written = rig.memory();
        rig.settle();
        assert!(rig.memory() == written, "it was still running");
    });
}

/// While channel 4 never comes to rest.
fn a_scope_elsewhere_does_not_stand_still(rig: &Rig<'_>) {
    let other = take(rig, 5);
    let bytes = pattern(256, 1);
    rig.engine.scope(|scope| {
        let copy = copy(rig, &other, &bytes);
        let flight = scope.submit(&other, copy).unwrap();
        other.issue_pending();
        assert!(arrived(flight.wait(MILLISECOND).unwrap(), &bytes));
    });
}
