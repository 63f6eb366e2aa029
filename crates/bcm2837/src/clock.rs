//! Clocks that the firmware runs and reports. (raspberrypi/firmware wiki, "Mailbox property interface".)

/// A clock, by the number the mailbox knows it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Clock {
    /// SD host.
    Emmc = 1,
    /// The PL011's reference.
    Uart = 2,
    /// The ARM cores.
    Arm = 3,
    /// The VideoCore, the buses and the DMA engine.
    Core = 4,
    /// PWM.
    Pwm = 10,
}

impl Clock {
    /// The number.
    pub const fn id(self) -> u32 {
        self as u32
    }
}
