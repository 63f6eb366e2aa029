//! The model can fail: one deliberate driver bug after the other, each caught, by name.

#[cfg(test)]
#[path = "support/driver.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod driver;
#[cfg(test)]
#[path = "support/jobs.rs"]
#[expect(unreachable_pub, reason = "a module of its own for the jobs")]
mod jobs;
#[cfg(test)]
#[path = "support/sabotage.rs"]
#[expect(unreachable_pub, reason = "shared between tests")]
mod sabotage;

#[cfg(test)]
mod table {
    use std::collections::BTreeMap;

    use super::jobs::{JOBS, Job};
    use super::sabotage::Bug;
    use dma_model::Violation;
    use sgdma::register::Register;

    const SEEDS: u64 = 64;

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
