//! From two mapped sides to a transfer that is ready to run: one copy of this code for all who copy.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sgdma::buffer::{Exclusive, Mode, Piece, Shared};
use sgdma::coherence::Pool;
use sgdma::frame::{Frame, FrameSize};
use sgdma::lower::LowerError;
use sgdma::map::{FromDevice, Mapped, ToDevice};
use sgdma::platform::Platform;
use sgdma::sg_table::SgTable;
use sgdma::transfer::{PrepareError, Prepared};

use crate::console::Failure;
use crate::machine::{Buffer, Channel, Device, Machine};

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

/// What a device takes or gives is whole words.
pub(super) fn whole_words(bytes: u64) -> Result<(), Failure> {
    if bytes.is_multiple_of(4) {
        return Ok(());
    }
    Err(Failure::told(format_args!("bytes={bytes}: expected a multiple of 4")))
}

/// Buffers of these lengths.
#[inline(never)]
pub(super) fn buffers(
    machine: &dyn Machine,
    lengths: &mut dyn Iterator<Item = usize>,
) -> Result<Vec<Box<dyn Buffer>>, Failure> {
    let mut buffers = Vec::new();
    for length in lengths {
        buffers.push(machine.buffer(length).map_err(told)?);
    }
    Ok(buffers)
}

/// A scatterlist of these pieces. Not inlined, nor are the next two: most commands need them.
#[inline(never)]
pub(super) fn listed<'b, A: Mode>(
    pieces: &mut dyn Iterator<Item = Piece<'b, A>>,
) -> Result<SgTable<'b, A>, Failure> {
    let mut table = SgTable::growing();
    for piece in pieces {
        table.push(piece).map_err(|no| told(no.reason))?;
    }
    Ok(table)
}

/// These pieces, mapped to be read. In the ledger stands who called this.
#[inline(never)]
#[track_caller]
pub(super) fn read<'b, 'p>(
    device: &Device<'p>,
    pieces: &mut dyn Iterator<Item = Piece<'b, Shared>>,
) -> Result<Source<'b, 'p>, Failure> {
    listed(pieces)?.map(ToDevice, device).map_err(|no| told(no.reason))
}

/// These pieces, mapped to be written, likewise.
#[inline(never)]
#[track_caller]
pub(super) fn written<'b, 'p>(
    device: &Device<'p>,
    pieces: &mut dyn Iterator<Item = Piece<'b, Exclusive>>,
) -> Result<Sink<'b, 'p>, Failure> {
    listed(pieces)?.map(FromDevice, device).map_err(|no| told(no.reason))
}

/// The verified chain, in a frame just large enough: a planner without room says how much it needs.
#[inline(never)]
pub(super) fn copy<'m, 'b, 'p>(
    pool: &'m Pool<'m>,
    channel: &Channel<'_>,
    mut source: Source<'b, 'p>,
    mut sink: Sink<'b, 'p>,
) -> Result<Copy<'m, 'b, 'p>, Failure> {
    let limits = channel.constraints();
    let mut size = FrameSize { blocks: 1, edges: 0, slot_bytes: 0 };
    loop {
        let mut frame = Frame::new(pool, size).map_err(told)?;
        let planned = frame.copy_lent(&mut source, &mut sink, &limits).map(|_| ());
        match planned {
            Ok(()) => return frame.copy(source, sink, &limits).map_err(|no| told(no.reason)),
            Err(no) => enlarge(&mut size, &no)?,
        }
    }
}

/// Makes room for what a planner asks for; any other refusal is told.
pub(super) fn enlarge(size: &mut FrameSize, no: &PrepareError) -> Result<(), Failure> {
    match *no {
        PrepareError::Lower(LowerError::TooManyBlocks { needed, .. }) => size.blocks = needed,
        PrepareError::Lower(LowerError::TooManyEdges {
            needed, slot_bytes, slot_capacity, ..
        }) => {
            size.edges = needed.max(size.edges);
            let more = u32::try_from(slot_bytes).unwrap_or(u32::MAX).saturating_sub(slot_capacity);
            size.slot_bytes = size.slot_bytes.saturating_add(more);
        }
        ref other => return Err(told(other)),
    }
    Ok(())
}
