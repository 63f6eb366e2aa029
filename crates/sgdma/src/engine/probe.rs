//! A block that no planner writes, for asking the engine what no document says of it.

use core::time::Duration;

use super::sequence::Answer;
use super::{Engine, Snapshot, Withdrawal};
use crate::address::BusAddr;
use crate::channel::Channel;
use crate::coherence::{AllocError, Pool};
use crate::control_block::ControlBlock;
use crate::platform::Platform;
use crate::register::{ChannelId, cs, ti};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// What comes of a read of four bytes from an address of the bus, whatever is there.
    Read(BusAddr),
    /// What comes of a block of no bytes.
    Nothing,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The registers when the block had ended, or nothing more was waited for: before the channel was reset.
    pub registers: Snapshot,
    /// The word that the block wrote, if it wrote one.
    pub word: Option<u32>,
    /// Why the channel is not to be had any more, if so.
    pub withdrawn: Option<Withdrawal>,
}

/// How long an answer may take before there is none.
const PATIENCE: Duration = Duration::from_millis(50);
/// What the word holds before.
const UNTOUCHED: u32 = 0x5A5A_5A5A;
/// The block, and behind it the word that is written.
const BYTES: u32 = 2 * ControlBlock::SIZE;

impl<P: Platform + ?Sized> Channel<'_, P> {
    /// Asks the engine, and gives the channel back. The answer's only word is written to memory of the pool, which stays taken
    /// for ever if the channel does not come to rest. What is on the channel is terminated.
    ///
    /// # Errors
    /// The pool has no room for 64 bytes.
    pub fn probe(self, question: Question, pool: &Pool<'_>) -> Result<Probed, AllocError> {
        let (source, len) = match question {
            Question::Read(address) => (Some(address), 4),
            Question::Nothing => (None, 0),
        };
        let mut memory = pool.alloc(BYTES, ControlBlock::SIZE)?;
        let chain = memory.bus();
        let dest = chain.get().wrapping_add(ControlBlock::SIZE);
        memory.as_mut_slice().fill(UNTOUCHED.to_ne_bytes()[0]);
        let source = source.map_or(dest, BusAddr::get);
        let ti = ti::WAIT_RESP;
        memory.write_blocks(&[ControlBlock { ti, source, dest, len, ..ControlBlock::default() }]);
        let (registers, withdrawn) = self.engine().probe(self.id(), chain);
        let word = memory.read_word(8).ok().filter(|word| *word != UNTOUCHED);
        if withdrawn.is_some() {
            // The engine may write to it still.
            core::mem::forget(memory);
        }
        Ok(Probed { registers, word, withdrawn })
    }
}

impl<P: Platform + ?Sized> Engine<P> {
    /// Runs a chain until it has ended, erred or been waited for long enough, and takes it back. In one critical section: an
    /// error asks for an interrupt whatever the block says, and the handler, which knows of no transfer here, would clear what
    /// is to be seen. At most 50 ms.
    fn probe(&self, channel: ChannelId, chain: BusAddr) -> (Snapshot, Option<Withdrawal>) {
        self.terminate_all(channel);
        self.with(channel, |state, hardware| {
            if let Some(reason) = state.withdrawn.get() {
                return (hardware.snapshot(), Some(reason));
            }
            hardware.start(chain);
            let late = self.platform.after(PATIENCE);
            while hardware.status() & cs::ERROR == 0
                && hardware.conblk_ad() != 0
                && self.platform.now() < late
            {}
            let seen = hardware.snapshot();
            let _ = hardware.pause();
            if hardware.abort() == Answer::Yes {
                return (seen, None);
            }
            state.withdraw(Withdrawal::NoReset, hardware);
            (seen, Some(Withdrawal::NoReset))
        })
    }
}
