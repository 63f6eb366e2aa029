//! What a line does.

mod bench;
mod blink;
mod board_only;
mod calibrate;
mod channels;
mod clocks;
mod copy;
mod crash;
mod demo;
mod dmatest;
mod fault;
mod help;
mod info;
mod irq;
mod job;
mod ledger;
mod loopback;
mod memory;
mod pool;
mod prepare;
mod report;
mod ring;
mod scope;
mod scratch;
mod settings;
mod sg;

use alloc::format;

pub(crate) use self::demo::{Demo, begin};
pub(crate) use self::dmatest::{Background, KINDS, Work, work};

use crate::args;
use crate::command::{Command, Verb, find};
use crate::console::{Answer, Failure, Session};
use crate::escape::quote;

/// Does what the line asks for. A line that begins with `/` is a command, all others are data; `//x` is the data `/x`.
pub(crate) fn line(session: &mut Session<'_>, line: &[u8]) -> Answer {
    match line {
        [b'/', data @ ..] if data.starts_with(b"/") => data_line(session, data),
        [b'/', rest @ ..] => command_line(session, rest),
        data => data_line(session, data),
    }
}

fn data_line(session: &mut Session<'_>, data: &[u8]) -> Answer {
    session.count_data(data.len());
    job::send(session, data)
}

fn command_line(session: &mut Session<'_>, line: &[u8]) -> Answer {
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end).unwrap_or((line, &[]));
    let command = find(name).map_err(|near| unknown(name, near))?;
    call(session, command, rest).map_err(|failure| failure.of(command.name))
}

/// There is no command of this name.
fn unknown(name: &[u8], near: Option<&str>) -> Failure {
    let name = quote(name);
    Failure::new(match near {
        Some(near) => format!("unknown command /{name}: did you mean /{near}?"),
        None => {
            format!("unknown command /{name}: /help lists the commands, //… sends a line with /")
        }
    })
}

fn call(session: &mut Session<'_>, command: &Command, rest: &[u8]) -> Answer {
    let values = args::parse(command.parameters, rest)
        .and_then(|values| command.check(&values).map(|()| values))
        .map_err(|error| Failure::told(format_args!("{error}; example: {}", command.example)))?;
    match command.verb {
        Verb::Help => help::help(session, &values),
        Verb::Info => Ok(info::info(session)),
        Verb::Map => Ok(info::map(session, &values)),
        Verb::Cuts => settings::cuts(session, &values),
        Verb::Sg => sg::sg(session, &values),
        Verb::Demo => demo::demo(session, &values),
        Verb::Copy => copy::copy(session, &values),
        Verb::Fill => copy::fill(session, &values),
        Verb::Blit => copy::blit(session, &values),
        Verb::Ring => ring::ring(session, &values),
        Verb::Pool => pool::pool(session),
        Verb::Irq => irq::irq(session),
        Verb::Dump => memory::dump(session, &values),
        Verb::Poke => memory::poke(session, &values),
        Verb::Dmatest => dmatest::dmatest(session, &values),
        Verb::Bench => demo::lending(session, bench::bench),
        Verb::Fault => fault::fault(session, &values),
        Verb::Calibrate => demo::lending(session, calibrate::calibrate),
        Verb::Scope => demo::lending(session, |session| scope::scope(session, &values)),
        Verb::Crash => crash::crash(session, &values),
        Verb::Watchdog => crash::watchdog(session, &values),
        Verb::Channels => channels::channels(session),
        Verb::Clocks => clocks::clocks(session, &values),
        Verb::Blink => blink::blink(session, &values),
        Verb::Loopback => loopback::loopback(session, &values),
        Verb::Ledger => ledger::ledger(session, &values),
        Verb::Log => Ok(report::log(session, &values)),
        Verb::Stats => Ok(report::stats(session)),
        Verb::Color => Ok(settings::color(session, &values)),
        Verb::Version => Ok(report::version(session)),
        Verb::Reboot => Ok(settings::reboot(session)),
        Verb::Halt => Ok(settings::halt(session)),
    }
}
