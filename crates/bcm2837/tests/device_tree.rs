//! Device trees: what is read of good ones, and that no bytes at all make the reader panic or read what is not there.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/fdt.rs"]
mod fdt;

use bcm2837::clock::Clock;
use bcm2837::device_tree::{DeviceTree, LONGEST, Malformed, read};
use bcm2837::facts::Facts;
use bcm2837::mailbox::{Message, Tag};
use bcm2837::power::ResetStatus;
use bcm2837::revision::Model;
use fdt::{Board, PI_3B, Tree, blob_of};

#[test]
fn a_boards_tree_is_read() {
    let blob = blob_of(&PI_3B);
    let expected = DeviceTree {
        model: Some("Raspberry Pi 3 Model B Rev 1.2"),
        board: Some(Model::Pi3B),
        serial: Some(0xA1B2_C3D4),
        ram_end: Some(0x3C00_0000),
        dma_channels: Some(0x7F35),
        reset_status: Some(0x1000),
    };
    assert_eq!(read(&blob), Ok(expected));
    assert_eq!(ResetStatus(0x1000).name(), "power-on");
}

#[test]
fn every_board_is_known_by_its_tree() {
    for (compatible, model) in [
        (&b"raspberrypi,2-model-b-rev2\0brcm,bcm2837\0"[..], Some(Model::Pi2B)),
        (b"raspberrypi,3-model-b-plus\0brcm,bcm2837\0", Some(Model::Pi3BPlus)),
        (b"raspberrypi,3-model-a-plus\0brcm,bcm2837\0", Some(Model::Pi3APlus)),
        (b"raspberrypi,3-compute-module\0brcm,bcm2837\0", Some(Model::Cm3)),
        (b"raspberrypi,3-compute-module-plus\0", Some(Model::Cm3Plus)),
        (b"raspberrypi,model-zero-2-w\0brcm,bcm2837\0", Some(Model::Zero2W)),
        (b"raspberrypi,4-model-b\0brcm,bcm2711\0", None),
        (b"", None),
        (b"\xFF\xFE\0", None),
    ] {
        let blob = blob_of(&Board { compatible, ..PI_3B });
        assert_eq!(read(&blob).unwrap().board, model);
    }
}

/// A root with some properties and nothing else.
fn root(inside: impl FnOnce(&mut Tree)) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.node("", inside);
    tree.blob()
}

#[test]
fn what_has_the_wrong_size_or_is_missing_is_not_told() {
    assert_eq!(read(&root(|_| {})), Ok(DeviceTree::default()));
    let odd = root(|root| {
        root.property("model", b"\0");
        root.property("serial-number", b"not a number\0");
        root.node("chosen", |chosen| chosen.property("pm_rsts", &[0, 0, 0x10]));
        root.node("soc", |soc| {
            soc.node("dma", |dma| {
                dma.property("compatible", b"brcm,bcm2835-dma\0");
                dma.property("brcm,dma-channel-mask", &[0; 8]);
            });
        });
    });
    assert_eq!(read(&odd), Ok(DeviceTree::default()));
}

/// One memory node with this `reg` under these cells.
fn memory(cells: [u32; 2], reg: &[u8]) -> Option<usize> {
    let blob = root(|root| {
        root.property("#address-cells", &cells[0].to_be_bytes());
        root.property("#size-cells", &cells[1].to_be_bytes());
        root.node("memory@0", |memory| {
            memory.property("device_type", b"memory\0");
            memory.property("reg", reg);
        });
    });
    read(&blob).unwrap().ram_end
}

#[test]
fn memory_is_read_in_cells_of_either_size() {
    let low = [0, 0, 0, 0, 0x1C, 0, 0, 0];
    assert_eq!(memory([1, 1], &low), Some(0x1C00_0000));
    assert_eq!(memory([2, 1], &[&[0; 4][..], &low].concat()), Some(0x1C00_0000));
    assert_eq!(memory([2, 2], &[&[0; 12][..], &[0x1C, 0, 0, 0]].concat()), Some(0x1C00_0000));
    let high = [0x40, 0, 0, 0, 0x3C, 0, 0, 0];
    assert_eq!(memory([1, 1], &[&high[..], &low].concat()), Some(0x1C00_0000), "the one at 0");
    for (cells, reg) in [
        ([0, 0], &low[..]),
        ([0, 1], &low),
        ([3, 3], &[0; 24]),
        ([u32::MAX, u32::MAX], &low),
        ([1, 1], &low[..7]),
        ([1, 1], &high),
        ([1, 1], &[0; 8]),
        ([1, 1], &[]),
    ] {
        assert_eq!(memory(cells, reg), None, "{cells:?} {reg:x?}");
    }
}

