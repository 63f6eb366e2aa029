//! What a channel's registers say, read at one moment, and what it means.

use core::fmt;

use crate::address::BusAddr;
use crate::platform::Registers;
use crate::register::{ChannelId, Register, cs, debug, ti};

/// All registers of a channel at one moment, for a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// `CS`.
    pub cs: u32,
    /// `CONBLK_AD`: the block being executed, 0 for none.
    pub conblk_ad: u32,
    /// `TI`.
    pub ti: u32,
    /// `SOURCE_AD`.
    pub source_ad: u32,
    /// `DEST_AD`.
    pub dest_ad: u32,
    /// `TXFR_LEN`: what is left.
    pub txfr_len: u32,
    /// `NEXTCONBK`.
    pub next: u32,
    /// `DEBUG`.
    pub debug: u32,
}

impl Snapshot {
    /// Reads the registers of a channel.
    pub fn of(registers: &(impl Registers + ?Sized), channel: ChannelId) -> Self {
        let read = |register| registers.read(channel, register);
        Self {
            cs: read(Register::Cs),
            conblk_ad: read(Register::ConblkAd),
            ti: read(Register::Ti),
            source_ad: read(Register::SourceAd),
            dest_ad: read(Register::DestAd),
            txfr_len: read(Register::TxfrLen),
            next: read(Register::NextConbk),
            debug: read(Register::Debug),
        }
    }

    /// Where the engine is: what changes as it moves.
    pub(super) const fn place(&self) -> [u32; 3] {
        [self.conblk_ad, self.txfr_len, self.next]
    }

    /// The block being executed, if any.
    pub const fn block(&self) -> Option<BusAddr> {
        if self.conblk_ad == 0 { None } else { Some(BusAddr::new(self.conblk_ad)) }
    }
}

struct Names<'a>(u32, &'a [(u32, &'a str)]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (_, name) in self.1.iter().filter(|(bit, _)| self.0 & bit != 0) {
            if !first {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
            first = false;
        }
        if first { f.write_str("-") } else { Ok(()) }
    }
}

const CS_NAMES: &[(u32, &str)] = &[
    (cs::ACTIVE, "ACTIVE"),
    (cs::END, "END"),
    (cs::INT, "INT"),
    (cs::DREQ, "DREQ"),
    (cs::PAUSED, "PAUSED"),
    (cs::DREQ_STOPS_DMA, "DREQ_STOPS_DMA"),
    (cs::WAITING_FOR_OUTSTANDING_WRITES, "WAITING_FOR_OUTSTANDING_WRITES"),
    (cs::ERROR, "ERROR"),
];

const TI_NAMES: &[(u32, &str)] = &[
    (ti::INTEN, "INTEN"),
    (ti::TDMODE, "TDMODE"),
    (ti::WAIT_RESP, "WAIT_RESP"),
    (ti::DEST_INC, "DEST_INC"),
    (ti::DEST_WIDTH, "DEST_WIDTH"),
    (ti::DEST_DREQ, "DEST_DREQ"),
    (ti::DEST_IGNORE, "DEST_IGNORE"),
    (ti::SRC_INC, "SRC_INC"),
    (ti::SRC_WIDTH, "SRC_WIDTH"),
    (ti::SRC_DREQ, "SRC_DREQ"),
    (ti::SRC_IGNORE, "SRC_IGNORE"),
];

const DEBUG_NAMES: &[(u32, &str)] = &[
    (debug::READ_LAST_NOT_SET_ERROR, "READ_LAST_NOT_SET_ERROR"),
    (debug::FIFO_ERROR, "FIFO_ERROR"),
    (debug::READ_ERROR, "READ_ERROR"),
    (debug::LITE, "LITE"),
];

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let permap = self.ti >> ti::PERMAP_SHIFT & 31;
        let version = self.debug >> debug::VERSION_SHIFT & 7;
        let (state, pending) = (self.debug >> 16 & 0x1FF, self.debug >> 4 & 15);
        writeln!(f, "  CS        {:#010x} {}", self.cs, Names(self.cs, CS_NAMES))?;
        writeln!(f, "  CONBLK_AD {:#010x}", self.conblk_ad)?;
        writeln!(f, "  TI        {:#010x} {} PERMAP={permap}", self.ti, Names(self.ti, TI_NAMES))?;
        writeln!(f, "  SOURCE_AD {:#010x}", self.source_ad)?;
        writeln!(f, "  DEST_AD   {:#010x}", self.dest_ad)?;
        writeln!(f, "  TXFR_LEN  {:#010x}", self.txfr_len)?;
        writeln!(f, "  NEXTCONBK {:#010x}", self.next)?;
        write!(
            f,
            "  DEBUG     {:#010x} {} VERSION={version} STATE={state:#x} OUTSTANDING_WRITES={pending}",
            self.debug,
            Names(self.debug, DEBUG_NAMES)
        )
    }
}
