//! The console's contract seen from the terminal's side: wait for the prompt, type a line, read the answer.
//!
//! The prompt is `> ` in column 1, and after it come only CSI sequences until a line is typed; so a stream that ends
//! there, sequences and carriage returns taken out, waits for input.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The prompt as it is seen, sequences taken out.
pub(crate) const PROMPT: &[u8] = b"\n> ";
/// No answer takes longer; a guest that prints for ever must not hold up a test for ever.
const LONGEST_ANSWER: Duration = Duration::from_mins(15);

/// Why no prompt came, with the text that came instead.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Nothing was printed for so long, after this.
    Silent(Duration, String),
    /// The other side is gone, after this.
    Ended(String),
}

/// What came back for one typed line, carriage returns and CSI sequences taken out.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The lines between the echo and the next prompt.
    pub(crate) lines: Vec<Vec<u8>>,
}

impl Answer {
    fn new(text: &[u8]) -> Self {
        // The first line is the editor's echo, which holds no newline.
        Self { lines: text.split(|&byte| byte == b'\n').skip(1).map(<[u8]>::to_vec).collect() }
    }

    /// The one line that says how it went; an error if there is none, or more than one.
    pub(crate) fn final_line(&self) -> Result<String, String> {
        let is_final = |line: &&Vec<u8>| line.starts_with(b"ok:") || line.starts_with(b"error:");
        let finals: Vec<_> = self.lines.iter().filter(is_final).collect();
        match (finals.as_slice(), self.lines.last()) {
            ([one], Some(last)) if *one == last => Ok(String::from_utf8_lossy(one).into_owned()),
            _ => {
                Err(format!("{} final lines in, or text after it:\n{}", finals.len(), self.text()))
            }
        }
    }

    /// The lines as text, for matching and for reports.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.lines.join(&b'\n')).into_owned()
    }
}

/// A terminal on a console.
pub(crate) struct Console {
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    cleaner: Cleaner,
    /// Cleaned text since the last prompt.
    seen: Vec<u8>,
    /// Shown every piece of cleaned text as it comes.
    watch: Watch,
}

type Watch = Box<dyn FnMut(&[u8]) + Send>;

impl Console {
    /// A terminal that writes to `input`, reads from `output` and shows what comes to `watch`.
    pub(crate) fn new(
        input: impl Write + Send + 'static,
        mut output: impl Read + Send + 'static,
        watch: impl FnMut(&[u8]) + Send + 'static,
    ) -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut piece) {
                if sender.send(piece.iter().copied().take(count).collect()).is_err() {
                    break;
                }
            }
        });
        Self {
            input: Box::new(input),
            output: receiver,
            cleaner: Cleaner::Text,
            // As if a line had just ended: the very first prompt is in column 1 too.
            seen: vec![b'\n'],
            watch: Box::new(watch),
        }
    }

    /// Waits for the prompt and returns what was printed before it.
    pub(crate) fn until_prompt(&mut self, silence: Duration) -> Result<Vec<u8>, Fault> {
        let mut text = self.until(silence, |seen| seen.ends_with(PROMPT))?;
        text.truncate(text.len().saturating_sub(PROMPT.len()));
        Ok(text)
    }

    /// Waits until the text since the last prompt that was waited for is as wanted, and returns it.
    pub(crate) fn until(
        &mut self,
        silence: Duration,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<u8>, Fault> {
        let end = Instant::now() + LONGEST_ANSWER;
        loop {
            if wanted(&self.seen) {
                return Ok(std::mem::take(&mut self.seen));
            }
            let left = silence.min(end.saturating_duration_since(Instant::now()));
            match self.output.recv_timeout(left) {
                Ok(piece) => self.take(&piece),
                Err(RecvTimeoutError::Timeout) => return Err(Fault::Silent(silence, self.rest())),
                Err(RecvTimeoutError::Disconnected) => return Err(Fault::Ended(self.rest())),
            }
        }
    }

    /// Sends a line (bytes as the keyboard would) and Enter, and waits for its answer.
    pub(crate) fn answer(&mut self, line: &[u8], silence: Duration) -> Result<Answer, Fault> {
        self.send(&[line, b"\r"].concat())?;
        Ok(Answer::new(&self.until_prompt(silence)?))
    }

    /// Sends bytes as fast as the other side takes them.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let sent = self.input.write_all(bytes).and_then(|()| self.input.flush());
        sent.map_err(|_| Fault::Ended(self.rest()))
    }

    fn take(&mut self, piece: &[u8]) {
        let start = self.seen.len();
        self.seen.extend(piece.iter().filter(|&&byte| self.cleaner.keeps(byte)));
        if let Some(new) = self.seen.get(start..) {
            (self.watch)(new);
        }
    }

    fn rest(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.seen)).into_owned()
    }
}

/// Takes CSI sequences and carriage returns out of a stream.
#[derive(Clone, Copy)]
enum Cleaner {
    Text,
    Escape,
    Sequence,
}

impl Cleaner {
    fn keeps(&mut self, byte: u8) -> bool {
        let (next, keep) = match (*self, byte) {
            (Self::Text, 0x1b) => (Self::Escape, false),
            (Self::Escape, b'[') => (Self::Sequence, false),
            (Self::Sequence, last) => {
                (if (0x40..=0x7e).contains(&last) { Self::Text } else { Self::Sequence }, false)
            }
            (Self::Text | Self::Escape, _) => (Self::Text, byte != b'\r'),
        };
        *self = next;
        keep
    }
}
