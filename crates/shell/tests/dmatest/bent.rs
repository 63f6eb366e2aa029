//! A machine on which one byte of the destination reads wrong after a test, wherever the engine put it.

use std::cell::{Cell, OnceCell, RefCell};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use std::time::Duration;

use dma_model::Profile;
use sgdma::buffer::{Exclusive, Piece, Shared};
use shell::console::Console;
use shell::machine::{Buffer, Counters, Dma, Facts, Machine, NoBuffer, Region, Usage};
use shell::render::Paint;

use crate::machine::{Simulated, SimulatedBuffer};

/// The simulated machine, but every second buffer, the destination, shows a wrong byte.
pub(crate) struct Bent {
    inner: Simulated,
    at: Rc<Cell<usize>>,
    buffers: Cell<usize>,
}

/// A buffer that shows a wrong byte when it is looked at, which a test does last of all.
pub(crate) struct BentBuffer {
    inner: SimulatedBuffer,
    at: Option<usize>,
    shown: OnceCell<Vec<u8>>,
}

impl Deref for BentBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let Some(at) = self.at else { return &self.inner };
        self.shown.get_or_init(|| {
            let mut bytes = self.inner.to_vec();
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1;
            }
            bytes
        })
    }
}

impl DerefMut for BentBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.inner
    }
}

impl Buffer for BentBuffer {
    fn to_read(&self) -> Piece<'_, Shared> {
        self.inner.to_read()
    }

    fn to_write(&mut self) -> Piece<'_, Exclusive> {
        self.inner.to_write()
    }
}

/// Bends each byte in turn and gives the control block, and the count of blocks, that is told for it; none beside the
/// destination.
pub(crate) fn sweep(kinds: &str, seed: u64) -> Vec<Option<(usize, usize)>> {
    let written: Rc<RefCell<Vec<u8>>> = Rc::default();
    let sink = Rc::clone(&written);
    let write = move |bytes: &[u8]| sink.borrow_mut().extend_from_slice(bytes);
    let inner = Simulated::new(Profile::Qemu, 1, write, || None);
    let at = Rc::new(Cell::new(0));
    let machine = Bent { inner, at: Rc::clone(&at), buffers: Cell::new(0) };
    let mut console = Console::new(machine, Paint::Plain);
    let line = format!("/dmatest iterations=1 size=300 pieces=4 seed={seed} kinds={kinds}\r");
    // A buffer has room for the bytes, three guards, and the gaps between four pieces.
    let tell = |byte| {
        at.set(byte);
        line.bytes().for_each(|byte| console.feed(byte, Duration::ZERO));
        told(&String::from_utf8(written.take()).expect("text"))
    };
    (0..300 + 64 * 6).map(tell).collect()
}

fn told(text: &str) -> Option<(usize, usize)> {
    let lines: Vec<String> = text.lines().map(String::from).collect();
    let text = crate::unwrapped(&lines);
    assert!(text.contains("dma5: iteration 1 seed "), "{text}");
    if text.contains("beside the destination was written") {
        return None;
    }
    let (_, told) = text.split_once(", control block ").expect("a control block");
    let told = told.lines().next().expect("a line");
    let (block, blocks) = told.split_once(" of ").expect("a count");
    Some((block.parse().expect("a number"), blocks.parse().expect("a number")))
}

impl Machine for Bent {
    fn buffer(&self, len: usize) -> Result<Box<dyn Buffer>, NoBuffer> {
        let nth = self.buffers.replace(self.buffers.get() + 1);
        let at = (nth % 2 == 1).then(|| self.at.get());
        Ok(Box::new(BentBuffer { inner: self.inner.take(len)?, at, shown: OnceCell::new() }))
    }

    fn write(&self, bytes: &[u8]) {
        self.inner.write(bytes);
    }

    fn poll(&self) -> Option<u8> {
        self.inner.poll()
    }

    fn uptime(&self) -> Duration {
        self.inner.uptime()
    }

    fn counters(&self) -> Counters {
        self.inner.counters()
    }

    fn facts(&self) -> Facts {
        self.inner.facts()
    }

    fn heap(&self) -> Usage {
        self.inner.heap()
    }

    fn coherent_pool(&self) -> Usage {
        self.inner.coherent_pool()
    }

    fn memory_map(&self) -> Vec<Region> {
        self.inner.memory_map()
    }

    fn read_memory(&self, address: u64, into: &mut [u8]) -> Result<(), &'static str> {
        self.inner.read_memory(address, into)
    }

    fn write_word(&self, address: u64, value: u32) -> Result<(), &'static str> {
        self.inner.write_word(address, value)
    }

    fn dma(&self) -> Result<Dma<'static>, &'static str> {
        self.inner.dma()
    }

    fn bench(&self, line: &mut dyn FnMut(&str)) -> Result<usize, String> {
        self.inner.bench(line)
    }

    fn reboot(&self) {}

    fn halt(&self) {}
}
