//! What a mapping shows of itself, and platforms whose answers are not to be believed.

use std::cell::Cell;
use std::format;
use std::string::ToString;
use std::vec::Vec;

use super::machine::{BUS, LINE, Machine, Op};
use crate::address::{BusAddr, CpuAddr, CpuSpan};
use crate::buffer::{Entry, Exclusive, Memory, Piece, Shared};
use crate::map::{Bidirectional, Device, EdgeOutside, FromDevice, MapError, Mapper, ToDevice, Way};
use crate::platform::{Access, AddressMap, Coherence, Refusal};
use crate::segment::{BusSegment, BusWindow};
use crate::sg_table::SgTable;

#[test]
fn a_mapping_lists_its_segments() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 3];
    let mut table: SgTable<'_, Shared> = SgTable::new(&mut storage);
    table.push(&*machine.lend(64..128)).unwrap();
    table.push(&*machine.lend(128..130)).unwrap();
    table.push(&*machine.lend(256..257)).unwrap();
    let mapped = table.map(ToDevice, &Device::new(&machine)).unwrap();
    assert_eq!((mapped.way(), mapped.nents(), mapped.total_len()), (Way::ToDevice, 2, 67));
    assert_eq!(
        mapped.to_string(),
        "mapped to-device: 2 segments, 67 bytes\n     0  0xc0100040        0x42\n     1  0xc0100100         0x1"
    );
    assert!(format!("{mapped:?}").starts_with("Mapped(to-device, ["), "{mapped:?}");
}

#[test]
fn a_view_ends_the_mapping_without_a_second_look_at_the_cache() {
    let machine = Machine::new(512);
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, machine.lend(128..256)).unwrap();
    let mapped = table.map(Bidirectional, &Device::new(&machine)).unwrap();
    assert_eq!(
        (mapped.way(), mapped.way().to_string()),
        (Way::Bidirectional, "bidirectional".into())
    );
    machine.engine_writes(BusSegment::new(BusAddr::new(BUS + 128), 128), &[9; 128]);
    let mut view = mapped.sync_for_cpu();
    assert_eq!(view.total_len(), 128);
    view.bytes_mut().fill(0, 64, 7);
    let done = machine.ops.borrow().len();
    let table = view.unmap();
    assert_eq!(machine.ops.borrow().len(), done, "an invalidate now would lose the 7s");
    let bytes: Vec<u8> = table.bytes().slices().flatten().copied().collect();
    assert_eq!(bytes, [[7; 64], [9; 64]].concat());
}

#[test]
fn an_edge_without_a_place_is_named_by_its_offset() {
    let text = "the edge at offset 0x80 has no place in the destination";
    assert_eq!(EdgeOutside { offset: 128 }.to_string(), text);
}

/// The machine with other answers.
struct Liar<'m> {
    machine: &'m Machine,
    /// What is added to each bus address.
    off: u32,
    around: Cell<Option<(CpuSpan, BusAddr)>>,
    /// How often it was asked what is around an entry, and told to forget lines that are owned.
    asked: Cell<u32>,
    parts: Cell<u32>,
    line: usize,
}

impl<'m> Liar<'m> {
    fn new(machine: &'m Machine, off: u32) -> Self {
        let (asked, parts) = (Cell::new(0), Cell::new(0));
        Self { machine, off, around: Cell::new(None), asked, parts, line: LINE }
    }
}

// SAFETY: only its own memory, wherever it says that lies: no engine runs on it.
#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
unsafe impl AddressMap for Liar<'_> {
    fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal> {
        let addr = self.machine.bus_address(span, access)?;
        Ok(BusAddr::new(addr.get() + self.off))
    }

    fn reach(&self, _: CpuSpan, _: Access) -> Result<(CpuSpan, BusAddr), Refusal> {
        self.asked.set(self.asked.get() + 1);
        self.around.get().ok_or(Refusal::Unmapped)
    }

    fn cache_line(&self) -> usize {
        self.line
    }
}

// SAFETY: the machine's own work.
#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
unsafe impl Coherence for Liar<'_> {
    fn clean_invalidate(&self, span: CpuSpan) {
        self.machine.clean_invalidate(span);
    }

    fn invalidate(&self, span: CpuSpan) {
        self.machine.invalidate(span);
    }

    fn invalidate_part(&self, span: CpuSpan) {
        self.parts.set(self.parts.get() + 1);
        self.machine.invalidate(span);
    }

    fn clean_invalidate_all(&self) {
        self.machine.clean_invalidate_all();
    }

    fn barrier(&self) {
        self.machine.barrier();
    }
}

#[test]
fn memory_with_another_place_in_its_line_on_the_bus_is_refused() {
    let machine = Machine::new(512);
    for (off, good) in [(0, true), (4, false), (63, false), (64, true)] {
        let liar = Liar::new(&machine, off);
        let mut storage = [Entry::EMPTY; 2];
        let mut table: SgTable<'_, Exclusive> = SgTable::new(&mut storage);
        table.push(machine.lend(64..128)).unwrap();
        table.push(machine.lend(200..209)).unwrap();
        match table.map(FromDevice, &Device::new(&liar)) {
            Ok(mapped) => {
                assert!(good, "off by {off}");
                let at = |n, len| BusSegment::new(BusAddr::new(BUS + off + n), len);
                assert!(mapped.segments().eq([at(64, 64), at(200, 9)]));
            }
            Err(rejected) => {
                let segment = BusSegment::new(BusAddr::new(BUS + off + 64), 64);
                assert!(
                    matches!(rejected.reason, MapError::OutOfPhase { entry: 0, segment: s, .. } if s == segment),
                    "{rejected}"
                );
                assert!(!good);
            }
        }
    }
}

