//! What must not compile, one misuse of channels and transfers a file. The text is what a user reads.
// Not under Miri: trybuild runs rustc, and nothing of ours is executed.
#![cfg(not(miri))]

#[test]
fn misuses_of_channels_and_transfers_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail_engine/*.rs");
}
