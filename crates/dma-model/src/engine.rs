//! The controller: 16 channels and the registers they share.

mod block;
mod channel;
mod hardware;
mod judge;
mod qemu;

pub(crate) use block::Words;

use crate::datasheet::CHANNELS;
use crate::police::Violation;
use crate::profile::Profile;
use crate::world::World;
use channel::Channel;
use qemu::QemuChannel;

/// A channel's bit of `ENABLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    On,
    Off,
}

/// The controller as one of the profiles has it.
#[derive(Debug)]
pub(crate) struct Engine {
    channels: Vec<Channel>,
    emulated: Vec<QemuChannel>,
    enable: u32,
    profile: Profile,
    mask: u32,
    /// The channels that were ever written to. No other does anything.
    touched: u16,
}

/// A channel's number as the bits count it.
fn bit(channel: u8) -> u32 {
    1_u32.checked_shl(u32::from(channel)).unwrap_or(0)
}

/// The channels of a set in turn, round from `first`. Without a look at the others: under Miri that is where time goes.
struct Turns {
    first: usize,
    left: u16,
}

impl Turns {
    fn new(set: u16, first: usize) -> Self {
        let shift = u32::try_from(first).unwrap_or(0);
        Self { first, left: set.rotate_right(shift) }
    }
}

impl Iterator for Turns {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let turn = usize::try_from(self.left.trailing_zeros()).unwrap_or(0);
        self.left &= self.left.checked_sub(1)?;
        Some((self.first + turn) % CHANNELS)
    }
}

impl Engine {
    pub(crate) fn new(profile: Profile, mask: u32, rng: &mut fastrand::Rng) -> Self {
        let numbers = (0_u8..).take(CHANNELS);
        Self {
            channels: numbers.clone().map(|number| Channel::new(number, rng)).collect(),
            emulated: numbers.map(QemuChannel::new).collect(),
            enable: profile.enable(),
            profile,
            mask,
            touched: 0,
        }
    }

    pub(crate) const fn mask(&self) -> u32 {
        self.mask
    }

    pub(crate) fn read(&mut self, channel: u8, offset: u32, world: &mut World) -> u32 {
        let index = usize::from(channel);
        match self.profile {
            Profile::Hardware => {
                self.channels.get_mut(index).map_or(0, |channel| channel.read(offset, world))
            }
            Profile::Qemu => self.emulated.get(index).map_or(0, |channel| channel.read(offset)),
        }
    }

    pub(crate) fn write(&mut self, channel: u8, offset: u32, value: u32, world: &mut World) {
        if self.mask & bit(channel) == 0 {
            world.report(Violation::ForeignChannel { channel });
        }
        let power = self.power(channel);
        let index = usize::from(channel);
        self.touched |= 1_u16.checked_shl(u32::from(channel)).unwrap_or(0);
        match self.profile {
            Profile::Hardware => {
                if let Some(channel) = self.channels.get_mut(index) {
                    channel.write(offset, value, power, world);
                }
            }
            Profile::Qemu => {
                if let Some(channel) = self.emulated.get_mut(index) {
                    channel.write(offset, value, power, world);
                }
            }
        }
    }

    fn power(&self, channel: u8) -> Power {
        // Channel 15 has no bit in ENABLE (p. 59-60).
        let always = channel == 15 && self.profile == Profile::Hardware;
        if always || self.enable & bit(channel) != 0 { Power::On } else { Power::Off }
    }

    pub(crate) const fn enable(&self) -> u32 {
        self.enable
    }

    pub(crate) fn set_enable(&mut self, value: u32, world: &mut World) {
        let allowed = self.enable | self.mask;
        let value = value & self.profile.enable();
        if self.profile == Profile::Hardware
            && (value & self.enable != self.enable || value & !allowed != 0)
        {
            world.report(Violation::EnableOfOthers { before: self.enable, after: value });
        }
        self.enable = value;
    }

    /// Bit n where channel n asks for the interrupt.
    pub(crate) fn interrupt_status(&self) -> u32 {
        self.lines(Channel::is_asking)
    }

    /// Bit n where channel n's interrupt wire is high, faults included.
    pub(crate) fn wires(&self) -> u32 {
        self.lines(Channel::wire)
    }

    fn lines(&self, level: impl Fn(&Channel) -> bool) -> u32 {
        let is_high = |index: &usize| match self.profile {
            Profile::Hardware => self.channels.get(*index).is_some_and(&level),
            Profile::Qemu => self.emulated.get(*index).is_some_and(QemuChannel::is_asking),
        };
        Turns::new(self.touched, 0).filter(is_high).fold(0, |lines, index| lines | 1 << index)
    }

    /// The handler ran: wires that were up for no reason go down.
    pub(crate) fn calm(&mut self) {
        for index in Turns::new(self.touched, 0) {
            if let Some(channel) = self.channels.get_mut(index) {
                channel.calm();
            }
        }
    }

    /// One step: every channel that runs does at most one beat, in an order of the seed's choice.
    pub(crate) fn step(&mut self, world: &mut World) -> bool {
        if self.profile == Profile::Qemu {
            return false;
        }
        let first = world.rng.usize(0..CHANNELS);
        let mut moved = false;
        for index in Turns::new(self.touched, first) {
            if self.is_on(index)
                && let Some(channel) = self.channels.get_mut(index)
                && channel.is_busy()
            {
                moved |= channel.step(world);
            }
        }
        moved
    }

    fn is_on(&self, index: usize) -> bool {
        u8::try_from(index).is_ok_and(|number| self.power(number) == Power::On)
    }

    /// Whether a step could change anything, ever, if nothing else happens.
    pub(crate) fn can_move(&self, world: &World) -> bool {
        let moves = |index: usize| {
            let channel = self.channels.get(index);
            self.is_on(index) && channel.is_some_and(|channel| channel.can_move(world))
        };
        self.profile == Profile::Hardware && Turns::new(self.touched, 0).any(moves)
    }

    /// What is left at the end.
    pub(crate) fn judge_end(&self, world: &mut World) {
        for (channel, mine) in (0_u8..).zip(&self.channels) {
            if self.mask & bit(channel) == 0 {
                continue;
            }
            let (active, status) = match (self.profile, self.emulated.get(usize::from(channel))) {
                (Profile::Qemu, Some(emulated)) => emulated.left(),
                _ => mine.left(),
            };
            if active {
                world.report(Violation::LeftRunning { channel });
            }
            if status != 0 {
                world.report(Violation::StatusLeft { channel, status });
            }
        }
    }
}
