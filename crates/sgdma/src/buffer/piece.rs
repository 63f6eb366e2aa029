//! A stretch of memory on its way into a table.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::slice;

/// The cache line of the Cortex-A53, in bytes. (Linux `bcm2837.dtsi`; the boot compares it with `CTR_EL0`)
pub const LINE: usize = 64;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Shared {}
    impl Sealed for super::Exclusive {}
}

/// How a table holds its memory: [`Shared`] or [`Exclusive`].
pub trait Mode: sealed::Sealed + 'static {
    /// The word for it in print.
    const NAME: &'static str;
}

/// Built over `&[u8]`: the engine may read it, and so may anybody.
#[derive(Debug)]
pub enum Shared {}

/// Built over `&mut [u8]` or memory of its own: the engine may write it.
#[derive(Debug)]
pub enum Exclusive {}

impl Mode for Shared {
    const NAME: &'static str = "shared";
}

impl Mode for Exclusive {
    const NAME: &'static str = "exclusive";
}

/// What the cache has to do with a stretch of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Memory {
    /// Cached, and its first and last cache line may hold somebody else's bytes.
    Cached,
    /// Cached, and every line of [`LINE`] bytes that holds a byte of it holds nobody else's.
    LineOwned,
    /// Not cached: CPU and engine have one view.
    Coherent,
}

impl Memory {
    /// What a table is that holds both; `None` where they do not go together.
    pub(crate) fn joined(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Coherent, Self::Coherent) => Some(Self::Coherent),
            (Self::Coherent, _) | (_, Self::Coherent) => None,
            (Self::LineOwned, Self::LineOwned) => Some(Self::LineOwned),
            _ => Some(Self::Cached),
        }
    }

    /// What each half is after a cut at this address: halves of a line do not own it.
    pub(crate) fn cut(self, address: usize) -> Self {
        match self {
            Self::LineOwned if !address.is_multiple_of(LINE) => Self::Cached,
            memory => memory,
        }
    }

    /// What it is to a cache whose lines are of so many bytes: what has lines of [`LINE`] to itself shares longer ones.
    pub(crate) fn under(self, line: usize) -> Self {
        match self {
            Self::LineOwned if line > LINE => Self::Cached,
            memory => memory,
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cached => "cached",
            Self::LineOwned => "line-owned",
            Self::Coherent => "coherent",
        })
    }
}

/// The allocation-wide borrow a piece was cut from. Neighbours with the same origin may be reached by one pointer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    start: usize,
    len: usize,
}

/// A stretch of memory that is lent for `'buf`, in bytes.
///
/// Made from a slice by `From`; [`split_at`](Self::split_at) cuts it as a slice is cut, but so that the halves may be
/// one again.
pub struct Piece<'buf, A: Mode> {
    start: NonNull<u8>,
    len: usize,
    origin: Origin,
    memory: Memory,
    lent: PhantomData<(&'buf mut [u8], A)>,
}

// SAFETY: a piece is a `&'buf [u8]` or a `&'buf mut [u8]` by another name (invariant 1); both may move to another
// thread.
unsafe impl<A: Mode> Send for Piece<'_, A> {}
// SAFETY: a shared piece gives no access at all, only its length and address.
unsafe impl<A: Mode> Sync for Piece<'_, A> {}

