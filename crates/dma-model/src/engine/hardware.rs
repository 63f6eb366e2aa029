//! How a channel of the chip moves: one beat at a time.

use super::block::Block;
use super::channel::{Channel, Posted, Stuck};
use crate::datasheet::{Width, cs, debug, ti};
use crate::fault::Fault;
use crate::police::Violation;
use crate::trace::Event;
use crate::world::{Target, World};

/// Orphans of a RESET land within so many steps ("a few µs": raspberrypi/linux PR #5482).
const ORPHAN_ODDS: u32 = 3;

impl Channel {
    /// One step. `true` where something moved.
    pub(crate) fn step(&mut self, world: &mut World) -> bool {
        let mut moved = self.land(world);
        moved |= self.count_down(world);
        if self.closing {
            return self.try_close(world) || moved;
        }
        if !self.active {
            if self.settle == 0 {
                return moved;
            }
            self.settle -= 1;
        }
        if self.stuck != Stuck::No || self.abort.is_some() {
            return moved;
        }
        if self.burning > 0 {
            self.burning -= 1;
            return true;
        }
        self.beat(world) || moved
    }

    /// Whether a step could change anything if nobody else does.
    pub(crate) fn can_move(&self, world: &World) -> bool {
        let waiting = !self.posted.is_empty() || !self.orphans.is_empty();
        let counting = self.late_int.is_some()
            || self.reset_shown > 0
            || self.settle > 0
            || (self.abort.is_some() && !self.abort_is_held(world));
        let runs = self.active && self.stuck == Stuck::No && self.abort.is_none();
        waiting || counting || self.closing || (runs && !self.waits_for_dreq(world))
    }

    /// The DREQ that stopped the last beat is still low.
    fn waits_for_dreq(&self, world: &World) -> bool {
        self.dreq_stops
            && self.block.as_ref().is_some_and(|block| !world.devices.dreq(block.permap()))
    }

    /// An abort does not get through while a DREQ holds the engine (raspberrypi/linux PR #5482), nor where it is wedged.
    fn abort_is_held(&self, world: &World) -> bool {
        self.stuck == Stuck::Wedged || self.waits_for_dreq(world)
    }

    /// Writes in flight arrive, oldest first, when the bus likes.
    fn land(&mut self, world: &mut World) -> bool {
        if !self.orphans.is_empty()
            && world.chance(ORPHAN_ODDS)
            && let Some(orphan) = self.orphans.pop_front()
        {
            world.bus_write(self.number, orphan.address, &orphan.bytes, orphan.issued);
        }
        if self.posted.is_empty() || world.rng.u32(0..8) >= 5 {
            return !self.posted.is_empty() || !self.orphans.is_empty();
        }
        if let Some(posted) = self.posted.pop_front() {
            world.bus_write(self.number, posted.address, &posted.bytes, posted.issued);
            self.note_overwritten(posted.address, world);
        }
        true
    }

    fn count_down(&mut self, world: &mut World) -> bool {
        let mut moved = self.reset_shown > 0;
        self.reset_shown = self.reset_shown.saturating_sub(1);
        if let Some(steps) = self.late_int {
            moved = true;
            self.late_int = steps.checked_sub(1);
            if self.late_int.is_none() {
                self.uncalled = !self.int;
                self.int = true;
            }
        }
        match self.abort {
            Some(_) if self.abort_is_held(world) => return moved,
            Some(0) => self.finish_abort(world),
            Some(steps) => self.abort = Some(steps.saturating_sub(1)),
            None => return moved,
        }
        true
    }

    fn finish_abort(&mut self, world: &mut World) {
        let channel = self.number;
        self.abort = None;
        self.block = None;
        self.burning = 0;
        self.stuck = Stuck::No;
        self.dreq_stops = false;
        self.conblk = self.live.next;
        self.blocks_done = self.blocks_done.saturating_add(1);
        if self.conblk == 0 {
            self.active = false;
        }
        let planned = world
            .take_fault(|fault| *fault == Fault::LateInterruptAfterAbort { channel })
            .is_some();
        // "Abort does not promise the absence of an interrupt" (legacy bcm2708 driver).
        if planned || world.chance(4) {
            self.late_int = Some(world.rng.u32(1..30));
        }
    }

