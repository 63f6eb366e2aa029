//! What the CPU looks at is not the engine's.
use sgdma::buffer::Exclusive;
use sgdma::map::{Device, EngineWrites, FromDevice, Mapped, Mapper};
use sgdma::sg_table::SgTable;

fn start<D: EngineWrites, P: Mapper>(_destination: &Mapped<'_, '_, D, Exclusive, P>) {}

fn submit<P: Mapper>(table: SgTable<'_, Exclusive>, device: &Device<'_, P>) {
    let view = table.map(FromDevice, device).unwrap().sync_for_cpu();
    start(&view);
}

fn main() {}
