//! The shipped driver on the strict model: whole transfers.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use core::ptr::NonNull;
use core::time::Duration;

use dma_model::{Model, Profile};
use sgdma::buffer::{CoherentRegion, Entry};
use sgdma::coherence::{Node, Pool};
use sgdma::engine::{Engine, Need};
use sgdma::frame::{Frame, FrameSize};
use sgdma::map::{Device, FromDevice, ToDevice};
use sgdma::platform::{Access, AddressMap};
use sgdma::sg_table::SgTable;

fn pool(model: &Model) -> Pool<'static> {
    let memory = model.coherent_memory();
    let bus = model.bus_address(model.coherent_span(), Access::Write).unwrap();
    let len = u32::try_from(memory.len()).unwrap();
    let start = NonNull::new(memory.cast::<u8>()).unwrap();
    // SAFETY: the model's coherent memory, which nothing else names.
    let region = unsafe { CoherentRegion::new(start, len, bus) };
    let nodes: Vec<Node> = (0..Pool::nodes_for(len)).map(|_| Node::empty()).collect();
    Pool::new(region, nodes.leak()).unwrap()
}

#[test]
fn a_string_scattered_one_way_arrives_scattered_another_way() {
    for seed in 0..if cfg!(miri) { 1 } else { 64 } {
        let model: &Model = Box::leak(Box::new(Model::new(Profile::Hardware, seed)));
        let pool: &'static Pool<'static> = Box::leak(Box::new(pool(model)));
        let engine: &'static Engine<&Model> = Box::leak(Box::new(Engine::new(model, model.mask())));
        model.attach(move |_, pending| engine.interrupt_shared(pending.channels()));
        let device = Device::new(model);
        let channel = engine.request(Need::Full, "test").unwrap();

        let text: Vec<u8> = (0..=255).collect();
        let (head, tail) = (model.buffer(100, 64, 3), model.buffer(156, 64, 0));
        head.copy_from_slice(&text[..100]);
        tail.copy_from_slice(&text[100..]);
        let (front, back) = (model.buffer(7, 64, 1), model.buffer(249, 64, 60));
        let (mut entries, mut others) = ([Entry::EMPTY; 2], [Entry::EMPTY; 2]);
        let mut source = SgTable::new(&mut entries);
        source.push(&*head).unwrap();
        source.push(&*tail).unwrap();
        let mut destination = SgTable::new(&mut others);
        destination.push(&mut *front).unwrap();
        destination.push(&mut *back).unwrap();

        let source = source.map(ToDevice, &device).unwrap();
        let destination = destination.map(FromDevice, &device).unwrap();
        let frame =
            Frame::new(pool, FrameSize { blocks: 64, edges: 16, slot_bytes: 2048 }).unwrap();
        let mut copy = frame.copy(source, destination, &channel.constraints()).unwrap();
        channel.run(&mut copy, Duration::from_millis(50)).unwrap();
        let (frame, source, destination) = copy.into_parts();
        drop((frame, source.unmap()));
        let table = destination.unmap();
        let mut got = vec![0; 256];
        assert_eq!(table.bytes().pcopy_to_buffer(0, &mut got), 256);
        assert_eq!(got, text, "seed {seed}");
        drop(channel);
        model.finish();
    }
}
