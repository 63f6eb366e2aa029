//! The interrupt handler and its delivery.

use std::rc::Rc;

use super::Model;
use crate::interrupt::Pending;
use crate::police::Violation;
use crate::trace::Event;

/// What runs on an interrupt.
pub type Handler = Rc<dyn Fn(&Model, Pending)>;

/// Says whether the CPU takes interrupts at this moment.
pub type Unmasked = Rc<dyn Fn() -> bool>;

/// So often a handler may run without the line going down.
const STORM: u32 = 100;

/// Puts the former handler back, whatever happens.
struct Restore<'a> {
    model: &'a Model,
    former: Option<Handler>,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        *self.model.handler.borrow_mut() = self.former.take();
    }
}

impl Model {
    /// Attaches a handler for good. It is called with interrupts pending, while the CPU sleeps or in
    /// [`deliver`](Self::deliver); the machine may be used in it.
    pub fn attach(&self, handler: impl Fn(&Self, Pending) + 'static) {
        *self.handler.borrow_mut() = Some(Rc::new(handler));
    }

    /// Attaches a handler that may borrow, while `body` runs.
    pub fn serving<R>(&self, handler: &dyn Fn(&Self, Pending), body: impl FnOnce() -> R) -> R {
        let handler = forever(handler);
        let former = self
            .handler
            .borrow_mut()
            .replace(Rc::new(move |model, pending| handler(model, pending)));
        let restore = Restore { model: self, former };
        let result = body();
        drop(restore);
        result
    }

    /// From now on interrupts may come at every access to a register at which `unmasked` says `true`, not only while the
    /// CPU sleeps. (A test knows by its `critical-section` implementation whether they are masked.)
    pub fn preempt(&self, unmasked: impl Fn() -> bool + 'static) {
        *self.unmasked.borrow_mut() = Some(Rc::new(unmasked));
    }

    /// A moment at which an interrupt may come, outside of handlers.
    pub(crate) fn preemption_point(&self) {
        if self.in_handler.get() {
            return;
        }
        let unmasked = self.unmasked.borrow().clone();
        if unmasked.is_some_and(|unmasked| unmasked()) {
            self.deliver();
        }
    }

    /// Runs the handler until no interrupt is pending; how often it ran. Without a handler nothing happens.
    pub fn deliver(&self) -> u32 {
        let mut runs = 0;
        loop {
            let pending = self.pending();
            let Some(handler) = self.handler.borrow().clone() else { return runs };
            if pending.is_empty() {
                return runs;
            }
            let event = Event::Interrupt { bank1: pending.bank1, bank2: pending.bank2 };
            self.machine.borrow_mut().world.log(event);
            let outer = self.in_handler.replace(true);
            handler(self, pending);
            self.in_handler.set(outer);
            let mut machine = self.machine.borrow_mut();
            machine.engine.calm();
            runs += 1;
            if runs > STORM {
                machine.world.report(Violation::InterruptStorm { lines: pending.bank1 });
                return runs;
            }
        }
    }
}

/// Forgets how long a handler lives.
#[expect(unsafe_code, reason = "a handler that borrows, for the time of one call")]
fn forever<'a>(handler: &'a dyn Fn(&Model, Pending)) -> &'static dyn Fn(&Model, Pending) {
    // SAFETY: the only caller takes the reference out of the model again before its own argument ends, on unwinding
    // too; clones of the `Rc` live no longer than a `deliver` inside `body`.
    unsafe {
        core::mem::transmute::<&'a dyn Fn(&Model, Pending), &'static dyn Fn(&Model, Pending)>(
            handler,
        )
    }
}
