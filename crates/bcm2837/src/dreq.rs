//! The lines by which a peripheral paces the DMA engine. Datasheet p. 61-62.

macro_rules! dreqs {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// A data request line: the value of `PERMAP` in a control block. Datasheet p. 61-62.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Dreq {
            $($(#[$doc])* $name = $number,)*
        }

        impl Dreq {
            /// All of them, in order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

dreqs! {
    /// Always on: not paced.
    AlwaysOn = 0,
    /// Display serial interface 0. The table names 1 and 15 alike.
    Dsi0 = 1,
    /// PCM transmit.
    PcmTx = 2,
    /// PCM receive.
    PcmRx = 3,
    /// Secondary memory interface.
    Smi = 4,
    /// PWM.
    Pwm = 5,
    /// SPI 0 transmit.
    SpiTx = 6,
    /// SPI 0 receive.
    SpiRx = 7,
    /// BSC/SPI slave transmit.
    SlaveTx = 8,
    /// BSC/SPI slave receive.
    SlaveRx = 9,
    /// SD card interface (Arasan).
    Emmc = 11,
    /// PL011 transmit. In the table, but the UART's own DMA register is dead (p. 175, 193).
    UartTx = 12,
    /// SD host.
    SdHost = 13,
    /// PL011 receive; see [`UartTx`](Self::UartTx).
    UartRx = 14,
    /// Display serial interface 1.
    Dsi1 = 15,
    /// `SLIMbus` control transmit.
    SlimMcTx = 16,
    /// HDMI audio.
    Hdmi = 17,
    /// `SLIMbus` control receive.
    SlimMcRx = 18,
    /// `SLIMbus` data channel 0.
    SlimDc0 = 19,
    /// `SLIMbus` data channel 1.
    SlimDc1 = 20,
    /// `SLIMbus` data channel 2.
    SlimDc2 = 21,
    /// `SLIMbus` data channel 3.
    SlimDc3 = 22,
    /// `SLIMbus` data channel 4.
    SlimDc4 = 23,
    /// Scaler FIFO 0 and SMI.
    Scaler0 = 24,
    /// Scaler FIFO 1 and SMI.
    Scaler1 = 25,
    /// Scaler FIFO 2 and SMI.
    Scaler2 = 26,
    /// `SLIMbus` data channel 5.
    SlimDc5 = 27,
    /// `SLIMbus` data channel 6.
    SlimDc6 = 28,
    /// `SLIMbus` data channel 7.
    SlimDc7 = 29,
    /// `SLIMbus` data channel 8.
    SlimDc8 = 30,
    /// `SLIMbus` data channel 9.
    SlimDc9 = 31,
}

impl Dreq {
    /// The number, 0 to 31.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The line of this number; `None` for 10, which the table leaves blank, and above 31.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|line| line.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_but_10_has_a_line_and_comes_back() {
        for number in 0..=u8::MAX {
            let line = Dreq::from_number(number);
            assert_eq!(line.is_some(), number < 32 && number != 10, "number {number}");
            assert!(line.is_none_or(|line| line.number() == number));
        }
    }

    #[test]
    fn the_lines_that_are_used_have_the_datasheets_numbers() {
        assert_eq!(Dreq::Pwm.number(), 5);
        assert_eq!((Dreq::SpiTx.number(), Dreq::SpiRx.number()), (6, 7));
        assert_eq!((Dreq::Emmc.number(), Dreq::SdHost.number()), (11, 13));
    }
}
