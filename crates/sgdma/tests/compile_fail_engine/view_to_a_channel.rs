//! A channel runs what is prepared, and nothing else.
use core::time::Duration;
use sgdma::buffer::Exclusive;
use sgdma::channel::Channel;
use sgdma::map::{CpuView, FromDevice};
use sgdma::platform::Platform;

fn view<'a, P: Platform>(
    channel: &Channel<'a, &'a P>,
    mut view: CpuView<'a, 'a, FromDevice, Exclusive, P>,
) {
    let _ = channel.run(&mut view, Duration::ZERO);
}

fn main() {}
