//! The registers around the FIFOs: SPI 0, PWM, its clock, the pins. Until the CPU writes one of them the FIFOs run by
//! themselves, as if somebody had set everything up; from then on they do what the registers say.

use std::cell::Cell;

/// Offsets from the start of the peripherals, once more from the datasheet.
mod offset {
    /// p. 107: the generator of the PWM's clock (not in the table; pigpio).
    pub(super) const CM_PWMCTL: u32 = 0x10_10A0;
    pub(super) const CM_PWMDIV: u32 = 0x10_10A4;
    /// p. 90.
    pub(super) const GPFSEL0: u32 = 0x20_0000;
    pub(super) const GPFSEL5: u32 = 0x20_0014;
    pub(super) const GPSET0: u32 = 0x20_001C;
    pub(super) const GPCLR0: u32 = 0x20_0028;
    pub(super) const GPLEV0: u32 = 0x20_0034;
    /// p. 152.
    pub(super) const SPI_CS: u32 = 0x20_4000;
    pub(super) const SPI_CLK: u32 = 0x20_4008;
    pub(super) const SPI_DLEN: u32 = 0x20_400C;
    /// p. 141.
    pub(super) const PWM_CTL: u32 = 0x20_C000;
    pub(super) const PWM_DMAC: u32 = 0x20_C008;
    pub(super) const PWM_RNG1: u32 = 0x20_C010;
}

/// The crystal, in Hz.
const CRYSTAL: u64 = 19_200_000;

/// Looks at a clock that was switched off until it stands (p. 107: it finishes its cycle first).
const STOPPING: u32 = 3;

/// A change of the pins' latches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// When, in nanoseconds.
    pub at: u64,
    /// The latches of pins 0 to 31 from then on.
    pub levels: u32,
}

/// The registers.
#[derive(Debug, Default)]
pub(crate) struct Registers {
    /// Whether the CPU has written any of them.
    in_use: bool,
    functions: [u32; 6],
    latches: u32,
    pub(crate) edges: Vec<Edge>,
    /// The wire from MOSI to MISO is cut.
    pub(crate) cut: bool,
    spi: [u32; 3],
    spi_left: u32,
    pwm: [u32; 3],
    clock: [u32; 2],
    /// How many more looks find the clock busy after it was switched off.
    stopping: Cell<u32>,
    /// What the crystal's clock was changed under.
    pub(crate) glitches: u32,
    due: u64,
}

const ALT0: u32 = 4;
const OUTPUT: u32 = 1;

impl Registers {
    pub(crate) fn read(&self, at: u32, spi_out: usize) -> u32 {
        match at {
            offset::GPFSEL0..=offset::GPFSEL5 => {
                self.functions.get(((at - offset::GPFSEL0) / 4) as usize).copied().unwrap_or(0)
            }
            offset::GPLEV0 => self.levels(),
            offset::SPI_CS => {
                let done = self.is_spi_on() && self.spi_left == 0 && spi_out == 0;
                self.spi[0] & !0x30 | u32::from(done) << 16
            }
            offset::SPI_CLK => self.spi[1],
            offset::SPI_DLEN => self.spi_left,
            offset::PWM_CTL => self.pwm[0],
            offset::PWM_DMAC => self.pwm[1],
            offset::PWM_RNG1 => self.pwm[2],
            offset::CM_PWMCTL => {
                let busy = self.is_clock_busy();
                self.stopping.set(self.stopping.get().saturating_sub(1));
                self.clock[0] | u32::from(busy) << 7
            }
            offset::CM_PWMDIV => self.clock[1],
            _ => 0,
        }
    }

