//! What the engine only read has nothing to sync for the CPU.
use sgdma::buffer::Shared;
use sgdma::map::{Device, Mapper, ToDevice};
use sgdma::sg_table::SgTable;

fn sync<P: Mapper>(table: SgTable<'_, Shared>, device: &Device<'_, P>) {
    let mapped = table.map(ToDevice, device).unwrap();
    let _ = mapped.sync_for_cpu();
}

fn main() {}
