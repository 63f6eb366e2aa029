use super::completion::Nothing;
use super::*;
use crate::testing::Terminal;
use std::vec;

mod model;

const NOW: Duration = Duration::from_secs(1);

/// An editor, the terminal it draws on, and what came in.
struct Desk {
    editor: Editor,
    terminal: Terminal,
    echo: Vec<u8>,
    entries: Vec<Entry>,
}

impl Desk {
    fn new(columns: usize) -> Self {
        let editor = Editor::new(columns);
        let mut terminal = Terminal::new(columns);
        let mut out = Vec::new();
        editor.prompt(&mut out);
        terminal.write(&out);
        Self { editor, terminal, echo: Vec::new(), entries: Vec::new() }
    }

    fn keys(&mut self, bytes: &[u8]) -> &mut Self {
        for &byte in bytes {
            let mut out = Vec::new();
            let entry = self.editor.feed(byte, NOW, &Nothing, &mut out);
            self.terminal.write(&out);
            self.echo.extend_from_slice(&out);
            self.entries.extend(entry);
        }
        self
    }
}

fn entries(bytes: &[u8]) -> Vec<Entry> {
    Desk::new(80).keys(bytes).entries.clone()
}

fn line(bytes: &[u8]) -> Entry {
    Entry::Line(bytes.to_vec())
}

#[test]
fn after_the_prompt_come_only_csi_sequences() {
    let mut out = Vec::new();
    Editor::new(80).prompt(&mut out);
    assert_eq!(out, b"> \x1b[?2004h");
}

#[test]
fn a_byte_at_the_end_of_the_line_echoes_only_itself() {
    let mut desk = Desk::new(80);
    let bytes: Vec<u8> = (0x20..0x7F).chain(0x80..=0xFF).cycle().take(1000).collect();
    assert_eq!(desk.keys(&bytes).echo, bytes);
}

#[test]
fn the_line_comes_in_with_its_end_and_the_cursor_goes_below_it() {
    let mut desk = Desk::new(80);
    desk.keys(b"abc\r\nde\n\r");
    assert_eq!(desk.entries, [line(b"abc"), line(b"de"), line(b"")]);
    assert_eq!(desk.echo, b"abc\r\nde\r\n\r\n");
}

#[test]
fn editing_keys_edit() {
    for (typed, expected) in [
        (&b"abx\x7Fc\r"[..], &b"abc"[..]),
        (b"abx\x08c\r", b"abc"),
        (b"\x7F\x08a\r", b"a"),
        (b"bc\x01a\x05d\r", b"abcd"),
        (b"bc\x1b[Ha\x1bOFd\r", b"abcd"),
        (b"nothing\x15abc\r", b"abc"),
        (b"nothing of abc\x1b[D\x1b[D\x1b[D\x15\r", b"abc"),
        (b"axbc\x01\x1b[C\x1b[3~\r", b"abc"),
        (b"ac\x1b[Db\r", b"abc"),
        (b"abc\x1b[3~\r", b"abc"),
        ("a€\x7Fbc\r".as_bytes(), b"abc"),
        ("ab€\x1b[D\x1b[Dx\r".as_bytes(), "axb€".as_bytes()),
        (b"a\x00\x1Bb\x0Cc\r", b"a\x00b\x0Cc"),
    ] {
        assert_eq!(entries(typed), [line(expected)], "{typed:?}");
    }
}

#[test]
fn ctrl_c_drops_the_line() {
    assert_eq!(entries(b"abc\x03de\r"), [Entry::Dropped, line(b"de")]);
    assert_eq!(entries(b"\x03"), [Entry::Dropped]);
}

#[test]
fn the_arrows_walk_through_history_and_back_to_the_draft() {
    let up = b"\x1b[A";
    let down = b"\x1b[B";
    let typed = [b"one\rtwo\rtwo\r\rdra", &up[..], up, up, down, b"!\r"].concat();
    assert_eq!(entries(&typed).last(), Some(&line(b"two!")));
    let typed = [b"one\rdraft", &up[..], up, down, down, b"!\r"].concat();
    assert_eq!(entries(&typed).last(), Some(&line(b"draft!")));
}

#[test]
fn a_long_line_is_counted_refused_and_remembered() {
    let mut desk = Desk::new(80);
    let typed: Vec<u8> = (0..5000_u32).map(|n| b'a' + (n % 26) as u8).collect();
    desk.keys(&typed);
    assert_eq!(desk.echo.split(|&byte| byte == 7).count(), 2);
    assert_eq!(desk.echo.len(), LIMIT + 1);
    desk.keys(b"\r\x1b[A\r");
    assert_eq!(desk.entries, [Entry::TooLong(5000), line(&typed[..LIMIT])]);
}

