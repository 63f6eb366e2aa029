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
            let end = lengths.iter().try_fold(skip, |sum, length| sum.checked_add(*length));
            let total = self.total_len();
            let checked = match end {
                _ if lengths.contains(&0) => Err(TableError::EmptyEntry),
                None => Err(TableError::TooLong),
                Some(wanted) if wanted > total => Err(TableError::TooShort { wanted, total }),
                Some(_) => Ok(()),
            };
            let split = checked.and_then(|()| {
                let split = self.list.split(skip, lengths, Self::over);
                split.map_err(|no_room| self.no_room(no_room))
            });
            match split {
                Ok((parts, after)) => Ok(Split { before: self, parts, after }),
                Err(reason) => Err(Rejected::new(reason, self)),
            }
        }
    }
}
