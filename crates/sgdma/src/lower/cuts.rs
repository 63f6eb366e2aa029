//! Where blocks begin and end: the one iterator behind the planner, `/sg` and its drawing.

use core::fmt;

use super::side::{Memory, Side};
use super::{End, LowerError};
use crate::address::BusAddr;
use crate::constraints::{Constraints, EngineKind};
use crate::segment::BusSegment;

/// Why a block ends where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A segment ends, on one side or both.
    SegmentEnd,
    /// No block is longer.
    MaxSegment,
    /// No block crosses a multiple of the boundary.
    Boundary,
    /// Whole bursts begin or end here.
    Burst,
    /// The cache lines that the destination owns begin or end here.
    Line,
    /// The engine moves whole granules only.
    Granule,
    /// A period of the ring ends here.
    Period,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SegmentEnd => "segment end",
            Self::MaxSegment => "max segment",
            Self::Boundary => "boundary",
            Self::Burst => "burst",
            Self::Line => "cache line",
            Self::Granule => "granule",
            Self::Period => "period",
        })
    }
}

/// How the bytes of a cut move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CutKind {
    /// Straight to the destination, 128 bits at a time, in bursts.
    Wide,
    /// Straight to the destination, 32 bits at a time.
    Narrow,
    /// Into a slot; the CPU carries them on.
    Edge {
        /// The read begins this many bytes before the first one wanted (0 to 3).
        lead: u32,
        /// How many bytes are read, a multiple of the granule.
        read: u32,
    },
}

/// One block to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cut {
    /// The first byte that is wanted.
    pub source: BusAddr,
    /// Where it goes in the end.
    pub destination: BusAddr,
    /// How many bytes are wanted.
    pub len: u32,
    /// How they move.
    pub kind: CutKind,
    /// Why it ends there.
    pub rule: Rule,
}

/// The cuts of two sides of equal length, in order.
///
/// Ends after the first error.
#[derive(Clone, Debug)]
pub struct Cuts<S, D> {
    pub(super) source: S,
    pub(super) destination: D,
    pub(super) limits: Constraints,
    pub(super) max: u32,
    pub(super) boundary_mask: u32,
    /// The part of the current destination stretch whose cache lines are wholly its own.
    pub(super) own: BusSegment,
    /// The alignment of every piece less one: 3 where whole words move.
    pub(super) word: u32,
    period: u32,
    period_left: u32,
    pub(super) moved: u64,
    done: Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    No,
    Yes,
}

impl<S, D> Cuts<Memory<S>, Memory<D>>
where
    S: Iterator<Item = BusSegment>,
    D: Iterator<Item = BusSegment>,
{
    /// The cuts of a copy from one list to another.
    pub fn new(source: S, destination: D, limits: &Constraints) -> Self {
        let source = Memory::new(source, End::Source);
        Self::between(source, Memory::new(destination, End::Destination), limits)
    }
}

impl<S: Side, D: Side> Cuts<S, D> {
    pub(super) fn between(source: S, destination: D, limits: &Constraints) -> Self {
        let cuts = Self {
            source,
            destination,
            limits: *limits,
            max: limits.max_segment(),
            boundary_mask: limits.boundary_mask(),
            own: BusSegment::default(),
            word: 0,
            period: u32::MAX,
            period_left: u32::MAX,
            moved: 0,
            done: Done::No,
        };
        if S::DEVICE || D::DEVICE { cuts.by_words() } else { cuts }
    }

    /// Whole words only.
    pub(super) fn by_words(self) -> Self {
        Self { word: 3, max: self.max & !3, ..self }
    }

    /// After so many bytes.
    pub(super) fn resume(self, moved: u64) -> Self {
        Self { moved, ..self }
    }

    pub(super) fn with_period(self, bytes: u32) -> Self {
        Self { period: bytes, period_left: bytes, ..self }
    }

    pub(super) fn boundary_mask(&self) -> u32 {
        self.boundary_mask
    }

    /// The bytes cut so far.
    pub fn moved(&self) -> u64 {
        self.moved
    }

