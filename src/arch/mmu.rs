//! The MMU: five kinds of memory, identity-mapped, and the proof that the tables say what was meant.
//!
//! The tables are built by `aarch64-paging` while the MMU is off. Its `activate` and `mark_active` are not used: they
//! hold an atomic read-modify-write, which the chip cannot do before the MMU is on. The map never changes afterwards.

use core::arch::asm;
use core::mem::ManuallyDrop;
use core::ops::Range;
use core::ptr::NonNull;

use aarch64_cpu::registers::{
    MAIR_EL1, PAR_EL1, ReadWriteable, Readable, SCTLR_EL1, TCR_EL1, TTBR0_EL1, Writeable,
};
use aarch64_paging::descriptor::{El1Attributes, PhysicalAddress};
use aarch64_paging::mair::{Mair, MairAttribute, NormalMemory};
use aarch64_paging::paging::{
    Constraints, El1And0, MemoryRegion, PageTable, RootTable, Translation, VaRange,
};

use super::barrier;

/// The size of a page, in bytes.
pub(crate) const PAGE: usize = 4096;
/// Addresses have 39 bits: the walk begins at level 1.
const ROOT_LEVEL: usize = 1;

const WRITE_BACK: MairAttribute = MairAttribute::normal(
    NormalMemory::WriteBackNonTransientReadWriteAllocate,
    NormalMemory::WriteBackNonTransientReadWriteAllocate,
);
const NON_CACHEABLE: MairAttribute =
    MairAttribute::normal(NormalMemory::NonCacheable, NormalMemory::NonCacheable);
const MAIR: Mair = Mair::EMPTY
    .with_attribute(0, WRITE_BACK)
    .with_attribute(1, NON_CACHEABLE)
    .with_attribute(2, MairAttribute::DEVICE_NGNRE);

/// What a region is mapped as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Instructions: read and execute.
    Text,
    /// Constants: read only.
    ReadOnly,
    /// Data, stacks, heap: read and write, write-back cached.
    Data,
    /// Shared with a bus master that does not see the caches: read and write, Normal non-cacheable.
    Coherent,
    /// Peripherals: Device-nGnRE.
    Device,
}

impl Kind {
    fn attributes(self) -> El1Attributes {
        let base = El1Attributes::VALID | El1Attributes::ACCESSED | El1Attributes::UXN;
        let normal = base | El1Attributes::INNER_SHAREABLE;
        match self {
            Self::Text => normal | El1Attributes::READ_ONLY,
            Self::ReadOnly => normal | El1Attributes::READ_ONLY | El1Attributes::PXN,
            Self::Data => normal | El1Attributes::PXN,
            Self::Coherent => {
                base | El1Attributes::OUTER_SHAREABLE
                    | El1Attributes::ATTRIBUTE_INDEX_1
                    | El1Attributes::PXN
            }
            Self::Device => {
                base | El1Attributes::OUTER_SHAREABLE
                    | El1Attributes::ATTRIBUTE_INDEX_2
                    | El1Attributes::PXN
            }
        }
    }

    /// The attribute byte that a translation must give: 0xFF, 0x44 or 0x04.
    pub(crate) fn attribute_byte(self) -> u8 {
        match self {
            Self::Text | Self::ReadOnly | Self::Data => WRITE_BACK.0,
            Self::Coherent => NON_CACHEABLE.0,
            Self::Device => MairAttribute::DEVICE_NGNRE.0,
        }
    }

    /// The rights and the memory type, for a listing.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Text => "r-x write-back",
            Self::ReadOnly => "r-- write-back",
            Self::Data => "rw- write-back",
            Self::Coherent => "rw- non-cacheable",
            Self::Device => "rw- device nGnRE",
        }
    }
}

/// Why there is no map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapError {
    /// The linker reserved too few tables.
    OutOfTables,
    /// The region at this address is not one the tables can hold.
    Region(usize),
}

/// Hands out the tables the linker reserved, in order, zeroed.
#[derive(Debug)]
struct TablePool {
    next: usize,
    end: usize,
}

impl Translation<El1Attributes> for TablePool {
    fn allocate_table(&mut self) -> (NonNull<PageTable<El1Attributes>>, PhysicalAddress) {
        // `Tables::map` keeps enough tables in hand for the deepest walk before it maps anything.
        let address = self.next;
        self.next += PAGE;
        let table = self.physical_to_virtual(PhysicalAddress(address));
        // SAFETY: a page of the linker's table area, aligned, handed out once, and all zeroes is an empty table.
        unsafe { table.write_bytes(0, 1) };
        (table, PhysicalAddress(address))
    }

    unsafe fn deallocate_table(&mut self, _: NonNull<PageTable<El1Attributes>>) {
        // The tables live as long as the machine runs.
    }

