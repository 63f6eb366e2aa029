//! What the police looks at while a chain runs: the blocks' addresses and whether anyone changes them.

use super::Words;
use super::channel::Channel;
use crate::datasheet::{BLOCK_LOW_BITS, ti};
use crate::police::{Violation, judge_block};
use crate::world::{Target, World};

/// A ring or a chain longer than this is not followed to its end.
const CHAIN_LIMIT: usize = 65_536;

impl Channel {
    /// Remembers the chain as it is now; everything in it must be in front of the barrier.
    pub(super) fn remember_chain(&mut self, world: &mut World) {
        let channel = self.number;
        self.chain.clear();
        if world.memory.maintenance_pending() {
            world.report(Violation::StartWithoutBarrier { channel });
        }
        let mut address = if self.block.is_some() { self.live.next } else { self.conblk };
        while address != 0 && !self.chain.contains_key(&address) && self.chain.len() < CHAIN_LIMIT {
            let Some((offset, bytes)) = world.peek_block(channel, address) else { return };
            if !world.memory.is_ordered(offset, bytes.len()) {
                world.report(Violation::StartWithoutBarrier { channel });
            }
            self.chain.insert(address, bytes);
            address = Words::from_bytes(&bytes).next & !BLOCK_LOW_BITS;
        }
    }

    /// Looks whether a block of the chain was changed since.
    pub(super) fn check_chain(&mut self, world: &mut World) {
        let channel = self.number;
        for (&address, known) in &mut self.chain {
            if let Some((_, bytes)) = world.peek_block(channel, address)
                && bytes != *known
            {
                *known = bytes;
                world.report(Violation::LiveBlockChanged { channel, address });
            }
        }
    }

    /// A write landed: did it hit a block of the chain?
    pub(super) fn note_overwritten(&mut self, address: u32, world: &mut World) {
        let channel = self.number;
        let address = address & !BLOCK_LOW_BITS;
        if let Some(known) = self.chain.get_mut(&address) {
            if let Some((_, bytes)) = world.peek_block(channel, address) {
                *known = bytes;
            }
            world.report(Violation::BlockOverwritten { channel, address });
        }
    }

    /// The same for the one just fetched.
    pub(super) fn compare_with_chain(&mut self, address: u32, bytes: &[u8; 32], world: &mut World) {
        let channel = self.number;
        if self.chain.insert(address, *bytes).is_some_and(|known| known != *bytes) {
            world.report(Violation::LiveBlockChanged { channel, address });
        }
    }

    /// Judges a block as fetched.
    pub(super) fn judge(&self, address: u32, words: &Words, world: &mut World) {
        let mut found = Vec::new();
        let report = &mut |violation| found.push(violation);
        judge_block(self.number, self.kind, address, words, report);
        judge_sides(self.number, words, world, report);
        if words.next & BLOCK_LOW_BITS != 0 {
            report(Violation::MisalignedBlock { channel: self.number, address: words.next });
        }
        world.report_all(found);
    }
}

/// The rules where a device is at one side or at both.
pub(super) fn judge_sides(
    channel: u8,
    words: &Words,
    world: &World,
    report: &mut dyn FnMut(Violation),
) {
    let reads = words.ti & ti::SRC_IGNORE == 0;
    let writes = words.ti & ti::DEST_IGNORE == 0;
    let source =
        Side { address: words.source, inc: ti::SRC_INC, dreq: ti::SRC_DREQ, writes: false };
    let dest = Side { address: words.dest, inc: ti::DEST_INC, dreq: ti::DEST_DREQ, writes: true };
    for (side, used) in [(source, reads), (dest, writes)] {
        if used {
            side.judge(channel, words, world, report);
        }
    }
}

/// Source or destination of a block.
struct Side {
    address: u32,
    inc: u32,
    dreq: u32,
    writes: bool,
}

impl Side {
    fn judge(&self, channel: u8, words: &Words, world: &World, report: &mut dyn FnMut(Violation)) {
        let address = self.address;
        let Target::Port(port) = world.decode(channel, address).0 else { return };
        if words.ti & (ti::SRC_WIDTH | ti::DEST_WIDTH) != 0 {
            report(Violation::WideDevice { channel, address });
        }
        if !address.is_multiple_of(4) || !words.length.is_multiple_of(4) {
            report(Violation::NarrowDevice { channel, address });
        }
        if words.ti & self.inc != 0 {
            report(Violation::IncrementOnDevice { channel, address });
        }
        let (write, read) = port.dreq();
        let dreq = if self.writes { write } else { read };
        let permap = (words.ti & ti::PERMAP) >> ti::PERMAP_SHIFT;
        if dreq != 0 && (permap != dreq || words.ti & self.dreq == 0) {
            report(Violation::Unpaced { channel, address, dreq });
        }
        if self.writes && words.ti & ti::WAIT_RESP == 0 {
            report(Violation::DeviceWithoutWaitResp { channel, address });
        }
    }
}
