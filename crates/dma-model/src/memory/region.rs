//! What lies where in the machine's memory.

use core::ops::Range;

use super::Cache;

/// What the engine may do with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// Cached RAM for buffers.
    Cached,
    /// Non-cacheable RAM: CPU and engine see the same.
    Coherent,
    /// The engine may read it only.
    ReadOnly,
    /// Closed to the engine.
    Closed,
}

/// A named stretch of the machine's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    name: &'static str,
    start: usize,
    length: usize,
    window: Window,
}

impl Region {
    /// Its name, as a refusal gives it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its bytes, as offsets from the first byte of the machine's memory.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start.saturating_add(self.length)
    }

    /// What the engine may do there.
    pub const fn window(&self) -> Window {
        self.window
    }

    pub(crate) fn is_coherent(&self) -> bool {
        self.window == Window::Coherent
    }

    pub(crate) fn has_two_views(&self, cache: Cache) -> bool {
        cache == Cache::Hostile && self.window != Window::Coherent
    }
}

/// The machine's memory, region after region in whole pages; the first byte has the bus address `0xC010_0000`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    regions: Vec<Region>,
    /// Which of them each page belongs to: every access asks.
    pages: Vec<usize>,
}

/// A page, what the MMU tells apart.
const PAGE: usize = 4096;

impl Layout {
    /// The default: text, read-only data, page tables and stack of a page each, with heap and coherent memory of
    /// these sizes in bytes between them.
    pub fn new(heap: usize, coherent: usize) -> Self {
        Self::default()
            .with("text", PAGE, Window::Closed)
            .with("rodata", PAGE, Window::Closed)
            .with("heap", heap, Window::Cached)
            .with("page tables", PAGE, Window::Closed)
            .with("coherent", coherent, Window::Coherent)
            .with("stack", PAGE, Window::Closed)
    }

    /// Adds a region of `length` bytes (rounded up to a page) at the end.
    #[must_use]
    pub fn with(mut self, name: &'static str, length: usize, window: Window) -> Self {
        let start = self.len();
        let length = length.max(1).next_multiple_of(PAGE);
        self.pages.resize((start + length) / PAGE, self.regions.len());
        self.regions.push(Region { name, start, length, window });
        self
    }

    /// All regions, in order.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The region of this name.
    pub fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.name == name)
    }

    pub(crate) fn at(&self, offset: usize) -> Option<&Region> {
        self.regions.get(*self.pages.get(offset / PAGE)?)
    }

    pub(crate) fn len(&self) -> usize {
        self.regions.last().map_or(0, |region| region.range().end)
    }

    fn first(&self, window: Window) -> Range<usize> {
        self.regions.iter().find(|region| region.window == window).map_or(0..0, Region::range)
    }

    pub(crate) fn heap(&self) -> Range<usize> {
        self.first(Window::Cached)
    }

    pub(crate) fn coherent(&self) -> Range<usize> {
        self.first(Window::Coherent)
    }
}
