//! The editor against a model a reader can check by eye, and its drawing against a terminal, on random keys.

use super::*;
use crate::editor::cells::cells;

/// A line as a list of cells with a cursor between them; no screen, no sequences.
#[derive(Default)]
struct Model {
    before: Vec<u8>,
    after: Vec<u8>,
    lines: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug)]
enum Press {
    Char(char),
    Left,
    Right,
    Home,
    End,
    Backspace,
    Delete,
    Discard,
    Enter,
    Interrupt,
}

impl Press {
    fn random(random: &mut fastrand::Rng) -> Self {
        match random.u8(..32) {
            0 => Self::Home,
            1 => Self::End,
            2..=5 => Self::Left,
            6..=7 => Self::Right,
            8..=9 => Self::Backspace,
            10 => Self::Delete,
            11 if random.u8(..8) == 0 => Self::Discard,
            12 if random.u8(..8) == 0 => Self::Enter,
            13 if random.u8(..8) == 0 => Self::Interrupt,
            14 => Self::Char('漢'),
            15 => Self::Char('é'),
            _ => Self::Char(random.char('a'..='z')),
        }
    }

    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Char(char) => std::string::String::from(char).into_bytes(),
            Self::Left => b"\x1b[D".to_vec(),
            Self::Right => b"\x1bOC".to_vec(),
            Self::Home => vec![1],
            Self::End => b"\x1b[F".to_vec(),
            Self::Backspace => vec![0x7F],
            Self::Delete => b"\x1b[3~".to_vec(),
            Self::Discard => vec![0x15],
            Self::Enter => vec![b'\r'],
            Self::Interrupt => vec![3],
        }
    }
}

impl Model {
    fn press(&mut self, press: Press) {
        match press {
            Press::Char(_) => self.before.extend(press.bytes()),
            Press::Left => {
                let cut = last_char(&self.before);
                self.after.splice(..0, self.before.drain(cut..));
            }
            Press::Right => {
                let cut = first_char(&self.after);
                self.before.extend(self.after.drain(..cut));
            }
            Press::Home => self.after.splice(..0, self.before.drain(..)).for_each(drop),
            Press::End => self.before.append(&mut self.after),
            Press::Backspace => self.before.truncate(last_char(&self.before)),
            Press::Delete => drop(self.after.drain(..first_char(&self.after))),
            Press::Discard => self.before.clear(),
            Press::Enter => {
                self.lines.push([&self.before[..], &self.after].concat());
                (self.before, self.after) = Default::default();
            }
            Press::Interrupt => (self.before, self.after) = Default::default(),
        }
    }
}

fn last_char(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).unwrap().char_indices().last().map_or(0, |(index, _)| index)
}

fn first_char(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).unwrap().chars().next().map_or(0, char::len_utf8)
}

#[test]
fn random_keys_leave_line_cursor_and_screen_as_the_model_says() {
    let seed = fastrand::u64(..);
    std::println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..60 {
        let columns = random.usize(20..50);
        let (mut desk, mut model) = (Desk::new(columns), Model::default());
        for _ in 0..300 {
            let press = Press::random(&mut random);
            model.press(press);
            desk.keys(&press.bytes());
            if matches!(press, Press::Enter | Press::Interrupt) {
                let mut out = Vec::new();
                desk.editor.prompt(&mut out);
                desk.terminal.write(&out);
            }
            assert_eq!(desk.editor.line(), [&model.before[..], &model.after].concat());
            assert_eq!(desk.editor.cursor(), model.before.len());
            let line = desk.editor.line().to_vec();
            desk.terminal.assert_shows(PROMPT, &line, desk.editor.cursor());
        }
        let lines = desk.entries.iter().filter_map(|entry| match entry {
            Entry::Line(line) => Some(line.clone()),
            _ => None,
        });
        assert_eq!(lines.collect::<Vec<_>>(), model.lines);
    }
}

#[test]
fn random_bytes_never_panic_and_the_cursor_stays_in_the_line() {
    let seed = fastrand::u64(..);
    std::println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut editor = Editor::new(30);
    let mut now = Duration::ZERO;
    for _ in 0..200_000 {
        let byte = *random.choice(&[0x1B, b'[', b'O', b'~', b'2', b'0', b'1', b'\t']).unwrap();
        let byte = if random.bool() { byte } else { random.u8(..) };
        now += Duration::from_millis(random.u64(..2) * random.u64(..2) * random.u64(..700));
        let mut out = Vec::new();
        let entry = editor.feed(byte, now, &Fruit, &mut out);
        assert!(editor.cursor() <= editor.line().len() && editor.line().len() <= LIMIT);
        if entry.is_none() {
            assert!(!out.contains(&b'\n'));
        }
        assert_eq!(cells(editor.line()).map(|c| c.bytes.len()).sum::<usize>(), editor.line().len());
    }
}
