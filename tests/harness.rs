//! What the tests around QEMU share: where things are, a machine that ends with its owner, a terminal on it.

pub(crate) mod console;
pub(crate) mod elf;
pub(crate) mod gdb;
pub(crate) mod mmio;
pub(crate) mod pages;
pub(crate) mod qemu;
pub(crate) mod transcript;
pub(crate) mod width;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

/// A file of the repository.
pub(crate) fn repo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a command in the repository and gives its output; its failure ends the test by name.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.current_dir(repo("")).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The image, built when a test first asks, with the tools that `make test` would have got: plain `cargo test` works too.
pub(crate) fn image() -> PathBuf {
    static IMAGE: OnceLock<PathBuf> = OnceLock::new();
    IMAGE
        .get_or_init(|| {
            run(Command::new("make").args(["setup-test", "kernel8.img"]).env_remove("MAKEFLAGS"));
            repo("kernel8.img")
        })
        .clone()
}

/// Values that the set-up script found, for every key that begins so: `tools("QEMU_")`.
pub(crate) fn tools(key: &str) -> Vec<(String, PathBuf)> {
    image();
    let found = fs::read_to_string(repo("target/tools.env")).expect("target/tools.env is readable");
    let pairs = found.lines().filter_map(|line| line.split_once('='));
    pairs
        .filter(|(name, path)| name.starts_with(key) && path.starts_with('/'))
        .map(|(name, path)| (name.to_owned(), PathBuf::from(path)))
        .collect()
}

/// A file for this test alone, below target/.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = repo("target/tests");
    fs::create_dir_all(&folder).expect("target/tests can be made");
    folder.join(format!("{}-{name}", test_name()))
}

/// A socket of this test's own, below `target/tests`, that nobody has opened yet. A test runs in the package's root, and
/// the path is given from there: a socket's path is at most 107 bytes long, wherever the repository lies.
pub(crate) fn socket(name: &str) -> PathBuf {
    let whole = scratch(name);
    // One that an earlier run left.
    let _ = fs::remove_file(&whole);
    let path = whole.strip_prefix(repo("")).expect("scratch files lie in the repository");
    assert!(path.as_os_str().len() <= 107, "{}: too long for a socket", path.display());
    path.to_owned()
}

/// This test's name, as part of a file's name.
fn test_name() -> String {
    std::thread::current().name().unwrap_or("test").replace(':', "_")
}

/// The seed of a random test: `SEED=…` repeats a run. Printed, so that a failure can be repeated.
pub(crate) fn random() -> fastrand::Rng {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| since.map_or(1, |time| u64::from(time.subsec_nanos())));
    println!("SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
