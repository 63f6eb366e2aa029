//! The instruments: what QEMU itself does not object to, read from a trace, a plugin and the page tables.
//! Each was seen to object: to a broken trace, a broken map, an image without its barriers, a hand-made bad program.

use super::harness::elf::symbols;
use super::harness::gdb::Gdb;
use super::harness::mmio::{Write, judge as judge_mmio, writes};
use super::harness::pages::{Expected, Mapping, Rights, judge as judge_pages, walk};
use super::harness::qemu::{Machine, Version, under_each_version};
use super::harness::{image, run, scratch, tools};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::Command;

const PAGE: u64 = 4096;

fn symbol(name: &str) -> u64 {
    *symbols().get(name).unwrap_or_else(|| panic!("the firmware has no symbol {name}"))
}

/// A session with something of everything that drives the engine.
fn session(machine: &mut Machine) {
    for line in ["123", "a", "the quick brown fox jumps over the lazy dog", "/info"] {
        machine.ok(line);
    }
    machine.type_line(b"/fault stuck");
    machine.ok(&"x".repeat(4096));
}

// ---- the DMA registers ----

#[test]
fn dma_registers_are_written_by_the_rules() {
    under_each_version(|version| {
        let log = scratch("mmio.log");
        let options = ["-d", "trace:memory_region_ops_write", "-D"].map(OsStr::new);
        let options = [&options[..], &[log.as_os_str()]].concat();
        let (mut machine, _) = Machine::boot(version, &options);
        session(&mut machine);
        machine.halt();
        let trace = fs::read_to_string(&log).expect("QEMU wrote its trace");
        let verdict = judge_mmio(&writes(&trace));
        assert!(verdict.broken.is_empty(), "{:#?}", verdict.broken);
        assert!(
            verdict.starts >= 5 && verdict.acknowledges >= 4,
            "too little to judge: {verdict:?}"
        );
    });
}

/// CS and `CONBLK_AD` writes of channel 5: what a correct driver does for one chain.
const GOOD: [(u64, u64); 4] =
    [(0x00, 0x6), (0x04, 0xc020_0020), (0x00, 0x1088_0001), (0x00, 0x1088_0007)];

fn verdict_on(changes: &[(usize, (u64, u64))]) -> Vec<String> {
    let mut writes: Vec<_> =
        GOOD.iter().map(|&(register, value)| Write { channel: 5, register, value }).collect();
    for &(at, (register, value)) in changes {
        writes[at] = Write { channel: 5, register, value };
    }
    judge_mmio(&writes).broken
}

#[test]
fn the_rules_for_dma_registers_object_to_each_breach() {
    assert_eq!(verdict_on(&[]), Vec::<String>::new());
    for (at, write, words) in [
        (1, (0x04, 0x0020_0020), "outside the 0xC0000000 alias"),
        (1, (0x04, 0xc020_0010), "not 32-byte aligned"),
        (1, (0x04, 0), "a start without a chain"),
        (0, (0x04, 0xc020_0040), "a second chain before"),
        (2, (0x00, 0x0088_0001), "does not wait for outstanding writes"),
        (2, (0x00, 0x0000_0000), "never started"),
        (3, (0x00, 0x0000_0007), "changes the policy"),
        (3, (0x00, 0x1088_0001), "a start without a chain"),
    ] {
        let broken = verdict_on(&[(at, write)]);
        assert!(broken.iter().any(|line| line.contains(words)), "{words}: {broken:?}");
    }
}

/// A chain loaded, started and acknowledged by hand, once right and once in the wrong alias, as each version traces it.
#[test]
fn a_trace_of_each_version_is_understood() {
    let program = |alias| {
        [
            // movz x5, #0x3f00, lsl 16; add x5, x5, #7, lsl 12
            0xd2a7_e005,
            0x9140_1ca5,
            // movz w6, #0x20; movk w6, #alias, lsl 16; str w6, [x5, #0x504]
            0x5280_0406,
            alias,
            0xb905_04a6,
            // movz w7, #1; movk w7, #0x1088, lsl 16; str w7, [x5, #0x500]
            0x5280_0027,
            0x72a2_1107,
            0xb905_00a7,
            // movz w7, #7; movk w7, #0x1088, lsl 16; str w7, [x5, #0x500]
            0x5280_00e7,
            0x72a2_1107,
            0xb905_00a7,
        ]
    };
    let (uncached, physical) = (0x72b8_0406, 0x72a0_0406);
    under_each_version(|version| {
        let judged = |name, alias| {
            let log = scratch("hand-made.log");
            let options = ["-d", "trace:memory_region_ops_write", "-D"].map(OsStr::new);
            let options = [&options[..], &[log.as_os_str()]].concat();
            run_hand_made(version, name, &program(alias), &options);
            judge_mmio(&writes(&fs::read_to_string(&log).expect("QEMU wrote its trace")))
        };
        let good = judged("chain", uncached);
        assert!(good.broken.is_empty() && good.starts == 1 && good.acknowledges == 1, "{good:?}");
        assert_eq!(judged("chain-physical", physical).broken.len(), 1);
    });
}

