//! The examples are run, so that they cannot rot.
#![expect(clippy::duplicate_mod, reason = "each example brings what it stands on")]

#[path = "../examples/copy.rs"]
mod copy;
#[path = "../examples/device.rs"]
mod device;
#[path = "../examples/failure.rs"]
mod failure;
#[path = "../examples/queue.rs"]
mod queue;
#[path = "../examples/ring.rs"]
mod ring;

#[test]
fn a_copy_between_lists_that_are_cut_differently() {
    copy::main();
}

#[test]
fn a_queue_on_one_channel() {
    queue::main();
}

#[test]
fn to_a_device_and_back() {
    device::main();
}

#[test]
fn a_ring_that_is_read_while_it_goes_round() {
    ring::main();
}

#[test]
fn a_failure_and_what_comes_after() {
    failure::main();
}
