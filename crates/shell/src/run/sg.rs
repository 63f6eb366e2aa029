//! `/sg`: how a scatterlist becomes blocks. Nothing is moved.

mod draw;
mod lists;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use sgdma::address::BusAddr;
use sgdma::chain::disassemble;
use sgdma::constraints::{ChannelKind, ConstraintError, Constraints, EngineKind, Merge};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, Cut, CutKind, Cuts, Edge, LowerError, Storage};
use sgdma::segment::{BusSegment, BusWindow};
use sgdma::timing::{self, Timing};

use self::lists::{bounded, disjoint, memory, segments};
use super::prepare::told;
use crate::args::{Span, Switch, Values};
use crate::console::{Answer, Failure, Session, Stopped};
use crate::render::{Align, Colour, Table, WIDTH, u64_of, wrap};

/// The well-known example.
const EXAMPLE: &[Span] = &[Span { start: 0xA000, len: 0x555 }, Span { start: 0x7000, len: 0x111 }];
/// How many rows of a table are shown.
const ROWS: usize = 24;
/// How many blocks are disassembled at most.
const MOST_BLOCKS: usize = 1024;
/// Where the chain and the slots of `to=` are taken to be.
const CHAIN: BusAddr = BusAddr::new(0xC0F0_0000);
const SLOTS: BusSegment = BusSegment::new(BusAddr::new(0xC0F8_0000), 0x8_0000);

/// What is cut, and how.
struct Request {
    source: Vec<BusSegment>,
    destination: Option<Vec<BusSegment>>,
    limits: Constraints,
}

/// The cuts, as far as they are shown.
#[derive(Default)]
struct Found {
    shown: Vec<Cut>,
    blocks: usize,
    edges: usize,
    bytes: u64,
}

// Not inlined, or it would be compiled once more in its caller, whose code is not minimised.
#[inline(never)]
pub(super) fn sg(session: &mut Session<'_>, values: &Values) -> Answer {
    let example = values.word("list") == Some("example");
    let request = request(values)?;
    let entries = entries(session, &request);
    disjoint(&request)?;
    bounded(&request)?;
    let found = find(session, &request)?;
    blocks(session, &found);
    let drawing =
        draw::draw(&request.source, request.destination.as_deref(), &found.shown, found.bytes);
    session.lines(&drawing);
    words(session, &request, &found)?;
    if example {
        misprint(session);
    }
    let edges = match found.edges {
        0 => String::new(),
        edges => format!(", {edges} edges"),
    };
    Ok(format!("{:#x} bytes, {entries}, {} control blocks{edges}", found.bytes, found.blocks))
}

fn request(values: &Values) -> Result<Request, Failure> {
    let source = values.spans("list").unwrap_or(EXAMPLE);
    Ok(Request {
        source: segments(source)?,
        destination: values.spans("to").map(segments).transpose()?,
        limits: limits(values).map_err(|error| unfit(values, error))?,
    })
}

/// Why there are no such limits; a longest block must hold a burst.
fn unfit(values: &Values, error: ConstraintError) -> Failure {
    match error {
        ConstraintError::MaxSegment { asked, least, .. }
            if asked < least && values.number("burst") != Some(1) =>
        {
            Failure::told(format_args!("{error}; or burst=1"))
        }
        error => told(error),
    }
}

