//! What is asked of the engine, and how it refuses.

use super::{QUEUE_DEPTH, Withdrawal};
use crate::register::ChannelId;

/// What a channel is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anything: lite ones first, so that the others stay free.
    Any,
    /// 2D, or the bandwidth of a full channel.
    Full,
    /// As much bandwidth as can be had: channel 0, else a full one.
    Bulk,
    /// Just this one.
    Exactly(ChannelId),
}

/// Why no channel could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// Every channel that would do is taken, or was withdrawn.
    NoneFree,
    /// This one belongs to somebody.
    Taken {
        /// Whose it is.
        owner: &'static str,
    },
    /// The firmware keeps this one for itself.
    NotOurs {
        /// The channel.
        channel: ChannelId,
    },
    /// It broke.
    Withdrawn {
        /// How.
        reason: Withdrawal,
    },
}

impl core::fmt::Display for RequestError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoneFree => f.write_str("no channel is free: release one"),
            Self::Taken { owner } => write!(f, "the channel belongs to {owner}"),
            Self::NotOurs { channel } => {
                write!(f, "the VideoCore keeps {channel}: take one of the firmware's mask")
            }
            Self::Withdrawn { reason } => write!(f, "the channel was withdrawn: {reason}"),
        }
    }
}

impl core::error::Error for RequestError {}

/// In which order channels are tried. 2 comes last of the full ones (the SD card's on old firmware), 11 to 14 last of
/// the lite ones (they share a line).
pub(super) const fn preference(need: Need) -> &'static [u8] {
    match need {
        Need::Any => &[8, 9, 10, 5, 4, 11, 12, 13, 14, 0, 2],
        Need::Full => &[5, 4, 0, 2],
        Need::Bulk => &[0, 5, 4, 2],
        Need::Exactly(_) => &[],
    }
}

/// Why a transfer was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmitError {
    /// [`QUEUE_DEPTH`] transfers are there already, ended ones that nobody collected among them.
    QueueFull,
    /// The channel broke.
    Withdrawn {
        /// How.
        reason: Withdrawal,
    },
}

impl core::fmt::Display for SubmitError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::QueueFull => write!(f, "the channel holds {QUEUE_DEPTH} transfers: wait for one"),
            Self::Withdrawn { reason } => write!(f, "the channel was withdrawn: {reason}"),
        }
    }
}

impl core::error::Error for SubmitError {}

/// The channel did not come to a halt within the bound; it may still do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseError {
    /// The channel.
    pub channel: ChannelId,
}

impl core::fmt::Display for PauseError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} did not come to a halt", self.channel)
    }
}

impl core::error::Error for PauseError {}
