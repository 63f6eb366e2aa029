//! The three cores that have nothing to do: where they wait, and that they come when they are called.

use crate::harness::gdb::{Gdb, number_from};
use crate::harness::qemu::{Machine, under_each_version};
use crate::harness::{elf, socket};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, Instant};

/// The boot stub's slots of cores 1 to 3.
const STUB_SLOTS: u64 = 0xE0;
/// More than the instructions of the park loop take.
const PARK_BYTES: u64 = 0x40;
/// In the heap, where nothing has been allocated.
const FREE: u64 = 0x400_0000;

/// Where each core is, once `settled` says so of cores 1 to 3, and their exception levels.
fn cores(socket: &Path, settled: impl Fn(&[(u64, u64)]) -> bool) -> Vec<(u64, u64)> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let mut gdb = Gdb::connect(socket);
        let at = |core| {
            gdb.select(core);
            gdb.program_counter()
        };
        let cores: Vec<_> = (0..4).map(at).collect();
        gdb.detach();
        if settled(&cores[1..]) || Instant::now() > end {
            return cores;
        }
    }
}

#[test]
fn idle_cores_park_and_come_when_called() {
    let symbols = elf::symbols();
    let (park, slots) = (symbols["park"], symbols["PARK_SLOTS"]);
    let parked = |core: &(u64, u64)| (park..park + PARK_BYTES).contains(&core.0) && core.1 == 2;
    under_each_version(|version| {
        let socket = socket(&format!("gdb{}.sock", version.major));
        let gdb: OsString = format!("unix:{},server=on,wait=off", socket.display()).into();
        let options = ["-global", "bcm2837.enabled-cpus=4", "-gdb"].map(OsStr::new);
        let options = [&options[..], &[gdb.as_os_str()]].concat();
        let (mut machine, _) = Machine::boot(version, &options);

        let found = cores(&socket, |others| others.iter().all(parked));
        assert!(found[1..].iter().all(parked), "not all in the park loop at {park:#x}: {found:x?}");
        let mut gdb = Gdb::connect(&socket);
        for core in 1..4 {
            let slot = gdb.physical(STUB_SLOTS + 8 * (core - 1), 8);
            assert_eq!(number_from(&slot), park, "the stub's slot of core {core}");
        }

        // `b .`, and core 2 is called to it: it goes, the others stay.
        gdb.write_physical(FREE, &0x1400_0000_u32.to_le_bytes());
        gdb.write_physical(slots + 8 * 2, &FREE.to_le_bytes());
        gdb.detach();
        let found = cores(&socket, |others| others[1].0 == FREE);
        assert_eq!(found[2], (FREE, 2), "{found:x?}");
        assert!(parked(&found[1]) && parked(&found[3]), "{found:x?}");
        machine.ok("core 0 does not mind");
    });
}