#[test]
fn each_broken_header_is_refused() {
    let good = blob_of(&PI_3B);
    let end = u32::try_from(good.len()).unwrap();
    for (at, value, what) in [
        (0, 0xD00D_FEEE, "the magic number"),
        (0, 0xEDFE_0DD0, "its other byte order"),
        (4, end + 1, "a length past the end"),
        (4, end - 1, "a length that is too short"),
        (4, 0, "no length"),
        (4, u32::MAX, "the longest length"),
        (8, end, "a structure past the end"),
        (8, u32::MAX, "a structure far away"),
        (8, 57, "a structure that is not aligned"),
        (12, u32::MAX, "strings far away"),
        (16, end, "reservations past the end"),
        (20, 16, "an old version"),
        (24, 18, "a version to come"),
        (32, u32::MAX, "strings without end"),
        (36, u32::MAX, "a structure without end"),
    ] {
        let mut blob = good.clone();
        blob[at..at + 4].copy_from_slice(&u32::to_be_bytes(value));
        assert_eq!(read(&blob), Err(Malformed), "{what}");
    }
    assert_eq!(read(&[]), Err(Malformed));
    assert_eq!(read(&vec![0; bcm2837::device_tree::LONGEST + 1]), Err(Malformed));
}

#[test]
fn every_truncation_is_refused() {
    let good = blob_of(&PI_3B);
    for length in 0..good.len() {
        assert_eq!(read(&good[..length]), Err(Malformed), "{length} bytes");
        // And one whose header knows of it.
        let mut short = good[..length].to_vec();
        if length >= 8 {
            short[4..8].copy_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
            // What is left may be a whole tree with names that end early, but never more than was there.
            let _ = read(&short);
        }
    }
}

fn rounds() -> u32 {
    std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(100_000)
}

