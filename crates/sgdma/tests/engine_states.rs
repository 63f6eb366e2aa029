//! Random sequences of everything that can be done to a channel, against a model of a few lines: a queue of transfers
//! with states.
#![cfg(test)]

#[path = "engine_support/reference.rs"]
mod reference;
#[path = "engine_support/rig.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod rig;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reference::Op;

/// The fault that a step plans, for the next block or two of the channel.
fn fault() -> impl Strategy<Value = Op> {
    (0..8_u8, 0..3_u32, 0..64_u32).prop_map(|(kind, block, byte)| Op::Plan { kind, block, byte })
}

fn op() -> impl Strategy<Value = Op> {
    let which = 0..8_usize;
    prop_oneof![
        6 => (1..4_u32, 0..4_u8).prop_map(|(blocks, deadline)| Op::Submit { blocks, deadline }),
        4 => Just(Op::Issue),
        4 => (1..400_u32).prop_map(Op::Time),
        4 => Just(Op::Interrupt),
        2 => Just(Op::Pause),
        3 => Just(Op::Resume),
        1 => Just(Op::TerminateAll),
        2 => which.clone().prop_map(Op::Cancel),
        2 => which.clone().prop_map(Op::Collect),
        1 => which.clone().prop_map(Op::Wait),
        1 => which.clone().prop_map(Op::Drop),
        1 => which.prop_map(Op::Forget),
        2 => Just(Op::Expire),
        1 => Just(Op::Release),
        1 => fault(),
    ]
}

/// Runs so many sequences; `SGDMA_SEED` chooses others.
fn sequences(cases: u32) {
    let seed = std::env::var("SGDMA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1_u64);
    println!("SGDMA_SEED={seed}, {cases} sequences");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let sequence = (any::<u64>(), 0..4_usize, vec(op(), 1..40));
    let tested = TestRunner::new_with_rng(config, rng).run(&sequence, |(seed, channel, ops)| {
        reference::run(seed, [0, 4, 8, 13][channel], &ops);
        Ok(())
    });
    assert!(tested.is_ok(), "SGDMA_SEED={seed}: {}", tested.unwrap_err());
}

#[test]
fn whatever_is_done_to_a_channel_its_queue_is_what_it_should_be() {
    sequences(if cfg!(miri) { 2 } else { 2_000 });
}

#[test]
#[ignore = "a minute: cargo test --release -p sgdma --features alloc --test engine_states -- --ignored"]
fn whatever_is_done_to_a_channel_its_queue_is_what_it_should_be_100_000_times() {
    sequences(100_000);
}
