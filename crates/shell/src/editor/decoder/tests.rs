use super::*;
use std::vec::Vec;

const START: Duration = Duration::from_secs(7);

fn keys(bytes: &[u8]) -> Vec<Key> {
    let mut decoder = Decoder::new();
    let mut keys = Vec::new();
    for &byte in bytes {
        decoder.feed(byte, START, &mut |key| keys.push(key));
    }
    keys
}

fn pasted(bytes: &[u8]) -> Vec<Key> {
    let data = bytes.iter().map(|&byte| Key::Pasted(byte));
    core::iter::once(Key::PasteBegin).chain(data).chain([Key::PasteEnd]).collect()
}

#[test]
fn each_line_end_counts_once() {
    assert_eq!(keys(b"\r\n"), [Key::Enter]);
    assert_eq!(keys(b"\n"), [Key::Enter]);
    assert_eq!(keys(b"\r\r"), [Key::Enter, Key::Enter]);
    assert_eq!(keys(b"\n\n"), [Key::Enter, Key::Enter]);
    assert_eq!(keys(b"\r\n\n"), [Key::Enter, Key::Enter]);
    assert_eq!(keys(b"\ra\n"), [Key::Enter, Key::Typed(b'a'), Key::Enter]);
}

#[test]
fn cr_answers_without_waiting_for_lf() {
    assert_eq!(keys(b"\r"), [Key::Enter]);
}

#[test]
fn both_forms_of_the_cursor_keys_are_known() {
    use Key::{Delete, Down, End, Home, Left, Right, Up};
    assert_eq!(keys(b"\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F"), [Up, Down, Right, Left, Home, End]);
    assert_eq!(keys(b"\x1bOA\x1bOB\x1bOC\x1bOD\x1bOH\x1bOF"), [Up, Down, Right, Left, Home, End]);
    assert_eq!(keys(b"\x1b[1~\x1b[4~\x1b[7~\x1b[8~\x1b[3~"), [Home, End, Home, End, Delete]);
    assert_eq!(keys(b"\x1b[1;5C\x1b[3;2~"), [Right, Delete]);
}

#[test]
fn unknown_sequences_leave_nothing_behind() {
    assert_eq!(keys(b"\x1b[5~\x1b[200~\x1b[201~x"), {
        let mut expected = pasted(b"");
        expected.push(Key::Typed(b'x'));
        expected
    });
    assert_eq!(keys(b"\x1b[?25h\x1b[99;99Rx"), [Key::Typed(b'x')]);
    assert_eq!(keys(b"\x1b[201~x"), [Key::Typed(b'x')]);
}

#[test]
fn a_control_byte_breaks_a_sequence_and_counts() {
    assert_eq!(keys(b"\x1b[1\r"), [Key::Enter]);
    assert_eq!(keys(b"\x1b\r"), [Key::Enter]);
    assert_eq!(keys(b"\x1bO\x03"), [Key::Interrupt]);
    assert_eq!(keys(b"\x1b\x1b\x1b[A"), [Key::Up]);
    assert_eq!(keys(b"\x1b[\x1b[A"), [Key::Up]);
}

#[test]
fn a_lone_escape_ends_in_silence() {
    let mut decoder = Decoder::new();
    let mut keys = Vec::new();
    let mut sink = |key| keys.push(key);
    decoder.feed(ESC, START, &mut sink);
    decoder.idle(START + Duration::from_millis(600), &mut sink);
    decoder.feed(b'[', START + Duration::from_millis(601), &mut sink);
    decoder.feed(b'A', START + Duration::from_millis(602), &mut sink);
    assert_eq!(keys, [Key::Typed(b'['), Key::Typed(b'A')]);
}

#[test]
fn every_byte_of_a_paste_is_data() {
    let all: Vec<u8> = (0..=255).collect();
    let marked = [b"\x1b[200~", &all[..], b"\x1b[201~"].concat();
    assert_eq!(keys(&marked), pasted(&all));
}

#[test]
fn what_only_resembles_the_end_mark_is_data() {
    for data in [&b"\x1b[201\x1b[20"[..], b"\x1b\x1b\x1b[", b"\x1b[200~", b"[201~", b"\x1b[202~"] {
        let marked = [b"\x1b[200~", data, b"\x1b[201~"].concat();
        assert_eq!(keys(&marked), pasted(data), "{data:?}");
    }
}

#[test]
fn a_paste_ends_after_a_second_of_silence() {
    let mut decoder = Decoder::new();
    let mut keys = Vec::new();
    let mut sink = |key| keys.push(key);
    for &byte in b"\x1b[200~a\r\x1b[2" {
        decoder.feed(byte, START, &mut sink);
    }
    decoder.idle(START + Duration::from_millis(999), &mut sink);
    decoder.feed(b'0', START + Duration::from_millis(999), &mut sink);
    // The second runs from the last byte, not from the first.
    decoder.idle(START + Duration::from_millis(1998), &mut sink);
    decoder.feed(b'\r', START + Duration::from_secs(3), &mut sink);
    let mut expected = pasted(b"a\r\x1b[20");
    expected.push(Key::Enter);
    assert_eq!(keys, expected);
}
