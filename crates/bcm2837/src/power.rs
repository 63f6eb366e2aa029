//! Reset, halt, and what the firmware says about power and heat.

use core::fmt;
use core::time::Duration;

/// In the top byte of every write to the power block.
const PASSWORD: u32 = 0x5A00_0000;
/// `RSTC`: what the watchdog does when it runs out, bits 5:4.
const CONFIGURATION: u32 = 0x30;
const FULL_RESET: u32 = 0x20;
/// `RSTS`: the partition to boot from is spread over the even bits 0 to 10; 63 tells the firmware to stay down.
const HALT: u32 = 0x555;
/// `RSTC` as it is after a reset: the watchdog does nothing. (Linux `bcm2835_wdt.c`, which stops it so.)
const AT_RESET: u32 = 0x102;
/// `WDOG`: ticks, 65,536 a second. (Linux `bcm2835_wdt.c`.)
const TICKS_PER_SECOND: u64 = 1 << 16;
const TICKS_MAX: u32 = 0x000F_FFFF;
/// Watchdog ticks that are as good as at once.
const SOON: u32 = 10;

/// A time in ticks of the watchdog: at least 1, at most what it can wait, a tick less than 16 seconds.
pub fn watchdog_ticks(time: Duration) -> u32 {
    let whole = time.as_secs().saturating_mul(TICKS_PER_SECOND);
    let ticks =
        whole.saturating_add(u64::from(time.subsec_nanos()) * TICKS_PER_SECOND / 1_000_000_000);
    u32::try_from(ticks).unwrap_or(TICKS_MAX).clamp(1, TICKS_MAX)
}

/// What to write to `WDOG` so that the watchdog runs out after so many ticks from now.
pub const fn watchdog_in(ticks: u32) -> u32 {
    PASSWORD | if ticks < TICKS_MAX { ticks } else { TICKS_MAX }
}

/// What to write to `WDOG` so that the watchdog runs out at once.
pub const fn watchdog_soon() -> u32 {
    watchdog_in(SOON)
}

/// What to write to `RSTC` so that nothing happens when the watchdog runs out.
pub const fn watchdog_off() -> u32 {
    PASSWORD | AT_RESET
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
///
/// Names and meanings of the bits: raspberrypi/linux #932, from Broadcom's `cpr_powman.h`; barebox
/// `include/soc/bcm283x/wdt.h`. Bits 12 power-on, 9 software, 5 watchdog, 1 debugger: the *full* reset of each, which is the one
/// that this chip's software asks for. Those of the hard and the quick reset share their bits with the partition to boot
/// from and tell nothing. The firmware reads the register before us, and a read clears it (the same thread): then it says
/// nothing here, and the device tree has what the firmware read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetStatus(pub u32);

impl ResetStatus {
    /// The reason in a word. A reboot goes through the watchdog too and cannot be told from one that ran out.
    pub const fn name(self) -> &'static str {
        if self.0 >> 5 & 1 == 1 {
            "watchdog"
        } else if self.0 >> 9 & 1 == 1 {
            "software"
        } else if self.0 >> 1 & 1 == 1 {
            "debugger"
        } else if self.0 >> 12 & 1 == 1 {
            "power-on"
        } else {
            "unknown"
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
            for value in
                [watchdog_soon(), watchdog_off(), watchdog_in(now), full_reset(now), stay_down(now)]
            {
                assert_eq!(value >> 24, 0x5A);
            }
        }
    }

    #[test]
    fn the_watchdog_waits_as_long_as_it_can_and_no_longer() {
        assert_eq!(
            [5, 0xF_FFFF, u32::MAX].map(watchdog_in),
            [0x5A00_0005, 0x5A0F_FFFF, 0x5A0F_FFFF]
        );
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
        assert_eq!(ResetStatus(1 << 9).to_string(), "software");
        assert_eq!(ResetStatus(1 << 1).to_string(), "debugger");
        assert_eq!(ResetStatus(0).to_string(), "unknown");
        assert_eq!(ResetStatus(0x555).to_string(), "unknown", "a partition is no reason");
    }

    #[test]
    fn the_watchdog_waits_as_long_as_it_is_told_and_as_it_can() {
        assert_eq!(watchdog_ticks(Duration::from_secs(1)), 65_536);
        assert_eq!(watchdog_ticks(Duration::from_millis(1500)), 98_304);
        assert_eq!(watchdog_ticks(Duration::ZERO), 1);
        assert_eq!(watchdog_ticks(Duration::from_nanos(15_999_984_742)), 0x000F_FFFF);
        for long in [Duration::from_secs(16), Duration::from_secs(1 << 20), Duration::MAX] {
            assert_eq!(watchdog_ticks(long), 0x000F_FFFF, "{long:?}");
        }
        assert_eq!(watchdog_in(0x0010_0000), 0x5A0F_FFFF, "does not run into the password");
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
