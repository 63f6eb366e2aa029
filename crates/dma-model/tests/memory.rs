//! The two views of memory, the address map and its firewall, devices and interrupt lines.

#[cfg(test)]
#[path = "support/rig.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod rig;

#[cfg(test)]
mod memory {
    use super::rig::{GO, NARROW, Rig, WIDE};
    use dma_model::{Builder, Layout, Model, Profile, Window};
    use sgdma::address::{BusAddr, CpuSpan};
    use sgdma::platform::{Access, AddressMap, Coherence, Refusal};
    use sgdma::register::{ChannelId, Register};

    #[test]
    fn the_engine_sees_a_store_after_the_clean_and_not_before() {
        let model = Model::new(Profile::Hardware, 1);
        let buffer = model.buffer(64, 64, 0);
        buffer.fill(0x5A);
        let bus = model.bus_address(CpuSpan::of(buffer), Access::Read).unwrap().get();
        assert!(model.device_view(bus, 64).iter().all(|byte| *byte != 0x5A) || cfg!(miri));
        model.clean_invalidate(CpuSpan::of(&raw const buffer[10..11]));
        assert_eq!(model.device_view(bus, 64), [0x5A; 64], "a whole line for one byte");
    }

    #[test]
    fn the_cpu_sees_what_the_engine_wrote_after_the_invalidate_and_not_before() {
        let mut rig = Rig::new(4, 2);
        rig.run(&[[WIDE, rig.from(), rig.to(), 128, 0]]);
        assert_eq!(rig.dest[..128], [0; 128]);
        rig.model.cpu_reads(rig.dest);
        assert_eq!(rig.names(), ["StaleForCpu"]);
        let source = rig.source[..128].to_vec();
        assert_eq!(rig.taken()[..128], source);
    }

    #[test]
    fn coherent_memory_has_one_view() {
        let rig = Rig::new(4, 2);
        rig.store(1024, &[0x1122_3344]);
        rig.run(&[[NARROW | 9, rig.pool + 1024, rig.pool + 2048, 4, 0]]);
        assert_eq!(rig.model.device_view(rig.pool + 2048, 4), [0x44, 0x33, 0x22, 0x11]);
        assert_eq!(rig.names(), [""; 0]);
    }

    #[test]
    fn a_dirty_neighbour_in_a_destination_line_is_seen_and_lost_or_kills_the_data() {
        let (mut lost, mut killed) = (0, 0);
        for seed in 0..64 {
            let mut rig = Rig::new(4, seed);
            rig.run(&[[WIDE, rig.from(), rig.to(), 32, 0]]);
            rig.dest[40] = 99;
            let dest = rig.taken();
            lost += u32::from(dest[40] != 99);
            killed += u32::from(dest[0] != 1);
            assert!(rig.names().contains(&"InvalidateDirty"));
        }
        assert!(lost > 0 && killed > 0, "{lost} {killed}");
    }

    #[test]
    fn first_byte_is_c0100000_on_the_bus_and_regions_are_closed_by_name() {
        let model = Model::new(Profile::Hardware, 1);
        let at = |name, access| {
            let span = model.region_span(name).unwrap();
            model.bus_address(span, access).map(BusAddr::get)
        };
        assert_eq!(at("text", Access::Read), Err(Refusal::Region("text")));
        assert_eq!(at("rodata", Access::Read), Err(Refusal::Region("rodata")));
        assert_eq!(at("page tables", Access::Write), Err(Refusal::Region("page tables")));
        assert_eq!(at("heap", Access::Write), Ok(0xC010_2000));
        let heap = model.region_span("heap").unwrap();
        let longer = CpuSpan::new(heap.start(), heap.len() + 1).unwrap();
        let refused = model.bus_address(longer, Access::Read);
        assert_eq!(refused, Err(Refusal::Region("page tables")), "one byte too many");
        let elsewhere = [0_u8; 4];
        assert_eq!(
            model.bus_address(CpuSpan::of(&elsewhere), Access::Read),
            Err(Refusal::Unmapped)
        );
    }

    #[test]
    fn a_read_only_window_is_a_source_and_no_destination() {
        let layout = Layout::new(4096, 4096).with("font", 4096, Window::ReadOnly);
        let model = Builder::new(Profile::Hardware, 1).layout(layout).build();
        let font = model.region_span("font").unwrap();
        assert!(model.bus_address(font, Access::Read).is_ok());
        assert_eq!(model.bus_address(font, Access::Write), Err(Refusal::Region("font")));
    }

    #[test]
    fn the_uart_like_sink_takes_words_as_fast_as_its_dreq_allows() {
        for seed in 0..64 {
            let rig = Rig::new(4, seed);
            // PERMAP 12, DEST_DREQ, SRC_INC, WAIT_RESP, INTEN.
            rig.run(&[[0xC_0149, rig.from(), 0x7E20_1000, 400, 0]]);
            let words: Vec<u8> = rig.source[..400].iter().step_by(4).copied().collect();
            assert_eq!(rig.model.uart_sent(), words);
            assert_eq!(rig.names(), [""; 0]);
        }
    }

