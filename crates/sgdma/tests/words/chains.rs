//! What the verifier finds.

use sgdma::chain::{ChainError, Fault, disassemble};
use sgdma::control_block::ControlBlock;
use sgdma::lower::End;
use sgdma::segment::BusWindow;

use crate::{at, bus, fails, says};

#[test]
fn an_error_names_its_block() {
    let error = ChainError { block: 7, fault: Fault::Alignment { bits: 0x3 } };
    fails(error, "control block 7: misaligned by 0x3");
}

#[test]
fn the_word_ti_is_shown_with_what_is_wrong_in_it() {
    let ti = 0x119;
    says(Fault::Bits { ti, wrong: 8 }, "TI 0x00000119 differs in bits 0x8 from what it must be");
    says(Fault::Increment { ti }, "TI 0x00000119 steps the wrong address");
    says(Fault::Width { ti }, "TI 0x00000119 has the wrong width");
    says(Fault::Burst { ti, most: 1 }, "TI 0x00000119 bursts longer than 2 beats");
    says(Fault::Pacing { ti }, "TI 0x00000119 has the wrong DREQ");
    says(Fault::Response { ti }, "TI 0x00000119: WAIT_RESP is in the wrong place");
    says(Fault::Interrupt { ti }, "TI 0x00000119: INTEN is in the wrong place");
}

#[test]
fn the_other_words_are_shown_too() {
    says(Fault::Empty, "there is none");
    says(Fault::Storage { base: bus(0) }, "a chain cannot be at 0x00000000");
    says(Fault::Length { len: 0, most: 0xffe0 }, "length 0x0: must be 1 to 0xffe0");
    says(Fault::Stride { stride: 4 }, "STRIDE 0x00000004 in a linear block");
    says(Fault::Reserved { word: 1 }, "reserved word 0x00000001, must be 0");
    let next = Fault::Next { next: 0xc000_0000, expected: 0 };
    says(next, "leads to 0xc0000000, must lead to 0x00000000");
    says(Fault::Device { address: bus(0x10) }, "0x00000010 is no peripheral's");
    says(Fault::Period { len: 8, left: 4 }, "0x8 bytes where the period has 0x4 left");
    says(
        Fault::Rows { len: 0x2_0008, stride: 1 },
        "TXFR_LEN 0x00020008, STRIDE 0x00000001 are not the next rows of the rectangle",
    );
}

#[test]
fn memory_is_named_by_its_side() {
    let (end, found, expected) = (End::Source, bus(0xc000_0004), bus(0xc000_0000));
    let order = Fault::Order { end, found, expected };
    says(order, "source 0xc0000004 where the list goes on at 0xc0000000");
    says(Fault::Past { end, found }, "source 0xc0000004 runs past its segment");
    let short = Fault::Short { end, next: found };
    says(short, "the chain ends before the source, at 0xc0000004");
    let (segment, window) = (at(0x10, 4), BusWindow::SDRAM);
    let outside = Fault::Window { end, segment, window };
    says(outside, &format!("source {segment} is outside {window}"));
    let forbidden = Fault::Forbidden { end: End::Destination, segment };
    says(forbidden, &format!("destination {segment} lies over the chain or its slots"));
    let boundary = Fault::Boundary { end, addr: found, len: 0x1000 };
    says(boundary, "source 0xc0000004, 0x1000 bytes, crosses a boundary");
    let overlap = Fault::Overlap { source: found, destination: expected };
    says(overlap, "source 0xc0000004 and destination 0xc0000000 share bytes");
}

#[test]
fn edges_are_named_by_their_slot() {
    let (destination, slot) = (bus(0xc000_0002), bus(0xc030_0000));
    let line = Fault::Line { destination, len: 3 };
    says(line, "0x3 bytes straight to 0xc0000002, in a cache line that others share");
    let edge = Fault::Edge { offset: 0x40, slot };
    says(edge, "writes 0xc0300000 at offset 0x40, which is no edge's slot");
    let taken = Fault::Slot { slot, len: 4 };
    says(taken, "0x4 bytes to 0xc0300000, not a free place in the slots");
    let read = Fault::EdgeRead { source: destination, len: 8 };
    says(read, "reads 0x8 bytes at 0xc0000002, not the granules of its edge");
    says(Fault::EdgesLeft { edges: 2 }, "2 edges are filled by no block");
}

/// The words of TI by the datasheet, p. 51 and 52.
#[test]
fn a_listing_says_what_every_bit_of_ti_does() {
    let (source, dest, len) = (0xc010_1000, 0xc010_2000, 0x40);
    let line = |ti| {
        let block = ControlBlock { ti, source, dest, len, ..ControlBlock::default() };
        disassemble(&[block], bus(0xc020_0000)).next().unwrap().to_string()
    };
    let (plain, inc) = ("0xc0200000: 0xc0101000 → 0xc0102000  0x40 bytes", 1 << 4 | 1 << 8);
    says(line(inc), &format!("{plain}  32-bit  end"));
    says(line(inc | 1), &format!("{plain}  32-bit  INTEN  end"));
    says(line(inc | 1 << 3), &format!("{plain}  32-bit  WAIT_RESP  end"));
    says(line(inc | 1 << 9 | 3 << 12), &format!("{plain}  wide reads, 32-bit writes burst 4  end"));
    says(line(inc | 1 << 5), &format!("{plain}  32-bit reads, wide writes  end"));
    says(line(inc | 5 << 16), &format!("{plain}  32-bit  DREQ 5 gates nothing  end"));
    says(line(inc | 1 << 10 | 5 << 16), &format!("{plain}  32-bit  DREQ 5 gates reads  end"));
    let both = 1 << 10 | 1 << 6 | 5 << 16;
    says(line(inc | both), &format!("{plain}  32-bit  DREQ 5 gates reads and writes  end"));
    says(line(inc | 1 << 6), &format!("{plain}  32-bit  DREQ 0 gates writes  end"));
    says(line(inc | 9 << 21), &format!("{plain}  32-bit  9 waits  end"));
    says(line(inc | 1 << 26), &format!("{plain}  32-bit  NO_WIDE_BURSTS  end"));
    let fixed = "0xc0200000: fixed 0xc0101000 → fixed 0xc0102000  0x40 bytes  32-bit  end";
    says(line(0), fixed);
    says(line(inc | 1 << 7), "0xc0200000: 0xc0101000 → nothing  0x40 bytes  32-bit  end");
    says(line(inc | 1 << 11), "0xc0200000: nothing → 0xc0102000  0x40 bytes  32-bit  end");
    says(line(1 << 2), "0xc0200000: TI 0x00000004 has reserved bits set");
}

#[test]
fn a_listing_shows_words_that_should_not_be_there() {
    let (source, dest) = (0xc010_1000, 0xc010_2000);
    let plain = ControlBlock { ti: 0x110, source, dest, len: 0x40, ..ControlBlock::default() };
    let odd = ControlBlock { stride: 0x10, next: 0xc020_0020, reserved: [0, 9], ..plain };
    let next = ControlBlock { stride: 0xfff0_0008, len: 0x0003_0020, ti: 0x112, ..plain };
    let lines: Vec<_> = disassemble(&[odd, next], bus(0xc020_0000)).collect();
    says(
        lines[0],
        "0xc0200000: 0xc0101000 → 0xc0102000  0x40 bytes  stride 0x00000010 unused  32-bit  \
         reserved 0x00000000 0x00000009  next 0xc0200020",
    );
    says(
        lines[1],
        "0xc0200020: 0xc0101000 → 0xc0102000  0x20 bytes x 4 rows, strides +8 -16  32-bit  end",
    );
}
