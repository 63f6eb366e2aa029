//! What was asked for.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use sgdma::constraints::ChannelKind;
use sgdma::engine::Need;
use sgdma::register::ChannelId;

use crate::args::{Switch, Values};
use crate::console::Failure;
use crate::render::u64_of;

/// Milliseconds a test may take where no number is given.
const TIMEOUT: u64 = 1000;

/// What a test does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One piece to one piece.
    Copy,
    /// Pieces to pieces, cut differently, in any order.
    Pieces,
    /// One byte into pieces.
    Fill,
    /// A rectangle.
    Rectangle,
}

/// The kinds by their words, in the order of the help.
pub(crate) const KINDS: &[&str] = &["copy", "sg", "fill", "2d"];

impl Kind {
    fn of(word: &str) -> Self {
        match word {
            "copy" => Self::Copy,
            "fill" => Self::Fill,
            "2d" => Self::Rectangle,
            _ => Self::Pieces,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Pieces => "sg",
            Self::Fill => "fill",
            Self::Rectangle => "2d",
        }
    }
}

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Rounds; in each, every thread of every channel does one test.
    pub(super) iterations: u64,
    /// The longest transfer in bytes.
    pub(super) size: usize,
    /// What starts and lengths are multiples of.
    pub(super) align: usize,
    pub(super) channels: usize,
    /// The one channel that is asked for.
    pub(super) channel: Option<ChannelId>,
    /// Transfers queued on a channel at once.
    pub(super) threads: usize,
    pub(super) pieces: usize,
    /// Of the first test; each test's is one more than that of the one before.
    pub(super) seed: u64,
    pub(super) timeout: Duration,
    pub(super) verify: Switch,
    pub(super) kinds: Vec<Kind>,
    /// The round, counted from 1, in which a channel is switched off.
    pub(super) stuck: Option<u64>,
}

impl Request {
    pub(super) fn new(values: &Values) -> Result<Self, Failure> {
        let number = |name, usual| values.number(name).unwrap_or(usual);
        let small = |name, usual| usize::try_from(number(name, usual)).unwrap_or(usize::MAX);
        let id = values.number("channel").and_then(|n| u8::try_from(n).ok());
        let kinds = values.choices("kinds").unwrap_or(&["sg"]);
        let request = Self {
            iterations: number("iterations", 100),
            size: small("size", 4096),
            align: small("align", 1),
            channels: small("channels", 1),
            channel: id.and_then(ChannelId::new),
            threads: small("threads", 1),
            pieces: small("pieces", 8),
            seed: number("seed", 1),
            timeout: Duration::from_millis(number("timeout", TIMEOUT)),
            verify: values.switch("verify").unwrap_or(Switch::On),
            kinds: kinds.iter().map(|word| Kind::of(word)).collect(),
            stuck: values.number("stuck"),
        };
        request.check()
    }

    fn check(self) -> Result<Self, Failure> {
        let Self { align, size, channels, iterations, .. } = self;
        if align > size {
            let text = format!("align={align}: expected at most size={size}");
            return Err(Failure::new(text));
        }
        if let (Some(id), 2..) = (self.channel, channels) {
            let id = id.number();
            let text = format!("channels={channels}: expected 1 where channel={id} is given");
            return Err(Failure::new(text));
        }
        match self.stuck {
            Some(round) if round > iterations => {
                let text = format!("stuck={round}: expected at most iterations={iterations}");
                Err(Failure::new(text))
            }
            _ => Ok(self),
        }
    }

    /// What channels are asked for, the best first: with rectangles those that can do them, and if there is something else
    /// to do too, then the others.
    pub(super) fn needs(&self) -> Vec<Need> {
        match (self.channel, self.kinds_on(ChannelKind::Lite).len()) {
            (Some(id), _) => vec![Need::Exactly(id)],
            (None, 0) => vec![Need::Full],
            (None, some) if some < self.kinds.len() => vec![Need::Full, Need::Any],
            (None, _) => vec![Need::Any],
        }
    }

    /// What a channel of this kind draws from: a lite one has no 2D mode.
    pub(super) fn kinds_on(&self, channel: ChannelKind) -> Vec<Kind> {
        let does = |kind: &Kind| *kind != Kind::Rectangle || channel.has_2d();
        self.kinds.iter().copied().filter(does).collect()
    }

    /// What bytes of a rectangle's row are a multiple of on an engine of this granule.
    pub(super) fn row_unit(&self, granule: usize) -> usize {
        if self.align.is_multiple_of(granule) { self.align } else { self.align * granule }
    }

    /// Whether the shortest row of such an engine is within the size.
    pub(super) fn check_rows(&self, granule: u32) -> Result<(), Failure> {
        let row = self.row_unit(usize::try_from(granule).unwrap_or(4));
        if !self.kinds.contains(&Kind::Rectangle) || row <= self.size {
            return Ok(());
        }
        let size = self.size;
        let text =
            format!("size={size}: expected at least {row}, the shortest row of kinds=2d here");
        Err(Failure::new(text))
    }

    /// How many tests a round has.
    pub(super) fn lanes(&self) -> u64 {
        u64::try_from(self.channels.saturating_mul(self.threads)).unwrap_or(u64::MAX)
    }

    /// The line that repeats the one test with this seed.
    pub(super) fn repeat(&self, seed: u64, channel: ChannelId) -> String {
        let Self { size, align, pieces, .. } = self;
        let mut rest = String::new();
        let timeout = u64_of(self.timeout.as_millis());
        if timeout != TIMEOUT {
            rest = format!(" timeout={timeout}");
        }
        if self.verify == Switch::Off {
            rest.push_str(" verify=off");
        }
        let words: Vec<&str> = self.kinds.iter().map(|kind| kind.word()).collect();
        let (kinds, channel) = (words.join(","), channel.number());
        format!(
            "/dmatest iterations=1 size={size} align={align} pieces={pieces} seed={seed} \
             kinds={kinds} channel={channel}{rest}"
        )
    }
}
