//! Who called whom: the chain of frame records that x29 points to (AAPCS64, "The Frame Pointer").
//!
//! A record is two words, the caller's x29 and the return address. This build keeps x29 in every function of Rust
//! (.cargo/config.toml); assembly and the compiler's ready-made `core` may leave their own frame out.

use core::ops::Range;

/// Bytes of a frame record.
const RECORD: usize = 16;

/// The call instructions on the way out of a place, innermost first.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    frame: usize,
    /// The exception stack, then the code's: an interrupt's chain leads from the first into the second.
    stacks: [Range<usize>; 2],
    text: Range<usize>,
}

impl Calls {
    /// From the value of x29 on. Both stacks are mapped; what lies in them is not trusted.
    pub(crate) fn new(x29: u64, stacks: [Range<usize>; 2], text: Range<usize>) -> Self {
        Self { frame: usize::try_from(x29).unwrap_or(0), stacks, text }
    }

    /// Which stack holds a whole record at `frame`.
    fn stack_of(&self, frame: usize) -> Option<usize> {
        let whole = |stack: &Range<usize>| stack.contains(&frame) && stack.end - frame >= RECORD;
        if frame.is_multiple_of(8) { self.stacks.iter().position(whole) } else { None }
    }
}

impl Iterator for Calls {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let stack = self.stack_of(self.frame)?;
        let record = core::ptr::with_exposed_provenance::<[usize; 2]>(self.frame);
        // SAFETY: 16 bytes of a stack, aligned; any bits are integers. Volatile: their owner may be of any type.
        let [caller, link] = unsafe { record.read_volatile() };
        // Callers' records lie above, or on the other stack; anything else would go round in circles.
        let onward = self.stack_of(caller).is_some_and(|next| (next, caller) > (stack, self.frame));
        self.frame = if onward { caller } else { 0 };
        // The call is the instruction before the one that it returns to, which may belong to another function.
        link.checked_sub(4).filter(|call| self.text.contains(call))
    }
}
