//! The shape of a refusal: why, and everything that was handed in.

use core::error::Error;
use core::fmt;

/// What a function that consumes a value returns when it will not have it: the reason, and the value back.
pub struct Rejected<E, T> {
    /// Why.
    pub reason: E,
    /// What was handed in, as it was.
    pub returned: T,
}

impl<E, T> Rejected<E, T> {
    /// The refusal of `returned` because of `reason`.
    pub const fn new(reason: E, returned: T) -> Self {
        Self { reason, returned }
    }

    /// The reason alone; what was handed in is dropped.
    pub fn into_reason(self) -> E {
        self.reason
    }

    /// The same refusal with the value handed back in another form.
    pub fn map_returned<U>(self, form: impl FnOnce(T) -> U) -> Rejected<E, U> {
        Rejected { reason: self.reason, returned: form(self.returned) }
    }
}

impl<E: fmt::Debug, T> fmt::Debug for Rejected<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl<E: fmt::Display, T> fmt::Display for Rejected<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<E: Error, T> Error for Rejected<E, T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason.source()
    }
}
