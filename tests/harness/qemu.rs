//! A Raspberry Pi 3 under QEMU, in every version that the set-up found, with a terminal on its console.

use super::console::{Answer, Console, Fault};
use super::transcript::Engine;
use super::{image, scratch, tools};
use std::ffi::OsStr;
use std::fs::{File, read_to_string};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The longest silence before an answer counts as missing. Boot and each line take well under a second.
const SILENCE: Duration = Duration::from_secs(30);

/// QEMU's engine moves words of four bytes: the same kind in every version.
pub(crate) const ENGINE: Engine = Engine::Emulated;

/// One version of QEMU.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// `7` or `10`.
    pub(crate) major: u32,
    program: PathBuf,
}

/// Every version there is; at least one, or the set-up would have failed.
pub(crate) fn versions() -> Vec<Version> {
    let found = tools("QEMU_").into_iter().filter_map(|(name, program)| {
        let major = name.strip_prefix("QEMU_")?.parse().ok()?;
        Some(Version { major, program })
    });
    let found: Vec<_> = found.collect();
    assert!(!found.is_empty(), "no QEMU in target/tools.env: run tools/setup.sh test");
    found
}

/// Runs a test under each version and says which.
pub(crate) fn under_each_version(test: impl Fn(&Version)) {
    for version in versions() {
        println!("--- QEMU {}", version.major);
        test(&version);
    }
}

/// A running machine. It is killed when dropped, and by the kernel if this thread dies first.
pub(crate) struct Machine {
    child: Child,
    console: Console,
    /// Where QEMU's own complaints go.
    complaints: PathBuf,
}

impl Machine {
    /// Starts an image with further options; does not wait for the prompt.
    pub(crate) fn start(version: &Version, image: &Path, options: &[&OsStr]) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(&version.program);
        command.args(["-M", "raspi3b", "-display", "none", "-monitor", "none"]);
        command.args(["-global", "bcm2837.enabled-cpus=1"]);
        command.args(["-chardev", "stdio,id=s,signal=off", "-serial", "chardev:s"]);
        command.arg("-kernel").arg(image).args(options);
        let complaints = scratch("qemu.txt");
        command.stderr(File::create(&complaints).expect("target/ can be written"));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let console = Console::new(input.expect("piped"), output.expect("piped"), |_| {});
        Self { child, console, complaints }
    }

    /// Starts the firmware and waits for its prompt; returns what it printed before that.
    pub(crate) fn boot(version: &Version, options: &[&OsStr]) -> (Self, String) {
        let mut machine = Self::start(version, &image(), options);
        let banner = machine.prompt();
        (machine, banner)
    }

    /// Waits for a prompt that nothing was typed for.
    pub(crate) fn prompt(&mut self) -> String {
        let text = self.console.until_prompt(SILENCE);
        let text = text.unwrap_or_else(|fault| self.fail("no prompt", &fault));
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Types a line and returns its answer.
    pub(crate) fn type_line(&mut self, line: &[u8]) -> Answer {
        let answer = self.console.answer(line, SILENCE);
        answer.unwrap_or_else(|fault| self.fail(&String::from_utf8_lossy(line), &fault))
    }

    /// Types bytes, as fast as the machine takes them, and waits for nothing.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.console.send(bytes).unwrap_or_else(|fault| self.fail("sending", &fault));
    }

    /// Waits until what has been printed is as wanted, and returns it.
    pub(crate) fn until(&mut self, wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let text = self.console.until(SILENCE, wanted);
        text.unwrap_or_else(|fault| self.fail("waiting", &fault))
    }

    /// Types a line that must end in `ok:` and returns the whole answer as text.
    pub(crate) fn ok(&mut self, line: &str) -> String {
        let answer = self.type_line(line.as_bytes());
        let last = answer.final_line().unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(last.starts_with("ok:"), "{line}: {}", answer.text());
        answer.text()
    }

    /// Types a line that breaks the machine down, and returns its last words without the line's echo.
    pub(crate) fn last_words(&mut self, line: &str) -> String {
        self.send(&[line.as_bytes(), b"\r"].concat());
        let text = self.until(|seen| seen.ends_with(b"press a key to reboot\n"));
        let text = String::from_utf8_lossy(&text).into_owned();
        text.split_once('\n').map_or(text.clone(), |(_, words)| words.to_owned())
    }

    /// Presses a key after the last words, and waits for the prompt of the new boot.
    pub(crate) fn press_a_key(&mut self) -> String {
        self.send(b"k");
        self.prompt()
    }

    /// Waits until what is printed ends so, and that nothing follows for a second. Returns what was printed.
    pub(crate) fn ends_in(&mut self, end_of_text: &str) -> String {
        let text = self.until(|seen| seen.ends_with(end_of_text.as_bytes()));
        match self.console.until(Duration::from_secs(1), |seen| !seen.is_empty()) {
            Err(Fault::Silent(..)) => {}
            more => panic!("after {end_of_text}: {more:?}"),
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Types `/halt` and waits for the machine to end; returns what it said and its status.
    pub(crate) fn halt(mut self) -> (String, ExitStatus) {
        let text = match self.console.answer(b"/halt", SILENCE) {
            Err(Fault::Ended(text)) => text,
            other => panic!("/halt did not end the machine: {other:?}"),
        };
        (text, self.wait())
    }

    /// Asks QEMU itself to end, as by its window's button: its plugins and logs are finished.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        super::run(Command::new("kill").args(["-TERM", &pid]));
        self.wait()
    }

    fn fail(&self, line: &str, fault: &Fault) -> ! {
        let said = read_to_string(&self.complaints).unwrap_or_default();
        match fault {
            Fault::Silent(time, text) => {
                panic!("{line}: silent for {time:?} after:\n{text}\n{said}")
            }
            Fault::Ended(text) => panic!("{line}: QEMU ended after:\n{text}\n{said}"),
        }
    }

    fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + SILENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                return status;
            }
            sleep(Duration::from_millis(10));
        }
        panic!("QEMU did not end");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
