//! What can be built and what cannot.

use super::*;
use crate::address::BusAddr;
use crate::chain::Rules;
use crate::chain::verify::{self, Chain};
use crate::control_block::ControlBlock;
use crate::lower::{self, Storage};
use crate::register::ChannelId;
use crate::segment::{BusSegment, Each, SegmentList};

#[test]
fn what_a_channel_cannot_move_cannot_be_asked_for() {
    let lite = Constraints::memory(ChannelKind::Lite);
    assert!(lite.with_max_segment(0xFFE0).is_ok());
    for asked in [0, 15, 0xFFE1, 0x1_0000, 0x4000_0000, u32::MAX] {
        assert!(lite.with_max_segment(asked).is_err(), "{asked:#x}");
    }
    let full = Constraints::memory(ChannelKind::Full);
    assert!(full.with_max_segment(0x3FFF_FFE0).is_ok());
    assert!(full.with_max_segment(0x4000_0000).is_err(), "Linux's SZ_1G does not fit 30 bits");
}

#[test]
fn the_longest_block_is_a_multiple_of_the_burst_in_any_order_of_asking() {
    let full = Constraints::memory(ChannelKind::Full);
    let one = full.with_burst(4).unwrap().with_max_segment(1023).unwrap();
    let other = full.with_max_segment(1023).unwrap().with_burst(4).unwrap();
    assert_eq!(one, other);
    assert_eq!(one.max_segment(), 1020);
}

#[test]
fn the_emulated_engine_needs_two_granules() {
    let full = Constraints::memory(ChannelKind::Full).with_burst(1).unwrap();
    let emulated = full.with_engine(EngineKind::Emulated).unwrap();
    assert!(emulated.with_max_segment(7).is_err());
    assert_eq!(emulated.with_max_segment(11).unwrap().max_segment(), 8);
    assert!(emulated.with_boundary(4).is_err());
}

#[test]
fn a_boundary_is_a_power_of_two() {
    let full = Constraints::memory(ChannelKind::Full);
    assert_eq!(full.boundary(), None);
    assert_eq!(full.with_boundary(4096).unwrap().boundary(), Some(4096));
    for asked in [0, 3, 16, 4097] {
        assert!(full.with_boundary(asked).is_err(), "{asked}");
    }
}

#[test]
fn the_least_that_a_refusal_names_can_be_had() {
    for kind in [ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite] {
        for engine in [EngineKind::Hardware, EngineKind::Emulated] {
            for burst in [1, 2, 4, 8, 16, 64] {
                let limits = Constraints::memory(kind).with_burst(burst).unwrap();
                let limits = limits.with_engine(engine).unwrap();
                for asked in [0, 1, 2, 3, 4, 5, 6, 7, 63] {
                    let Err(refused) = limits.with_boundary(asked) else { continue };
                    let ConstraintError::Boundary { least, .. } = refused else {
                        panic!("{refused}")
                    };
                    assert!(limits.with_boundary(least).is_ok(), "{asked}: {refused}");
                    assert!(limits.with_boundary(least / 2).is_err(), "{asked}: {refused}");
                }
                let Err(ConstraintError::MaxSegment { least, .. }) = limits.with_max_segment(0)
                else {
                    panic!("{limits:?}")
                };
                assert!(limits.with_max_segment(least).is_ok());
                assert!(limits.with_max_segment(least - 1).is_err());
            }
        }
    }
}

#[test]
fn a_device_has_a_peripheral_address_and_32_bits() {
    let fifo = |address| DeviceFifo::new(BusAddr::new(address), Dreq::NONE, Width::Bits32);
    assert!(fifo(0x7E20_4004).is_ok());
    for address in [0x3F20_4004, 0x7E20_4002, 0xC000_0000, 0x7F00_0000] {
        assert!(fifo(address).is_err(), "{address:#x}");
    }
    // This engine's channels, ENABLE and the last one; the mailbox, USB, V3D: ways to have anything written.
    for address in [0x7E00_7504, 0x7E00_7FF0, 0x7EE0_5004, 0x7E00_B8A0, 0x7E98_0000, 0x7EC0_0000] {
        assert_eq!(
            fifo(address),
            Err(ConstraintError::MasterDevice { address: BusAddr::new(address) })
        );
    }
    // First and last word of a block of them, and the words beside it.
    for (address, open) in
        [(0x7E20_BFFC, false), (0x7E20_C000, true), (0x7E20_CFFC, true), (0x7E20_D000, false)]
    {
        assert_eq!(fifo(address).is_ok(), open, "{address:#x}");
    }
    let wide = DeviceFifo::new(BusAddr::new(0x7E20_4004), Dreq::NONE, Width::Bits128);
    assert!(matches!(wide, Err(ConstraintError::WideDevice { .. })));
}

