//! One `&mut` buffer is in one mapping.
use sgdma::buffer::Entry;
use sgdma::map::{Device, FromDevice, Mapper};
use sgdma::sg_table::SgTable;

fn twice<P: Mapper>(buffer: &mut [u8], device: &Device<'_, P>) {
    let (mut one, mut two) = ([Entry::EMPTY; 1], [Entry::EMPTY; 1]);
    let first = SgTable::one(&mut one, &mut *buffer).unwrap().map(FromDevice, device).unwrap();
    let second = SgTable::one(&mut two, &mut *buffer).unwrap().map(FromDevice, device).unwrap();
    drop((first, second));
}

fn main() {}
