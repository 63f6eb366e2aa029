//! What the machine thinks of its driver.

use super::Model;
use crate::police::Violation;
use crate::trace::Trace;

/// Log lines a verdict shows.
const SHOWN: usize = 60;

impl Model {
    /// The violations so far, in order, each once.
    pub fn violations(&self) -> Vec<Violation> {
        self.machine.borrow().world.police.found().to_vec()
    }

    /// Takes the violations out, for a test that expects them.
    pub fn take_violations(&self) -> Vec<Violation> {
        self.machine.borrow_mut().world.police.clear()
    }

    /// The log so far.
    pub fn trace(&self) -> Trace {
        self.machine.borrow().world.trace.clone()
    }

    /// Looks at what is left at the end: channels that run, END or INT set, lines nobody invalidated. Then the same
    /// as [`violations`](Self::violations).
    pub fn judge(&self) -> Vec<Violation> {
        let machine = &mut *self.machine.borrow_mut();
        machine.engine.judge_end(&mut machine.world);
        let heap = machine.world.memory.layout().heap();
        if let Some(address) = machine.world.memory.stale_line(heap.start, heap.len()) {
            machine.world.report(Violation::StaleForCpu { address });
        }
        machine.world.police.found().to_vec()
    }

    /// Asserts that the driver did nothing wrong.
    ///
    /// # Panics
    /// With the violations and the end of the log, where there are any.
    pub fn finish(&self) {
        let found = self.judge();
        if !found.is_empty() {
            condemn(&found, &self.trace().tail(SHOWN));
        }
    }
}

#[expect(clippy::panic, reason = "this is the assertion a test fails with")]
fn condemn(found: &[Violation], log: &Trace) -> ! {
    let list: Vec<String> = found.iter().map(Violation::to_string).collect();
    panic!("{} violation(s):\n  {}\nlog:\n{log}", found.len(), list.join("\n  "))
}
