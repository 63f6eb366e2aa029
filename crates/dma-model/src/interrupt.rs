//! The BCM2835 interrupt controller, as far as the DMA controller's wires reach. p. 112-118.

use crate::profile::Profile;

/// What the interrupt controller shows, as an interrupt handler reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// The basic pending register: summary bits 8 and 9, shortcut bits 10-20.
    pub basic: u32,
    /// GPU IRQs 0-31.
    pub bank1: u32,
    /// GPU IRQs 32-63.
    pub bank2: u32,
}

impl Pending {
    /// Whether nothing asks.
    pub const fn is_empty(self) -> bool {
        self.bank1 == 0 && self.bank2 == 0
    }

    /// Bit n where channel n may be the one that asks: channels 11 to 14 share a line.
    pub const fn channels(self) -> u32 {
        let own = (self.bank1 >> DMA0) & 0x7FF;
        let shared = if self.bank1 & (1 << DMA_SHARED) != 0 { 0xF << 11 } else { 0 };
        own | shared
    }
}

/// GPU IRQ of channel 0; 1 to 10 follow (bcm2835-common.dtsi).
const DMA0: u32 = 16;
/// GPU IRQ of channels 11 to 14 together.
const DMA_SHARED: u32 = 27;
/// GPU IRQ of all channels together, the VideoCore's too. Never to be enabled.
const DMA_ALL: u32 = 28;

/// GPU IRQs of bank 1 that have a shortcut bit in the basic register, and the bit; p. 114.
const SHORTCUTS: [(u32, u32); 5] = [(7, 10), (9, 11), (10, 12), (18, 13), (19, 14)];

/// Enable bits and the wires' way through.
#[derive(Debug, Default)]
pub(crate) struct Interrupts {
    enabled: [u32; 2],
}

impl Interrupts {
    /// The lines of these channels enabled, as the board does at boot.
    pub(crate) fn for_channels(mask: u32) -> Self {
        Self { enabled: [lines(mask) & !(1 << DMA_ALL), 0] }
    }

    /// The pending registers for these channel wires.
    pub(crate) fn pending(&self, wires: u32, profile: Profile) -> Pending {
        if wires == 0 {
            return Pending::default();
        }
        let mut raw = lines(wires);
        if profile == Profile::Qemu {
            raw &= !(1 << DMA_ALL);
        }
        let bank1 = raw & self.enabled[0];
        let shortcuts = SHORTCUTS.iter().filter(|(irq, _)| bank1 & (1 << irq) != 0);
        let mut basic = shortcuts.clone().fold(0, |bits, (_, bit)| bits | (1 << bit));
        // Bit 8 sums up bank 1, but on the chip without the sources that have a shortcut; QEMU takes all.
        let hidden = match profile {
            Profile::Hardware => shortcuts.fold(0, |bits, (irq, _)| bits | (1 << irq)),
            Profile::Qemu => 0,
        };
        if bank1 & !hidden != 0 {
            basic |= 1 << 8;
        }
        Pending { basic, bank1, bank2: 0 }
    }

    /// Enable registers: write 1 to set (+0x10, +0x14), write 1 to clear (+0x1C, +0x20); `true` where IRQ 28 is on.
    pub(crate) fn write(&mut self, offset: u32, value: u32) -> bool {
        let [first, second] = &mut self.enabled;
        match offset {
            0x10 => *first |= value,
            0x14 => *second |= value,
            0x1C => *first &= !value,
            0x20 => *second &= !value,
            _ => {}
        }
        self.enabled[0] & (1 << DMA_ALL) != 0
    }

    pub(crate) const fn enabled(&self) -> [u32; 2] {
        self.enabled
    }
}

/// GPU IRQs 0-31 for these channels.
const fn lines(channels: u32) -> u32 {
    let own = (channels & 0x7FF) << DMA0;
    let shared = if channels & (0xF << 11) != 0 { 1 << DMA_SHARED } else { 0 };
    let all = if channels != 0 { 1 << DMA_ALL } else { 0 };
    own | shared | all
}
