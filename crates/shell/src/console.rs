//! The console: bytes in, lines answered, bytes out.
//!
//! Every non-empty line is answered by exactly one final line that begins `ok:` or `error:`; then comes the prompt. Log lines
//! never appear while the user is at the prompt.

mod input;
mod session;
mod state;

use alloc::vec::Vec;
use core::time::Duration;

pub(crate) use self::session::Desk;
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
        Self { machine, editor: Editor::new(WIDTH), state: State::new(paint) }
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
        self.state.tally
    }

    /// Prompts for the first time.
    pub fn start(&mut self) {
        self.prompt();
    }

    /// Writes a line to the log: at once, or, while the user is at the prompt, when the next line has come in.
    pub fn log(&mut self, part: &str, text: core::fmt::Arguments<'_>) {
        let at_prompt = self.state.phase == Phase::Prompt;
        let mut session = Session::new(&self.machine, &mut self.state);
        if at_prompt { session.hold(part, text) } else { session.log(part, text) }
    }

    /// Takes a byte that came in at `now`, in [`Machine::uptime`]'s time. Where it ends a line, the line is answered before
    /// this returns, and so are lines that come in meanwhile.
    pub fn feed(&mut self, byte: u8, now: Duration) {
        self.state.input.push(byte);
        let mut now = now;
        while self.state.phase != Phase::Over {
            let Some(byte) = self.state.input.pop() else {
                return;
            };
            let mut echo = Vec::new();
            let entry = self.editor.feed(byte, now, &Commands, &mut echo);
            self.step(entry, &echo);
            now = now.max(self.machine.uptime());
        }
    }

    /// Nothing has come in until `now`. To be called now and then; it ends a paste that has fallen silent.
    pub fn idle(&mut self, now: Duration) {
        let mut echo = Vec::new();
        let entry = self.editor.idle(now, &Commands, &mut echo);
        self.step(entry, &echo);
    }

    /// Does a short piece of what goes on in the background. To be called again and again while nothing comes in, until it
    /// answers [`Background::Quiet`].
    pub fn work(&mut self) -> Background {
        let mut session = Session::new(&self.machine, &mut self.state);
        match run::work(&mut session) {
            run::Work::Pending => Background::Busy,
            run::Work::Done => Background::Quiet,
        }
    }

    /// Whether the console goes on.
    pub fn life(&self) -> Life {
        match self.state.phase {
            Phase::Over => Life::Over,
            Phase::Prompt | Phase::Busy => Life::Running,
        }
    }

    fn step(&mut self, entry: Option<Entry>, echo: &[u8]) {
        if !echo.is_empty() {
            self.machine.write(echo);
        }
        if let Some(entry) = entry {
            self.answer(&entry);
        }
    }

    fn answer(&mut self, entry: &Entry) {
        self.state.phase = Phase::Busy;
        let mut session = Session::new(&self.machine, &mut self.state);
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
            self.prompt();
        }
    }

    fn prompt(&mut self) {
        self.state.phase = Phase::Prompt;
        let mut prompt = Vec::new();
        self.editor.prompt(&mut prompt);
        self.machine.write(&prompt);
    }
}

#[cfg(test)]
mod tests;
