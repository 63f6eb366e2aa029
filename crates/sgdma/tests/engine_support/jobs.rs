//! One transfer of each kind, in as many control blocks as are asked for.

use core::time::Duration;

use sgdma::address::BusAddr;
use sgdma::buffer::{Entry, Exclusive, Shared};
use sgdma::constraints::{Constraints, DeviceFifo, Dreq, Width};
use sgdma::engine::{Fault, FaultKind, Status};
use sgdma::lower::Blit;
use sgdma::map::{FromDevice, Mapped, ToDevice};
use sgdma::platform::{Clock, Idle};
use sgdma::sg_table::SgTable;
use sgdma::transfer::{Failed, FaultPlace, Pattern, Payload};

use super::rig::{Probe, Rig, pattern};

/// Bytes of a block.
pub const BLOCK: usize = 128;
/// Bytes of an entry of a source.
pub const ENTRY: usize = 64;
/// A row of a rectangle, and from one to the next in source and destination.
const ROW: u32 = 32;
const PITCHES: (usize, usize) = (48, 64);

pub type Channel<'a> = sgdma::channel::Channel<'a, &'a Probe<'a>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Copy,
    /// Into the middle of cache lines.
    Edges,
    ToDevice,
    FromDevice,
    Fill,
    TwoD,
    RingOut,
    RingIn,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Copy,
        Self::Edges,
        Self::ToDevice,
        Self::FromDevice,
        Self::Fill,
        Self::TwoD,
        Self::RingOut,
        Self::RingIn,
    ];

    pub fn dreq(self) -> Option<u32> {
        match self {
            Self::ToDevice | Self::RingOut => Some(5),
            Self::FromDevice | Self::RingIn => Some(14),
            _ => None,
        }
    }

    pub fn is_ring(self) -> bool {
        matches!(self, Self::RingOut | Self::RingIn)
    }

    pub fn reads_memory(self) -> bool {
        !matches!(self, Self::FromDevice | Self::RingIn | Self::Fill)
    }

    pub fn writes_memory(self) -> bool {
        !matches!(self, Self::ToDevice | Self::RingOut)
    }

    /// Whether block n begins at byte n × [`BLOCK`] of both lists.
    pub fn is_even(self) -> bool {
        !matches!(self, Self::Edges | Self::TwoD)
    }
}

/// What came of it.
pub struct Ended {
    pub fault: Option<Fault>,
    pub place: Option<FaultPlace>,
    pub residue: u64,
    /// Whether each byte is where it belongs.
    pub arrived: bool,
}

type Source<'a> = Mapped<'a, 'a, ToDevice, Shared, Probe<'a>>;
type Destination<'b, 'a> = Mapped<'b, 'a, FromDevice, Exclusive, Probe<'a>>;

/// Pieces of [`BLOCK`] bytes with gaps between them, of two entries each.
fn source<'a>(rig: &Rig<'a>, bytes: &[u8], entries: &'a mut [Entry]) -> Source<'a> {
    let mut table = SgTable::new(entries);
    for chunk in bytes.chunks(BLOCK) {
        let buffer = rig.buffer(chunk.len());
        buffer.copy_from_slice(chunk);
        for part in buffer.chunks(ENTRY) {
            table.push(part).unwrap();
        }
    }
    table.map(ToDevice, &rig.device()).unwrap()
}

fn entries<'a>(n: usize) -> &'a mut [Entry] {
    vec![Entry::EMPTY; n].leak()
}

fn destination<'b, 'a>(
    rig: &Rig<'a>,
    piece: impl Into<sgdma::buffer::Piece<'b, Exclusive>>,
    entries: &'b mut [Entry],
) -> Destination<'b, 'a> {
    let mut table = SgTable::new(entries);
    table.push(piece).unwrap();
    table.map(FromDevice, &rig.device()).unwrap()
}

fn bytes_of(table: &SgTable<'_, Exclusive>) -> Vec<u8> {
    let mut bytes = vec![0; table.total_len()];
    table.bytes().copy_to_buffer(&mut bytes);
    bytes
}

pub fn fifo(address: u32, dreq: u8) -> DeviceFifo {
    DeviceFifo::new(BusAddr::new(address), Dreq::new(dreq).unwrap(), Width::Bits32).unwrap()
}

/// The PWM's, which plays words, and the UART's, which receives bytes.
pub fn pwm() -> DeviceFifo {
    fifo(0x7E20_C018, 5)
}

pub fn uart() -> DeviceFifo {
    fifo(0x7E20_1000, 14)
}

pub fn limits(channel: &Channel<'_>, kind: Kind) -> Constraints {
    let limits = match kind.dreq() {
        Some(_) => channel.device_constraints(),
        None => channel.constraints(),
    };
    limits.with_max_segment(u32::try_from(BLOCK).unwrap()).unwrap()
}

