//! The DMA registers as QEMU saw them written (`-d trace:memory_region_ops_write`), and the rules they must obey.
//!
//! Register offsets and bits are those of the datasheet (BCM2835 ARM Peripherals, chapter 4), written down here again:
//! the judge does not take its numbers from the judged.

use std::collections::BTreeMap;

const CS: u64 = 0x00;
const CONBLK_AD: u64 = 0x04;
const ACTIVE: u64 = 1 << 0;
const END: u64 = 1 << 1;
const INT: u64 = 1 << 2;
const WAIT_FOR_OUTSTANDING_WRITES: u64 = 1 << 28;
const ABORT: u64 = 1 << 30;
const RESET: u64 = 1 << 31;
/// Priorities, waiting for outstanding writes, ignoring the debugger's pause: what a write of CS always sets anew.
const POLICY: u64 = 0x30ff_0000;
const UNCACHED_ALIAS: u64 = 0xc000_0000;

/// One write of a register of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) channel: u64,
    pub(crate) register: u64,
    pub(crate) value: u64,
}

/// The writes of channel registers in a trace, in order.
pub(crate) fn writes(trace: &str) -> Vec<Write> {
    trace.lines().filter_map(write).collect()
}

/// `memory_region_ops_write cpu 0 mr 0x… addr 0x3f007504 value 0xc0820000 size 4 name 'bcm2835-dma'`
fn write(line: &str) -> Option<Write> {
    let rest = line.split_once("memory_region_ops_write ")?.1;
    let words: Vec<_> = rest.split_ascii_whitespace().collect();
    let field = |name| {
        let at = words.iter().position(|&word| word == name)?;
        u64::from_str_radix(words.get(at + 1)?.strip_prefix("0x")?, 16).ok()
    };
    let (address, value) = (field("addr")?, field("value")?);
    let channel = match address {
        0x3f00_7000..0x3f00_7f00 => (address - 0x3f00_7000) >> 8,
        0x3fe0_5000..0x3fe0_5100 => 15,
        _ => return None,
    };
    Some(Write { channel, register: address & 0xff, value })
}

/// What one channel is known to be doing.
#[derive(Clone, Copy, Default)]
struct Channel {
    /// A chain's address was written and no start has followed yet.
    loaded: bool,
    /// The policy of the last start.
    policy: u64,
}

/// What a trace shows: how much was judged, and what broke a rule.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) starts: usize,
    pub(crate) acknowledges: usize,
    pub(crate) broken: Vec<String>,
}

/// Judges the writes of all channels.
pub(crate) fn judge(writes: &[Write]) -> Verdict {
    let mut channels = BTreeMap::<u64, Channel>::new();
    let mut verdict = Verdict::default();
    for write in writes {
        let channel = channels.entry(write.channel).or_default();
        match write.register {
            CONBLK_AD => conblk_ad(channel, write, &mut verdict),
            CS => cs(channel, write, &mut verdict),
            _ => {}
        }
    }
    for (number, channel) in channels {
        if channel.loaded {
            verdict.broken.push(format!("channel {number}: a chain was loaded and never started"));
        }
    }
    verdict
}

fn conblk_ad(channel: &mut Channel, write: &Write, verdict: &mut Verdict) {
    if write.value == 0 {
        return;
    }
    let mut broken = |what: &str| verdict.broken.push(format!("{what}: {write:x?}"));
    if write.value & UNCACHED_ALIAS != UNCACHED_ALIAS {
        broken("a chain outside the 0xC0000000 alias");
    }
    if !write.value.is_multiple_of(32) {
        broken("a chain that is not 32-byte aligned");
    }
    if channel.loaded {
        broken("a second chain before the first was started");
    }
    channel.loaded = true;
}

fn cs(channel: &mut Channel, write: &Write, verdict: &mut Verdict) {
    let mut broken = |what: &str| verdict.broken.push(format!("{what}: {write:x?}"));
    let policy = write.value & POLICY;
    if write.value & (RESET | ABORT) != 0 {
        // Also ends what was started; a chain loaded before it is given up.
        channel.loaded = false;
    } else if write.value & (INT | END) != 0 && write.value & ACTIVE != 0 {
        verdict.acknowledges += 1;
        if policy != channel.policy {
            broken("an acknowledge that changes the policy of the start");
        }
        if channel.loaded {
            broken("a start together with an acknowledge");
        }
    } else if write.value & ACTIVE != 0 {
        verdict.starts += 1;
        if !channel.loaded {
            broken("a start without a chain");
        }
        if policy & WAIT_FOR_OUTSTANDING_WRITES == 0 {
            broken("a start that does not wait for outstanding writes");
        }
        *channel = Channel { loaded: false, policy };
    }
}
