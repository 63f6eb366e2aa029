//! The table of commands.

use crate::args::{Kind, Need, Parameter};
use crate::machine::Crash;
use crate::machine::{LONGEST_SPI, SHORTEST_PERIOD};
use crate::run::KINDS;
use crate::scatter::LONGEST_PATTERN;

use super::{Command, Verb};

/// The longest stretch `/dump` shows.
const LONGEST_DUMP: u64 = 64 * 1024;
/// The shortest period `/blink` takes, in microseconds.
const FASTEST: u64 = SHORTEST_PERIOD as u64;
/// The longest list `/sg` takes.
const LIST: usize = 64;
/// Any length on the bus.
const WORD: Kind = Kind::Number { least: 1, most: 0xFFFF_FFFF };
/// Any 32-bit number.
const WORD_FROM_0: Kind = Kind::Number { least: 0, most: 0xFFFF_FFFF };
/// Bytes from a row to the next.
const PITCH: Kind = Kind::Number { least: 1, most: 1 << 20 };
/// The longest piece a line can be cut into.
const LONGEST_PIECE: u64 = 4096;

const fn required(name: &'static str, kind: Kind, help: &'static str) -> Parameter {
    Parameter { name, need: Need::Required, kind, help }
}

const fn optional(name: &'static str, kind: Kind, help: &'static str) -> Parameter {
    Parameter { name, need: Need::Optional, kind, help }
}

const fn named(name: &'static str, kind: Kind, help: &'static str) -> Parameter {
    Parameter { name, need: Need::Named, kind, help }
}

