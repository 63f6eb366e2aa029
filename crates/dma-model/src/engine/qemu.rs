//! One channel as QEMU's `hw/dma/bcm2835_dma.c` has it: the chain runs inside the store to CS, in words.

use std::collections::BTreeSet;

use super::Power;
use super::block::{Words, strides};
use super::judge::judge_sides;
use crate::datasheet::{self, BLOCK_LOW_BITS, Kind, YLENGTH, cs, ti};
use crate::police::{Violation, judge_block};
use crate::trace::Event;
use crate::world::World;

/// The bits of CS software can set; QEMU drops PRIORITY's neighbours.
const WRITABLE: u32 = cs::POLICY | cs::ACTIVE;

#[derive(Debug)]
pub(crate) struct QemuChannel {
    number: u8,
    cs: u32,
    conblk: u32,
    live: Words,
    debug: u32,
    hung: bool,
    asking: bool,
}

impl QemuChannel {
    pub(crate) fn new(number: u8) -> Self {
        Self {
            number,
            cs: 0,
            conblk: 0,
            live: Words::default(),
            debug: 0,
            hung: false,
            asking: false,
        }
    }

    /// `INT_STATUS` and the wire: they survive a RESET.
    pub(crate) const fn is_asking(&self) -> bool {
        self.asking
    }

    pub(crate) const fn left(&self) -> (bool, u32) {
        (self.cs & cs::ACTIVE != 0, self.cs & (cs::INT | cs::END))
    }

    pub(crate) const fn read(&self, offset: u32) -> u32 {
        match offset {
            datasheet::CS => self.cs,
            datasheet::CONBLK_AD => self.conblk,
            datasheet::TI => self.live.ti,
            datasheet::SOURCE_AD => self.live.source,
            datasheet::DEST_AD => self.live.dest,
            datasheet::TXFR_LEN => self.live.length,
            datasheet::STRIDE => self.live.stride,
            datasheet::NEXTCONBK => self.live.next,
            datasheet::DEBUG => self.debug,
            _ => 0,
        }
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32, power: Power, world: &mut World) {
        let channel = self.number;
        match offset {
            datasheet::CS => self.write_cs(value, power, world),
            datasheet::CONBLK_AD => {
                if value & BLOCK_LOW_BITS != 0 {
                    world.report(Violation::MisalignedBlock { channel, address: value });
                }
                self.conblk = value;
            }
            datasheet::DEBUG => self.debug = value,
            // Software may write it on the chip; here nothing happens.
            datasheet::NEXTCONBK => {}
            _ => {
                let register = datasheet::name(offset);
                world.report(Violation::ReadOnlyRegister { channel, register, value });
            }
        }
    }

    fn write_cs(&mut self, value: u32, power: Power, world: &mut World) {
        let before = self.cs;
        if value & cs::RESET != 0 {
            self.cs = 0;
            self.conblk = 0;
            self.hung = false;
        }
        if value & cs::END != 0 {
            self.cs &= !cs::END;
        }
        if value & cs::INT != 0 {
            self.cs &= !cs::INT;
            self.asking = false;
        }
        self.cs = (self.cs & !WRITABLE) | (value & WRITABLE);
        if before & cs::ACTIVE == 0 && self.cs & cs::ACTIVE != 0 && power == Power::On {
            self.run(world);
        }
    }

    fn run(&mut self, world: &mut World) {
        let channel = self.number;
        if world.memory.maintenance_pending() {
            world.report(Violation::StartWithoutBarrier { channel });
        }
        let mut seen = BTreeSet::new();
        while self.conblk != 0 {
            let address = self.conblk;
            if !seen.insert(address) {
                return self.hang(address, "the chain is a ring", world);
            }
            let Some(words) = self.fetch(address, world) else { return };
            if !Self::moves_words(&words) {
                return self.hang(address, "the length is no multiple of 4", world);
            }
            self.move_block(world);
            world.log(Event::End { channel, address });
            self.cs |= cs::END;
            if self.live.ti & ti::INTEN != 0 {
                self.cs |= cs::INT;
                self.asking = true;
            }
            self.conblk = self.live.next;
        }
        self.cs = (self.cs & !cs::ACTIVE) | cs::PAUSED;
    }

    fn fetch(&mut self, address: u32, world: &mut World) -> Option<Words> {
        let channel = self.number;
        let words = Words::from_bytes(&world.fetch(channel, address).ok()?);
        world.log(Event::Fetch { channel, address, words: words.shown() });
        let mut found = Vec::new();
        let report = &mut |violation| found.push(violation);
        judge_block(channel, Kind::of(usize::from(channel)), address, &words, report);
        judge_sides(channel, &words, world, report);
        world.report_all(found);
        self.live = Words { reserved: [0; 2], ..words };
        Some(words)
    }

    /// The counter steps by 4 until it is exactly 0.
    fn moves_words(words: &Words) -> bool {
        let row = if words.ti & ti::TDMODE != 0 { words.length & 0xFFFF } else { words.length };
        row.is_multiple_of(4)
    }

    fn hang(&mut self, address: u32, why: &'static str, world: &mut World) {
        self.hung = true;
        world.report(Violation::EmulatorHangs { channel: self.number, address, why });
    }

    fn move_block(&mut self, world: &mut World) {
        let two_d = self.live.ti & ti::TDMODE != 0;
        let length = self.live.length;
        let (row, rows) =
            if two_d { (length & 0xFFFF, ((length >> 16) & YLENGTH) + 1) } else { (length, 1) };
        let [source, dest] = if two_d { strides(self.live.stride) } else { [0, 0] };
        for rows_left in (1..=rows).rev() {
            let high = if two_d { rows_left << 16 } else { 0 };
            for left in (0..row / 4).rev() {
                self.move_word(world);
                self.live.length = high | (left * 4);
            }
            if rows_left > 1 {
                self.live.source = self.live.source.wrapping_add(source);
                self.live.dest = self.live.dest.wrapping_add(dest);
            }
        }
    }

    fn move_word(&mut self, world: &mut World) {
        let mut data = [0; 4];
        if self.live.ti & ti::SRC_IGNORE == 0
            && world.bus_read(self.number, self.live.source, &mut data).is_err()
        {
            data = [0; 4];
        }
        if self.live.ti & ti::SRC_INC != 0 {
            self.live.source = self.live.source.wrapping_add(4);
        }
        if self.live.ti & ti::DEST_IGNORE == 0 {
            let issued = world.memory.tick();
            world.bus_write(self.number, self.live.dest, &data, issued);
        }
        if self.live.ti & ti::DEST_INC != 0 {
            self.live.dest = self.live.dest.wrapping_add(4);
        }
    }
}
