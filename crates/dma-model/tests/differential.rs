//! The `qemu` profile against QEMU's own engine, driven without a guest.

#[cfg(test)]
#[path = "support/qtest.rs"]
#[expect(unreachable_pub, reason = "a module of its own for the pipe")]
mod qtest;

#[cfg(test)]
mod chains {
    use super::qtest::{Qtest, emulators};
    use dma_model::{Builder, Layout, Model, Profile, Window};
    use sgdma::platform::Registers;
    use sgdma::register::{ChannelId, Register};

    const CHAINS: usize = 400;
    /// All memory the two machines share: control blocks in the first 4 KiB, data in the rest.
    const MEMORY: u32 = 64 * 1024;
    const BLOCKS: u32 = 4096;
    const PHYSICAL: u32 = 0x0010_0000;
    const ENGINE: u32 = 0x3F00_7000;
    const REGISTERS: [(Register, u32); 9] = [
        (Register::Cs, 0x00),
        (Register::ConblkAd, 0x04),
        (Register::Ti, 0x08),
        (Register::SourceAd, 0x0C),
        (Register::DestAd, 0x10),
        (Register::TxfrLen, 0x14),
        (Register::Stride, 0x18),
        (Register::NextConbk, 0x1C),
        (Register::Debug, 0x20),
    ];
    const ACTIVE: u32 = 1;
    const RESET: u32 = 1 << 31;
    const TDMODE: u32 = 1 << 1;
    const DEST_INC: u32 = 1 << 4;
    const SRC_INC: u32 = 1 << 8;

    /// The model and the emulator, given the same.
    struct Pair {
        model: Model,
        memory: *mut u8,
        qemu: Qtest,
    }

    impl Pair {
        fn new(qemu: Qtest, seed: u64) -> Self {
            let layout = Layout::default().with("heap", MEMORY as usize, Window::Cached);
            let model = Builder::new(Profile::Qemu, seed).layout(layout).build();
            let memory = model.buffer(MEMORY as usize, 4096, 0).as_mut_ptr();
            let mut pair = Self { model, memory, qemu };
            let noise = pair.model.device_view(0xC010_0000, MEMORY as usize);
            pair.qemu.write(PHYSICAL, &noise);
            pair
        }

        fn store(&mut self, offset: u32, words: &[u32]) {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            for (index, byte) in bytes.iter().enumerate() {
                let place = self.memory.wrapping_add(offset as usize + index);
                // SAFETY: within the buffer, which nobody else holds a reference to.
                unsafe { place.write_volatile(*byte) };
            }
            self.qemu.write(PHYSICAL + offset, &bytes);
        }

        fn write(&mut self, channel: u8, register: (Register, u32), value: u32) {
            self.model.write_register(ChannelId::new(channel).unwrap(), register.0, value);
            let address = ENGINE + 0x100 * u32::from(channel) + register.1;
            self.qemu.write_word(address, value);
        }

        fn enable(&mut self, value: u32) {
            self.model.set_enable(value);
            self.qemu.write_word(ENGINE + 0xFF0, value);
        }

        fn compare(&mut self, what: &str) {
            for channel in 0..15 {
                for (register, offset) in REGISTERS {
                    let mine = self.model.read(ChannelId::new(channel).unwrap(), register);
                    let address = ENGINE + 0x100 * u32::from(channel) + offset;
                    let theirs = self.qemu.read_word(address);
                    assert_eq!(
                        mine, theirs,
                        "{what}: dma{channel} {register:?}, model {mine:#x}, QEMU {theirs:#x}"
                    );
                }
            }
            let status = self.qemu.read_word(ENGINE + 0xFE0);
            assert_eq!(self.model.interrupt_status(), status, "{what}: INT_STATUS");
            assert_eq!(self.model.enable(), self.qemu.read_word(ENGINE + 0xFF0), "{what}: ENABLE");
            self.compare_interrupts(what);
            let mine = self.model.device_view(0xC010_0000, MEMORY as usize);
            let theirs = self.qemu.read(PHYSICAL, MEMORY as usize);
            let differs = mine.iter().zip(&theirs).position(|(mine, theirs)| mine != theirs);
            assert_eq!(differs, None, "{what}: first differing byte of memory");
        }

        fn compare_interrupts(&mut self, what: &str) {
            for offset in [0x00, 0x04, 0x08, 0x10, 0x14] {
                let mine = self.model.read_interrupt_controller(offset);
                let theirs = self.qemu.read_word(0x3F00_B200 + offset);
                // The emulator's own devices: only bits of the DMA controller are ours.
                let ours = if offset == 0 {
                    0x6100
                } else if offset % 8 == 4 || offset == 0x10 {
                    0x1FFF_0000
                } else {
                    0
                };
                assert_eq!(mine & ours, theirs & ours, "{what}: interrupt controller +{offset:#x}");
            }
        }
    }

