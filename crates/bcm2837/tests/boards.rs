//! Every board's answers, replayed: what the firmware says is put into the boot's own message, and what the boot makes of it
//! is compared with what is right for that board.
//!
//! Sources: Raspberry Pi documentation (revision codes, overclocking); Linux
//! `bcm2837.dtsi` and `bcm2835-common.dtsi`; raspberrypi/firmware wiki, "Mailbox property interface"; QEMU
//! `hw/misc/bcm2835_property.c`. No value comes from the crate.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bcm2837::clock::Clock;
use bcm2837::facts::{Facts, TooLittleMemory, heap};
use bcm2837::mailbox::{Message, Tag};
use bcm2837::pl011::Divisor;

const MIB: usize = 1 << 20;
/// Where the image's heap begins (linker.ld).
const HEAP: usize = 4 * MIB;

/// What a firmware answers, tag by tag; a tag that is not here is one it does not know.
struct Firmware {
    board: &'static str,
    revision: u32,
    arm: [u32; 2],
    vc: [u32; 2],
    /// Clocks by number.
    clocks: &'static [(u32, u32)],
    dma: Option<u32>,
    unknown: Unknown,
}

/// How a tag that is not known comes back.
#[derive(Clone, Copy)]
enum Unknown {
    /// As it was sent: the chip's firmware.
    Untouched,
    /// With bit 31 and no length: QEMU.
    Empty,
}

/// What the boot must make of it.
struct Expected {
    name: &'static str,
    ram: usize,
    heap_end: usize,
    channels: &'static [u8],
    divisor: (u16, u8),
}

const fn board(board: &'static str, revision: u32, ram: u32) -> Firmware {
    // gpu_mem=64, clocks at their minimum (enable_uart=1 holds the core there), the mask of mainline Linux' device tree.
    let arm = ram - 0x0400_0000;
    Firmware {
        board,
        revision,
        arm: [0, arm],
        vc: [arm, 0x0400_0000],
        clocks: &[(2, 48_000_000), (3, 600_000_000), (4, 250_000_000)],
        dma: Some(0x7F35),
        unknown: Unknown::Untouched,
    }
}

const ALL: &[u8] = &[5, 4, 0, 2, 8, 9, 10, 11, 12, 13, 14];
const GIB: u32 = 0x4000_0000;

const fn expected(name: &'static str, ram: usize) -> Expected {
    Expected { name, ram, heap_end: HEAP + 64 * MIB, channels: ALL, divisor: (26, 3) }
}

fn boards() -> impl Iterator<Item = (Firmware, Expected)> {
    ordinary().into_iter().chain(odd())
}

/// With this repository's `config.txt` and a firmware of today.
fn ordinary() -> Vec<(Firmware, Expected)> {
    let one = 0x3C00_0000;
    let half = 0x1C00_0000;
    vec![
        (board("3B", 0xA0_2082, GIB), expected("Raspberry Pi 3 B rev 1.2 (a02082)", one)),
        (
            board("3B, Sony Japan", 0xA3_2082, GIB),
            expected("Raspberry Pi 3 B rev 1.2 (a32082)", one),
        ),
        (board("3B+", 0xA0_20D3, GIB), expected("Raspberry Pi 3 B+ rev 1.3 (a020d3)", one)),
        (board("3A+", 0x90_20E0, GIB / 2), expected("Raspberry Pi 3 A+ rev 1.0 (9020e0)", half)),
        (
            board("Zero 2 W", 0x90_2120, GIB / 2),
            expected("Raspberry Pi Zero 2 W rev 1.0 (902120)", half),
        ),
        (board("CM3", 0xA0_20A0, GIB), expected("Compute Module 3 rev 1.0 (a020a0)", one)),
        (board("CM3+", 0xA0_2100, GIB), expected("Compute Module 3+ rev 1.0 (a02100)", one)),
        (
            board("2B 1.2", 0xA2_2042, GIB),
            expected("Raspberry Pi 2 B (BCM2837) rev 1.2 (a22042)", one),
        ),
    ]
}