#[test]
fn a_trace_line_becomes_a_write() {
    let line = "memory_region_ops_write cpu 0 mr 0x55 addr 0x3f007504 value 0xc0820000 size 4 name 'bcm2835-dma'";
    assert_eq!(writes(line), [Write { channel: 5, register: 4, value: 0xc082_0000 }]);
    assert_eq!(writes(&line.replace("3f007504", "3f201000")), []);
    assert_eq!(writes(&line.replace("3f007504", "3fe05000"))[0].channel, 15);
}

// ---- barriers and exclusives ----

/// The plugin's report: totals by name, breaches, and the instruction count at each byte sent.
#[derive(Debug, Default)]
struct Report {
    totals: BTreeMap<String, u64>,
    breaches: Vec<String>,
    sent: Vec<u64>,
}

impl Report {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("the plugin wrote its report");
        let mut report = Self::default();
        for line in text.lines() {
            let words: Vec<_> = line.split(' ').collect();
            match words.as_slice() {
                ["breach:", ..] => report.breaches.push(line.to_owned()),
                ["sent", _, count] => report.sent.push(count.parse().expect("a number")),
                [name, count] => {
                    report.totals.insert((*name).to_owned(), count.parse().expect("a number"));
                }
                _ => panic!("the plugin said {line}"),
            }
        }
        report
    }

    fn total(&self, name: &str) -> u64 {
        *self
            .totals
            .get(name)
            .unwrap_or_else(|| panic!("no total {name}: QEMU ended without its plugin"))
    }
}

/// The plugin built for a version of QEMU, and QEMU's option that loads it.
fn plugin(version: &Version, report: &Path, coherent: (u64, u64)) -> OsString {
    let (_, compiler) = tools("CC").pop().expect("the set-up found a C compiler");
    let library = scratch(&format!("order{}.so", version.major));
    let interface = if version.major < 10 { 1 } else { 4 };
    let mut build = Command::new(compiler);
    build.args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]);
    build.arg(format!("-DVER={interface}")).arg("tools/plugin/order.c").arg("-o").arg(&library);
    run(&mut build);
    let (lo, hi) = coherent;
    let paths = format!("{},out={}", library.display(), report.display());
    format!("{paths},lo={lo:#x},hi={hi:#x}").into()
}

/// Boots an image under the plugin, runs the session, halts, and gives the report.
fn watched(version: &Version, image: &Path) -> Report {
    let path = scratch("report.txt");
    let coherent = (symbol("__coherent_start"), symbol("__coherent_end"));
    let plugin = plugin(version, &path, coherent);
    let mut machine = Machine::start(version, image, &[OsStr::new("-plugin"), &plugin]);
    machine.prompt();
    session(&mut machine);
    machine.halt();
    Report::read(&path)
}

#[test]
fn a_dsb_stands_before_every_start_and_no_exclusive_before_the_mmu() {
    under_each_version(|version| {
        let report = watched(version, &image());
        assert!(report.breaches.is_empty(), "{:#?}", report.breaches);
        assert!(report.total("cs_judged") >= 5, "too little to judge: {:?}", report.totals);
        assert!(report.total("sctlr_writes") >= 1, "{:?}", report.totals);
        assert!(
            report.total("exclusives") >= 1,
            "no exclusive at all: is the plugin blind? {:?}",
            report.totals
        );
    });
}

