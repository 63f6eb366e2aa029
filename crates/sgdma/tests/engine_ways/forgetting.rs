//! What is forgotten hands nothing back, and still its lender reads what the engine wrote.

use core::mem;

use sgdma::address::CpuSpan;
use sgdma::ledger::{Ledger, Slot, Turn};
use sgdma::map::Device;
use sgdma::platform::{Access, AddressMap};

use super::prelude::*;

type Borrowed<'b, 'a> = Prepared<
    'a,
    Mapped<'b, 'a, ToDevice, Shared, Probe<'a>>,
    Mapped<'b, 'a, FromDevice, Exclusive, Probe<'a>>,
>;

/// Forgets what it is given, on some way.
type Way = for<'b, 'a> fn(&Rig<'a>, &Channel<'a, &'a Probe<'a>>, Borrowed<'b, 'a>);

fn forgets(rig: &Rig<'_>) {
    rig.probe.forgotten.set(rig.probe.forgotten.get() + 1);
}

fn after_a_run<'a>(
    rig: &Rig<'a>,
    channel: &Channel<'a, &'a Probe<'a>>,
    mut copy: Borrowed<'_, 'a>,
) {
    channel.run(&mut copy, MILLISECOND).unwrap();
    forgets(rig);
    mem::forget(copy);
}

fn after_two_runs<'a>(
    rig: &Rig<'a>,
    channel: &Channel<'a, &'a Probe<'a>>,
    mut copy: Borrowed<'_, 'a>,
) {
    channel.run(&mut copy, MILLISECOND).unwrap();
    after_a_run(rig, channel, copy);
}

fn after_a_run_that_fails<'a>(
    rig: &Rig<'a>,
    channel: &Channel<'a, &'a Probe<'a>>,
    mut copy: Borrowed<'_, 'a>,
) {
    rig.model.plan(Fault::ReadError { channel: 4, block: 2, byte: 0 }, Occurs::Once);
    channel.run(&mut copy, MILLISECOND).unwrap_err();
    forgets(rig);
    mem::forget(copy);
}

fn the_handle<'a>(rig: &Rig<'a>, channel: &Channel<'a, &'a Probe<'a>>, copy: Borrowed<'_, 'a>) {
    forgets(rig);
    rig.engine.scope(|scope| {
        mem::forget(scope.submit(channel, copy).unwrap());
        channel.issue_pending();
        rig.model.run(2_000);
    });
}

fn the_handle_and_what_was_lent<'a>(
    rig: &Rig<'a>,
    channel: &Channel<'a, &'a Probe<'a>>,
    mut copy: Borrowed<'_, 'a>,
) {
    rig.engine.scope(|scope| {
        mem::forget(scope.submit(channel, &mut copy).unwrap());
        channel.issue_pending();
        rig.model.run(2_000);
    });
    forgets(rig);
    mem::forget(copy);
}

fn the_outcome<'a>(rig: &Rig<'a>, channel: &Channel<'a, &'a Probe<'a>>, copy: Borrowed<'_, 'a>) {
    forgets(rig);
    rig.engine.scope(|scope| {
        let flight = scope.submit(channel, copy).unwrap();
        channel.issue_pending();
        mem::forget(flight.wait(MILLISECOND).unwrap());
    });
}

/// The slot goes to the channel's next owner before the scope ends.
fn the_handle_whose_slot_was_needed<'a>(
    rig: &Rig<'a>,
    channel: &Channel<'a, &'a Probe<'a>>,
    copy: Borrowed<'_, 'a>,
) {
    forgets(rig);
    rig.engine.scope(|scope| {
        let first = take(rig, 5);
        mem::forget(scope.submit(&first, copy).unwrap());
        first.issue_pending();
        rig.model.run(2_000);
        drop(first);
        let next = take(rig, 5);
        let small = || super::prelude::copy(rig, channel, &[1; 64]);
        let flights = [(); QUEUE_DEPTH].map(|()| scope.submit(&next, small()).unwrap());
        drop(flights);
    });
}

/// Nobody has the lists after that: what was lent comes back only when the scope has seen the channel at rest.
fn what_came_to_rest_late<'a>(
    rig: &Rig<'a>,
    channel: &Channel<'a, &'a Probe<'a>>,
    copy: Borrowed<'_, 'a>,
) {
    rig.model.plan(Fault::Stuck { channel: 4, block: 2, byte: 0 }, Occurs::Once);
    forgets(rig);
    rig.engine.scope(|scope| {
        let flight = scope.submit(channel, copy).unwrap();
        channel.issue_pending();
        rig.model.run(2_000);
        rig.probe.lie.set(Lie::NeverAtRest(4));
        assert!(flight.cancel().unwrap_err().payload.is_none());
        rig.probe.lie.set(Lie::None);
    });
}

