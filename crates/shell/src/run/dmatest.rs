//! `/dmatest`: random transfers, every byte looked at, after the kernel's module of that name.
//!
//! A [`Run`](tally::Run) is what was asked for and what has come of it; a [`Bench`] is the channels and the memory. In the
//! foreground one bench does the whole run; in the background each step takes a bench of its own and gives it back, so that
//! between two steps nothing is in flight and everything is free for the line that is typed next.

mod background;
mod bench;
mod flight;
mod lane;
mod pattern;
mod report;
mod request;
mod tally;
mod test;

use alloc::format;
use core::time::Duration;

use sgdma::constraints::EngineKind;

pub(crate) use self::background::{Background, Work, work};
use self::bench::Bench;
use self::flight::Patience;
pub(crate) use self::request::KINDS;
use self::request::Request;
use self::tally::Run;
use super::demo;
use crate::args::Values;
use crate::console::{Answer, Failure, Session, Stopped};
use crate::machine::{Machine, Usage};

/// How often a long run says how far it is.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn dmatest(session: &mut Session<'_>, values: &Values) -> Answer {
    match values.word("what") {
        Some("status") => background::status(session),
        Some("stop") => background::stop(session),
        what => {
            let run = new_run(session, values)?;
            let start = if what.is_some() { background::start } else { foreground };
            demo::lending(session, |session| start(session, run))
        }
    }
}

/// A run as it was asked for, if this machine can do it.
fn new_run(session: &mut Session<'_>, values: &Values) -> Result<Run, Failure> {
    let request = Request::new(values)?;
    background::none_runs(session)?;
    let dma = session.machine().dma();
    let dma = dma.map_err(|why| Failure::told(format_args!("no DMA engine: {why}")))?;
    let engine = dma.engine.kind();
    request.check_rows(engine.granule())?;
    match request.stuck {
        // On the chip, the register is the VideoCore's too.
        Some(round) if engine == EngineKind::Hardware => {
            let text = format!("stuck={round}: expected an emulated engine, this is the chip's");
            Err(Failure::new(text))
        }
        _ => Ok(Run::new(request, engine)),
    }
}

/// Heap and coherent memory in use.
fn levels(machine: &dyn Machine) -> [Usage; 2] {
    [machine.heap(), machine.coherent_pool()]
}

fn foreground(session: &mut Session<'_>, mut run: Run) -> Answer {
    let before = levels(session.machine());
    let outcome = rounds(session, &mut run);
    let after = levels(session.machine());
    // Of a run that could not even begin there is nothing to sum up.
    if outcome.is_ok() || run.sum(|tally| tally.tests) > 0 {
        session.lines(report::summary(&run));
    }
    outcome?;
    let verdict = report::verdict(&run)?;
    match (before, after) {
        _ if before == after => Ok(verdict),
        ([heap, pool], [heap_after, pool_after]) => Err(Failure::told(format_args!(
            "{verdict}; but heap and pool were {heap} and {pool}, and are {heap_after} and {pool_after}"
        ))),
    }
}

/// All rounds, until Ctrl-C.
fn rounds(session: &mut Session<'_>, run: &mut Run) -> Result<(), Failure> {
    let mut bench = Bench::new(session.machine(), run)?;
    let mut told = session.machine().uptime();
    while run.round < run.request.iterations {
        let stop = |Stopped| Failure::stopped(report::state(run));
        session.go_on().map_err(stop)?;
        bench.round(run, &mut |_| match session.go_on() {
            Ok(()) => Patience::Left,
            Err(Stopped) => Patience::Stopped,
        })?;
        report::news(session, run);
        session.show_held();
        let now = session.machine().uptime();
        if now.saturating_sub(told) >= PATIENCE {
            told = now;
            session.log("dmatest", format_args!("{}", report::state(run)));
        }
    }
    Ok(())
}
