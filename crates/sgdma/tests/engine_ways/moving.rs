//! What was moved: residue, place, rings.

use super::prelude::*;

#[test]
fn the_residue_is_exact_at_every_beat() {
    for seed in seeds(200) {
        Machine::hardware(seed).run(|rig| {
            let channel = take(&rig, [0, 4, 8][usize::try_from(seed % 3).unwrap()]);
            let bytes: Vec<u8> = pattern(512, seed).iter().map(|byte| byte | 1).collect();
            rig.engine.scope(|scope| {
                let first = copy(&rig, &channel, &bytes);
                let destination = first.destination().segments().next().unwrap().addr.get();
                let first = scope.submit(&channel, first).unwrap();
                let second = scope.submit(&channel, copy(&rig, &channel, &bytes)).unwrap();
                channel.issue_pending();
                let mut last = 512;
                while first.status() == Status::Running {
                    channel.pause().unwrap();
                    let landed = landed(&rig, destination, &bytes);
                    let residue = first.residue();
                    // What is not landed yet is in flight, at most as long as the engine has not stood still.
                    assert_eq!(512 - residue, landed, "seed {seed}");
                    assert!(residue <= last, "seed {seed}: {residue} after {last}");
                    assert_eq!(second.residue(), 512);
                    last = residue;
                    channel.resume();
                    rig.model.run(fastrand::u32(1..4));
                    rig.model.deliver();
                }
                assert_eq!(first.residue(), 0);
                assert!(arrived(first.wait(MILLISECOND).unwrap(), &bytes));
                assert!(arrived(second.wait(MILLISECOND).unwrap(), &bytes));
            });
            drop(channel);
            rig.settle();
            rig.model.finish();
        });
    }
}

#[test]
fn a_failed_transfer_says_what_was_not_moved() {
    for block in sampled(0..8, 3) {
        let stuck = Fault::Stuck { channel: 4, block, byte: 0 };
        Machine::hardware(7).with(stuck).run(|rig| {
            let channel = take(&rig, 4);
            rig.engine.scope(|scope| {
                let flight =
                    scope.submit(&channel, copy(&rig, &channel, &pattern(512, 1))).unwrap();
                channel.issue_pending();
                let failed = flight.wait(MILLISECOND).unwrap_err();
                assert_eq!(failed.residue, 512 - 64 * u64::from(block));
                let place = failed.place.unwrap();
                assert_eq!(place.destination.unwrap().offset, 64 * usize::try_from(block).unwrap());
                let text = failed.to_string();
                assert!(text.contains("not complete in time"), "{text}");
                assert!(text.contains(&format!("control block {block}, source entry 0")), "{text}");
            });
        });
    }
}

#[test]
fn a_transfer_that_is_taken_back_says_how_far_it_came() {
    for seed in seeds(200) {
        Machine::hardware(seed).run(|rig| {
            let channel = take(&rig, [0, 4, 8][usize::try_from(seed % 3).unwrap()]);
            let bytes: Vec<u8> = pattern(512, seed).iter().map(|byte| byte | 1).collect();
            rig.engine.scope(|scope| {
                let copy = copy(&rig, &channel, &bytes);
                let destination = copy.destination().segments().next().unwrap().addr.get();
                let flight = scope.submit(&channel, copy).unwrap();
                channel.issue_pending();
                rig.model.run(u32::try_from(seed).unwrap());
                let residue = flight.cancel().map_or_else(|failed| failed.residue, |_| 0);
                assert_eq!(landed(&rig, destination, &bytes), 512 - residue, "seed {seed}");
            });
        });
    }
}

#[test]
fn a_ring_counts_periods_and_knows_where_it_is() {
    for seed in seeds(64) {
        Machine::hardware(seed).run(|rig| {
            let channel = take(&rig, 9);
            CALLED.with_borrow_mut(Vec::clear);
            let words = rig.buffer(256);
            words.copy_from_slice(&pattern(256, seed));
            let [s] = Box::leak(Box::new([[Entry::EMPTY; 1]; 1]));
            let source = SgTable::one(s, &*words).unwrap().map(ToDevice, &rig.device()).unwrap();
            let limits = channel.device_constraints();
            let ring = rig.frame().ring_to_device(source, jobs::pwm(), 64, &limits).unwrap();
            let ring = ring.with_callback(Callback { function: called, context: 3 });
            rig.engine.scope(|scope| {
                let flight = scope.submit(&channel, ring).unwrap();
                channel.issue_pending();
                for period in 1..=9 {
                    rig.probe.sleep_until(rig.probe.after(MILLISECOND), &mut || {
                        flight.interrupts() >= period
                    });
                    assert!(flight.interrupts() >= period, "seed {seed}");
                    assert_eq!(flight.status(), Status::Running);
                    channel.pause().unwrap();
                    rig.model.run(1_000);
                    let left = flight.residue();
                    let played = u64::try_from(rig.model.pwm_played().len()).unwrap() * 4;
                    assert_eq!(
                        (played + left) % 256,
                        0,
                        "seed {seed}: the hardware's own position"
                    );
                    channel.resume();
                }
                let seen = flight.interrupts();
                let failed = flight.cancel().unwrap_err();
                assert_eq!(failed.fault.kind, FaultKind::Terminated);
                assert!(failed.payload.is_some());
                let calls = CALLED.with_borrow_mut(core::mem::take);
                let (last, periods) = calls.split_last().unwrap();
                assert_eq!(u32::try_from(periods.len()), Ok(seen));
                assert!(periods.iter().all(|call| *call == (3, Status::Running)));
                assert_eq!(*last, (3, Status::Failed(failed.fault)));
            });
            drop(channel);
            rig.settle();
            rig.model.finish();
        });
    }
}
