//! Waiting, awaiting, calling back.

use super::prelude::*;

/// A future, or what came of it.
enum Joined<F: Future> {
    Pending(Pin<Box<F>>),
    Ready(Option<F::Output>),
}

/// All of them, polled in turn.
struct Join<F: Future>(Vec<Joined<F>>);

impl<F: Future> Future for Join<F>
where
    F::Output: Unpin,
{
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut pending = 0;
        for one in &mut self.0 {
            if let Joined::Pending(future) = one {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *one = Joined::Ready(Some(output)),
                    Poll::Pending => pending += 1,
                }
            }
        }
        if pending > 0 {
            return Poll::Pending;
        }
        let output = |one: &mut Joined<F>| match one {
            Joined::Pending(_) => None,
            Joined::Ready(output) => output.take(),
        };
        Poll::Ready(self.0.iter_mut().filter_map(output).collect())
    }
}

#[test]
fn callbacks_come_once_in_order_with_the_outcome() {
    CALLED.with_borrow_mut(Vec::clear);
    Machine::hardware(5).with(Fault::ReadError { channel: 4, block: 3, byte: 0 }).run(|rig| {
        let channel = take(&rig, 4);
        rig.engine.scope(|scope| {
            for context in 0..6 {
                let callback = Callback { function: called, context };
                let copy = copy(&rig, &channel, &pattern(128, 1)).with_callback(callback);
                // Who forgets it still gets the memory back: the scope asks the engine.
                rig.probe.forgotten.set(rig.probe.forgotten.get() + 1);
                core::mem::forget(scope.submit(&channel, copy).unwrap());
            }
            channel.issue_pending();
            let deadline = rig.probe.after(MILLISECOND);
            rig.probe.sleep_until(deadline, &mut || CALLED.with_borrow(Vec::len) >= 5);
        });
        let calls = CALLED.with_borrow_mut(core::mem::take);
        assert!(calls.iter().map(|(context, _)| *context).eq(0..6));
        let kinds: Vec<Option<FaultKind>> = calls
            .iter()
            .map(|(_, status)| match status {
                Status::Failed(fault) => Some(fault.kind),
                Status::Complete => None,
                other => panic!("{other:?}"),
            })
            .collect();
        // A model's fault counts blocks from the start of a chain: none here has a fourth.
        assert_eq!(kinds[..5], [None; 5]);
        drop(channel);
        assert_eq!(rig.engine.info(rig::channel(4)).running, None);
    });
}

#[test]
fn transfers_of_several_channels_are_awaited_together() {
    for seed in seeds(64) {
        let stuck = Fault::Stuck { channel: 5, block: 1, byte: 3 };
        let lost = Fault::LostInterrupt { channel: 8 };
        let mut machine = Machine::hardware(seed).with(stuck).with(lost);
        machine.coherent = 32 << 10;
        machine.run(|rig| {
            let channels = [0, 4, 5, 8, 12, 14].map(|number| take(&rig, number));
            let bytes = pattern(256, seed);
            rig.engine.scope(|scope| {
                let deadline = rig.probe.after(MILLISECOND);
                let mut flights = Vec::new();
                for channel in channels.iter().chain(&channels) {
                    let copy = copy(&rig, channel, &bytes);
                    flights.push(scope.submit_until(channel, copy, deadline).unwrap());
                    channel.issue_pending();
                }
                let pinned = flights.into_iter().map(|flight| Joined::Pending(Box::pin(flight)));
                let all = Join(pinned.collect());
                let outcomes = block_on(rig.engine, all);
                assert_eq!(outcomes.len(), 12);
                for (number, outcome) in outcomes.into_iter().enumerate() {
                    match (number, outcome) {
                        // The stuck one. Those behind it or a lost interrupt have the same deadline.
                        (2, outcome) => {
                            assert_eq!(outcome.unwrap_err().fault.kind, FaultKind::Timeout);
                        }
                        (8 | 9, Err(failed)) => assert_eq!(failed.fault.kind, FaultKind::Timeout),
                        (_, outcome) => assert!(arrived(outcome.unwrap(), &bytes), "seed {seed}"),
                    }
                }
            });
            assert_eq!(channels[3].info().counters.lost, 1);
            drop(channels);
            rig.settle();
        });
    }
}

