//! Two engines of the same channels would each take for its own what ends on them: an engine gives its machine to nobody.
use sgdma::engine::Engine;
use sgdma::platform::Platform;

fn by_its_platform<'a, P: Platform>(engine: &'a Engine<&'a P>) -> Engine<&'a P> {
    Engine::new(*engine.platform(), engine.usable())
}

fn by_its_clock<'a, P: Platform>(engine: &'a Engine<P>) {
    Engine::new(engine.clock(), engine.usable());
}

fn by_its_device<'a, P: Platform>(engine: &'a Engine<P>) -> Engine<&'a P> {
    Engine::new(engine.device().platform(), engine.usable())
}

fn main() {}
