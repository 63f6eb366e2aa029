//! Verification of paced rings.

use super::bits;
use super::fault::{ChainError, Fault};
use super::rules::{Rules, Zones};
use super::verify::Chain;
use crate::address::BusAddr;
use crate::constraints::{DeviceFifo, EngineKind};
use crate::control_block::ControlBlock;
use crate::lower::{End, Paced};
use crate::segment::BusSegment;

/// Each word of the list, in order, into the registers in turn, each followed by a word into the pacer; then from the start.
///
/// # Errors
/// The first fault, with the index of its block.
pub fn ring_paced<S>(
    chain: &Chain<'_>,
    rules: &Rules,
    source: S,
    devices: &Paced,
) -> Result<(), ChainError>
where
    S: Iterator<Item = BusSegment>,
{
    let at = |block| move |fault| ChainError { block, fault };
    let zones = Zones::new(chain, rules).map_err(at(0))?;
    if let Some(edge) = chain.edges.first() {
        return Err(at(0)(Fault::Edge { offset: edge.offset, slot: chain.slots.addr }));
    }
    let [even, odd] = devices.registers;
    let mut turn = [even, devices.pacer, odd, devices.pacer].into_iter().cycle();
    let mut expected = chain.base.get();
    let mut blocks = chain.blocks.iter().enumerate().peekable();
    for segment in source {
        let place = blocks.peek().map_or(chain.blocks.len(), |(index, _)| *index);
        zones.check(End::Source, segment).map_err(at(place))?;
        for offset in 0..segment.len >> 2 {
            let word = segment.addr.get().wrapping_add(offset << 2);
            for _ in 0..2 {
                let next = BusAddr::new(word);
                let short = || at(place)(Fault::Short { end: End::Source, next });
                let (index, block) = blocks.next().ok_or_else(short)?;
                expected = expected.wrapping_add(32);
                let target = turn.next().unwrap_or(devices.pacer);
                let ends = if blocks.peek().is_none() { bits::INTEN } else { 0 };
                let next = if ends == 0 { expected } else { start_again(chain, rules) };
                check(block, word, target, ends, next).map_err(at(index))?;
            }
        }
    }
    match blocks.next() {
        Some((index, block)) => {
            Err(at(index)(Fault::Past { end: End::Source, found: BusAddr::new(block.source) }))
        }
        None if !chain.blocks.len().is_multiple_of(4) => {
            Err(at(chain.blocks.len() - 1)(Fault::Period { len: 4, left: 4 }))
        }
        None => Ok(()),
    }
}

/// The emulated engine would never come back from a ring.
fn start_again(chain: &Chain<'_>, rules: &Rules) -> u32 {
    if rules.engine == EngineKind::Emulated { 0 } else { chain.base.get() }
}

fn check(
    block: &ControlBlock,
    word: u32,
    target: DeviceFifo,
    ends: u32,
    next: u32,
) -> Result<(), Fault> {
    transfer_information(block.ti, target, ends)?;
    let address = target.address();
    if address.get() & 0xFF00_0003 != 0x7E00_0000 {
        return Err(Fault::Device { address });
    }
    if word & 3 != 0 {
        return Err(Fault::Alignment { bits: word & 3 });
    }
    for (end, found, expected) in
        [(End::Source, block.source, word), (End::Destination, block.dest, address.get())]
    {
        if found != expected {
            let (found, expected) = (BusAddr::new(found), BusAddr::new(expected));
            return Err(Fault::Order { end, found, expected });
        }
    }
    match block {
        ControlBlock { len, .. } if *len != 4 => Err(Fault::Length { len: *len, most: 4 }),
        ControlBlock { stride, .. } if *stride != 0 => Err(Fault::Stride { stride: *stride }),
        ControlBlock { reserved: [0, 0], next: found, .. } if *found == next => Ok(()),
        ControlBlock { reserved: [0, 0], next: found, .. } => {
            Err(Fault::Next { next: *found, expected: next })
        }
        ControlBlock { reserved: [a, b], .. } => Err(Fault::Reserved { word: a | b }),
    }
}

fn transfer_information(ti: u32, target: DeviceFifo, ends: u32) -> Result<(), Fault> {
    let number = u32::from(target.dreq().number());
    let pace = if number == 0 { 0 } else { bits::DEST_DREQ | number << bits::PERMAP_AT };
    let wrong = ti ^ (bits::SRC_INC | bits::WAIT_RESP | pace | ends);
    if wrong & bits::INTEN != 0 {
        return Err(Fault::Interrupt { ti });
    }
    if wrong & bits::WAIT_RESP != 0 {
        return Err(Fault::Response { ti });
    }
    if wrong & (bits::SRC_INC | bits::DEST_INC) != 0 {
        return Err(Fault::Increment { ti });
    }
    if wrong & (bits::SRC_DREQ | bits::DEST_DREQ | bits::PERMAP) != 0 {
        return Err(Fault::Pacing { ti });
    }
    if wrong == 0 { Ok(()) } else { Err(Fault::Bits { ti, wrong }) }
}
