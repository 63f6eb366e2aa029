//! What the library costs on this machine, in instructions: the shipped path, counted by the core itself.
//!
//! Each figure is the median of 101 runs after 10 that are not counted, less what reading the counter costs. Under QEMU
//! with `-icount shift=0,sleep=off` all runs of a case are alike. Data is verified once for each case, outside of what
//! is counted.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::time::Duration;

use sgdma::buffer::LineBuffer;
use sgdma::channel::{Channel, RunError};
use sgdma::engine::Need;

use crate::arch::pmu::InstructionCounter;
use crate::board::dma::Platform;
use crate::engine::Dma;

mod cases;
mod memory;
mod parts;
mod peers;

use peers::Peers;

/// How many runs are counted; odd, so that one of them is the median.
const RUNS: usize = 101;
/// How many run before.
const WARM_UP: usize = 10;
/// A run that takes this long is broken.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Runs every case and hands over a table line by line, ratios first; how many figures that were.
///
/// # Errors
/// Why they could not be had.
pub(crate) fn run(dma: &Dma, line: &mut dyn FnMut(&str)) -> Result<usize, String> {
    let counter = InstructionCounter::start()
        .ok_or("no instructions are counted: start QEMU with -icount shift=0,sleep=off")?;
    line("/target  /floor /Circle  /Linux  instructions");
    let mut rows = 0;
    measure(dma, counter, &mut |row| {
        rows += 1;
        line(&format!("{row}"));
    })
    .map_err(|broken| broken.to_string())?;
    Ok(rows)
}

fn measure(
    dma: &Dma,
    counter: InstructionCounter,
    report: &mut dyn FnMut(Row),
) -> Result<(), Broken> {
    let channel = dma.engine.request(Need::Full, "bench").map_err(|_| Broken::NoChannel)?;
    let aside = RefCell::default();
    let mut bench = Bench { dma: *dma, channel, counter, overhead: 0, report, aside };
    bench.overhead = Bench::median(&mut || Ok(bench.since(bench.start())))?;
    cases::all(&mut bench)?;
    parts::all(&mut bench)
}

/// What every case needs.
pub(crate) struct Bench<'r> {
    dma: Dma,
    channel: Channel<'static, Platform>,
    counter: InstructionCounter,
    /// What reading the counter twice costs.
    overhead: u32,
    report: &'r mut dyn FnMut(Row),
    /// Buffers that would have continued another.
    aside: RefCell<Vec<LineBuffer>>,
}

impl Bench<'_> {
    /// Now; what is measured begins.
    #[inline]
    fn start(&self) -> u32 {
        self.counter.now()
    }

    /// Instructions since `start`, without those of the reading.
    #[inline]
    fn since(&self, start: u32) -> u32 {
        self.counter.now().wrapping_sub(start).saturating_sub(self.overhead)
    }

    /// The median of what `work` says it took, of many runs. Not generic: there is one of it for all cases.
    #[inline(never)]
    fn median(work: &mut dyn FnMut() -> Result<u32, Broken>) -> Result<u32, Broken> {
        let mut counts: heapless::Vec<u32, RUNS> = heapless::Vec::new();
        for run in 0..WARM_UP + RUNS {
            let count = work()?;
            if run >= WARM_UP {
                // In order; the sort of the standard library would take 3 KiB. There is room for all runs.
                let place = counts.partition_point(|before| *before <= count);
                let _ = counts.insert(place, count);
            }
        }
        Ok(counts.get(RUNS / 2).copied().unwrap_or(0))
    }

    /// The medians of all that a run is made of, one after the other.
    #[inline(never)]
    fn medians<const N: usize>(
        work: &mut dyn FnMut() -> Result<[u32; N], Broken>,
    ) -> Result<[u32; N], Broken> {
        let mut medians = [0; N];
        for (part, median) in medians.iter_mut().enumerate() {
            let mut count = || Ok(work()?.get(part).copied().unwrap_or(0));
            *median = Self::median(&mut count)?;
        }
        Ok(medians)
    }

    fn row(&mut self, name: &'static str, instructions: u32, peers: Peers) {
        (self.report)(Row { name, instructions, peers });
    }
}

/// One figure, beside what others need for the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// What was done.
    name: &'static str,
    /// How many instructions that took.
    instructions: u32,
    peers: Peers,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Peers { target, floor, circle, linux } = self.peers;
        for other in [target, floor, circle, linux] {
            match other {
                Some(other) if other != 0 => {
                    let hundredths = u64::from(self.instructions) * 100 / u64::from(other);
                    write!(f, "{:>4}.{:02} ", hundredths / 100, hundredths % 100)?;
                }
                _ => f.write_str("      - ")?,
            }
        }
        write!(f, "{:>13}  {}", self.instructions, self.name)
    }
}

/// Why a figure could not be had.
#[derive(Clone, Debug)]
pub(crate) enum Broken {
    /// Every channel is taken.
    NoChannel,
    /// Heap or pool gave no memory.
    NoMemory,
    /// The library refused the work: what it was doing.
    Refused(&'static str),
    /// A transfer failed. Boxed: it holds all registers, and what every step returns must not be as large.
    Failed(Box<RunError>),
    /// The destination is not what the source is.
    Data,
}

impl From<RunError> for Broken {
    #[cold]
    #[inline(never)]
    fn from(error: RunError) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChannel => f.write_str("no channel is free"),
            Self::NoMemory => f.write_str("no memory for the buffers"),
            Self::Refused(what) => write!(f, "refused: {what}"),
            Self::Failed(reason) => reason.fmt(f),
            Self::Data => f.write_str("the destination is not what was sent"),
        }
    }
}
