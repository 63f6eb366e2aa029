//! What the tests of this crate share.

mod fake;
mod terminal;

pub(crate) use self::fake::Fake;
pub(crate) use self::terminal::Terminal;
