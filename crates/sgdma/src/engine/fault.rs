//! How a transfer can fail.

use core::fmt;

use super::Snapshot;
use crate::register::debug;

/// Why a transfer did not do what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The bus answered a read with an error (`READ_ERROR`, p. 63).
    Read,
    /// The external FIFO erred (`FIFO_ERROR`; channel 0).
    Fifo,
    /// A read's last beat was not marked (`READ_LAST_NOT_SET_ERROR`).
    ReadLast,
    /// `CS.ERROR` was set and no bit of `DEBUG` said why.
    Unexplained,
    /// It did not complete before its deadline.
    Timeout,
    /// It was taken back by [`terminate`](crate::channel::Channel::terminate_all) or by dropping its handle.
    Terminated,
    /// Its channel was withdrawn before it started.
    Withdrawn,
}

impl FaultKind {
    /// What the error bits of `DEBUG` mean, the gravest first.
    pub const fn of_debug(bits: u32) -> Self {
        if bits & debug::READ_ERROR != 0 {
            Self::Read
        } else if bits & debug::FIFO_ERROR != 0 {
            Self::Fifo
        } else if bits & debug::READ_LAST_NOT_SET_ERROR != 0 {
            Self::ReadLast
        } else {
            Self::Unexplained
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "the bus answered a read with an error",
            Self::Fifo => "the FIFO of the engine failed",
            Self::ReadLast => "the last beat of a read was not marked",
            Self::Unexplained => "the engine reports an error and no reason",
            Self::Timeout => "not complete in time",
            Self::Terminated => "terminated",
            Self::Withdrawn => "the channel is withdrawn",
        })
    }
}

/// A failed transfer: why, and what the registers said then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// Why.
    pub kind: FaultKind,
    /// The registers, before the channel was recovered; zero where the transfer never ran.
    pub registers: Snapshot,
}

impl Fault {
    /// A fault of a transfer that was not on the engine.
    pub(crate) const fn off_engine(kind: FaultKind) -> Self {
        let registers = Snapshot {
            cs: 0,
            conblk_ad: 0,
            ti: 0,
            source_ad: 0,
            dest_ad: 0,
            txfr_len: 0,
            next: 0,
            debug: 0,
        };
        Self { kind, registers }
    }

    /// Whether it happened on the engine, and not in the queue.
    pub fn was_running(&self) -> bool {
        self.registers != Snapshot::default()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.registers.block() {
            Some(block) => write!(f, "{} (at control block {block})", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl core::error::Error for Fault {}