    /// The next cut, or `None` at the common end.
    #[inline]
    pub(super) fn step(&mut self) -> Result<Option<Cut>, LowerError> {
        if self.source.left() == 0 && !self.source.refill(&self.limits)? {
            return self.source_ended();
        }
        if self.destination.left() == 0 {
            if !self.destination.refill(&self.limits)? {
                return self.destination_ended();
            }
            self.own_lines();
        }
        let cut = self.cut()?;
        self.source.advance(cut.len);
        self.destination.advance(cut.len);
        self.moved += u64::from(cut.len);
        if self.period != u32::MAX {
            self.period_left -= cut.len;
            if self.period_left == 0 {
                self.period_left = self.period;
            }
        }
        Ok(Some(cut))
    }

    /// Cuts at the nearest of all mandatory cuts.
    #[inline]
    fn cut(&self) -> Result<Cut, LowerError> {
        let (s, d) = (self.source.addr(), self.destination.addr());
        let mut piece = Piece::new(self.source.left().min(self.destination.left()));
        piece.end_at(self.period_left, Rule::Period);
        if !S::FIXED {
            piece.end_before((!s & self.boundary_mask).saturating_add(1), Rule::Boundary);
        }
        if !D::FIXED {
            piece.end_before((!d & self.boundary_mask).saturating_add(1), Rule::Boundary);
        }
        let kind = if self.lines(d, &mut piece) == Lines::Own {
            let kind = self.bursts(s, d, &mut piece);
            piece.end_before(self.max, Rule::MaxSegment);
            self.granules(s, kind, &mut piece)
        } else {
            let lead = self.lead(s);
            piece.end_before(self.max - lead, Rule::MaxSegment);
            self.edge(lead, piece.len)
        };
        self.check(s, d, piece.len)?;
        if let CutKind::Edge { lead, read } = kind {
            self.check_read(s.wrapping_sub(lead), read)?;
        }
        let (source, destination) = (BusAddr::new(s), BusAddr::new(d));
        Ok(Cut { source, destination, len: piece.len, kind, rule: piece.rule })
    }

    /// Rule 5, lines: ends the piece where the destination's ownership of its cache lines changes.
    #[inline]
    fn lines(&self, d: u32, piece: &mut Piece) -> Lines {
        if D::FIXED {
            return Lines::Own;
        }
        let into = d.wrapping_sub(self.own.addr.get());
        if into < self.own.len {
            piece.end_before(self.own.len - into, Rule::Line);
            return Lines::Own;
        }
        if d < self.own.addr.get() {
            piece.end_before(self.own.addr.get() - d, Rule::Line);
        }
        Lines::Shared
    }

    /// Rule 4: head, body and tail where both sides have the same phase.
    #[inline]
    fn bursts(&self, s: u32, d: u32, piece: &mut Piece) -> CutKind {
        let burst = self.limits.burst();
        let mask = burst - 1;
        if S::DEVICE || D::DEVICE || (!S::FIXED && (s ^ d) & mask != 0) {
            return CutKind::Narrow;
        }
        let head = d.wrapping_neg() & mask;
        if head != 0 {
            if piece.len >= head + burst {
                piece.end_before(head, Rule::Burst);
            }
            return CutKind::Narrow;
        }
        if piece.len < burst {
            return CutKind::Narrow;
        }
        piece.end_before(piece.len & !mask, Rule::Burst);
        if burst >= 16 { CutKind::Wide } else { CutKind::Narrow }
    }

    /// Rule 5, granule: whole granules go straight, what is left goes into a slot.
    #[inline]
    fn granules(&self, s: u32, kind: CutKind, piece: &mut Piece) -> CutKind {
        if self.limits.engine() == EngineKind::Hardware {
            return kind;
        }
        let whole = piece.len & !(self.limits.granule() - 1);
        if whole == 0 {
            return self.edge(self.lead(s), piece.len);
        }
        piece.end_before(whole, Rule::Granule);
        kind
    }

    #[inline]
    fn lead(&self, s: u32) -> u32 {
        if S::FIXED { 0 } else { s & (self.limits.granule() - 1) }
    }

