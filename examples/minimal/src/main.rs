//! The least program on the library: the UART as the firmware left it, one scatter/gather copy, `ok` or `error`.
//!
//! `make minimal.img` builds it for size, `timeout 5 qemu-system-aarch64 -M raspi3b -kernel minimal.img -serial stdio
//! -display none` runs it. There is no heap: tables, blocks and the pool's books are arrays.
//!
//! The core stays as the loader left it, MMU and caches off: all memory is coherent, and no interrupt comes. The whole
//! shipped path runs: tables are mapped, cut into blocks, verified, run on a channel, and looked after.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {
    println!("this runs on a Raspberry Pi 3");
}

#[cfg(target_os = "none")]
mod bare {
    use core::arch::global_asm;
    use core::ptr::{NonNull, with_exposed_provenance, with_exposed_provenance_mut};
    use core::time::Duration;

    use critical_section::RawRestoreState;
    use sgdma::address::{BusAddr, CpuSpan};
    use sgdma::buffer::{CoherentRegion, Entry};
    use sgdma::coherence::{Node, Pool};
    use sgdma::control_block::ControlBlock;
    use sgdma::engine::{Engine, Need};
    use sgdma::frame::Frame;
    use sgdma::lower::Edge;
    use sgdma::map::{Device, FromDevice, ToDevice};
    use sgdma::platform::{
        Access, AddressMap, Authority, Clock, Coherence, Idle, Instant, Refusal, Registers, Woken,
    };
    use sgdma::register::{ChannelId, Register};
    use sgdma::sg_table::SgTable;

    // Core 0 of whatever level takes the stack below the image and goes on; the others sleep.
    global_asm!(
        ".section .text.boot, \"ax\"",
        ".global _start",
        "_start:",
        "mrs x0, mpidr_el1",
        "tst x0, #0xff",
        "b.ne 1f",
        "adr x0, _start",
        "mov sp, x0",
        "adrp x0, __bss_start",
        "adrp x1, __bss_end",
        "0: cmp x0, x1",
        "b.hs 2f",
        "stp xzr, xzr, [x0], #16",
        "b 0b",
        "2: bl {main}",
        "1: wfe",
        "b 1b",
        main = sym main,
    );

    // Instead of those that come with the compiler, which are quick and twelve times as long.
    global_asm!(
        ".section .text.memory, \"ax\"",
        ".global memcpy",
        "memcpy: mov x3, x0",
        "0: cbz x2, 1f",
        "ldrb w4, [x1], #1",
        "strb w4, [x3], #1",
        "sub x2, x2, #1",
        "b 0b",
        "1: ret",
        ".global memset",
        "memset: mov x3, x0",
        "0: cbz x2, 1f",
        "strb w1, [x3], #1",
        "sub x2, x2, #1",
        "b 0b",
        "1: ret",
    );

    const DMA: usize = 0x3F00_7000;
    const UART: usize = 0x3F20_1000;
    /// Memory as the engine sees it without the VideoCore's caches.
    const BUS: u32 = 0xC000_0000;
    /// Room for the blocks.
    const COHERENT: u32 = 1024;

    #[repr(align(64))]
    struct Blocks([u8; COHERENT as usize]);

    fn read(address: usize) -> u32 {
        // SAFETY: a device register that is read without effect.
        unsafe { with_exposed_provenance::<u32>(address).read_volatile() }
    }

    fn write(address: usize, value: u32) {
        // SAFETY: a device register; what it makes the engine do the library has verified.
        unsafe { with_exposed_provenance_mut::<u32>(address).write_volatile(value) };
    }

    fn print(text: &str) {
        for byte in text.bytes() {
            while read(UART + 0x18) & 1 << 5 != 0 {}
            write(UART, u32::from(byte));
        }
    }

    struct Pi;

    // SAFETY: plain accesses of the channel's registers.
    unsafe impl Registers for Pi {
        fn read(&self, channel: ChannelId, register: Register) -> u32 {
            read(DMA + usize::from(channel.number()) * 0x100 + register.offset() as usize)
        }

        fn write(&self, _: Authority, channel: ChannelId, register: Register, value: u32) {
            write(DMA + usize::from(channel.number()) * 0x100 + register.offset() as usize, value);
        }

        fn interrupt_status(&self) -> u32 {
            read(DMA + 0xFE0)
        }

        fn enable(&self) -> u32 {
            read(DMA + 0xFF0)
        }

        fn set_enable(&self, value: u32) {
            write(DMA + 0xFF0, value);
        }
    }