    /// The lowest and highest byte a side touches, relative to its first.
    fn extent(length: u32, info: u32, inc: u32, stride: i16) -> (i64, i64) {
        let (row, rows) = if info & TDMODE != 0 {
            (length & 0xFFFF, ((length >> 16) & 0x3FFF) + 1)
        } else {
            (length, 1)
        };
        let advance = if info & inc != 0 { i64::from(row) } else { 0 };
        let step = advance + i64::from(stride);
        let last = step * i64::from(rows - 1);
        (last.min(0), last.max(0) + advance.max(4) + 4)
    }

    /// Somewhere in the data area where such a side fits.
    fn place(rng: &mut fastrand::Rng, (low, high): (i64, i64)) -> u32 {
        let alias = rng.u32(0..4) << 30;
        let first = i64::from(BLOCKS) - low;
        let last = i64::from(MEMORY) - high;
        alias | (PHYSICAL + u32::try_from(rng.i64(first..last)).unwrap())
    }

    fn block(rng: &mut fastrand::Rng, next: u32) -> [u32; 8] {
        let info = rng.u32(..);
        let info = if rng.bool() { info & !TDMODE } else { info };
        let (length, strides) = if info & TDMODE != 0 {
            let rows = rng.u32(0..12);
            ((rows << 16) | (rng.u32(0..64) * 4), [rng.i16(-300..300), rng.i16(-300..300)])
        } else {
            (rng.u32(0..600) * 4, [0; 2])
        };
        let [source, dest] = strides;
        let stride = (u32::from(dest.cast_unsigned()) << 16) | u32::from(source.cast_unsigned());
        let source = place(rng, extent(length, info, SRC_INC, source));
        let dest = place(rng, extent(length, info, DEST_INC, dest));
        [info, source, dest, length, stride, next, rng.u32(..), rng.u32(..)]
    }

    /// Builds a chain in distinct places of the block area; the bus address of its first block.
    fn chain(rng: &mut fastrand::Rng, pair: &mut Pair) -> u32 {
        let mut slots: Vec<u32> = (0..BLOCKS / 64).collect();
        rng.shuffle(&mut slots);
        let skew = if rng.u32(0..4) == 0 { rng.u32(1..8) * 4 } else { 0 };
        let alias = rng.u32(0..4) << 30;
        let places: Vec<u32> =
            slots.iter().take(rng.usize(1..7)).map(|slot| slot * 64 + skew).collect();
        for (index, offset) in places.iter().enumerate() {
            let next = places.get(index + 1).map_or(0, |next| alias | (PHYSICAL + next));
            let words = block(rng, next);
            pair.store(*offset, &words);
        }
        alias | (PHYSICAL + places[0])
    }

    /// Something software might write that starts nothing.
    fn meddle(rng: &mut fastrand::Rng, pair: &mut Pair) {
        let channel = rng.u8(0..15);
        match rng.u32(0..10) {
            0 => pair.enable(rng.u32(..)),
            1 => pair.enable(0xFFFF_FFFF),
            2 => pair.write(channel, REGISTERS[0], RESET),
            3..=5 => pair.write(channel, REGISTERS[0], rng.u32(..) & !ACTIVE),
            6 => {
                let line = 1 << rng.u32(16..28);
                let offset = if rng.bool() { 0x10 } else { 0x1C };
                pair.model.write_interrupt_controller(offset, line);
                pair.qemu.write_word(0x3F00_B200 + offset, line);
            }
            _ => {
                let register = REGISTERS[rng.usize(2..9)];
                pair.write(channel, register, rng.u32(..));
            }
        }
    }

    fn compare_all(emulator: &std::path::Path, seed: u64) {
        println!("{}: seed {seed:#x}", emulator.display());
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut pair = Pair::new(Qtest::start(emulator), seed);
        pair.model.write_interrupt_controller(0x1C, u32::MAX);
        pair.compare("at power-on");
        for number in 0..CHAINS {
            let first = chain(&mut rng, &mut pair);
            let channel = rng.u8(0..15);
            for _ in 0..rng.u32(0..4) {
                meddle(&mut rng, &mut pair);
            }
            pair.write(channel, REGISTERS[1], first);
            let start = (rng.u32(..) & !(RESET | 7)) | ACTIVE | (rng.u32(0..4) << 1);
            pair.write(channel, REGISTERS[0], start);
            pair.compare(&format!("{}, seed {seed:#x}, chain {number}", emulator.display()));
        }
    }

    #[test]
    fn the_emulated_engine_and_the_profile_agree_in_every_byte_and_register() {
        let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| fastrand::Rng::new().u64(..));
        let emulators = emulators();
        for emulator in &emulators {
            compare_all(emulator, seed);
        }
        println!("{CHAINS} chains on each of {} emulators", emulators.len());
    }
}