#[test]
fn a_task_that_asks_twice_is_woken_once_and_one_that_comes_late_is_told_at_once() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    #[derive(Default)]
    struct Count(AtomicU32);
    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    Machine::hardware(6).run(|rig| {
        let channel = take(&rig, 4);
        let (old, new) = (Arc::new(Count::default()), Arc::new(Count::default()));
        rig.engine.scope(|scope| {
            let bytes = pattern(128, 1);
            let mut flight = pin!(scope.submit(&channel, copy(&rig, &channel, &bytes)).unwrap());
            channel.issue_pending();
            for count in [&old, &old, &new, &new] {
                let waker = Waker::from(Arc::clone(count));
                assert!(flight.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            }
            rig.model.run(10_000);
            rig.model.deliver();
            assert_eq!([&old, &new].map(|count| count.0.load(Ordering::Relaxed)), [0, 1]);
            let waker = Waker::from(Arc::clone(&new));
            let Poll::Ready(outcome) = flight.as_mut().poll(&mut Context::from_waker(&waker))
            else {
                panic!("it has ended")
            };
            assert!(arrived(outcome.unwrap(), &bytes));
            // Once more is once too often, and no panic.
            let again = flight.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(matches!(again, Poll::Ready(Err(failed)) if failed.payload.is_none()));
        });
        // Nobody keeps a waker of what has ended.
        assert_eq!([Arc::strong_count(&old), Arc::strong_count(&new)], [1, 1]);
    });
}

#[test]
fn deadlines_are_kept_by_whoever_looks() {
    Machine::hardware(17).with(Fault::Stuck { channel: 4, block: 0, byte: 0 }).run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(128, 1);
        assert_eq!(rig.engine.next_deadline(), Instant::NEVER);
        rig.engine.scope(|scope| {
            let soon = rig.probe.after(MILLISECOND);
            let later = rig.probe.after(2 * MILLISECOND);
            let first = scope.submit_until(&channel, copy(&rig, &channel, &bytes), soon).unwrap();
            let second = scope.submit_until(&channel, copy(&rig, &channel, &bytes), later).unwrap();
            let third = scope.submit_until(&channel, copy(&rig, &channel, &bytes), soon).unwrap();
            channel.issue_pending();
            assert_eq!(rig.engine.next_deadline(), soon);
            rig.engine.expire();
            assert_eq!(first.status(), Status::Running, "not yet");
            rig.probe.sleep_until(soon, &mut || false);
            rig.engine.expire();
            // The third never ran: it was queued behind.
            for (flight, on_engine) in [(first, true), (third, false)] {
                let failed = flight.try_wait().unwrap().unwrap_err();
                assert_eq!(failed.fault.kind, FaultKind::Timeout);
                assert_eq!(failed.fault.was_running(), on_engine);
            }
            assert_eq!(second.status(), Status::Running, "its time has come");
            assert_eq!(rig.engine.next_deadline(), later);
            assert!(arrived(second.wait(MILLISECOND).unwrap(), &bytes));
        });
        assert_eq!(channel.info().counters.timeouts, 2);
    });
}

#[test]
fn who_waits_is_woken_by_the_interrupt_and_not_by_the_deadline() {
    Machine::hardware(19).run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(512, 1);
        let deadline = rig.probe.after(MILLISECOND);
        let mut one = copy(&rig, &channel, &bytes);
        channel.run(&mut one, Duration::from_secs(1)).unwrap();
        rig.engine.scope(|scope| {
            let flight = scope.submit(&channel, one).unwrap();
            channel.issue_pending();
            assert!(arrived(flight.wait(Duration::from_secs(1)).unwrap(), &bytes));
        });
        assert!(rig.probe.now() < deadline);
    });
}

#[test]
fn the_handler_does_little() {
    Machine::hardware(18).run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(128, 1);
        rig.engine.scope(|scope| {
            let flights =
                [(); 4].map(|()| scope.submit(&channel, copy(&rig, &channel, &bytes)).unwrap());
            channel.issue_pending();
            for flight in flights {
                assert!(arrived(flight.wait(MILLISECOND).unwrap(), &bytes));
            }
        });
        assert!(rig.probe.longest.get() <= HANDLER_USUALLY, "{}", rig.probe.longest.get());
    });
    let error = Fault::ReadError { channel: 4, block: 0, byte: 0 };
    Machine::hardware(18).with(error).run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(128, 1);
        rig.engine.scope(|scope| {
            let [first, second] =
                [(); 2].map(|()| scope.submit(&channel, copy(&rig, &channel, &bytes)).unwrap());
            channel.issue_pending();
            assert!(first.wait(MILLISECOND).is_err());
            assert!(arrived(second.wait(MILLISECOND).unwrap(), &bytes));
        });
        let longest = rig.probe.longest.get();
        assert!((18 + 11 + 3..60).contains(&longest), "{longest}");
    });
}

