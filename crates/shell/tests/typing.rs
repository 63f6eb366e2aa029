//! Bytes of every kind are typed at the console on the model: nothing it does breaks the contract.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../examples/simulator/machine.rs"]
mod machine;
#[path = "support/typist.rs"]
mod typist;

use dma_model::Profile;
use shell::command::COMMANDS;
use std::time::Instant;

use crate::typist::Typist;

/// Keys and words that mean something.
const KEYS: &[&[u8]] = &[
    b"\r",
    b"\r\n",
    b"\n",
    b"\x03",
    b"\x15",
    b"\x7f",
    b"\t",
    b"\x1b",
    b"\x1b[A",
    b"\x1b[B",
    b"\x1b[C",
    b"\x1b[D",
    b"\x1b[H",
    b"\x1bOF",
    b"\x1b[3~",
    b"\x1b[200~",
    b"\x1b[201~",
    b"/",
    b"/help ",
    b" ",
    b"=",
    b",",
    b"0x",
    b"64K",
    b"-1",
    b"99999999999999999999",
];

/// The example of a command, at times with a byte changed, lost or added.
fn command(random: &mut fastrand::Rng) -> Vec<u8> {
    let mut line =
        random.choice(COMMANDS).map_or("", |command| command.example).as_bytes().to_vec();
    let at = random.usize(..line.len());
    match random.u8(..6) {
        0 => line.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.u8(..)),
        1 => line.truncate(at),
        2 => line.insert(at, random.u8(b' '..=b'z')),
        _ => {}
    }
    line.push(b'\r');
    line
}

/// So many bytes, of which many mean something.
fn stream(random: &mut fastrand::Rng, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + 100);
    while bytes.len() < length {
        match random.u8(..32) {
            0 => bytes.extend(command(random)),
            1..4 => bytes.extend_from_slice(random.choice(KEYS).unwrap_or(&b"\r".as_slice())),
            4..12 => bytes.push(random.u8(..)),
            _ => bytes.push(random.u8(b' '..=b'z')),
        }
    }
    bytes
}

/// Types so many bytes, a few thousand on each console.
fn type_bytes(profile: Profile, length: usize) {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut typist = Typist::new(profile, seed);
    let (start, mut typed) = (Instant::now(), 0);
    while typed < length {
        let bytes = stream(&mut random, 5_000);
        typist = typist.types(&bytes).anew();
        typed += bytes.len();
        assert_eq!(typist.machine().model().violations(), [], "the engine was misused");
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{typed} bytes, {} lines answered, {seconds:.1} s", typist.answered);
}

#[test]
fn whatever_is_typed_on_the_chip_is_answered() {
    type_bytes(Profile::Hardware, 100_000);
}

#[test]
fn whatever_is_typed_in_qemu_is_answered() {
    type_bytes(Profile::Qemu, 100_000);
}

#[test]
#[ignore = "minutes in a release build: docs/testing.md has the command"]
fn whatever_is_typed_of_ten_million_bytes_is_answered() {
    type_bytes(Profile::Hardware, 10_000_000);
}
