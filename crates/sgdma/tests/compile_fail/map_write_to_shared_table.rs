//! Nor does the CPU.
use sgdma::buffer::Shared;
use sgdma::sg_table::SgTable;

fn write(mut table: SgTable<'_, Shared>) {
    table.bytes_mut();
}

fn main() {}
