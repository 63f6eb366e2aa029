//! Typed lines and expected answers, replayed on the model as the chip and as QEMU. The firmware's tests replay the same files.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[expect(dead_code, reason = "other tests ask more of it")]
#[path = "support/desk.rs"]
mod desk;
#[expect(dead_code, reason = "other tests ask more of it")]
#[path = "../examples/simulator/machine.rs"]
mod machine;
#[path = "../../../tests/harness/transcript.rs"]
mod transcript;

use std::path::{Path, PathBuf};

use dma_model::Profile;

use crate::desk::Desk;
use crate::transcript::{Engine, parse};

/// The workspace's transcripts.
fn transcripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/transcripts");
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    paths.sort();
    assert!(!paths.is_empty(), "no transcripts in {}", folder.display());
    paths
}

fn replay(path: &Path, profile: Profile) {
    let engine = if profile == Profile::Qemu { Engine::Emulated } else { Engine::Hardware };
    let mut desk = Desk::new(profile, 1);
    for exchange in parse(&std::fs::read_to_string(path).unwrap()) {
        let Some(typed) = &exchange.typed else { continue };
        if typed == "/halt" {
            // No prompt comes after it: QEMU shows how it ends.
            return;
        }
        let lines = desk.send(typed.as_bytes());
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        if let Err(error) = exchange.check(&lines, engine) {
            panic!("{} on {profile:?}, `{typed}`: {error}\n{}", path.display(), lines.join("\n"));
        }
    }
}

#[test]
fn every_transcript_holds_on_the_model() {
    for path in transcripts() {
        for profile in [Profile::Hardware, Profile::Qemu] {
            replay(&path, profile);
        }
    }
}
