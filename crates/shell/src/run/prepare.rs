//! From two mapped sides to a transfer that is ready to run: one copy of this code for all who copy.

use sgdma::buffer::{Exclusive, Shared};
use sgdma::coherence::Pool;
use sgdma::frame::{Frame, FrameSize};
use sgdma::lower;
use sgdma::map::{FromDevice, Mapped, ToDevice};
use sgdma::platform::Platform;
use sgdma::transfer::Prepared;

use crate::console::Failure;
use crate::machine::Channel;

/// A mapped source.
pub(super) type Source<'b, 'p> = Mapped<'b, 'p, ToDevice, Shared, dyn Platform>;
/// A mapped destination.
pub(super) type Sink<'b, 'p> = Mapped<'b, 'p, FromDevice, Exclusive, dyn Platform>;
/// A copy that is ready to run.
pub(super) type Copy<'m, 'b, 'p> = Prepared<'m, Source<'b, 'p>, Sink<'b, 'p>>;

/// What a refusal says.
pub(super) fn told(reason: impl core::fmt::Display) -> Failure {
    Failure::told(format_args!("{reason}"))
}

/// The verified chain, in a frame just large enough: a dry run of the planner says how large.
#[inline(never)]
pub(super) fn copy<'m, 'b, 'p>(
    pool: &'m Pool<'m>,
    channel: &Channel<'_>,
    source: Source<'b, 'p>,
    sink: Sink<'b, 'p>,
) -> Result<Copy<'m, 'b, 'p>, Failure> {
    let limits = channel.constraints();
    let line = u32::try_from(sink.line()).unwrap_or(64);
    let over = limits.with_line(line).map_err(told)?;
    let counts = lower::count(source.segments(), sink.segments(), &over).map_err(told)?;
    let slot_bytes = u32::try_from(counts.slot_bytes).unwrap_or(u32::MAX);
    let size = FrameSize { blocks: counts.blocks, edges: counts.edges, slot_bytes };
    let frame = Frame::new(pool, size).map_err(told)?;
    frame.copy(source, sink, &limits).map_err(|no| told(no.reason))
}
