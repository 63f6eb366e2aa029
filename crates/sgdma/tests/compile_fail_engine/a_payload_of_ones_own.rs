//! Nobody else says what a channel runs.
use sgdma::transfer::Payload;

struct Anything;

impl Payload for Anything {}

fn main() {}
