//! What must not compile, one misuse a file. The text is what a user reads.
// Not under Miri: trybuild runs rustc, and nothing of ours is executed.
#![cfg(not(miri))]

#[test]
fn misuses_of_tables_and_maps_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/map_*.rs");
}
