//! Who writes the engine's registers has it write anywhere: nobody makes the authority for it but the library.
use sgdma::engine::Engine;
use sgdma::platform::{Authority, Platform};
use sgdma::register::{ChannelId, Register};

fn start(engine: &Engine<impl Platform>, channel: ChannelId, chain: u32) {
    let platform = engine.platform();
    platform.write(Authority(()), channel, Register::ConblkAd, chain);
    platform.write(Authority::LIBRARY, channel, Register::Cs, 1);
}

fn main() {}