#[test]
fn an_entry_is_within_the_mask_wherever_the_platform_says_it_is() {
    let machine = Machine::new(512);
    for (off, refused) in [(0, None), (64, Some(1)), (256, Some(0))] {
        let liar = Liar::new(&machine, off);
        let window = BusWindow { first: BusAddr::new(BUS), last: BusAddr::new(BUS + 255) };
        let mut storage = [Entry::EMPTY; 2];
        let mut table: SgTable<'_, Shared> = SgTable::new(&mut storage);
        table.push(&*machine.lend(64..128)).unwrap();
        table.push(&*machine.lend(192..256)).unwrap();
        let mapped = table.map(ToDevice, &Device::new(&liar).with_window(window));
        let outside = mapped.map(drop).map_err(|rejected| rejected.reason).err();
        let entry = match outside {
            Some(MapError::OutsideWindow { entry, window: w, .. }) if w == window => Some(entry),
            _ => None,
        };
        assert_eq!((entry, outside.is_some()), (refused, refused.is_some()));
    }
}

#[test]
fn what_is_said_to_be_around_an_entry_is_believed_only_where_it_holds_the_entry() {
    let machine = Machine::new(512);
    let liar = Liar::new(&machine, 0);
    let start = machine.lend(0..1).as_ptr().addr();
    let around = |from: usize, len| CpuSpan::new(CpuAddr::new(start + from), len).unwrap();
    let bus = |at: u32| BusAddr::new(BUS + at);
    for said in [
        None,
        // All of it, a stretch before, one behind, one too short, one with another place in the lines.
        Some((around(0, 512), bus(0))),
        Some((around(0, 64), bus(0))),
        Some((around(256, 256), bus(256))),
        Some((around(0, 130), bus(0))),
        Some((around(0, 512), bus(4))),
    ] {
        liar.around.set(said);
        for window in [BusWindow::SDRAM, BusWindow { first: bus(128), last: bus(300) }] {
            let mut storage = [Entry::EMPTY; 2];
            let mut table: SgTable<'_, Shared> = SgTable::new(&mut storage);
            table.push(&*machine.lend(128..192)).unwrap();
            table.push(&*machine.lend(256..260)).unwrap();
            let mapped = table.map(ToDevice, &Device::new(&liar).with_window(window)).unwrap();
            let at = |n, len| BusSegment::new(bus(n), len);
            assert!(mapped.segments().eq([at(128, 64), at(256, 4)]), "{said:?} {mapped}");
        }
    }
}

#[test]
#[cfg_attr(feature = "small", ignore = "there is no short way")]
fn a_reference_to_a_platform_answers_as_the_platform_does() {
    fn ops(platform: &impl Mapper, liar: &Liar<'_>) -> (Vec<Op>, [u32; 2]) {
        liar.asked.set(0);
        liar.parts.set(0);
        liar.machine.ops.borrow_mut().clear();
        let mut storage = [Entry::EMPTY; 1];
        let table = SgTable::one(&mut storage, liar.machine.lend(64..200)).unwrap();
        let device = Device::new(platform).with_window(BusWindow::ALL);
        let mapped = table.map(FromDevice, &device).unwrap();
        assert_eq!(mapped.line(), LINE);
        assert!(mapped.segments().eq([BusSegment::new(BusAddr::new(BUS + 128), 136)]));
        drop(mapped);
        let span = CpuSpan::of(liar.machine.lend(64..128));
        platform.invalidate(span);
        (liar.machine.ops.borrow().clone(), [&liar.asked, &liar.parts].map(Cell::get))
    }
    let machine = Machine::new(512);
    let liar = Liar::new(&machine, 64);
    let (direct, counts) = ops(&liar, &liar);
    for op in [Op::Barrier, Op::CleanInvalidate, Op::Invalidate] {
        assert!(direct.contains(&op), "{direct:?}");
    }
    assert_eq!(counts, [1, 1]);
    assert_eq!(ops(&&liar, &liar), (direct, counts));
}

#[test]
fn lines_of_64_bytes_are_not_owned_where_the_cache_has_longer_ones() {
    let machine = Machine::new(512);
    let base = machine.lend(0..1).as_ptr().addr();
    let at = 256 - base % 128;
    let phase = u32::try_from(base % 128).unwrap();
    for (line, owned) in [(32, true), (64, true), (128, false)] {
        let liar = Liar { line, ..Liar::new(&machine, phase) };
        let mut storage = [Entry::EMPTY; 1];
        let mine = Piece::in_lines(machine.lend(at..at + 64), 64).unwrap();
        let table = SgTable::one(&mut storage, mine).unwrap();
        let mapped = table.map(FromDevice, &Device::new(&liar)).unwrap();
        assert_eq!(mapped.line(), if owned { 1 } else { line });
        // The machine panics where the neighbour's byte is lost with the line.
        machine.poke(at + 64, 7);
        let memory = mapped.unmap().memory();
        assert_eq!(memory, if owned { Memory::LineOwned } else { Memory::Cached });
    }
}
