//! The rules for a write to CS.

use super::Violation;
use crate::datasheet::cs;

/// Reserved bits of a value written to CS.
pub(crate) fn judge_cs_bits(channel: u8, value: u32, report: &mut dyn FnMut(Violation)) {
    let bits = value & cs::RESERVED;
    if bits != 0 {
        report(Violation::ReservedCsBits { channel, bits });
    }
}

/// An acknowledge (INT or END written as 1) on a channel that runs.
pub(crate) fn judge_ack(channel: u8, value: u32, policy: u32, report: &mut dyn FnMut(Violation)) {
    if value & (cs::INT | cs::END) == 0 || value & cs::RESET != 0 {
        return;
    }
    if value & cs::ACTIVE == 0 {
        report(Violation::AckDropsActive { channel, value });
    } else if value & cs::POLICY != policy {
        report(Violation::AckDropsPolicy { channel, value, policy });
    }
}

/// A fresh start: what the channel still remembers of the transfer before.
pub(crate) fn judge_start(
    channel: u8,
    status: u32,
    errors: u32,
    report: &mut dyn FnMut(Violation),
) {
    let status = status & (cs::INT | cs::END);
    if status != 0 {
        report(Violation::StaleStatusAtStart { channel, status });
    }
    if errors != 0 {
        report(Violation::ErrorAtStart { channel, errors });
    }
}
