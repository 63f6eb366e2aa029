//! The peripherals a chain can meet: FIFOs with a DREQ each, and the system timer.

use std::collections::VecDeque;

use crate::peripheral::{Cleared, Registers};

/// Bus addresses of the registers a control block names.
mod address {
    /// PL011 data register; p. 175, 177.
    pub(super) const UART_DR: u32 = 0x7E20_1000;
    /// SPI0 FIFO; p. 152.
    pub(super) const SPI_FIFO: u32 = 0x7E20_4004;
    /// PWM FIF1; p. 141.
    pub(super) const PWM_FIF1: u32 = 0x7E20_C018;
    /// System timer CLO; p. 172.
    pub(super) const TIMER_CLO: u32 = 0x7E00_3004;
    /// GPSET0 and GPCLR0; p. 90.
    pub(super) const PINS_SET: u32 = 0x7E20_001C;
    pub(super) const PINS_CLEAR: u32 = 0x7E20_0028;
}

/// A register of a device, as the engine reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    UartData,
    SpiFifo,
    PwmFifo,
    TimerLow,
    PinsSet,
    PinsClear,
}

impl Port {
    /// What answers at a bus address; any of the word's four bytes.
    pub(crate) const fn at(bus: u32) -> Option<Self> {
        match bus & !3 {
            address::UART_DR => Some(Self::UartData),
            address::SPI_FIFO => Some(Self::SpiFifo),
            address::PWM_FIF1 => Some(Self::PwmFifo),
            address::TIMER_CLO => Some(Self::TimerLow),
            address::PINS_SET => Some(Self::PinsSet),
            address::PINS_CLEAR => Some(Self::PinsClear),
            _ => None,
        }
    }

    /// The DREQ that paces writes and the one that paces reads; p. 61-62. 0: none.
    pub(crate) const fn dreq(self) -> (u32, u32) {
        match self {
            Self::UartData => (12, 14),
            Self::SpiFifo => (6, 7),
            Self::PwmFifo => (5, 0),
            Self::TimerLow | Self::PinsSet | Self::PinsClear => (0, 0),
        }
    }
}

/// A FIFO had no room, or nothing to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// Words an SPI or UART FIFO holds; p. 148 (16 words), p. 175 (16 × 8 bit).
const DEPTH: usize = 16;
/// Words the PWM FIFO holds: 8 (p. 144 shows flags of a FIFO; 8 by pigpio and Circle).
const PWM_DEPTH: usize = 8;

/// All devices.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    uart_out: VecDeque<u8>,
    uart_in: VecDeque<u8>,
    pub(crate) uart_sent: Vec<u8>,
    spi_out: VecDeque<u32>,
    spi_in: VecDeque<u32>,
    pub(crate) pwm: VecDeque<u32>,
    pub(crate) pwm_played: Vec<u32>,
    /// DREQ numbers that never come.
    pub(crate) dead: Vec<u32>,
    pub(crate) registers: Registers,
}

impl Devices {
    /// The level of a DREQ line; 0 is "always on", and so is one that no device here drives.
    pub(crate) fn dreq(&self, number: u32) -> bool {
        if self.dead.contains(&number) {
            return false;
        }
        match number {
            12 => self.uart_out.len() < DEPTH,
            14 => !self.uart_in.is_empty(),
            6 => self.registers.spi_runs() && self.spi_out.len() < DEPTH,
            7 => self.registers.spi_runs() && !self.spi_in.is_empty(),
            5 => self.pwm.len() < self.registers.pwm_wants_below(PWM_DEPTH).min(PWM_DEPTH),
            _ => true,
        }
    }

    pub(crate) fn read(&mut self, port: Port, micros: u32) -> Result<u32, Exhausted> {
        match port {
            Port::UartData => self.uart_in.pop_front().map(u32::from).ok_or(Exhausted),
            Port::SpiFifo => self.spi_in.pop_front().ok_or(Exhausted),
            Port::PwmFifo | Port::PinsSet | Port::PinsClear => Ok(0),
            Port::TimerLow => Ok(micros),
        }
    }

    pub(crate) fn write(&mut self, port: Port, value: u32, now: u64) -> Result<(), Exhausted> {
        let [low, ..] = value.to_le_bytes();
        let full = match port {
            Port::UartData => push(&mut self.uart_out, low, DEPTH),
            Port::SpiFifo => push(&mut self.spi_out, value, DEPTH),
            Port::PwmFifo => push(&mut self.pwm, value, PWM_DEPTH),
            Port::TimerLow => false,
            Port::PinsSet => {
                self.registers.latch(self.registers.latches() | value, now);
                false
            }
            Port::PinsClear => {
                self.registers.latch(self.registers.latches() & !value, now);
                false
            }
        };
        if full { Err(Exhausted) } else { Ok(()) }
    }

    /// One device does one unit of work: `choice` says which.
    pub(crate) fn tick(&mut self, choice: u32, now: u64) {
        match choice % 3 {
            0 => self.uart_sent.extend(self.uart_out.pop_front()),
            1 if self.can_shift() && self.spi_in.len() < DEPTH => {
                let word = self.spi_out.pop_front().map(|word| self.registers.shift(word));
                self.spi_in.extend(word);
            }
            2 if self.registers.pwm_runs() && self.registers.pwm_is_due(now) => {
                self.pwm_played.extend(self.pwm.pop_front());
            }
            _ => {}
        }
    }

    fn can_shift(&self) -> bool {
        self.registers.spi_runs() && self.registers.spi_has_left() && !self.spi_out.is_empty()
    }

    /// Whether a tick could change anything.
    pub(crate) fn is_busy(&self) -> bool {
        let plays = self.registers.pwm_runs() && !self.pwm.is_empty();
        !self.uart_out.is_empty() || self.can_shift() || plays
    }

    /// The CPU reads a register of SPI 0, PWM, its clock or the pins.
    pub(crate) fn read_register(&self, offset: u32) -> u32 {
        self.registers.read(offset, self.spi_out.len())
    }

    /// The CPU writes one.
    pub(crate) fn write_register(&mut self, offset: u32, value: u32, now: u64) {
        match self.registers.write(offset, value, now) {
            Cleared::Nothing => {}
            Cleared::Spi => {
                self.spi_out.clear();
                self.spi_in.clear();
            }
            Cleared::Pwm => self.pwm.clear(),
        }
    }

    pub(crate) fn uart_receive(&mut self, bytes: &[u8]) {
        self.uart_in.extend(bytes);
    }
}

/// Puts one in; `true` where it was full and the value is lost.
fn push<T>(fifo: &mut VecDeque<T>, value: T, depth: usize) -> bool {
    if fifo.len() >= depth {
        return true;
    }
    fifo.push_back(value);
    false
}
