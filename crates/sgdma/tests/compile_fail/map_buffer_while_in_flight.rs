//! The CPU does not touch memory, nor free it, while a transfer that borrows it can still run.
use sgdma::buffer::{Entry, Exclusive};
use sgdma::channel::Channel;
use sgdma::constraints::Constraints;
use sgdma::frame::Frame;
use sgdma::map::{Device, FromDevice, Mapped, ToDevice};
use sgdma::platform::Platform;
use sgdma::sg_table::SgTable;

fn touch<P: Platform>(
    channel: &Channel<'_, P>,
    device: &Device<'_, P>,
    frame: Frame<'_>,
    source: Mapped<'_, '_, ToDevice, Exclusive, P>,
    limits: &Constraints,
) {
    let mut buffer = [0; 64];
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, &mut buffer).unwrap();
    let copy = frame.copy(source, table.map(FromDevice, device).unwrap(), limits).unwrap();
    channel.engine().scope(|scope| {
        let flight = scope.submit(channel, copy);
        buffer[0] = 1;
        drop(flight);
    });
}

fn submit<P: Platform>(
    channel: &Channel<'_, P>,
    device: &Device<'_, P>,
    frame: Frame<'_>,
    source: Mapped<'_, '_, ToDevice, Exclusive, P>,
    limits: &Constraints,
) {
    let mut buffer = [0; 64];
    let mut storage = [Entry::EMPTY; 1];
    let table = SgTable::one(&mut storage, &mut buffer).unwrap();
    let copy = frame.copy(source, table.map(FromDevice, device).unwrap(), limits).unwrap();
    let _ = channel.submit(copy);
}

fn main() {}
