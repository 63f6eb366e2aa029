//! The judge: one pass over the blocks, both lists walked beside them.

use super::bits;
use super::cursor::Walk;
use super::fault::Fault;
use super::rules::{Rules, Zones};
use super::verify::Chain;
use crate::address::BusAddr;
use crate::control_block::ControlBlock;
use crate::lower::{Edge, End};
use crate::segment::BusSegment;

/// What the TI words of a transfer must look like, and its alignment.
#[derive(Clone, Copy)]
pub(super) struct Job {
    /// All bits of TI but widths, burst and those of the last block.
    pub(super) must: u32,
    /// What the last block has besides.
    pub(super) last: u32,
    /// The width bits that a block may have, all of them or none.
    pub(super) wide: u32,
    /// The alignment of every piece less one.
    pub(super) word: u32,
    /// How many bytes a burst may read: those of the pattern of a fill, whose address stands still, or one word of a device.
    pub(super) burst: u32,
}

pub(super) struct Judge<'a, S, D> {
    source: S,
    dest: D,
    zones: &'a Zones,
    job: Job,
    rules: &'a Rules,
    /// The last TI that was found good, and the alignment it asks for.
    seen: u32,
    align: u32,
    unit: u32,
    edges: &'a [Edge],
    slots: BusSegment,
    /// Where the last slot ended, in bytes from the start of the slots.
    taken: u32,
    moved: u64,
}

impl<'a, S: Walk, D: Walk> Judge<'a, S, D> {
    pub(super) fn new(
        chain: &Chain<'a>,
        rules: &'a Rules,
        job: Job,
        zones: &'a Zones,
        (source, dest): (S, D),
    ) -> Self {
        // Bursts shorter than 128 bits leave no width but 32.
        let wide = if rules.burst_mask < 15 { 0 } else { job.wide };
        let job = Job { wide, ..job };
        Self {
            source,
            dest,
            zones,
            job,
            rules,
            // One word at a time is right for every job.
            seen: job.must,
            align: job.word,
            unit: rules.granule_mask | job.word,
            edges: chain.edges,
            slots: chain.slots,
            taken: 0,
            moved: 0,
        }
    }

    /// After blocks that move so many bytes.
    pub(super) fn resume(self, moved: u64) -> Self {
        Self { moved, ..self }
    }

    /// Checks a block whose TI, without what its place asks for, is `ti`, and which must lead to `next`.
    #[inline]
    pub(super) fn block(&mut self, block: &ControlBlock, ti: u32, next: u32) -> Result<(), Fault> {
        if ti != self.seen {
            self.transfer_information(ti, block.ti)?;
        }
        let (s, d, len) = (block.source, block.dest, block.len);
        let tail = len.wrapping_sub(1);
        let [r6, r7] = block.reserved;
        let mut wrong =
            block.stride | r6 | r7 | (block.next ^ next) | (len & (self.unit | self.align));
        if !S::FIXED {
            wrong |= (s ^ s.wrapping_add(tail)) & self.rules.beyond | s & self.align;
        }
        if !D::FIXED {
            wrong |= (d ^ d.wrapping_add(tail)) & self.rules.beyond | d & self.align;
        }
        if wrong != 0 || tail >= self.rules.max {
            return Err(self.words(block, next));
        }
        if self.reads_what_it_writes(s, d, len) {
            let (source, destination) = (BusAddr::new(s), BusAddr::new(d));
            return Err(Fault::Overlap { source, destination });
        }
        let ready = (s == self.source.addr()) & (d == self.dest.addr());
        let whole = (len <= self.source.left()) & (len <= self.dest.left());
        let owned = D::FIXED || (d | len) & self.zones.line_mask == 0;
        if cfg!(feature = "small") || !(ready & whole & owned) {
            return self.closely(s, d, len);
        }
        self.moved += u64::from(len);
        self.source.advance(len, self.zones)?;
        self.dest.advance(len, self.zones)
    }

    /// Whether a block reads what it writes. From a source that stands still it reads as much as a burst does.
    #[inline]
    fn reads_what_it_writes(&self, s: u32, d: u32, len: u32) -> bool {
        let read = if S::FIXED { self.job.burst } else { len };
        !D::FIXED && (s.wrapping_sub(d) < len) | (d.wrapping_sub(s) < read)
    }

    /// Whether nothing is left to move.
    pub(super) fn end(&self) -> Result<(), Fault> {
        if !S::FIXED && self.source.left() != 0 {
            let next = BusAddr::new(self.source.addr());
            return Err(Fault::Short { end: End::Source, next });
        }
        if !D::FIXED && self.dest.left() != 0 {
            let next = BusAddr::new(self.dest.addr());
            return Err(Fault::Short { end: End::Destination, next });
        }
        if !self.edges.is_empty() {
            return Err(Fault::EdgesLeft { edges: self.edges.len() });
        }
        Ok(())
    }

    /// A block that spans entries, shares lines, fills a slot, or is wrong.
    #[cold]
    fn closely(&mut self, s: u32, d: u32, len: u32) -> Result<(), Fault> {
        let into = d.wrapping_sub(self.slots.addr.get());
        if !D::FIXED && d != self.dest.addr() && into < self.slots.len {
            return self.edge(s, into, len);
        }
        self.source.take(s, len, self.zones)?;
        self.dest.take_lines(d, len, self.zones)?;
        self.moved += u64::from(len);
        Ok(())
    }

