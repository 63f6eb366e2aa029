//! Who gets which channel, and for what.

use super::prelude::*;

#[test]
fn a_channel_that_never_rests_is_not_even_handed_out() {
    Machine::hardware(11).run(|rig| {
        rig.probe.lie.set(Lie::NeverAtRest(0));
        let first = rig.engine.request(Need::Bulk, "bulk").unwrap();
        assert_eq!(first.id().number(), 5, "the next best");
        let reason = Withdrawal::NoReset;
        assert_eq!(rig.engine.info(channel(0)).withdrawn, Some(reason));
        let refused = rig.engine.request(Need::Exactly(channel(0)), "bulk").map(drop);
        assert_eq!(refused, Err(RequestError::Withdrawn { reason }));
    });
}

#[test]
fn channels_are_handed_out_by_need_and_once() {
    Machine::hardware(12).run(|rig| {
        let all = |need| {
            let mut taken = Vec::new();
            while let Ok(channel) = rig.engine.request(need, "everybody") {
                taken.push(channel);
            }
            taken.iter().map(|channel| channel.id().number()).collect::<Vec<_>>()
        };
        assert_eq!(all(Need::Any), [8, 9, 10, 5, 4, 11, 12, 13, 14, 0, 2]);
        assert_eq!(all(Need::Full), [5, 4, 0, 2]);
        assert_eq!(all(Need::Bulk), [0, 5, 4, 2]);
        assert_eq!(rig.engine.usable(), rig.model.mask());
        let mine = take(&rig, 9);
        let refused = rig.engine.request(Need::Exactly(channel(9)), "other").map(drop);
        assert_eq!(refused, Err(RequestError::Taken { owner: "test" }));
        assert_eq!(rig.engine.info(channel(9)).owner, Some("test"));
        drop(mine);
        for foreign in [1, 3, 6, 7] {
            let refused = rig.engine.request(Need::Exactly(channel(foreign)), "vc").map(drop);
            assert_eq!(refused, Err(RequestError::NotOurs { channel: channel(foreign) }));
        }
        let _held: Vec<_> = (0..11).map(|_| rig.engine.request(Need::Any, "all")).collect();
        let refused = rig.engine.request(Need::Any, "twelfth").map(drop);
        assert_eq!(refused, Err(RequestError::NoneFree));
        rig.model.finish();
    });
}

#[test]
fn a_plan_for_another_kind_of_channel_or_engine_is_refused() {
    Machine::hardware(13).run(|rig| {
        let (bulk, full, lite) = (take(&rig, 0), take(&rig, 4), take(&rig, 8));
        let bytes = pattern(128, 1);
        let run = |for_one: &Channel<'_, _>, on: &Channel<'_, _>| {
            let mut copy = copy(&rig, for_one, &bytes);
            on.run(&mut copy, MILLISECOND).map(|()| arrived(copy, &bytes))
        };
        for (for_one, on) in [(&bulk, &full), (&bulk, &lite), (&full, &lite)] {
            let refused = run(for_one, on).unwrap_err();
            assert!(matches!(refused, RunError::NotTaken(NotTaken::WrongChannel(_))), "{refused}");
        }
        for (for_one, on) in [(&full, &bulk), (&lite, &bulk), (&lite, &full)] {
            assert_eq!(run(for_one, on), Ok(true));
        }
    });
    let mut machine = Machine::hardware(13);
    machine.profile = Profile::Qemu;
    machine.run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(64, 1);
        let (from, to) = (rig.buffer(64), rig.buffer(64));
        from.copy_from_slice(&bytes);
        let [s, d] = Box::leak(Box::new([[Entry::EMPTY; 1]; 2]));
        let source = SgTable::one(s, &*from).unwrap().map(ToDevice, &rig.device()).unwrap();
        let destination = SgTable::one(d, to).unwrap().map(FromDevice, &rig.device()).unwrap();
        let chip = sgdma::constraints::Constraints::memory(channel.kind());
        let mut copy = rig.frame().copy(source, destination, &chip).unwrap();
        let refused = channel.run(&mut copy, MILLISECOND).unwrap_err();
        assert!(refused.to_string().contains("emulated"), "{refused}");
        drop(copy);
    });
}

#[test]
fn what_is_lent_fits_no_other_channel_either() {
    Machine::hardware(12).run(|rig| {
        let (full, lite) = (take(&rig, 4), take(&rig, 8));
        let mut copy = copy(&rig, &full, &pattern(64, 1));
        rig.engine.scope(|scope| {
            let refused = scope.submit(&lite, &mut copy).unwrap_err();
            assert!(matches!(refused.reason, NotTaken::WrongChannel(_)), "{}", refused.reason);
        });
    });
}

#[test]
fn a_channel_of_another_machine_is_refused_by_a_scope() {
    Machine::hardware(14).run(|one| {
        Machine::hardware(15).run(|other| {
            let channel = take(&other, 4);
            let copy = copy(&other, &channel, &pattern(64, 1));
            one.engine.scope(|scope| {
                let refused = scope.submit(&channel, copy).unwrap_err();
                assert_eq!(refused.reason, NotTaken::OtherEngine);
            });
        });
    });
}

/// Channels 11 to 14 share a line. 13 is the VideoCore's here, and what it does there is none of our business.
#[test]
fn a_foreign_channel_on_a_shared_line_is_left_alone() {
    for seed in seeds(20) {
        for fault in [None, Some(Fault::ReadError { channel: 13, block: 1, byte: 0 })] {
            let machine = Machine::hardware(seed);
            let machine = fault.into_iter().fold(machine, Machine::with);
            machine.run(|rig| {
                let ours = Engine::new(rig.probe, 0x1F35);
                let foreign = take(&rig, 13);
                let mut copy = copy(&rig, &foreign, &pattern(128, seed));
                rig.engine.scope(|scope| {
                    let flight = scope.submit(&foreign, &mut copy).unwrap();
                    foreign.issue_pending();
                    rig.model.run(2_000);
                    let before = rig.engine.snapshot(foreign.id());
                    assert_ne!(rig.probe.interrupt_status() & 1 << 13, 0, "it asks");
                    ours.interrupt_shared(0x7800);
                    ours.interrupt(foreign.id());
                    assert_eq!(rig.engine.snapshot(foreign.id()), before);
                    let outcome = flight.wait(MILLISECOND);
                    assert_eq!(outcome.is_ok(), fault.is_none(), "its owner still gets it");
                });
            });
        }
    }
}

#[test]
fn a_channel_is_switched_off_on_the_emulated_engine_only() {
    for (profile, stops) in [(Profile::Qemu, true), (Profile::Hardware, false)] {
        let mut machine = Machine::hardware(16);
        machine.profile = profile;
        machine.run(|rig| {
            let channel = take(&rig, 4);
            let others = rig.probe.enable() & !channel.id().bit();
            let bytes = pattern(64, 1);
            channel.switch_off();
            let mut first = copy(&rig, &channel, &bytes);
            let outcome = channel.run(&mut first, MILLISECOND);
            let late = matches!(outcome, Err(RunError::Failed(fault, _)) if fault.kind == FaultKind::Timeout);
            assert_eq!((late, outcome.is_ok()), (stops, !stops), "{profile:?}");
            assert_eq!(rig.probe.enable(), others | channel.id().bit(), "recovered");
            let mut second = copy(&rig, &channel, &bytes);
            channel.run(&mut second, MILLISECOND).unwrap();
            assert!(arrived(second, &bytes));
        });
    }
}
