//! Mapping consumes the table.
use sgdma::buffer::Shared;
use sgdma::map::{Device, Mapper, ToDevice};
use sgdma::sg_table::SgTable;

fn twice<P: Mapper>(table: SgTable<'_, Shared>, device: &Device<'_, P>) {
    let mapped = table.map(ToDevice, device);
    table.bytes();
    drop(mapped);
}

fn main() {}
