//! Memory that is lent to a table or owned by it: the only module that turns pointers into slices.
//!
//! Everything here holds memory by raw pointer, never by reference, because two masters share it: a reference that
//! lives while the engine writes would be a lie to the compiler. References exist only inside a call that has the
//! table in its hands.
//!
//! The invariants, kept by this module and relied on by every `unsafe` block in it:
//!
//! 1. A [`Piece<'buf, A>`] was made from a borrow that lasts for `'buf`, is of non-null memory that is valid for reads
//!    for that long, for writes too if `A` is [`Exclusive`], and then nothing else names that memory for `'buf`.
//! 2. A piece is not `Clone`; what goes into a list leaves the caller's hands. So the entries of an exclusive list are
//!    disjoint. (An entry of a buffer that the list owns is disjoint from others since the buffer is, and valid for as long as
//!    the list, or one that was cut from it, keeps it.)
//! 3. An [`Entry`] on its own gives no access; only the list that holds it does, and the list carries `'buf`.

mod entry;
mod iter;
mod list;
mod live;
mod piece;
mod region;
pub(crate) mod wide;

#[cfg(feature = "alloc")]
mod line;
#[cfg(feature = "alloc")]
mod owner;

#[cfg(not(feature = "alloc"))]
mod fixed;
#[cfg(feature = "alloc")]
mod growing;

#[cfg(not(feature = "alloc"))]
use fixed as growth;
#[cfg(feature = "alloc")]
use growing as growth;

pub use entry::Entry;
pub(crate) use entry::NoRoom;
#[cfg(feature = "alloc")]
pub use growing::ENTRIES_PER_PIECE;
pub use iter::{Segments, Slices, SlicesMut, Spans};
pub(crate) use iter::{Writable, Writables};
#[cfg(feature = "alloc")]
pub use line::{LineBuffer, OutOfMemory};
pub(crate) use list::EntryList;
pub use live::LiveError;
#[cfg(feature = "alloc")]
pub(crate) use owner::Owned;
pub use piece::{Exclusive, LINE, Memory, Mode, Piece, Shared};
pub use region::CoherentRegion;
pub(crate) use region::Run;
