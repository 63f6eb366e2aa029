//! A test's transfer, from ready to landed.

use alloc::string::{String, ToString};
use core::time::Duration;

use sgdma::engine::FaultKind;
use sgdma::frame::Frame;
use sgdma::platform::Platform;
use sgdma::scope::Scope;
use sgdma::transfer::{Destination, InFlight, Pattern, Prepared, Source};

use super::super::prepare::{Copy, Sink, told};
use crate::console::Failure;
use crate::machine::Channel;

/// A transfer that can be submitted.
pub(super) enum Ready<'m, 'b, 'p> {
    /// From memory.
    Copy(Copy<'m, 'b, 'p>),
    /// From nowhere.
    Fill(Prepared<'m, Pattern, Sink<'b, 'p>>),
}

/// A transfer that was submitted.
pub(super) enum Flight<'s, 'm, 'b, 'p> {
    Copy(InFlight<'s, dyn Platform, Copy<'m, 'b, 'p>>),
    Fill(InFlight<'s, dyn Platform, Prepared<'m, Pattern, Sink<'b, 'p>>>),
}

/// Why a transfer failed.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: FaultKind,
    pub(super) text: String,
}

/// A transfer that has ended, one way or the other.
#[derive(Debug)]
pub(super) struct Landed<'m> {
    /// `None` where the engine would not let go of it.
    pub(super) frame: Option<Frame<'m>>,
    pub(super) outcome: Result<(), Trouble>,
    /// From the start of the round.
    pub(super) time: Duration,
}

impl<'m, 'b, 'p> Ready<'m, 'b, 'p> {
    /// Queues it.
    pub(super) fn submit<'s, 'env>(
        self,
        scope: &'s Scope<'s, 'env, dyn Platform>,
        channel: &Channel<'env>,
    ) -> Result<Flight<'s, 'm, 'b, 'p>, Failure>
    where
        Self: 's,
    {
        match self {
            Self::Copy(copy) => {
                scope.submit(channel, copy).map(Flight::Copy).map_err(|no| told(no.reason))
            }
            Self::Fill(fill) => {
                scope.submit(channel, fill).map(Flight::Fill).map_err(|no| told(no.reason))
            }
        }
    }
}

impl<'m> Flight<'_, 'm, '_, '_> {
    /// Waits for it, unmaps, and gives the frame back.
    pub(super) fn land(self, timeout: Duration, time: impl FnOnce() -> Duration) -> Landed<'m> {
        match self {
            Self::Copy(copy) => land(copy, timeout, time),
            Self::Fill(fill) => land(fill, timeout, time),
        }
    }
}

fn land<'m, S: Source, D: Destination>(
    flight: InFlight<'_, dyn Platform, Prepared<'m, S, D>>,
    timeout: Duration,
    time: impl FnOnce() -> Duration,
) -> Landed<'m> {
    let result = flight.wait(timeout);
    let time = time();
    match result {
        Ok(transfer) => Landed { frame: Some(transfer.into_parts().0), outcome: Ok(()), time },
        Err(failed) => {
            let trouble = Trouble { kind: failed.fault.kind, text: failed.to_string() };
            let frame = failed.payload.map(|transfer| transfer.into_parts().0);
            Landed { frame, outcome: Err(trouble), time }
        }
    }
}