#[test]
fn a_lender_reads_what_the_engine_wrote_whatever_was_forgotten() {
    let ways: [(&str, Way); 8] = [
        ("after a run", after_a_run),
        ("after two", after_two_runs),
        ("after one that fails", after_a_run_that_fails),
        ("a handle", the_handle),
        ("a handle and what it was lent", the_handle_and_what_was_lent),
        ("an outcome", the_outcome),
        ("a handle that lost its slot", the_handle_whose_slot_was_needed),
        ("a channel that rests late", what_came_to_rest_late),
    ];
    for ((name, way), seed) in
        ways.into_iter().flat_map(|way| seeds(8).map(move |seed| (way, seed)))
    {
        Machine::hardware(seed).run(|rig| {
            let (channel, text, target) = (take(&rig, 4), rig.buffer(256), rig.buffer(256));
            text.copy_from_slice(&pattern(256, seed));
            let span = CpuSpan::of(&raw const *target);
            let [mut from, mut to] = [[Entry::EMPTY; 1]; 2];
            let source = SgTable::one(&mut from, &*text).unwrap().map(ToDevice, &rig.device());
            let dest = SgTable::one(&mut to, &mut *target).unwrap().map(FromDevice, &rig.device());
            let limits = channel.constraints().with_max_segment(64).unwrap();
            let frame = rig.small_frame(8);
            way(&rig, &channel, frame.copy(source.unwrap(), dest.unwrap(), &limits).unwrap());
            // The borrow has ended.
            let bus = rig.model.bus_address(span, Access::Read).unwrap();
            assert!(*target == rig.model.device_view(bus.get(), 256), "{name}, seed {seed}");
        });
    }
}

#[test]
fn a_lender_reads_what_the_engine_wrote_of_sides_that_were_lent() {
    for seed in seeds(8) {
        Machine::hardware(seed).run(|rig| {
            let (channel, text, target) = (take(&rig, 4), rig.buffer(256), rig.buffer(256));
            text.copy_from_slice(&pattern(256, seed));
            let [mut from, mut to] = [[Entry::EMPTY; 1]; 2];
            let source = SgTable::one(&mut from, &*text).unwrap().map(ToDevice, &rig.device());
            let dest = SgTable::one(&mut to, &mut *target).unwrap().map(FromDevice, &rig.device());
            let (mut source, mut dest, mut frame) =
                (source.unwrap(), dest.unwrap(), rig.small_frame(8));
            let mut copy = frame.copy_lent(&mut source, &mut dest, &channel.constraints()).unwrap();
            let mut lent = &mut copy;
            channel.run(&mut lent, MILLISECOND).unwrap();
            mem::forget((source, dest));
            assert_eq!(*target, pattern(256, seed), "seed {seed}");
        });
    }
}

#[test]
fn a_lent_transfer_is_in_flight_in_the_ledger_and_forgotten_it_ends_as_any_other() {
    static LEDGER: Ledger<[Slot; 8]> = Ledger::new();
    let ledger: &'static Ledger = &LEDGER;
    let turns = || {
        let mut turns = vec![];
        ledger.for_each(|record| turns.push(record.turn));
        turns
    };
    Machine::hardware(1).run(|rig| {
        let (channel, text, target) = (take(&rig, 4), rig.buffer(64), rig.buffer(64));
        let device = Device::new(rig.probe).with_ledger(ledger);
        let [mut from, mut to] = [[Entry::EMPTY; 1]; 2];
        let mut source = SgTable::one(&mut from, &*text).unwrap().map(ToDevice, &device).unwrap();
        let mut dest =
            SgTable::one(&mut to, &mut *target).unwrap().map(FromDevice, &device).unwrap();
        let mut frame = rig.small_frame(4);
        let lent = frame.copy_lent(&mut source, &mut dest, &channel.constraints()).unwrap();
        rig.engine.scope(|scope| {
            let flight = scope.submit(&channel, lent).unwrap();
            assert_eq!(turns(), [Turn::InFlight; 2]);
            channel.issue_pending();
            assert!(flight.wait(MILLISECOND).is_ok());
            assert_eq!(turns(), [Turn::Engine; 2]);
        });
        let mut copy = frame.copy(source, dest, &channel.constraints()).unwrap();
        rig.engine.scope(|scope| {
            let flight = scope.submit(&channel, &mut copy).unwrap();
            assert_eq!(turns(), [Turn::InFlight; 2]);
            assert!(flight.cancel().is_err());
            assert_eq!(turns(), [Turn::Engine; 2]);
        });
        rig.engine.scope(|scope| mem::forget(scope.submit(&channel, &mut copy).unwrap()));
        drop(copy);
        assert_eq!(turns(), []);
        assert_eq!(ledger.misuses(), (0, None));
    });
}

#[test]
fn a_handle_that_lost_its_slot_is_told_at_once() {
    let rig = Machine::hardware(3).leak();
    let first = take(&rig, 5);
    let (old, older) = [(); 2].map(|()| first.submit(copy(&rig, &first, &[1; 64])).unwrap()).into();
    drop(first);
    let next = take(&rig, 5);
    let all = [(); QUEUE_DEPTH].map(|()| next.submit(copy(&rig, &next, &[2; 64])).unwrap());
    assert_eq!(old.status(), Status::Unknown);
    let failed = old.try_wait().unwrap().unwrap_err();
    assert_eq!(failed.fault.kind, FaultKind::Terminated);
    let before = rig.probe.now();
    let failed = older.wait(Duration::from_secs(5)).unwrap_err();
    assert_eq!(failed.fault.kind, FaultKind::Terminated);
    let took = rig.probe.between(before, rig.probe.now());
    assert!(took < Duration::from_millis(100), "{took:?}");
    drop(all);
}
