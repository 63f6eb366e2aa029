//! An engine that moves byte by byte through a small piece of memory, and refuses what the datasheet forbids.

use sgdma::constraints::{ChannelKind, Constraints, EngineKind};
use sgdma::control_block::ControlBlock;
use sgdma::segment::BusSegment;

/// TI, p. 51-52, read for these tests: bit numbers.
pub(crate) const INTEN: u32 = 0;
pub(crate) const TDMODE: u32 = 1;
pub(crate) const WAIT_RESP: u32 = 3;
pub(crate) const DEST_INC: u32 = 4;
pub(crate) const DEST_WIDTH: u32 = 5;
pub(crate) const DEST_DREQ: u32 = 6;
pub(crate) const SRC_INC: u32 = 8;
pub(crate) const SRC_WIDTH: u32 = 9;
pub(crate) const SRC_DREQ: u32 = 10;

pub(crate) fn bit(word: u32, number: u32) -> bool {
    word >> number & 1 == 1
}

/// What ran: how many blocks, and which of them interrupted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) blocks: usize,
    pub(crate) interrupts: Vec<usize>,
}

/// Random bytes; under Miri, where each takes microseconds, the same few over and over.
fn noise(len: usize, random: &mut fastrand::Rng) -> Vec<u8> {
    let drawn = if cfg!(miri) { 251 } else { len };
    let mut bytes = vec![0; drawn];
    random.fill(&mut bytes);
    let mut bytes = bytes.repeat(len.div_ceil(drawn));
    bytes.truncate(len);
    bytes
}

pub(crate) struct Machine {
    pub(crate) base: u32,
    pub(crate) bytes: Vec<u8>,
    /// How often each byte was written.
    pub(crate) writes: Vec<u8>,
    /// What the device will send, and what it got.
    pub(crate) sends: Vec<u8>,
    pub(crate) got: Vec<u8>,
    sent: usize,
}

impl Machine {
    pub(crate) fn new(base: u32, len: usize, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let (bytes, sends) = (noise(len, &mut random), noise(4096, &mut random));
        Self { base, bytes, writes: vec![0; len], sends, got: Vec::new(), sent: 0 }
    }

    fn index(&self, addr: u32) -> usize {
        addr.wrapping_sub(self.base) as usize
    }

    pub(crate) fn byte(&self, addr: u32) -> u8 {
        self.bytes[self.index(addr)]
    }

    pub(crate) fn writes_to(&self, addr: u32) -> u8 {
        self.writes[self.index(addr)]
    }

    /// The first address outside of these that was written.
    pub(crate) fn stray(&self, addresses: &[u32], range: BusSegment) -> Option<u32> {
        let mut others = self.writes.clone();
        for addr in addresses {
            others[self.index(*addr)] = 0;
        }
        let start = self.index(range.addr.get());
        others[start..start + range.len as usize].fill(0);
        // Compared as a whole: byte by byte it would take Miri a second.
        if others == vec![0; others.len()] {
            return None;
        }
        (self.base..).zip(others).find(|(_, count)| *count != 0).map(|(addr, _)| addr)
    }

    fn put(&mut self, addr: u32, byte: u8) {
        let index = self.index(addr);
        self.bytes[index] = byte;
        self.writes[index] += 1;
    }

    /// The CPU's part: not counted as a write of the engine.
    pub(crate) fn finish(&mut self, addr: u32, from: u32) {
        let (to, byte) = (self.index(addr), self.byte(from));
        self.bytes[to] = byte;
    }

    /// Follows the chain that begins at `chain`, for at most `most` blocks.
    pub(crate) fn run(
        &mut self,
        blocks: &[ControlBlock],
        chain: u32,
        limits: &Constraints,
        most: usize,
    ) -> Ran {
        let mut ran = Ran::default();
        let mut at = chain;
        while at != 0 && ran.blocks < most {
            assert_eq!(at % 32, 0, "a block at {at:#x}");
            let index = (at.wrapping_sub(chain) / 32) as usize;
            let words = blocks[index].words();
            legal(words, limits);
            self.block(words);
            if bit(words[0], INTEN) {
                ran.interrupts.push(index);
            }
            ran.blocks += 1;
            at = words[5];
        }
        ran
    }

    fn block(&mut self, [ti, source, dest, len, stride, ..]: [u32; 8]) {
        if !bit(ti, TDMODE) {
            return self.line(ti, source, dest, len);
        }
        let (row, rows) = (len & 0xFFFF, (len >> 16) + 1);
        let signed = |half: u32| i32::from(u16::try_from(half).unwrap().cast_signed());
        let (mut source, mut dest) = (source, dest);
        for _ in 0..rows {
            self.line(ti, source, dest, row);
            source = source.wrapping_add(row).wrapping_add_signed(signed(stride & 0xFFFF));
            dest = dest.wrapping_add(row).wrapping_add_signed(signed(stride >> 16));
        }
    }

