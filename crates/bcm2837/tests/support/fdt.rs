//! Device trees for tests, written by hand from the specification (Devicetree Specification 0.4, chapter 5): nothing of the
//! parser is in here. The tests of the image under QEMU take this file too.

/// A tree that is being written.
#[derive(Default)]
pub(crate) struct Tree {
    structure: Vec<u8>,
    strings: Vec<u8>,
}

fn word(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

impl Tree {
    fn padded(&mut self, bytes: &[u8]) {
        self.structure.extend(bytes);
        while !self.structure.len().is_multiple_of(4) {
            self.structure.push(0);
        }
    }

    /// A node, with what `inside` puts into it. The root has no name.
    pub(crate) fn node(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.structure.extend(word(1));
        self.padded(&[name.as_bytes(), b"\0"].concat());
        inside(self);
        self.structure.extend(word(2));
    }

    /// A property of the node that is open. Before the node's children.
    pub(crate) fn property(&mut self, name: &str, value: &[u8]) {
        self.structure.extend(word(3));
        self.structure.extend(word(value.len()));
        self.structure.extend(word(self.strings.len()));
        self.strings.extend(name.as_bytes());
        self.strings.push(0);
        self.padded(value);
    }

    /// The blob.
    pub(crate) fn blob(mut self) -> Vec<u8> {
        const HEADER: usize = 40;
        const RESERVATIONS: usize = 16;
        self.structure.extend(word(9));
        let strings_at = HEADER + RESERVATIONS + self.structure.len();
        let header = [
            0xD00D_FEED,
            strings_at + self.strings.len(),
            HEADER + RESERVATIONS,
            strings_at,
            HEADER,
            17,
            16,
            0,
            self.strings.len(),
            self.structure.len(),
        ];
        [header.map(word).concat(), vec![0; RESERVATIONS], self.structure, self.strings].concat()
    }
}

/// What the tree of a board says.
pub(crate) struct Board {
    pub(crate) model: &'static str,
    pub(crate) compatible: &'static [u8],
    pub(crate) serial: &'static str,
    pub(crate) memory: u32,
    pub(crate) channels: u32,
    pub(crate) rsts: u32,
}

/// A 3 B as the firmware describes it to Linux, as far as is read here.
pub(crate) const PI_3B: Board = Board {
    model: "Raspberry Pi 3 Model B Rev 1.2",
    compatible: b"raspberrypi,3-model-b\0brcm,bcm2837\0",
    serial: "00000000a1b2c3d4",
    memory: 0x3C00_0000,
    channels: 0x7F35,
    rsts: 0x1000,
};

/// Its blob.
pub(crate) fn blob_of(board: &Board) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.node("", |root| {
        root.property("#address-cells", &word(1));
        root.property("#size-cells", &word(1));
        root.property("model", &[board.model.as_bytes(), b"\0"].concat());
        root.property("compatible", board.compatible);
        // As the firmware writes it: without the 0 behind it.
        root.property("serial-number", board.serial.as_bytes());
        root.node("chosen", |chosen| {
            chosen.property("bootargs", b"console=ttyAMA0\0");
            chosen.node("bootloader", |node| node.property("rsts", &board.rsts.to_be_bytes()));
        });
        root.node("memory@0", |memory| {
            memory.property("device_type", b"memory\0");
            memory.property("reg", &[word(0), board.memory.to_be_bytes()].concat());
        });
        root.node("soc", |soc| {
            soc.property("compatible", b"simple-bus\0");
            soc.node("timer@7e003000", |node| {
                node.property("compatible", b"brcm,bcm2835-system-timer\0");
            });
            soc.node("dma-controller@7e007000", |dma| {
                dma.property("compatible", b"brcm,bcm2835-dma\0");
                dma.property("brcm,dma-channel-mask", &board.channels.to_be_bytes());
            });
        });
    });
    tree.blob()
}