fn random() -> fastrand::Rng {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = seed.unwrap_or_else(|| since.map_or(1, |time| u64::from(time.subsec_nanos())));
    println!("SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

/// Bytes and words changed, pieces cut out, doubled and cut off; the header mends itself half of the time, so that the
/// changes get past it.
#[test]
fn no_mutation_makes_the_reader_panic() {
    let good = blob_of(&PI_3B);
    let mut random = random();
    let (mut accepted, mut refused) = (0_u32, 0_u32);
    for _ in 0..rounds() {
        let mut blob = good.clone();
        for _ in 0..random.u32(1..=4) {
            mutate(&mut blob, &mut random);
        }
        if random.bool() && blob.len() >= 8 {
            blob.splice(
                0..8,
                [&good[..4], &u32::try_from(blob.len()).unwrap().to_be_bytes()].concat(),
            );
        }
        match read(&blob) {
            Ok(tree) => {
                accepted += 1;
                assert!(tree.model.is_none_or(|model| within(model.as_bytes(), &blob)));
            }
            Err(Malformed) => refused += 1,
        }
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(accepted > rounds() / 100 && refused > rounds() / 100, "the mutations are all alike");
}

fn within(part: &[u8], whole: &[u8]) -> bool {
    whole.as_ptr_range().contains(&part.as_ptr())
        && part.as_ptr_range().end <= whole.as_ptr_range().end
}

fn mutate(blob: &mut Vec<u8>, random: &mut fastrand::Rng) {
    if blob.is_empty() {
        return;
    }
    let at = random.usize(..blob.len());
    let until = at + random.usize(..=(blob.len() - at).min(40));
    match random.u32(0..7) {
        0 => blob[at] = random.u8(..),
        1 => blob[at] ^= 1 << random.u32(0..8),
        2 if at + 4 <= blob.len() => {
            // A word that means something: a token, a length, an end.
            let word = [0_u32, 1, 2, 3, 4, 9, 0x40, 0x7FFF_FFFF, u32::MAX, u32::MAX - 3];
            let word = word[random.usize(..word.len())];
            let at = at & !3;
            blob[at..at + 4].copy_from_slice(&word.to_be_bytes());
        }
        3 => drop(blob.drain(at..until)),
        4 => {
            let piece = blob[at..until].to_vec();
            let to = random.usize(..=blob.len());
            blob.splice(to..to, piece);
        }
        5 => blob[at..until].fill(0),
        _ if random.u32(0..10) == 0 => blob.truncate(at),
        _ => {}
    }
}

/// The facts of a firmware that answers these.
fn facts(revision: u32, memory: Option<u32>, channels: Option<u32>) -> Facts {
    let mut message = Message::<48>::new(&Facts::QUESTIONS).unwrap();
    let words = message.words_mut();
    words[1] = 0x8000_0000;
    let mut at = 2;
    while words[at] != 0 {
        let answer = match words[at] {
            0x10002 => Some([revision, 0]),
            0x10005 => memory.map(|bytes| [0, bytes]),
            0x60001 => channels.map(|mask| [mask, 0]),
            _ => None,
        };
        let length = words[at + 1];
        if let Some(answer) = answer {
            let count = length as usize / 4;
            words[at + 3..at + 3 + count].copy_from_slice(&answer[..count]);
            words[at + 2] = 0x8000_0000 | length;
        }
        at += 3 + length as usize / 4;
    }
    assert_eq!(message.word(Tag::BoardRevision), Ok(revision));
    assert!(message.pair(Tag::ClockRate(Clock::Arm)).is_err());
    Facts::from_answers(Some(&message))
}

const REVISION_3B: u32 = 0x00A0_2082;

#[test]
fn firmware_and_tree_are_crossed_item_by_item() {
    // (firmware's memory, channels; the tree's; what holds)
    for (memory, channels, tree, ram_end, bits) in [
        // They agree.
        (Some(0x3C00_0000), Some(0x7F35), (0x3C00_0000, 0x7F35), 0x3C00_0000, 0x7F35),
        // The lower end; the channels of both. QEMU's mailbox and Linux' mask.
        (Some(0x3C00_0000), Some(0x3C), (0x1C00_0000, 0x7F35), 0x1C00_0000, 0x34),
        (Some(0x1C00_0000), Some(0x7F35), (0x3C00_0000, 0x0330), 0x1C00_0000, 0x0330),
        // Only the tree tells.
        (None, None, (0x1C00_0000, 0x7F34), 0x1C00_0000, 0x7F34),
        // They share no channel that may be used: the firmware's.
        (Some(0x3C00_0000), Some(0x0030), (0x3C00_0000, 0x7C05), 0x3C00_0000, 0x0030),
        (Some(0x3C00_0000), Some(0x0330), (0x3C00_0000, 0), 0x3C00_0000, 0x0330),
        // Never those of the VideoCore.
        (None, None, (0x3C00_0000, 0xFFFF), 0x3C00_0000, 0x7F35),
    ] {
        let facts = facts(REVISION_3B, memory, channels);
        let (memory, channels) = tree;
        let blob = blob_of(&Board { memory, channels, ..PI_3B });
        let crossed = facts.with_device_tree(&read(&blob).unwrap());
        assert_eq!(crossed.ram_end, ram_end);
        assert_eq!(crossed.dma_channels.bits(), bits);
        let nothing = facts.with_device_tree(&DeviceTree::default());
        assert_eq!((nothing.ram_end, nothing.dma_channels), (facts.ram_end, facts.dma_channels));
    }
}

#[test]
fn a_tree_may_be_as_long_as_it_may_and_no_longer() {
    let of = |len: usize| {
        let mut blob = blob_of(&PI_3B);
        blob.resize(len, 0);
        blob[4..8].copy_from_slice(&u32::try_from(len).unwrap().to_be_bytes());
        read(&blob).map(|tree| tree.board.is_some())
    };
    assert_eq!(of(LONGEST), Ok(true));
    assert_eq!(of(LONGEST + 1), Err(Malformed));
    assert_eq!(Malformed.to_string(), "the device tree is malformed");
}

#[test]
fn each_difference_is_told_and_nothing_else() {
    let told = |facts: &Facts, serial, board: &Board| -> Vec<String> {
        let blob = blob_of(board);
        let tree = read(&blob).unwrap();
        tree.differences(facts, serial).map(|difference| difference.to_string()).collect()
    };
    let same = facts(REVISION_3B, Some(0x3C00_0000), Some(0x7F35));
    assert_eq!(told(&same, Some(0xA1B2_C3D4), &PI_3B), [""; 0]);
    assert_eq!(told(&same, None, &PI_3B), [""; 0], "what is not told is no difference");
    assert_eq!(told(&facts(0, None, None), None, &PI_3B), [""; 0]);
    let other = Board {
        compatible: b"raspberrypi,model-zero-2-w\0",
        memory: 0x1C00_0000,
        channels: 0x7F34,
        ..PI_3B
    };
    assert_eq!(
        told(&same, Some(7), &other),
        [
            "memory to 0x1c000000, not 0x3c000000: the lower holds",
            "channels 0x7f34, not 0x7f35: those of both hold",
            "for Raspberry Pi Zero 2 W, this is a02082",
            "serial 00000000a1b2c3d4, this is 0000000000000007",
        ]
    );
    // The Compute Modules 3 and 3+ share a tree.
    let module = Board { compatible: b"raspberrypi,3-compute-module\0", ..PI_3B };
    assert_eq!(told(&facts(0x00A0_2100, None, None), None, &module), [""; 0]);
}