#[test]
fn every_length_up_to_the_limit_comes_in_whole() {
    let mut editor = Editor::new(80);
    for length in 0..=LIMIT + 4 {
        let typed = vec![b'x'; length];
        let mut out = Vec::new();
        for byte in &typed {
            assert_eq!(editor.feed(*byte, NOW, &Nothing, &mut out), None);
        }
        let entry = editor.feed(b'\r', NOW, &Nothing, &mut out);
        let expected = if length <= LIMIT { line(&typed) } else { Entry::TooLong(length) };
        assert_eq!(entry, Some(expected));
    }
}

#[test]
fn backspace_takes_back_lost_bytes_first() {
    let full = vec![b'x'; LIMIT];
    let typed = [&full[..], b"yz\x7F\x7F\r"].concat();
    assert_eq!(entries(&typed), [line(&full)]);
    let typed = [&full[..], b"yz\x7F\r"].concat();
    assert_eq!(entries(&typed), [Entry::TooLong(LIMIT + 1)]);
    let typed = [&full[..], b"yz\x15ab\r"].concat();
    assert_eq!(entries(&typed), [line(b"ab")]);
}

#[test]
fn all_bytes_come_in_by_paste_and_the_echo_holds_no_newline() {
    let all: Vec<u8> = (0..=255).collect();
    let mut desk = Desk::new(80);
    desk.keys(b"\x1b[200~").keys(&all).keys(b"\x1b[201~");
    assert!(!desk.echo.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0x1B)));
    assert_eq!(desk.keys(b"\r").entries, [line(&all)]);
}

#[test]
fn a_paste_into_the_middle_is_drawn_once() {
    let mut desk = Desk::new(40);
    desk.keys(&[b'x'; 2000]).keys(b"\x01");
    desk.echo.clear();
    desk.keys(b"\x1b[200~").keys(&[b'y'; 2000]);
    assert_eq!(desk.echo, b"");
    desk.keys(b"\x1b[201~");
    assert!(desk.echo.len() < 2 * LIMIT);
    assert_eq!(desk.keys(b"\r").entries, [line(&[[b'y'; 2000], [b'x'; 2000]].concat())]);
}

#[test]
fn the_screen_shows_the_line_and_the_cursor() {
    let mut desk = Desk::new(20);
    // Exactly a row, backspace over the row's end, insert in the row above, and back.
    for step in [
        &b"0123456789abcdefgh"[..],
        b"i",
        b"\x7F",
        b"\x7F",
        b"hijkl",
        b"\x1b[D\x1b[D\x1b[D\x1b[D",
        b"XYZ",
        b"\x01",
        b"\xE2\x82\xAC",
        b"\x05",
        b"\x15",
        b"q",
    ] {
        desk.keys(step);
        let (line, cursor) = (desk.editor.line().to_vec(), desk.editor.cursor());
        desk.terminal.assert_shows(PROMPT, &line, cursor);
    }
}

struct Fruit;

impl Completer for Fruit {
    fn candidates(&self, line: &[u8]) -> completion::Candidates {
        let words = ["apple", "apricot", "banana", "size="];
        let start = line.iter().rposition(|byte| *byte == b' ').map_or(0, |space| space + 1);
        let fits = words.iter().filter(|word| word.as_bytes().starts_with(&line[start..]));
        completion::Candidates { start, words: fits.map(|word| (*word).into()).collect() }
    }
}

#[test]
fn tab_completes_and_then_steps_through_the_candidates() {
    for (typed, expected) in [
        (&b"b\t"[..], &b"banana "[..]),
        (b"s\t", b"size="),
        (b"a\t", b"ap"),
        (b"a\t\t", b"apple"),
        (b"a\t\t\t", b"apricot"),
        (b"a\t\t\t\t", b"apple"),
        (b"x\t\t", b"x"),
        (b"appl\t!", b"apple !"),
        (b"eat b\t", b"eat banana "),
        (b"eat a\t\t\t", b"eat apricot"),
    ] {
        let mut editor = Editor::new(80);
        for &byte in typed {
            editor.feed(byte, NOW, &Fruit, &mut Vec::new());
        }
        assert_eq!(editor.line(), expected, "{typed:?}");
    }
}
