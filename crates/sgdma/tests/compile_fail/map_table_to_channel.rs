//! A channel runs what a frame has prepared: no table, and no mapping either.
use core::time::Duration;

use sgdma::buffer::Exclusive;
use sgdma::channel::Channel;
use sgdma::map::{Device, FromDevice};
use sgdma::platform::Platform;
use sgdma::sg_table::SgTable;

fn run<P: Platform>(channel: &Channel<'_, P>, mut table: SgTable<'_, Exclusive>) {
    let _ = channel.run(&mut table, Duration::ZERO);
}

fn run_mapped<P: Platform>(
    channel: &Channel<'_, P>,
    table: SgTable<'_, Exclusive>,
    device: &Device<'_, P>,
) {
    let mut mapped = table.map(FromDevice, device).unwrap();
    let _ = channel.run(&mut mapped, Duration::ZERO);
}

fn main() {}
