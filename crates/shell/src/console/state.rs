//! What the console keeps between two lines.

use sgdma::timing::Timing;

use crate::journal::Journal;
use crate::render::Paint;
use crate::run::{Background, Demo};
use crate::scatter::Cuts;

use super::input::Input;

/// What the console keeps between two lines.
#[derive(Debug)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) input: Input,
    pub(super) journal: Journal,
    pub(super) tally: Tally,
    pub(super) paint: Paint,
    pub(super) cuts: Cuts,
    pub(super) timing: Timing,
    pub(super) background: Background,
    /// What the main job holds, while it is started.
    pub(super) demo: Option<Demo>,
    /// How many lost bytes the user knows of.
    pub(super) losses_told: u64,
}

/// What the console is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It answers a line, or has not yet prompted.
    Busy,
    /// The user is at the prompt.
    Prompt,
    /// There will be no prompt again.
    Over,
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines answered with `ok:`.
    pub ok: u64,
    /// Lines answered with `error:`.
    pub error: u64,
    /// Data lines among them.
    pub data: u64,
    /// Bytes of data lines.
    pub data_bytes: u64,
}

impl State {
    pub(super) fn new(paint: Paint) -> Self {
        Self {
            phase: Phase::Busy,
            input: Input::new(),
            journal: Journal::new(),
            tally: Tally::default(),
            paint,
            cuts: Cuts::default(),
            timing: Timing::ESTIMATE,
            background: Background::default(),
            demo: None,
            losses_told: 0,
        }
    }
}
