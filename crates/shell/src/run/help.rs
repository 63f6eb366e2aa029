//! `/help`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::args::{Kind, Need, Parameter, Values};
use crate::command::{COMMANDS, Command, find};
use crate::console::{Answer, Session};
use crate::render::{Align, Colour, Table};

#[inline(never)]
pub(super) fn help(session: &mut Session<'_>, values: &Values) -> Answer {
    match values.word("command") {
        None => {
            all(session);
            Ok(format!("{} commands; /help NAME explains one", COMMANDS.len()))
        }
        Some(name) => {
            let name = name.strip_prefix('/').unwrap_or(name).as_bytes();
            let command = find(name).map_err(|near| super::unknown(name, near))?;
            one(session, command);
            Ok(format!("/{}", command.name))
        }
    }
}

fn all(session: &mut Session<'_>) {
    session.print(format_args!(
        "A line that does not begin with / is sent through the DMA engine; //x sends /x."
    ));
    let mut table = Table::new(&[("command", Align::Left), ("what it does", Align::Left)]);
    for command in COMMANDS {
        table.row(&[&format_args!("/{}", command.name), &command.summary]);
        table.colour(0, Colour::Cyan);
    }
    let lines = table.lines(session.paint());
    session.lines(&lines);
}

fn one(session: &mut Session<'_>, command: &Command) {
    session.print(format_args!("{}: {}", usage(command), command.summary));
    session.lines(command.more);
    let mut table = Table::new(&[("", Align::Left), ("", Align::Left), ("", Align::Left)]);
    for parameter in command.parameters {
        let equals = if parameter.need == Need::Named { "=" } else { "" };
        let name = format_args!("  {}{equals}", parameter.name);
        table.row(&[&name, &parameter.help, &parameter.kind]);
        table.colour(0, Colour::Cyan);
    }
    let lines: Vec<String> = table.lines(session.paint()).into_iter().skip(1).collect();
    session.lines(&lines);
    let takes_address = |parameter: &Parameter| matches!(parameter.kind, Kind::Address);
    if let Some(demo) =
        session.demo().as_ref().filter(|_| command.parameters.iter().any(takes_address))
    {
        let span = demo.scratch.span();
        session.print(format_args!("The scratch memory is {span}: yours to write."));
    }
    session.print(format_args!("Example: {}", command.example));
}

/// `/dump ADDR [LEN]`; named arguments are listed below it, here they are only hinted at.
fn usage(command: &Command) -> String {
    let mut usage = format!("/{}", command.name);
    for Parameter { name, need, .. } in command.parameters {
        let upper = name.to_ascii_uppercase();
        let part = match need {
            Need::Required => format!(" {upper}"),
            Need::Optional => format!(" [{upper}]"),
            Need::Named => continue,
        };
        usage.push_str(&part);
    }
    if command.parameters.iter().any(|parameter| parameter.need == Need::Named) {
        usage.push_str(" [NAME=VALUE …]");
    }
    usage
}