#[test]
fn what_never_ran_failed_at_no_place() {
    Machine::hardware(20).run(|rig| {
        let channel = take(&rig, 4);
        rig.engine.scope(|scope| {
            let flight = scope.submit(&channel, copy(&rig, &channel, &pattern(128, 1))).unwrap();
            let failed = flight.cancel().unwrap_err();
            assert_eq!((failed.place, failed.residue), (None, 128));
            assert_eq!(failed.to_string(), "terminated");
        });
    });
}

/// A clock of any rate that stands still.
struct Still(u64);

impl Clock for Still {
    fn now(&self) -> Instant {
        Instant::from_ticks(1_000)
    }

    fn frequency(&self) -> u64 {
        self.0
    }
}

#[test]
fn moments_and_durations_agree_at_every_rate() {
    for hz in [1_000_000, 19_200_000, 1_000_000_000] {
        let clock = Still(hz);
        for micros in [0, 1, 999, 1_000_000, 3_600_000_000] {
            let wait = Duration::from_micros(micros);
            // In whole ticks, of which the last may be missing.
            let found = clock.between(clock.now(), clock.after(wait));
            let missing = wait.checked_sub(found).unwrap();
            assert!(missing.as_nanos() <= u128::from(1_000_000_000 / hz), "{hz} {wait:?}");
            assert_eq!(clock.between(clock.after(wait), clock.now()), Duration::ZERO);
        }
        assert_eq!(clock.after(Duration::MAX), Instant::NEVER);
    }
    // 54 ticks of 19.2 MHz are 2.8125 µs; no count of ticks is too many.
    let moment = Instant::from_ticks;
    assert_eq!(Still(19_200_000).between(moment(0), moment(54)), Duration::from_nanos(2812));
    assert_eq!(Still(1).between(moment(0), moment(u64::MAX)), Duration::from_secs(u64::MAX));
    assert_eq!(Still(0).between(moment(0), moment(5)), Duration::from_secs(5), "no rate is 0");
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

/// Nobody gave a deadline, and the interrupt is lost: awaiting it ends all the same.
#[test]
fn what_is_awaited_without_a_deadline_ends() {
    Machine::hardware(3).with(Fault::LostInterrupt { channel: 4 }).run(|rig| {
        let channel = take(&rig, 4);
        rig.engine.scope(|scope| {
            let bytes = pattern(128, 1);
            let flight = scope.submit(&channel, copy(&rig, &channel, &bytes)).unwrap();
            channel.issue_pending();
            assert!(arrived(block_on(rig.engine, flight).unwrap(), &bytes));
            assert_eq!(channel.info().counters.lost, 1);
        });
    });
}

#[test]
fn who_runs_alone_sleeps_once_and_leaves_the_channel_free() {
    Machine::hardware(6).run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(512, 1);
        for _ in 0..3 {
            let mut alone = copy(&rig, &channel, &bytes);
            let (before, starts) = (rig.probe.now(), rig.probe.starts.get());
            rig.probe.sleeps.set(0);
            channel.run(&mut alone, Duration::from_secs(1)).unwrap();
            assert_eq!((rig.probe.sleeps.get(), rig.probe.starts.get() - starts), (1, 1));
            assert!(rig.probe.between(before, rig.probe.now()) < Duration::from_millis(100));
            assert!(arrived(alone, &bytes));
        }
    });
}

#[test]
fn the_end_of_one_scope_is_not_that_of_another() {
    Machine::hardware(6).run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(512, 1);
        rig.engine.scope(|outer| {
            let flight = outer.submit(&channel, copy(&rig, &channel, &bytes)).unwrap();
            rig.engine.scope(|_| channel.issue_pending());
            assert_eq!(flight.cookie(), channel.info().running.unwrap());
            assert!(arrived(flight.wait(MILLISECOND).unwrap(), &bytes));
        });
    });
}