    #[test]
    fn the_spi_like_loopback_gives_back_what_it_was_given() {
        for seed in 0..64 {
            let mut rig = Rig::new(4, seed);
            let other = ChannelId::new(5).unwrap();
            // Out: PERMAP 6, DEST_DREQ, SRC_INC. In: PERMAP 7, SRC_DREQ, DEST_INC. Both WAIT_RESP.
            rig.chain(&[[0x6_0148, rig.from(), 0x7E20_4004, 256, 0]]);
            rig.store(256, &[0x7_0418, 0x7E20_4004, rig.to(), 256, 0, 0, 0, 0]);
            rig.model.write_register(other, Register::ConblkAd, rig.pool + 256);
            rig.model.write_register(other, Register::Cs, GO);
            rig.start();
            rig.model.run(100_000);
            let source = rig.source[..256].to_vec();
            assert_eq!(rig.taken()[..256], source);
            assert_eq!(rig.names(), [""; 0]);
        }
    }

    #[test]
    fn the_pwm_like_pacer_stretches_a_chain() {
        let rig = Rig::new(4, 1);
        rig.chain(&[[0x5_0149, rig.from(), 0x7E20_C018, 256, 0]]);
        rig.start();
        let mut held = 0;
        while rig.read(Register::ConblkAd) != 0 {
            held += u32::from(rig.read(Register::Cs) & 0x20 != 0);
        }
        rig.model.run(100_000);
        assert!(held > 50, "DREQ_STOPS_DMA was seen {held} times");
        assert_eq!(rig.model.pwm_played().len(), 64);
        assert_eq!(rig.model.pwm_played()[0], 0x0403_0201);
    }

    #[test]
    fn the_system_timer_time_stamps_a_chain() {
        let mut rig = Rig::new(4, 1);
        let stamp = |to| [0x18, 0x7E00_3004, to, 4, 0];
        let copy = [NARROW | 8, rig.from(), rig.to() + 64, 1024, 0];
        rig.run(&[stamp(rig.to()), copy, stamp(rig.to() + 4)]);
        let dest = rig.taken();
        let word = |at: usize| u32::from_le_bytes(dest[at..at + 4].try_into().unwrap());
        assert!(word(4) > word(0) + 5, "{} {}", word(0), word(4));
        assert_eq!(rig.names(), [""; 0]);
    }

    fn pending(channel: u8, profile: Profile) -> (u32, u32) {
        let rig = Rig::of(Builder::new(profile, 1).mask(0x7FFF), channel);
        rig.run(&[[NARROW | 9, rig.from(), rig.to(), 4, 0]]);
        let pending = rig.model.pending();
        assert_eq!(pending.channels() & 1 << channel, 1 << channel);
        (pending.basic, pending.bank1)
    }

    #[test]
    fn lines_and_shortcuts_are_those_of_the_chip_and_of_the_emulator() {
        use Profile::{Hardware, Qemu};
        assert_eq!(pending(0, Hardware), (1 << 8, 1 << 16));
        assert_eq!(pending(2, Hardware), (1 << 13, 1 << 18), "shortcut only");
        assert_eq!(pending(3, Hardware), (1 << 14, 1 << 19), "shortcut only");
        assert_eq!(pending(10, Hardware), (1 << 8, 1 << 26));
        assert_eq!(pending(11, Hardware), (1 << 8, 1 << 27));
        assert_eq!(pending(14, Hardware), (1 << 8, 1 << 27));
        assert_eq!(pending(2, Qemu), (0x2100, 1 << 18));
        assert_eq!(pending(14, Qemu), (1 << 8, 1 << 27));
    }

    #[test]
    fn irq_28_is_any_channel_and_only_if_it_was_enabled() {
        let rig = Rig::new(4, 1);
        rig.model.write_interrupt_controller(0x10, 1 << 28);
        rig.run(&[[NARROW | 9, rig.from(), rig.to(), 4, 0]]);
        assert_eq!(rig.model.read_interrupt_controller(0x04), 1 << 28 | 1 << 20);
        assert_eq!(rig.names(), ["Irq28"]);
        rig.model.write_interrupt_controller(0x1C, 1 << 28);
        assert_eq!(rig.model.read_interrupt_controller(0x04), 1 << 20);
    }

    #[test]
    fn buffers_share_no_line_and_lie_where_they_were_asked_for() {
        let model = Model::new(Profile::Hardware, 1);
        let (first, second) = (model.buffer(10, 256, 3), model.buffer(10, 4096, 4095));
        assert_eq!(first.as_ptr().addr() % 256, 3);
        assert_eq!(second.as_ptr().addr() % 4096, 4095);
        assert!(first.as_ptr().addr() / 64 != second.as_ptr().addr() / 64);
    }
}
