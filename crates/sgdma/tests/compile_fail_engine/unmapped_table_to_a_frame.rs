//! A table is not mapped yet, a view is the CPU's.
use sgdma::buffer::{Exclusive, Shared};
use sgdma::constraints::Constraints;
use sgdma::frame::Frame;
use sgdma::map::{CpuView, FromDevice, Mapped, Mapper, ToDevice};
use sgdma::sg_table::SgTable;

fn table<'a, P: Mapper>(
    frame: Frame<'a>,
    source: SgTable<'a, Shared>,
    destination: Mapped<'a, 'a, FromDevice, Exclusive, P>,
    limits: &Constraints,
) {
    let _ = frame.copy(source, destination, limits);
}

fn view<'a, P: Mapper>(
    frame: Frame<'a>,
    source: Mapped<'a, 'a, ToDevice, Shared, P>,
    destination: CpuView<'a, 'a, FromDevice, Exclusive, P>,
    limits: &Constraints,
) {
    let _ = frame.copy(source, destination, limits);
}

fn main() {}