/// With another configuration, an old firmware, one that says little, and none.
fn odd() -> Vec<(Firmware, Expected)> {
    let one = 0x3C00_0000;
    vec![
        (
            // The default of 76 MiB for the VideoCore, and a mask that keeps channel 0 for the frame buffer.
            Firmware {
                arm: [0, 0x3B40_0000],
                vc: [0x3B40_0000, 0x04C0_0000],
                dma: Some(0x7F34),
                ..board("3B, default memory, Raspberry Pi OS' mask", 0xA2_2082, GIB)
            },
            Expected {
                channels: &[5, 4, 2, 8, 9, 10, 11, 12, 13, 14],
                ..expected("Raspberry Pi 3 B rev 1.2 (a22082)", 0x3B40_0000)
            },
        ),
        (
            // Old firmware: a narrow mask, a UART clock of 3 MHz, and force_turbo.
            Firmware {
                clocks: &[(2, 3_000_000), (3, 1_200_000_000), (4, 400_000_000)],
                dma: Some(0x3C),
                ..board("3B, firmware of 2016", 0xA0_2082, GIB)
            },
            Expected {
                channels: &[5, 4, 2],
                divisor: (1, 40),
                ..expected("Raspberry Pi 3 B rev 1.2 (a02082)", one)
            },
        ),
        (
            Firmware {
                dma: None,
                clocks: &[],
                ..board("3B+, nothing but memory answered", 0xA0_20D4, GIB)
            },
            Expected {
                channels: &[5, 4, 8, 9],
                ..expected("Raspberry Pi 3 B+ rev 1.4 (a020d4)", one)
            },
        ),
        (
            Firmware {
                clocks: &[(2, 3_000_000), (3, 700_000_000), (4, 350_000_000)],
                dma: Some(0x3C),
                unknown: Unknown::Empty,
                ..board("QEMU raspi3b", 0xA0_2082, GIB)
            },
            Expected {
                channels: &[5, 4, 2],
                divisor: (1, 40),
                ..expected("Raspberry Pi 3 B rev 1.2 (a02082)", one)
            },
        ),
    ]
}

impl Firmware {
    /// Answers every tag of a message, as the wiki has it.
    fn answer(&self, words: &mut [u32]) {
        words[1] = 0x8000_0000;
        let mut at = 2;
        while words[at] != 0 {
            let clock = words[at + 3];
            let rate = self.clocks.iter().find(|(number, _)| *number == clock);
            let answer = match words[at] {
                0x1_0002 => vec![self.revision],
                0x1_0005 => self.arm.to_vec(),
                0x1_0006 => self.vc.to_vec(),
                0x3_0002 => rate.map_or(vec![], |(number, rate)| vec![*number, *rate]),
                0x6_0001 => self.dma.map_or(vec![], |mask| vec![mask]),
                _ => vec![],
            };
            words[at + 3..at + 3 + answer.len()].copy_from_slice(&answer);
            words[at + 2] = match self.unknown {
                Unknown::Untouched if answer.is_empty() => 0,
                _ => 0x8000_0000 | u32::try_from(answer.len() * 4).unwrap(),
            };
            at += 3 + words[at + 1] as usize / 4;
        }
    }

    fn facts(&self) -> Facts {
        let mut message = Message::<48>::new(&Facts::QUESTIONS).unwrap();
        self.answer(message.words_mut());
        Facts::from_answers(Some(&message))
    }
}

#[test]
fn every_board_gets_its_memory_its_channels_and_its_baud_rate() {
    for (firmware, expected) in boards() {
        let (facts, board) = (firmware.facts(), firmware.board);
        assert_eq!(facts.revision.to_string(), expected.name, "{board}");
        assert_eq!(facts.ram_end, expected.ram, "{board}");
        assert_eq!(facts.vc_memory, firmware.vc, "{board}");
        assert_eq!(heap(HEAP, facts.ram_end, None), Ok(HEAP..expected.heap_end), "{board}");
        let channels: Vec<u8> =
            facts.dma_channels.full().chain(facts.dma_channels.lite()).collect();
        assert_eq!(channels, expected.channels, "{board}");
        let divisor = Divisor::new(facts.uart_clock, 115_200).unwrap();
        assert_eq!((divisor.integer, divisor.fraction), expected.divisor, "{board}");
        // A receiver takes 2 per cent.
        assert!(divisor.error_ppm(facts.uart_clock, 115_200) < 8_000, "{board}");
    }
}

/// The memory of a board is in its code as well: the ARM's and the VideoCore's part are all of it.
#[test]
fn memory_and_revision_agree() {
    for (firmware, _) in boards() {
        let facts = firmware.facts();
        let [_, vc] = facts.vc_memory;
        let mib = facts.revision.memory_mib().unwrap() as usize;
        assert_eq!(facts.ram_end + vc as usize, mib * MIB, "{}", firmware.board);
    }
}

