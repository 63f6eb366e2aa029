//! Memory with two views.
//!
//! The *CPU's view* is real memory of this process, the arena, which the driver reads and writes through its own
//! pointers. The *device's view* is a second copy. Only cache maintenance moves bytes between them, in whole lines.
//! Coherent regions have one view, the arena; there the second copy is what had been stored at the last barrier.

mod arena;
mod region;

use arena::Arena;
pub use region::{Layout, Region, Window};

use crate::police::Violation;

/// A cache line of the Cortex-A53, in bytes (TRM §6.1).
pub(crate) const LINE: usize = 64;
/// Where the arena begins on the bus: neither its CPU address nor its physical one.
pub(crate) const BUS_BASE: u32 = 0xC010_0000;

/// Whether the model looks at coherent memory at each barrier, to tell later what was stored after it. To Rust that is an
/// access to bytes that the driver may hold exclusively and has not exposed yet, which a barrier of the chip's is not: Miri
/// would call the driver's own references dead.
const REMEMBERS_BARRIERS: bool = !cfg!(miri);

/// What is known of a line besides its bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    /// `shadow` holds what the CPU's view was when the two last met.
    synced: bool,
    /// The engine wrote here since.
    device_wrote: bool,
    /// Some buffer owns it.
    owned: bool,
    /// The sequence number of the invalidate that handed it back to the CPU.
    handed_back: u64,
}

/// Whether the CPU has a cache between itself and the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    Hostile,
    None,
}

/// Whose bytes and how they are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Block,
    Data,
}

/// Which channel accesses which byte, as an offset into the arena.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) channel: u8,
    pub(crate) offset: usize,
}

#[derive(Debug)]
pub(crate) struct Memory {
    arena: Arena,
    layout: Layout,
    device: Vec<u8>,
    shadow: Vec<u8>,
    lines: Vec<Line>,
    cache: Cache,
    next_free: usize,
    maintenance_pending: bool,
    written: Vec<usize>,
    sequence: u64,
}

impl Memory {
    pub(crate) fn new(layout: Layout, cache: Cache, rng: &mut fastrand::Rng) -> Self {
        let len = layout.len();
        let arena = Arena::new(len);
        let (noise, mut device) = power_on(len, rng);
        arena.write(0, &noise);
        for region in layout.regions() {
            let bytes = region.range();
            if !region.has_two_views(cache)
                && let (Some(to), Some(from)) = (device.get_mut(bytes.clone()), noise.get(bytes))
            {
                to.copy_from_slice(from);
            }
        }
        let next_free = layout.heap().start;
        Self {
            arena,
            layout,
            device,
            shadow: noise,
            lines: vec![Line::default(); len / LINE],
            cache,
            next_free,
            maintenance_pending: false,
            written: Vec::new(),
            sequence: 1,
        }
    }

