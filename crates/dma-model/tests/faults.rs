//! Faults by plan: each does what it says, at every block of chains of 1 to 8, on every channel kind.

#[cfg(test)]
#[path = "support/rig.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod rig;

#[cfg(test)]
mod faults {
    use super::rig::{GO, NARROW, Rig};
    use dma_model::{Builder, Fault, Occurs, Profile};
    use sgdma::address::CpuSpan;
    use sgdma::platform::{Clock, Coherence, Idle, Registers, Woken};
    use sgdma::register::Register;

    const CHANNELS: [u8; 4] = [0, 4, 9, 12];

    fn blocks(rig: &Rig, count: u32) -> Vec<[u32; 5]> {
        let last = count - 1;
        let block = |index: u32| {
            let at = 64 * index;
            let flags = if index == last { 9 } else { 0 };
            [NARROW | flags, rig.from() + at, rig.to() + at, 64, 0]
        };
        (0..count).map(block).collect()
    }

    /// Every block of chains of 1 to 8, on every kind of channel.
    fn everywhere(fault: impl Fn(u8, u32) -> Fault, check: impl Fn(&mut Rig, u32, u32)) {
        for channel in CHANNELS {
            for count in 1..=8 {
                for block in 0..count {
                    let seed = u64::from(count * 8 + block);
                    let mut rig = Rig::with(channel, seed, fault(channel, block));
                    let chain = blocks(&rig, count);
                    rig.run(&chain);
                    check(&mut rig, count, block);
                }
            }
        }
    }

    #[test]
    fn a_read_error_stops_the_channel_raises_int_and_can_be_retried() {
        everywhere(
            |channel, block| Fault::ReadError { channel, block, byte: 20 },
            |rig, count, block| {
                assert_eq!(rig.read(Register::Cs) & 0x105, 0x104, "ERROR and INT, not ACTIVE");
                assert_eq!(rig.read(Register::Debug) & 7, 4);
                assert_eq!(rig.read(Register::ConblkAd), rig.pool + 32 * block);
                assert_eq!(rig.read(Register::SourceAd), rig.from() + 64 * block + 20);
                rig.write(Register::Debug, 4);
                assert_eq!(rig.read(Register::Cs) & 0x100, 0, "ERROR goes with DEBUG");
                rig.write(Register::Cs, GO | 6);
                rig.model.run(10_000);
                let length = 64 * count as usize;
                let source = rig.source[..length].to_vec();
                assert_eq!(rig.taken()[..length], source);
                assert_eq!(rig.names(), [""; 0]);
            },
        );
    }

    #[test]
    fn fifo_and_read_last_errors_only_latch() {
        for (bits, kind) in [(2, 0), (1, 1)] {
            everywhere(
                |channel, block| match kind {
                    0 => Fault::FifoError { channel, block },
                    _ => Fault::ReadLastNotSet { channel, block },
                },
                |rig, count, _| {
                    assert_eq!(rig.read(Register::ConblkAd), 0, "it went on to the end");
                    assert_eq!(rig.read(Register::Debug) & 7, bits);
                    let length = 64 * count as usize;
                    let source = rig.source[..length].to_vec();
                    assert_eq!(rig.taken()[..length], source);
                },
            );
        }
    }

    fn abort(rig: &Rig) {
        rig.write(Register::NextConbk, 0);
        rig.write(Register::Cs, GO | 1 << 30);
        rig.model.run(10_000);
    }

    #[test]
    fn a_stuck_channel_stays_active_until_it_is_aborted() {
        everywhere(
            |channel, block| Fault::Stuck { channel, block, byte: 8 },
            |rig, _, block| {
                assert_eq!(rig.read(Register::Cs) & 1, 1);
                assert_eq!(rig.read(Register::ConblkAd), rig.pool + 32 * block);
                for _ in 0..8 {
                    abort(rig);
                }
                assert_eq!(rig.read(Register::Cs) & (1 << 30 | 1), 0);
            },
        );
    }

    #[test]
    fn a_wedged_channel_ignores_the_abort_and_obeys_the_reset() {
        everywhere(
            |channel, block| Fault::Wedged { channel, block, byte: 8 },
            |rig, _, _| {
                abort(rig);
                assert_eq!(rig.read(Register::Cs) & (1 << 30 | 1), 1 << 30 | 1);
                rig.write(Register::Cs, 1 << 31);
                rig.model.run(100);
                assert_eq!(rig.read(Register::Cs) & !0x18, 0);
                assert_eq!(rig.read(Register::ConblkAd), 0);
                let chain = blocks(rig, 2);
                rig.run(&chain);
                assert_eq!(rig.read(Register::ConblkAd), 0, "the next transfer works");
                assert_eq!(rig.read(Register::Cs) & 6, 6);
            },
        );
    }

    #[test]
    fn a_lost_interrupt_is_in_cs_but_on_no_line() {
        for channel in CHANNELS {
            let rig = Rig::with(channel, 1, Fault::LostInterrupt { channel });
            let chain = blocks(&rig, 2);
            rig.run(&chain);
            assert_eq!(rig.read(Register::Cs) & 6, 6);
            assert_eq!(rig.model.interrupt_status(), 1 << channel);
            assert!(rig.model.pending().is_empty());
            rig.run(&chain);
            assert!(!rig.model.pending().is_empty(), "only once");
        }
    }

