//! A bounded queue of byte records that allocates once.
//!
//! History and journal live in it. All memory is taken when it is made, so that the heap stands at the same level
//! before and after a thousand typed lines.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Records, oldest first, in at most `capacity` bytes and `most` records. A new one pushes the oldest out.
#[derive(Debug)]
pub(crate) struct Records {
    bytes: Vec<u8>,
    lengths: VecDeque<usize>,
    capacity: usize,
    most: usize,
}

impl Records {
    /// An empty queue for at most `most` records of together at most `capacity` bytes.
    pub(crate) fn new(capacity: usize, most: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
            lengths: VecDeque::with_capacity(most),
            capacity,
            most,
        }
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Appends a record, its first `capacity` bytes if it is longer.
    pub(crate) fn push(&mut self, record: &[u8]) {
        let kept = record.get(..self.capacity).unwrap_or(record);
        while self.lengths.len() >= self.most || self.bytes.len() + kept.len() > self.capacity {
            if !self.forget_oldest() {
                break;
            }
        }
        self.bytes.extend_from_slice(kept);
        self.lengths.push_back(kept.len());
    }

    fn forget_oldest(&mut self) -> bool {
        let Some(length) = self.lengths.pop_front() else {
            return false;
        };
        self.bytes.drain(..length.min(self.bytes.len()));
        true
    }

    /// The record `age` steps back from the newest, which has age 0.
    pub(crate) fn back(&self, age: usize) -> Option<&[u8]> {
        let index = self.lengths.len().checked_sub(age)?.checked_sub(1)?;
        let start: usize = self.lengths.iter().take(index).sum();
        let length = *self.lengths.get(index)?;
        self.bytes.get(start..)?.get(..length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn the_oldest_record_makes_room_for_the_newest() {
        let mut records = Records::new(8, 3);
        for record in [&b"abc"[..], b"de", b"", b"fgh", b"ij"] {
            records.push(record);
        }
        let back: vec::Vec<_> = (0..4).map(|age| records.back(age)).collect();
        assert_eq!(back, [Some(&b"ij"[..]), Some(b"fgh"), Some(b""), None]);
    }

    #[test]
    fn no_record_makes_the_queue_grow() {
        let mut records = Records::new(64, 8);
        let (bytes, lengths) = (records.bytes.capacity(), records.lengths.capacity());
        for length in (0..200).chain((0..200).rev()) {
            records.push(&vec![7; length]);
            assert!(records.len() <= 8);
            assert_eq!(records.back(0).map(<[u8]>::len), Some(length.min(64)));
        }
        assert_eq!((records.bytes.capacity(), records.lengths.capacity()), (bytes, lengths));
    }
}
