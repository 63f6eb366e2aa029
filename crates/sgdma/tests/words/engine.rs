//! Channels, registers and failures.

use sgdma::channel::{NotTaken, RunError};
use sgdma::constraints::{ChannelKind, EngineKind};
use sgdma::engine::{
    Fault, FaultKind, PauseError, RequestError, Snapshot, SubmitError, Withdrawal,
};
use sgdma::register::ChannelId;
use sgdma::transfer::{FaultPlace, WrongChannel};

use crate::{fails, says};

fn channel() -> ChannelId {
    ChannelId::new(4).unwrap()
}

#[test]
fn a_request_says_whose_the_channel_is() {
    fails(RequestError::NoneFree, "no channel is free: release one");
    fails(RequestError::Taken { owner: "spi" }, "the channel belongs to spi");
    let not_ours = RequestError::NotOurs { channel: channel() };
    fails(not_ours, "the VideoCore keeps dma4: take one of the firmware's mask");
    let reason = Withdrawal::NoReset;
    let withdrawn = "the channel was withdrawn: did not come to rest after a reset";
    fails(RequestError::Withdrawn { reason }, withdrawn);
    fails(SubmitError::Withdrawn { reason }, withdrawn);
    assert!(SubmitError::QueueFull.to_string().ends_with(" transfers: wait for one"));
    fails(PauseError { channel: channel() }, "dma4 did not come to a halt");
    says(format_args!("{:?}", channel()), "dma4");
    assert_eq!(ChannelId::new(15), None, "channel 15 is elsewhere, p. 38");
}

#[test]
fn what_a_channel_does_not_take() {
    let prepared = (ChannelKind::Full, EngineKind::Hardware);
    let wrong = WrongChannel { prepared, channel: (ChannelKind::Lite, EngineKind::Emulated) };
    let text =
        "prepared for a full channel of the hardware engine, this is a lite one of the emulated";
    says(wrong, text);
    fails(wrong, text);
    fails(RunError::NotTaken(NotTaken::WrongChannel(wrong)), text);
    let full = NotTaken::Submit(SubmitError::QueueFull);
    fails(RunError::NotTaken(full), &SubmitError::QueueFull.to_string());
    let other = NotTaken::OtherEngine;
    fails(other, "the channel belongs to another engine than the scope");
}

#[test]
fn a_fault_says_why_and_where() {
    let kinds = [
        (FaultKind::Read, "the bus answered a read with an error"),
        (FaultKind::Fifo, "the FIFO of the engine failed"),
        (FaultKind::ReadLast, "the last beat of a read was not marked"),
        (FaultKind::Unexplained, "the engine reports an error and no reason"),
        (FaultKind::Timeout, "not complete in time"),
        (FaultKind::Terminated, "terminated"),
        (FaultKind::Withdrawn, "the channel is withdrawn"),
    ];
    for (kind, text) in kinds {
        says(kind, text);
        says(Fault { kind, registers: Snapshot::default() }, text);
    }
    let registers = Snapshot { conblk_ad: 0xc030_0020, ..Snapshot::default() };
    let fault = Fault { kind: FaultKind::Read, registers };
    let at_block = "the bus answered a read with an error (at control block 0xc0300020)";
    fails(RunError::Failed(fault, None), at_block);
    let place = FaultPlace { block: 1, source: None, destination: None };
    let text = "the bus answered a read with an error, at control block 1";
    fails(RunError::Failed(fault, Some(place)), text);
}

/// Bits by the datasheet, p. 47 to 57.
#[test]
fn registers_are_shown_with_their_bits_by_name() {
    let snapshot = Snapshot {
        cs: 1 | 1 << 4 | 1 << 8,
        conblk_ad: 0xc030_0020,
        ti: 1 | 1 << 3 | 1 << 4 | 1 << 8 | 5 << 16,
        source_ad: 0xc000_0000,
        dest_ad: 0xc000_1000,
        txfr_len: 0x40,
        next: 0,
        debug: 1 << 2 | 3 << 4 | 0x155 << 16 | 2 << 25 | 1 << 28,
    };
    let lines = [
        "  CS        0x00000111 ACTIVE PAUSED ERROR",
        "  CONBLK_AD 0xc0300020",
        "  TI        0x00050119 INTEN WAIT_RESP DEST_INC SRC_INC PERMAP=5",
        "  SOURCE_AD 0xc0000000",
        "  DEST_AD   0xc0001000",
        "  TXFR_LEN  0x00000040",
        "  NEXTCONBK 0x00000000",
        "  DEBUG     0x15550034 READ_ERROR LITE VERSION=2 STATE=0x155 OUTSTANDING_WRITES=3",
    ];
    says(snapshot, &lines.join("\n"));
    let none = Snapshot::default().to_string();
    assert!(none.starts_with("  CS        0x00000000 -\n"), "{none}");
    assert_eq!(Snapshot::default().block(), None);
}

/// By the datasheet, p. 41.
#[test]
fn registers_lie_where_the_datasheet_has_them() {
    use sgdma::register::Register::{
        ConblkAd, Cs, Debug, DestAd, NextConbk, SourceAd, Stride, Ti, TxfrLen,
    };
    let all = [Cs, ConblkAd, Ti, SourceAd, DestAd, TxfrLen, Stride, NextConbk, Debug];
    assert!(all.iter().zip((0..).step_by(4)).all(|(register, at)| register.offset() == at));
}
