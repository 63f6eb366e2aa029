//! Sequences of instructions that a Cortex-A53 r0p4 gets wrong, looked for in the code of the image. (Arm, *Cortex-A53
//! `MPCore` Software Developers Errata Notice*, 835769 and 843419.)

use crate::harness::{elf, image};
use std::fs;

const BASE: u64 = 0x8_0000;

/// The instructions of the image.
fn code() -> Vec<u32> {
    let length = usize::try_from(elf::symbols()["__text_end"] - BASE).expect("a few hundred KiB");
    words(&fs::read(image()).expect("a readable image")[..length])
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(number).collect()
}

fn number(word: &[u8]) -> u32 {
    word.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Loads and stores of every kind: bits 27 and 25 are 1 and 0.
fn is_memory_access(instruction: u32) -> bool {
    instruction >> 25 & 0b101 == 0b100
}

/// 843419: ADRP in one of the last two words of a page, a load or store, and within two more a load or store with an unsigned
/// offset from ADRP's register.
fn of_843419(code: &[u32]) -> Vec<u64> {
    let starts = code.windows(4).enumerate().filter(|(index, words)| {
        let offset = (BASE + 4 * *index as u64) & 0xFFF;
        let register = words[0] & 0x1F;
        let uses = |word: u32| word & 0x3B00_0000 == 0x3900_0000 && word >> 5 & 0x1F == register;
        words[0] & 0x9F00_0000 == 0x9000_0000
            && matches!(offset, 0xFF8 | 0xFFC)
            && is_memory_access(words[1])
            && (uses(words[2]) || uses(words[3]))
    });
    starts.map(|(index, _)| BASE + 4 * index as u64).collect()
}

/// 835769: a memory access, and right behind it a 64-bit multiply that adds or subtracts.
fn of_835769(code: &[u32]) -> Vec<u64> {
    let accumulates = |word: u32| {
        word >> 24 == 0x9B && word >> 10 & 0x1F != 0x1F && matches!(word >> 21 & 7, 0 | 1 | 5)
    };
    let starts = code.windows(2).enumerate();
    let starts = starts.filter(|(_, words)| is_memory_access(words[0]) && accumulates(words[1]));
    starts.map(|(index, _)| BASE + 4 * index as u64).collect()
}

/// The linker changes the ones (rustc asks it to), LLVM the others (.cargo/config.toml asks it to).
#[test]
fn no_sequence_of_errata_843419_and_835769_is_in_the_image() {
    assert_free_of_both(&code());
}

fn assert_free_of_both(code: &[u32]) {
    for (erratum, found) in [(843_419, of_843419(code)), (835_769, of_835769(code))] {
        assert!(found.is_empty(), "{erratum}: {found:x?}");
    }
}

/// Of a program that is loaded where the firmware is, constants and all.
pub(crate) fn assert_none_in(image: &[u8]) {
    assert_free_of_both(&words(image));
}

#[test]
fn the_sequences_are_recognised() {
    // adrp x0, .; ldr x1, [x2]; nop; ldr x3, [x0, #8]
    let sequence = [0x9000_0000, 0xF940_0041, 0xD503_201F, 0xF940_0403];
    let at = |offset: usize, sequence: &[u32]| {
        let mut code = vec![0xD503_201F; 0x1000 / 4 + 4];
        code[offset / 4..offset / 4 + sequence.len()].copy_from_slice(sequence);
        code
    };
    assert_eq!(of_843419(&at(0xFF8, &sequence)), [BASE + 0xFF8]);
    assert_eq!(of_843419(&at(0xFFC, &sequence)), [BASE + 0xFFC]);
    assert_eq!(of_843419(&at(0xFF4, &sequence)), [0; 0]);
    // add x1, x2, x0 in place of the load
    let [adrp, _, nop, load] = sequence;
    assert_eq!(of_843419(&at(0xFF8, &[adrp, 0x8B00_0041, nop, load])), [0; 0]);
    // ldr x1, [x2]; madd x3, x4, x5, x6 — and a plain mul
    assert_eq!(of_835769(&at(0, &[0xF940_0041, 0x9B05_1883])), [BASE]);
    assert_eq!(of_835769(&at(0, &[0xF940_0041, 0x9B05_7C83])), [0; 0]);
    assert_eq!(of_835769(&at(0, &[nop, 0x9B05_1883])), [0; 0]);
}
