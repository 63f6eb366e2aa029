//! Three views of one byte, three types: where the CPU sees it, where it is, where the engine sees it.
//!
//! | type | whose view | on the BCM2837 |
//! | --- | --- | --- |
//! | [`CpuAddr`] | the CPU's (virtual) | what a Rust pointer holds |
//! | [`PhysAddr`] | the ARM's physical | RAM below `0x3F00_0000`, peripherals at `0x3Fxx_xxxx` |
//! | [`BusAddr`] | the DMA engine's | RAM at `0xC000_0000` + physical, peripherals at `0x7Exx_xxxx` |
//!
//! None of the three becomes another by itself. Of a pointer the platform's
//! [address map](crate::platform::AddressMap) alone makes a [`BusAddr`]: an ARM address in a control block is how the
//! Pi 3 B+ once stopped booting (raspberrypi/linux #7136). [`BusAddr::new`] is for who writes a bus address down: it takes
//! any number at its word.
//!
//! [`CpuSpan::of`] is the only place of the crate that turns a pointer into an integer.

use core::fmt;

macro_rules! address {
    ($(#[$doc:meta])* $name:ident($int:ty), $digits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name($int);

        impl $name {
            /// The address with this numeric value.
            pub const fn new(value: $int) -> Self {
                Self(value)
            }

            /// The numeric value.
            pub const fn get(self) -> $int {
                self.0
            }

            /// The address `bytes` further on, or `None` past the end of the address space.
            pub const fn checked_add(self, bytes: $int) -> Option<Self> {
                match self.0.checked_add(bytes) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// Whether the address is a multiple of `alignment`, a power of two.
            pub const fn is_aligned(self, alignment: $int) -> bool {
                self.0 & alignment.wrapping_sub(1) == 0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{:#0", $digits, "x}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{:#0", $digits, "x}"), self.0)
            }
        }

        impl fmt::LowerHex for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.0, f)
            }
        }
    };
}

address! {
    /// An address as the CPU sees it (virtual), in bytes.
    CpuAddr(usize), 10
}
address! {
    /// An address as the ARM's memory system sees it (physical), in bytes.
    PhysAddr(u32), 10
}
address! {
    /// An address as the DMA engine sees it (bus), in bytes. BCM2835 ARM Peripherals, p. 5-6.
    BusAddr(u32), 10
}

/// A stretch of memory in the CPU's view: first byte and length in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CpuSpan {
    start: CpuAddr,
    len: usize,
}

impl CpuSpan {
    /// The span of `len` bytes at `start`; `None` where it would run past the end of the address space.
    pub const fn new(start: CpuAddr, len: usize) -> Option<Self> {
        match start.checked_add(len) {
            Some(_) => Some(Self { start, len }),
            None => None,
        }
    }

    /// The span a pointer and a length name.
    ///
    /// The pointer's provenance is *exposed*: the device, which knows addresses only, may from now on read and
    /// write there as far as the pointer may.
    #[inline]
    pub fn of(memory: *const [u8]) -> Self {
        Self { start: CpuAddr::new(memory.cast::<u8>().expose_provenance()), len: memory.len() }
    }

    /// The first byte.
    pub const fn start(self) -> CpuAddr {
        self.start
    }

    /// The length in bytes.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a span of no bytes has no use that asks for it"
    )]
    pub const fn len(self) -> usize {
        self.len
    }

    /// One past the last byte.
    pub const fn end(self) -> CpuAddr {
        CpuAddr::new(self.start.get().wrapping_add(self.len))
    }

    /// The lines, a power of two of bytes long, that hold a byte of it.
    #[inline]
    pub(crate) const fn lines(self, line: usize) -> Self {
        let phase = line.wrapping_sub(1);
        let start = self.start.get() & !phase;
        let end = self.end().get().wrapping_add(phase) & !phase;
        Self { start: CpuAddr::new(start), len: end.wrapping_sub(start) }
    }

    /// Whether the two share a byte.
    pub const fn overlaps(self, other: Self) -> bool {
        let some = self.len != 0 && other.len != 0;
        some && self.start.get() < other.end().get() && other.start.get() < self.end().get()
    }
}

impl fmt::Debug for CpuSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:#x}", self.start, self.len)
    }
}

impl fmt::Display for CpuSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:#x}", self.start, self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_with_its_start_and_its_length() {
        let span = CpuSpan::new(CpuAddr::new(0x1000), 32).unwrap();
        assert_eq!(std::format!("{span}"), std::format!("{}+0x20", span.start()));
    }

    #[test]
    fn spans_share_a_byte_or_do_not_and_none_of_no_bytes_does() {
        let span = |start, len| CpuSpan::new(CpuAddr::new(start), len).unwrap();
        for (a, b) in (0..6).flat_map(|a| (0..6).map(move |b| (a, b))) {
            for (n, m) in (0..6).flat_map(|n| (0..6).map(move |m| (n, m))) {
                let shared = (a..a + n).any(|byte| (b..b + m).contains(&byte));
                assert_eq!(span(a, n).overlaps(span(b, m)), shared, "{a}+{n} {b}+{m}");
            }
        }
    }
}
