//! A control block as four words of 64 bits, the first of two fields in the lower half: a quarter of the loads and stores
//! where every block of a long chain is written and read back.

use crate::control_block::ControlBlock;

/// `TI` and source, destination and length, stride and next, the reserved words.
pub(crate) type Wide = [u64; 4];

/// Each takes one instruction on the A53.
pub(super) type Halves = [u128; 2];

const _: () = assert!(size_of::<Halves>() == size_of::<ControlBlock>());
const _: () = assert!(align_of::<Halves>() <= align_of::<ControlBlock>());
// The first field is in the lower half.
const _: () = assert!(cfg!(target_endian = "little"));

#[inline(always)]
pub(crate) fn write(block: &mut ControlBlock, [head, place, link, reserved]: Wide) {
    let halves = [both(head, place), both(link, reserved)];
    let block = core::ptr::from_mut(block).cast::<Halves>();
    // SAFETY: a block is 32 bytes without padding, aligned to more than this, and any bytes make one.
    unsafe { block.write(halves) };
}

#[inline(always)]
pub(super) fn halves(block: &ControlBlock) -> Halves {
    let block = core::ptr::from_ref(block).cast::<Halves>();
    // SAFETY: as above; all its bytes are initialised.
    unsafe { block.read() }
}

/// Whether a block is made of these.
#[inline(always)]
pub(crate) fn is(block: &ControlBlock, [head, place, link, reserved]: Wide) -> bool {
    let [first, second] = halves(block);
    first == both(head, place) && second == both(link, reserved)
}

#[inline(always)]
fn both(low: u64, high: u64) -> u128 {
    u128::from(low) | u128::from(high) << 64
}
