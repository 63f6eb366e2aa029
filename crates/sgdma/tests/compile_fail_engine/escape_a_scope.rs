//! What was submitted in a scope does not leave it.
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

fn escape<'a, P: Platform>(channel: &Channel<'a, &'a P>, copy: Copy<'a, P>) {
    let flight = channel.engine().scope(|scope| scope.submit(channel, copy).unwrap());
    drop(flight);
}

fn main() {}
