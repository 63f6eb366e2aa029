//! The rules by which a transcript agrees with an answer, each with an answer that it must refuse.

#[path = "harness/transcript.rs"]
mod transcript;

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

/// The lines between ```` ```console ```` and the closing fence of the README.
fn session_of_the_readme() -> Vec<String> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(readme).unwrap_or_default();
    let block = readme.lines().skip_while(|&line| line != "```console").skip(1);
    block.take_while(|&line| line != "```").map(str::to_owned).collect()
}

/// QEMU replays `readme.txt`, and the README shows nothing that does not agree with it.
#[test]
fn the_session_in_the_readme_is_the_transcript() {
    let script = parse(include_str!("transcripts/readme.txt"));
    let session = session_of_the_readme();
    assert!(!session.is_empty(), "README.md shows no session between ```console and ```");
    let mut shown = session.iter().map(String::as_str).peekable();
    for exchange in &script {
        if let Some(typed) = &exchange.typed {
            assert_eq!(shown.next(), Some(format!("> {typed}").trim_end()));
        }
        let mut answer = Vec::new();
        while let Some(line) = shown.next_if(|line| !line.starts_with("> ") && *line != ">") {
            answer.push(line);
        }
        exchange.check(&answer, Engine::Emulated).unwrap_or_else(|why| panic!("README.md: {why}"));
    }
    assert_eq!(shown.next(), None, "README.md goes on after the transcript");
}
