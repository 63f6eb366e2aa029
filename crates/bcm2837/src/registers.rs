//! Registers of the peripherals as a value: what a sequence below is played on. The firmware has the real ones, a test the
//! model's.

/// Reads and writes words. Offsets are those from the start of the peripherals ([`bus::offset`](crate::bus::offset)).
pub trait Registers {
    /// Reads one.
    fn read(&self, offset: u32) -> u32;

    /// Writes one.
    fn write(&self, offset: u32, value: u32);
}

/// What registers held before a sequence, to be put back by its counterpart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before(pub [u32; 8]);

/// How often a status bit is looked at before it is given up: well over a millisecond.
pub(crate) const LOOKS: u32 = 100_000;

/// Registers that hold what is written and tell what was, for tests.
#[cfg(test)]
pub(crate) mod recorder {
    use core::cell::RefCell;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    use super::Registers;

    pub(crate) struct Recorder {
        pub(crate) values: RefCell<BTreeMap<u32, u32>>,
        pub(crate) writes: RefCell<Vec<(u32, u32)>>,
        /// What a register holds after this is written to it.
        kept: fn(u32, u32) -> u32,
    }

    impl Recorder {
        pub(crate) fn new(values: &[(u32, u32)], kept: fn(u32, u32) -> u32) -> Self {
            let values = RefCell::new(values.iter().copied().collect());
            Self { values, writes: RefCell::default(), kept }
        }

        /// The writes since the last call.
        pub(crate) fn written(&self) -> Vec<(u32, u32)> {
            self.writes.take()
        }
    }

    impl Registers for Recorder {
        fn read(&self, offset: u32) -> u32 {
            self.values.borrow().get(&offset).copied().unwrap_or_default()
        }

        fn write(&self, offset: u32, value: u32) {
            self.writes.borrow_mut().push((offset, value));
            self.values.borrow_mut().insert(offset, (self.kept)(offset, value));
        }
    }
}
