//! Failures that are planned: the next transfer meets them.

use alloc::format;
use alloc::string::String;

use sgdma::constraints::EngineKind;

use super::super::demo;
use crate::args::Values;
use crate::console::{Answer, Failure, Session};
use crate::machine::{Dma, EngineKind as Facts, Failing, PlannedFault};

/// The DREQ that never comes if none is named: the PWM's, which paces `/blink`. p. 61.
const PWM: u64 = 5;

/// What can be planned: its name, what happens, and in which words of `/fault` it is told where.
const FAILURES: [(&str, Failing, &str); 10] = [
    ("read-error", Failing::ReadError, "a read is answered with an error; at= byte="),
    ("fifo-error", Failing::FifoError, "the external FIFO errs, nothing stops; at="),
    ("read-last", Failing::ReadLast, "the last beat of a read is not marked; at="),
    ("stuck", Failing::Stuck, "a block stops for ever; at= byte="),
    ("wedged", Failing::Wedged, "a block stops, and ABORT does not help; at= byte="),
    ("lost-interrupt", Failing::LostInterrupt, "an interrupt that nobody sees"),
    ("spurious-interrupt", Failing::SpuriousInterrupt, "an interrupt without a reason"),
    ("late-interrupt", Failing::LateInterrupt, "an interrupt after an ABORT"),
    ("double-interrupt", Failing::DoubleInterrupt, "one that comes again once acknowledged"),
    ("dreq-never", Failing::DreqNever, "a DREQ that never comes again; dreq="),
];

/// Shows what can be planned.
pub(super) fn list(session: &mut Session<'_>, dma: Dma<'_>) -> String {
    for (name, _, what) in FAILURES {
        session.print(format_args!("{name:<18}  {what}"));
    }
    // The simulator plays QEMU's engine too, which never fails.
    let chip = dma.engine.kind() == EngineKind::Hardware;
    let whom = match session.machine().facts().engine.kind {
        Facts::Model if chip => "; the next typed line that can meets it",
        _ => ", on the simulator only (make sim); here /fault stuck",
    };
    format!("{} ways to fail{whom}", FAILURES.len())
}

/// Plans a failure on the channel that typed lines run on.
pub(super) fn plan(session: &mut Session<'_>, name: &str, values: &Values) -> Answer {
    use Failing::{FifoError, ReadError, ReadLast, Stuck, Wedged};
    let found = FAILURES.iter().find(|failure| failure.0 == name);
    let (_, failing, _) = found.ok_or_else(|| Failure::new("/fault list shows what can fail"))?;
    demo::with(session, &mut |session, channel, _| {
        let number = |parameter, otherwise| {
            let number = values.number(parameter).unwrap_or(otherwise);
            u32::try_from(number).unwrap_or(u32::MAX)
        };
        let (block, byte, dreq) = (number("at", 0), number("byte", 0), number("dreq", PWM));
        let channel = channel.id();
        let fault =
            PlannedFault { failing: *failing, channel: channel.number(), block, byte, dreq };
        session.machine().plan_fault(fault).map_err(Failure::new)?;
        Ok(match failing {
            Failing::DreqNever => format!("DREQ {dreq} never comes again: /blink may meet it"),
            Failing::LateInterrupt => {
                format!("{name} is planned on {channel}, after its next abort")
            }
            _ => {
                let such = match failing {
                    ReadError | FifoError | ReadLast | Stuck | Wedged => " that has such a block",
                    _ => "",
                };
                format!("{name} is planned: the next transfer on {channel}{such} meets it")
            }
        })
    })
}
