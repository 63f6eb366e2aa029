//! What is in flight is not in our hands.
use sgdma::channel::Channel;
use sgdma::scope::Scope;
use sgdma::buffer::{Exclusive, Shared};
use sgdma::map::{FromDevice, Mapped, ToDevice};
use sgdma::platform::Platform;
use sgdma::transfer::Prepared;

type Copy<'a, P> = Prepared<
    'a,
    Mapped<'a, 'a, ToDevice, Shared, P>,
    Mapped<'a, 'a, FromDevice, Exclusive, P>,
>;

fn use_it<'s, 'a, P: Platform>(
    scope: &'s Scope<'s, 'a, &'a P>,
    channel: &Channel<'a, &'a P>,
    copy: Copy<'a, P>,
) {
    let flight = scope.submit(channel, copy);
    let _ = copy.into_parts();
    drop(flight);
}

fn main() {}
