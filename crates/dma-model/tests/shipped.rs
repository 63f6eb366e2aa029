//! The shipped driver under the same sabotage: its own code, a platform that leaves things out.

#[cfg(test)]
#[path = "support/sabotage.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod sabotage;

#[cfg(test)]
mod shipped {
    use core::ptr::NonNull;
    use core::time::Duration;

    use super::sabotage::{Bug, Sabotage};
    use dma_model::{Model, Profile, Violation};
    use sgdma::buffer::{CoherentRegion, Entry};
    use sgdma::coherence::{Node, Pool};
    use sgdma::engine::{Engine, Need};
    use sgdma::frame::{Frame, FrameSize};
    use sgdma::map::{Device, FromDevice, ToDevice};
    use sgdma::platform::{Access, AddressMap};
    use sgdma::register::Register;
    use sgdma::sg_table::SgTable;

    const SEEDS: u64 = 64;

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

    /// A table of two entries into another of two, cut elsewhere; what the model found.
    fn run(bug: Bug, seed: u64) -> Vec<Violation> {
        let model: &'static Model = Box::leak(Box::new(Model::new(Profile::Hardware, seed)));
        let platform: &'static Sabotage<'static> = Box::leak(Box::new(Sabotage::new(model, bug)));
        let pool: &'static Pool<'static> = Box::leak(Box::new(pool(model)));
        let mask = model.mask();
        let engine: &'static Engine<&Sabotage<'_>> =
            Box::leak(Box::new(Engine::new(platform, mask)));
        model.attach(move |_, pending| engine.interrupt_shared(pending.channels()));
        let device = Device::new(platform);
        let channel = engine.request(Need::Full, "test").unwrap();
        // A page apart, so that no two of them merge into one segment.
        let (first, second) = (model.buffer(128, 4096, 0), model.buffer(128, 4096, 0));
        let (short, long) = (model.buffer(64, 4096, 0), model.buffer(192, 4096, 0));
        let (mut sources, mut destinations) = ([Entry::EMPTY; 2], [Entry::EMPTY; 2]);
        let mut source = SgTable::new(&mut sources);
        source.push(&*first).unwrap();
        source.push(&*second).unwrap();
        let mut destination = SgTable::new(&mut destinations);
        destination.push(&mut *short).unwrap();
        destination.push(&mut *long).unwrap();
        let source = source.map(ToDevice, &device).unwrap();
        let destination = destination.map(FromDevice, &device).unwrap();
        let size = FrameSize { blocks: 64, edges: 16, slot_bytes: 2048 };
        let frame = Frame::new(pool, size).unwrap();
        if let Ok(mut copy) = frame.copy(source, destination, &channel.constraints()) {
            let _ = channel.run(&mut copy, Duration::from_millis(5));
            let (frame, source, destination) = copy.into_parts();
            drop((frame, source.unmap(), destination.unmap()));
        }
        drop(channel);
        model.judge()
    }

    const TABLE: &[(Bug, &str)] = &[
        (Bug::ForgetClean(0), "StaleSource"),
        (Bug::ForgetClean(2), "DirtyDestination"),
        (Bug::PartialClean(0), "StaleSource"),
        (Bug::PartialClean(3), "DirtyDestination"),
        (Bug::ForgetInvalidate, "StaleForCpu"),
        (Bug::PartialInvalidate, "InvalidatePartial"),
        (Bug::ForgetBarriers, "StartWithoutBarrier"),
        (Bug::BlockOff(16), "MisalignedBlock"),
        (Bug::Flip { word: 0, bits: 1 << 31 }, "ReservedBits"),
        (Bug::Replace { word: 3, value: 0 }, "ZeroLength"),
        (Bug::Replace { word: 4, value: 16 }, "StrideWithoutTwoD"),
        (Bug::Flip { word: 0, bits: 8 << 12 }, "BurstStallsBus"),
        (Bug::Replace { word: 1, value: 0x0010_2000 }, "WrongAlias"),
        (Bug::Replace { word: 1, value: 0xC010_0000 }, "ClosedRegion"),
        (Bug::Replace { word: 2, value: 0xC012_0000 }, "UnownedMemory"),
        (Bug::KeepEnd, "StatusLeft"),
        (Bug::ReservedCs, "ReservedCsBits"),
        (Bug::PokeRegister(Register::Ti, 1), "ReadOnlyRegister"),
        (Bug::PokeBlock, "LiveBlockChanged"),
        (Bug::OtherChannel(1), "ForeignChannel"),
    ];

    #[test]
    fn unharmed_it_is_not_condemned() {
        for seed in 0..SEEDS {
            assert_eq!(run(Bug::None, seed), [], "seed {seed}");
        }
    }

    #[test]
    fn every_sabotage_of_the_shipped_driver_is_caught_by_name() {
        let mut failures = Vec::new();
        for (bug, name) in TABLE {
            let found: Vec<&str> =
                (0..8).flat_map(|seed| run(*bug, seed)).map(|violation| violation.name()).collect();
            if !found.contains(name) {
                failures.push(format!("{bug:?}: no {name}; saw {found:?}"));
            }
        }
        assert!(failures.is_empty(), "not caught:\n{}", failures.join("\n"));
    }
}
