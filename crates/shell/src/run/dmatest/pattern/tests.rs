use super::super::test::Room;
use super::super::test::tests::request;
use super::*;
use std::format;
use std::vec;

/// A test of this kind, painted, and done as the engine would do it.
struct Desk {
    patterns: Patterns,
    test: Test,
    source: Vec<u8>,
    sink: Vec<u8>,
}

impl Desk {
    fn new(kind: &str, seed: u64) -> Self {
        let request = request(&format!("kinds={kind} size=600"));
        let room = Room::new(&request, 1);
        let mut test = Test::new();
        test.draw(&room, &request.kinds, seed);
        let patterns = Patterns::new(room.buffer());
        let (mut source, mut sink) = (vec![0; room.buffer()], vec![0; room.buffer()]);
        patterns.paint(&test, &mut source, &mut sink);
        Self { patterns, test, source, sink }
    }

    fn done(kind: &str, seed: u64) -> Self {
        let mut desk = Self::new(kind, seed);
        let moved = || desk.test.source.listed().flatten().map(|at| desk.source[at]).collect();
        let fill = desk.test.kind == Kind::Fill;
        let bytes: Vec<u8> = if fill { vec![desk.test.value; desk.test.len] } else { moved() };
        for (at, byte) in desk.test.sink.listed().flatten().zip(bytes) {
            desk.sink[at] = byte;
        }
        desk
    }

    fn check(&self) -> Option<Mismatch> {
        self.patterns.check(&self.test, &self.source, &self.sink)
    }
}

const KINDS: [&str; 4] = ["copy", "sg", "fill", "2d"];

#[test]
fn what_is_done_right_passes() {
    for kind in KINDS {
        for seed in 0..300 {
            assert_eq!(Desk::done(kind, seed).check(), None, "{kind} {seed}");
        }
    }
}

#[test]
fn every_byte_of_both_buffers_is_looked_at() {
    for kind in KINDS {
        for seed in 0..3 {
            let mut desk = Desk::done(kind, seed);
            for at in 0..desk.sink.len() {
                desk.sink[at] ^= 1;
                let wrong = desk.check().expect("a wrong byte of the destination");
                assert_eq!((wrong.end, wrong.at), (End::Sink, at));
                let listed: Vec<usize> = desk.test.sink.listed().flatten().collect();
                assert_eq!(wrong.byte, listed.iter().position(|listed| *listed == at));
                desk.sink[at] ^= 1;
                desk.source[at] ^= 1;
                let wrong = desk.check().expect("a wrong byte of the source");
                assert_eq!((wrong.end, wrong.at, wrong.byte), (End::Source, at, None));
                desk.source[at] ^= 1;
            }
        }
    }
}

#[test]
fn what_was_not_copied_is_told_so() {
    let desk = Desk::new("sg", 5);
    let told = format!("{}", desk.check().unwrap());
    assert!(told.starts_with("destination byte 0x0 was not copied: expected 0x"), "{told}");
}

/// The kernel's counting patterns would miss the second, by a whole number of their period.
#[test]
fn what_went_to_a_wrong_place_is_found() {
    for by in [1, 32] {
        let found = (0..50).all(|seed| {
            let mut desk = Desk::done("copy", seed);
            let piece = desk.test.sink.pieces[0].clone();
            desk.sink[piece].rotate_left(by.min(desk.test.len - 1));
            desk.test.len <= 8 || desk.check().is_some()
        });
        assert!(found, "{by}");
    }
}
