//! What is done to the registers, step by step, and what is spared.

use super::*;

/// What was written, in order, since the last look.
fn written(engine: &Engine<Script>) -> Vec<(Register, u32)> {
    core::mem::take(&mut *engine.platform().written.borrow_mut())
}

#[test]
fn a_start_clears_old_flags_first() {
    let (engine, _) = running();
    let policy = Policy::default().bits();
    let all = written(&engine);
    let [.., flags, address, go] = all[..] else { panic!("{all:?}") };
    assert_eq!(flags, (Register::Cs, policy | cs::INT | cs::END));
    assert_eq!(address, (Register::ConblkAd, CHAIN));
    assert_eq!(go, (Register::Cs, policy | cs::ACTIVE));
}

#[test]
fn a_barrier_is_between_the_end_and_what_was_written() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.conblk.set(0);
    script.cs(&[cs::END]);
    script.barriers.set(0);
    engine.stop(CHANNEL, ticket, FaultKind::Terminated);
    assert_eq!(engine.collect(CHANNEL, ticket), Status::Complete);
    assert_eq!(script.barriers.get(), 2, "before the acknowledgement, and behind it");
}

/// ABORT may read 0 while the channel still has a block.
#[test]
fn an_abort_is_over_when_no_block_is_left() {
    let (engine, ticket) = running();
    engine.platform().reads.set(0);
    engine.stop(CHANNEL, ticket, FaultKind::Terminated);
    let first_poll = engine.platform().reads.get();
    assert!(first_poll > 4_000, "{first_poll} reads: the first of two polls did not last");
}

#[test]
fn what_is_due_now_is_late() {
    let (engine, first) = running();
    let due = Terms { deadline: Instant::from_ticks(0), ..Terms::NONE };
    let second = engine.submit(CHANNEL, &Order::new(BusAddr::new(CHAIN)), due).unwrap();
    assert_eq!(engine.next_deadline(), Instant::from_ticks(0));
    engine.expire();
    let timeout = Status::Failed(Fault::off_engine(FaultKind::Timeout));
    assert_eq!(engine.status(CHANNEL, second), timeout);
    assert_eq!(engine.status(CHANNEL, first), Status::Running);
}

#[test]
fn what_goes_is_not_resumed_and_what_is_withdrawn_stays_so() {
    let (engine, _) = running();
    written(&engine);
    engine.resume(CHANNEL);
    assert_eq!(written(&engine), [], "it was going");
    engine.with(CHANNEL, |state, hardware| state.withdraw(Withdrawal::NoReset, hardware));
    engine.resume(CHANNEL);
    assert_eq!(written(&engine), [], "it is withdrawn");
    assert_eq!(engine.with(CHANNEL, |state, _| state.flow()), state::Flow::Paused);
}

#[test]
fn each_scope_has_a_number_of_its_own() {
    let (engine, _) = running();
    let [first, second] = [(); 2].map(|()| engine.new_scope());
    assert!(first != 0 && second != 0 && first != second, "{first} {second}");
}

/// A block that is not loaded has no length yet, and one that follows has another address.
#[test]
fn registers_are_read_again_until_they_are_of_one_loaded_block() {
    let (engine, _) = running();
    let script = engine.platform();
    script.lengths(&[0, 0, 0x40]);
    assert_eq!(engine.loaded_snapshot(CHANNEL).txfr_len, 0x40);
    script.lengths(&[0]);
    script.conblk.set(0);
    script.reads.set(0);
    assert_eq!(engine.loaded_snapshot(CHANNEL).txfr_len, 0);
    assert_eq!(script.reads.get(), 9, "no block, no length: eight registers, and one again");
    script.conblk.set(CHAIN);
    script.reads.set(0);
    engine.loaded_snapshot(CHANNEL);
    assert_eq!(script.reads.get(), 8 + 8 * 9, "it gives up");
}
