//! QEMU's DMA engine without a guest: the machine stands still and a pipe reads and writes its memory and registers.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What the tests look for, in the environment and then in the set-up's file.
const KEYS: [&str; 3] = ["QEMU_7", "QEMU_10", "QEMU"];

/// All emulators there are, each once.
///
/// # Panics
/// Where there is none, or a named one is not there: nothing is skipped in silence.
pub fn emulators() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools.env");
    let listed = std::fs::read_to_string(file).unwrap_or_default();
    for key in KEYS {
        let from_file = || {
            let line = listed.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.map(str::to_owned)
        };
        let Some(path) = std::env::var(key).ok().or_else(from_file) else { continue };
        let path = PathBuf::from(path);
        assert!(path.is_file(), "{key} names {}, which is not there", path.display());
        if !found.contains(&path) {
            found.push(path);
        }
    }
    if found.is_empty() {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        found.extend(
            std::env::split_paths(&paths)
                .map(|folder| folder.join("qemu-system-aarch64"))
                .find(|path| path.is_file()),
        );
    }
    assert!(
        !found.is_empty(),
        "qemu-system-aarch64 is missing: run the set-up, or name it in QEMU_7, QEMU_10 or QEMU"
    );
    found
}

/// A running emulator; stopped when dropped.
pub struct Qtest {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Qtest {
    /// Starts a raspi3b that executes nothing. It is killed after two minutes, should it hang.
    pub fn start(emulator: &Path) -> Self {
        let machine = "-M raspi3b -accel tcg -S -display none -monitor none -serial null";
        let mut child = Command::new("timeout")
            .args(["-k", "2", "120"])
            .arg(emulator)
            .args(machine.split(' '))
            .args(["-qtest", "stdio", "-qtest-log", "none"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("`timeout` of coreutils starts");
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        Self { child, to, from }
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.to, "{command}").expect("QEMU listens");
        self.to.flush().expect("QEMU listens");
        loop {
            let mut line = String::new();
            let read = self.from.read_line(&mut line).expect("QEMU answers");
            assert!(read > 0, "QEMU ended, or hung and was killed, after `{command:.60}`");
            if let Some(answer) = line.trim_end().strip_prefix("OK") {
                return answer.trim().to_owned();
            }
            assert!(!line.starts_with("FAIL"), "QEMU refused `{command:.60}`: {line}");
        }
    }

    pub fn write_word(&mut self, address: u32, value: u32) {
        self.ask(&format!("writel {address:#x} {value:#x}"));
    }

    pub fn read_word(&mut self, address: u32) -> u32 {
        let answer = self.ask(&format!("readl {address:#x}"));
        u32::from_str_radix(answer.trim_start_matches("0x"), 16).unwrap()
    }

    pub fn write(&mut self, address: u32, bytes: &[u8]) {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.ask(&format!("write {address:#x} {:#x} 0x{}", bytes.len(), hex.concat()));
    }

    pub fn read(&mut self, address: u32, length: usize) -> Vec<u8> {
        let answer = self.ask(&format!("read {address:#x} {length:#x}"));
        let digits = answer.trim_start_matches("0x").as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks_exact(2).map(byte).collect()
    }
}

impl Drop for Qtest {
    fn drop(&mut self) {
        // `timeout` hands the signal on; a QEMU that hangs in a store ignores it until `-k` comes.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
