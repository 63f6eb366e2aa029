//! The arrows between the layers (design: arrows point down), read from the manifests and from the source.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails the test by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Who may name whom. A crate or module that is not listed here is not looked at.
const CRATES: [(&str, &[&str]); 4] =
    [("sgdma", &[]), ("bcm2837", &[]), ("dma-model", &["sgdma"]), ("shell", &["sgdma"])];
const OURS: [&str; 4] = ["sgdma", "bcm2837", "dma-model", "shell"];

/// Folders of the firmware, and the names that they may not use.
const MODULES: [(&str, &[&str]); 2] = [
    ("src/arch", &["board", "machine", "kernel", "shell", "sgdma", "bcm2837"]),
    ("src/board", &["machine", "kernel", "shell"]),
];

fn repo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Rust files of a folder and below, with `FOLDER.rs` beside it; a name that is not there fails the test.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        Some(folder.with_extension("rs")).filter(|file| file.is_file()).into_iter().collect();
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.map(|entry| entry.expect("a readable folder").path()) {
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files.dedup();
    files
}

/// A source text without comments and without what stands between quotes: names in prose are no arrows.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    let lines = lines.map(|line| line.split('"').step_by(2).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Does the code lead through a module or crate of this name? (`name::`, `use name;`, `crate::name`)
fn names(code: &str, name: &str) -> bool {
    let name = name.replace('-', "_");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(&name).any(|(at, _)| {
        let (before, after) =
            (code.get(..at).unwrap_or(""), code.get(at + name.len()..).unwrap_or(""));
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        let leads =
            after.starts_with("::") || before.ends_with("use ") || before.ends_with("crate::");
        // `{board, arch}` after `use crate::`
        let grouped = before
            .rfind("use crate::{")
            .is_some_and(|from| !before.get(from..).unwrap_or("").contains(';'));
        whole && (leads || grouped)
    })
}

/// The dependencies of ours that a manifest names in a table whose title ends so.
fn dependencies(manifest: &str, table: &str) -> Vec<&'static str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(title) = line.strip_prefix('[') {
            inside = title.trim_end_matches(']').ends_with(table);
            continue;
        }
        let key = line.split(['.', '=', ' ']).next().unwrap_or("");
        found.extend(OURS.into_iter().filter(|&name| inside && name == key));
    }
    found
}

/// What `[dependencies]`, and not `[dev-dependencies]`, names.
fn shipped(manifest: &str) -> Vec<&'static str> {
    let tests = dependencies(manifest, "dev-dependencies");
    let mut all = dependencies(manifest, "dependencies");
    for name in tests {
        if let Some(at) = all.iter().position(|&other| other == name) {
            all.remove(at);
        }
    }
    all
}

#[test]
fn there_are_four_crates() {
    let entries = fs::read_dir(repo("crates")).expect("crates/ is readable");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("readable").file_name()).collect();
    names.sort();
    assert_eq!(names, ["bcm2837", "dma-model", "sgdma", "shell"]);
}

#[test]
fn manifests_keep_to_the_arrows() {
    for (name, allowed) in CRATES {
        let manifest = read(&repo(&format!("crates/{name}/Cargo.toml")));
        for dependency in shipped(&manifest) {
            assert!(allowed.contains(&dependency), "{name} may not depend on {dependency}");
        }
    }
}

#[test]
fn crates_name_only_what_they_may() {
    for (name, allowed) in CRATES {
        for file in sources(&repo(&format!("crates/{name}/src"))) {
            // What is compiled for tests only may use the judge.
            if file.components().any(|part| part.as_os_str() == "testing") {
                continue;
            }
            let code = code(&read(&file));
            for other in OURS.iter().filter(|&&other| other != name && !allowed.contains(&other)) {
                assert!(!names(&code, other), "{} names {other}", file.display());
            }
        }
    }
}

#[test]
fn modules_of_the_firmware_keep_to_the_arrows() {
    for (folder, forbidden) in MODULES {
        for file in sources(&repo(folder)) {
            let code = code(&read(&file));
            for name in forbidden {
                assert!(!names(&code, name), "{} names {name}", file.display());
            }
        }
    }
}

/// The names of registers and channels are in the seam; their numbers are what the model judges.
fn takes_numbers(code: &str) -> bool {
    let numbers = ["control_block", "lower", "chain", "constraints"];
    let uses =
        code.split("sgdma::").skip(1).map(|rest| rest.split([';', '(']).next().unwrap_or(""));
    let mut words = uses.map(|path| path.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.any(|mut words| match words.next() {
        Some("register") => words.any(|word| !["", "ChannelId", "Register"].contains(&word)),
        Some(module) => numbers.contains(&module),
        None => false,
    })
}

/// The engine's reference must be independent of what it judges.
#[test]
fn the_model_takes_no_numbers_from_the_library() {
    for file in sources(&repo("crates/dma-model/src")) {
        assert!(!takes_numbers(&code(&read(&file))), "{} takes numbers from sgdma", file.display());
    }
    for name in ["use sgdma::register::{ChannelId, Register};", "use sgdma::address::BusAddr;"] {
        assert!(!takes_numbers(name), "{name}");
    }
    for number in [
        "use sgdma::register::cs;",
        "sgdma::register::Register::Cs.offset()",
        "use sgdma::lower::plan;",
    ] {
        assert!(takes_numbers(number), "{number}");
    }
}

#[test]
fn the_reader_sees_names_and_not_prose() {
    for code_text in [
        "use crate::board::uart;",
        "crate::board",
        "use board;",
        "use crate::{arch, board};",
        "board::x()",
    ] {
        assert!(names(&code(code_text), "board"), "{code_text}");
    }
    for prose in
        ["// board::x", "let onboard = 1;", "\"crate::board\"", "let board = 3;", "cardboard::x"]
    {
        assert!(!names(&code(prose), "board"), "{prose}");
    }
    assert!(names("use dma_model::Engine;", "dma-model"));
}

#[test]
fn the_reader_tells_tables_of_a_manifest_apart() {
    let manifest = "[package]\nname = \"shell\"\n[dependencies]\nsgdma.workspace = true\n[dev-dependencies]\nbcm2837 = 1\n";
    assert_eq!(shipped(manifest), ["sgdma"]);
    let target = "[target.'cfg(x)'.dependencies]\nshell = { path = \"\" }\n";
    assert_eq!(shipped(target), ["shell"]);
}
