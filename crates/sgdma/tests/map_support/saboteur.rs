//! A platform that does all that mapping asks of it, but for one thing.

use core::cell::{Cell, RefCell};

use dma_model::Model;
use sgdma::address::{BusAddr, CpuAddr, CpuSpan};
use sgdma::platform::{
    Access, AddressMap, Authority, Clock, Coherence, Idle, Instant, Refusal, Registers, Woken,
};
use sgdma::register::{ChannelId, Register};

const LINE: usize = 64;

/// What a program is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    MapSource,
    MapDestination,
    Run,
    SyncForCpu,
    SourceForDevice,
    DestinationForDevice,
    Unmap,
}

/// How a step is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    OmitClean,
    OmitInvalidate,
    OmitBarrier,
    /// An invalidate where a clean+invalidate belongs.
    InvalidateForClean,
    /// A clean of the lines that lie wholly within the span.
    CleanInwards,
    /// An invalidate of every line that holds a byte of the destination, the shared ones too.
    InvalidateOutwards,
}

/// The one mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sin {
    None,
    /// Whenever this step comes.
    In(Step, How),
    /// When this step comes for the n-th time, from 0.
    Nth(Step, u32, How),
    /// In every step.
    Always(How),
    /// The cache is said to own single bytes.
    NarrowLine,
    /// The CPU stores into the destination while the engine writes it.
    StoreUnderEngine,
    /// Control blocks are in cached memory.
    CachedBlocks,
}

pub struct Saboteur<'m> {
    pub model: &'m Model,
    pub sin: Sin,
    step: Cell<Step>,
    came: RefCell<Vec<Step>>,
    destination: RefCell<Vec<CpuSpan>>,
}

impl<'m> Saboteur<'m> {
    pub fn new(model: &'m Model, sin: Sin) -> Self {
        Self {
            model,
            sin,
            step: Cell::new(Step::Run),
            came: RefCell::default(),
            destination: RefCell::default(),
        }
    }

    /// The program says what comes next.
    pub fn enter(&self, step: Step) {
        self.step.set(step);
        self.came.borrow_mut().push(step);
        if step == Step::MapDestination {
            self.destination.borrow_mut().clear();
        }
    }

    fn is(&self, how: How) -> bool {
        let step = self.step.get();
        match self.sin {
            Sin::In(this, spoilt) => this == step && spoilt == how,
            Sin::Nth(this, n, spoilt) => {
                let came = self.came.borrow().iter().filter(|came| **came == this).count();
                this == step && spoilt == how && came == n as usize + 1
            }
            Sin::Always(spoilt) => spoilt == how,
            _ => false,
        }
    }
}

/// Whole lines: those within the span, or those that hold a byte of it.
fn lines(start: usize, end: usize) -> Option<CpuSpan> {
    CpuSpan::new(CpuAddr::new(start), end.checked_sub(start).filter(|len| *len != 0)?)
}

fn inwards(span: CpuSpan) -> Option<CpuSpan> {
    lines(span.start().get().next_multiple_of(LINE), span.end().get() / LINE * LINE)
}

fn outwards(span: CpuSpan) -> Option<CpuSpan> {
    lines(span.start().get() / LINE * LINE, span.end().get().next_multiple_of(LINE))
}

// SAFETY: the model's registers, untouched.
unsafe impl Registers for Saboteur<'_> {
    fn read(&self, channel: ChannelId, register: Register) -> u32 {
        self.model.read(channel, register)
    }

    fn write(&self, authority: Authority, channel: ChannelId, register: Register, value: u32) {
        self.model.write(authority, channel, register, value);
    }

    fn interrupt_status(&self) -> u32 {
        self.model.interrupt_status()
    }

    fn enable(&self) -> u32 {
        self.model.enable()
    }

    fn set_enable(&self, value: u32) {
        self.model.set_enable(value);
    }
}

// SAFETY: addresses are the model's; the line is wrong on purpose, and the model behind it tells.
unsafe impl AddressMap for Saboteur<'_> {
    fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal> {
        self.model.bus_address(span, access)
    }

    fn reach(&self, span: CpuSpan, access: Access) -> Result<(CpuSpan, BusAddr), Refusal> {
        self.model.reach(span, access)
    }

    fn cache_line(&self) -> usize {
        if self.sin == Sin::NarrowLine { 1 } else { self.model.cache_line() }
    }
}

// SAFETY: it keeps no promise, on purpose; the model behind it tells.
unsafe impl Coherence for Saboteur<'_> {
    fn clean_invalidate(&self, span: CpuSpan) {
        if self.step.get() == Step::MapDestination {
            self.destination.borrow_mut().push(span);
        }
        if self.is(How::OmitClean) {
        } else if self.is(How::InvalidateForClean) {
            self.model.invalidate(outwards(span).unwrap());
        } else if self.is(How::CleanInwards) {
            if let Some(span) = inwards(span) {
                self.model.clean_invalidate(span);
            }
        } else {
            self.model.clean_invalidate(span);
        }
    }

    fn clean_invalidate_all(&self) {
        if !self.is(How::OmitInvalidate) {
            self.model.clean_invalidate_all();
        }
    }

    fn invalidate(&self, span: CpuSpan) {
        if self.is(How::OmitInvalidate) {
        } else if self.is(How::InvalidateOutwards) {
            let all = self.destination.borrow();
            all.iter()
                .filter_map(|span| outwards(*span))
                .for_each(|span| self.model.invalidate(span));
        } else {
            self.model.invalidate(span);
        }
    }

    fn barrier(&self) {
        if !self.is(How::OmitBarrier) {
            self.model.barrier();
        }
    }
}

impl Clock for Saboteur<'_> {
    fn now(&self) -> Instant {
        self.model.now()
    }

    fn frequency(&self) -> u64 {
        self.model.frequency()
    }
}

impl Idle for Saboteur<'_> {
    fn sleep_until(&self, deadline: Instant, ready: &mut dyn FnMut() -> bool) -> Woken {
        self.model.sleep_until(deadline, ready)
    }
}
