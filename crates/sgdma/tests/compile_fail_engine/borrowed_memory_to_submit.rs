//! What a channel keeps may be forgotten, so it must own its memory.
use sgdma::channel::Channel;
use sgdma::buffer::{Exclusive, Shared};
use sgdma::map::{FromDevice, Mapped, ToDevice};
use sgdma::platform::Platform;
use sgdma::transfer::Prepared;

type Copy<'a, P> = Prepared<
    'a,
    Mapped<'a, 'a, ToDevice, Shared, P>,
    Mapped<'a, 'a, FromDevice, Exclusive, P>,
>;

fn keep<'a, P: Platform>(channel: &Channel<'_, &'a P>, copy: Copy<'a, P>) {
    let _ = channel.submit(copy);
}

fn main() {}