/// The limits asked for; those of the example, which its text gives, where nothing else was.
fn limits(values: &Values) -> Result<Constraints, ConstraintError> {
    let kind = match values.word("channel") {
        Some("lite") => ChannelKind::Lite,
        Some("bulk") => ChannelKind::Bulk,
        _ => ChannelKind::Full,
    };
    let word = |name: &str| values.number(name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let example = values.word("list") == Some("example");
    let usual = |number| example.then_some(number);
    let mut limits = Constraints::memory(kind).with_window(BusWindow::ALL);
    if let Some(burst) = word("burst").or(usual(4)) {
        limits = limits.with_burst(burst)?;
    }
    if values.word("engine") == Some("emulated") {
        limits = limits.with_engine(EngineKind::Emulated)?;
    }
    if let Some(max) = word("max").or(usual(0x400)) {
        limits = limits.with_max_segment(max)?;
    }
    if let Some(boundary) = word("boundary") {
        limits = limits.with_boundary(boundary)?;
    }
    if let Some(line) = word("line") {
        limits = limits.with_line(line)?;
    }
    Ok(match values.switch("merge") {
        Some(Switch::Off) => limits.with_merge(Merge::Never),
        _ => limits,
    })
}

/// Shows entries and what merging makes of them; tells both counts.
fn entries(session: &mut Session<'_>, request: &Request) -> String {
    let limits = &request.limits;
    let boundary = limits.boundary().map_or_else(|| "none".into(), |bytes| format!("{bytes:#x}"));
    let (kind, engine, granule) = (limits.kind(), limits.engine(), limits.granule());
    let whose = match request.destination {
        Some(_) => format!("{engine} engine, granule {granule}"),
        // Which engine it is makes no difference then.
        None => "one list alone, granule 1".into(),
    };
    session.print(format_args!("{kind} channel, {whose}"));
    let (max, burst) = (limits.max_segment(), limits.burst());
    session.print(format_args!("blocks: at most {max:#x}, burst {burst}, boundary {boundary}"));
    let source = list(session, "source", &request.source, limits.merge());
    let destination = request.destination.as_ref();
    match destination.map(|segments| list(session, "destination", segments, limits.merge())) {
        None => source,
        Some(destination) => format!("{source} to {destination}"),
    }
}

/// Shows one list on one line, entries and merged.
fn list(session: &mut Session<'_>, name: &str, entries: &[BusSegment], merge: Merge) -> String {
    let mut merged: Vec<BusSegment> = Vec::new();
    for &entry in entries {
        let joined = merged.last().filter(|_| merge == Merge::Contiguous);
        match (joined.and_then(|last| last.merged(entry)), merged.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => merged.push(entry),
        }
    }
    wrapped(session, &format!("{name}:"), entries);
    if merged.len() < entries.len() {
        wrapped(session, "  merged:", &merged);
    }
    format!("{} entries in {} segments", entries.len(), merged.len())
}

/// Segments behind a name, on as many lines as they need.
fn wrapped(session: &mut Session<'_>, name: &str, segments: &[BusSegment]) {
    let mut line = name.to_string();
    for segment in segments {
        let word = format!(" {segment}");
        if line.len() + word.len() > crate::render::WIDTH {
            session.print(format_args!("{line}"));
            line = "   ".to_string();
        }
        line.push_str(&word);
    }
    session.print(format_args!("{line}"));
}

/// Cuts, counting all and keeping what is shown.
fn find(session: &mut Session<'_>, request: &Request) -> Result<Found, Failure> {
    let source = request.source.iter().copied();
    match &request.destination {
        None => collect(session, &mut lower::cut(source, &request.limits)),
        Some(to) => collect(session, &mut Cuts::new(source, to.iter().copied(), &request.limits)),
    }
}

fn collect(
    session: &mut Session<'_>,
    cuts: &mut dyn Iterator<Item = Result<Cut, LowerError>>,
) -> Result<Found, Failure> {
    let mut found = Found::default();
    for cut in cuts {
        let cut = cut.map_err(told)?;
        found.blocks += 1;
        found.bytes += u64::from(cut.len);
        found.edges += usize::from(matches!(cut.kind, CutKind::Edge { .. }));
        if found.shown.len() < MOST_BLOCKS {
            found.shown.push(cut);
        }
        if found.blocks.is_multiple_of(4096) {
            let stop = |Stopped| Failure::stopped(format!("{} blocks", found.blocks));
            session.go_on().map_err(stop)?;
        }
    }
    Ok(found)
}

/// The blocks and the rule that ended each.
fn blocks(session: &mut Session<'_>, found: &Found) {
    let mut table = Table::new(&[
        ("block", Align::Right),
        ("from", Align::Right),
        ("length", Align::Right),
        ("moves", Align::Left),
        ("ends at", Align::Left),
    ]);
    for (index, cut) in found.shown.iter().take(ROWS).enumerate() {
        let moves = match cut.kind {
            CutKind::Wide => "wide",
            CutKind::Narrow => "narrow",
            CutKind::Edge { .. } => "edge",
        };
        let (from, len) = (cut.source.get(), cut.len);
        table.row(&[
            &index,
            &format_args!("{from:#x}"),
            &format_args!("{len:#x}"),
            &moves,
            &cut.rule,
        ]);
        table.colour(4, Colour::Magenta);
    }
    let lines = table.lines(session.paint());
    session.lines(&lines);
    more(session, found.blocks, "blocks");
}

fn more(session: &mut Session<'_>, count: usize, what: &str) {
    if count > ROWS {
        session.print(format_args!("… {} {what} more", count - ROWS));
    }
}

/// How far away the other side of one list alone is taken to be.
const FAR: u32 = 0x2000_0000;

/// A cut of one list alone, with the other side that it has: in phase, and so far away that no block reads what it writes.
/// `None` where that is not all memory.
fn across(cut: &Cut) -> Option<Cut> {
    let other = BusAddr::new(cut.source.get() ^ FAR);
    memory(BusSegment::new(other, cut.len))?;
    Some(Cut { destination: other, ..*cut })
}

/// The control blocks, disassembled, and how long they take. Of one list alone those of a copy to memory in phase.
fn words(session: &mut Session<'_>, request: &Request, found: &Found) -> Result<(), Failure> {
    if found.blocks > MOST_BLOCKS {
        session.print(format_args!("more than {MOST_BLOCKS} blocks are not disassembled"));
        return Ok(());
    }
    let mut blocks = vec![ControlBlock::default(); found.blocks];
    let mut edges = vec![Edge::default(); found.edges];
    let storage = Storage { blocks: &mut blocks, chain: CHAIN, edges: &mut edges, slots: SLOTS };
    let cuts: Option<Vec<Cut>> = match request.destination {
        Some(_) => Some(found.shown.clone()),
        None => found.shown.iter().map(across).collect(),
    };
    let Some(cuts) = cuts else {
        session.print(format_args!("no words: {FAR:#x} away is not all memory"));
        return Ok(());
    };
    if request.destination.is_none() {
        session.print(format_args!("as a copy to memory in phase, {FAR:#x} away:"));
    }
    let plan = lower::lay_out(cuts.into_iter(), &request.limits, storage).map_err(told)?;
    for line in disassemble(plan.blocks, plan.chain).take(ROWS) {
        session.lines(wrap(&format!("{line}"), WIDTH, 12));
    }
    more(session, found.blocks, "blocks");
    let time = timing::estimate(plan.blocks, &session.timing()).as_nanos();
    let time = u64_of(time);
    let (whole, tenths) = (time / 1000, time % 1000 / 100);
    let from = match session.timing() {
        Timing::ESTIMATE => "figures not yet checked on a board",
        _ => "what /calibrate measured",
    };
    session.print(format_args!("estimate: {whole}.{tenths} µs on the chip, from {from}"));
    Ok(())
}

/// The published table of the example has a slip.
fn misprint(session: &mut Session<'_>) {
    session.lines([
        "The published table prints 0xa450 where block 2 begins, which is at",
        "0xa554: the byte at 0xa450 would be copied twice and that at 0xa554 never.",
    ]);
}
