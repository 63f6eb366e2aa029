//! The peripherals a chain can meet: FIFOs with a DREQ each, and the system timer.

use std::collections::VecDeque;

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
}

/// A register of a device, as the engine reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    UartData,
    SpiFifo,
    PwmFifo,
    TimerLow,
}

impl Port {
    /// What answers at a bus address; any of the word's four bytes.
    pub(crate) const fn at(bus: u32) -> Option<Self> {
        match bus & !3 {
            address::UART_DR => Some(Self::UartData),
            address::SPI_FIFO => Some(Self::SpiFifo),
            address::PWM_FIF1 => Some(Self::PwmFifo),
            address::TIMER_CLO => Some(Self::TimerLow),
            _ => None,
        }
    }

    /// The DREQ that paces writes and the one that paces reads; p. 61-62. 0: none.
    pub(crate) const fn dreq(self) -> (u32, u32) {
        match self {
            Self::UartData => (12, 14),
            Self::SpiFifo => (6, 7),
            Self::PwmFifo => (5, 0),
            Self::TimerLow => (0, 0),
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
    pwm: VecDeque<u32>,
    pub(crate) pwm_played: Vec<u32>,
    /// DREQ numbers that never come.
    pub(crate) dead: Vec<u32>,
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
            6 => self.spi_out.len() < DEPTH,
            7 => !self.spi_in.is_empty(),
            5 => self.pwm.len() < PWM_DEPTH,
            _ => true,
        }
    }

    pub(crate) fn read(&mut self, port: Port, micros: u32) -> Result<u32, Exhausted> {
        match port {
            Port::UartData => self.uart_in.pop_front().map(u32::from).ok_or(Exhausted),
            Port::SpiFifo => self.spi_in.pop_front().ok_or(Exhausted),
            Port::PwmFifo => Ok(0),
            Port::TimerLow => Ok(micros),
        }
    }

    pub(crate) fn write(&mut self, port: Port, value: u32) -> Result<(), Exhausted> {
        let [low, ..] = value.to_le_bytes();
        let full = match port {
            Port::UartData => push(&mut self.uart_out, low, DEPTH),
            Port::SpiFifo => push(&mut self.spi_out, value, DEPTH),
            Port::PwmFifo => push(&mut self.pwm, value, PWM_DEPTH),
            Port::TimerLow => false,
        };
        if full { Err(Exhausted) } else { Ok(()) }
    }

    /// One device does one unit of work: `choice` says which.
    pub(crate) fn tick(&mut self, choice: u32) {
        match choice % 3 {
            0 => self.uart_sent.extend(self.uart_out.pop_front()),
            1 if self.spi_in.len() < DEPTH => self.spi_in.extend(self.spi_out.pop_front()),
            2 => self.pwm_played.extend(self.pwm.pop_front()),
            _ => {}
        }
    }

    /// Whether a tick could change anything.
    pub(crate) fn is_busy(&self) -> bool {
        !(self.uart_out.is_empty() && self.spi_out.is_empty() && self.pwm.is_empty())
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