/// The same firmware with its barriers taken out runs as well under QEMU, and the plugin must say what QEMU does not.
#[test]
fn without_its_barriers_the_firmware_is_caught() {
    let barriers = [0xd503_3f9f_u32, 0xd503_3e9f].map(u32::to_le_bytes);
    let nop = 0xd503_201f_u32.to_le_bytes();
    let mut bytes = fs::read(image()).expect("a readable image");
    for word in bytes.chunks_exact_mut(4) {
        if barriers.iter().any(|barrier| barrier == word) {
            word.copy_from_slice(&nop);
        }
    }
    let bare = scratch("without-barriers.img");
    fs::write(&bare, bytes).expect("target/ can be written");
    under_each_version(|version| {
        let report = watched(version, &bare);
        assert_eq!(report.total("cs_unordered"), report.breaches.len() as u64);
        assert!(report.total("cs_unordered") >= 5, "{:?}", report.totals);
    });
}

/// Runs a few hand-assembled instructions from 0x80000, up to the prompt that they end in.
fn run_hand_made(version: &Version, name: &str, program: &[u32], options: &[&OsStr]) {
    let image = scratch(&format!("{name}.img"));
    let words = program.iter().chain(&PROMPT_AND_STAY);
    let bytes: Vec<u8> = words.flat_map(|word| word.to_le_bytes()).collect();
    fs::write(&image, bytes).expect("target/ can be written");
    let mut machine = Machine::start(version, &image, options);
    machine.prompt();
    machine.terminate();
}

/// The same under the plugin.
fn hand_made(version: &Version, name: &str, program: &[u32]) -> Report {
    let path = scratch(&format!("{name}.txt"));
    let plugin = plugin(version, &path, (0x20_0000, 0x40_0000));
    run_hand_made(version, name, program, &[OsStr::new("-plugin"), &plugin]);
    Report::read(&path)
}

/// `movz x9, #0x3f20, lsl 16; movz w8, #'>'; str w8, [x9, #0x1000]; movz w8, #' '; str …; b .`: prompts and stays.
const PROMPT_AND_STAY: [u32; 7] =
    [0xd2a7_e409, 0x5280_07c8, 0x9140_0529, 0xb900_0128, 0x5280_0408, 0xb900_0128, 0x1400_0000];

#[test]
fn an_exclusive_before_the_mmu_is_caught() {
    // ldxr w1, [x0]; stxr w2, w1, [x0]; msr sctlr_el1, x3
    let bad = [0x885f_7c01, 0x8802_7c01, 0xd518_1003];
    // The same after it.
    let good = [0xd518_1003, 0x885f_7c01, 0x8802_7c01];
    // ldar w1, [x0]; stlr w1, [x0]: ordered, not exclusive.
    let ordered = [0x88df_fc01, 0x889f_fc01, 0xd518_1003];
    under_each_version(|version| {
        let breaches = |name, program: [u32; 3]| hand_made(version, name, &program).breaches.len();
        assert_eq!(breaches("exclusive-early", bad), 1);
        assert_eq!(breaches("exclusive-late", good), 0);
        assert_eq!(breaches("ordered-early", ordered), 0);
    });
}

#[test]
fn a_start_without_a_barrier_is_caught() {
    // movz x4, #0x20, lsl 16; movz x5, #0x3f00, lsl 16; add x5, x5, #7, lsl 12; str w6, [x4]
    let store = [0xd2a0_0404, 0xd2a7_e005, 0x9140_1ca5, 0xb900_0086];
    // dsb sy; dsb ld: the second waits for loads only.
    let (dsb, dsb_ld) = (0xd503_3f9f, 0xd503_3d9f);
    // str wzr, [x5, #0x500]
    let start = 0xb905_00bf;
    under_each_version(|version| {
        let unordered = |name, between: &[u32]| {
            let program = [&store[..], between, &[start]].concat();
            let report = hand_made(version, name, &program);
            assert_eq!(report.total("cs_judged"), 1, "{report:?}");
            report.total("cs_unordered")
        };
        assert_eq!(unordered("start-bare", &[]), 1);
        assert_eq!(unordered("start-load-barrier", &[dsb_ld]), 1);
        assert_eq!(unordered("start-ordered", &[dsb]), 0);
    });
}

// ---- page tables ----

fn expected_map() -> Expected {
    let range = |start: &str, end: &str| symbol(start)..symbol(end);
    Expected {
        text: range("__image_start", "__text_end"),
        rodata: range("__text_end", "__rodata_end"),
        unmapped: vec![
            ("page 0", 0),
            ("the guard below the stack", symbol("__stack_bottom") - PAGE),
            ("the guard below the exception stack", symbol("__exception_stack_bottom") - PAGE),
            ("the guard below the page tables", symbol("__page_tables_start") - PAGE),
        ],
        coherent: range("__coherent_start", "__coherent_end"),
    }
}