    /// A block that fills a slot, `at` bytes from the start of the slots.
    fn edge(&mut self, s: u32, at: u32, len: u32) -> Result<(), Fault> {
        let offset = self.moved;
        let slot = BusAddr::new(self.slots.addr.get().wrapping_add(at));
        let lead = if S::FIXED { 0 } else { self.source.addr().wrapping_sub(s) };
        let (edge, rest) = match self.edges.split_first() {
            Some((edge, rest)) if edge.offset == offset && edge.slot == at.wrapping_add(lead) => {
                (edge, rest)
            }
            _ => return Err(Fault::Edge { offset, slot }),
        };
        if at < self.taken || len > self.slots.len.wrapping_sub(at) {
            return Err(Fault::Slot { slot, len });
        }
        self.taken = at.wrapping_add(len);
        self.edges = rest;
        self.edge_read(s, len, lead, edge.len)?;
        self.source.take(s.wrapping_add(lead), edge.len, self.zones)?;
        let to = self.dest.addr();
        if S::FIXED && self.reads_what_it_writes(s, to, edge.len) {
            let (source, destination) = (BusAddr::new(s), BusAddr::new(to));
            return Err(Fault::Overlap { source, destination });
        }
        self.dest.take(to, edge.len, self.zones)?;
        self.moved += u64::from(edge.len);
        Ok(())
    }

    /// An edge of `wanted` bytes reads the granules that hold them: no more, no less.
    fn edge_read(&self, s: u32, len: u32, lead: u32, wanted: u32) -> Result<(), Fault> {
        let granule = self.rules.granule_mask;
        let misread = Err(Fault::EdgeRead { source: BusAddr::new(s), len });
        let aligned = S::FIXED || s & granule == 0;
        if wanted == 0 || lead > granule || !aligned || len < lead {
            return misread;
        }
        let spare = len - lead;
        if spare < wanted || spare - wanted > granule {
            return misread;
        }
        if S::FIXED { Ok(()) } else { self.zones.check_read(s, len) }
    }

    /// Checks a TI that differs from the one before.
    #[inline]
    fn transfer_information(&mut self, ti: u32, whole: u32) -> Result<(), Fault> {
        let wide = ti & bits::WIDTHS;
        let most = self.most_beats(wide);
        let right = ti & !(bits::BURST | bits::WIDTHS) == self.job.must
            && (wide == 0 || wide == self.job.wide)
            && ti & bits::BURST <= most << bits::BURST_AT;
        if !right {
            return Err(self.misinformed(ti, whole, most));
        }
        self.align = if wide == 0 { self.job.word } else { self.rules.burst_mask };
        self.seen = ti;
        Ok(())
    }

    /// The largest burst field.
    #[inline]
    fn most_beats(&self, wide: u32) -> u32 {
        let kind = self.rules.kind;
        let (most, beat) =
            if wide == 0 { (bits::narrow_burst(kind), 4) } else { (bits::wide_burst(kind), 16) };
        most.min((self.job.burst / beat).saturating_sub(1))
    }

    /// Names what is wrong with a TI.
    #[cold]
    fn misinformed(&self, ti: u32, whole: u32, most: u32) -> Fault {
        let differs = (ti & !(bits::BURST | bits::WIDTHS)) ^ self.job.must;
        let stray = bits::RESERVED | bits::NOT_ON_LITE | bits::WAITS;
        let wide = ti & bits::WIDTHS;
        if differs & stray != 0 {
            return Fault::Bits { ti: whole, wrong: differs & stray };
        }
        if differs & bits::INTEN != 0 {
            return Fault::Interrupt { ti: whole };
        }
        if differs & bits::WAIT_RESP != 0 {
            return Fault::Response { ti: whole };
        }
        if differs & (bits::SRC_INC | bits::DEST_INC) != 0 {
            return Fault::Increment { ti: whole };
        }
        if differs != 0 {
            return Fault::Pacing { ti: whole };
        }
        if wide != 0 && wide != self.job.wide {
            return Fault::Width { ti: whole };
        }
        Fault::Burst { ti: whole, most }
    }

    /// Names what is wrong with the other words.
    #[cold]
    fn words(&self, block: &ControlBlock, next: u32) -> Fault {
        let (s, d, len) = (block.source, block.dest, block.len);
        let tail = len.wrapping_sub(1);
        if tail >= self.rules.max {
            return Fault::Length { len, most: self.rules.max };
        }
        if block.stride != 0 {
            return Fault::Stride { stride: block.stride };
        }
        if let Some(&word) = block.reserved.iter().find(|word| **word != 0) {
            return Fault::Reserved { word };
        }
        if block.next != next {
            return Fault::Next { next: block.next, expected: next };
        }
        let addresses = if S::FIXED { 0 } else { s } | if D::FIXED { 0 } else { d };
        let bits = addresses & self.align | len & (self.unit | self.align);
        if bits != 0 {
            return Fault::Alignment { bits };
        }
        let beyond = self.rules.beyond;
        let (end, addr) = if !S::FIXED && (s ^ s.wrapping_add(tail)) & beyond != 0 {
            (End::Source, s)
        } else {
            (End::Destination, d)
        };
        Fault::Boundary { end, addr: BusAddr::new(addr), len }
    }
}
