//! Writes a folder to an image of an SD card: `sdcard FOLDER IMAGE`. Needs no root, and no tool but this.
//!
//! The boot ROM of the Pi 3 wants a partition table and a FAT file system in its first partition (Raspberry Pi
//! documentation, "Boot flow"). The image has 64 MiB: the smallest power of two (QEMU's `-drive if=sd`
//! takes no other sizes) in which clusters of one sector make a FAT32 file system. The same files give the same image.

use std::fs::{self, File};
use std::io::{Cursor, Error, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fatfs::{
    Date, DateTime, FatType, FileSystem, FormatVolumeOptions, FsOptions, Time, TimeProvider,
    format_volume,
};

const SECTOR: usize = 512;
/// Sectors of the whole card.
const CARD: u32 = 131_072;
/// Where the partition begins: after 4 MiB, a multiple of every card's erase block.
const START: u32 = 8192;
/// FAT32, addressed by sector.
const TYPE: u8 = 0x0C;
/// Where a boot sector says how many sectors lie before it, and which sector holds its copy.
const HIDDEN_SECTORS: usize = 0x1C;
const BACKUP_SECTOR: usize = 6;

/// The day on which FAT begins: what every file bears, so that the image does not depend on when it is made.
#[derive(Debug)]
struct FirstDay;

impl TimeProvider for FirstDay {
    fn get_current_date(&self) -> Date {
        Date { year: 1980, month: 1, day: 1 }
    }

    fn get_current_date_time(&self) -> DateTime {
        DateTime {
            date: self.get_current_date(),
            time: Time { hour: 0, min: 0, sec: 0, millis: 0 },
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [folder, image] = arguments.as_slice() else {
        eprintln!("usage: sdcard FOLDER IMAGE");
        return ExitCode::from(2);
    };
    match make(folder, image) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}: {error}", image.display());
            ExitCode::FAILURE
        }
    }
}

fn make(folder: &Path, image: &Path) -> Result<(), Error> {
    let mut card = vec![0; sectors(CARD)];
    let (table, rest) = card.split_at_mut(SECTOR);
    table.copy_from_slice(&partition_table());
    let partition = rest.get_mut(sectors(START) - SECTOR..).unwrap_or_default();
    fill(partition, folder)?;
    tell_hidden_sectors(partition);
    write_sparsely(&card, image)
}

/// A file system with the folder's files. Nothing but files is looked for in it.
fn fill(partition: &mut [u8], folder: &Path) -> Result<(), Error> {
    let options = FormatVolumeOptions::new().fat_type(FatType::Fat32).bytes_per_cluster(512);
    let options = options.volume_label(*b"RPI3-SGDMA ").sectors_per_track(32).heads(64);
    format_volume(Cursor::new(&mut *partition), options)?;
    let system =
        FileSystem::new(Cursor::new(partition), FsOptions::new().time_provider(&FirstDay))?;
    for (name, bytes) in files(folder)? {
        system.root_dir().create_file(&name)?.write_all(&bytes)?;
    }
    system.unmount()
}

/// The folder's files by name, so that the image does not depend on the order in which the folder lists them.
fn files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        files.push((name, fs::read(entry.path())?));
    }
    files.sort();
    Ok(files)
}

/// The first sector: one partition of all that follows its start.
fn partition_table() -> [u8; SECTOR] {
    let mut entry = vec![0x80];
    entry.extend(cylinder_head_sector(START));
    entry.push(TYPE);
    entry.extend(cylinder_head_sector(CARD - 1));
    entry.extend(START.to_le_bytes());
    entry.extend((CARD - START).to_le_bytes());
    let mut table = [0; SECTOR];
    put(&mut table, 446, &entry);
    put(&mut table, 510, &[0x55, 0xAA]);
    table
}

/// A sector as old tables name it, of a disk of 64 heads and 32 sectors a track. The ROM goes by the number instead.
fn cylinder_head_sector(number: u32) -> [u8; 3] {
    let (track, sector) = (number / 32, number % 32 + 1);
    let (cylinder, head) = (track / 64, track % 64);
    // The card's 64 cylinders need no more than the low byte.
    [head, sector, cylinder].map(|part| u8::try_from(part).unwrap_or(u8::MAX))
}

/// `fatfs` formats as if the file system stood alone; both boot sectors learn where it stands.
fn tell_hidden_sectors(partition: &mut [u8]) {
    for sector in [0, BACKUP_SECTOR] {
        put(partition, sector * SECTOR + HIDDEN_SECTORS, &START.to_le_bytes());
    }
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + what.len()) {
        place.copy_from_slice(what);
    }
}

/// Empty stretches become holes: most of the card.
fn write_sparsely(card: &[u8], image: &Path) -> Result<(), Error> {
    const STRETCH: usize = 4096;
    let mut file = File::create(image)?;
    for stretch in card.chunks(STRETCH) {
        if stretch.iter().all(|byte| *byte == 0) {
            let bytes = i64::try_from(stretch.len()).map_err(Error::other)?;
            file.seek(SeekFrom::Current(bytes))?;
        } else {
            file.write_all(stretch)?;
        }
    }
    file.set_len(u64::try_from(card.len()).map_err(Error::other)?)?;
    file.sync_all()
}

/// Sectors in bytes.
fn sectors(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(SECTOR)
}
