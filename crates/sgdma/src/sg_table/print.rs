//! Tables for people.

use core::fmt;

use crate::buffer::Mode;

use super::SgTable;

impl<A: Mode> fmt::Display for SgTable<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nents, total) = (self.nents(), self.total_len());
        let plural = if nents == 1 { "entry" } else { "entries" };
        write!(f, "sg_table: {nents} {plural}, {total} bytes, {}, {}", A::NAME, self.memory())?;
        if nents != 0 {
            write!(f, "\n  {:>4}  {:>10}  {:<18}  {:>10}", "#", "offset", "address", "length")?;
        }
        for entry in self.entries() {
            let (start, len) = (entry.span.start().get(), entry.span.len());
            write!(
                f,
                "\n  {:>4}  {:>#10x}  {start:<#18x}  {len:>#10x}",
                entry.index, entry.offset
            )?;
        }
        Ok(())
    }
}

impl<A: Mode> fmt::Debug for SgTable<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SgTable({}, {}) ", A::NAME, self.memory())?;
        f.debug_list().entries(self.entries().map(|entry| entry.span)).finish()
    }
}
