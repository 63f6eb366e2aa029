//! Cutting a table at given lengths (`sg_split`). No part ever gets an entry of no bytes.

use crate::buffer::Mode;

use super::{SgTable, TableError};

impl<A: Mode> SgTable<'_, A> {
    /// Moves what lies behind the first `at` bytes into `rest`, an empty table; an entry is cut where it must be. At 0
    /// all of it moves and at the total length nothing.
    ///
    /// # Errors
    /// The table ends before `at`, `rest` is not empty or has no room. Both tables are as they were.
    pub fn split_off(&mut self, at: usize, rest: &mut Self) -> Result<(), TableError> {
        if at > self.total_len() {
            return Err(TableError::TooShort { wanted: at, total: self.total_len() });
        }
        if !rest.is_empty() {
            return Err(TableError::NotEmpty { nents: rest.nents() });
        }
        self.list.split_off(at, &mut rest.list).map_err(|no_room| rest.no_room(no_room))
    }
}

#[cfg(feature = "alloc")]
pub use growing::Split;

#[cfg(feature = "alloc")]
mod growing {
    use alloc::vec::Vec;

    use crate::buffer::Mode;
    use crate::rejected::Rejected;

    use super::super::{SgTable, TableError};

    /// What a table was split into.
    #[derive(Debug)]
    pub struct Split<'buf, A: Mode> {
        /// What was skipped; empty for a skip of 0.
        pub before: SgTable<'buf, A>,
        /// A table for each length.
        pub parts: Vec<SgTable<'buf, A>>,
        /// What lies behind the last part.
        pub after: SgTable<'buf, A>,
    }

    impl<'buf, A: Mode> SgTable<'buf, A> {
        /// Splits the table into one for each of `lengths`, in bytes and none of them 0, after the first `skip` bytes
        /// (`sg_split`). Nothing is lost: what was skipped and what is left come back too.
        ///
        /// # Errors
        /// With the whole table back: it is too short, a length is 0, or the heap is full.
        pub fn split(
            mut self,
            skip: usize,
            lengths: &[usize],
        ) -> Result<Split<'buf, A>, Rejected<TableError, Self>> {
            let mut parts = Vec::new();
            match self.split_into(skip, lengths, &mut parts) {
                Ok(after) => Ok(Split { before: self, parts, after }),
                Err(reason) => Err(Rejected::new(reason, self)),
            }
        }

        /// Cuts from the back, so that each entry moves once. Leaves `self` whole on an error.
        fn split_into(
            &mut self,
            skip: usize,
            lengths: &[usize],
            parts: &mut Vec<Self>,
        ) -> Result<Self, TableError> {
            if lengths.contains(&0) {
                return Err(TableError::EmptyEntry);
            }
            let end = lengths.iter().try_fold(skip, |sum, length| sum.checked_add(*length));
            let mut at = end.ok_or(TableError::TooLong)?;
            parts.try_reserve(lengths.len()).map_err(|_| TableError::OutOfMemory)?;
            let mut after = Self::growing();
            self.split_off(at, &mut after)?;
            for length in lengths.iter().rev() {
                at -= length;
                let mut part = Self::growing();
                if let Err(reason) = self.split_off(at, &mut part) {
                    self.rejoin(parts, after)?;
                    return Err(reason);
                }
                parts.push(part);
            }
            parts.reverse();
            Ok(after)
        }

        /// Undoes a split that the heap cut short.
        fn rejoin(&mut self, parts: &mut Vec<Self>, after: Self) -> Result<(), TableError> {
            for part in parts.drain(..).rev().chain([after]) {
                self.chain(part).map_err(|rejected| rejected.reason)?;
            }
            Ok(())
        }
    }
}
