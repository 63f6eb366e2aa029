//! While the CPU looks at a destination, no frame takes it; and what is mapped for the engine to write is no source.
use sgdma::buffer::Exclusive;
use sgdma::constraints::Constraints;
use sgdma::frame::Frame;
use sgdma::map::{FromDevice, Mapped, Mapper, ToDevice};

fn look<'a, P: Mapper>(
    frame: Frame<'a>,
    source: Mapped<'a, 'a, ToDevice, Exclusive, P>,
    destination: Mapped<'a, 'a, FromDevice, Exclusive, P>,
    limits: &Constraints,
) {
    let _ = frame.copy(source, destination.sync_for_cpu(), limits);
}

fn swap<'a, P: Mapper>(
    frame: Frame<'a>,
    source: Mapped<'a, 'a, ToDevice, Exclusive, P>,
    destination: Mapped<'a, 'a, FromDevice, Exclusive, P>,
    limits: &Constraints,
) {
    let _ = frame.copy(destination, source, limits);
}

fn main() {}
