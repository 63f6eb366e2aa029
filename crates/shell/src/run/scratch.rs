//! Typed addresses: which of them a person may have moved.

use alloc::format;
use core::ops::Range;

use super::demo::{Demo, stopped};
use crate::args::{Value, Values};
use crate::console::{Failure, Session};
use crate::machine::{Machine, MemoryKind, Rights, region_at};

/// The address given for `name`; 0 if there is none.
pub(super) fn address(
    session: &mut Session<'_>,
    values: &Values,
    name: &str,
) -> Result<u64, Failure> {
    let Some(Value::Scratch(offset)) = values.get(name) else {
        return Ok(values.number(name).unwrap_or_default());
    };
    let span = session.demo().as_ref().ok_or_else(stopped)?.span();
    let end =
        || Failure::told(format_args!("{name}=scratch+{offset:#x}: the scratch memory is {span}"));
    span.start.checked_add(*offset).ok_or_else(end)
}

/// Which bytes of the scratch memory these are.
///
/// # Errors
/// The first that is none of it, and what is there.
pub(super) fn place(
    machine: &dyn Machine,
    demo: &Demo,
    address: u64,
    len: u64,
) -> Result<Range<usize>, Failure> {
    let span = demo.span();
    demo.range(address, len).ok_or_else(|| {
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