#[test]
fn page_tables_read_from_outside_are_as_designed() {
    under_each_version(|version| {
        let socket = scratch(&format!("gdb{}.sock", version.major));
        let option: OsString = format!("unix:{},server=on,wait=off", socket.display()).into();
        let (_machine, _) = Machine::boot(version, &[OsStr::new("-gdb"), &option]);
        let map = walk(&mut Gdb::connect(&socket));
        assert!(map.len() > 5, "{map:x?}");
        let expected = expected_map();
        let broken = judge_pages(&map, &expected);
        assert!(broken.is_empty(), "{broken:#?}");
        // Asked for what is not so, the judge objects to this map too.
        let coherent = expected.coherent.start - PAGE..expected.coherent.end;
        assert!(!judge_pages(&map, &Expected { coherent, ..expected }).is_empty());
    });
}

/// A map that obeys: text, rodata, data, the coherent region.
fn good_map() -> (Vec<Mapping>, Expected) {
    let mapping = |start: u64, end: u64, attribute, rights| Mapping {
        virt: start..end,
        phys: start,
        attribute,
        rights,
    };
    let map = vec![
        mapping(0x8_0000, 0x8_1000, 0xff, Rights::Execute),
        mapping(0x8_1000, 0x8_2000, 0xff, Rights::Read),
        mapping(0x8_2000, 0x8_3000, 0xff, Rights::Write),
        mapping(0x20_0000, 0x40_0000, 0x44, Rights::Write),
    ];
    let expected = Expected {
        text: 0x8_0000..0x8_1000,
        rodata: 0x8_1000..0x8_2000,
        unmapped: vec![("page 0", 0), ("a guard", 0x8_3000)],
        coherent: 0x20_0000..0x40_0000,
    };
    (map, expected)
}

#[test]
fn the_rules_for_page_tables_object_to_each_breach() {
    let (map, expected) = good_map();
    assert_eq!(judge_pages(&map, &expected), Vec::<String>::new());
    let objects = |words: &str, change: &dyn Fn(&mut Vec<Mapping>)| {
        let mut map = map.clone();
        change(&mut map);
        let broken = judge_pages(&map, &expected);
        assert!(broken.iter().any(|line| line.contains(words)), "{words}: {broken:?}");
    };
    objects("writable and executable", &|map| map[2].rights = Rights::WriteAndExecute);
    objects("executable outside text", &|map| map[2].rights = Rights::Execute);
    objects("text page 0x80000 is not Execute", &|map| map[0].rights = Rights::Write);
    objects("rodata page 0x81000 is not Read", &|map| map[1].rights = Rights::Write);
    objects("page 0 is mapped", &|map| map[2].virt = 0..PAGE);
    objects("a guard is mapped", &|map| map[2].virt.end += PAGE);
    objects("coherent page", &|map| map[3].attribute = 0xff);
    objects("coherent page", &|map| map[2].phys = 0x20_0000);
    objects("coherent page", &|map| map.truncate(3));
}

// ---- instruction counts ----

/// Guest instructions until the channels are set up (no DMA register is touched later), and until the prompt is out.
fn count_boot(version: &Version) -> (u64, u64) {
    let path = scratch("count.txt");
    let plugin = plugin(version, &path, (0, 0));
    let options = ["-icount", "shift=0,sleep=off", "-plugin"].map(OsStr::new);
    let options = [&options[..], &[plugin.as_os_str()]].concat();
    let (machine, _) = Machine::boot(version, &options);
    machine.terminate();
    let report = Report::read(&path);
    let prompt = report.sent.last().expect("the firmware printed something");
    (report.total("dma_access"), *prompt)
}

#[test]
fn boot_takes_few_instructions() {
    under_each_version(|version| {
        let (ready, prompt) = count_boot(version);
        println!("QEMU {}: first transfer possible after {ready} instructions", version.major);
        println!("QEMU {}: prompt after {prompt} instructions", version.major);
        assert!(0 < ready && ready < 150_000, "{ready} instructions until a transfer is possible");
        assert!(prompt < 600_000, "{prompt} instructions until the prompt");
        assert_eq!(count_boot(version), (ready, prompt), "a second count differs");
    });
}

#[test]
fn the_image_is_small() {
    let size = fs::metadata(image()).expect("a readable image").len();
    println!("kernel8.img: {size} bytes");
    assert!(size < 128 * 1024, "kernel8.img has {size} bytes");
}
