//! Memory that does not outlive the scope cannot be lent in it.
use sgdma::buffer::Entry;
use sgdma::channel::Channel;
use sgdma::frame::Frame;
use sgdma::map::Device;
use sgdma::sg_table::SgTable;
use sgdma::buffer::Shared;
use sgdma::map::{FromDevice, Mapped, ToDevice};
use sgdma::platform::Platform;

fn inside<'a, P: Platform>(
    channel: &Channel<'a, &'a P>,
    device: &Device<'a, P>,
    frame: Frame<'a>,
    source: Mapped<'a, 'a, ToDevice, Shared, P>,
) {
    channel.engine().scope(|scope| {
        let mut buffer = [0; 64];
        let mut entries = [Entry::EMPTY];
        let table = SgTable::one(&mut entries, &mut buffer).unwrap();
        let destination = table.map(FromDevice, device).unwrap();
        let copy = frame.copy(source, destination, &channel.constraints()).unwrap();
        std::mem::forget(scope.submit(channel, copy));
    });
}

fn main() {}
