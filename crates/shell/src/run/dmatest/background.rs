//! A run that goes on while the console takes lines.

use alloc::boxed::Box;
use alloc::format;
use core::time::Duration;

use super::super::demo;
use super::bench::Bench;
use super::flight::Patience;
use super::report;
use super::tally::{News, Run};
use crate::console::{Answer, Failure, Session};

/// How long a step takes, by and by: what a key may have to wait for its echo.
const STEP: Duration = Duration::from_millis(2);
/// What a transfer gets all the same: the longest takes a quarter of it.
const GRACE: Duration = Duration::from_millis(100);
/// Rounds in a step, at most: not every clock runs by itself.
const ROUNDS: u64 = 64;

/// Whether there is more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// There is.
    Pending,
    /// There is not.
    Done,
}

/// The run in the background, or the last one that was.
#[derive(Debug, Default)]
pub(crate) struct Background(Option<State>);

#[derive(Debug)]
struct State {
    run: Box<Run>,
    /// `None` while it runs.
    end: Option<Result<(), Failure>>,
}

/// Fails if a run is under way.
pub(super) fn none_runs(session: &mut Session<'_>) -> Result<(), Failure> {
    match &session.background().0 {
        Some(State { run, end: None }) => {
            let state = report::state(run);
            let text = "one runs in the background; /dmatest stop ends it";
            Err(Failure::told(format_args!("{text} ({state})")))
        }
        _ => Ok(()),
    }
}

pub(super) fn start(session: &mut Session<'_>, mut run: Run) -> Answer {
    // What cannot be had is told now and not later.
    drop(Bench::new(session.machine(), &mut run)?);
    session.background().0 = Some(State { run: Box::new(run), end: None });
    Ok("started; /dmatest status tells how far it is, /dmatest stop ends it".into())
}

pub(super) fn status(session: &mut Session<'_>) -> Answer {
    let state = session.background().0.take().ok_or_else(nothing)?;
    session.lines(report::summary(&state.run));
    let answer = match &state.end {
        None => Ok(format!("running, {}", report::state(&state.run))),
        Some(Ok(())) => report::verdict(&state.run).map(|told| format!("done, {told}")),
        Some(Err(failure)) => Err(failure.clone()),
    };
    session.background().0 = Some(state);
    answer
}

/// Ends the run, and forgets one that has ended.
pub(super) fn stop(session: &mut Session<'_>) -> Answer {
    let State { run, end } = session.background().0.take().ok_or_else(nothing)?;
    session.lines(report::summary(&run));
    let told = report::verdict(&run)?;
    match end {
        None => Ok(format!("stopped after {}", report::state(&run))),
        Some(end) => end.map(|()| format!("done, {told}")),
    }
}

fn nothing() -> Failure {
    Failure::new("nothing runs in the background; /dmatest background starts a run")
}

/// A step of the run in the background, if there is one.
pub(crate) fn work(session: &mut Session<'_>) -> Work {
    let Some(mut state) = session.background().0.take() else { return Work::Done };
    if state.end.is_none() {
        state.end = demo::lending(session, |session| step(session, &mut state.run));
        report::news(session, &mut state.run);
    }
    let work = if state.end.is_some() { Work::Done } else { Work::Pending };
    session.background().0 = Some(state);
    work
}

/// Some rounds; how it ended, if it did.
fn step(session: &mut Session<'_>, run: &mut Run) -> Option<Result<(), Failure>> {
    let outcome = some_rounds(session, run);
    if outcome.is_ok() && run.round < run.request.iterations {
        return None;
    }
    match &outcome {
        Ok(()) => run.news.push(News::Told(format!("done: {}", report::state(run)))),
        Err(failure) => run.news.push(News::Told(format!("ended: {failure}"))),
    }
    Some(outcome)
}

fn some_rounds(session: &mut Session<'_>, run: &mut Run) -> Result<(), Failure> {
    let machine = session.machine();
    // Who types does not wait for a transfer that hangs.
    let mut ask = |waited| {
        let goes_on = waited < GRACE || session.nothing_typed();
        if goes_on { Patience::Left } else { Patience::Spent }
    };
    let mut bench = Bench::new(machine, run)?;
    let (start, last) = (machine.uptime(), run.request.iterations.min(run.round + ROUNDS));
    while run.round < last {
        bench.round(run, &mut ask)?;
        if machine.uptime().saturating_sub(start) >= STEP {
            break;
        }
    }
    Ok(())
}
