//! The chip's registers for the sequences of the `bcm2837` crate: SPI 0, PWM, the PWM's clock, the pins.

use bcm2837::bus::PERIPHERALS;
use bcm2837::registers::Registers;

use crate::arch::barrier;

/// All of them. What is known about each is in the crate; here is only the access.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peripherals;

fn address(offset: u32) -> usize {
    (PERIPHERALS.start + (offset & 0x00FF_FFFC)) as usize
}

impl Registers for Peripherals {
    fn read(&self, offset: u32) -> u32 {
        let register = core::ptr::with_exposed_provenance::<u32>(address(offset));
        // SAFETY: an aligned word of the peripherals, which are mapped as device memory. Only the crate's sequences come
        // here, one at a time; none of their registers belongs to another driver, but for those of pins, which only the
        // boot and they change.
        let value = unsafe { register.read_volatile() };
        // Datasheet p. 7: reads of different peripherals may come back in another order.
        barrier::data_memory();
        value
    }

    fn write(&self, offset: u32, value: u32) {
        let register = core::ptr::with_exposed_provenance_mut::<u32>(address(offset));
        barrier::data_memory();
        // SAFETY: as above.
        unsafe { register.write_volatile(value) };
    }
}
