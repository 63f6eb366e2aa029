//! Waiting, awaiting, calling back, stopping, breaking: each way a transfer can end, one at a time.

#[path = "engine_support/jobs.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod jobs;
#[path = "engine_support/rig.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod rig;

use core::cell::RefCell;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dma_model::{Fault, Occurs, Profile};
use rig::{HANDLER_MOST, HANDLER_USUALLY, Lie, Machine, Probe, Rig, channel, pattern};
use sgdma::buffer::{Entry, Exclusive, Shared};
use sgdma::channel::{Channel, NotTaken, RunError};
use sgdma::engine::{
    Callback, FaultKind, Need, QUEUE_DEPTH, RequestError, Status, SubmitError, Withdrawal,
};
use sgdma::executor::block_on;
use sgdma::map::{FromDevice, Mapped, ToDevice};
use sgdma::platform::{Clock, Idle, Instant};
use sgdma::sg_table::SgTable;
use sgdma::transfer::Prepared;

const MILLISECOND: Duration = Duration::from_millis(1);

type Copy<'a> = Prepared<
    'a,
    Mapped<'a, 'a, ToDevice, Shared, Probe<'a>>,
    Mapped<'a, 'a, FromDevice, Exclusive, Probe<'a>>,
>;

/// A copy of so many bytes in blocks of 64.
fn copy<'a>(rig: &Rig<'a>, channel: &Channel<'_, &'a Probe<'a>>, bytes: &[u8]) -> Copy<'a> {
    let (from, to) = (rig.buffer(bytes.len()), rig.buffer(bytes.len()));
    from.copy_from_slice(bytes);
    to.fill(0);
    let [s, d] = Box::leak(Box::new([[Entry::EMPTY; 1]; 2]));
    let source = SgTable::one(s, &*from).unwrap().map(ToDevice, &rig.device()).unwrap();
    let destination = SgTable::one(d, to).unwrap().map(FromDevice, &rig.device()).unwrap();
    let limits = channel.constraints().with_max_segment(64).unwrap();
    rig.small_frame(16).copy(source, destination, &limits).unwrap()
}

fn arrived(copy: Copy<'_>, bytes: &[u8]) -> bool {
    let table = copy.into_parts().2.unmap();
    let mut got = vec![0; table.total_len()];
    table.bytes().copy_to_buffer(&mut got);
    got == bytes
}

fn take<'a>(rig: &Rig<'a>, number: u8) -> Channel<'a, &'a Probe<'a>> {
    rig.engine.request(Need::Exactly(channel(number)), "test").unwrap()
}

#[test]
fn the_residue_is_exact_at_every_beat() {
    for seed in 0..200 {
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

/// Bytes that are in memory at the destination, once all that are on the bus have landed. (No byte is 0.)
fn landed(rig: &Rig<'_>, destination: u32, bytes: &[u8]) -> u64 {
    rig.model.run(200);
    let view = rig.model.device_view(destination, bytes.len());
    let there = view.iter().zip(bytes).take_while(|(got, want)| got == want).count();
    u64::try_from(there).unwrap()
}

#[test]
fn a_failed_transfer_says_what_was_not_moved() {
    for block in 0..8 {
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

thread_local! {
    static CALLED: RefCell<Vec<(usize, Status)>> = const { RefCell::new(Vec::new()) };
}

fn called(context: usize, status: Status) {
    CALLED.with_borrow_mut(|calls| calls.push((context, status)));
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
            rig.probe.sleep_until(deadline, || CALLED.with_borrow(Vec::len) >= 5);
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

/// All of them, polled in turn.
struct Join<F: Future>(Vec<Result<Pin<Box<F>>, Option<F::Output>>>);

impl<F: Future> Future for Join<F>
where
    F::Output: Unpin,
{
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        for one in &mut self.0 {
            if let Ok(future) = one
                && let Poll::Ready(output) = future.as_mut().poll(context)
            {
                *one = Err(Some(output));
            }
        }
        if self.0.iter().any(Result::is_ok) {
            return Poll::Pending;
        }
        let outputs = self.0.iter_mut();
        Poll::Ready(outputs.filter_map(|one| one.as_mut().err().and_then(Option::take)).collect())
    }
}

#[test]
fn transfers_of_several_channels_are_awaited_together() {
    for seed in 0..64 {
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
                let all = Join(flights.into_iter().map(|flight| Ok(Box::pin(flight))).collect());
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
fn what_a_scope_lent_nobody_writes_afterwards() {
    for seed in 0..64 {
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
                    let _ = left;
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
    Machine::hardware(9).run(|rig| {
        let channel = take(&rig, 4);
        let bytes = pattern(512, 1);
        fn panics(_: usize, _: Status) {
            panic!("a callback that panics");
        }
        let broken = Callback { function: panics, context: 0 };
        let result = catch_unwind(AssertUnwindSafe(|| {
            rig.engine.scope(|scope| {
                let first = copy(&rig, &channel, &bytes[..64]).with_callback(broken);
                let _first = scope.submit(&channel, first).unwrap();
                let _second = scope.submit(&channel, copy(&rig, &channel, &bytes)).unwrap();
                channel.issue_pending();
                rig.probe.sleep_until(rig.probe.after(MILLISECOND), || false);
            });
        }));
        assert!(result.is_err());
        assert_eq!(channel.info().running, None);
        let mut third = copy(&rig, &channel, &bytes).with_callback(broken);
        let result = catch_unwind(AssertUnwindSafe(|| channel.run(&mut third, MILLISECOND)));
        assert!(result.is_err());
        let written = rig.memory();
        rig.settle();
        assert!(rig.memory() == written, "written after the unwinding");
    });
}

#[test]
fn a_channel_that_never_rests_is_withdrawn_and_its_memory_is_never_given_back() {
    for way in 0..3 {
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
            0 => first.wait(MILLISECOND),
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
            let failed = flight.wait(Duration::from_secs(3600)).unwrap_err();
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
        // A scope elsewhere does not stand still for it.
        rig.probe.lie.set(Lie::NeverAtRest(4));
        let other = take(&rig, 5);
        rig.engine.scope(|scope| {
            let copy = copy(&rig, &other, &bytes);
            let flight = scope.submit(&other, copy).unwrap();
            other.issue_pending();
            assert!(arrived(flight.wait(MILLISECOND).unwrap(), &bytes));
        });
        if way == 0 {
            let longest = rig.probe.longest.get();
            assert!(longest > 2_000 && longest <= HANDLER_MOST, "{longest}");
        }
    }
}

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
fn a_channel_of_another_machine_is_refused_by_a_scope() {
    Machine::hardware(14).run(|one| {
        Machine::hardware(15).run(|other| {
            let channel = take(&other, 4);
            one.engine.scope(|_| ());
            other.engine.scope(|scope| {
                let copy = copy(&other, &channel, &pattern(64, 1));
                assert!(scope.submit(&channel, copy).is_ok());
            });
        });
    });
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

#[test]
fn a_ring_counts_periods_and_knows_where_it_is() {
    for seed in 0..64 {
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
                    rig.probe.sleep_until(rig.probe.after(MILLISECOND), || {
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
            rig.probe.sleep_until(soon, || false);
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
        assert!((30..60).contains(&longest), "{longest}");
    });
}
