//! Transfers that do not end by themselves, and channels that do not come to rest.

use super::*;

#[test]
fn at_the_deadline_a_chain_that_still_writes_is_not_complete() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.conblk.set(0);
    script.cs(&[cs::END | cs::WAITING_FOR_OUTSTANDING_WRITES; 1_100]);
    // The write is answered in the end: a reset brings the channel to rest.
    script.cs.borrow_mut().insert(0, 0);
    let Status::Failed(fault) = engine.wait(CHANNEL, ticket, Instant::from_ticks(0)) else {
        panic!("it was not complete")
    };
    assert_eq!(fault.kind, FaultKind::Timeout);
    assert_eq!(engine.info(CHANNEL).withdrawn, None);
}

/// Once it stands still it does not say any more what it was waiting for; only that it erred.
#[test]
fn a_fault_says_how_the_channel_stood_before_it_was_stopped() {
    const STOOD: u32 = cs::ACTIVE | cs::DREQ_STOPS_DMA;
    let cs_of = |status| match status {
        Status::Failed(fault) => fault.registers.cs,
        other => panic!("{other:?}"),
    };
    for (afterwards, erred) in [(cs::PAUSED, 0), (cs::PAUSED | cs::ERROR, cs::ERROR)] {
        let (engine, ticket) = running();
        engine.platform().cs(&[STOOD, afterwards]);
        engine.stop(CHANNEL, ticket, FaultKind::Terminated);
        assert_eq!(cs_of(engine.status(CHANNEL, ticket)), STOOD | erred);
    }
    let (engine, ticket) = running();
    engine.platform().cs(&[STOOD | cs::ERROR | cs::INT, cs::PAUSED]);
    engine.interrupt(CHANNEL);
    assert_eq!(cs_of(engine.status(CHANNEL, ticket)), STOOD | cs::ERROR | cs::INT);
}

#[test]
fn the_one_waiting_for_its_interrupt_in_vain_is_complete() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.cs(&[cs::END | cs::INT]);
    script.conblk.set(0);
    script.written.borrow_mut().clear();
    assert_eq!(engine.wait(CHANNEL, ticket, Instant::from_ticks(0)), Status::Complete);
    assert_eq!(engine.info(CHANNEL).counters.lost, 1);
    let last = script.written.borrow().last().copied().unwrap();
    assert_eq!(last, (Register::Cs, Policy::default().bits() | cs::INT | cs::END));
}

#[test]
fn an_abort_that_does_not_get_through_ends_after_a_bound() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.cs(&[cs::ACTIVE]);
    script.debug.set(debug::OUTSTANDING_WRITES);
    assert_eq!(engine.pause(CHANNEL), Err(PauseError { channel: CHANNEL }));
    engine.stop(CHANNEL, ticket, FaultKind::Terminated);
    let reason = Withdrawal::NoReset;
    assert_eq!(engine.info(CHANNEL).withdrawn, Some(reason));
    assert!(!engine.is_done_with(CHANNEL, ticket));
    assert_eq!(
        engine.submit(CHANNEL, &Order::new(BusAddr::new(0)), Terms::NONE),
        Err(SubmitError::Withdrawn { reason })
    );
    // Whoever had nothing there need not stand still.
    engine.insist_on_rest_of(CHANNEL, Ticket { cookie: Cookie::default(), ..ticket });
    // As soon as ACTIVE is gone, and no write on the bus any more, so is the danger.
    script.debug.set(0);
    script.cs(&[cs::ACTIVE, cs::ACTIVE, 0]);
    engine.insist_on_rest_of(CHANNEL, ticket);
}

#[test]
fn a_reset_waits_for_the_writes_on_the_bus() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.conblk.set(0);
    script.debug.set(1 << 4);
    engine.stop(CHANNEL, ticket, FaultKind::Terminated);
    assert!(script.reads.get() > 1_000, "as long as it may");
    assert!(engine.is_done_with(CHANNEL, ticket));
}

