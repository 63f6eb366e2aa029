//! A transfer that is forgotten, dropped early or moved leaves the engine nothing of what is freed then.
//!
//! What the tests free is poisoned by the heap. Had the engine still a byte to write there, the model would say so: the
//! poison is dirty; and the engine's view would change.

use core::mem;
use core::time::Duration;

use dma_model::Profile;
use sgdma::address::CpuSpan;
use sgdma::buffer::{Exclusive, LineBuffer};
use sgdma::engine::Need;
use sgdma::map::{FromDevice, ToDevice};
use sgdma::platform::{Access, AddressMap};
use sgdma::sg_table::SgTable;

use super::heap::POISON;
use super::program::{Channel, Map, Rig, Verdict, on_machine};
use super::saboteur::Sin;

const LEN: usize = if cfg!(miri) { 300 } else { 1500 };
/// When a handle is left; under Miri once, in the middle.
const MOMENTS: core::ops::Range<u32> = if cfg!(miri) { 3..4 } else { 0..25 };

/// How the handle is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    Dropped,
    Forgotten,
    Cancelled,
    /// Into a box and out of the function, and dropped there.
    Moved,
    TimedOut,
    /// The scope is left by a panic.
    Panicked,
}

type Flight<'s, 'a, T> = sgdma::transfer::InFlight<'s, &'a super::saboteur::Saboteur<'a>, T>;

fn leave<T: sgdma::transfer::Payload>(flight: Flight<'_, '_, T>, how: Leave) {
    match how {
        Leave::Dropped => drop(flight),
        Leave::Forgotten => mem::forget(flight),
        Leave::Cancelled => drop(flight.cancel()),
        Leave::Moved => drop(elsewhere(Box::new(flight))),
        Leave::TimedOut => drop(flight.wait(Duration::ZERO)),
        Leave::Panicked => std::panic::resume_unwind(Box::new("on purpose")),
    }
}

fn elsewhere<T>(value: T) -> Vec<T> {
    vec![value]
}

fn buffers<'b, 'a>(
    rig: Rig<'a>,
    source: &'b mut LineBuffer,
    destination: &'b mut LineBuffer,
) -> (Map<'b, 'a, ToDevice>, Map<'b, 'a, FromDevice>) {
    let table = |buffer| -> SgTable<'b, Exclusive> {
        let mut table = SgTable::growing();
        table.push(buffer).unwrap();
        table
    };
    let source = table(source).map(ToDevice, &rig.device()).unwrap();
    (source, table(destination).map(FromDevice, &rig.device()).unwrap())
}

/// What the engine sees of two spans of the machine's memory.
fn seen(rig: Rig<'_>, spans: [CpuSpan; 2]) -> Vec<u8> {
    let view = |span: CpuSpan| {
        let bus = rig.model.bus_address(span, Access::Read).unwrap();
        rig.model.device_view(bus.get(), span.len())
    };
    spans.into_iter().flat_map(view).collect()
}

/// The poison itself may come: a dirty line is evicted some day. The engine has none to write.
fn untouched(before: &[u8], after: &[u8]) -> Result<(), String> {
    let written = |(before, after): (&u8, &u8)| before != after && *after != POISON;
    match before.iter().zip(after).position(written) {
        Some(at) => Err(format!("byte {at} of freed memory was written")),
        None => Ok(()),
    }
}

/// Submits a copy of borrowed memory, lets the engine come so far, leaves the handle, ends the scope, frees the memory.
fn borrowed(rig: Rig<'_>, channel: &Channel<'_>, steps: u32, how: Leave) -> Result<(), String> {
    let mut memory = [LineBuffer::copy_of(&[0x5A; LEN]).unwrap(), LineBuffer::zeroed(LEN).unwrap()];
    let spans = memory.each_ref().map(|buffer| CpuSpan::of(&raw const **buffer));
    let [from, to] = &mut memory;
    let (source, destination) = buffers(rig, from, to);
    let copy = rig.frame().copy(source, destination, &channel.constraints());
    let copy = copy.map_err(|no| no.to_string())?;
    let scope = || {
        rig.engine.scope(|scope| {
            let flight = scope.submit(channel, copy).unwrap();
            channel.issue_pending();
            rig.model.run(steps);
            leave(flight, how);
        });
    };
    let left = std::panic::catch_unwind(std::panic::AssertUnwindSafe(scope));
    assert_eq!(left.is_err(), how == Leave::Panicked);
    drop(memory);
    let freed = seen(rig, spans);
    rig.settle();
    untouched(&freed, &seen(rig, spans))
}

