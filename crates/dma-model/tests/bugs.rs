//! The model can fail: one deliberate driver bug after the other, each caught, by name.

#[cfg(test)]
#[path = "support/driver.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod driver;
#[cfg(test)]
#[path = "support/sabotage.rs"]
#[expect(unreachable_pub, reason = "shared between tests")]
mod sabotage;

#[cfg(test)]
mod table {
    use std::collections::BTreeMap;

    use super::driver::{COPY, Driver, INTEN, Outcome, WAIT_RESP};
    use super::sabotage::{Bug, Sabotage};
    use dma_model::{Builder, Fault, Model, Occurs, Profile, Violation};
    use sgdma::platform::{Access, Registers};
    use sgdma::register::{ChannelId, Register};

    const SEEDS: u64 = 64;
    const UART: u32 = 0x7E20_1000;
    /// 32-bit words from RAM to the UART: PERMAP 12, DEST_DREQ, SRC_INC, WAIT_RESP.
    const FROM_UART: u32 = (14 << 16) | (1 << 10) | (1 << 4) | WAIT_RESP;
    const TO_UART: u32 = (12 << 16) | (1 << 6) | (1 << 8) | WAIT_RESP;

    /// What the driver is asked to do.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Job {
        /// 1 KiB in four blocks, channel 4.
        Copy,
        /// The same twice.
        Twice,
        /// The same on lite channel 8.
        Lite,
        /// Four blocks, each with an interrupt; long ones, so that it runs while it is acknowledged.
        Interrupts,
        /// 8 rows of 64 bytes.
        TwoD,
        /// 32 bytes to the UART.
        Uart,
        /// A channel that stands still, timed out and aborted.
        Stuck,
        /// A read error, then the same again without a recovery.
        ErrorTwice,
        /// The CPU stores into the destination while the engine runs.
        StoreMeanwhile,
        /// Coherent bytes as the source, stored after the barrier.
        LateStore,
        /// From a closed region.
        Text,
        /// `ENABLE` for the own channel.
        Enable,
        /// GPU IRQ 28.
        Irq28,
        /// A lost interrupt.
        Lost,
        /// A length of 6 in the emulator.
        Odd,
        /// A ring that is left alone.
        Ring,
        /// A ring, and CS polled.
        Poll,
        /// Stopped while it runs.
        Cancel,
        /// A control block in cached memory.
        CachedBlock,
        /// 32 bytes from the UART.
        FromUart,
        /// A copy, the channel's clock off.
        Disabled,
    }

    const JOBS: [Job; 21] = [
        Job::Copy,
        Job::Twice,
        Job::Lite,
        Job::Interrupts,
        Job::TwoD,
        Job::Uart,
        Job::Stuck,
        Job::ErrorTwice,
        Job::StoreMeanwhile,
        Job::LateStore,
        Job::Text,
        Job::Enable,
        Job::Irq28,
        Job::Lost,
        Job::Odd,
        Job::Ring,
        Job::Poll,
        Job::Cancel,
        Job::CachedBlock,
        Job::FromUart,
        Job::Disabled,
    ];

    impl Job {
        const fn channel(self) -> u8 {
            if matches!(self, Self::Lite) { 8 } else { 4 }
        }

        fn machine(self, seed: u64) -> Model {
            let profile = if self == Self::Odd { Profile::Qemu } else { Profile::Hardware };
            let channel = self.channel();
            let builder = Builder::new(profile, seed);
            match self {
                Self::Stuck => builder
                    .fault(Fault::Stuck { channel, block: 1, byte: 16 }, Occurs::Once)
                    .build(),
                Self::ErrorTwice => builder
                    .fault(Fault::ReadError { channel, block: 1, byte: 0 }, Occurs::Once)
                    .build(),
                Self::Lost => builder.fault(Fault::LostInterrupt { channel }, Occurs::Once).build(),
                _ => builder.build(),
            }
        }

        /// Runs the job with the mistake.
        fn run(self, bug: Bug, seed: u64) -> Vec<Violation> {
            let model = self.machine(seed);
            let platform = Sabotage::new(&model, bug);
            let driver = Driver::new(&platform, self.channel(), model.coherent_memory());
            let source = model.buffer(4096, 64, 0);
            let dest = model.buffer(4096, 64, 0);
            let neighbour = model.buffer(1024, 64, 0);
            neighbour.fill(7);
            model
                .serving(&|_, _| driver.interrupt(), || self.act(&driver, &platform, source, dest));
            model.judge()
        }

        fn act(
            self,
            driver: &Driver<'_, Sabotage<'_>>,
            platform: &Sabotage<'_>,
            source: &mut [u8],
            dest: &mut [u8],
        ) {
            let (from, to) = (driver.bus(source, Access::Read), driver.bus(dest, Access::Write));
            let every = |info: u32| {
                move |block: [u32; 5]| [block[0] | info, block[1], block[2], block[3], block[4]]
            };
            let right = platform.bug != Bug::InTheJob;
            match self {
                Self::Copy | Self::Lite | Self::Lost => {
                    driver.copy(&mut source[..1024], &mut dest[..1024], 256);
                }
                Self::Twice => {
                    driver.copy(&mut source[..1024], &mut dest[..1024], 256);
                    driver.copy(&mut source[..1024], &mut dest[..1024], 256);
                }
                Self::Interrupts => {
                    let blocks = driver.cut(source, dest, 1024);
                    let blocks: Vec<_> = blocks.into_iter().map(every(INTEN)).collect();
                    driver.run(source, dest, &blocks);
                }
                Self::TwoD => {
                    // 8 rows of 64 bytes; source rows 128 apart, destination rows packed at the buffer's end.
                    let at = to + 4096 - 512;
                    let block = [COPY | 2, from, at, (7 << 16) | 64, 64];
                    driver.run(source, dest, &[block]);
                }
                Self::Uart => {
                    driver.run(source, dest, &[[TO_UART, from, UART, 256, 0]]);
                }
                Self::Stuck => {
                    assert_eq!(
                        driver.copy(&mut source[..1024], &mut dest[..1024], 256),
                        Outcome::TimedOut
                    );
                }
                Self::ErrorTwice => Self::fail_then_restart(driver, platform, source, dest),
                Self::StoreMeanwhile => Self::store_meanwhile(driver, platform, source, dest),
                Self::LateStore => {
                    driver.store(4096, &[1; 16]);
                    driver.build(&[[COPY, driver.pool_bus(4096), to, 64, 0]]);
                    driver.clean(dest);
                    driver.start();
                    if !right {
                        driver.store(4096, &[2; 16]);
                    }
                    driver.wait();
                    driver.take_back(dest);
                }
                Self::Text => {
                    driver.run(source, dest, &[[COPY, from, to, 64, 0]]);
                }
                Self::Poll => {
                    Self::ring(driver, from, to, source, dest);
                    for _ in 0..if right { 1_000 } else { 60_000 } {
                        platform.read(ChannelId::new(4).unwrap(), Register::Cs);
                    }
                    driver.recover();
                    driver.take_back(dest);
                }
                Self::Cancel => {
                    let blocks = driver.cut(source, dest, 1024);
                    driver.clean(source);
                    driver.clean(dest);
                    driver.build(&blocks);
                    driver.start();
                    platform.model.run(u32::from(source[0]));
                    driver.recover();
                    driver.take_back(dest);
                    platform.model.run(1_000);
                    // An abort does not promise the absence of an interrupt.
                    platform.model.deliver();
                }
                Self::CachedBlock => {
                    driver.clean(source);
                    driver.clean(dest);
                    let block = platform.model.buffer(64, 64, 0);
                    let words = [COPY | INTEN | WAIT_RESP, from, to, 256, 0, 0, 0, 0];
                    for (place, word) in block.chunks_exact_mut(4).zip(words) {
                        place.copy_from_slice(&word.to_le_bytes());
                    }
                    if right {
                        driver.clean(block);
                    }
                    driver.start_at(driver.bus(block, Access::Read));
                    driver.wait();
                    driver.take_back(dest);
                }
                Self::FromUart => {
                    platform
                        .model
                        .uart_receive(&[1; 8][..if platform.bug == Bug::None { 8 } else { 4 }]);
                    driver.run(source, dest, &[[FROM_UART, UART, to, 32, 0]]);
                }
                Self::Disabled => {
                    if !right {
                        platform.set_enable(platform.enable() & !(1 << 4));
                    }
                    driver.copy(&mut source[..1024], &mut dest[..1024], 256);
                }
                Self::Enable => platform.set_enable(platform.enable() | 1 << 4),
                Self::Irq28 => {
                    let line = if right { 20 } else { 28 };
                    platform.model.write_interrupt_controller(0x10, 1 << line);
                }
                Self::Odd => {
                    let length = if right { 8 } else { 6 };
                    driver.run(source, dest, &[[COPY, from, to, length, 0]]);
                }
                Self::Ring => {
                    Self::ring(driver, from, to, source, dest);
                    platform.model.run(2_000);
                    if right {
                        driver.recover();
                        driver.take_back(dest);
                    }
                }
            }
        }

        fn ring(
            driver: &Driver<'_, Sabotage<'_>>,
            from: u32,
            to: u32,
            source: &mut [u8],
            dest: &mut [u8],
        ) {
            driver.clean(source);
            driver.clean(dest);
            driver.build(&[[COPY, from, to, 256, 0]]);
            driver.store(20, &[driver.pool_bus(0)]);
            driver.start();
        }

        fn fail_then_restart(
            driver: &Driver<'_, Sabotage<'_>>,
            platform: &Sabotage<'_>,
            source: &mut [u8],
            dest: &mut [u8],
        ) {
            let blocks = driver.cut(source, dest, 1024);
            driver.clean(source);
            driver.clean(dest);
            driver.build(&blocks);
            driver.start();
            platform.model.run(100_000);
            platform.model.deliver();
            driver.start();
            driver.wait();
            driver.take_back(dest);
        }

        fn store_meanwhile(
            driver: &Driver<'_, Sabotage<'_>>,
            platform: &Sabotage<'_>,
            source: &mut [u8],
            dest: &mut [u8],
        ) {
            let blocks = driver.cut(source, dest, 4096);
            driver.clean(source);
            driver.clean(dest);
            driver.build(&blocks);
            driver.start();
            driver.wait();
            if matches!(platform.bug, Bug::InTheJob | Bug::CleanAfterwards) {
                dest[100] = !dest[100];
            }
            driver.take_back(dest);
        }
    }

    /// In how many of the seeds the mistake has to be seen.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Seen {
        Always,
        Sometimes,
    }
    use Seen::{Always, Sometimes};

    /// Bug, job, the violation's name, how often.
    const TABLE: &[(Bug, Job, &str, Seen)] = &[
        (Bug::ForgetClean(0), Job::Copy, "StaleSource", Always),
        (Bug::ForgetClean(1), Job::Copy, "DirtyDestination", Always),
        (Bug::PartialClean(0), Job::Copy, "StaleSource", Always),
        (Bug::PartialClean(1), Job::Copy, "DirtyDestination", Always),
        (Bug::ForgetInvalidate, Job::Copy, "StaleForCpu", Always),
        (Bug::PartialInvalidate, Job::Copy, "InvalidatePartial", Always),
        (Bug::MaintainBusAddress, Job::Copy, "MaintenanceOutside", Always),
        (Bug::CleanAfterwards, Job::StoreMeanwhile, "WriteBackOverDevice", Always),
        (Bug::InTheJob, Job::StoreMeanwhile, "InvalidateDirty", Always),
        (Bug::ForgetBarriers, Job::Copy, "StartWithoutBarrier", Always),
        (Bug::Alias(0x0000_0000), Job::Copy, "WrongAlias", Always),
        (Bug::Alias(0x4000_0000), Job::Copy, "WrongAlias", Always),
        (Bug::Alias(0x8000_0000), Job::Copy, "WrongAlias", Always),
        (Bug::BlockOff(16), Job::Copy, "MisalignedBlock", Always),
        (Bug::Flip { word: 5, bits: 0x10 }, Job::Copy, "MisalignedBlock", Always),
        (Bug::Flip { word: 0, bits: 1 << 31 }, Job::Copy, "ReservedBits", Always),
        (Bug::Flip { word: 0, bits: 1 << 2 }, Job::Copy, "ReservedBits", Always),
        (Bug::Replace { word: 7, value: 1 }, Job::Copy, "ReservedBits", Always),
        (Bug::Replace { word: 3, value: 0 }, Job::Copy, "ZeroLength", Always),
        (Bug::Replace { word: 3, value: 0x4000_0000 }, Job::Copy, "LengthBits", Always),
        (Bug::Replace { word: 4, value: 16 }, Job::Copy, "StrideWithoutTwoD", Always),
        (Bug::Flip { word: 0, bits: 2 << 12 }, Job::Copy, "BurstStallsBus", Always),
        (Bug::Flip { word: 0, bits: 1 << 12 }, Job::Lite, "BurstStallsBus", Always),
        (Bug::Flip { word: 0, bits: 1 << 1 }, Job::Lite, "LiteTwoD", Always),
        (Bug::Flip { word: 0, bits: 1 << 11 }, Job::Lite, "LiteIgnore", Always),
        (Bug::Replace { word: 3, value: 65_536 }, Job::Lite, "LengthBits", Always),
        (Bug::Replace { word: 3, value: 65_536 }, Job::Lite, "ZeroLength", Always),
        (Bug::Replace { word: 1, value: 0x3F20_1000 }, Job::Copy, "ArmAddress", Always),
        (Bug::Replace { word: 2, value: 0xF000_0000 }, Job::Copy, "OutsideWindow", Always),
        (Bug::Replace { word: 1, value: 0xC010_0000 }, Job::Text, "ClosedRegion", Always),
        (Bug::Replace { word: 2, value: 0xC012_0000 }, Job::Copy, "UnownedMemory", Always),
        // 8 rows written as 8: one row too many, past the destination's end (p. 53's mistake).
        (Bug::Replace { word: 3, value: (8 << 16) | 64 }, Job::TwoD, "DirtyDestination", Always),
        (Bug::Flip { word: 0, bits: 1 << 5 }, Job::Uart, "WideDevice", Always),
        (Bug::Flip { word: 0, bits: 1 << 4 }, Job::Uart, "IncrementOnDevice", Always),
        (Bug::Flip { word: 0, bits: 1 << 6 }, Job::Uart, "Unpaced", Always),
        (Bug::Flip { word: 0, bits: 1 << 6 }, Job::Uart, "FifoOverrun", Always),
        (Bug::Flip { word: 0, bits: 1 << 16 }, Job::Uart, "Unpaced", Always),
        (Bug::Replace { word: 3, value: 30 }, Job::Uart, "NarrowDevice", Always),
        (Bug::Replace { word: 2, value: 0x3F20_1000 }, Job::Uart, "ArmAddress", Always),
        (Bug::BareIntAck, Job::Interrupts, "AckDropsActive", Always),
        (Bug::AckWithoutPolicy, Job::Interrupts, "AckDropsPolicy", Always),
        (Bug::NeverAck, Job::Copy, "InterruptStorm", Always),
        (Bug::KeepEnd, Job::Copy, "StatusLeft", Always),
        (Bug::SkipStatusClear, Job::Twice, "StaleStatusAtStart", Always),
        (Bug::SkipErrorClear, Job::ErrorTwice, "ErrorAtStart", Always),
        (Bug::ReservedCs, Job::Copy, "ReservedCsBits", Always),
        (Bug::BareAbort, Job::Stuck, "AbortWithoutActive", Always),
        (Bug::PokeRegister(Register::Ti, 1), Job::Copy, "ReadOnlyRegister", Always),
        (Bug::PokeRegister(Register::TxfrLen, 1), Job::Copy, "ReadOnlyRegister", Always),
        (
            Bug::PokeRegister(Register::NextConbk, 0xC015_0000),
            Job::Interrupts,
            "NextWhileRunning",
            Always,
        ),
        (
            Bug::PokeRegister(Register::ConblkAd, 0xC015_0000),
            Job::Interrupts,
            "BlockAddressWhileRunning",
            Always,
        ),
        (Bug::PokeBlock, Job::Interrupts, "LiveBlockChanged", Always),
        (Bug::InTheJob, Job::LateStore, "UnorderedSource", Sometimes),
        (Bug::OtherChannel(1), Job::Copy, "ForeignChannel", Always),
        (Bug::EnableAlone, Job::Enable, "EnableOfOthers", Always),
        (Bug::InTheJob, Job::Irq28, "Irq28", Always),
        (Bug::SleepForever, Job::Lost, "UnboundedWait", Always),
        (Bug::InTheJob, Job::Ring, "LeftRunning", Always),
        (Bug::SkipSettling, Job::Cancel, "LateWrite", Sometimes),
        (Bug::InTheJob, Job::Odd, "EmulatorHangs", Always),
        (Bug::NoWaitForWrites, Job::Copy, "CompletedBeforeWrites", Sometimes),
        (Bug::Flip { word: 0, bits: 8 }, Job::Uart, "DeviceWithoutWaitResp", Always),
        (Bug::Flip { word: 0, bits: 8 }, Job::Uart, "FifoOverrun", Sometimes),
        (Bug::InTheJob, Job::Poll, "UnboundedPoll", Always),
        (Bug::InTheJob, Job::CachedBlock, "StaleBlock", Always),
        (Bug::Flip { word: 0, bits: 1 << 10 }, Job::FromUart, "FifoUnderrun", Always),
        (Bug::InTheJob, Job::Disabled, "StartWhileDisabled", Always),
        (Bug::Replace { word: 2, value: 0xC014_3020 }, Job::Interrupts, "BlockOverwritten", Always),
    ];

    #[test]
    fn every_deliberate_bug_is_caught_by_name() {
        let mut failures = Vec::new();
        for (bug, job, name, seen) in TABLE {
            assert!(Violation::NAMES.contains(name), "{name} is no violation");
            let mut others = BTreeMap::<&str, u64>::new();
            for seed in 0..SEEDS {
                for violation in job.run(*bug, seed) {
                    *others.entry(violation.name()).or_default() += 1;
                }
            }
            let caught = others.get(name).copied().unwrap_or(0);
            let enough = if *seen == Always { SEEDS } else { 1 };
            if caught < enough {
                failures.push(format!(
                    "{bug:?} in {job:?}: {name} in {caught} of {SEEDS}; saw {others:?}"
                ));
            }
        }
        assert!(failures.is_empty(), "not caught:\n{}", failures.join("\n"));
    }

    #[test]
    fn every_violation_there_is_has_a_bug_that_shows_it() {
        for name in Violation::NAMES {
            assert!(TABLE.iter().any(|row| row.2 == *name), "no bug shows {name}");
        }
    }

    #[test]
    fn without_a_bug_no_job_is_condemned() {
        for job in JOBS {
            for seed in 0..SEEDS {
                let found = job.run(Bug::None, seed);
                assert_eq!(found, [], "{job:?}, seed {seed}");
            }
        }
    }
}