    fn beat(&mut self, world: &mut World) -> bool {
        if self.conblk == 0 {
            self.active = false;
            return false;
        }
        let Some(mut block) = self.block.take() else {
            return self.fetch(world);
        };
        let moved = if block.rows_left == 0 {
            self.finish_block(&block, world);
            return true;
        } else if self.is_faulted(&block, world) {
            true
        } else if block.fifo.is_empty() && block.to_read > 0 && block.to_read == block.to_write {
            self.read_burst(&mut block, world)
        } else {
            self.write_beat(&mut block, world)
        };
        self.live.length = block.length_left();
        self.block = Some(block);
        moved
    }

    fn fetch(&mut self, world: &mut World) -> bool {
        let address = self.conblk;
        let Ok(bytes) = world.fetch(self.number, address) else {
            self.latch(debug::READ_ERROR, world);
            return true;
        };
        self.compare_with_chain(address, &bytes, world);
        let words = super::Words::from_bytes(&bytes);
        world.log(Event::Fetch { channel: self.number, address, words: words.shown() });
        self.judge(address, &words, world);
        self.live = words;
        self.live.next &= !crate::datasheet::BLOCK_LOW_BITS;
        self.block = Some(Block::new(address, &words, self.kind));
        self.latch_planned(world);
        let channel = self.number;
        let spurious = |fault: &Fault| *fault == Fault::SpuriousInterrupt { channel };
        self.spurious |= world.take_fault(spurious).is_some();
        true
    }

    /// FIFO and read-last errors only latch.
    fn latch_planned(&mut self, world: &mut World) {
        let (mine, done) = (self.number, self.blocks_done);
        let due = |fault: &Fault| match *fault {
            Fault::FifoError { channel, block } | Fault::ReadLastNotSet { channel, block } => {
                channel == mine && block == done
            }
            _ => false,
        };
        match world.take_fault(due) {
            Some(Fault::FifoError { .. }) => self.latch(debug::FIFO_ERROR, world),
            Some(_) => self.latch(debug::READ_LAST_NOT_SET_ERROR, world),
            None => {}
        }
    }

    /// Planned standstills.
    fn is_faulted(&mut self, block: &Block, world: &mut World) -> bool {
        let (mine, done, read) = (self.number, self.blocks_done, block.read);
        let due = |fault: &Fault| match *fault {
            Fault::Stuck { channel, block, byte } | Fault::Wedged { channel, block, byte } => {
                channel == mine && block == done && byte <= read
            }
            _ => false,
        };
        match world.take_fault(due) {
            Some(Fault::Wedged { .. }) => self.stuck = Stuck::Wedged,
            Some(_) => self.stuck = Stuck::Yes,
            None => return false,
        }
        true
    }

    /// Whether the gated side has to wait for the device.
    fn is_held(&mut self, gate: u32, block: &Block, world: &World) -> bool {
        self.dreq_stops = block.has(gate) && !world.devices.dreq(block.permap());
        self.dreq_stops
    }

    /// One read, single or burst: issued as a whole, waited for as a whole (p. 61).
    fn read_burst(&mut self, block: &mut Block, world: &mut World) -> bool {
        if self.is_held(ti::SRC_DREQ, block, world) {
            return false;
        }
        let limit = self.kind.burst_limit(Width::of(block.ti, ti::SRC_WIDTH)) + 1;
        let beats =
            if block.has(ti::DEST_IGNORE) { block.beats() } else { block.beats().min(limit) };
        for _ in 0..beats {
            if block.to_read == 0 || !self.read_beat(block, world) {
                break;
            }
        }
        self.burning = block.waits();
        true
    }

    /// One beat of a read; `false` where the bus answered with an error.
    fn read_beat(&mut self, block: &mut Block, world: &mut World) -> bool {
        let width = Width::of(block.ti, ti::SRC_WIDTH).bytes();
        let to_boundary =
            if block.has(ti::SRC_INC) { width - self.live.source % width } else { width };
        let count = block.to_read.min(to_boundary);
        let mut bytes = [0_u8; 16];
        let into = bytes.get_mut(..count as usize).unwrap_or_default();
        if !block.has(ti::SRC_IGNORE) {
            let failed = self.read_fails(block.read, count, world)
                || read_split(self.number, self.fixed_source(block, world), into, world).is_err();
            if failed {
                self.latch(debug::READ_ERROR, world);
                return false;
            }
        }
        block.fifo.extend_from_slice(into);
        block.to_read -= count;
        block.read = block.read.wrapping_add(count);
        if block.has(ti::SRC_INC) {
            self.live.source = self.live.source.wrapping_add(count);
        }
        true
    }