/// The same with tables that own their memory.
fn owned(rig: Rig<'_>, channel: &Channel<'_>, steps: u32, how: Leave) -> Result<(), String> {
    let memory = [LineBuffer::copy_of(&[0x5A; LEN]).unwrap(), LineBuffer::zeroed(LEN).unwrap()];
    let spans = memory.each_ref().map(|buffer| CpuSpan::of(&raw const **buffer));
    let [source, destination] = memory.map(|buffer| {
        let mut table = SgTable::growing();
        table.push_buffer(buffer).unwrap();
        table
    });
    let source = source.map(ToDevice, &rig.device()).unwrap();
    let destination = destination.map(FromDevice, &rig.device()).unwrap();
    let copy = rig.frame().copy(source, destination, &channel.constraints());
    let copy = copy.map_err(|no| no.to_string())?;
    let freed = rig.engine.scope(|scope| {
        let flight = scope.submit(channel, copy).unwrap();
        channel.issue_pending();
        rig.model.run(steps);
        leave(flight, how);
        // Freed inside the scope already, but for what was forgotten: that is never freed.
        seen(rig, spans)
    });
    rig.settle();
    if how == Leave::Forgotten { Ok(()) } else { untouched(&freed, &seen(rig, spans)) }
}

type Case = fn(Rig<'_>, &Channel<'_>, u32, Leave) -> Result<(), String>;

fn at_every_moment(case: Case, ways: &[Leave]) {
    for (n, how) in ways.iter().enumerate() {
        for moment in MOMENTS {
            let seed = u64::from(moment) * 8 + n as u64;
            let verdict = on_machine(Profile::Hardware, seed, Sin::None, |rig| {
                let channel = rig.engine.request(Need::Full, "guard").unwrap();
                case(rig, &channel, moment * 9, *how)
            });
            if *how == Leave::Forgotten {
                is_only_leaked(&verdict);
            } else {
                assert!(verdict.is_clean(), "{how:?} at {moment}: {verdict:#?}");
            }
        }
    }
}

/// What was forgotten holds its frame and its mapping for good, as pool and ledger show, and nobody synced its memory:
/// the CPU may read there what was before the transfer. But the engine does nothing any more.
fn is_only_leaked(verdict: &Verdict) {
    let told = verdict.outcome.as_ref().unwrap_err();
    assert!(told.starts_with("the pool: "), "{told}");
    let harmless = ["StaleForCpu", "WriteBackOverDevice"];
    let harm = verdict.violations.iter().find(|violation| !harmless.contains(&violation.name()));
    assert!(harm.is_none(), "{verdict:#?}");
}

#[test]
fn borrowed_memory_is_not_written_once_its_scope_has_ended_however_the_handle_was_left() {
    let ways = [Leave::Dropped, Leave::Forgotten, Leave::Cancelled, Leave::Moved, Leave::TimedOut];
    at_every_moment(borrowed, &ways);
}

#[test]
fn borrowed_memory_is_not_written_once_a_panic_has_left_its_scope() {
    at_every_moment(borrowed, &[Leave::Panicked]);
}

#[test]
fn owned_memory_is_freed_only_when_the_engine_is_done_with_it() {
    let ways = [Leave::Dropped, Leave::Forgotten, Leave::Cancelled, Leave::Moved, Leave::TimedOut];
    at_every_moment(owned, &ways);
}
