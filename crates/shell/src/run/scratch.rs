//! Typed addresses: which of them a person may have moved.

use alloc::boxed::Box;
use alloc::format;
use core::fmt;
use core::ops::Range;

use super::demo::stopped;
use crate::args::{Span, Value, Values};
use crate::console::{Failure, Session};
use crate::machine::{Buffer, Machine, MemoryKind, Rights, region_at};

/// Memory that a person may use by its address.
pub(crate) struct Scratch(Box<dyn Buffer>);

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scratch({})", self.span())
    }
}

impl Scratch {
    pub(super) fn new(memory: Box<dyn Buffer>) -> Self {
        Self(memory)
    }

    /// Where it is.
    pub(super) fn span(&self) -> Span {
        let number = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        Span { start: number(self.0.as_ptr().addr()), len: number(self.0.len()) }
    }

    /// All of it.
    pub(super) fn memory(&self) -> &[u8] {
        &self.0
    }

    /// All of it, to be written.
    pub(super) fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Which bytes of it a stretch is; `None` where it leaves it.
    pub(super) fn range(&self, address: u64, len: u64) -> Option<Range<usize>> {
        let span = self.span();
        let from = address.checked_sub(span.start)?;
        let to = from.checked_add(len).filter(|to| *to <= span.len)?;
        Some(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
    }
}

/// The address given for `name`; 0 if there is none. Named as a place in the scratch memory, `len` bytes from it are in there.
pub(super) fn address(
    session: &mut Session<'_>,
    values: &Values,
    name: &str,
    len: u64,
) -> Result<u64, Failure> {
    let Some(&Value::Scratch(offset)) = values.get(name) else {
        return Ok(values.number(name).unwrap_or_default());
    };
    let span = session.demo().as_ref().ok_or_else(stopped)?.scratch.span();
    match offset.checked_add(len) {
        Some(end) if end <= span.len => Ok(span.start.saturating_add(offset)),
        _ => Err(Failure::told(format_args!(
            "{name}=scratch+{offset:#x}: {len:#x} bytes leave the scratch memory, {span}"
        ))),
    }
}

/// Which bytes of the scratch memory these are.
///
/// # Errors
/// The first that is none of it, and what is there.
pub(super) fn place(
    machine: &dyn Machine,
    scratch: &Scratch,
    address: u64,
    len: u64,
) -> Result<Range<usize>, Failure> {
    let span = scratch.span();
    scratch.range(address, len).ok_or_else(|| {
        let end = span.start.saturating_add(span.len);
        let first = if (span.start..end).contains(&address) { end } else { address };
        let what = match region_at(&machine.memory_map(), first) {
            None => format!("{first:#x} is not mapped"),
            Some(region) if region.memory == MemoryKind::Unmapped => {
                format!("{first:#x} is not mapped ({})", region.name)
            }
            Some(region) if region.engine == Rights::None => {
                format!("{first:#x} is {}, which is closed to the engine", region.name)
            }
            Some(region) => format!("{first:#x} is {} that belongs to others", region.name),
        };
        Failure::told(format_args!("{what}; the scratch memory is {span}"))
    })
}
