//! Stub until the pool lands.
#![expect(missing_docs, reason = "stub")]
use crate::buffer::{CoherentRegion, Run};
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolError {
    Exhausted,
}
impl core::fmt::Display for PoolError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("exhausted")
    }
}
#[derive(Debug)]
pub struct CoherentPool {
    _region: CoherentRegion,
}
#[derive(Debug)]
pub struct Coherent<'m> {
    run: Run,
    pool: &'m CoherentPool,
}
impl CoherentPool {
    pub fn alloc(&self, _len: u32, _align: u32) -> Result<Coherent<'_>, PoolError> {
        Err(PoolError::Exhausted)
    }
}
impl Coherent<'_> {
    pub fn segment(&self) -> BusSegment {
        let _ = self.pool;
        BusSegment::new(self.run.bus(), 0)
    }
    pub fn as_slice(&self) -> &[u8] {
        self.run.as_slice()
    }
    pub fn write(&mut self, _at: usize, _bytes: &[u8]) {}
    pub fn write_blocks(&mut self, _blocks: &[ControlBlock]) {}
}
