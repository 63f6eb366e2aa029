//! A platform that makes a correct driver wrong: it omits or alters calls, or changes the plan before the start.
//!
//! The driver under it is not touched, so any driver can be put on top.

use core::cell::Cell;

use dma_model::Model;
use sgdma::address::{BusAddr, CpuAddr, CpuSpan};
use sgdma::platform::{
    Access, AddressMap, Authority, Clock, Coherence, Idle, Instant, Refusal, Registers, Woken,
};
use sgdma::register::{ChannelId, Register};

const ACTIVE: u32 = 1;
const END: u32 = 2;
const INT: u32 = 4;
const ABORT: u32 = 1 << 30;
const RESET: u32 = 1 << 31;

/// One deliberate mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    None,
    /// The n-th clean (from 0) is forgotten.
    ForgetClean(u32),
    /// The n-th clean leaves out its last line.
    PartialClean(u32),
    ForgetInvalidate,
    /// The invalidate ends in the middle of a line.
    PartialInvalidate,
    /// Maintenance by bus address.
    MaintainBusAddress,
    /// Clean+invalidate after the transfer, over bytes the CPU stored while it ran (Circle #135).
    CleanAfterwards,
    ForgetBarriers,
    /// RAM at this alias.
    Alias(u32),
    /// `CONBLK_AD` this much too high.
    BlockOff(u32),
    /// Bits flipped in a word of the first block, after the driver built it.
    Flip {
        word: usize,
        bits: u32,
    },
    /// A word of the first block replaced.
    Replace {
        word: usize,
        value: u32,
    },
    BareIntAck,
    AckWithoutPolicy,
    NeverAck,
    KeepEnd,
    SkipStatusClear,
    SkipErrorClear,
    ReservedCs,
    NoWaitForWrites,
    BareAbort,
    /// After the start, these registers are written.
    PokeRegister(Register, u32),
    /// After the start, a word of the second block is flipped.
    PokeBlock,
    OtherChannel(u8),
    EnableAlone,
    SleepForever,
    SkipSettling,
    /// The mistake is in what the job does.
    InTheJob,
}

pub struct Sabotage<'m> {
    pub model: &'m Model,
    pub bug: Bug,
    cleans: Cell<u32>,
    reset: Cell<bool>,
    /// Where in the pool the chain begins, in bytes.
    chain: Cell<usize>,
}

impl<'m> Sabotage<'m> {
    pub fn new(model: &'m Model, bug: Bug) -> Self {
        Self { model, bug, cleans: Cell::new(0), reset: Cell::new(false), chain: Cell::new(0) }
    }

    /// Where in the pool a block is; `None` where it is somewhere else.
    fn pool_offset(&self, bus: u32) -> Option<usize> {
        let pool = self.model.coherent_span();
        let start = self.model.bus_address(pool, Access::Write).unwrap().get();
        let offset = bus.checked_sub(start)? as usize & !31;
        (offset < pool.len()).then_some(offset)
    }

    fn word(&self, offset: usize) -> *mut u32 {
        assert!(offset + 4 <= self.model.coherent_span().len());
        self.model.coherent_memory().cast::<u8>().wrapping_add(offset).cast()
    }

    /// Changes a word of a block, counted along the chain.
    fn flip(&self, block: usize, word: usize, change: impl Fn(u32) -> u32) {
        let mut offset = self.chain.get();
        for _ in 0..block {
            // SAFETY: a word of the pool.
            let next = unsafe { self.word(offset + 20).read_volatile() };
            offset = self.pool_offset(next).expect("a chain in the pool");
        }
        let place = self.word(offset + 4 * word);
        // SAFETY: a word of the pool.
        let value = unsafe { place.read_volatile() };
        // SAFETY: as above.
        unsafe { place.write_volatile(change(value)) };
    }

    /// Changes the first block of the chain at the front of the pool.
    fn change_plan(&self) {
        match self.bug {
            Bug::Flip { word, bits } => self.flip(0, word, |value| value ^ bits),
            // No WAIT_RESP in the last of four.
            Bug::NoWaitForWrites => self.flip(3, 0, |value| value & !(1 << 3)),
            Bug::Replace { word, value } => self.flip(0, word, |_| value),
            _ => return,
        }
        self.model.barrier();
    }

    fn cs(&self, value: u32) -> Option<u32> {
        let acknowledges = value & INT != 0 && value & ACTIVE != 0;
        Some(match self.bug {
            Bug::BareIntAck if acknowledges => INT,
            Bug::AckWithoutPolicy if acknowledges => INT | END | ACTIVE,
            Bug::NeverAck if acknowledges => return None,
            Bug::KeepEnd => value & !END,
            Bug::SkipStatusClear if value == INT | END => return None,
            Bug::SkipStatusClear if acknowledges => value & !END,
            Bug::ReservedCs => value | 1 << 7,
            Bug::NoWaitForWrites => value & !(1 << 28),
            Bug::BareAbort if value & ABORT != 0 => ABORT,
            _ => value,
        })
    }

