//! What no pool gives, and of what there is none.

use core::num::NonZeroUsize;
use core::ptr::NonNull;

use super::*;
use crate::address::CpuAddr;

#[test]
fn a_pool_of_no_block_or_between_blocks_is_refused() {
    let too_small = |given| AllocError::TooSmall { least: MIN_BLOCK, given };
    let misplaced =
        |cpu, bus| AllocError::Misplaced { cpu: CpuAddr::new(cpu), bus: BusAddr::new(bus) };
    for (len, cpu, bus, refused) in [
        (0, 4096, BUS, too_small(0)),
        (MIN_BLOCK - 1, 4096, BUS, too_small(63)),
        (4096, 4096, BUS + 32, misplaced(4096, BUS + 32)),
        (4096, 4096 + 32, BUS, misplaced(4128, BUS)),
        (4096, 4096 + 8, BUS + 8, misplaced(4104, BUS + 8)),
    ] {
        let start = NonNull::without_provenance(NonZeroUsize::new(cpu).unwrap());
        // SAFETY: a pool of it is refused before anything is read or written.
        #[expect(unsafe_code, reason = "a region that becomes no memory")]
        let region = unsafe { CoherentRegion::new(start, len, BusAddr::new(bus)) };
        assert_eq!(Pool::new(region, &mut nodes(4096)).map(drop), Err(refused));
    }
    let (region, _owner) = region(4096);
    let needed = Pool::nodes_for(4096);
    let short = AllocError::Books { needed, given: needed - 1 };
    assert_eq!(Pool::new(region, &mut nodes(4096)[1..]).map(drop), Err(short));
}

#[test]
fn what_cannot_be_a_buffer_is_refused_and_takes_nothing() {
    let (region, _owner) = region(4096);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let refused = |len, alignment| pool.alloc(len, alignment).map(drop).unwrap_err();
    assert_eq!(refused(0, 32), AllocError::Empty);
    assert_eq!([0, 3].map(|alignment| refused(1, alignment)), [0, 3].map(AllocError::Alignment));
    // Where the region begins, nothing is aligned to more.
    let most = 1 << BUS.trailing_zeros();
    assert_eq!(refused(1, 2 * most), AllocError::Alignment(2 * most));
    let mut pieces = [const { None }; 2];
    assert_eq!(pool.alloc_noncontiguous(0, &mut pieces), Err(AllocError::Empty));
    assert_eq!((pool.levels().used, pool.levels().buffers), (0, 0));
    assert!(!pool.alloc(1, 1).unwrap().is_empty());
}

#[test]
fn bad_questions_are_errors() {
    let (region, _owner) = region(1024);
    let mut books = nodes(1024);
    let pool = Pool::new(region, &mut books).unwrap();
    assert_eq!(pool.alloc(0, 1).unwrap_err(), AllocError::Empty);
    assert_eq!(pool.alloc(8, 3).unwrap_err(), AllocError::Alignment(3));
    assert_eq!(pool.alloc(8, 0).unwrap_err(), AllocError::Alignment(0));
    let (region, _owner) = self::region(1024);
    assert_eq!(
        Pool::new(region, &mut books[..30]).unwrap_err(),
        AllocError::Books { needed: 31, given: 30 }
    );
}

#[test]
fn blocks_of_an_impossible_size_are_refused() {
    let (region, _owner) = region(4096);
    let mut nodes = nodes(4096);
    let pool = Pool::new(region, &mut nodes).unwrap();
    let mut words = [const { Word::empty() }; 1];
    let mut of =
        |block| BlockPool::new(pool.alloc(64, 64).unwrap(), block, &mut words).unwrap_err();
    let too_small = |least, given| AllocError::TooSmall { least, given };
    assert_eq!([0, 16, 31].map(&mut of), [0, 16, 31].map(|given| too_small(32, given)));
    assert_eq!([of(48), of(128)], [AllocError::Alignment(48), too_small(128, 64)]);
}
