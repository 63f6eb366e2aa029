//! Any bytes for a device tree: what is read of it, or that it is malformed.
#![no_main]

use bcm2837::device_tree::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(tree) = read(bytes) {
        assert!(!format!("{tree:?}").is_empty());
    }
});
