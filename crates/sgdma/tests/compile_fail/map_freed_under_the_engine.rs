//! Memory that is lent does not go away before the mapping does.
use sgdma::buffer::{Entry, Exclusive};
use sgdma::map::{Device, FromDevice, Mapped, Mapper};
use sgdma::sg_table::SgTable;

fn escape<'p, P: Mapper>(
    storage: &'static mut [Entry; 1],
    device: &Device<'p, P>,
) -> Mapped<'static, 'p, FromDevice, Exclusive, P> {
    let mut buffer = [0; 64];
    SgTable::one(storage, &mut buffer).unwrap().map(FromDevice, device).unwrap()
}

fn main() {}
