//! What takes a mapping does not take a table.
use sgdma::buffer::{Mode, Shared};
use sgdma::map::{EngineReads, Mapped, Mapper};
use sgdma::sg_table::SgTable;

fn start<D: EngineReads, A: Mode, P: Mapper>(_source: &Mapped<'_, '_, D, A, P>) {}

fn submit(table: SgTable<'_, Shared>) {
    start(&table);
}

fn main() {}
