//! The reference driver on the model: what is right is not condemned.

#[cfg(test)]
#[path = "support/driver.rs"]
#[expect(dead_code, reason = "shared between tests")]
#[expect(unreachable_pub, reason = "shared between tests")]
mod driver;

use dma_model::{Model, Profile};
use driver::{Driver, Outcome};

fn copies(profile: Profile, channel: u8, seed: u64) {
    let model = Model::new(profile, seed);
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
    for seed in 0..64 {
        for channel in [0, 4, 5, 8, 11, 14] {
            copies(Profile::Hardware, channel, seed);
        }
    }
}

#[test]
fn a_copy_in_four_blocks_arrives_in_the_emulator() {
    for seed in 0..64 {
        for channel in [2, 4, 5] {
            copies(Profile::Qemu, channel, seed);
        }
    }
}
