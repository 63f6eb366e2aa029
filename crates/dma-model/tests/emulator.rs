//! What the `qemu` profile does that the chip does not, against literal values.

#[cfg(test)]
#[path = "support/rig.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod rig;

#[cfg(test)]
mod emulator {
    use super::rig::{GO, NARROW, Rig};
    use dma_model::{Builder, Profile};
    use sgdma::platform::Registers;
    use sgdma::register::Register;

    fn rig() -> Rig {
        Rig::of(Builder::new(Profile::Qemu, 1), 4)
    }

    #[test]
    fn the_chain_has_run_when_the_store_returns() {
        let rig = rig();
        rig.chain(&[[NARROW | 9, rig.from(), rig.to(), 64, 0]]);
        rig.start();
        assert_eq!(rig.dest[..64], rig.source[..64], "without any maintenance");
        assert_eq!(rig.read(Register::Cs), 0x10F1_0016, "END, INT, PAUSED and the policy");
        assert_eq!(rig.read(Register::ConblkAd), 0);
        assert_eq!(rig.read(Register::Debug), 0);
    }

    #[test]
    fn debug_is_plain_storage() {
        let rig = rig();
        rig.write(Register::Debug, 7);
        assert_eq!(rig.read(Register::Debug), 7);
        rig.write(Register::Cs, 1 << 31);
        assert_eq!(rig.read(Register::Debug), 7);
    }

    #[test]
    fn without_its_enable_bit_active_sticks_and_turning_it_on_does_not_help() {
        let rig = rig();
        rig.model.set_enable(0);
        rig.chain(&[[NARROW | 9, rig.from(), rig.to(), 64, 0]]);
        rig.start();
        assert_eq!(rig.read(Register::Cs) & 7, 1);
        rig.model.set_enable(0xFFFF);
        rig.write(Register::Cs, GO);
        assert_eq!(rig.read(Register::Cs) & 7, 1, "no edge, no start");
        rig.write(Register::Cs, 1 << 31);
        rig.start();
        assert_eq!(rig.read(Register::Cs) & 7, 6, "after a RESET it starts again");
    }

    #[test]
    fn a_ring_and_an_odd_length_hang_it_and_say_so() {
        for (length, next) in [(64, true), (6, false)] {
            let rig = rig();
            rig.chain(&[[NARROW | 9, rig.from(), rig.to(), length, 0]]);
            if next {
                rig.store(20, &[rig.pool]);
            }
            rig.start();
            assert_eq!(rig.names(), ["EmulatorHangs"]);
            assert_eq!(rig.read(Register::Cs) & 1, 1);
        }
    }

    #[test]
    fn abort_and_nextconbk_do_nothing() {
        let rig = rig();
        rig.write(Register::NextConbk, 0xC010_0020);
        assert_eq!(rig.read(Register::NextConbk), 0);
        rig.write(Register::Cs, 1 << 30);
        assert_eq!(rig.read(Register::Cs), 0);
    }

    #[test]
    fn interrupt_status_survives_a_reset() {
        let rig = rig();
        rig.chain(&[[NARROW | 9, rig.from(), rig.to(), 64, 0]]);
        rig.start();
        rig.write(Register::Cs, 1 << 31);
        assert_eq!(rig.read(Register::Cs) & 6, 0);
        assert_eq!(rig.model.interrupt_status(), 1 << 4);
        rig.write(Register::Cs, 4);
        assert_eq!(rig.model.interrupt_status(), 0);
    }

    #[test]
    fn src_ignore_writes_zeros() {
        let rig = rig();
        rig.store(0, &[NARROW | 1 << 11, 0, rig.from(), 8, 0, 0, 0, 0]);
        rig.start();
        assert_eq!(rig.source[..9], [0, 0, 0, 0, 0, 0, 0, 0, 9]);
    }
}
