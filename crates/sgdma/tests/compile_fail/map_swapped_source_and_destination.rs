//! Source and destination are not to be mixed up.
use sgdma::buffer::{Exclusive, Shared};
use sgdma::map::{EngineReads, EngineWrites, FromDevice, Mapped, Mapper, ToDevice};

fn copy<S: EngineReads, D: EngineWrites, P: Mapper>(
    _source: &Mapped<'_, '_, S, Exclusive, P>,
    _destination: &Mapped<'_, '_, D, Exclusive, P>,
) {
}

fn swapped<P: Mapper>(
    source: &Mapped<'_, '_, ToDevice, Exclusive, P>,
    destination: &Mapped<'_, '_, FromDevice, Exclusive, P>,
) {
    copy(destination, source);
}

fn shared_as_destination<P: Mapper>(
    source: &Mapped<'_, '_, ToDevice, Exclusive, P>,
    shared: &Mapped<'_, '_, ToDevice, Shared, P>,
) {
    copy(source, shared);
}

fn main() {}
