//! What a command has at hand while it runs.

use alloc::boxed::Box;
use alloc::fmt::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use sgdma::timing::Timing;

use crate::args::ArgumentError;
use crate::editor::PASTE_OFF;
use crate::journal::{log_line, one_line};
use crate::machine::{Denial, Machine};
use crate::render::{Paint, WIDTH, columns, wrap};
use crate::run::{Background, Demo};
use crate::scatter::Cuts;

use super::input::Stop;
use super::state::{Phase, State, Tally};

/// Columns of a log line before the name of its part: `[ssssss.uuuuuu] `.
const STAMP: usize = 16;

/// How a line is answered: what stands behind `ok: `, or what went wrong.
pub type Answer = Result<String, Failure>;

/// What went wrong: what stands behind `error: `. One word, so that handing it on costs little.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Box<Told>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    text: String,
    whose: Whose,
}

/// Whether a failure is the command's, whose name then stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Command,
    User,
}

/// Ctrl-C was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl Failure {
    /// A failure told by this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Box::new(Told { text: text.into(), whose: Whose::Command }))
    }

    /// A failure told by what `format_args!` makes. Not inlined: each of the many callers would otherwise carry the
    /// formatting's end and the clean-up of a string.
    #[inline(never)]
    pub fn told(text: fmt::Arguments<'_>) -> Self {
        Self::new(format(text))
    }

    /// A command was stopped by Ctrl-C after so much.
    pub fn stopped(after: impl fmt::Display) -> Self {
        let mut failure = Self::told(format_args!("stopped after {after}"));
        failure.0.whose = Whose::User;
        failure
    }

    /// The same, with the name of the command it befell.
    pub(crate) fn of(self, command: &str) -> Self {
        match self.0.whose {
            Whose::Command => Self::told(format_args!("/{command}: {}", self.0.text)),
            Whose::User => self,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl From<ArgumentError> for Failure {
    fn from(error: ArgumentError) -> Self {
        Self::told(format_args!("{error}"))
    }
}

impl From<Denial> for Failure {
    fn from(denial: Denial) -> Self {
        let list = if matches!(denial, Denial::NoRegister { .. }) { " registers" } else { "" };
        Self::told(format_args!("{denial}; /map{list} shows what is"))
    }
}

/// What a command has at hand: the machine, the screen, the settings.
pub struct Session<'a> {
    machine: &'a dyn Machine,
    state: &'a mut State,
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<'a> Session<'a> {
    pub(super) fn new(machine: &'a dyn Machine, state: &'a mut State) -> Self {
        state.input.begin();
        Self { machine, state }
    }

    /// The machine.
    pub fn machine(&self) -> &'a dyn Machine {
        self.machine
    }

    /// Writes a line.
    pub fn line(&mut self, text: &str) {
        self.raw(text.as_bytes());
    }

    /// Writes a line that `format_args!` makes.
    #[inline(never)]
    pub fn print(&mut self, text: fmt::Arguments<'_>) {
        self.line(&format(text));
    }

    #[inline(never)]
    fn raw(&mut self, line: &[u8]) {
        let mut bytes = Vec::with_capacity(line.len() + 2);
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(b"\r\n");
        self.machine.write(&bytes);
    }

    /// Writes lines.
    pub fn lines<T: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = T>) {
        for line in lines {
            self.line(line.as_ref());
        }
    }

    /// Writes a line to the log, and shows it.
    pub fn log(&mut self, part: &str, text: fmt::Arguments<'_>) {
        self.hold(part, text);
        self.show_held();
    }

    /// Writes a text to the log, and shows it, on as many lines as it needs; those after the first are indented.
    pub fn log_wrapped(&mut self, part: &str, text: &str, indent: usize) {
        self.hold_wrapped(part, text, indent);
        self.show_held();
    }

    /// Columns that a line of the log has behind the name of its part.
    pub(crate) fn log_room(part: &str) -> usize {
        WIDTH.saturating_sub(STAMP + columns(part) + 2)
    }

    /// The same, to be shown later.
    pub(crate) fn hold_wrapped(&mut self, part: &str, text: &str, indent: usize) {
        let room = Self::log_room(part);
        for line in wrap(text, room, indent) {
            self.hold(part, format_args!("{line}"));
        }
    }

    /// Writes a line to the log about what happened at `at`, and shows it.
    pub fn log_at(&mut self, at: Duration, part: &str, text: fmt::Arguments<'_>) {
        let line = log_line(at, part, text);
        self.state.journal.write(&line);
        self.show_held();
    }

    /// Writes a line to the log, to be shown later.
    pub(crate) fn hold(&mut self, part: &str, text: fmt::Arguments<'_>) {
        let line = log_line(self.machine.uptime(), part, text);
        self.state.journal.write(&line);
    }

    /// Shows the log lines that have been held back.
    pub(crate) fn show_held(&mut self) {
        let (lost, lines) = self.state.journal.held();
        let lines: Vec<Vec<u8>> = lines.map(<[u8]>::to_vec).collect();
        if lost > 0 {
            self.print(format_args!("… {lost} log lines more"));
        }
        for line in lines {
            self.raw(&line);
        }
        self.state.journal.all_shown();
    }

    /// The last `count` lines of the log, oldest first.
    pub fn logged(&self, count: usize) -> Vec<String> {
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        self.state.journal.last(count).map(text).collect()
    }

    /// Asks whether Ctrl-C was typed. To be called between two steps of anything that may take long.
    ///
    /// # Errors
    /// It was.
    pub fn go_on(&mut self) -> Result<(), Stopped> {
        while let Some(byte) = self.machine.poll() {
            if self.state.input.meanwhile(byte) == Stop::Yes {
                return Err(Stopped);
            }
        }
        Ok(())
    }

    /// Whether no key waits. What has come in is kept for the editor, Ctrl-C too: for what runs in the background.
    pub(crate) fn nothing_typed(&mut self) -> bool {
        while let Some(byte) = self.machine.poll() {
            self.state.input.push(byte);
        }
        self.state.input.is_empty()
    }

    /// Whether colour is used.
    pub fn paint(&self) -> Paint {
        self.state.paint
    }

    /// Switches colour on or off.
    pub fn set_paint(&mut self, paint: Paint) {
        self.state.paint = paint;
    }

    /// How lines are scattered.
    pub fn cuts(&self) -> &Cuts {
        &self.state.cuts
    }

    /// The constants of the timing model.
    pub fn timing(&self) -> Timing {
        self.state.timing
    }

    /// Estimates with these constants from now on.
    pub fn set_timing(&mut self, timing: Timing) {
        self.state.timing = timing;
    }

    /// Scatters lines in another way from now on.
    pub fn set_cuts(&mut self, cuts: Cuts) {
        self.state.cuts = cuts;
    }

    /// What was counted.
    pub fn tally(&self) -> Tally {
        self.state.tally
    }

    /// How many bytes were lost because too many came in while a command ran.
    pub fn lost_input(&self) -> u64 {
        self.state.input.lost()
    }

    /// How many log lines there were.
    pub fn log_lines(&self) -> u64 {
        self.state.journal.written()
    }

    /// What goes on in the background.
    pub(crate) fn background(&mut self) -> &mut Background {
        &mut self.state.background
    }

    /// What the main job holds, while it is started.
    pub(crate) fn demo(&mut self) -> &mut Option<Demo> {
        &mut self.state.demo
    }

    /// Writes to the log how many bytes have been lost since the last time; shown before the next answer, as nothing
    /// may stand between a final line and the prompt.
    pub(super) fn note_losses(&mut self) {
        let lost = self.machine.counters().overruns.saturating_add(self.state.input.lost());
        let news = lost.saturating_sub(self.state.losses_told);
        if news > 0 {
            self.state.losses_told = lost;
            self.hold("console", format_args!("{news} bytes are lost, too fast or damaged"));
        }
    }

    /// Counts a data line.
    pub(crate) fn count_data(&mut self, bytes: usize) {
        self.state.tally.data += 1;
        self.state.tally.data_bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    /// Writes the final line now, and no prompt after it: the machine is about to stop.
    pub(crate) fn part(&mut self, answer: Answer) {
        self.finish(answer);
        self.machine.write(PASTE_OFF.as_bytes());
        self.state.phase = Phase::Over;
    }

    /// Writes the final line, unless it is written.
    pub(super) fn finish(&mut self, answer: Answer) {
        if self.state.phase == Phase::Over {
            return;
        }
        let line = match answer {
            Ok(text) => {
                self.state.tally.ok += 1;
                format(format_args!("ok: {text}"))
            }
            Err(failure) => {
                self.state.tally.error += 1;
                format(format_args!("error: {failure}"))
            }
        };
        self.line(&one_line(line));
    }
}
