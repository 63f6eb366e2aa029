//! Devices of a board that pace a transfer by their DREQ, for the commands that need one.

/// A device, and how it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacedDevice {
    /// SPI 0 on pins 9, 10 and 11: shifts so many bytes as the engine brings and takes them.
    Spi {
        /// A multiple of 4, at most [`LONGEST_SPI`].
        bytes: u32,
    },
    /// PWM as a clock: its FIFO takes a word a period. The pin is an output that the engine sets and clears.
    Pacer {
        /// A pin of the header that the console does not need.
        pin: u32,
        /// The period in microseconds, at least [`SHORTEST_PERIOD`].
        period: u32,
    },
}

/// The longest transfer through SPI, in bytes.
pub const LONGEST_SPI: u32 = 0xFFFC;
/// The shortest period of the pacer, in microseconds.
pub const SHORTEST_PERIOD: u32 = 100;

/// A device that has been opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// How fast it goes, in Hz: bits, or words.
    pub hertz: u32,
    /// What its registers and pins were before: the machine's to put back.
    pub before: [u32; 8],
}
