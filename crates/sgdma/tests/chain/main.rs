//! Lowering and its judge against oracles: an interpreter of chains that moves byte by byte, and a search for the
//! least number of blocks. Neither uses the crate's bits.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod corners;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod exhaustive;
#[cfg(test)]
mod flips;
#[cfg(test)]
mod judging;
#[cfg(test)]
mod leaving;
#[cfg(test)]
mod named;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod paced;
#[cfg(test)]
mod random;
#[cfg(test)]
mod rectangles;
#[cfg(test)]
mod repeated;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod shifted;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod told;
