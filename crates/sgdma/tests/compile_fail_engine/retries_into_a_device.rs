//! A device would be given twice what it has taken already.
use sgdma::buffer::Shared;
use sgdma::constraints::{Constraints, DeviceFifo};
use sgdma::frame::Frame;
use sgdma::map::{Mapped, Mapper, ToDevice};

fn again<'a, P: Mapper>(
    frame: Frame<'a>,
    source: Mapped<'a, 'a, ToDevice, Shared, P>,
    device: DeviceFifo,
    limits: &Constraints,
) {
    let out = frame.to_device(source, device, limits).unwrap();
    let _ = out.with_retries(1);
}

fn main() {}
