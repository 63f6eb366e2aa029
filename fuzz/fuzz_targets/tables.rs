//! Operations on a growing table, against the bytes in one piece.
#![no_main]

use std::num::NonZeroUsize;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use sgdma::scatterlist::Equality;
use sgdma::sg_table::SgTable;

/// Buffers of 1 to 40 bytes, each of which becomes an entry.
fn buffers(input: &mut Unstructured<'_>) -> Result<Vec<Vec<u8>>> {
    let count = input.int_in_range(1..=80)?;
    let mut one = || {
        let len = input.int_in_range(1..=40)?;
        Ok(input.bytes(len)?.to_vec())
    };
    (0..count).map(|_| one()).collect()
}

fn steps(input: &mut Unstructured<'_>) -> Result<()> {
    let mut buffers = buffers(input)?;
    let mut flat = buffers.concat();
    let mut table = SgTable::growing();
    for buffer in &mut buffers {
        table.push(buffer.as_mut_slice()).expect("room on the heap");
    }
    for _ in 0..input.int_in_range(1..=20)? {
        let offset = usize::from(input.arbitrary::<u16>()?) % (flat.len() + 3);
        let len = usize::from(input.arbitrary::<u16>()?) % (flat.len() + 3);
        let (start, end) = (offset.min(flat.len()), (offset + len).min(flat.len()));
        let window = start..end.max(start);
        match input.int_in_range(0..=5)? {
            0 => {
                let mut into = vec![0; len];
                assert_eq!(table.bytes().pcopy_to_buffer(offset, &mut into), window.len());
                assert_eq!(into[..window.len()], flat[window]);
            }
            1 => {
                let bytes = vec![input.arbitrary()?; len];
                assert_eq!(table.bytes_mut().pcopy_from_buffer(offset, &bytes), window.len());
                flat[window.clone()].copy_from_slice(&bytes[..window.len()]);
            }
            2 => {
                let value = input.arbitrary()?;
                assert_eq!(table.bytes_mut().fill(offset, len, value), window.len());
                flat[window].fill(value);
            }
            3 => {
                let max = NonZeroUsize::new(len).unwrap_or(NonZeroUsize::MIN);
                let chunks: Vec<u8> =
                    table.bytes().chunks(offset, max).flatten().copied().collect();
                assert_eq!(chunks, flat[start..]);
            }
            4 => {
                let mut rest = SgTable::growing();
                let total = table.total_len();
                match table.split_off(offset, &mut rest) {
                    Ok(()) => {
                        assert_eq!((table.total_len(), rest.total_len()), (start, total - start))
                    }
                    Err(_) => assert!(offset > total && rest.is_empty()),
                }
                assert!(table.chain(rest).is_ok());
            }
            _ => {
                let lengths = [input.int_in_range(0..=30)?, input.int_in_range(0..=30)?];
                table = match table.split(offset, &lengths) {
                    Ok(mut split) => {
                        for part in split.parts {
                            assert!(split.before.chain(part).is_ok());
                        }
                        assert!(split.before.chain(split.after).is_ok());
                        split.before
                    }
                    Err(rejected) => rejected.returned,
                };
            }
        }
        assert_eq!(table.total_len(), flat.len());
        assert!(table.entries().all(|entry| entry.span.len() > 0));
        assert_eq!(table.bytes().equals(&flat), Equality::Equal);
    }
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    // Too few bytes end it early: that is no finding.
    let _ = steps(&mut Unstructured::new(bytes));
});