    fn physical_to_virtual(&self, pa: PhysicalAddress) -> NonNull<PageTable<El1Attributes>> {
        let table = core::ptr::with_exposed_provenance_mut(pa.0);
        // SAFETY: the table area does not begin at address 0.
        unsafe { NonNull::new_unchecked(table) }
    }
}

/// The tables, while they are built.
pub(crate) struct Tables(ManuallyDrop<RootTable<El1And0, TablePool>>);

impl Tables {
    /// An empty map whose tables are taken from `area`.
    ///
    /// # Safety
    /// `area` is RAM that nothing else uses, ever, page-aligned and not at 0; the MMU is off.
    ///
    /// # Errors
    /// [`MapError::OutOfTables`] where not even the root fits.
    pub(crate) unsafe fn new(area: Range<usize>) -> Result<Self, MapError> {
        if area.len() < PAGE {
            return Err(MapError::OutOfTables);
        }
        let pool = TablePool { next: area.start, end: area.end };
        let root = RootTable::with_va_range(pool, ROOT_LEVEL, El1And0, VaRange::Lower);
        Ok(Self(ManuallyDrop::new(root)))
    }

    /// Maps `range` to itself; an empty range maps nothing.
    ///
    /// # Errors
    /// No table is left, or the range has no place in the address space.
    pub(crate) fn map(&mut self, range: &Range<usize>, kind: Kind) -> Result<(), MapError> {
        // Each end of a range can need a table of level 2 and one of level 3.
        const DEEPEST: usize = 4;
        if range.is_empty() {
            return Ok(());
        }
        let pool = self.0.translation();
        if pool.end.saturating_sub(pool.next) < DEEPEST * PAGE {
            return Err(MapError::OutOfTables);
        }
        let region = MemoryRegion::new(range.start, range.end);
        self.0
            .map_range(
                &region,
                PhysicalAddress(region.start().0),
                kind.attributes(),
                Constraints::NO_CONTIGUOUS_HINT,
            )
            .map_err(|_| MapError::Region(range.start))
    }

    /// Turns the MMU and the caches on.
    ///
    /// # Safety
    /// The map holds everything that the program uses from here on: code, constants, data, the current stack, the
    /// exception stack, the vectors.
    pub(crate) unsafe fn enable(self) {
        MAIR_EL1.set(MAIR.0);
        TTBR0_EL1.set(self.0.to_physical().0 as u64);
        TCR_EL1.write(
            TCR_EL1::T0SZ.val(64 - 39)
                + TCR_EL1::TG0::KiB_4
                + TCR_EL1::SH0::Inner
                + TCR_EL1::ORGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                + TCR_EL1::IRGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
                + TCR_EL1::EPD1::DisableTTBR1Walks
                + TCR_EL1::IPS::Bits_32,
        );
        // SAFETY: forgets translations, of which there are none yet worth keeping.
        unsafe {
            asm!("dsb sy", "tlbi vmalle1", "ic iallu", "dsb sy", "isb", options(nostack));
        }
        SCTLR_EL1.modify(
            SCTLR_EL1::M::Enable
                + SCTLR_EL1::C::Cacheable
                + SCTLR_EL1::I::Cacheable
                + SCTLR_EL1::SA::Enable
                + SCTLR_EL1::WXN::Enable,
        );
        barrier::instruction();
    }
}

/// What the MMU answers for a read at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Translated {
    /// The physical address.
    pub(crate) physical: usize,
    /// The attribute byte of `MAIR_EL1` in force.
    pub(crate) attributes: u8,
}

/// Asks the MMU (`AT S1E1R`, `PAR_EL1`); `None` where nothing is mapped.
///
/// The shareability in `PAR_EL1` differs between QEMU's versions, so it is not given.
pub(crate) fn translate(address: usize) -> Option<Translated> {
    // SAFETY: a translation without an access; its result lands in PAR_EL1.
    unsafe { asm!("at s1e1r, {}", "isb", in(reg) address, options(nostack, preserves_flags)) };
    let par = PAR_EL1.extract();
    if par.matches_all(PAR_EL1::F::TranslationAborted) {
        return None;
    }
    let page = par.read(PAR_EL1::PA) << 12;
    let [.., attributes] = par.get().to_le_bytes();
    Some(Translated { physical: usize::try_from(page).ok()? | (address & (PAGE - 1)), attributes })
}

/// Whether the first and the last page of `range` are mapped to themselves as `kind`.
pub(crate) fn is_mapped_as(range: &Range<usize>, kind: Kind) -> bool {
    [range.start, range.end.wrapping_sub(1)].into_iter().all(|address| {
        translate(address)
            == Some(Translated { physical: address, attributes: kind.attribute_byte() })
    })
}
