//! The sins, by name.

use core::fmt;

macro_rules! violations {
    ($($(#[$doc:meta])* $name:ident { $($field:ident : $type:ty),* $(,)? } = $text:literal,)*) => {
        /// What a driver must not do. `channel` is always the DMA channel's number, addresses are bus addresses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Violation {
            $($(#[$doc])* $name { $(#[doc = concat!("The ", stringify!($field), ".")] $field: $type),* },)*
        }

        impl Violation {
            /// Its name, as the variant is called.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name),)* }
            }

            /// All names there are.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            const fn text(&self) -> &'static str {
                match self { $(Self::$name { .. } => $text,)* }
            }
        }

        impl fmt::Display for Violation {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}: {} (", self.name(), self.text())?;
                match self {
                    $(Self::$name { $($field),* } => {
                        let fields: &[(&str, &dyn fmt::Debug)] = &[$((stringify!($field), $field)),*];
                        for (index, (name, value)) in fields.iter().enumerate() {
                            let comma = if index == 0 { "" } else { ", " };
                            write!(f, "{comma}{name} {value:#x?}")?;
                        }
                    })*
                }
                f.write_str(")")
            }
        }
    };
}

violations! {
    // Control blocks.
    /// A control block is not 32-byte aligned: the chip rounds the address down (p. 40, 50).
    MisalignedBlock { channel: u8, address: u32 } = "control block address not a multiple of 32",
    /// The block the engine fetched is not what the CPU last wrote: its line was not cleaned.
    StaleBlock { channel: u8, address: u32 } = "control block fetched before its cache line was cleaned",
    /// A block of a running chain was changed, which the engine may have read before (p. 40, p. 54).
    LiveBlockChanged { channel: u8, address: u32 } = "control block changed while its chain is live",
    /// The engine wrote over a control block of a running chain.
    BlockOverwritten { channel: u8, address: u32 } = "a transfer wrote over a control block of a live chain",
    /// TI or the words 6 and 7 have a reserved bit set (p. 40, 51-57).
    ReservedBits { channel: u8, word: u32, bits: u32 } = "reserved bits of a control block set",
    /// `TXFR_LEN` has bits the channel does not have (p. 53, 57).
    LengthBits { channel: u8, length: u32 } = "length does not fit the register",
    /// A length of no bytes is undefined (p. 53).
    ZeroLength { channel: u8, address: u32 } = "transfer of length 0",
    /// 2D on a lite channel (p. 64).
    LiteTwoD { channel: u8 } = "2D mode on a lite channel",
    /// `SRC_IGNORE` or `DEST_IGNORE` on a lite channel (p. 64).
    LiteIgnore { channel: u8, bits: u32 } = "IGNORE bits on a lite channel",
    /// A stride without 2D mode.
    StrideWithoutTwoD { channel: u8, stride: u32 } = "stride set in a block that is not 2D",
    /// A read burst that does not fit the channel's FIFO can lock the bus (p. 63-64).
    BurstStallsBus { channel: u8, burst: u32, limit: u32 } = "read burst longer than the FIFO takes",
    // Addresses.
    /// RAM through another alias than `0xC000_0000` (p. 5-6; raspberrypi/linux #3602).
    WrongAlias { channel: u8, address: u32 } = "RAM addressed through a cached alias",
    /// An ARM peripheral address where a bus address belongs.
    ArmAddress { channel: u8, address: u32 } = "an ARM physical address in a control block",
    /// Neither RAM nor a device is there.
    OutsideWindow { channel: u8, address: u32 } = "nothing the engine can reach",
    /// A region closed to the engine, by name.
    ClosedRegion { channel: u8, address: u32, region: &'static str } = "transfer into a closed region",
    /// RAM that no one handed out.
    UnownedMemory { channel: u8, address: u32 } = "transfer touches memory that no buffer owns",
    // Devices.
    /// 128-bit accesses to a peripheral (msperl/spi-bcm2835 #1).
    WideDevice { channel: u8, address: u32 } = "128-bit access to a peripheral",
    /// A device address or length that is no multiple of 4: peripherals have no byte enables.
    NarrowDevice { channel: u8, address: u32 } = "device access that is no aligned 32-bit word",
    /// INC on a FIFO's side.
    IncrementOnDevice { channel: u8, address: u32 } = "address increments over a device FIFO",
    /// A paced device without its DREQ, or with another one's (p. 61).
    Unpaced { channel: u8, address: u32, dreq: u32 } = "device FIFO accessed without its own DREQ",
    /// Writes to a device without `WAIT_RESP` land after the DREQ dropped (p. 61).
    DeviceWithoutWaitResp { channel: u8, address: u32 } = "device written without WAIT_RESP",
    /// A device FIFO was written while full.
    FifoOverrun { channel: u8, address: u32 } = "device FIFO written while full",
    /// A device FIFO was read while empty.
    FifoUnderrun { channel: u8, address: u32 } = "device FIFO read while empty",
    // Registers.
    /// A register that software cannot write (p. 40).
    ReadOnlyRegister { channel: u8, register: &'static str, value: u32 } = "read-only register written",
    /// `NEXTCONBK` written while the channel is not paused (p. 41, 54).
    NextWhileRunning { channel: u8, value: u32 } = "NEXTCONBK written while the channel runs",
    /// `CONBLK_AD` written while the channel runs.
    BlockAddressWhileRunning { channel: u8, value: u32 } = "CONBLK_AD written while the channel runs",
    /// Reserved bits of CS (p. 47-50).
    ReservedCsBits { channel: u8, bits: u32 } = "reserved bits of CS written as 1",
    /// ABORT on a channel that is not active has no effect (raspberrypi/linux PR #5482).
    AbortWithoutActive { channel: u8 } = "ABORT written without ACTIVE",
    /// A start with END or INT of an earlier transfer still set.
    StaleStatusAtStart { channel: u8, status: u32 } = "started with END or INT still set",
    /// A start with an error still latched in DEBUG.
    ErrorAtStart { channel: u8, errors: u32 } = "started with an error still latched in DEBUG",
    /// The acknowledge dropped ACTIVE of a running chain (Linux f7da7782aba9).
    AckDropsActive { channel: u8, value: u32 } = "acknowledge without ACTIVE stops a running chain",
    /// The acknowledge changed the priorities or the wait bit of a running chain.
    AckDropsPolicy { channel: u8, value: u32, policy: u32 } = "acknowledge drops the policy bits of a running chain",
    /// A start on a channel whose ENABLE bit is off.
    StartWhileDisabled { channel: u8 } = "started while the channel's ENABLE bit is clear",
    /// ENABLE written so that another's bit changes, or an own one is cleared.
    EnableOfOthers { before: u32, after: u32 } = "ENABLE bits of others changed",
    /// A channel the driver does not own.
    ForeignChannel { channel: u8 } = "channel of another owner written",
    // Interrupts.
    /// GPU IRQ 28, the OR of all channels, the VideoCore's too.
    Irq28 { bank_value: u32 } = "GPU IRQ 28 enabled",
    /// The handler returned again and again with the line still asserted.
    InterruptStorm { lines: u32 } = "interrupt line never acknowledged",
    // Memory.
    /// A start, while stores to coherent memory or cache maintenance wait for a barrier.
    StartWithoutBarrier { channel: u8 } = "started before a barrier",
    /// The engine read bytes older than the CPU's.
    StaleSource { channel: u8, address: u32 } = "engine read a byte whose cache line was not cleaned",
    /// The engine read coherent bytes that the CPU stored after its last barrier.
    UnorderedSource { channel: u8, address: u32 } = "engine read a byte stored after the last barrier",
    /// The engine wrote under a dirty line.
    DirtyDestination { channel: u8, address: u32 } = "engine wrote under a dirty cache line",
    /// A line was written back over bytes the engine had written.
    WriteBackOverDevice { address: u32 } = "dirty line written back over bytes the engine wrote",
    /// A dirty line was invalidated: its bytes are lost, or the engine's are.
    InvalidateDirty { address: u32 } = "dirty line invalidated",
    /// An invalidate of part of a line: the rest belongs to someone else.
    InvalidatePartial { address: u32, length: usize } = "invalidate of a part of a line",
    /// Maintenance of memory the model does not know.
    MaintenanceOutside { start: usize, length: usize } = "cache maintenance outside the machine's memory",
    /// The CPU read, or ended with, a line the engine wrote and no one invalidated.
    StaleForCpu { address: u32 } = "line written by the engine and not invalidated since",
    /// A write landed after its line was handed back to the CPU.
    LateWrite { channel: u8, address: u32 } = "engine wrote a line already handed back",
    /// The chain ended while writes were in flight.
    CompletedBeforeWrites { channel: u8, outstanding: usize } = "chain ended with writes in flight (no WAIT_RESP)",
    // Waiting and leaving.
    /// A wait with neither progress nor a deadline.
    UnboundedWait { steps: u64 } = "wait without a bound",
    /// A register polled again and again without looking at the clock.
    UnboundedPoll { channel: u8, register: &'static str } = "poll without a bound",
    /// A channel still runs at the end.
    LeftRunning { channel: u8 } = "channel still running at the end",
    /// END or INT is still set at the end.
    StatusLeft { channel: u8, status: u32 } = "END or INT still set at the end",
    /// QEMU would hang for ever in the store to CS.
    EmulatorHangs { channel: u8, address: u32, why: &'static str } = "QEMU would never return from this start",
}
