use super::*;
use crate::args::parse;
use crate::command::find;
use std::string::String;

/// The request of a typed line.
pub(in crate::run::dmatest) fn request(line: &str) -> Request {
    let command = find(b"dmatest").unwrap();
    Request::new(&parse(command.parameters, line.as_bytes()).unwrap()).unwrap()
}

/// Lines at the edges of what can be asked for.
const LINES: [&str; 8] = [
    "kinds=copy,sg,fill,2d",
    "kinds=2d,sg size=1",
    "kinds=2d,sg size=4",
    "kinds=copy,sg,fill,2d size=1000 align=7",
    "kinds=copy,sg,fill,2d size=4096 align=4096 pieces=64",
    "kinds=sg pieces=1",
    "kinds=sg,fill pieces=64 size=64",
    "kinds=2d size=1M",
];

#[test]
fn every_test_keeps_its_guards_and_its_promises() {
    for (line, granule) in LINES.iter().flat_map(|line| [(line, 1), (line, 4)]) {
        let request = request(line);
        if request.check_rows(u32::try_from(granule).unwrap()).is_err() {
            assert!(line.contains("size=1") && granule == 4, "{line}");
            continue;
        }
        let room = Room::new(&request, granule);
        let mut test = Test::new();
        for seed in 0..2000 {
            test.draw(&room, &request.kinds, seed);
            let told = std::format!("{line}, seed {seed}: {test:?}");
            for side in [&test.source, &test.sink] {
                assert_eq!(
                    side.listed().map(|piece| piece.len()).sum::<usize>(),
                    test.len,
                    "{told}"
                );
                let mut end = GUARD;
                for piece in &side.pieces {
                    assert!(piece.start >= end && !piece.is_empty(), "{told}");
                    assert!(
                        piece.start % request.align == 0 && piece.len() % request.align == 0,
                        "{told}"
                    );
                    end = piece.end;
                }
                assert!(end + GUARD <= room.buffer(), "{told}");
            }
            let rectangle = test.kind == Kind::Rectangle;
            assert!(test.len >= 1 && test.len <= request.size, "{told}");
            assert!(rectangle || test.source.pieces.len() <= request.pieces, "{told}");
            assert!(!rectangle || (test.blit.row_bytes as usize).is_multiple_of(granule), "{told}");
        }
    }
}

#[test]
fn all_kinds_cuts_and_phases_come_up() {
    let request = request("kinds=copy,sg,fill,2d size=300");
    let room = Room::new(&request, 1);
    let mut test = Test::new();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..20_000 {
        test.draw(&room, &request.kinds, seed);
        seen.insert(std::format!("{:?}", test.kind));
        seen.insert(std::format!("{:?} of {}", test.kind, test.source.pieces.len()));
        seen.insert(std::format!("at {}", test.sink.pieces[0].start % 64));
        seen.insert(std::format!("length {}", test.len));
        seen.insert(std::format!("in order {}", test.sink.order.is_sorted()));
    }
    let has = |text: String| assert!(seen.contains(&text), "{text}");
    for kind in ["Copy", "Pieces", "Fill", "Rectangle", "in order true", "in order false"] {
        has(kind.into());
    }
    (1..=8).for_each(|pieces| has(std::format!("Pieces of {pieces}")));
    (2..=20).for_each(|rows| has(std::format!("Rectangle of {rows}")));
    (0..64).for_each(|phase| has(std::format!("at {phase}")));
    (1..=300).for_each(|length| has(std::format!("length {length}")));
}

#[test]
fn the_same_seed_is_the_same_test() {
    let request = request("kinds=copy,sg,fill,2d");
    let (room, kinds) = (Room::new(&request, 4), &request.kinds);
    let (mut one, mut other) = (Test::new(), Test::new());
    other.draw(&room, kinds, 99);
    one.draw(&room, kinds, 7);
    other.draw(&room, kinds, 7);
    assert_eq!(std::format!("{one:?}"), std::format!("{other:?}"));
}
