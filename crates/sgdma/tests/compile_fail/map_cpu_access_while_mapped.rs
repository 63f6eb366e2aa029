//! A mapped table has no bytes.
use sgdma::buffer::Shared;
use sgdma::map::{Device, Mapper, ToDevice};
use sgdma::sg_table::SgTable;

fn look<P: Mapper>(table: SgTable<'_, Shared>, device: &Device<'_, P>) {
    let mapped = table.map(ToDevice, device).unwrap();
    mapped.bytes();
}

fn main() {}
