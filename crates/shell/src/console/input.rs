//! Bytes that came in while a command ran.

use alloc::collections::VecDeque;
use core::time::Duration;

use crate::editor::decoder::{Decoder, Key};

/// How many bytes may wait: a paste of 64 KiB with its marks, and some more.
const WAITING: usize = 68 * 1024;

/// Bytes that wait for the editor, and a watch for Ctrl-C among them.
#[derive(Debug)]
pub(super) struct Input {
    queue: VecDeque<u8>,
    watch: Decoder,
    lost: u64,
}

/// Whether a byte stops the command that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    No,
    Yes,
}

impl Input {
    pub(super) fn new() -> Self {
        Self { queue: VecDeque::with_capacity(WAITING), watch: Decoder::new(), lost: 0 }
    }

    /// Puts a byte behind the others.
    pub(super) fn push(&mut self, byte: u8) {
        if self.queue.len() < WAITING {
            self.queue.push_back(byte);
        } else {
            self.lost += 1;
        }
    }

    /// Takes the first byte.
    pub(super) fn pop(&mut self) -> Option<u8> {
        self.queue.pop_front()
    }

    /// Whether none waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How many bytes found no room.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// A command begins: what waits already is not for it, but may have begun a paste.
    pub(super) fn begin(&mut self) {
        self.watch = Decoder::new();
        for &byte in &self.queue {
            self.watch.feed(byte, Duration::ZERO, &mut |_| ());
        }
    }

    /// A byte comes in while a command runs. Ctrl-C stops it, unless it is data of a paste; other bytes wait.
    pub(super) fn meanwhile(&mut self, byte: u8) -> Stop {
        let mut stop = Stop::No;
        self.watch.feed(byte, Duration::ZERO, &mut |key| {
            if key == Key::Interrupt {
                stop = Stop::Yes;
            }
        });
        if stop == Stop::No {
            self.push(byte);
        }
        stop
    }
}
