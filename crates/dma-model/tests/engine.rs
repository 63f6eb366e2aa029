//! What the engine of the `hardware` profile does, against literal values. Pages are the datasheet's.

#[cfg(test)]
#[path = "support/rig.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod rig;

#[cfg(test)]
mod engine {
    use super::rig::{GO, NARROW, Rig, WIDE};
    use dma_model::Profile;
    use sgdma::platform::Registers;
    use sgdma::register::{ChannelId, Register};

    const SEEDS: u64 = 64;

    #[test]
    fn a_copy_moves_every_byte_from_any_address_to_any_address() {
        for number in 0_u32..64 {
            let (skew, other, length) = (number % 17, number % 13, 300 + number);
            let seed = u64::from(number);
            let mut rig = Rig::new(4, seed);
            rig.run(&[[WIDE, rig.from() + skew, rig.to() + other, length, 0]]);
            let expected = rig.source[skew as usize..][..length as usize].to_vec();
            let (other, end) = (other as usize, other as usize + length as usize);
            let dest = rig.taken();
            assert_eq!(dest[other..end], expected, "seed {seed}");
            assert!(dest[..other].iter().chain(&dest[end..]).all(|byte| *byte == 0));
            assert_eq!(rig.names(), [""; 0]);
        }
    }

    #[test]
    fn at_the_end_of_a_chain_conblk_ad_is_0_and_end_and_int_are_set() {
        for seed in 0..SEEDS {
            let rig = Rig::new(4, seed);
            rig.run(&[[WIDE, rig.from(), rig.to(), 64, 0]]);
            // END | INT | policy; PAUSED (bit 4) and DREQ (bit 3) may read either way.
            assert_eq!(rig.read(Register::Cs) & !0x18, 0x10F1_0006);
            assert_eq!(rig.read(Register::ConblkAd), 0);
            assert_eq!(rig.read(Register::TxfrLen), 0);
            assert_eq!(rig.read(Register::SourceAd), rig.from() + 64);
            assert_eq!(rig.read(Register::DestAd), rig.to() + 64);
            assert_eq!(rig.model.interrupt_status(), 1 << 4);
        }
    }

    #[test]
    fn end_and_int_are_cleared_by_writing_1() {
        let rig = Rig::new(4, 1);
        rig.run(&[[WIDE, rig.from(), rig.to(), 64, 0]]);
        rig.write(Register::Cs, 0x10F1_0002);
        assert_eq!(rig.read(Register::Cs) & 7, 4);
        rig.write(Register::Cs, 0x10F1_0004);
        assert_eq!(rig.read(Register::Cs) & 7, 0);
        assert_eq!(rig.model.interrupt_status(), 0);
    }

    #[test]
    fn ylength_is_rows_minus_one_and_strides_are_added_after_each_row() {
        for seed in 0..SEEDS {
            let mut rig = Rig::new(0, seed);
            // 3 rows of 8 bytes (YLENGTH 2), source rows 20 apart (stride 12), destination rows 6 apart (stride -2).
            let stride = 0xFFFE_000C;
            rig.run(&[[NARROW | 0xB, rig.from(), rig.to(), (2 << 16) | 8, stride]]);
            let source = rig.source.to_vec();
            let mut expected = [0; 24];
            for row in 0..3 {
                expected[6 * row..6 * row + 8].copy_from_slice(&source[20 * row..20 * row + 8]);
            }
            assert_eq!(rig.taken()[..24], expected, "seed {seed}");
            assert_eq!(rig.names(), [""; 0]);
        }
    }

    #[test]
    fn a_source_that_does_not_advance_fills() {
        let mut rig = Rig::new(4, 3);
        rig.run(&[[0x19, rig.from(), rig.to(), 64, 0]]);
        let word = rig.source[..4].repeat(16);
        assert_eq!(rig.taken()[..64], word);
    }

    #[test]
    fn src_ignore_writes_nothing_and_dest_ignore_neither() {
        for bit in [1 << 11, 1 << 7] {
            let mut rig = Rig::new(4, 3);
            rig.run(&[[NARROW | 9 | bit, rig.from(), rig.to(), 64, 0]]);
            assert!(rig.taken().iter().all(|byte| *byte == 0));
            assert_eq!(rig.read(Register::DestAd), rig.to() + 64);
        }
    }