/// All commands, in the order of `/help`.
pub const COMMANDS: &[Command] = &[
    Command {
        verb: Verb::Help,
        name: "help",
        summary: "lists the commands, or explains one",
        more: &[],
        parameters: &[optional("command", Kind::Word, "the command to explain")],
        example: "/help dump",
    },
    Command {
        verb: Verb::Demo,
        name: "demo",
        summary: "starts, stops what typed lines run on, or shows it",
        more: &[
            "start, stop: claims or gives back a channel and the scratch memory, as loading",
            "and unloading a driver does; it is started at boot. Without an argument: sends a",
            "line of its own. Each shows what is in use before and after.",
        ],
        parameters: &[
            optional("what", Kind::Choice(&["start", "stop"]), "see above"),
            named("scratch", Kind::Number { least: 64, most: 1 << 20 }, "its bytes: 64K"),
        ],
        example: "/demo",
    },
    Command {
        verb: Verb::Cuts,
        name: "cuts",
        summary: "how a typed line is scattered over memory",
        more: &[
            "Each list is repeated until the line is used up. Without to= the destination",
            "takes the same lengths in another order. Without arguments: shows the cuts.",
        ],
        parameters: &[
            optional("lengths", LENGTHS, "the pieces of the source"),
            named("to", LENGTHS, "the pieces of the destination"),
        ],
        example: "/cuts 5,7,64",
    },
    Command {
        verb: Verb::Sg,
        name: "sg",
        summary: "cuts a scatterlist into blocks and draws it",
        more: &[
            "Without to= one list is cut alone, as if the other side were in phase, on any",
            "engine. With to= both lists are lowered into control blocks for the channel and",
            "engine named. /sg example shows the well-known one. Nothing is moved.",
        ],
        parameters: &[
            required("list", Kind::SpansOr { count: LIST, word: "example" }, "the source"),
            named("to", Kind::Spans { count: LIST }, "the destination"),
            named("max", WORD, "the longest block"),
            named("burst", Kind::Number { least: 1, most: 4096 }, "alignment of a burst"),
            named("boundary", WORD, "what no block crosses"),
            named("line", Kind::Number { least: 1, most: 4096 }, "cache line, 1 for coherent"),
            named("channel", Kind::Choice(&["full", "lite", "bulk"]), "kind of channel: full"),
            named("engine", Kind::Choice(&["hardware", "emulated"]), "whose granule: hardware"),
            named("merge", Kind::Switch, "whether neighbours become one: on"),
        ],
        example: "/sg 0xa000:0x555,0x7000:0x111 max=0x400 burst=4",
    },
    Command {
        verb: Verb::Dmatest,
        name: "dmatest",
        summary: "random transfers, every byte looked at",
        more: &[
            "After the kernel's module. Each test moves a random length from and to random",
            "pieces of memory, on all channels at once, and looks at every byte of both",
            "buffers. copy: one piece; sg: pieces in any order on both sides; fill: one byte",
            "into pieces; 2d: a rectangle, not on lite channels; of several kinds each test",
            "draws one. Ctrl-C ends.",
            "background: goes on while lines are typed; status, stop: that run.",
        ],
        parameters: &[
            optional("what", Kind::Choice(&["background", "status", "stop"]), "see above"),
            named("iterations", Kind::Number { least: 1, most: 100_000_000 }, "rounds: 100"),
            named("size", Kind::Number { least: 1, most: 1 << 20 }, "longest transfer: 4K"),
            named("align", Kind::Number { least: 1, most: 4096 }, "of start, length: 1"),
            named("channels", Kind::Number { least: 1, most: 11 }, "how many: 1"),
            named("channel", Kind::Number { least: 0, most: 14 }, "just this one"),
            named("threads", Kind::Number { least: 1, most: 8 }, "queued on each: 1"),
            named("pieces", Kind::Number { least: 1, most: 64 }, "most pieces a side: 8"),
            named("seed", WORD_FROM_0, "of the first test: 1"),
            named("timeout", Kind::Number { least: 1, most: 60_000 }, "milliseconds: 1000"),
            named("verify", Kind::Switch, "look at bytes: on"),
            named("kinds", Kind::Choices(KINDS), "what is tested: sg"),
            named("stuck", Kind::Number { least: 1, most: 100_000_000 }, "a channel hangs then"),
        ],
        example: "/dmatest iterations=500 size=4K align=1 channels=2 seed=7",
    },
    Command {
        verb: Verb::Info,
        name: "info",
        summary: "the board, its memory, the DMA engine",
        more: &[],
        parameters: &[],
        example: "/info",
    },
    Command {
        verb: Verb::Map,
        name: "map",
        summary: "the memory map, as mapped and as read back",
        more: &[
            "cpu and dma: what the processor and the DMA engine may do there. mair: the kind",
            "of memory as the CPU reads it back: 0xff write-back, 0x44 non-cacheable, 0x04",
            "device. registers: where in device memory /dump and /poke may go.",
        ],
        parameters: &[optional("what", Kind::Choice(&["registers"]), "registers instead")],
        example: "/map",
    },
    Command {
        verb: Verb::Channels,
        name: "channels",
        summary: "the DMA channels: kind, owner, what happened on them",
        more: &[],
        parameters: &[],
        example: "/channels",
    },
    Command {
        verb: Verb::Irq,
        name: "irq",
        summary: "the interrupts of the DMA channels, by what became of them",
        more: &[
            "late: of a transfer that was gone already. spurious: nothing had happened. lost:",
            "of a transfer that ended, and never came. Channels 11 to 14 share one line.",
        ],
        parameters: &[],
        example: "/irq",
    },
    Command {
        verb: Verb::Pool,
        name: "pool",
        summary: "the coherent memory: how full, and what is free by size",
        more: &[],
        parameters: &[],
        example: "/pool",
    },
    Command {
        verb: Verb::Clocks,
        name: "clocks",
        summary: "the clocks, temperature, throttling; sets clocks",
        more: &[
            "max, min: the ends of what the firmware allows. Nothing else raises a clock.",
            "With enable_uart=1 the firmware may hold the core. The console keeps its rate.",
        ],
        parameters: &[
            named("arm", Kind::Choice(&["max", "min"]), "sets the cores' clock"),
            named("core", Kind::Choice(&["max", "min"]), "sets that of buses and engine"),
        ],
        example: "/clocks arm=max",
    },
    Command {
        verb: Verb::Ledger,
        name: "ledger",
        summary: "live mappings and who mapped them",
        more: &["off: mappings from now on are not recorded. on: they are again."],
        parameters: &[optional("switch", Kind::Switch, "on or off")],
        example: "/ledger",
    },
    Command {
        verb: Verb::Bench,
        name: "bench",
        summary: "what the library costs, in instructions",
        more: &[
            "Each figure is the median of many runs, counted by the core. In QEMU it needs",
            "-icount shift=0,sleep=off; instructions are not time.",
        ],
        parameters: &[],
        example: "/bench",
    },
    Command {
        verb: Verb::Scope,
        name: "scope",
        summary: "a chain that times itself, as a timeline",
        more: &[
            "Between the blocks of a copy, blocks of four bytes copy the system timer into",
            "memory: the engine writes down itself when each block had ended, in",
            "microseconds. Beside it stands what the timing model expects.",
        ],
        parameters: &[
            optional("lengths", PIECES, "bytes of each block: 1K to 64K and back"),
            named("channel", Kind::Choice(&["full", "lite", "bulk"]), "kind of channel: full"),
        ],
        example: "/scope 64,1K,4K,16K channel=full",
    },
    Command {
        verb: Verb::Calibrate,
        name: "calibrate",
        summary: "copy and fill in MB/s, beside what the timing model expects",
        more: &[
            "Every kind of channel, four lengths; the CPU alone too. 128 ×2: 128 bits, bursts",
            "of two. longest: a copy in the channel's longest blocks; 1K each: in blocks of",
            "1 KiB. On a board it sets the constants of the timing model, until the next",
            "boot. Ctrl-C stops it.",
        ],
        parameters: &[],
        example: "/calibrate",
    },
    Command {
        verb: Verb::Loopback,
        name: "loopback",
        summary: "out through SPI and back, by two paced channels",
        more: &[
            "Needs `make sim`, or a board with pin 19 (MOSI) wired to pin 21 (MISO).",
            "Each byte is looked at. Pins and clock of SPI 0 are given back. Ctrl-C ends it.",
        ],
        parameters: &[
            named("bytes", Kind::Number { least: 4, most: LONGEST_SPI as u64 }, "a round: 4K"),
            named("rounds", Kind::Number { least: 1, most: 1_000_000 }, "how many: 1"),
        ],
        example: "/loopback bytes=4K rounds=10",
    },
    Command {
        verb: Verb::Blink,
        name: "blink",
        summary: "a ring that sets and clears a pin, paced by PWM",
        more: &[
            "Needs `make sim`, or a board; an LED and resistor to ground show it. The edges",
            "are counted as the CPU sees them. Pin and clock are given back. Ctrl-C ends it.",
        ],
        parameters: &[
            named("pin", Kind::Number { least: 2, most: 29 }, "GPIO number: 21"),
            named("period", Kind::Number { least: FASTEST, most: 1_000_000 }, "µs an edge: 250000"),
            named("count", Kind::Number { least: 10, most: 1_000_000 }, "edges: 20"),
        ],
        example: "/blink pin=21 period=100000 count=50",
    },
    Command {
        verb: Verb::Fault,
        name: "fault",
        summary: "makes the engine fail, and shows the recovery",
        more: &[
            "stuck: a transfer that never ends. The emulated engine's channel is switched off",
            "for it, a real one waits for a device that has nothing to say. Not in QEMU:",
            "hole: a read where nothing is; zero: a block of length 0; nobody knows them yet.",
            "On the simulator only: what list shows, for the next typed line; stuck too, if",
            "at= or byte= says where.",
        ],
        parameters: &[
            required("kind", Kind::Choice(FAULTS), "what goes wrong"),
            named("at", Kind::Number { least: 0, most: 10_000 }, "the control block: 0"),
            named("byte", WORD_FROM_0, "the byte of it: 0"),
            named("dreq", Kind::Number { least: 1, most: 31 }, "which DREQ: 5"),
        ],
        example: "/fault stuck",
    },
    Command {
        verb: Verb::Copy,
        name: "copy",
        summary: "copies scratch memory by the DMA engine, and looks at it",
        more: &[
            "Both stretches lie in the scratch memory and do not overlap. Any address, any",
            "length: what shares a word or a cache line travels as an edge. Everything else",
            "is refused with the name of the region.",
        ],
        parameters: &[
            required("src", Kind::Address, "from where"),
            required("dst", Kind::Address, "to where"),
            required("len", WORD, "how many bytes"),
        ],
        example: "/copy scratch scratch+0x1003 37",
    },
    Command {
        verb: Verb::Fill,
        name: "fill",
        summary: "fills scratch memory by the DMA engine, and looks at it",
        more: &[],
        parameters: &[
            required("dst", Kind::Address, "where"),
            required("len", WORD, "how many bytes"),
            required("value", Kind::Number { least: 0, most: 0xFF }, "the byte"),
        ],
        example: "/fill scratch+5 1000 0xa5",
    },
    Command {
        verb: Verb::Blit,
        name: "blit",
        summary: "copies a rectangle in the engine's 2D mode",
        more: &[
            "WxH: bytes a row, rows. Where the pitches are not given, row follows row. The",
            "two must share no cache line; rows are multiples of 4 on the emulated engine.",
        ],
        parameters: &[
            required("src", Kind::Address, "the first row"),
            required("dst", Kind::Address, "where it goes"),
            required("size", Kind::Extent, "the rectangle"),
            named("spitch", PITCH, "bytes from a source row to the next"),
            named("dpitch", PITCH, "the same of the destination"),
        ],
        example: "/blit scratch scratch+0x2000 64x16 spitch=100 dpitch=320",
    },
    Command {
        verb: Verb::Ring,
        name: "ring",
        summary: "goes round and round, an interrupt a period",
        more: &[
            "The engine reads the system timer into a ring of memory, so that each word says",
            "when it was written. Shown is where the engine stood at each interrupt that was",
            "seen. A ring hangs the emulated engine: it is refused there.",
        ],
        parameters: &[
            optional("interrupts", Kind::Number { least: 1, most: 64 }, "when to stop: 8"),
            named("periods", Kind::Number { least: 1, most: 64 }, "of the ring: 4"),
            named("bytes", Kind::Number { least: 256, most: 16384 }, "of a period: 1K"),
        ],
        example: "/ring 8 periods=4 bytes=1K",
    },
    Command {
        verb: Verb::Crash,
        name: "crash",
        summary: "breaks the machine down, to see its last words",
        more: &[
            "null: reads 0; text: writes to code; exec: runs data; stack: overflows it;",
            "irq: panics in an interrupt; align: reads across two words of a device; panic;",
            "double: faults while a panic is reported; hang: what only the watchdog ends.",
            "The report goes through `make addr2line`.",
        ],
        parameters: &[required("kind", Kind::Choice(&Crash::NAMES), "what goes wrong")],
        example: "/crash null",
    },
    Command {
        verb: Verb::Watchdog,
        name: "watchdog",
        summary: "resets the board when the console is dead",
        more: &[
            "The console feeds it when it looks for input; a command that does not look for",
            "so long is taken for a hang. At boot it is off.",
        ],
        parameters: &[
            optional("switch", Kind::Switch, "on or off"),
            named("seconds", Kind::Number { least: 1, most: 15 }, "of silence: 15"),
        ],
        example: "/watchdog seconds=10",
    },
    Command {
        verb: Verb::Dump,
        name: "dump",
        summary: "shows memory, if the memory map allows it",
        more: &[
            "Device memory is read in words of 4 bytes, each once, and only where a register",
            "is known to answer: /map registers lists them.",
        ],
        parameters: &[
            required("addr", Kind::Address, "where to begin"),
            optional("len", Kind::Number { least: 1, most: LONGEST_DUMP }, "how many bytes: 64"),
        ],
        example: "/dump 0x80000 32",
    },
    Command {
        verb: Verb::Poke,
        name: "poke",
        summary: "writes a word of memory, if the memory map allows it",
        more: &["The word has 32 bits, the address is a multiple of 4. What stood there is shown."],
        parameters: &[
            required("addr", Kind::Address, "where"),
            required("value", Kind::Number { least: 0, most: 0xFFFF_FFFF }, "what"),
        ],
        example: "/poke scratch 0x12345678",
    },
    Command {
        verb: Verb::Log,
        name: "log",
        summary: "the last lines of the log",
        more: &["Since the prompt: what the boot said is above it."],
        parameters: &[optional("lines", Kind::Number { least: 1, most: 256 }, "how many: 20")],
        example: "/log 50",
    },
    Command {
        verb: Verb::Stats,
        name: "stats",
        summary: "what was counted since the start",
        more: &[],
        parameters: &[],
        example: "/stats",
    },
    Command {
        verb: Verb::Color,
        name: "color",
        summary: "colour on or off",
        more: &["Without an argument: shows whether it is on."],
        parameters: &[optional("switch", Kind::Switch, "on or off")],
        example: "/color off",
    },
    Command {
        verb: Verb::Version,
        name: "version",
        summary: "which version this is",
        more: &[],
        parameters: &[],
        example: "/version",
    },
    Command {
        verb: Verb::Reboot,
        name: "reboot",
        summary: "starts the machine anew",
        more: &[],
        parameters: &[],
        example: "/reboot",
    },
    Command {
        verb: Verb::Halt,
        name: "halt",
        summary: "stops the machine; ends QEMU",
        more: &[],
        parameters: &[],
        example: "/halt",
    },
];

/// What `/fault` can make go wrong, and the list of it.
const FAULTS: &[&str] = &[
    "stuck",
    "list",
    "hole",
    "zero",
    "read-error",
    "fifo-error",
    "read-last",
    "wedged",
    "lost-interrupt",
    "spurious-interrupt",
    "late-interrupt",
    "double-interrupt",
    "dreq-never",
];

/// Pieces of memory to be moved.
const PIECES: Kind = Kind::Lengths { count: 16, most: 1 << 20 };
const LENGTHS: Kind = Kind::Lengths { count: LONGEST_PATTERN, most: LONGEST_PIECE };
