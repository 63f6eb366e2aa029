//! Who takes the authority to write the engine's registers vouches for what the engine does then.
use sgdma::platform::{Authority, Platform};
use sgdma::register::{ChannelId, Register};

fn start(platform: &impl Platform, channel: ChannelId) {
    platform.write(Authority::new(), channel, Register::Cs, 1);
}

fn main() {}
