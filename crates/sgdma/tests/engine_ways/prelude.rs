//! What every file here needs.

pub use core::cell::RefCell;
pub use core::future::Future;
pub use core::pin::{Pin, pin};
pub use core::task::{Context, Poll, Waker};
pub use core::time::Duration;
pub use std::panic::{AssertUnwindSafe, catch_unwind};

pub use super::rig::{
    HANDLER_MOST, HANDLER_USUALLY, Lie, Machine, Probe, Rig, channel, pattern, sampled, seeds,
};
pub use dma_model::{Fault, Occurs, Profile};
pub use sgdma::buffer::{Entry, Exclusive, Shared};
pub use sgdma::channel::{Channel, NotTaken, RunError};
pub use sgdma::engine::{
    Callback, Engine, FaultKind, Need, QUEUE_DEPTH, RequestError, Status, SubmitError, Withdrawal,
};
pub use sgdma::executor::block_on;
pub use sgdma::map::{FromDevice, Mapped, ToDevice};
pub use sgdma::platform::{Clock, Idle, Instant, Registers};
pub use sgdma::sg_table::SgTable;
pub use sgdma::transfer::Prepared;

pub(crate) use super::{jobs, rig};

pub const MILLISECOND: Duration = Duration::from_millis(1);

pub type Copy<'a> = Prepared<
    'a,
    Mapped<'a, 'a, ToDevice, Shared, Probe<'a>>,
    Mapped<'a, 'a, FromDevice, Exclusive, Probe<'a>>,
>;

/// A copy of so many bytes in blocks of 64.
pub fn copy<'a>(rig: &Rig<'a>, channel: &Channel<'_, &'a Probe<'a>>, bytes: &[u8]) -> Copy<'a> {
    let (from, to) = (rig.buffer(bytes.len()), rig.buffer(bytes.len()));
    from.copy_from_slice(bytes);
    to.fill(0);
    let [s, d] = Box::leak(Box::new([[Entry::EMPTY; 1]; 2]));
    let source = SgTable::one(s, &*from).unwrap().map(ToDevice, &rig.device()).unwrap();
    let destination = SgTable::one(d, to).unwrap().map(FromDevice, &rig.device()).unwrap();
    let limits = channel.constraints().with_max_segment(64).unwrap();
    rig.small_frame(16).copy(source, destination, &limits).unwrap()
}

pub fn arrived(copy: Copy<'_>, bytes: &[u8]) -> bool {
    let table = copy.into_parts().2.unmap();
    let mut got = vec![0; table.total_len()];
    table.bytes().copy_to_buffer(&mut got);
    got == bytes
}

pub fn take<'a>(rig: &Rig<'a>, number: u8) -> Channel<'a, &'a Probe<'a>> {
    rig.engine.request(Need::Exactly(channel(number)), "test").unwrap()
}

/// Bytes that are in memory at the destination, once all that are on the bus have landed. (No byte is 0.)
pub fn landed(rig: &Rig<'_>, destination: u32, bytes: &[u8]) -> u64 {
    rig.model.run(200);
    let view = rig.model.device_view(destination, bytes.len());
    let there = view.iter().zip(bytes).take_while(|(got, want)| got == want).count();
    u64::try_from(there).unwrap()
}

thread_local! {
    pub static CALLED: RefCell<Vec<(usize, Status)>> = const { RefCell::new(Vec::new()) };
}

pub fn called(context: usize, status: Status) {
    CALLED.with_borrow_mut(|calls| calls.push((context, status)));
}
