//! What can be built and what cannot.

use super::*;

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
fn a_device_has_a_peripheral_address_and_32_bits() {
    let fifo = |address| DeviceFifo::new(BusAddr::new(address), Dreq::NONE, Width::Bits32);
    assert!(fifo(0x7E20_4004).is_ok());
    for address in [0x3F20_4004, 0x7E20_4002, 0xC000_0000, 0x7F00_0000] {
        assert!(fifo(address).is_err(), "{address:#x}");
    }
    let wide = DeviceFifo::new(BusAddr::new(0x7E20_4004), Dreq::NONE, Width::Bits128);
    assert!(matches!(wide, Err(ConstraintError::WideDevice { .. })));
}
