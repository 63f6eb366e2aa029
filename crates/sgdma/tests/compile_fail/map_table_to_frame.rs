//! A frame prepares transfers of mapped memory; a table is not mapped.
use sgdma::buffer::Exclusive;
use sgdma::constraints::Constraints;
use sgdma::frame::Frame;
use sgdma::map::{Device, FromDevice, Mapper};
use sgdma::sg_table::SgTable;

fn copy<'a, P: Mapper>(
    frame: Frame<'a>,
    source: SgTable<'a, Exclusive>,
    destination: SgTable<'a, Exclusive>,
    device: &Device<'a, P>,
    limits: &Constraints,
) {
    let destination = destination.map(FromDevice, device).unwrap();
    let _ = frame.copy(source, destination, limits);
}

fn main() {}