    #[inline]
    fn edge(&self, lead: u32, len: u32) -> CutKind {
        let mask = self.limits.granule() - 1;
        CutKind::Edge { lead, read: (lead + len + mask) & !mask }
    }

    /// The lines of the current destination stretch that no other memory shares.
    #[inline]
    pub(super) fn own_lines(&mut self) {
        let mask = self.limits.line() - 1;
        let (addr, len) = (self.destination.addr(), self.destination.left());
        let head = addr.wrapping_neg() & mask;
        let whole = len.saturating_sub(head) & !mask;
        let first = if whole == 0 { addr } else { addr + head };
        self.own = BusSegment::new(BusAddr::new(first), whole);
    }

    #[inline]
    fn check(&self, s: u32, d: u32, len: u32) -> Result<(), LowerError> {
        if self.word != 0 {
            let memory = if S::FIXED { d } else { s };
            if (memory | len) & self.word != 0 {
                return Err(self.misaligned(memory, len));
            }
        } else if !S::FIXED && (s.wrapping_sub(d) < len || d.wrapping_sub(s) < len) {
            let (source, destination) = (BusAddr::new(s), BusAddr::new(d));
            return Err(LowerError::Overlap { offset: self.moved, source, destination });
        }
        Ok(())
    }

    /// The granules that an edge reads are in reach, as its bytes are.
    #[cold]
    fn check_read(&self, addr: u32, read: u32) -> Result<(), LowerError> {
        let (window, segment) = (self.limits.window(), BusSegment::new(BusAddr::new(addr), read));
        if S::FIXED || window.contains(segment) {
            return Ok(());
        }
        let (end, entry) = (End::Source, self.source.entry());
        Err(LowerError::OutsideWindow { end, entry, segment, window })
    }

    #[cold]
    fn misaligned(&self, memory: u32, len: u32) -> LowerError {
        let (end, entry) = if S::FIXED {
            (End::Destination, self.destination.entry())
        } else {
            (End::Source, self.source.entry())
        };
        LowerError::Misaligned { end, entry, addr: BusAddr::new(memory), len }
    }

    #[cold]
    fn source_ended(&mut self) -> Result<Option<Cut>, LowerError> {
        let both =
            D::FIXED || self.destination.left() == 0 && !self.destination.refill(&self.limits)?;
        if both { self.common_end() } else { Err(self.mismatch()) }
    }

    #[cold]
    fn destination_ended(&mut self) -> Result<Option<Cut>, LowerError> {
        if S::FIXED { self.common_end() } else { Err(self.mismatch()) }
    }

    fn common_end(&self) -> Result<Option<Cut>, LowerError> {
        if self.moved == 0 { Err(LowerError::Empty) } else { Ok(None) }
    }

    fn mismatch(&mut self) -> LowerError {
        let source = self.moved.saturating_add(self.source.rest());
        LowerError::LengthMismatch {
            source,
            destination: self.moved.saturating_add(self.destination.rest()),
        }
    }
}

impl<S: Side, D: Side> Iterator for Cuts<S, D> {
    type Item = Result<Cut, LowerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done == Done::Yes {
            return None;
        }
        let step = self.step();
        if !matches!(step, Ok(Some(_))) {
            self.done = Done::Yes;
        }
        step.transpose()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    Own,
    Shared,
}

/// A length on its way to the nearest cut, and what cut it last.
struct Piece {
    len: u32,
    rule: Rule,
}

impl Piece {
    #[inline]
    fn new(len: u32) -> Self {
        Self { len, rule: Rule::SegmentEnd }
    }

    /// Ends it after `len` bytes where it is longer.
    #[inline]
    fn end_before(&mut self, len: u32, rule: Rule) {
        if len < self.len {
            *self = Self { len, rule };
        }
    }

    /// The same, and names the rule where it would have ended there anyway.
    #[inline]
    fn end_at(&mut self, len: u32, rule: Rule) {
        if len <= self.len {
            *self = Self { len, rule };
        }
    }
}
