//! The rules by which a transcript agrees with an answer, each with an answer that it must refuse.
#![expect(clippy::panic, reason = "a helper of a test fails the test by panicking")]

#[path = "harness/transcript.rs"]
mod transcript;
#[path = "harness/width.rs"]
mod width;

use transcript::{Engine, parse};

fn agrees_for(engine: Engine, script: &str, answer: &[&str]) -> bool {
    parse(script).get(1).is_some_and(|exchange| exchange.check(answer, engine).is_ok())
}

fn agrees(script: &str, answer: &[&str]) -> bool {
    agrees_for(Engine::Emulated, script, answer)
}

#[test]
fn a_transcript_is_a_boot_and_typed_lines() {
    let script = parse("# about\nbanner\n> 123\nok: 3\n>\n> x\n");
    let typed: Vec<_> = script.iter().map(|exchange| exchange.typed.as_deref()).collect();
    assert_eq!(typed, [None, Some("123"), Some(""), Some("x")]);
}

#[test]
fn plain_lines_must_be_the_same_and_all_there() {
    assert!(agrees("> a\none\ntwo\n", &["one", "two"]));
    assert!(!agrees("> a\none\ntwo\n", &["one"]));
    assert!(!agrees("> a\none\n", &["one", "two"]));
    assert!(!agrees("> a\none\n", &["once"]));
}

#[test]
fn a_name_takes_one_value() {
    assert!(agrees("> a\nok: {n} bytes, {m} blocks\n", &["ok: 3 bytes, 12 blocks"]));
    assert!(!agrees("> a\nok: {n} bytes\n", &["ok:  bytes"]));
    assert!(!agrees("> a\nok: {n} bytes\n", &["ok: 3 lost 4 bytes"]));
}

#[test]
fn a_value_may_be_padded_on_the_left() {
    assert!(agrees("> a\n[{t}] dma: {x}\n", &["[     1.250000] dma: 0x3f"]));
}

#[test]
fn the_same_name_means_the_same_value_within_an_answer() {
    assert!(agrees("> a\nsubmit {c}\ndone {c}\n", &["submit 17", "done 17"]));
    assert!(!agrees("> a\nsubmit {c}\ndone {c}\n", &["submit 17", "done 18"]));
    assert!(agrees("> a\nsubmit {_}\ndone {_}\n", &["submit 17", "done 18"]));
}

#[test]
fn a_shorter_value_is_given_up_where_the_line_needs_a_longer_one() {
    assert!(agrees("> a\n{x}-{y};\n", &["1-2-3;"]));
    assert!(agrees("> a\n{x}:{x}\n", &["a:b:a:b"]));
}

#[test]
fn dots_stand_for_any_lines() {
    assert!(agrees("> a\n...\nok: {n}\n", &["one", "two", "ok: 2"]));
    assert!(agrees("> a\n...\nok: {n}\n", &["ok: 2"]));
    assert!(!agrees("> a\n...\nok: {n}\n", &["ok: 2", "more"]));
    assert!(agrees("> a\nid {n}\n...\nid {n}\n", &["id 1", "id 2", "id 1"]));
}

#[test]
fn a_marked_line_holds_for_its_engine_only() {
    let script = "> a\n@emulated words\n@hardware bytes\nok: 1\n";
    assert!(agrees_for(Engine::Emulated, script, &["words", "ok: 1"]));
    assert!(agrees_for(Engine::Hardware, script, &["bytes", "ok: 1"]));
    assert!(!agrees_for(Engine::Hardware, script, &["words", "ok: 1"]));
}

#[test]
fn braces_without_a_name_are_characters() {
    assert!(agrees("> a\n{} { x }\n", &["{} { x }"]));
    assert!(!agrees("> a\n{}\n", &["x"]));
}

#[test]
fn a_refusal_shows_both_lines() {
    let report = parse("> a\none\ntwo\n")[1].check(&["one", "three"], Engine::Emulated);
    let report = report.expect_err("they differ");
    assert!(report.contains("two") && report.contains("three"), "{report}");
}

#[test]
fn a_boot_that_expects_nothing_agrees_with_any() {
    assert!(parse("> a\n")[0].check(&["banner"], Engine::Emulated).is_ok());
    assert!(parse("other\n> a\n")[0].check(&["banner"], Engine::Emulated).is_err());
}

/// What the documents show: the transcript, the engine, the lines between ```` ```console ```` and the closing fence.
struct Session {
    script: String,
    engine: Engine,
    lines: Vec<String>,
}

fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The sessions of a document; the line before a session names its transcript and engine.
fn sessions(document: &str) -> Vec<Session> {
    let text = read(document);
    let mut lines = text.lines();
    let (mut before, mut sessions) = ("", Vec::new());
    while let Some(line) = lines.next() {
        if line == "```console" {
            let named = before.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
            let named = named.and_then(|line| line.split_once(", "));
            let (path, engine) = named.unwrap_or_else(|| panic!("{document}: {before}"));
            let engine = if engine == "hardware" { Engine::Hardware } else { Engine::Emulated };
            let shown = lines.by_ref().take_while(|&line| line != "```").map(str::to_owned);
            sessions.push(Session { script: read(path), engine, lines: shown.collect() });
        }
        before = line;
    }
    sessions
}

/// A document shows nothing that does not agree with its transcript, which QEMU and the model replay.
fn agrees_with_its_transcript(document: &str, session: &Session) {
    let mut shown = session.lines.iter().map(String::as_str).peekable();
    for exchange in &parse(&session.script) {
        if let Some(typed) = &exchange.typed {
            assert_eq!(shown.next(), Some(format!("> {typed}").trim_end()), "{document}");
        }
        let mut answer = Vec::new();
        while let Some(line) = shown.next_if(|line| !line.starts_with("> ") && *line != ">") {
            answer.push(line);
        }
        for line in &answer {
            assert!(width::fits(line), "{document}: {line}");
        }
        let verdict = exchange.check(&answer, session.engine);
        verdict.unwrap_or_else(|why| panic!("{document}: {why}"));
    }
    assert_eq!(shown.next(), None, "{document} goes on after the transcript");
}

#[test]
fn the_sessions_in_the_documents_are_the_transcripts() {
    for (document, least) in [("README.md", 1), ("docs/console.md", 5)] {
        let sessions = sessions(document);
        assert!(sessions.len() >= least, "{document} shows {} sessions", sessions.len());
        for session in &sessions {
            agrees_with_its_transcript(document, session);
        }
    }
}
