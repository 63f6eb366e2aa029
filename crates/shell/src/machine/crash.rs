//! The ways in which a machine can be made to break down.

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// A read of address 0.
    Null,
    /// A write to code.
    Text,
    /// A jump into data.
    Exec,
    /// Calls without end.
    Stack,
    /// A panic in an interrupt.
    Irq,
    /// A word of device memory across a word boundary.
    Align,
    /// A panic.
    Panic,
    /// A fault while a panic is being reported.
    Double,
    /// A loop without end, interrupts masked.
    Hang,
}

impl Crash {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Null,
        Self::Text,
        Self::Exec,
        Self::Stack,
        Self::Irq,
        Self::Align,
        Self::Panic,
        Self::Double,
        Self::Hang,
    ];

    /// The names, in the order of [`ALL`](Self::ALL).
    pub const NAMES: [&'static str; 9] =
        ["null", "text", "exec", "stack", "irq", "align", "panic", "double", "hang"];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().zip(Self::ALL).find_map(|(it, crash)| (it == name).then_some(crash))
    }
}
