//! The engine does not write what is borrowed shared.
use sgdma::buffer::Shared;
use sgdma::map::{Bidirectional, Device, FromDevice, Mapper};
use sgdma::sg_table::SgTable;

fn from<P: Mapper>(table: SgTable<'_, Shared>, device: &Device<'_, P>) {
    let _ = table.map(FromDevice, device);
}

fn both<P: Mapper>(table: SgTable<'_, Shared>, device: &Device<'_, P>) {
    let _ = table.map(Bidirectional, device);
}

fn main() {}
