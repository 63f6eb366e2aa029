//! Waiting, awaiting, calling back, stopping, breaking: each way a transfer can end, one at a time.
#![cfg(test)]

#[path = "engine_ways/asking.rs"]
mod asking;
#[path = "engine_ways/filling.rs"]
mod filling;
#[path = "engine_ways/forgetting.rs"]
mod forgetting;
#[path = "engine_ways/hanging.rs"]
mod hanging;
#[path = "engine_ways/having.rs"]
mod having;
#[path = "engine_support/jobs.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared between tests")]
mod jobs;
#[path = "engine_ways/lending.rs"]
mod lending;
#[path = "engine_ways/moving.rs"]
mod moving;
#[path = "engine_ways/prelude.rs"]
#[expect(unreachable_pub, reason = "shared between the files")]
mod prelude;
#[path = "engine_ways/preparing.rs"]
mod preparing;
#[path = "engine_ways/recovering.rs"]
mod recovering;
#[path = "engine_support/rig.rs"]
#[expect(unreachable_pub, reason = "shared between tests")]
mod rig;
#[path = "engine_ways/ringing.rs"]
mod ringing;
#[path = "engine_ways/waiting.rs"]
mod waiting;
