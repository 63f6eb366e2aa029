//! A good chain with words changed at will: what the judge lets pass moves every byte all the same, and nothing else.
#![no_main]

#[path = "../../crates/sgdma/tests/chain/cases.rs"]
#[expect(dead_code, reason = "the planner and the tests ask more of it")]
mod cases;
#[path = "support/lists.rs"]
mod lists;
#[path = "../../crates/sgdma/tests/chain/oracle.rs"]
mod oracle;

use cases::{BASE, CHAIN, Room, SLOTS, SPAN, check_bytes, copy};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use sgdma::chain::{Rules, verify};
use sgdma::control_block::ControlBlock;

/// Changes a word or a few: a bit, a step, or anything at all.
fn change(input: &mut Unstructured<'_>, blocks: &mut [ControlBlock]) -> Result<()> {
    for _ in 0..input.int_in_range(1..=4)? {
        let index = input.int_in_range(0..=blocks.len() - 1)?;
        let mut words = blocks[index].words();
        let word = &mut words[input.int_in_range(0..=7)?];
        *word = match input.int_in_range(0..=2)? {
            0 => *word ^ 1 << input.int_in_range(0..=31)?,
            1 => word.wrapping_add_signed(input.int_in_range(-128..=128)?),
            _ => input.arbitrary()?,
        };
        blocks[index] = ControlBlock::from_words(words);
    }
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Unstructured::new(bytes);
    let Ok(Some((source, dest, limits))) = lists::job(&mut input) else { return };
    let mut room = Room::new(1024, 512);
    let Ok(plan) = copy(&source, &dest, &limits, room.storage()) else { return };
    if change(&mut input, plan.blocks).is_err() {
        return;
    }
    let chain = verify::Chain::of(&plan, SLOTS);
    if verify::copy(&chain, &Rules::new(&limits), &source, &dest).is_err() {
        return;
    }
    let mut machine = oracle::Machine::new(BASE, SPAN, 7);
    let ran = machine.run(plan.blocks, CHAIN.get(), &limits, 2 * plan.blocks.len());
    assert_eq!(ran.blocks, plan.blocks.len());
    check_bytes((&source, &dest), &plan, SLOTS, &limits, &mut machine);
});
