//! `/blink`: a ring that sets and clears a pin, paced by PWM: the classic demonstration, with the edges counted.

use alloc::format;
use core::iter;
use core::time::Duration;

use sgdma::engine::Need;
use sgdma::frame::{Frame, FrameSize};
use sgdma::lower::Paced;
use sgdma::platform::Clock;
use sgdma::transfer::Payload;

use super::board_only::{self, Guard};
use super::prepare::{read, told};
use crate::args::Values;
use crate::console::{Answer, Failure, Session, Stopped};
use crate::machine::{Channel, Dma, PacedDevice};
use crate::render::u64_of;

/// What is done where nothing else is asked for: GPIO21 is pin 40, the last of the header, beside a ground.
const PIN: u64 = 21;
const PERIOD: u64 = 250_000;
const COUNT: u64 = 20;
/// GPSET0, GPCLR0 (p. 90), FIF1 of PWM (p. 141), and its DREQ (p. 61).
const SET: u32 = 0x7E20_001C;
const CLEAR: u32 = 0x7E20_0028;
const FIFO: u32 = 0x7E20_C018;
const DREQ: u8 = 5;
/// A word to set and one to clear, each with one for the pacer.
const FRAME: FrameSize = FrameSize { blocks: 4, edges: 0, slot_bytes: 0 };
/// The FIFO takes some words at once, so that the first edges come early: they do not count for the average.
const EARLY: u64 = 4;

/// How long the pin may stand still beyond some periods.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is wanted.
struct Wish {
    pin: u32,
    period: u32,
    count: u64,
}

#[inline(never)]
pub(super) fn blink(session: &mut Session<'_>, values: &Values) -> Answer {
    let number = |name, or| u32::try_from(values.number(name).unwrap_or(or)).unwrap_or(u32::MAX);
    let count = values.number("count").unwrap_or(COUNT);
    let wish = Wish { pin: number("pin", PIN), period: number("period", PERIOD), count };
    let dma = board_only::engine(session)?;
    let mut masks = session.machine().buffer(8).map_err(told)?;
    let mask = 1_u32.checked_shl(wish.pin).unwrap_or(0).to_le_bytes();
    for word in masks.chunks_mut(4) {
        word.copy_from_slice(&mask);
    }
    let channel = dma.engine.request(Need::Any, "blink").map_err(told)?;
    let words = read(&dma.device(), &mut iter::once(masks.to_read()))?;
    let set = board_only::device(SET, 0)?;
    let registers = [set, board_only::device(CLEAR, 0)?];
    let devices = Paced { registers, pacer: board_only::device(FIFO, DREQ)? };
    let frame = Frame::new(dma.pool, FRAME).map_err(told)?;
    let ring = frame.ring_paced(words, devices, &channel.device_constraints());
    let mut ring = ring.map_err(|no| told(no.reason))?;
    let (pin, period) = (wish.pin, wish.period);
    let _pacer = Guard::open(session.machine(), PacedDevice::Pacer { pin, period })?;
    let text = format_args!("GPIO{pin} by {}, a word each {period} µs (DREQ {DREQ})", channel.id());
    session.log("pwm", text);
    dma.engine.scope(|scope| {
        let transfer: &mut dyn Payload = &mut ring;
        let flight = scope.submit(&channel, transfer).map_err(|no| told(no.reason))?;
        channel.issue_pending();
        let answer = watch(session, dma, &channel, &wish);
        // A ring ends by being cancelled.
        drop(flight.cancel());
        answer
    })
}

/// Counts the edges at the pin until there are enough.
fn watch(session: &mut Session<'_>, dma: Dma<'_>, channel: &Channel<'_>, wish: &Wish) -> Answer {
    let clock = dma.engine.clock();
    let nap = Duration::from_micros(u64::from(wish.period / 8).min(10_000));
    let patience = Duration::from_micros(u64::from(wish.period).saturating_mul(8)) + PATIENCE;
    let (mut level, mut edges) = (session.machine().level(wish.pin), 0);
    let (mut steady, mut last) = (clock.now(), clock.now());
    while edges < wish.count {
        let stop = |Stopped| Failure::stopped(format!("{edges} edges"));
        session.go_on().map_err(stop)?;
        dma.engine.sleep_until(clock.after(nap), &mut || false);
        let (now, was) = (clock.now(), level);
        level = session.machine().level(wish.pin);
        if level != was {
            (edges, last) = (edges + 1, now);
            steady = if edges <= EARLY { now } else { steady };
        } else if clock.between(last, now) > patience {
            let text = "the ring stands still: PWM does not ask for words";
            return Err(Failure::told(format_args!("{edges} edges, then {text}")));
        }
    }
    let counted = edges.saturating_sub(EARLY).max(1);
    let average = u64_of(clock.between(steady, last).as_micros()) / counted;
    let (pin, period, by) = (wish.pin, wish.period, channel.id());
    Ok(format!("{edges} edges at GPIO{pin} by {by}, one each {average} µs, {period} µs asked for"))
}