    /// What is to be done to the FIFOs.
    pub(crate) fn write(&mut self, at: u32, value: u32, now: u64) -> Cleared {
        self.in_use = true;
        match at {
            offset::GPFSEL0..=offset::GPFSEL5 => {
                if let Some(register) =
                    self.functions.get_mut(((at - offset::GPFSEL0) / 4) as usize)
                {
                    *register = value;
                }
            }
            offset::GPSET0 => self.latch(self.latches | value, now),
            offset::GPCLR0 => self.latch(self.latches & !value, now),
            offset::SPI_CS => {
                self.spi[0] = value;
                return if value & 0x30 == 0 { Cleared::Nothing } else { Cleared::Spi };
            }
            offset::SPI_CLK => self.spi[1] = value & 0xFFFF,
            offset::SPI_DLEN => self.spi_left = value & 0xFFFF,
            offset::PWM_CTL => return self.write_pwm_control(value, now),
            offset::PWM_DMAC => self.pwm[1] = value,
            offset::PWM_RNG1 => self.pwm[2] = value,
            offset::CM_PWMCTL if value >> 24 == 0x5A => {
                // p. 107: source and divider are not to be changed while the clock is busy.
                let changed = value & 0xF != self.clock[0] & 0xF;
                self.glitches += u32::from(self.is_clock_busy() && changed);
                if self.clock[0] & !value & 0x10 != 0 {
                    self.stopping.set(STOPPING);
                }
                self.clock[0] = value & 0x61F;
            }
            offset::CM_PWMDIV if value >> 24 == 0x5A => {
                self.glitches += u32::from(self.is_clock_busy());
                self.clock[1] = value & 0x00FF_FFFF;
            }
            _ => {}
        }
        Cleared::Nothing
    }

    /// It is on, or still finishing its last cycle.
    fn is_clock_busy(&self) -> bool {
        self.clock[0] & 0x10 != 0 || self.stopping.get() > 0
    }

    fn write_pwm_control(&mut self, value: u32, now: u64) -> Cleared {
        self.pwm[0] = value & !0x40;
        self.due = now.saturating_add(self.word());
        if value & 0x40 == 0 { Cleared::Nothing } else { Cleared::Pwm }
    }

    /// The engine writes to the pins.
    pub(crate) fn latch(&mut self, latches: u32, now: u64) {
        if latches != self.latches {
            self.latches = latches;
            self.edges.push(Edge { at: now, levels: latches });
        }
    }

    pub(crate) const fn latches(&self) -> u32 {
        self.latches
    }

    /// The levels of the pins that are outputs; the others are low.
    fn levels(&self) -> u32 {
        let output = |pin: &u32| self.function(*pin) == OUTPUT;
        (0..32).filter(output).fold(0, |levels, pin| levels | self.latches & 1 << pin)
    }

    fn function(&self, pin: u32) -> u32 {
        self.functions.get((pin / 10) as usize).map_or(0, |register| register >> (pin % 10 * 3) & 7)
    }

    /// TA and DMAEN.
    const fn is_spi_on(&self) -> bool {
        self.spi[0] & 0x180 == 0x180
    }

    /// Whether SPI drives its DREQs and shifts.
    pub(crate) const fn spi_runs(&self) -> bool {
        !self.in_use || self.is_spi_on()
    }

    /// Whether there is anything left to shift.
    pub(crate) const fn spi_has_left(&self) -> bool {
        !self.in_use || self.spi_left > 0
    }

    /// A word went out: what comes in.
    pub(crate) fn shift(&mut self, word: u32) -> u32 {
        if !self.in_use {
            return word;
        }
        self.spi_left = self.spi_left.saturating_sub(4);
        let wired = !self.cut && [9, 10, 11].into_iter().all(|pin| self.function(pin) == ALT0);
        if wired { word } else { 0 }
    }

    /// How full the PWM's FIFO may be for its DREQ to be high.
    pub(crate) fn pwm_wants_below(&self, depth: usize) -> usize {
        match self.pwm[1] {
            _ if !self.in_use => depth,
            dmac if dmac >> 31 == 0 => 0,
            dmac => (dmac & 0xFF) as usize,
        }
    }

    /// Whether the PWM takes words: on, from the FIFO, with a clock.
    pub(crate) const fn pwm_runs(&self) -> bool {
        !self.in_use || (self.pwm[0] & 0x21 == 0x21 && self.clock[0] & 0x10 != 0)
    }

    /// Whether the PWM takes a word now.
    pub(crate) fn pwm_is_due(&mut self, now: u64) -> bool {
        if !self.in_use {
            return true;
        }
        if now < self.due {
            return false;
        }
        self.due = self.due.saturating_add(self.word()).max(now.saturating_sub(self.word()));
        true
    }

    /// How long a word lasts, in nanoseconds.
    fn word(&self) -> u64 {
        let divider = u64::from(self.clock[1] >> 12).max(1);
        u64::from(self.pwm[2].max(1)) * divider * 1_000_000_000 / CRYSTAL
    }
}

/// A FIFO that a write has emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cleared {
    Nothing,
    Spi,
    Pwm,
}