    fn read_fails(&self, read: u32, count: u32, world: &mut World) -> bool {
        let (mine, done) = (self.number, self.blocks_done);
        let due = |fault: &Fault| match *fault {
            Fault::ReadError { channel, block, byte } => {
                channel == mine && block == done && byte < read.saturating_add(count)
            }
            _ => false,
        };
        world.take_fault(due).is_some()
    }

    /// Where a source that does not advance is read. Wide: the datasheet says a wide step is 32 bytes (p. 51), the bus
    /// is 16 wide; whether the second half repeats the first is not written anywhere, so it may or may not.
    fn fixed_source(&self, block: &Block, world: &mut World) -> u32 {
        let second_half = (block.read / 16) % 2 == 1;
        let wide = block.has(ti::SRC_WIDTH) && !block.has(ti::SRC_INC);
        if wide && second_half && world.rng.bool() {
            self.live.source.wrapping_add(16)
        } else {
            self.live.source
        }
    }

    /// One write leaves the engine.
    fn write_beat(&mut self, block: &mut Block, world: &mut World) -> bool {
        if self.waits_for_room() || (block.has(ti::WAIT_RESP) && !self.posted.is_empty()) {
            return !self.posted.is_empty();
        }
        if self.is_held(ti::DEST_DREQ, block, world) {
            return false;
        }
        let width = Width::of(block.ti, ti::DEST_WIDTH).bytes();
        let to_boundary =
            if block.has(ti::DEST_INC) { width - self.live.dest % width } else { width };
        let waiting = u32::try_from(block.fifo.len()).unwrap_or(u32::MAX);
        let count = to_boundary.min(waiting);
        let rest = block.fifo.split_off(count as usize);
        let bytes = core::mem::replace(&mut block.fifo, rest);
        // IGNORE: no strobes (p. 51-52), so nothing is written; the addresses go on.
        if !block.has(ti::DEST_IGNORE | ti::SRC_IGNORE) {
            let issued = world.memory.tick();
            self.posted.push_back(Posted { address: self.live.dest, bytes, issued });
        }
        if block.has(ti::DEST_INC) {
            self.live.dest = self.live.dest.wrapping_add(count);
        }
        block.to_write -= count.min(block.to_write);
        if block.to_write == 0 {
            let [source, dest] = block.next_row();
            self.live.source = self.live.source.wrapping_add(source);
            self.live.dest = self.live.dest.wrapping_add(dest);
        }
        self.burning = block.waits();
        true
    }

    /// All writes of the block are out.
    fn finish_block(&mut self, block: &Block, world: &mut World) {
        if block.has(ti::WAIT_RESP) && !self.posted.is_empty() {
            self.block = Some(Block::finished(block));
            return;
        }
        world.log(Event::End { channel: self.number, address: block.address });
        self.conblk = self.live.next;
        self.blocks_done = self.blocks_done.saturating_add(1);
        let last = self.conblk == 0;
        if last {
            self.active = false;
            self.settle = 0;
            // The engine reads no block of it again: from here on they may be used anew.
            self.check_chain(world);
            self.chain.clear();
        }
        self.closing = true;
        if self.policy & cs::WAIT_FOR_OUTSTANDING_WRITES == 0 {
            if last && !self.posted.is_empty() {
                let outstanding = self.posted.len();
                let channel = self.number;
                world.report(Violation::CompletedBeforeWrites { channel, outstanding });
            }
            self.close(world);
        } else {
            self.try_close(world);
        }
    }

    /// END and INT, once the last response is there (p. 48).
    fn try_close(&mut self, world: &mut World) -> bool {
        if !self.posted.is_empty() {
            return true;
        }
        self.close(world);
        true
    }

    fn close(&mut self, world: &mut World) {
        self.closing = false;
        self.end = true;
        if self.live.ti & ti::INTEN != 0 {
            self.raise(world);
        }
    }
}

/// Reads bytes that may cross a boundary of the bus where the address does not advance.
fn read_split(
    channel: u8,
    address: u32,
    into: &mut [u8],
    world: &mut World,
) -> Result<(), crate::world::BusError> {
    let device = matches!(world.decode(channel, address).0, Target::Port(_));
    let first = if device { into.len() } else { into.len().min((16 - address % 16) as usize) };
    let (head, tail) = into.split_at_mut(first);
    world.bus_read(channel, address, head)?;
    if tail.is_empty() {
        return Ok(());
    }
    let rest = u32::try_from(first).unwrap_or(0);
    world.bus_read(channel, address.wrapping_add(rest), tail)
}
