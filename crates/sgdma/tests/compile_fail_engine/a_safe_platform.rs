//! Who says where memory is, and what the engine is told, vouches for it.
use sgdma::address::{BusAddr, CpuSpan};
use sgdma::platform::{Access, AddressMap, Refusal};

struct Map;

impl AddressMap for Map {
    fn bus_address(&self, _: CpuSpan, _: Access) -> Result<BusAddr, Refusal> {
        Ok(BusAddr::new(0xC000_0000))
    }
}

fn main() {}