/// Runs it to its end, or, a ring, until two rounds are through. When that is told, nothing is written any more.
fn drive<'a, T: Payload>(
    rig: &Rig<'a>,
    channel: &Channel<'a>,
    rounds: Option<u32>,
    payload: T,
) -> Result<T, Failed<T>> {
    let result = run_to_its_end(rig, channel, rounds, payload);
    let written = || (rig.memory(), rig.model.pwm_given());
    let told = written();
    rig.settle();
    assert!(told == written(), "written after the report");
    result
}

fn run_to_its_end<'a, T: Payload>(
    rig: &Rig<'a>,
    channel: &Channel<'a>,
    rounds: Option<u32>,
    payload: T,
) -> Result<T, Failed<T>> {
    let timeout = Duration::from_millis(20);
    rig.engine.scope(|scope| {
        let flight = scope.submit(channel, payload).unwrap();
        channel.issue_pending();
        let Some(rounds) = rounds else { return flight.wait(timeout) };
        let deadline = rig.probe.after(timeout);
        rig.probe.sleep_until(deadline, &mut || {
            flight.interrupts() > rounds || flight.status().is_final()
        });
        match flight.status() {
            Status::Running if flight.interrupts() > rounds => flight.cancel(),
            _ => flight.wait(Duration::ZERO),
        }
    })
}

/// The outcome, and what went in, if it came back.
fn end<T>(result: Result<T, Failed<T>>) -> (Ended, T) {
    match result {
        Ok(payload) => (Ended { fault: None, place: None, residue: 0, arrived: false }, payload),
        Err(failed) => {
            let Failed { fault, place, residue, payload } = failed;
            let ended = Ended { fault: Some(fault), place, residue, arrived: false };
            (ended, payload.unwrap())
        }
    }
}

/// A transfer of this kind in so many blocks.
pub fn run<'a>(rig: &Rig<'a>, channel: &Channel<'a>, kind: Kind, blocks: u32, seed: u64) -> Ended {
    let n = usize::try_from(blocks).unwrap();
    let bytes = pattern(n * BLOCK, seed);
    let job = Job { rig, channel, limits: limits(channel, kind), n, bytes };
    match kind {
        Kind::Copy => job.copy(n * BLOCK, 0),
        // 63 bytes to the first line, whole lines, 17 bytes of the last one.
        Kind::Edges if n == 1 => job.copy(63, 1),
        Kind::Edges => job.edges(),
        Kind::ToDevice => job.to_device(),
        Kind::FromDevice => job.input(),
        Kind::Fill => job.fill(),
        Kind::TwoD => job.two_d(),
        Kind::RingOut => job.ring_out(),
        Kind::RingIn => job.ring_in(),
    }
}

struct Job<'r, 'a> {
    rig: &'r Rig<'a>,
    channel: &'r Channel<'a>,
    limits: Constraints,
    n: usize,
    bytes: Vec<u8>,
}

impl Job<'_, '_> {
    fn copy(&self, len: usize, offset: usize) -> Ended {
        let Self { rig, channel, limits, n, bytes } = self;
        let from = source(rig, &bytes[..len], entries(2 * n));
        let to = destination(rig, rig.crooked(len, offset), entries(1));
        let copy = rig.frame().copy(from, to, limits).unwrap();
        assert_eq!(copy.blocks().len(), *n);
        let (ended, copy) = end(drive(rig, channel, None, copy));
        let table = copy.into_parts().2.unmap();
        Ended { arrived: bytes_of(&table) == bytes[..len], ..ended }
    }

    fn edges(&self) -> Ended {
        let Self { rig, channel, limits, n, bytes } = self;
        let (len, edges) = if *n == 2 { (63 + 64, 1) } else { (63 + (n - 2) * BLOCK + 17, 2) };
        let buffer = rig.buffer(len);
        buffer.copy_from_slice(&bytes[..len]);
        let from = SgTable::one(Box::leak(Box::new([Entry::EMPTY])), &*buffer).unwrap();
        let from = from.map(ToDevice, &rig.device()).unwrap();
        let to = destination(rig, rig.crooked(len, 1), entries(1));
        let copy = rig.frame().copy(from, to, limits).unwrap();
        assert_eq!((copy.blocks().len(), copy.edges().len()), (*n, edges));
        let (ended, copy) = end(drive(rig, channel, None, copy));
        let table = copy.into_parts().2.unmap();
        Ended { arrived: bytes_of(&table) == bytes[..len], ..ended }
    }

    fn words(&self) -> Vec<u32> {
        self.bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
    }

    fn to_device(&self) -> Ended {
        let Self { rig, channel, limits, n, bytes } = self;
        let from = source(rig, bytes, entries(2 * n));
        let out = rig.frame().to_device(from, pwm(), limits).unwrap();
        assert_eq!(out.blocks().len(), *n);
        let (ended, out) = end(drive(rig, channel, None, out));
        drop(out);
        rig.settle();
        let played = rig.model.pwm_played();
        assert!(self.words().starts_with(&played), "what was played is what was sent");
        Ended { arrived: played == self.words(), ..ended }
    }

