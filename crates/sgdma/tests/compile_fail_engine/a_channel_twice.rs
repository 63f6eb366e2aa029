//! A channel is there once.
use sgdma::channel::Channel;
use sgdma::platform::Platform;

fn twice<'e, P: Platform>(channel: &Channel<'e, P>) -> [Channel<'e, P>; 2] {
    let one = channel.clone();
    [one, *channel]
}

fn main() {}
