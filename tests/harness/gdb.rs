//! QEMU's debugger port, as far as the instruments need it: system registers by name, and physical memory.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// A connection to the debugger port. The machine stands still while it lasts.
pub(crate) struct Gdb {
    stream: UnixStream,
    registers: BTreeMap<String, u64>,
}

impl Gdb {
    /// Connects to a socket that QEMU opened with `-gdb unix:PATH,server=on,wait=off`.
    pub(crate) fn connect(socket: &Path) -> Self {
        let end = Instant::now() + Duration::from_secs(10);
        let stream = loop {
            match UnixStream::connect(socket) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > end => panic!("{}: {error}", socket.display()),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a time-out that is not zero");
        let mut gdb = Self { stream, registers: BTreeMap::new() };
        gdb.ask("qSupported:qXfer:features:read+");
        let description = gdb.feature("target.xml");
        let annexes =
            description.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        for annex in annexes.map(str::to_owned).collect::<Vec<_>>() {
            let annex = gdb.feature(&annex);
            gdb.registers.extend(register_numbers(&annex));
        }
        gdb
    }

    /// The value of a system register, under QEMU's name for it.
    pub(crate) fn register(&mut self, name: &str) -> u64 {
        let number = *self.registers.get(name).unwrap_or_else(|| {
            panic!("QEMU shows no register {name} among {:?}", self.registers.keys())
        });
        let reply = self.ask(&format!("p{number:x}"));
        number_from(&bytes(&reply))
    }

    /// Makes `register` and `program_counter` those of a core, 0 to 3.
    pub(crate) fn select(&mut self, core: u64) {
        assert_eq!(self.ask(&format!("Hg{:x}", core + 1)), "OK", "QEMU has no core {core}");
    }

    /// Where the selected core is, and its exception level.
    pub(crate) fn program_counter(&mut self) -> (u64, u64) {
        let [pc, state] = [0x20, 0x21].map(|number| self.ask(&format!("p{number:x}")));
        (number_from(&bytes(&pc)), number_from(&bytes(&state)) >> 2 & 3)
    }

    /// Writes physical memory.
    pub(crate) fn write_physical(&mut self, address: u64, value: &[u8]) {
        assert_eq!(self.ask("Qqemu.PhyMemMode:1"), "OK");
        let hex: Vec<_> = value.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = hex.concat();
        assert_eq!(self.ask(&format!("M{address:x},{:x}:{hex}", value.len())), "OK");
    }

    /// Lets the machine run, for good.
    pub(crate) fn detach(mut self) {
        assert_eq!(self.ask("D"), "OK");
    }

    /// Reads physical memory.
    pub(crate) fn physical(&mut self, address: u64, length: usize) -> Vec<u8> {
        assert_eq!(self.ask("Qqemu.PhyMemMode:1"), "OK");
        let mut memory = Vec::new();
        while memory.len() < length {
            let piece = (length - memory.len()).min(1024);
            let from = address + memory.len() as u64;
            let reply = self.ask(&format!("m{from:x},{piece:x}"));
            assert_eq!(reply.len(), 2 * piece, "memory at {from:#x}: {reply}");
            memory.extend(bytes(&reply));
        }
        memory
    }

    /// A whole description file, fetched in pieces.
    fn feature(&mut self, annex: &str) -> String {
        let mut text = String::new();
        loop {
            let from = text.len();
            let reply = self.ask(&format!("qXfer:features:read:{annex}:{from:x},800"));
            text.push_str(reply.get(1..).unwrap_or_default());
            if !reply.starts_with('m') {
                return text;
            }
        }
    }

    /// One packet there, one packet back.
    fn ask(&mut self, packet: &str) -> String {
        let sum = packet.bytes().fold(0_u8, u8::wrapping_add);
        write!(self.stream, "${packet}#{sum:02x}").expect("QEMU reads its debugger port");
        loop {
            let reply = self.packet();
            // On connection 7.2 reports, unasked, that the machine stopped; nothing asked for here begins so.
            if !reply.starts_with('T') {
                return reply;
            }
        }
    }

    /// The next packet. QEMU sends only ASCII in what is asked for here.
    fn packet(&mut self) -> String {
        while self.byte() != b'$' {}
        let mut reply = String::new();
        loop {
            match self.byte() {
                b'#' => break,
                b'}' => reply.push(char::from(self.byte() ^ 0x20)),
                byte => reply.push(char::from(byte)),
            }
        }
        self.byte();
        self.byte();
        self.stream.write_all(b"+").expect("QEMU reads its debugger port");
        reply
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.stream.read_exact(&mut byte).expect("QEMU answers at its debugger port");
        byte[0]
    }
}

/// `<reg name="TTBR0_EL1" bitsize="64" regnum="123" …/>`
fn register_numbers(description: &str) -> Vec<(String, u64)> {
    let tags = description.split("<reg ").skip(1);
    let attribute = |tag: &str, name: &str| {
        let value = tag.split_once(&format!("{name}=\""))?.1;
        value.split('"').next().map(str::to_owned)
    };
    tags.filter_map(|tag| {
        let tag = tag.split('>').next()?;
        Some((attribute(tag, "name")?, attribute(tag, "regnum")?.parse().ok()?))
    })
    .collect()
}

/// Pairs of hexadecimal digits.
fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned());
    pairs
        .map(|pair| u8::from_str_radix(&pair, 16).unwrap_or_else(|_| panic!("QEMU said {hex}")))
        .collect()
}

/// A little-endian number.
pub(crate) fn number_from(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
