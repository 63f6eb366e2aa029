//! Where the mappings of a device are recorded, if anywhere: without the feature `ledger` nowhere, and no code is there for it.

use crate::ledger::Ledger;

#[cfg(feature = "ledger")]
#[derive(Clone, Copy)]
pub(super) struct Records<'p>(Option<&'p Ledger>);

#[cfg(feature = "ledger")]
impl<'p> Records<'p> {
    pub(super) const NONE: Self = Self(None);

    pub(super) const fn in_ledger(ledger: &'p Ledger) -> Self {
        Self(Some(ledger))
    }

    #[inline]
    pub(super) const fn ledger(self) -> Option<&'p Ledger> {
        self.0
    }
}

#[cfg(not(feature = "ledger"))]
#[derive(Clone, Copy)]
pub(super) struct Records<'p>(core::marker::PhantomData<&'p Ledger>);

#[cfg(not(feature = "ledger"))]
#[expect(clippy::unused_self, reason = "has the shape of the other")]
impl<'p> Records<'p> {
    pub(super) const NONE: Self = Self(core::marker::PhantomData);

    #[inline]
    pub(super) const fn ledger(self) -> Option<&'p Ledger> {
        None
    }
}
