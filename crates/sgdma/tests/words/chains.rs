//! What the verifier finds.

use sgdma::chain::{ChainError, Fault};
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
    says(Fault::Bits { ti, wrong: 8 }, "TI 0x00000119 has bits 0x8 set");
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
