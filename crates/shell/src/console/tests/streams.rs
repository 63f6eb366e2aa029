//! Streams of random bytes: no panic, every line answered, and it does not matter how they were cut.

use super::*;

/// Bytes of which many mean something.
fn stream(random: &mut fastrand::Rng, length: usize) -> Vec<u8> {
    let words: [&[u8]; 14] = [
        b"\r",
        b"\n",
        b"\r\n",
        b"\x1b",
        b"\x1b[A",
        b"\x1b[D",
        b"\x1b[200~",
        b"\x1b[201~",
        b"\t",
        b"/",
        b"/dump 0x",
        b"/cuts 1,",
        b" ",
        b"=",
    ];
    let mut bytes = Vec::new();
    while bytes.len() < length {
        match random.u8(..3) {
            0 => bytes.extend_from_slice(random.choice(words).unwrap()),
            1 => bytes.push(random.u8(..)),
            _ => bytes.push(random.u8(b' '..=b'z')),
        }
    }
    bytes
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn random_bytes_get_every_line_answered() {
    let seed = fastrand::u64(..);
    std::println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..60 {
        let mut console = console();
        let written = typed(&mut console, &stream(&mut random, 2000));
        // End what may be open: a paste by silence, a line by its end.
        console.idle(Duration::from_secs(2));
        console.machine.time.set(Duration::from_secs(2));
        let written = written + &typed(&mut console, b"\r");
        if console.life() == Life::Over {
            continue;
        }
        assert!(written.ends_with(PROMPT), "{written:?}");
        let finals = count(&written, "\r\nok:") + count(&written, "\r\nerror:");
        let tally = console.tally();
        assert_eq!(u64::try_from(finals).unwrap(), tally.ok + tally.error, "{written:?}");
        let probe = last(&mut console, b"/version");
        assert_eq!(probe, "ok: rpi3-sgdma 0");
    }
}

#[test]
fn it_does_not_matter_how_a_stream_is_cut() {
    let seed = fastrand::u64(..);
    std::println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..40 {
        let bytes = stream(&mut random, 1000);
        let mut whole = console();
        let expected = typed_raw(&mut whole, &bytes);
        let mut cut = console();
        let mut written = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(random.usize(1..=rest.len().min(40)));
            written.extend(typed_raw(&mut cut, piece));
            cut.idle(cut.machine.time.get());
            written.extend(cut.machine.written.take());
            rest = after;
        }
        assert!(written == expected);
    }
}

#[test]
fn a_pasted_line_of_every_byte_is_one_line() {
    let mut console = console();
    let all: Vec<u8> = (0..=255).collect();
    typed(&mut console, b"\x1b[200~");
    typed(&mut console, &all);
    typed(&mut console, b"\x1b[201~");
    assert_eq!(answer(&mut console, b"").len(), 1);
    assert_eq!((console.tally().data, console.tally().data_bytes), (1, 256));
}

#[test]
fn two_slashes_send_one() {
    let mut console = console();
    answer(&mut console, b"//x");
    assert_eq!((console.tally().data, console.tally().data_bytes), (1, 2));
}
