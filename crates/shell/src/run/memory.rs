//! `/dump` and `/poke`.

use alloc::format;

use super::demo::Demo;
use super::scratch::address;
use crate::args::Values;
use crate::console::{Answer, Failure, Session, Stopped};
use crate::machine::{Rights, check};
use crate::render::{ROW, dump_row};

/// What `/dump` shows where no length is given.
const DUMPED: u64 = 64;

pub(super) fn dump(session: &mut Session<'_>, values: &Values) -> Answer {
    let len = values.number("len").unwrap_or(DUMPED);
    let addr = address(session, values, "addr", len)?;
    check(&session.machine().memory_map(), addr, len, Rights::Read)?;
    let mut done = 0;
    while done < len {
        session.go_on().map_err(|Stopped| Failure::stopped(format!("{done:#x} bytes")))?;
        done += row(session, addr + done, len - done)?;
    }
    Ok(format!("{len:#x} bytes at {addr:#x}"))
}

/// Shows one row; says how many bytes it holds.
fn row(session: &mut Session<'_>, addr: u64, left: u64) -> Result<u64, Failure> {
    let mut room = [0; ROW];
    let len = usize::try_from(left).unwrap_or(ROW).min(ROW);
    let bytes = room.get_mut(..len).unwrap_or_default();
    read(session, addr, bytes)?;
    session.line(&dump_row(addr, bytes));
    Ok(u64::try_from(len).unwrap_or(1))
}

/// Reads memory; the scratch memory by its owner, which is the console.
fn read(session: &mut Session<'_>, addr: u64, into: &mut [u8]) -> Result<(), Failure> {
    let len = u64::try_from(into.len()).unwrap_or(u64::MAX);
    if let Some(Demo { scratch, .. }) = session.demo()
        && let Some(bytes) = scratch.range(addr, len).and_then(|at| scratch.memory().get(at))
    {
        into.copy_from_slice(bytes);
        return Ok(());
    }
    let read = session.machine().read_memory(addr, into);
    read.map_err(|why| Failure::told(format_args!("{addr:#x} cannot be read: {why}")))
}

pub(super) fn poke(session: &mut Session<'_>, values: &Values) -> Answer {
    let addr = address(session, values, "addr", 4)?;
    let value = values.number("value").unwrap_or_default();
    let value = u32::try_from(value).unwrap_or(u32::MAX);
    if !addr.is_multiple_of(4) {
        return Err(Failure::told(format_args!("addr={addr:#x} is no multiple of 4")));
    }
    check(&session.machine().memory_map(), addr, 4, Rights::ReadWrite)?;
    let mut before = [0; 4];
    read(session, addr, &mut before)?;
    write(session, addr, value)?;
    let before = u32::from_le_bytes(before);
    Ok(format!("{addr:#x} was {before:#010x}, is {value:#010x}"))
}

/// Writes a word; into the scratch memory by its owner, which is the console.
fn write(session: &mut Session<'_>, addr: u64, value: u32) -> Result<(), Failure> {
    if let Some(Demo { scratch, .. }) = session.demo()
        && let Some(at) = scratch.range(addr, 4)
        && let Some(bytes) = scratch.memory_mut().get_mut(at)
    {
        bytes.copy_from_slice(&value.to_le_bytes());
        return Ok(());
    }
    let written = session.machine().write_word(addr, value);
    written.map_err(|why| Failure::told(format_args!("{addr:#x} cannot be written: {why}")))
}
