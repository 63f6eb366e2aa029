//! A strict model of the BCM2835 DMA controller, of memory that two masters share, and of caches.
#![deny(unsafe_code)]

mod datasheet;
mod device;
mod engine;
mod fault;
mod interrupt;
mod memory;
mod model;
mod platform;
mod police;
mod profile;
mod trace;
mod world;

pub use fault::{Fault, Occurs};
pub use interrupt::Pending;
pub use memory::{Layout, Region, Window};
pub use model::{Builder, Handler, Model};
pub use police::Violation;
pub use profile::Profile;
pub use trace::{Entry, Event, Trace};
