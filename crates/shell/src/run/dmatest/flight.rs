//! A test's transfer, from ready to landed.

use alloc::string::{String, ToString};
use core::time::Duration;

use sgdma::engine::FaultKind;
use sgdma::frame::Frame;
use sgdma::platform::{Clock, Platform, Woken};
use sgdma::transfer::{InFlight, Pattern, Payload, Prepared};

use super::super::prepare::{Copy, Sink};
use crate::machine::Engine;

/// A transfer that can be submitted.
pub(super) enum Ready<'m, 'b, 'p> {
    /// From memory.
    Copy(Copy<'m, 'b, 'p>),
    /// From nowhere.
    Fill(Prepared<'m, Pattern, Sink<'b, 'p>>),
}

/// A transfer that was submitted.
pub(super) type Flight<'s, 't> = InFlight<'s, dyn Platform, &'t mut dyn Payload>;

/// Why a transfer failed.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: FaultKind,
    pub(super) text: String,
    /// The engine would not let go of its memory.
    given_up: bool,
}

/// A transfer that has ended, one way or the other.
#[derive(Debug)]
pub(super) struct Landed {
    pub(super) outcome: Result<(), Trouble>,
    /// From the start of the round.
    pub(super) time: Duration,
}

impl<'m> Ready<'m, '_, '_> {
    /// As a channel takes it.
    pub(super) fn payload(&mut self) -> &mut dyn Payload {
        match self {
            Self::Copy(copy) => copy,
            Self::Fill(fill) => fill,
        }
    }

    /// Unmaps, and gives the frame back; nothing where the engine would not let go of it.
    pub(super) fn into_frame(self, landed: &Landed) -> Option<Frame<'m>> {
        if landed.outcome.as_ref().is_err_and(|trouble| trouble.given_up) {
            core::mem::forget(self);
            return None;
        }
        Some(match self {
            Self::Copy(copy) => copy.into_parts().0,
            Self::Fill(fill) => fill.into_parts().0,
        })
    }
}

/// How long it is slept before somebody is asked whether it is to go on.
const SLICE: Duration = Duration::from_millis(20);

/// Whether it is to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Yes.
    Left,
    /// What is waited for is given up, as if its time were over.
    Spent,
    /// All is given up: nobody wants to know any more.
    Stopped,
}

/// Who is asked, once in a while, and told for how long one transfer has been waited for.
pub(super) type Ask<'a> = dyn FnMut(Duration) -> Patience + 'a;

/// Waits for it.
pub(super) fn land(
    flight: Flight<'_, '_>,
    engine: &Engine,
    timeout: Duration,
    ask: &mut Ask<'_>,
) -> (Result<(), Trouble>, Patience) {
    let clock = engine.clock();
    let start = clock.now();
    let deadline = clock.after(timeout);
    let mut patience = Patience::Left;
    while patience == Patience::Left {
        let slice = clock.after(SLICE).min(deadline);
        let woken = engine.sleep_until(slice, &mut || flight.status().is_final());
        if woken == Woken::Ready || clock.now() >= deadline {
            break;
        }
        patience = ask(clock.between(start, clock.now()));
    }
    let result = flight.wait(Duration::ZERO);
    let outcome = result.map(|_| ()).map_err(|failed| Trouble {
        kind: failed.fault.kind,
        text: failed.to_string(),
        given_up: failed.payload.is_none(),
    });
    (outcome, patience)
}