impl<A: Mode> Piece<'_, A> {
    fn of(bytes: NonNull<[u8]>, memory: Memory) -> Self {
        let start = bytes.cast::<u8>();
        let origin = Origin { start: start.addr().get(), len: bytes.len() };
        Self { start, len: bytes.len(), origin, memory, lent: PhantomData }
    }

    /// The length in bytes; may be 0, which no table takes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What the cache has to do with it.
    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// The first `mid` bytes and the rest; a `mid` past the end gives everything and nothing.
    ///
    /// Halves of [line-owned](Memory::LineOwned) memory that is cut inside a line share it and so are merely cached, unless
    /// one is empty.
    #[must_use]
    pub fn split_at(self, mid: usize) -> (Self, Self) {
        let mid = mid.min(self.len);
        // SAFETY: `mid` is at most `len`, so the sum stays in or one past the memory of invariant 1.
        let start = unsafe { self.start.add(mid) };
        let inside = mid != 0 && mid != self.len;
        let memory = if inside { self.memory.cut(start.addr().get()) } else { self.memory };
        let rest = Self { start, len: self.len - mid, memory, ..self };
        (Self { len: mid, memory, ..self }, rest)
    }

    /// The piece cut into parts of `page` bytes, the last one shorter where it does not come out even.
    pub fn pages(self, page: core::num::NonZeroUsize) -> impl Iterator<Item = Self> {
        let mut rest = Some(self);
        core::iter::from_fn(move || {
            let (page, after) = rest.take()?.split_at(page.get());
            rest = (!after.is_empty()).then_some(after);
            (!page.is_empty()).then_some(page)
        })
    }

    /// The piece of these bytes.
    ///
    /// # Safety
    /// Invariant 1 of the module holds for them, for `'buf` and `A`.
    pub(super) unsafe fn from_raw(bytes: NonNull<[u8]>, memory: Memory) -> Self {
        Self::of(bytes, memory)
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }
}

impl<'buf> Piece<'buf, Shared> {
    /// The slice again.
    pub fn into_slice(self) -> &'buf [u8] {
        // SAFETY: invariant 1: valid for reads for 'buf, and nobody writes it while it is borrowed shared.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<'buf> Piece<'buf, Exclusive> {
    /// The slice again.
    pub fn into_slice(self) -> &'buf mut [u8] {
        // SAFETY: invariant 1: valid for reads and writes for 'buf and named by nothing else, as `self` is consumed.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    /// The first `len` bytes of whole cache lines of [`LINE`] bytes, which are lent with it and so hold nothing else.
    ///
    /// `None` where `lines` does not begin and end on a line, or is shorter than that.
    pub fn in_lines(lines: &'buf mut [u8], len: usize) -> Option<Self> {
        let whole = lines.as_ptr().addr().is_multiple_of(LINE) && lines.len().is_multiple_of(LINE);
        if !whole {
            return None;
        }
        lines.get_mut(..len).map(|bytes| Self::of(NonNull::from(bytes), Memory::LineOwned))
    }

    /// The same for memory that bypasses the cache.
    pub(crate) fn coherent(bytes: &'buf mut [u8]) -> Self {
        Self::of(NonNull::from(bytes), Memory::Coherent)
    }

    /// The same for memory whose cache lines hold nothing else.
    #[cfg(feature = "alloc")]
    pub(crate) fn line_owned(bytes: &'buf mut [u8]) -> Self {
        Self::of(NonNull::from(bytes), Memory::LineOwned)
    }
}

impl<'buf> From<&'buf [u8]> for Piece<'buf, Shared> {
    fn from(bytes: &'buf [u8]) -> Self {
        Self::of(NonNull::from(bytes), Memory::Cached)
    }
}

impl<'buf, const N: usize> From<&'buf [u8; N]> for Piece<'buf, Shared> {
    fn from(bytes: &'buf [u8; N]) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl<'buf> From<&'buf mut [u8]> for Piece<'buf, Exclusive> {
    fn from(bytes: &'buf mut [u8]) -> Self {
        Self::of(NonNull::from(bytes), Memory::Cached)
    }
}

impl<'buf, const N: usize> From<&'buf mut [u8; N]> for Piece<'buf, Exclusive> {
    fn from(bytes: &'buf mut [u8; N]) -> Self {
        Self::from(bytes.as_mut_slice())
    }
}

impl<A: Mode> fmt::Debug for Piece<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:p}+{:#x} ({}, {})", self.start, self.len, A::NAME, self.memory)
    }
}
