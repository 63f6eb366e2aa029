//! One channel with a queue: several transfers submitted, one that calls back, one awaited, one waited for with a timeout,
//! one cancelled; and what can be asked while they run.
//!
//! `cargo run -p sgdma --features alloc --example queue`
//!
//! | here | Linux |
//! | --- | --- |
//! | `scope.submit`, `channel.submit` | `dmaengine_submit` |
//! | `channel.issue_pending` | `dma_async_issue_pending` |
//! | `flight.cookie`, `channel.status` | `dma_cookie_t`, `dmaengine_tx_status` |
//! | `flight.residue` | `struct dma_tx_state`'s `residue` |
//! | `Callback` | `desc->callback`, `callback_param` |
//! | `flight.cancel` | `dmaengine_terminate_sync`, of this transfer only |
#![expect(clippy::unwrap_used, reason = "stands for what you do about a refusal")]

mod support;

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use dma_model::Model;
use sgdma::buffer::{Exclusive, Shared};
use sgdma::channel::Channel;
use sgdma::engine::{Callback, FaultKind, Need, Status};
use sgdma::executor::block_on;
use sgdma::map::{FromDevice, Mapped, ToDevice};
use sgdma::scatterlist::Equality;
use sgdma::sg_table::SgTable;
use sgdma::transfer::Prepared;

use support::{Machine, pattern};

const BYTES: usize = 2048;

/// A prepared copy, by its full name: what it reads, what it writes.
type Copy<'a> = Prepared<
    'a,
    Mapped<'a, 'a, ToDevice, Shared, Model>,
    Mapped<'a, 'a, FromDevice, Exclusive, Model>,
>;

/// What the callback left: callbacks run in the interrupt handler, where all that is wise is to set a word.
static CALLED: AtomicUsize = AtomicUsize::new(0);

fn called(context: usize, status: Status) {
    if status == Status::Complete {
        CALLED.store(context, Ordering::Relaxed);
    }
}

pub(crate) fn main() {
    Machine::run(queue);
}

fn queue(machine: Machine<'_>) {
    let channel = machine.engine.request(Need::Any, "queue").unwrap();

    // Memory that is borrowed goes in flight inside a scope (as with `std::thread::scope`): the scope does not end before
    // the engine has let go of it. What owns its memory or is `'static` needs none: `channel.submit`.
    machine.engine.scope(|scope| {
        let submit = |copy| scope.submit(&channel, copy).unwrap();
        let callback = Callback { function: called, context: 7 };
        let first = submit(copy(&machine, &channel).with_callback(callback));
        let second = submit(copy(&machine, &channel));
        let third = submit(copy(&machine, &channel));
        let fourth = submit(copy(&machine, &channel));
        println!("submitted to {}: {first:?} to {fourth:?}, {:?}", channel.id(), first.status());

        // Nothing runs before this.
        channel.issue_pending();
        machine.model.run(60); // The model: time passes. On the board it does so by itself.
        let (status, residue) = (channel.status(first.cookie()), first.residue());
        println!("the first is {status:?}, {residue} of {BYTES} bytes to go");
        println!("the second is {:?}, {} to go", second.status(), second.residue());
        assert!(status == Status::Running && residue > 0);

        // Taken back before its turn. Everything that went in comes back in the error.
        let failed = fourth.cancel().unwrap_err();
        assert!(failed.fault.kind == FaultKind::Terminated && failed.payload.is_some());
        println!("the fourth, cancelled: {failed}, {} bytes not moved", failed.residue);

        // Awaited: the interrupt wakes the task. Any executor will do; this is the crate's own.
        check(block_on(machine.engine, second).unwrap());
        println!("the second, awaited: done");

        // The first was ahead of it, so it has ended and called back, and the look takes no time.
        check(first.try_wait().unwrap().unwrap());
        let context = CALLED.load(Ordering::Relaxed);
        assert_eq!(context, 7);
        println!("the first, looked at: done, and it called back with context {context}");

        // Waited for. Had it not ended by then, it would be taken back, and the channel be good for the next.
        check(third.wait(Duration::from_millis(10)).unwrap());
        println!("the third, waited for: done");
    });
    let counters = channel.info().counters;
    println!("{} completed, {} failed", counters.completed, counters.failed);
}

/// A copy of some bytes from here to there, in blocks of 256 bytes at most.
fn copy<'a>(machine: &Machine<'a>, channel: &Channel<'a, &'a Model>) -> Copy<'a> {
    let from = machine.model.buffer(BYTES, 64, 0);
    from.copy_from_slice(&pattern(BYTES));
    let (mut source, mut destination) = (SgTable::growing(), SgTable::growing());
    source.push(&*from).unwrap();
    destination.push(machine.model.buffer(BYTES, 64, 0)).unwrap();
    let source = source.map(ToDevice, &machine.device()).unwrap();
    let destination = destination.map(FromDevice, &machine.device()).unwrap();
    let limits = channel.constraints().with_max_segment(256).unwrap();
    machine.frame().copy(source, destination, &limits).unwrap()
}

fn check(copy: Copy<'_>) {
    let (_, _, destination) = copy.into_parts();
    assert_eq!(destination.unmap().bytes().equals(&pattern(BYTES)), Equality::Equal);
}