    fn after_start(&self, channel: ChannelId) {
        match self.bug {
            Bug::PokeRegister(register, value) => {
                self.model.write_register(channel, register, value);
            }
            Bug::PokeBlock => self.flip(1, 0, |value| value ^ 1 << 4),
            _ => {}
        }
    }
}

// SAFETY: it keeps no promise, on purpose; the model behind it tells.
unsafe impl Registers for Sabotage<'_> {
    fn read(&self, channel: ChannelId, register: Register) -> u32 {
        self.model.read(channel, register)
    }

    fn write(&self, authority: Authority, channel: ChannelId, register: Register, value: u32) {
        let channel = match self.bug {
            Bug::OtherChannel(number) => ChannelId::new(number).unwrap(),
            _ => channel,
        };
        let value = match (register, self.bug) {
            (Register::Cs, _) => match self.cs(value) {
                Some(value) => value,
                None => return,
            },
            (Register::ConblkAd, Bug::BlockOff(bytes)) => value + bytes,
            (Register::Debug, Bug::SkipErrorClear) => return,
            _ => value,
        };
        if register == Register::ConblkAd
            && let Some(offset) = self.pool_offset(value)
        {
            self.chain.set(offset);
            self.change_plan();
        }
        self.model.write(authority, channel, register, value);
        if register == Register::Cs {
            self.reset.set(value & RESET != 0);
            if value & (ACTIVE | INT | ABORT) == ACTIVE {
                self.after_start(channel);
            }
        }
    }

    fn interrupt_status(&self) -> u32 {
        self.model.interrupt_status()
    }

    fn enable(&self) -> u32 {
        self.model.enable()
    }

    fn set_enable(&self, value: u32) {
        self.model.set_enable(if self.bug == Bug::EnableAlone { 1 << 4 } else { value });
    }
}

// SAFETY: it keeps no promise, on purpose; the model behind it tells.
unsafe impl AddressMap for Sabotage<'_> {
    fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal> {
        let address = self.model.bus_address(span, access)?;
        Ok(match self.bug {
            Bug::Alias(alias) => BusAddr::new(address.get() & 0x3FFF_FFFF | alias),
            _ => address,
        })
    }
}

// SAFETY: it keeps no promise, on purpose; the model behind it tells.
unsafe impl Coherence for Sabotage<'_> {
    fn clean_invalidate(&self, span: CpuSpan) {
        let number = self.cleans.get();
        self.cleans.set(number + 1);
        match self.bug {
            Bug::ForgetClean(this) if this == number => {}
            Bug::PartialClean(this) if this == number => {
                let part = CpuSpan::new(span.start(), span.len() - 64).unwrap();
                self.model.clean_invalidate(part);
            }
            Bug::MaintainBusAddress => {
                let bus = self.model.bus_address(span, Access::Read).unwrap().get();
                let wrong = CpuSpan::new(CpuAddr::new(bus as usize), span.len()).unwrap();
                self.model.clean_invalidate(wrong);
            }
            _ => self.model.clean_invalidate(span),
        }
    }

    fn clean_invalidate_all(&self) {
        self.model.clean_invalidate_all();
    }

    fn invalidate(&self, span: CpuSpan) {
        match self.bug {
            Bug::ForgetInvalidate => {}
            Bug::PartialInvalidate => {
                self.model.invalidate(CpuSpan::new(span.start(), span.len() - 8).unwrap());
                self.model.invalidate(span);
            }
            Bug::CleanAfterwards => self.model.clean_invalidate(span),
            _ => self.model.invalidate(span),
        }
    }

    fn barrier(&self) {
        if self.bug != Bug::ForgetBarriers {
            self.model.barrier();
        }
    }
}

impl Clock for Sabotage<'_> {
    fn now(&self) -> Instant {
        let settling = self.bug == Bug::SkipSettling && self.reset.get();
        if settling { Instant::NEVER } else { self.model.now() }
    }

    fn frequency(&self) -> u64 {
        self.model.frequency()
    }
}

impl Idle for Sabotage<'_> {
    fn sleep_until(&self, deadline: Instant, ready: &mut dyn FnMut() -> bool) -> Woken {
        let deadline = if self.bug == Bug::SleepForever { Instant::NEVER } else { deadline };
        self.model.sleep_until(deadline, ready)
    }
}