/// One entry has a short way through planner and verifier, by numbers that are worked out with the limits; read one by one
/// it goes the long way.
#[test]
fn what_is_worked_out_with_the_limits_is_what_they_mean() {
    for kind in [ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite] {
        for engine in [EngineKind::Hardware, EngineKind::Emulated] {
            let bursts: &[u32] = if cfg!(miri) { &[16] } else { &[1, 4, 8, 16, 32, 64] };
            for &burst in bursts {
                for limits in [Constraints::memory(kind), Constraints::device(kind)] {
                    let limits = limits.with_engine(engine).unwrap().with_burst(burst).unwrap();
                    assert_eq!(limits.unit_mask(), burst.max(engine.granule()) - 1);
                    both_ways_agree(&limits);
                }
            }
        }
    }
}

/// On the block, and on every block that is one bit away from it.
fn both_ways_agree(limits: &Constraints) {
    let from = [BusSegment::new(BusAddr::new(0xC010_0000), 0x1000)];
    let to = [BusSegment::new(BusAddr::new(0xC020_0000), 0x1000)];
    let each = |list: [BusSegment; 1]| Each(list.into_iter());
    let block = only_block(from.iter(), to.iter(), limits);
    assert_eq!(block, only_block(each(from), each(to), limits), "{limits:?}");
    let rules = Rules::new(limits);
    let mut refused = 0;
    for bit in 0..=256 {
        let mut words = block.words();
        if let Some(word) = words.get_mut(bit / 32) {
            *word ^= 1 << (bit % 32);
        }
        let blocks = [ControlBlock::from_words(words)];
        let (base, slots) = (BusAddr::new(0xC030_0000), BusSegment::default());
        let chain = Chain { blocks: &blocks, base, edges: &[], slots };
        let short = verify::copy(&chain, &rules, from.iter(), to.iter());
        assert_eq!(short, verify::copy(&chain, &rules, each(from), each(to)), "{bit} {limits:?}");
        refused += usize::from(short.is_err());
        assert!(bit < 256 || short.is_ok());
    }
    // All but some of the 13 bits of TI that say how fast.
    assert!(refused >= 243, "{refused}");
}

fn only_block<L: SegmentList>(
    from: impl IntoIterator<IntoIter = L>,
    to: impl IntoIterator<IntoIter = L>,
    limits: &Constraints,
) -> ControlBlock {
    let mut blocks = [ControlBlock::default()];
    let (chain, slots) = (BusAddr::new(0xC030_0000), BusSegment::default());
    let storage = Storage { blocks: &mut blocks, chain, edges: &mut [], slots };
    lower::copy(from, to, limits, storage).unwrap();
    blocks[0]
}

#[test]
fn lines_and_bursts_are_powers_of_two_up_to_a_page() {
    let limits = Constraints::memory(ChannelKind::Full);
    for good in [1, 2, 64, 2048, 4096] {
        assert_eq!(limits.with_line(good).map(|limits| limits.line()), Ok(good));
    }
    for bad in [0, 3, 4095, 4097, 8192, 1 << 31] {
        assert_eq!(limits.with_line(bad), Err(ConstraintError::Line { asked: bad }));
        assert_eq!(limits.with_burst(bad), Err(ConstraintError::Burst { asked: bad }));
    }
}

#[test]
fn one_list_alone_is_cut_as_on_the_chip_whatever_the_engine() {
    let emulated =
        Constraints::memory(ChannelKind::Full).with_engine(EngineKind::Emulated).unwrap();
    let alone = emulated.alone();
    assert_eq!((alone.engine(), alone.granule(), alone.line()), (EngineKind::Hardware, 1, 1));
}

#[test]
fn there_are_32_dreqs() {
    assert_eq!(Dreq::new(31).map(Dreq::number), Some(31));
    assert_eq!([32, 255].map(Dreq::new), [None, None]);
}

#[test]
fn aligned_bodies_are_wide_where_a_burst_is_128_bits() {
    let full = Constraints::memory(ChannelKind::Full);
    let width = |burst| full.with_burst(burst).unwrap().width();
    assert_eq!([1, 8].map(width), [Width::Bits32; 2]);
    assert_eq!([16, 64].map(width), [Width::Bits128; 2]);
    assert_eq!(Constraints::device(ChannelKind::Bulk).width(), Width::Bits32);
}

#[test]
fn the_number_of_a_channel_decides_its_kind() {
    let kinds = (0..15).filter_map(ChannelId::new).map(ChannelKind::of);
    let [bulk, full, lite] = [ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite];
    assert!(kinds.eq([bulk].into_iter().chain([full; 6]).chain([lite; 8])));
}