    fn line(&mut self, ti: u32, source: u32, dest: u32, len: u32) {
        let beat = if bit(ti, SRC_WIDTH) { 16 } else { 4 };
        for i in 0..len {
            let byte = if source >> 24 == 0x7E {
                self.sent += 1;
                self.sends[self.sent - 1]
            } else if bit(ti, SRC_INC) {
                self.byte(source.wrapping_add(i))
            } else {
                self.byte(source + i % beat)
            };
            if dest >> 24 == 0x7E {
                self.got.push(byte);
            } else {
                assert!(bit(ti, DEST_INC), "memory written at one address");
                self.put(dest.wrapping_add(i), byte);
            }
        }
    }
}

/// What the engine of this kind may be asked to do. p. 38-39, 51-64.
fn legal(words: [u32; 8], limits: &Constraints) {
    let [ti, source, dest, len, stride, next, r6, r7] = words;
    let kind = limits.kind();
    let lite = kind == ChannelKind::Lite;
    assert_eq!((r6, r7, next % 32), (0, 0, 0), "reserved words, {words:#x?}");
    assert_eq!(ti & 0xF800_0004, 0, "reserved bits, {words:#x?}");
    assert!(!lite || ti & 0x0400_0882 == 0, "a lite channel has no such bits, {words:#x?}");
    let wide = (bit(ti, SRC_WIDTH), bit(ti, DEST_WIDTH));
    let beats = (ti >> 12 & 15) + 1;
    let most = match (kind, wide.0) {
        (ChannelKind::Bulk, true) => 9,
        (ChannelKind::Full, true) => 2,
        (ChannelKind::Lite, true) => 1,
        (ChannelKind::Bulk, false) => 16,
        (ChannelKind::Full, false) => 8,
        (ChannelKind::Lite, false) => 4,
    };
    assert!(beats <= most, "{beats} beats, {words:#x?}");
    let (fifo_source, fifo_dest) = (source >> 24 == 0x7E, dest >> 24 == 0x7E);
    if fifo_source || fifo_dest {
        assert_eq!(wide, (false, false), "a device takes 32 bits, {words:#x?}");
        assert_eq!((source | dest | len) % 4, 0, "whole words, {words:#x?}");
        assert!(bit(ti, WAIT_RESP), "{words:#x?}");
        assert_eq!(beats, 1, "a device gives and takes one word at a time, {words:#x?}");
        assert_eq!(bit(ti, SRC_INC), !fifo_source);
        assert_eq!(bit(ti, DEST_INC), !fifo_dest);
        let dreq = ti >> 16 & 31 != 0;
        assert_eq!(bit(ti, SRC_DREQ), fifo_source && dreq);
        assert_eq!(bit(ti, DEST_DREQ), fifo_dest && dreq);
    } else {
        assert_eq!(ti & 0x03FF_0440, 0, "memory has no DREQ and needs no waits, {words:#x?}");
        assert_eq!(wide.0, wide.1, "{words:#x?}");
        let burst = beats * if wide.0 { 16 } else { 4 };
        assert!(bit(ti, SRC_INC) || burst <= 32, "no more than the pattern holds, {words:#x?}");
    }
    if bit(ti, TDMODE) {
        legal_rows(words, limits);
    } else {
        assert_eq!(stride, 0);
        legal_line(words, limits);
    }
}

fn legal_line([ti, source, dest, len, ..]: [u32; 8], limits: &Constraints) {
    let longest = if limits.kind() == ChannelKind::Lite { 65_535 } else { 0x3FFF_FFFF };
    assert!(len >= 1 && len <= longest && len <= limits.max_segment(), "{len:#x} bytes");
    let granule = if limits.engine() == EngineKind::Emulated { 4 } else { 1 };
    assert_eq!(len % granule, 0, "the emulated engine hangs at {len}");
    if let Some(boundary) = limits.boundary() {
        for (inc, addr) in [(SRC_INC, source), (DEST_INC, dest)] {
            let last = addr.checked_add(len - 1).unwrap();
            assert!(!bit(ti, inc) || addr / boundary == last / boundary, "{addr:#x}+{len:#x}");
        }
    }
}

fn legal_rows([_, _, _, len, ..]: [u32; 8], limits: &Constraints) {
    let (row, rows) = (len & 0xFFFF, (len >> 16) + 1);
    assert!(row >= 1 && rows <= 0x4000, "{len:#x}");
    assert!(u64::from(row) * u64::from(rows) <= u64::from(limits.max_segment()));
    let granule = if limits.engine() == EngineKind::Emulated { 4 } else { 1 };
    assert_eq!(row % granule, 0, "the emulated engine hangs at {row}");
}
