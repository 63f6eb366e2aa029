//! Who writes the engine's registers has it write anywhere: nobody makes the authority for it but the library.
use sgdma::platform::{Authority, Platform};
use sgdma::register::{ChannelId, Register};

fn start(platform: &impl Platform, channel: ChannelId, chain: u32) {
    platform.write(Authority(()), channel, Register::ConblkAd, chain);
    platform.write(Authority::LIBRARY, channel, Register::Cs, 1);
}

fn main() {}