    #[test]
    fn lite_has_16_bits_of_length_no_2d_no_stride_and_says_so() {
        let mut rig = Rig::new(9, 3);
        assert_eq!(rig.read(Register::Debug) & 0x1E00_0000, 0x1400_0000, "LITE, VERSION 2");
        rig.run(&[[NARROW | 0xB, rig.from(), rig.to(), (2 << 16) | 8, 12]]);
        let eight = rig.source[..8].to_vec();
        let dest = rig.taken();
        assert_eq!(dest[..8], eight);
        assert_eq!(dest[8..32], [0; 24], "one row only");
        assert_eq!(rig.read(Register::Stride), 0);
        assert!(rig.names().contains(&"LiteTwoD"));
        assert_eq!(Rig::new(4, 3).read(Register::Debug) & 0x1E00_0000, 0x0400_0000);
    }

    #[test]
    fn a_block_at_16_is_read_from_the_32_byte_boundary_below() {
        let mut rig = Rig::new(4, 3);
        rig.chain(&[[WIDE, rig.from(), rig.to(), 64, 0]]);
        rig.write(Register::ConblkAd, rig.pool + 16);
        assert_eq!(rig.read(Register::ConblkAd), rig.pool);
        rig.write(Register::Cs, GO);
        rig.model.run(10_000);
        assert_eq!(rig.taken()[0], 1);
        assert_eq!(rig.names(), ["MisalignedBlock"]);
    }

    #[test]
    fn every_intermediate_state_is_seen_over_the_seeds() {
        let (mut active, mut midway, mut waiting, mut second) = (false, false, false, false);
        for seed in 0..SEEDS {
            let rig = Rig::new(4, seed);
            let half = [NARROW, rig.from(), rig.to(), 256, 0];
            rig.chain(&[half, half]);
            rig.start();
            for _ in 0..2_000 {
                let cs = rig.read(Register::Cs);
                let left = rig.read(Register::TxfrLen);
                active |= cs & 1 == 1;
                midway |= left > 0 && left < 256;
                waiting |= cs & (1 << 6) != 0;
                second |= rig.read(Register::ConblkAd) == rig.pool + 32 && cs & 2 != 0;
            }
            assert_eq!(rig.read(Register::ConblkAd), 0);
        }
        assert!(active && midway && waiting && second);
    }

    #[test]
    fn clearing_active_pauses_in_the_middle_and_setting_it_resumes() {
        for seed in 0..SEEDS {
            let mut rig = Rig::new(4, seed);
            rig.chain(&[[NARROW | 9, rig.from(), rig.to(), 4096, 0]]);
            rig.start();
            rig.model.run(300);
            rig.write(Register::Cs, GO & !1);
            rig.model.run(100);
            assert_eq!(rig.read(Register::Cs) & 0x11, 0x10, "PAUSED");
            let left = rig.read(Register::TxfrLen);
            let (source, dest) = (rig.read(Register::SourceAd), rig.read(Register::DestAd));
            assert!(left > 0 && left < 4096);
            assert_eq!(dest - rig.to(), 4096 - left, "what is left is what is not written");
            assert!(source - rig.from() >= 4096 - left);
            let arrived = rig.model.device_view(rig.to(), 4096 - left as usize);
            assert_eq!(arrived, rig.source[..4096 - left as usize], "and the rest has arrived");
            rig.model.run(1_000);
            assert_eq!(rig.read(Register::TxfrLen), left, "paused is paused");
            rig.write(Register::Cs, GO);
            rig.model.run(100_000);
            let source = rig.source.to_vec();
            assert_eq!(rig.taken(), source);
            assert_eq!(rig.names(), [""; 0]);
        }
    }

    #[test]
    fn nextconbk_written_while_paused_appends() {
        for seed in 0..SEEDS {
            let mut rig = Rig::new(4, seed);
            let (from, to) = (rig.from(), rig.to());
            rig.chain(&[[NARROW | 9, from, to, 2048, 0]]);
            rig.start();
            rig.model.run(100);
            rig.write(Register::Cs, GO & !1);
            rig.model.run(100);
            rig.store(64, &[NARROW | 9, from + 2048, to + 2048, 2048, 0, 0, 0, 0]);
            rig.store(20, &[rig.pool + 64]);
            rig.write(Register::NextConbk, rig.pool + 64);
            rig.write(Register::Cs, GO);
            rig.model.run(100_000);
            let source = rig.source.to_vec();
            assert_eq!(rig.taken(), source, "seed {seed}");
            assert_eq!(rig.names(), [""; 0]);
        }
    }

    #[test]
    fn a_ring_goes_round_until_it_is_stopped() {
        let rig = Rig::new(4, 5);
        rig.chain(&[[NARROW, rig.from(), rig.to(), 16, 0]]);
        rig.store(20, &[rig.pool]);
        rig.start();
        rig.model.run(10_000);
        assert_eq!(rig.read(Register::Cs) & 3, 3, "ACTIVE and END");
        assert_eq!(rig.read(Register::ConblkAd), rig.pool);
        rig.write(Register::NextConbk, 0);
        rig.write(Register::Cs, GO | 1 << 30);
        rig.model.run(1_000);
        rig.write(Register::Cs, 1 << 31);
        rig.model.run(100);
        assert_eq!(
            rig.read(Register::Cs) & !0x1C,
            0,
            "INT may come late, PAUSED and DREQ read either way"
        );
        assert_eq!(rig.read(Register::ConblkAd), 0);
    }

