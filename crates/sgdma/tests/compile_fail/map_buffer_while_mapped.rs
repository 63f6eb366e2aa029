//! The memory itself stays lent while the table is mapped.
use sgdma::buffer::Entry;
use sgdma::map::{Device, FromDevice, Mapper};
use sgdma::sg_table::SgTable;

fn look<P: Mapper>(device: &Device<'_, P>) {
    let mut buffer = [0; 64];
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, &mut buffer).unwrap();
    let mapped = table.map(FromDevice, device).unwrap();
    let byte = buffer[0];
    drop((mapped, byte));
}

fn main() {}