    pub(crate) fn base(&self) -> usize {
        self.arena.address()
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The next number of the machine's order of events.
    pub(crate) fn tick(&mut self) -> u64 {
        self.sequence = self.sequence.saturating_add(1);
        self.sequence
    }

    /// Where a CPU span lies in the arena.
    pub(crate) fn offset_of(&self, start: usize, length: usize) -> Option<usize> {
        let offset = start.checked_sub(self.base())?;
        (offset.checked_add(length)? <= self.layout.len()).then_some(offset)
    }

    /// Takes heap, in whole lines; the offset of the first byte asked for.
    pub(crate) fn allocate(&mut self, length: usize, align: usize, offset: usize) -> Option<usize> {
        let align = align.max(LINE);
        let start = self.next_free.checked_next_multiple_of(align)?;
        let first = start.checked_add(offset)?;
        let end = first.checked_add(length.max(1))?.checked_next_multiple_of(LINE)?;
        if end > self.layout.heap().end {
            return None;
        }
        self.next_free = end;
        for line in self.lines.get_mut(start / LINE..end / LINE)? {
            line.owned = true;
        }
        Some(first)
    }

    /// A dirty line: the CPU's view is not what it was when the two views last met.
    fn is_dirty(&self, line: usize) -> bool {
        if !self.lines.get(line).is_some_and(|state| state.synced) {
            return true;
        }
        let mut now = [0; LINE];
        let start = line * LINE;
        self.arena.read(start, &mut now);
        self.shadow.get(start..start + LINE) != Some(now.as_slice())
    }

    /// Writes a line of the CPU's view back to the device's.
    fn write_back(&mut self, line: usize) {
        let range = line * LINE..line * LINE + LINE;
        if let Some(to) = self.device.get_mut(range) {
            self.arena.read(line * LINE, to);
        }
    }

    /// From now on the two views are taken as equal.
    fn mark_synced(&mut self, line: usize) {
        let range = line * LINE..line * LINE + LINE;
        if let Some(to) = self.shadow.get_mut(range) {
            self.arena.read(line * LINE, to);
        }
        let Some(state) = self.lines.get_mut(line) else { return };
        state.synced = true;
        let wrote = core::mem::replace(&mut state.device_wrote, false);
        if wrote && let Some(index) = self.written.iter().position(|other| *other == line) {
            self.written.swap_remove(index);
        }
    }

    fn has_two_views(&self, offset: usize) -> bool {
        self.layout.at(offset).is_some_and(|region| region.has_two_views(self.cache))
    }

    /// `DC CIVAC` over a span of the arena.
    pub(crate) fn clean_invalidate(
        &mut self,
        offset: usize,
        length: usize,
        report: &mut dyn FnMut(Violation),
    ) {
        self.maintenance_pending = true;
        for line in lines(offset, length) {
            if !self.has_two_views(line * LINE) {
                continue;
            }
            if self.is_dirty(line) {
                if self.lines.get(line).is_some_and(|state| state.device_wrote) {
                    report(Violation::WriteBackOverDevice { address: bus(line * LINE) });
                }
                self.write_back(line);
                self.mark_synced(line);
            } else if !self.lines.get(line).is_some_and(|state| state.device_wrote) {
                self.mark_synced(line);
            } else {
                self.fetch(line);
            }
        }
    }

    /// `DC IVAC` over a span of the arena, with its barriers. `write_back` is what an A53 may do with a dirty line.
    pub(crate) fn invalidate(
        &mut self,
        offset: usize,
        length: usize,
        write_back: &mut dyn FnMut() -> bool,
        report: &mut dyn FnMut(Violation),
    ) {
        let sequence = self.tick();
        if self.has_two_views(offset)
            && (!offset.is_multiple_of(LINE) || !length.is_multiple_of(LINE))
        {
            report(Violation::InvalidatePartial { address: bus(offset), length });
        }
        for line in lines(offset, length) {
            if !self.has_two_views(line * LINE) {
                continue;
            }
            if self.is_dirty(line) {
                report(Violation::InvalidateDirty { address: bus(line * LINE) });
                if write_back() {
                    self.write_back(line);
                }
            }
            self.fetch(line);
            if let Some(state) = self.lines.get_mut(line) {
                state.handed_back = sequence;
            }
        }
    }

    /// All lines cleaned and invalidated. That is to be seen in those that the engine wrote only: a dirty one goes out
    /// sooner or later anyhow, and to Rust a look at it would be an access to bytes that the driver may hold exclusively.
    pub(crate) fn take_back_all(&mut self) {
        self.maintenance_pending = true;
        for line in 0..self.lines.len() {
            let written = self.lines.get(line).is_some_and(|state| state.device_wrote);
            if written && self.has_two_views(line * LINE) {
                self.fetch(line);
            }
        }
    }

    /// Brings a line from the device's view into the CPU's.
    fn fetch(&mut self, line: usize) {
        if let Some(bytes) = self.device.get(line * LINE..line * LINE + LINE) {
            self.arena.write(line * LINE, bytes);
        }
        self.mark_synced(line);
    }

    /// `DSB SY`.
    pub(crate) fn barrier(&mut self) {
        self.maintenance_pending = false;
        if !REMEMBERS_BARRIERS {
            return;
        }
        let coherent = self.layout.coherent();
        if let Some(to) = self.device.get_mut(coherent.clone()) {
            self.arena.read(coherent.start, to);
        }
    }

    /// Whether cache maintenance waits for a barrier.
    pub(crate) const fn maintenance_pending(&self) -> bool {
        self.maintenance_pending
    }

    /// Whether the bytes of a coherent span are the ones of the last barrier; `true` for cached memory.
    pub(crate) fn is_ordered(&self, offset: usize, length: usize) -> bool {
        if !REMEMBERS_BARRIERS || !self.layout.at(offset).is_some_and(Region::is_coherent) {
            return true;
        }
        let mut now = vec![0; length];
        self.arena.read(offset, &mut now);
        self.device.get(offset..offset.saturating_add(length)) == Some(now.as_slice())
    }

    /// What the engine would see there now, without judging. Coherent memory: the arena itself.
    pub(crate) fn peek(&self, offset: usize, into: &mut [u8]) {
        if self.has_two_views(offset) {
            if let Some(from) = self.device.get(offset..offset.saturating_add(into.len())) {
                into.copy_from_slice(from);
            }
        } else {
            self.arena.read(offset, into);
        }
    }

    /// The engine reads. `into` never crosses a line.
    pub(crate) fn device_read(
        &mut self,
        Place { channel, offset }: Place,
        into: &mut [u8],
        purpose: Purpose,
        report: &mut dyn FnMut(Violation),
    ) {
        let mut cpu = [0; LINE];
        let Some(cpu) = cpu.get_mut(..into.len()) else { return };
        self.arena.read(offset, cpu);
        let unjudged = !REMEMBERS_BARRIERS && !self.has_two_views(offset);
        if self.cache == Cache::None || unjudged {
            into.copy_from_slice(cpu);
            return;
        }
        let Some(seen) = self.device.get(offset..offset.saturating_add(into.len())) else { return };
        into.copy_from_slice(seen);
        if into == cpu {
            return;
        }
        let address = bus(offset);
        if !self.has_two_views(offset) {
            report(match purpose {
                Purpose::Block => Violation::StartWithoutBarrier { channel },
                Purpose::Data => Violation::UnorderedSource { channel, address },
            });
        } else if self.is_dirty(offset / LINE) {
            report(match purpose {
                Purpose::Block => Violation::StaleBlock { channel, address },
                Purpose::Data => Violation::StaleSource { channel, address },
            });
        }
    }

    /// A write of the engine lands. `from` never crosses a line; `issued` is when it left the engine.
    pub(crate) fn device_write(
        &mut self,
        Place { channel, offset }: Place,
        from: &[u8],
        issued: u64,
        report: &mut dyn FnMut(Violation),
    ) {
        if let Some(to) = self.device.get_mut(offset..offset.saturating_add(from.len())) {
            to.copy_from_slice(from);
        }
        if !self.has_two_views(offset) {
            self.arena.write(offset, from);
            return;
        }
        let line = offset / LINE;
        let address = bus(offset);
        if self.is_dirty(line) {
            report(Violation::DirtyDestination { channel, address });
        }
        if let Some(state) = self.lines.get_mut(line) {
            if state.handed_back > issued {
                report(Violation::LateWrite { channel, address });
            }
            if !state.device_wrote {
                state.device_wrote = true;
                self.written.push(line);
            }
        }
    }

    /// A hostile cache evicts one of the lines the engine wrote, if the CPU dirtied it.
    pub(crate) fn evict_one(&mut self, choice: usize, report: &mut dyn FnMut(Violation)) {
        let Some(&line) = self.written.get(choice % self.written.len().max(1)) else { return };
        if self.is_dirty(line) {
            report(Violation::WriteBackOverDevice { address: bus(line * LINE) });
            self.write_back(line);
            self.mark_synced(line);
        }
    }

    /// The first line of a span that the engine wrote and no one invalidated since.
    pub(crate) fn stale_line(&self, offset: usize, length: usize) -> Option<u32> {
        let span = lines(offset, length);
        let stale = self.written.iter().filter(|line| span.contains(line)).min();
        stale.map(|line| bus(line * LINE))
    }

    /// Whether some buffer owns the line of this byte (coherent memory is owned as a whole).
    pub(crate) fn is_owned(&self, offset: usize) -> bool {
        self.layout.at(offset).is_some_and(Region::is_coherent)
            || self.lines.get(offset / LINE).is_some_and(|line| line.owned)
    }
}

/// So many bytes of noise are drawn under Miri, where each costs microseconds; the rest repeats them. No multiple of a
/// line: neighbouring lines differ.
const NOISE_UNDER_MIRI: usize = 251;

/// Both views at power-on: noise, and every byte of the second differs from the first, so that whatever is read too early
/// is seen.
fn power_on(len: usize, rng: &mut fastrand::Rng) -> (Vec<u8>, Vec<u8>) {
    let mut noise = vec![0; if cfg!(miri) { NOISE_UNDER_MIRI } else { len }];
    rng.fill(&mut noise);
    let device: Vec<u8> = noise.iter().map(|byte| !byte).collect();
    (repeated(noise, len), repeated(device, len))
}

/// These bytes over and over, `len` in all.
fn repeated(bytes: Vec<u8>, len: usize) -> Vec<u8> {
    if bytes.len() == len {
        return bytes;
    }
    let mut all = bytes.repeat(len.div_ceil(bytes.len().max(1)));
    all.truncate(len);
    all
}

/// The lines that hold a byte of a span.
fn lines(offset: usize, length: usize) -> core::ops::Range<usize> {
    if length == 0 {
        return 0..0;
    }
    offset / LINE..offset.saturating_add(length).div_ceil(LINE)
}

/// The bus address of an offset into the arena.
pub(crate) fn bus(offset: usize) -> u32 {
    u32::try_from(offset).map_or(u32::MAX, |offset| BUS_BASE.wrapping_add(offset))
}