    #[test]
    fn abort_needs_active_drops_the_block_and_goes_on_with_the_next() {
        let mut rig = Rig::new(4, 5);
        let (from, to) = (rig.from(), rig.to());
        rig.chain(&[[NARROW, from, to, 2048, 0], [NARROW | 9, from, to + 2048, 16, 0]]);
        rig.start();
        rig.model.run(100);
        rig.write(Register::Cs, GO | 1 << 30);
        rig.model.run(10_000);
        let dest = rig.taken();
        assert_eq!(dest[2048..2064], (1..=16).collect::<Vec<u8>>());
        assert!(dest[1024..2048].iter().all(|byte| *byte == 0));
        assert_eq!(rig.names(), [""; 0]);
    }

    #[test]
    fn a_channel_without_its_enable_bit_does_not_move() {
        let rig = Rig::new(4, 5);
        rig.model.set_enable(rig.model.enable() & !(1 << 4));
        rig.run(&[[WIDE, rig.from(), rig.to(), 64, 0]]);
        assert_eq!(rig.read(Register::Cs) & 3, 1, "ACTIVE, no END");
        assert_eq!(rig.model.enable(), 0x7FEF);
        rig.model.set_enable(0x7FFF);
        rig.model.run(10_000);
        assert_eq!(rig.read(Register::ConblkAd), 0);
    }

    #[test]
    fn without_wait_resp_many_writes_are_in_flight_and_with_it_one() {
        let most = |ti: u32| {
            let mut most = 0;
            for seed in 0..16 {
                let rig = Rig::new(4, seed);
                rig.chain(&[[ti, rig.from(), rig.to(), 4096, 0]]);
                rig.start();
                for _ in 0..500 {
                    most = most.max(rig.read(Register::Debug) >> 4 & 0xF);
                }
            }
            most
        };
        assert_eq!(most(NARROW | 8), 1);
        assert!(most(NARROW) > 2);
    }

    #[test]
    fn waits_slow_a_transfer_down() {
        let steps = |ti: u32| {
            let rig = Rig::new(4, 9);
            rig.chain(&[[ti, rig.from(), rig.to(), 1024, 0]]);
            rig.start();
            (0..1_000_000)
                .take_while(|_| {
                    rig.model.run(1);
                    rig.read(Register::ConblkAd) != 0
                })
                .count()
        };
        assert!(steps(NARROW | 31 << 21) > 4 * steps(NARROW));
    }

    #[test]
    fn channels_run_side_by_side() {
        for seed in 0..SEEDS {
            let rig = Rig::new(4, seed);
            let other = ChannelId::new(5).unwrap();
            rig.chain(&[[NARROW, rig.from(), rig.to(), 1024, 0]]);
            rig.store(256, &[NARROW, rig.from(), rig.to() + 2048, 1024, 0, 0, 0, 0]);
            rig.start();
            rig.model.write_register(other, Register::ConblkAd, rig.pool + 256);
            rig.model.write_register(other, Register::Cs, GO);
            let mut both = false;
            for _ in 0..300 {
                let left = [rig.read(Register::TxfrLen), rig.model.read(other, Register::TxfrLen)];
                both |= left.iter().all(|left| *left > 0 && *left < 1024);
            }
            assert!(both, "seed {seed}");
        }
    }

    #[test]
    fn equal_seeds_give_equal_logs_and_the_log_reads_as_registers() {
        let log = |seed| {
            let rig = Rig::new(4, seed);
            rig.run(&[[WIDE, rig.from(), rig.to(), 256, 0]]);
            rig.model.trace()
        };
        assert_eq!(log(7), log(7));
        assert_ne!(log(7), log(8));
        let text = log(7).to_string();
        assert!(text.contains("dma4  CS        <- 0x10f10001"), "{text}");
        assert!(text.contains("dma4  fetch 0xc0143000: 00001339"), "{text}");
        let rig = Rig::new(4, 1);
        assert_eq!(rig.model.profile(), Profile::Hardware);
        rig.write(Register::Ti, 1);
        rig.write(Register::Cs, 6);
        let led_to_it = rig.model.trace().before(rig.model.violations()[0], 2).to_string();
        assert!(led_to_it.contains("TI        <- 0x00000001"), "{led_to_it}");
        assert!(led_to_it.trim_end().ends_with("(channel 0x4, register \"TI\", value 0x1)"));
    }
}
