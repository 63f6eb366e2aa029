//! The reference driver on the model: what is right is not condemned.

#[cfg(test)]
#[path = "support/driver.rs"]
#[expect(dead_code, reason = "shared between tests")]
#[expect(unreachable_pub, reason = "shared between tests")]
mod driver;

use dma_model::{Builder, Layout, Model, Profile};
use driver::{Driver, Outcome};
use sgdma::platform::Registers;
use sgdma::register::{ChannelId, Register};

/// Miri is slow, and looks at other things than the seeds.
const SEEDS: u64 = if cfg!(miri) { 1 } else { 64 };

/// No larger than needed: Miri makes every byte of it by hand.
fn machine(profile: Profile, seed: u64) -> Model {
    Builder::new(profile, seed).layout(Layout::new(8192, 4096)).build()
}

fn copies(profile: Profile, channel: u8, seed: u64) {
    let model = machine(profile, seed);
    let driver = Driver::new(&model, channel, model.coherent_memory());
    let source = model.buffer(1024, 64, 0);
    let dest = model.buffer(1024, 64, 0);
    for (byte, value) in source.iter_mut().zip((0..251).cycle()) {
        *byte = value;
    }
    dest.fill(0);
    let outcome = model.serving(&|_, _| driver.interrupt(), || driver.copy(source, dest, 256));
    assert_eq!(outcome, Outcome::Done, "seed {seed}");
    assert!(source == dest, "seed {seed}");
    model.finish();
}

#[test]
fn a_copy_in_four_blocks_arrives_on_every_kind_of_channel() {
    for seed in 0..SEEDS {
        for channel in [0, 4, 5, 8, 11, 14] {
            copies(Profile::Hardware, channel, seed);
        }
    }
}

#[test]
fn interrupts_may_come_at_every_access() {
    let mut early = 0;
    for seed in 0..SEEDS {
        let model = machine(Profile::Hardware, seed);
        model.preempt(|| true);
        let driver = Driver::new(&model, 4, model.coherent_memory());
        let (source, dest) = (model.buffer(64, 64, 0), model.buffer(64, 64, 0));
        model.serving(&|_, _| driver.interrupt(), || {
            let blocks = driver.cut(source, dest, 64);
            driver.clean(source);
            driver.clean(dest);
            driver.build(&blocks);
            driver.start();
            for _ in 0..100 {
                model.interrupt_status();
                model.read(ChannelId::new(5).unwrap(), Register::Cs);
            }
            early += driver.interrupts();
            assert_eq!(driver.wait(), Outcome::Done);
            driver.take_back(dest);
        });
        assert_eq!(driver.interrupts(), 1);
        model.finish();
    }
    assert_eq!(u64::from(early), SEEDS, "before the driver slept");
}

#[test]
fn a_copy_in_four_blocks_arrives_in_the_emulator() {
    for seed in 0..SEEDS {
        for channel in [2, 4, 5] {
            copies(Profile::Qemu, channel, seed);
        }
    }
}