    // SAFETY: RAM lies on the bus as it lies in memory; only memory that this program owns is ever mapped.
    unsafe impl AddressMap for Pi {
        fn bus_address(&self, span: CpuSpan, _: Access) -> Result<BusAddr, Refusal> {
            let start = u32::try_from(span.start().get()).map_err(|_| Refusal::Unmapped)?;
            Ok(BusAddr::new(BUS | start))
        }

        /// The caches are off: every byte is on its own.
        fn cache_line(&self) -> usize {
            1
        }
    }

    // SAFETY: the caches are off.
    unsafe impl Coherence for Pi {
        fn clean_invalidate(&self, _: CpuSpan) {}

        fn invalidate(&self, _: CpuSpan) {
            self.barrier();
        }

        fn clean_invalidate_all(&self) {}

        fn barrier(&self) {
            // SAFETY: a barrier.
            unsafe { core::arch::asm!("dsb sy", options(nostack, preserves_flags)) };
        }
    }

    impl Clock for Pi {
        fn now(&self) -> Instant {
            let ticks: u64;
            // SAFETY: reads the counter.
            unsafe { core::arch::asm!("mrs {}, cntpct_el0", out(reg) ticks, options(nostack)) };
            Instant::from_ticks(ticks)
        }

        fn frequency(&self) -> u64 {
            19_200_000
        }
    }

    impl Idle for Pi {
        fn sleep_until(&self, deadline: Instant, ready: &mut dyn FnMut() -> bool) -> Woken {
            loop {
                if ready() {
                    return Woken::Ready;
                }
                if self.now() >= deadline {
                    return Woken::Deadline;
                }
            }
        }
    }

    struct NeverInterrupted;
    critical_section::set_impl!(NeverInterrupted);

    // SAFETY: one core, and interrupts stay masked.
    unsafe impl critical_section::Impl for NeverInterrupted {
        unsafe fn acquire() -> RawRestoreState {
            0
        }

        unsafe fn release(_: RawRestoreState) {}
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        print("panic\r\n");
        loop {}
    }

    extern "C" fn main() {
        print(if copy().is_some() { "ok\r\n" } else { "error\r\n" });
    }

    /// "scatter" and "gather" out of three pieces into two.
    fn copy() -> Option<()> {
        let mut memory = Blocks([0; COHERENT as usize]);
        let (start, bus) =
            (&raw mut memory.0).cast::<u8>().expose_provenance().try_into().ok().map(
                |start: u32| {
                    (NonNull::new(with_exposed_provenance_mut(start as usize)), BUS | start)
                },
            )?;
        // SAFETY: the caches are off, and `memory` is used by nothing else until `copy` returns.
        let region = unsafe { CoherentRegion::new(start?, COHERENT, BusAddr::new(bus)) };
        let mut nodes = [const { Node::empty() }; Pool::nodes_for(COHERENT)];
        let pool = Pool::new(region, &mut nodes).ok()?;
        let (mut blocks, mut edges) = ([ControlBlock::default(); 8], [Edge::default(); 1]);
        let mut frame = Frame::lent(&pool, &mut blocks, &mut edges, 0).ok()?;

        let engine = Engine::new(Pi, 1 << 5);
        let channel = engine.request(Need::Full, "minimal").ok()?;
        let device = Device::new(&Pi);
        let pieces = (*b"scat", *b"ter/gath", *b"er..");
        let (mut first, mut second) = ([0; 8], [0; 8]);
        let (mut from, mut to) = ([Entry::EMPTY; 3], [Entry::EMPTY; 2]);
        let mut source = SgTable::new(&mut from);
        source.push(&pieces.0).ok()?;
        source.push(&pieces.1).ok()?;
        source.push(&pieces.2).ok()?;
        let mut dest = SgTable::new(&mut to);
        dest.push(&mut first).ok()?;
        dest.push(&mut second).ok()?;

        let mut source = source.map(ToDevice, &device).ok()?;
        let mut dest = dest.map(FromDevice, &device).ok()?;
        let limits = channel.constraints();
        let mut copy = frame.copy_lent(&mut source, &mut dest, &limits).ok()?;
        // No interrupt comes: it looks at the engine half-way, and once more at the end.
        channel.run(&mut copy, Duration::from_millis(2)).ok()?;
        let dest = dest.unmap();
        (dest.bytes().equals(b"scatter/gather..") == sgdma::scatterlist::Equality::Equal)
            .then_some(())
    }
}
