//! A correct driver comes through every fault uncondemned, and its next transfer works.

#[cfg(test)]
#[path = "support/driver.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod driver;

#[cfg(test)]
mod recovery {
    use super::driver::{Driver, Outcome};
    use dma_model::{Builder, Fault, Occurs, Profile};

    const SEEDS: u64 = 64;

    fn survives(channel: u8, pieces: usize, fault: Fault, seed: u64) -> Outcome {
        let model = Builder::new(Profile::Hardware, seed).fault(fault, Occurs::Once).build();
        let driver = Driver::new(&model, channel, model.coherent_memory());
        let length = 64 * pieces;
        let (source, dest) = (model.buffer(length, 64, 0), model.buffer(length, 64, 0));
        source.fill(0x3C);
        let outcome = model.serving(&|_, _| driver.interrupt(), || {
            let outcome = driver.copy(source, dest, 64);
            source.fill(0x69);
            assert_eq!(driver.copy(source, dest, 64), Outcome::Done, "{fault:?}, seed {seed}");
            model.run(1_000);
            model.deliver();
            outcome
        });
        assert!(dest.iter().all(|byte| *byte == 0x69), "{fault:?}, seed {seed}");
        model.finish();
        outcome
    }

    fn everywhere(seeds: u64, check: impl Fn(u8, u32, u32, u64)) {
        for seed in 0..seeds {
            for channel in [0, 5, 8, 13] {
                for blocks in 1..=8 {
                    check(channel, blocks, u32::try_from(seed).unwrap() % blocks, seed);
                }
            }
        }
    }

    #[test]
    fn a_read_error_is_reported_and_recovered_from() {
        everywhere(SEEDS, |channel, blocks, block, seed| {
            let fault = Fault::ReadError { channel, block, byte: 33 };
            let outcome = survives(channel, blocks as usize, fault, seed);
            assert_eq!(outcome, Outcome::Failed { debug: 4 });
        });
    }

    #[test]
    fn a_standstill_is_timed_out_and_recovered_from() {
        everywhere(SEEDS, |channel, blocks, block, seed| {
            let fault = match seed % 2 {
                0 => Fault::Stuck { channel, block, byte: 33 },
                _ => Fault::Wedged { channel, block, byte: 33 },
            };
            assert_eq!(survives(channel, blocks as usize, fault, seed), Outcome::TimedOut);
        });
    }

    #[test]
    fn interrupts_lost_spurious_late_and_double_harm_nobody() {
        everywhere(SEEDS, |channel, blocks, _, seed| {
            let fault = match seed % 4 {
                0 => Fault::LostInterrupt { channel },
                1 => Fault::SpuriousInterrupt { channel },
                2 => Fault::LateInterruptAfterAbort { channel },
                _ => Fault::DoubleInterrupt { channel },
            };
            let expected = if seed % 4 == 0 { Outcome::TimedOut } else { Outcome::Done };
            assert_eq!(survives(channel, blocks as usize, fault, seed), expected, "{fault:?}");
        });
    }

    #[test]
    fn faults_of_the_seeds_choice_harm_nobody() {
        everywhere(4 * SEEDS, |channel, blocks, _, seed| {
            survives(channel, blocks as usize, Fault::seeded(seed, channel, blocks, 64), seed);
        });
    }
}
