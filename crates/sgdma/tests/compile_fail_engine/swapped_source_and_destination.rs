//! The destination is written, the source is read.
use sgdma::constraints::Constraints;
use sgdma::frame::Frame;
use sgdma::buffer::{Exclusive, Shared};
use sgdma::map::{FromDevice, Mapped, Mapper, ToDevice};

fn swapped<'a, P: Mapper>(
    frame: Frame<'a>,
    source: Mapped<'a, 'a, ToDevice, Shared, P>,
    destination: Mapped<'a, 'a, FromDevice, Exclusive, P>,
    limits: &Constraints,
) {
    let _ = frame.copy(destination, source, limits);
}

fn main() {}
