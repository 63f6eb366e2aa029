//! What others need for the same work on the same emulated board, in instructions: the figures of `docs/performance.md`.

/// Others' figures for one case, where there are any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peers {
    /// What we want to need at most.
    pub(crate) target: Option<u32>,
    /// The tightest hand-written path, without checks and without lowering.
    pub(crate) floor: Option<u32>,
    /// Circle 51.
    pub(crate) circle: Option<u32>,
    /// A lean Linux 6.1.
    pub(crate) linux: Option<u32>,
}

/// For parts that have no counterpart.
pub(super) const NONE: Peers = Peers { target: None, floor: None, circle: None, linux: None };

/// One entry, prepared and run.
pub(super) const PREPARE_AND_RUN: Peers = peers(380, 105, Some(457), Some(2_038));
/// One entry, prepared before.
pub(super) const RUN: Peers = peers(180, 105, None, Some(1_586));
/// 256 entries, no cache work. Circle polls; Linux has 256 interrupts.
pub(super) const LIST: Peers = peers(20_000, 4_941, Some(44_547), Some(381_000));
/// 256 entries with the cache's work.
pub(super) const LIST_CACHED: Peers = peers(130_000, 120_918, Some(323_589), Some(611_005));
/// 256 entries, destination shifted: nobody else can.
pub(super) const SHIFTED: Peers =
    Peers { target: Some(40_000), floor: None, circle: None, linux: None };
/// The same with the cache's work.
pub(super) const SHIFTED_CACHED: Peers =
    Peers { target: Some(150_000), floor: None, circle: None, linux: None };

const fn peers(target: u32, floor: u32, circle: Option<u32>, linux: Option<u32>) -> Peers {
    Peers { target: Some(target), floor: Some(floor), circle, linux }
}
