//! Nor by way of a variable outside.
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

fn smuggle<'a, P: Platform>(channel: &Channel<'a, &'a P>, copy: Copy<'a, P>) {
    let mut outside = None;
    channel.engine().scope(|scope| outside = Some(scope.submit(channel, copy).unwrap()));
    drop(outside);
}

fn main() {}
