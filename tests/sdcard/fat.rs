//! A reader of partition tables and FAT32, written from Microsoft's "FAT32 File System Specification" 1.03 (2000); it shares
//! nothing with what writes the image. What it does not expect ends the test.

use std::collections::{BTreeMap, BTreeSet};

const SECTOR: usize = 512;
const END: u32 = 0x0FFF_FFF8;

/// An entry of the partition table.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) active: u8,
    pub(crate) kind: u8,
    pub(crate) start: usize,
    pub(crate) sectors: usize,
}

fn word(bytes: &[u8], at: usize) -> usize {
    usize::from(bytes[at]) | usize::from(bytes[at + 1]) << 8
}

fn long(bytes: &[u8], at: usize) -> usize {
    word(bytes, at) | word(bytes, at + 2) << 16
}

/// The entries that are not empty.
pub(crate) fn partitions(card: &[u8]) -> Vec<Partition> {
    assert_eq!(card[510..512], [0x55, 0xAA], "signature of the partition table");
    let entries = card[446..510].chunks(16).filter(|entry| entry[4] != 0);
    entries
        .map(|entry| Partition {
            active: entry[0],
            kind: entry[4],
            start: long(entry, 8),
            sectors: long(entry, 12),
        })
        .collect()
}

/// A file system of the FAT32 kind.
pub(crate) struct Volume<'a> {
    bytes: &'a [u8],
    /// Sectors before it, as it says.
    pub(crate) hidden: usize,
    /// Sectors in it, as it says.
    pub(crate) sectors: usize,
    cluster: usize,
    table: Vec<u32>,
    data: usize,
    root: u32,
}

impl<'a> Volume<'a> {
    /// Reads the boot sector and the tables, and checks them.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let boot = &bytes[..SECTOR];
        assert_eq!(boot[510..512], [0x55, 0xAA], "signature of the boot sector");
        assert_eq!(word(boot, 11), SECTOR, "bytes in a sector");
        assert_eq!(
            (word(boot, 17), word(boot, 19), word(boot, 22)),
            (0, 0, 0),
            "not FAT12 or FAT16"
        );
        assert!(bytes[6 * SECTOR..7 * SECTOR] == *boot, "the boot sector and its copy differ");
        let (cluster, reserved, tables) =
            (usize::from(boot[13]), word(boot, 14), usize::from(boot[16]));
        let (sectors, size) = (long(boot, 32), long(boot, 36));
        let table = |number: usize| {
            &bytes[(reserved + number * size) * SECTOR..(reserved + (number + 1) * size) * SECTOR]
        };
        assert_eq!(tables, 2);
        assert!(table(0) == table(1), "the tables are alike");
        let data = reserved + tables * size;
        let clusters = (sectors - data) / cluster;
        assert!(clusters >= 65_525, "{clusters} clusters: read as FAT16");
        assert!(size * SECTOR / 4 >= clusters + 2, "the table has room for every cluster");
        let entry = |entry: &[u8]| u32::try_from(long(entry, 0)).unwrap_or(0) & 0x0FFF_FFFF;
        let table = table(0).chunks(4).take(clusters + 2).map(entry).collect();
        let root = u32::try_from(long(boot, 44)).expect("a cluster");
        Self { bytes, hidden: long(boot, 28), sectors, cluster, table, data, root }
    }

    /// The clusters of a file or folder, in order. One that is met twice ends the test.
    fn chain(&self, first: u32, met: &mut BTreeSet<u32>) -> Vec<u8> {
        let mut content = Vec::new();
        let mut at = first;
        while at < END {
            assert!(met.insert(at), "cluster {at} belongs to two files, or twice to one");
            let index = usize::try_from(at).expect("a cluster");
            let start = (self.data + (index - 2) * self.cluster) * SECTOR;
            content.extend(&self.bytes[start..start + self.cluster * SECTOR]);
            at = self.table[index];
        }
        content
    }

    /// The label and the files of the root folder by name; there are no folders in it. Every cluster in use is a file's.
    pub(crate) fn files(&self) -> (String, BTreeMap<String, Vec<u8>>) {
        let mut met = BTreeSet::new();
        let root = self.chain(self.root, &mut met);
        let (mut label, mut long_name, mut files) = (String::new(), Vec::new(), BTreeMap::new());
        for entry in root.chunks(32).take_while(|entry| entry[0] != 0) {
            match entry[11] {
                _ if entry[0] == 0xE5 => {}
                0x0F => long_name.splice(0..0, long_part(entry)).for_each(drop),
                0x08 => label = String::from_utf8_lossy(&entry[..11]).trim_end().into(),
                kind => {
                    assert_eq!(kind & 0x10, 0, "a folder");
                    assert_eq!(word(entry, 24), 1 << 5 | 1, "written on the first day of 1980");
                    let first = word(entry, 20) << 16 | word(entry, 26);
                    let mut content =
                        self.chain(u32::try_from(first).expect("a cluster"), &mut met);
                    let size = long(entry, 28);
                    assert_eq!(content.len() / SECTOR, size.div_ceil(SECTOR), "clusters of a file");
                    content.truncate(size);
                    let name = match String::from_utf16_lossy(&long_name) {
                        name if name.is_empty() => short_name(entry),
                        name => name,
                    };
                    long_name.clear();
                    files.insert(name, content);
                }
            }
        }
        let used = self.table.iter().skip(2).filter(|entry| **entry != 0).count();
        assert_eq!(used, met.len(), "clusters in use that belong to no file");
        (label, files)
    }
}

/// The characters of an entry of a long name.
fn long_part(entry: &[u8]) -> Vec<u16> {
    let places = (1..11).step_by(2).chain((14..26).step_by(2)).chain([28, 30]);
    let characters = places.map(|at| u16::from_le_bytes([entry[at], entry[at + 1]]));
    characters.take_while(|character| *character != 0 && *character != 0xFFFF).collect()
}

fn short_name(entry: &[u8]) -> String {
    let (base, end) =
        (String::from_utf8_lossy(&entry[..8]), String::from_utf8_lossy(&entry[8..11]));
    format!("{}.{}", base.trim_end(), end.trim_end())
}
