//! The console: bytes in, lines answered, bytes out.
//!
//! Every non-empty line is answered by exactly one final line that begins `ok:` or `error:`; then comes the prompt. Log lines
//! never appear while the user is at the prompt.

mod input;
mod session;
mod state;

use alloc::vec::Vec;
use core::time::Duration;

pub use self::session::{Answer, Failure, Session, Stopped};
pub use self::state::Tally;
use self::state::{Phase, State};
use crate::command::Commands;
use crate::editor::{Editor, Entry, LIMIT};
use crate::machine::Machine;
use crate::render::{Paint, WIDTH};
use crate::run;

/// A console on a machine.
#[derive(Debug)]
pub struct Console<M> {
    machine: M,
    desk: Desk,
}

/// The console without its machine, which it knows as `&dyn Machine` only: compiled once.
#[derive(Debug)]
struct Desk {
    editor: Editor,
    state: State,
}

/// Whether something goes on in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// [`Console::work`] has more to do.
    Busy,
    /// It has not.
    Quiet,
}

/// Whether the console goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It takes lines.
    Running,
    /// `/reboot` or `/halt` was typed, and the machine let it return.
    Over,
}

impl<M: Machine> Console<M> {
    /// A console on `machine`. It allocates here what it keeps.
    pub fn new(machine: M, paint: Paint) -> Self {
        Self { machine, desk: Desk::new(paint) }
    }

    /// The machine.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The machine back; the console is no more.
    pub fn into_machine(self) -> M {
        self.machine
    }

    /// What was counted.
    pub fn tally(&self) -> Tally {
        self.desk.state.tally
    }

    /// Starts the main job's demo, as `/demo start` does, and prompts for the first time.
    pub fn start(&mut self) {
        self.desk.start(&self.machine);
    }

    /// Writes a line to the log: at once, or, while the user is at the prompt, when the next line has come in.
    pub fn log(&mut self, part: &str, text: core::fmt::Arguments<'_>) {
        self.desk.log(&self.machine, part, text);
    }

    /// Takes a byte that came in at `now`, in [`Machine::uptime`]'s time. Where it ends a line, the line is answered before
    /// this returns, and so are lines that come in meanwhile.
    pub fn feed(&mut self, byte: u8, now: Duration) {
        self.desk.feed(&self.machine, byte, now);
    }

    /// Nothing has come in until `now`. To be called now and then; it ends a paste that has fallen silent.
    pub fn idle(&mut self, now: Duration) {
        self.desk.idle(&self.machine, now);
    }

    /// Does a short piece of what goes on in the background. To be called again and again while nothing comes in, until it
    /// answers [`Background::Quiet`].
    pub fn work(&mut self) -> Background {
        self.desk.work(&self.machine)
    }

    /// Whether the console goes on.
    pub fn life(&self) -> Life {
        match self.desk.state.phase {
            Phase::Over => Life::Over,
            Phase::Prompt | Phase::Busy => Life::Running,
        }
    }
}

// Not inlined into a machine's own code, which need not be as small.
impl Desk {
    #[inline(never)]
    fn new(paint: Paint) -> Self {
        Self { editor: Editor::new(WIDTH), state: State::new(paint) }
    }

    #[inline(never)]
    fn start(&mut self, machine: &dyn Machine) {
        run::begin(&mut Session::new(machine, &mut self.state));
        self.prompt(machine);
    }

    #[inline(never)]
    fn log(&mut self, machine: &dyn Machine, part: &str, text: core::fmt::Arguments<'_>) {
        let at_prompt = self.state.phase == Phase::Prompt;
        let mut session = Session::new(machine, &mut self.state);
        if at_prompt { session.hold(part, text) } else { session.log(part, text) }
    }

    #[inline(never)]
    fn feed(&mut self, machine: &dyn Machine, byte: u8, now: Duration) {
        self.state.input.push(byte);
        let mut now = now;
        while self.state.phase != Phase::Over {
            let Some(byte) = self.state.input.pop() else {
                return;
            };
            let mut echo = Vec::new();
            let entry = self.editor.feed(byte, now, &Commands, &mut echo);
            self.step(machine, entry, &echo);
            now = now.max(machine.uptime());
        }
    }

    #[inline(never)]
    fn idle(&mut self, machine: &dyn Machine, now: Duration) {
        let mut echo = Vec::new();
        let entry = self.editor.idle(now, &Commands, &mut echo);
        self.step(machine, entry, &echo);
    }

    #[inline(never)]
    fn work(&mut self, machine: &dyn Machine) -> Background {
        match run::work(&mut Session::new(machine, &mut self.state)) {
            run::Work::Pending => Background::Busy,
            run::Work::Done => Background::Quiet,
        }
    }

    fn step(&mut self, machine: &dyn Machine, entry: Option<Entry>, echo: &[u8]) {
        if !echo.is_empty() {
            machine.write(echo);
        }
        if let Some(entry) = entry {
            self.answer(machine, &entry);
        }
    }

    fn answer(&mut self, machine: &dyn Machine, entry: &Entry) {
        self.state.phase = Phase::Busy;
        let mut session = Session::new(machine, &mut self.state);
        session.show_held();
        let answer = match entry {
            Entry::Dropped => None,
            Entry::Line(line) if line.is_empty() => None,
            Entry::Line(line) => Some(run::line(&mut session, line)),
            Entry::TooLong(length) => {
                Some(Err(Failure::told(format_args!("line of {length} bytes, at most {LIMIT}"))))
            }
        };
        if let Some(answer) = answer {
            session.finish(answer);
            session.note_losses();
        }
        if self.state.phase == Phase::Busy {
            self.prompt(machine);
        }
    }

    fn prompt(&mut self, machine: &dyn Machine) {
        self.state.phase = Phase::Prompt;
        let mut prompt = Vec::new();
        self.editor.prompt(&mut prompt);
        machine.write(&prompt);
    }
}

#[cfg(test)]
mod tests;
