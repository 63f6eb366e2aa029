//! How a typed line is scattered: which pieces of which lengths, at the source and at the destination.

use alloc::vec;
use alloc::vec::Vec;

/// How many lengths a pattern may hold.
pub const LONGEST_PATTERN: usize = 16;

/// The pattern of piece lengths of both sides. Each is repeated until the line is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cuts {
    source: Vec<usize>,
    destination: Vec<usize>,
}

/// The lengths of the pieces of one line; each side adds up to the line's length, and no piece is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// At the source.
    pub source: Vec<usize>,
    /// At the destination.
    pub destination: Vec<usize>,
}

/// Why no cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutsError {
    /// No lengths, or more than [`LONGEST_PATTERN`].
    Count(usize),
    /// A piece of no bytes.
    Zero,
}

impl Default for Cuts {
    /// Fibonacci's numbers against Lucas': `123` becomes 1+2 at the source and 2+1 at the destination, and longer lines
    /// have small and large pieces that meet at ever new places.
    fn default() -> Self {
        Self {
            source: vec![1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610],
            destination: vec![2, 1, 3, 4, 7, 11, 18, 29, 47, 76, 123, 199, 322, 521],
        }
    }
}

impl Cuts {
    /// The pattern `source` on one side. The other side begins with its second length, or, if all are alike, with half
    /// of the first, so that the two are never cut alike where that can be helped.
    ///
    /// # Errors
    /// As [`with_destination`](Self::with_destination).
    pub fn new(source: &[usize]) -> Result<Self, CutsError> {
        let (&first, rest) = source.split_first().ok_or(CutsError::Count(0))?;
        let destination = if rest.iter().all(|&length| length == first) {
            vec![first.div_ceil(2), first]
        } else {
            [rest, &[first]].concat()
        };
        Self::with_destination(source, &destination)
    }

    /// These patterns.
    ///
    /// # Errors
    /// [`CutsError`]: a side without lengths, with too many, or with one that is out of range.
    pub fn with_destination(source: &[usize], destination: &[usize]) -> Result<Self, CutsError> {
        for side in [source, destination] {
            if side.is_empty() || side.len() > LONGEST_PATTERN {
                return Err(CutsError::Count(side.len()));
            }
            if side.contains(&0) {
                return Err(CutsError::Zero);
            }
        }
        Ok(Self { source: source.to_vec(), destination: destination.to_vec() })
    }

    /// The pattern of the source.
    pub fn source(&self) -> &[usize] {
        &self.source
    }

    /// The pattern of the destination.
    pub fn destination(&self) -> &[usize] {
        &self.destination
    }

    /// The pieces of a line of `length` bytes.
    pub fn pieces(&self, length: usize) -> Pieces {
        Pieces {
            source: repeat(&self.source, length),
            destination: repeat(&self.destination, length),
        }
    }
}

/// The pattern over and over, the last piece cut short, until `length` is used up.
fn repeat(pattern: &[usize], length: usize) -> Vec<usize> {
    let mut left = length;
    let mut pieces = Vec::new();
    for &wanted in pattern.iter().cycle() {
        let piece = wanted.min(left);
        if piece == 0 {
            break;
        }
        pieces.push(piece);
        left -= piece;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_well_known_line_is_cut_differently_on_both_sides() {
        let pieces = Cuts::default().pieces(3);
        assert_eq!(pieces, Pieces { source: vec![1, 2], destination: vec![2, 1] });
    }

    #[test]
    fn every_length_is_used_up() {
        for length in 0..=4100 {
            let Pieces { source, destination } = Cuts::default().pieces(length);
            assert_eq!(source.iter().sum::<usize>(), length);
            assert_eq!(destination.iter().sum::<usize>(), length);
            assert!(length < 2 || source != destination, "{length}: {source:?}");
        }
    }

    #[test]
    fn typed_cuts_are_turned_round_for_the_destination() {
        let pieces = |cuts: &[usize]| Cuts::new(cuts).unwrap().pieces(100);
        assert_eq!(pieces(&[5, 7, 64]).source, [5, 7, 64, 5, 7, 12]);
        assert_eq!(pieces(&[5, 7, 64]).destination, [7, 64, 5, 7, 17]);
        assert_eq!(pieces(&[40]).source, [40, 40, 20]);
        assert_eq!(pieces(&[40]).destination, [20, 40, 20, 20]);
        assert_eq!(pieces(&[1]).destination.len(), 100);
    }

    #[test]
    fn impossible_cuts_are_refused() {
        assert_eq!(Cuts::new(&[]), Err(CutsError::Count(0)));
        assert_eq!(Cuts::new(&[3, 0]), Err(CutsError::Zero));
        assert_eq!(Cuts::new(&[1; 17]), Err(CutsError::Count(17)));
        assert_eq!(Cuts::with_destination(&[1], &[]), Err(CutsError::Count(0)));
    }

    proptest! {
        #[test]
        fn any_cuts_use_up_any_line(
            cuts in prop::collection::vec(1_usize..5000, 1..16),
            length in 0_usize..5000,
        ) {
            let pieces = Cuts::new(&cuts).unwrap().pieces(length);
            for side in [pieces.source, pieces.destination] {
                prop_assert_eq!(side.iter().sum::<usize>(), length);
                prop_assert!(!side.contains(&0));
            }
        }
    }
}