    /// What the UART receives becomes a word for each byte.
    fn receive(&self, rounds: usize) -> Vec<u8> {
        let received = &self.bytes[..self.bytes.len() / 4];
        for _ in 0..rounds {
            self.rig.model.uart_receive(received);
        }
        received.iter().flat_map(|byte| [*byte, 0, 0, 0]).collect()
    }

    fn input(&self) -> Ended {
        let Self { rig, channel, limits, n, bytes } = self;
        let expected = self.receive(1);
        let to = destination(rig, rig.buffer(bytes.len()), entries(1));
        let input = rig.frame().from_device(uart(), to, limits).unwrap();
        assert_eq!(input.blocks().len(), *n);
        let (ended, input) = end(drive(rig, channel, None, input));
        let table = input.into_parts().2.unmap();
        Ended { arrived: bytes_of(&table) == expected, ..ended }
    }

    fn fill(&self) -> Ended {
        let Self { rig, channel, limits, n, bytes } = self;
        let to = destination(rig, rig.buffer(bytes.len()), entries(1));
        let fill = rig.frame().fill(Pattern(0x5A), to, limits).unwrap();
        assert_eq!(fill.blocks().len(), *n);
        let (ended, fill) = end(drive(rig, channel, None, fill));
        let table = fill.into_parts().2.unmap();
        Ended { arrived: bytes_of(&table).iter().all(|byte| *byte == 0x5A), ..ended }
    }

    fn two_d(&self) -> Ended {
        let Self { rig, channel, limits, n, .. } = self;
        let rows = n * BLOCK / 32;
        let bytes = pattern(rows * PITCHES.0, 7);
        let buffer = rig.buffer(bytes.len());
        buffer.copy_from_slice(&bytes);
        let from = SgTable::one(Box::leak(Box::new([Entry::EMPTY])), &*buffer).unwrap();
        let from = from.map(ToDevice, &rig.device()).unwrap();
        let len = rows * PITCHES.1;
        let mut target = rig.pool.alloc_zeroed(u32::try_from(len).unwrap(), 64).unwrap();
        let mut storage = [Entry::EMPTY];
        let to = destination(rig, &mut target, &mut storage);
        let blit = Blit {
            row_bytes: ROW,
            rows: u32::try_from(rows).unwrap(),
            source_offset: 0,
            source_pitch: i32::try_from(PITCHES.0).unwrap(),
            destination_offset: 0,
            destination_pitch: i32::try_from(PITCHES.1).unwrap(),
        };
        let blit = rig.frame().blit(from, to, blit, limits).unwrap();
        assert_eq!(blit.blocks().len(), *n);
        let (ended, blit) = end(drive(rig, channel, None, blit));
        let got = bytes_of(&blit.into_parts().2.unmap());
        let arrived = (0..rows).all(|row| {
            let [source, gap] = [PITCHES.0, PITCHES.1].map(|pitch| row * pitch);
            got[gap..gap + 32] == bytes[source..source + 32]
                && got[gap + 32..gap + PITCHES.1].iter().all(|byte| *byte == 0)
        });
        Ended { arrived, ..ended }
    }

    fn rounds(&self) -> u32 {
        u32::try_from(2 * self.n).unwrap()
    }

    fn ring_out(&self) -> Ended {
        let Self { rig, channel, limits, n, bytes } = self;
        let from = source(rig, bytes, entries(2 * n));
        let period = u32::try_from(BLOCK).unwrap();
        let ring = rig.frame().ring_to_device(from, pwm(), period, limits).unwrap();
        assert_eq!(ring.blocks().len(), *n);
        let (ended, ring) = end(drive(rig, channel, Some(self.rounds()), ring));
        drop(ring);
        rig.settle();
        let played = rig.model.pwm_played();
        let words = self.words();
        assert!(played.iter().eq(words.iter().cycle().take(played.len())), "round and round");
        ended
    }

    fn ring_in(&self) -> Ended {
        let Self { rig, channel, limits, n, bytes } = self;
        let expected = self.receive(4);
        let period = u32::try_from(BLOCK).unwrap();
        let mut target = rig.pool.alloc(u32::try_from(bytes.len()).unwrap(), 64).unwrap();
        let mut storage = [Entry::EMPTY];
        let to = destination(rig, &mut target, &mut storage);
        let ring = rig.frame().ring_from_device(uart(), to, period, limits).unwrap();
        assert_eq!(ring.blocks().len(), *n);
        let (ended, ring) = end(drive(rig, channel, Some(self.rounds()), ring));
        drop(ring);
        if ended.fault.is_some_and(|fault| fault.kind == FaultKind::Terminated) {
            assert!(*target.as_mut_slice() == expected, "round and round");
        }
        ended
    }
}
