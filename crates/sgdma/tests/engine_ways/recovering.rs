//! Errors, retries, pauses.

use super::prelude::*;

#[test]
fn retries_are_as_many_as_were_asked_for() {
    for (errors, retries, comes_through) in
        [(1, 1, true), (2, 3, true), (2, 1, false), (1, 0, false)]
    {
        let mut machine = Machine::hardware(errors);
        for _ in 0..errors {
            machine = machine.with(Fault::ReadError { channel: 5, block: 2, byte: 9 });
        }
        machine.run(|rig| {
            let channel = take(&rig, 5);
            let bytes = pattern(320, 2);
            let mut copy = copy(&rig, &channel, &bytes).with_retries(retries);
            let result = channel.run(&mut copy, MILLISECOND);
            assert_eq!(result.is_ok(), comes_through);
            let counters = channel.info().counters;
            assert_eq!(counters.retries, u32::try_from(errors).unwrap().min(retries.into()));
            if comes_through {
                assert!(arrived(copy, &bytes));
            } else {
                drop(copy);
            }
            drop(channel);
            rig.settle();
            rig.model.finish();
        });
    }
}

#[test]
fn a_retry_on_a_paused_channel_waits_for_the_resume() {
    let error = Fault::ReadError { channel: 5, block: 0, byte: 9 };
    Machine::hardware(3).with(error).run(|rig| {
        let channel = take(&rig, 5);
        let bytes = pattern(320, 2);
        rig.engine.scope(|scope| {
            let copy = copy(&rig, &channel, &bytes).with_retries(1);
            let flight = scope.submit(&channel, copy).unwrap();
            channel.issue_pending();
            rig.model.run(50);
            channel.pause().unwrap();
            rig.model.deliver();
            assert_eq!(channel.info().counters.retries, 1);
            rig.model.run(1_000);
            rig.model.deliver();
            assert_eq!((flight.status(), flight.residue()), (Status::Paused, 320));
            channel.resume();
            assert!(arrived(flight.wait(MILLISECOND).unwrap(), &bytes));
        });
        drop(channel);
        rig.settle();
        rig.model.finish();
    });
}

#[test]
fn an_engine_that_erred_is_not_set_going_by_a_resume() {
    for seed in seeds(16) {
        let error = Fault::ReadError { channel: 5, block: 0, byte: 9 };
        Machine::hardware(seed).with(error).run(|rig| {
            let channel = take(&rig, 5);
            rig.engine.scope(|scope| {
                let flight =
                    scope.submit(&channel, copy(&rig, &channel, &pattern(320, 2))).unwrap();
                channel.issue_pending();
                rig.model.run(100);
                channel.pause().unwrap();
                channel.resume();
                let failed = flight.wait(MILLISECOND).unwrap_err();
                assert_eq!(failed.fault.kind, FaultKind::Read);
            });
            drop(channel);
            rig.settle();
            rig.model.finish();
        });
    }
}

#[test]
fn a_latched_error_explains_more_than_a_deadline() {
    let faults =
        [Fault::ReadError { channel: 5, block: 1, byte: 9 }, Fault::LostInterrupt { channel: 5 }];
    let machine = faults.into_iter().fold(Machine::hardware(1), Machine::with);
    machine.run(|rig| {
        let channel = take(&rig, 5);
        let mut copy = copy(&rig, &channel, &pattern(320, 2));
        let failed = channel.run(&mut copy, MILLISECOND).unwrap_err();
        assert!(
            matches!(failed, RunError::Failed(fault, Some(place))
            if fault.kind == FaultKind::Read && place.block == 1),
            "{failed}"
        );
        assert!(failed.to_string().contains("control block 1"), "{failed}");
        assert_eq!(channel.info().counters.timeouts, 0);
    });
}

#[test]
fn a_channel_that_is_not_clocked_is_clocked() {
    Machine::hardware(2).run(|rig| {
        // As the boot left it, or somebody else.
        rig.model.set_enable(rig.model.enable() & !(1 << 4));
        assert_eq!(rig.model.take_violations().len(), 1, "the model minds");
        let channel = take(&rig, 4);
        let bytes = pattern(128, 1);
        let mut first = copy(&rig, &channel, &bytes);
        channel.run(&mut first, MILLISECOND).unwrap();
        drop(first);
        rig.model.set_enable(rig.model.enable() & !(1 << 4));
        let mut second = copy(&rig, &channel, &bytes);
        let failed = channel.run(&mut second, MILLISECOND).unwrap_err();
        assert!(
            matches!(failed, RunError::Failed(fault, Some(place))
            if fault.kind == FaultKind::Timeout && place.block == 0),
            "{failed}"
        );
        assert_eq!(rig.model.take_violations().len(), 2);
        channel.run(&mut second, MILLISECOND).unwrap();
        assert!(arrived(second, &bytes));
        drop(channel);
        rig.settle();
        rig.model.finish();
    });
}

#[test]
fn a_pause_holds_until_it_is_lifted() {
    Machine::hardware(4).run(|rig| {
        let channel = take(&rig, 8);
        let bytes = pattern(256, 4);
        rig.engine.scope(|scope| {
            let submit = || scope.submit(&channel, copy(&rig, &channel, &bytes)).unwrap();
            let (first, second, third) = (submit(), submit(), submit());
            channel.issue_pending();
            channel.pause().unwrap();
            assert!(first.cancel().is_err());
            assert_eq!(
                second.status(),
                Status::Queued,
                "a pause is the channel's, not a transfer's"
            );
            channel.resume();
            channel.resume();
            assert_eq!(second.status(), Status::Running);
            channel.pause().unwrap();
            channel.terminate_all();
            for flight in [second, third] {
                assert_eq!(flight.wait(MILLISECOND).unwrap_err().fault.kind, FaultKind::Terminated);
            }
            let fourth = submit();
            channel.issue_pending();
            assert_eq!(fourth.status(), Status::Running, "nothing is left of the pause");
            assert!(arrived(fourth.wait(MILLISECOND).unwrap(), &bytes));
            // Paused with nothing on it.
            channel.pause().unwrap();
            let fifth = submit();
            channel.issue_pending();
            assert_eq!(fifth.status(), Status::Queued);
            channel.resume();
            channel.synchronize();
            assert!(arrived(fifth.wait(MILLISECOND).unwrap(), &bytes));
        });
    });
}

#[test]
fn nothing_is_started_to_be_stopped() {
    Machine::hardware(1).run(|rig| {
        let channel = take(&rig, 4);
        rig.engine.scope(|scope| {
            let submit = || scope.submit(&channel, copy(&rig, &channel, &pattern(512, 1))).unwrap();
            let flights = [(); 4].map(|()| submit());
            channel.issue_pending();
            channel.terminate_all();
            assert_eq!(rig.probe.starts.get(), 1);
            drop(flights);
            // Nor where a scope ends.
            core::mem::forget([(); 4].map(|()| submit()));
            rig.probe.forgotten.set(4);
            channel.issue_pending();
        });
        assert_eq!(rig.probe.starts.get(), 2);
    });
}