/// The line is a level: a channel that follows no command asks again at once.
#[test]
fn a_second_error_of_a_withdrawn_channel_does_not_make_its_memory_safe() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.debug.set(debug::READ_ERROR);
    script.cs(&[cs::ERROR | cs::ACTIVE]);
    engine.interrupt(CHANNEL);
    assert!(engine.info(CHANNEL).withdrawn.is_some());
    assert!(!engine.is_done_with(CHANNEL, ticket), "it may still write");
    engine.interrupt(CHANNEL);
    assert!(!engine.is_done_with(CHANNEL, ticket), "and now it may still");
}

#[test]
fn the_longest_interrupt_happens_once_and_is_masked() {
    let (engine, _) = running();
    let script = engine.platform();
    script.debug.set(debug::READ_ERROR);
    script.cs(&[cs::ERROR | cs::ACTIVE]);
    cost(&engine);
    assert!(engine.info(CHANNEL).withdrawn.is_some());
    let [reads, ..] = cost(&engine);
    assert!(reads < 100, "{reads} reads, and so on for ever");
    assert!(engine.platform().masked.get(), "its line is a level");
}

/// Nothing in `Idle::sleep_until` forbids to ask again.
#[test]
fn what_was_not_started_is_not_complete() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.cs(&[cs::INT | cs::END]);
    script.conblk.set(0);
    engine.interrupt(CHANNEL);
    assert_eq!(engine.status(CHANNEL, ticket), Status::Complete);
    script.twice.set(true);
    let ran = engine.run_alone(CHANNEL, &Order::new(BusAddr::new(CHAIN + 32)), Instant::NEVER);
    let started = script.written.borrow().contains(&(Register::ConblkAd, CHAIN + 32));
    assert_eq!((ran, started), (Ran::Not, false));
    assert_eq!(engine.status(CHANNEL, ticket), Status::Complete, "the other's outcome is its own");
}

#[test]
fn the_slots_of_an_owner_that_has_gone_are_free() {
    let (engine, _) = running();
    for _ in 1..QUEUE_DEPTH {
        engine.submit(CHANNEL, &Order::new(BusAddr::new(CHAIN)), Terms::NONE).unwrap();
    }
    engine.platform().conblk.set(0);
    // The channel is dropped; its handles were forgotten, or somebody keeps them.
    engine.release(CHANNEL);
    engine.claim(Need::Full, "next", Policy::default()).unwrap();
    assert!(engine.submit(CHANNEL, &Order::new(BusAddr::new(CHAIN)), Terms::NONE).is_ok());
}

/// What the engine had begun ends after it says that it is not active.
#[test]
fn what_is_stopped_is_where_two_looks_agree() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.lengths(&[64, 48, 32, 32]);
    engine.stop(CHANNEL, ticket, FaultKind::Terminated);
    let Status::Failed(fault) = engine.status(CHANNEL, ticket) else { panic!("it had not ended") };
    assert_eq!(fault.registers.txfr_len, 32);
}

#[test]
fn a_channel_rests_when_no_write_of_its_is_out() {
    let (engine, _) = running();
    let script = engine.platform();
    for (cs, debug, at_rest) in [
        (0, 0, true),
        (cs::END, debug::ERRORS, true),
        (cs::ACTIVE, 0, false),
        (cs::WAITING_FOR_OUTSTANDING_WRITES, 0, false),
        (0, 1 << 4, false),
    ] {
        script.cs(&[cs]);
        script.debug.set(debug);
        assert_eq!(engine.is_at_rest(CHANNEL), at_rest, "{cs:#x} {debug:#x}");
    }
}

/// The same test as a process of its own, which is not to come back.
#[test]
#[cfg_attr(miri, ignore = "Miri starts no process")]
fn memory_that_cannot_be_had_back_is_not_given_back() {
    const CHILD: &str = "SGDMA_RESTLESS_CHANNEL";
    if std::env::var_os(CHILD).is_some() {
        let (engine, ticket) = running();
        engine.platform().cs(&[cs::ACTIVE]);
        engine.stop(CHANNEL, ticket, FaultKind::Terminated);
        engine.insist_on_rest_of(CHANNEL, ticket);
        return;
    }
    let name = "engine::tests::endings::memory_that_cannot_be_had_back_is_not_given_back";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let ended = child.args([name, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
    let said = std::string::String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), None, "it aborts: {said}");
    assert!(said.contains("dma4 follows no reset"), "{said}");
}
