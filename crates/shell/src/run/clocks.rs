//! `/clocks`: the clocks and what holds them down, and setting them.

use alloc::format;
use alloc::string::String;

use crate::args::Values;
use crate::console::{Answer, Failure, Session};
use crate::machine::{ClockState, Health, Settable};
use crate::render::{Align, Table, frequency};

pub(super) fn clocks(session: &mut Session<'_>, values: &Values) -> Answer {
    let asked = [(Settable::Arm, "arm"), (Settable::Core, "core")];
    for (index, (clock, name)) in asked.into_iter().enumerate() {
        if let Some(extreme) = values.word(name) {
            let before = health(session)?;
            set(session, clock, before.clocks.get(index), extreme)?;
        }
    }
    let now = health(session)?;
    show(session, &now);
    let [arm, core, _] = now.clocks;
    let set = |clock: ClockState| format!("{} {}", clock.name, rate(clock.set));
    Ok(format!("{}, {}, console at {} baud", set(arm), set(core), now.baud))
}

fn health(session: &Session<'_>) -> Result<Health, Failure> {
    session.machine().health().map_err(Failure::new)
}

/// Asks for one end of the clock's range, and looks whether it came.
fn set(
    session: &mut Session<'_>,
    clock: Settable,
    before: Option<&ClockState>,
    extreme: &str,
) -> Result<(), Failure> {
    let end = before.and_then(|state| if extreme == "max" { state.most } else { state.least });
    let (Some(before), Some(hertz)) = (before, end) else {
        return Err(Failure::told(format_args!(
            "the firmware does not tell the clock's {extreme}"
        )));
    };
    session.machine().set_clock(clock, hertz).map_err(Failure::new)?;
    let now = health(session)?.clocks;
    let now = now.iter().find(|state| state.name == before.name).and_then(|state| state.set);
    // Dividers do not make every rate.
    if now.is_some_and(|now| now.abs_diff(hertz) <= hertz / 100) {
        return Ok(());
    }
    let (name, hertz) = (before.name, frequency(hertz.into()));
    Err(Failure::told(format_args!("{name} stays at {}; asked for {hertz}", rate(now))))
}

fn show(session: &mut Session<'_>, health: &Health) {
    let mut table = Table::new(&[
        ("clock", Align::Left),
        ("set to", Align::Right),
        ("measured", Align::Right),
        ("least", Align::Right),
        ("most", Align::Right),
    ]);
    for clock in &health.clocks {
        let [set, measured, least, most] =
            [clock.set, clock.measured, clock.least, clock.most].map(rate);
        table.row(&[&clock.name, &set, &measured, &least, &most]);
    }
    let lines = table.lines(session.paint());
    session.lines(&lines);
    let [now, limit] = [health.temperature, health.limit].map(degrees);
    session.print(format_args!("temperature: {now}, clocks are lowered above {limit}"));
    let why = health.throttling.as_deref().unwrap_or("not told");
    session.print(format_args!("throttled: {why}"));
}

fn rate(hertz: Option<u32>) -> String {
    hertz.map_or_else(|| "-".into(), |hertz| frequency(hertz.into()))
}

/// Thousandths of a degree.
fn degrees(value: Option<u32>) -> String {
    let degrees = |value: u32| format!("{}.{} °C", value / 1000, value % 1000 / 100);
    value.map_or_else(|| "not told".into(), degrees)
}
