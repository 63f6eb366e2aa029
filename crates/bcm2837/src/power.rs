//! Reset, halt, and what the firmware says about power and heat.

use core::fmt;

/// In the top byte of every write to the power block.
const PASSWORD: u32 = 0x5A00_0000;
/// `RSTC`: what the watchdog does when it runs out, bits 5:4.
const CONFIGURATION: u32 = 0x30;
const FULL_RESET: u32 = 0x20;
/// `RSTS`: the partition to boot from is spread over the even bits 0 to 10; 63 tells the firmware to stay down.
const HALT: u32 = 0x555;
/// Watchdog ticks of 16 microseconds: as good as at once.
const SOON: u32 = 10;

/// What to write to `WDOG` so that the watchdog runs out at once.
pub const fn watchdog_soon() -> u32 {
    PASSWORD | SOON
}

/// What to write to `RSTC`, which reads `now`, so that the watchdog resets the chip.
pub const fn full_reset(now: u32) -> u32 {
    PASSWORD | (now & 0x00FF_FFFF & !CONFIGURATION) | FULL_RESET
}

/// What to write to `RSTS`, which reads `now`, so that the firmware stays down after the reset.
pub const fn stay_down(now: u32) -> u32 {
    PASSWORD | (now & 0x00FF_FFFF) | HALT
}

/// `RSTS`: why the chip was reset last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetStatus(pub u32);

impl ResetStatus {
    /// Power was off.
    pub const fn by_power_on(self) -> bool {
        self.0 >> 12 & 1 == 1
    }

    /// The watchdog ran out, or software asked for a reset through it.
    pub const fn by_watchdog(self) -> bool {
        self.0 >> 5 & 1 == 1
    }
}

impl ResetStatus {
    /// The reason in a word.
    pub const fn name(self) -> &'static str {
        match (self.by_power_on(), self.by_watchdog()) {
            (_, true) => "watchdog",
            (true, false) => "power-on",
            (false, false) => "unknown",
        }
    }
}

impl fmt::Display for ResetStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The firmware's answer to [`Tag::Throttled`](crate::mailbox::Tag::Throttled).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttling(pub u32);

impl Throttling {
    const NAMES: [&'static str; 4] =
        ["under-voltage", "ARM frequency capped", "throttled", "soft temperature limit"];

    /// What holds now: bits 0 to 3.
    pub fn now(self) -> impl Iterator<Item = &'static str> {
        Self::names(self.0)
    }

    /// What has happened since boot: bits 16 to 19.
    pub fn since_boot(self) -> impl Iterator<Item = &'static str> {
        Self::names(self.0 >> 16)
    }

    fn names(bits: u32) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .enumerate()
            .filter(move |(bit, _)| bits >> bit & 1 == 1)
            .map(|(_, name)| name)
    }
}

impl fmt::Display for Throttling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 & 0xF_000F == 0 {
            return f.write_str("no");
        }
        let mut separator = "";
        for name in self.now() {
            write!(f, "{separator}{name} now")?;
            separator = ", ";
        }
        for name in self.since_boot() {
            write!(f, "{separator}{name} since boot")?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn every_write_carries_the_password_once() {
        for now in [0, 0x102, 0x5A00_0102, u32::MAX] {
            for value in [watchdog_soon(), full_reset(now), stay_down(now)] {
                assert_eq!(value >> 24, 0x5A);
            }
        }
    }

    #[test]
    fn a_reset_keeps_the_other_bits_of_the_register() {
        assert_eq!(full_reset(0x0000_0102), 0x5A00_0122);
        assert_eq!(full_reset(0x0000_0132), 0x5A00_0122, "the configuration field is replaced");
        assert_eq!(stay_down(0x0000_1000), 0x5A00_1555);
    }

    #[test]
    fn reasons_are_named() {
        assert_eq!(ResetStatus(1 << 12).to_string(), "power-on");
        assert_eq!(ResetStatus(1 << 5 | 1 << 12).to_string(), "watchdog");
        assert_eq!(ResetStatus(0).to_string(), "unknown");
    }

    #[test]
    fn throttling_names_now_and_before() {
        assert_eq!(Throttling(0).to_string(), "no");
        assert_eq!(
            Throttling(0x5_0001).to_string(),
            "under-voltage now, under-voltage since boot, throttled since boot"
        );
        assert_eq!(
            Throttling(0xF_000F).now().count() + Throttling(0xF_000F).since_boot().count(),
            8
        );
    }
}