#[test]
fn a_firmware_that_says_nothing_leaves_what_is_safe_on_every_board() {
    let facts = Facts::from_answers(None::<&Message<48>>);
    assert_eq!(facts.revision.to_string(), "unknown board (0)");
    assert_eq!(facts.ram_end, 256 * MIB, "no board has less");
    assert_eq!((facts.uart_clock, facts.arm_clock, facts.core_clock), (48_000_000, 0, 0));
    assert_eq!(facts.dma_channels.bits(), 0x330, "what every firmware has offered so far");
    // A message that nobody has answered is no answer either.
    let message = Message::<48>::new(&Facts::QUESTIONS).unwrap();
    assert_eq!(Facts::from_answers(Some(&message)).ram_end, 256 * MIB);
}

#[test]
fn answers_that_cannot_be_are_not_believed() {
    let with = |arm| Firmware { arm, ..board("3B", 0xA0_2082, GIB) }.facts().ram_end;
    assert_eq!(with([0, 0]), 256 * MIB, "no memory at all");
    assert_eq!(with([0xF000_0000, 0x2000_0000]), 256 * MIB, "past the last address");
    // All of it, none of the VideoCore's: what the peripherals hide is still not the heap's.
    assert_eq!(heap(0x3E00_0000, with([0, GIB]), None), Ok(0x3E00_0000..0x3F00_0000));
    let clock = Firmware { clocks: &[(2, 0)], ..board("3B", 0xA0_2082, GIB) };
    assert_eq!(clock.facts().uart_clock, 48_000_000, "a clock that stands still");
    let mask = Firmware { dma: Some(0x80CA), ..board("3B", 0xA0_2082, GIB) };
    assert_eq!(mask.facts().dma_channels.bits(), 0x330, "a mask of nothing but the VideoCore's");
}

#[test]
fn a_device_tree_in_the_way_ends_the_heap_and_one_elsewhere_does_not() {
    let ram = 0x3C00_0000;
    for (tree, end) in [
        (0x0800_0000..0x0800_9000, HEAP + 64 * MIB), // QEMU's, behind the longest heap
        (0x0300_0000..0x0300_9000, 0x0300_0000),
        (0x0310_0000..0x0310_9000, 0x0300_0000), // whole blocks
        (0x0000_0100..0x0000_4000, HEAP + 64 * MIB), // below: it is not kept
    ] {
        assert_eq!(heap(HEAP, ram, Some(&tree)), Ok(HEAP..end), "{tree:#x?}");
    }
    let tree = HEAP + MIB..HEAP + 2 * MIB;
    assert_eq!(heap(HEAP, ram, Some(&tree)), Err(TooLittleMemory { ram_end: ram }));
    assert_eq!(heap(HEAP, 5 * MIB, None), Err(TooLittleMemory { ram_end: 5 * MIB }));
    assert_eq!(heap(HEAP, 6 * MIB, None), Ok(HEAP..6 * MIB));
}

#[test]
fn every_question_of_the_boot_is_one_that_this_firmware_answers() {
    let mut message = Message::<48>::new(&Facts::QUESTIONS).unwrap();
    board("3B", 0xA0_2082, GIB).answer(message.words_mut());
    for tag in Facts::QUESTIONS {
        assert!(message.answer(tag).is_ok(), "{tag:?}");
    }
    assert!(Facts::QUESTIONS.contains(&Tag::ClockRate(Clock::Uart)));
}

#[test]
fn whatever_the_answers_are_the_heap_is_memory_that_a_board_can_have() {
    let mut seed = 1_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.rotate_left(16) >> (seed >> 27)
    };
    for _ in 0..200_000 {
        let mut message = Message::<48>::new(&Facts::QUESTIONS).unwrap();
        board("3B", 0xA0_2082, GIB).answer(message.words_mut());
        for _ in 0..=random() % 4 {
            let at = random() as usize % message.words().len();
            message.words_mut()[at] = random();
        }
        let facts = Facts::from_answers(Some(&message));
        assert!(facts.uart_clock != 0 && facts.dma_channels.bits() != 0);
        assert_eq!(facts.dma_channels.bits() & 0x80CA, 0, "the VideoCore's channels");
        let tree = random() as usize;
        let Ok(found) = heap(HEAP, facts.ram_end, Some(&(tree..tree + 0x1000))) else { continue };
        assert!(found.start == HEAP && found.end <= facts.ram_end.min(0x3F00_0000), "{found:x?}");
        assert!(found.len().is_multiple_of(2 * MIB) && !found.is_empty(), "{found:x?}");
        assert!(tree < HEAP || found.end <= tree, "{found:x?} over a device tree at {tree:x}");
    }
}