    #[test]
    fn a_spurious_interrupt_runs_the_handler_once_with_nothing_to_see() {
        for channel in CHANNELS {
            let rig = Rig::with(channel, 1, Fault::SpuriousInterrupt { channel });
            rig.chain(&blocks(&rig, 1));
            rig.start();
            while rig.model.pending().is_empty() {
                rig.model.run(1);
            }
            assert_eq!(rig.model.interrupt_status(), 0);
            assert_eq!(rig.model.serving(&|_, _| {}, || rig.model.deliver()), 1);
        }
    }

    #[test]
    fn a_late_interrupt_comes_after_the_abort() {
        for channel in CHANNELS {
            let rig = Rig::of(
                Builder::new(Profile::Hardware, 1)
                    .fault(Fault::Stuck { channel, block: 0, byte: 0 }, Occurs::Once)
                    .fault(Fault::LateInterruptAfterAbort { channel }, Occurs::Once),
                channel,
            );
            let chain = blocks(&rig, 1);
            rig.run(&chain);
            rig.write(Register::NextConbk, 0);
            rig.write(Register::Cs, GO | 1 << 30);
            while rig.read(Register::Cs) & (1 << 30) != 0 {
                rig.model.run(1);
            }
            rig.write(Register::Cs, 1 << 31);
            rig.model.run(1_000);
            assert_eq!(rig.read(Register::Cs) & 4, 4);
        }
    }

    #[test]
    fn a_double_interrupt_comes_again_after_the_acknowledge() {
        for channel in CHANNELS {
            let rig = Rig::with(channel, 1, Fault::DoubleInterrupt { channel });
            let chain = blocks(&rig, 1);
            rig.run(&chain);
            rig.write(Register::Cs, GO | 6);
            rig.model.run(100);
            assert_eq!(rig.model.interrupt_status(), 1 << channel);
            rig.write(Register::Cs, GO | 6);
            rig.model.run(100);
            assert_eq!(rig.model.interrupt_status(), 0);
        }
    }

    #[test]
    fn a_dreq_that_never_comes_holds_the_channel_and_the_abort_until_reset() {
        let rig = Rig::with(4, 1, Fault::DreqNever { dreq: 5 });
        // 32-bit words to PWM FIF1: PERMAP 5, DEST_DREQ, SRC_INC, WAIT_RESP, INTEN.
        rig.run(&[[0x5_0149, rig.from(), 0x7E20_C018, 64, 0]]);
        assert_eq!(rig.read(Register::Cs) & 0x29, 0x21, "ACTIVE, DREQ_STOPS_DMA, DREQ low");
        abort(&rig);
        assert_eq!(rig.read(Register::Cs) & 1 << 30, 1 << 30);
        rig.write(Register::Cs, 1 << 31);
        rig.model.run(100);
        assert_eq!(rig.read(Register::Cs) & 1, 0);
        assert!(rig.model.pwm_played().is_empty());
    }

    #[test]
    fn a_sleep_ends_at_its_deadline_though_nothing_happens() {
        let rig = Rig::with(4, 1, Fault::Wedged { channel: 4, block: 0, byte: 0 });
        rig.chain(&blocks(&rig, 1));
        rig.start();
        let deadline = rig.model.after(core::time::Duration::from_hours(1));
        assert_eq!(rig.model.sleep_until(deadline, &mut || false), Woken::Deadline);
        assert!(rig.model.now() >= deadline);
        let begin = rig.model.now();
        let bound = rig.model.after(core::time::Duration::from_millis(100));
        let polls = (0..1_000_000).take_while(|_| rig.model.now() < bound).count();
        assert!(rig.model.now() > begin && polls < 10_000, "a bounded poll ends: {polls}");
    }

    #[test]
    fn seeded_faults_are_of_every_kind_and_repeat() {
        let names = (0..200).map(|seed| {
            assert_eq!(Fault::seeded(seed, 4, 8, 64), Fault::seeded(seed, 4, 8, 64));
            let text = format!("{:?}", Fault::seeded(seed, 4, 8, 64));
            text.split(' ').next().unwrap().to_owned()
        });
        assert_eq!(names.collect::<std::collections::BTreeSet<_>>().len(), 9);
    }

    #[test]
    fn nothing_is_written_long_after_a_reset() {
        for seed in 0_u32..64 {
            let rig = Rig::new(4, u64::from(seed));
            rig.chain(&blocks(&rig, 8));
            rig.start();
            rig.model.run(seed * 3);
            rig.write(Register::Cs, 1 << 31);
            let bound = rig.model.after(core::time::Duration::from_micros(10));
            while rig.model.now() < bound {}
            rig.model.invalidate(CpuSpan::of(rig.dest));
            let before = rig.model.device_view(rig.to(), 4096);
            rig.model.run(10_000);
            assert_eq!(rig.model.device_view(rig.to(), 4096), before);
            assert!(!rig.names().contains(&"LateWrite"));
        }
    }
}
