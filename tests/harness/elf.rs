//! The symbols of an ELF file: 64-bit, little-endian, as the firmware is.

use std::collections::BTreeMap;
use std::fs;

const SYMTAB: u64 = 2;
const SYMBOL_SIZE: usize = 24;

/// Name and value of every symbol of the firmware.
pub(crate) fn symbols() -> BTreeMap<String, u64> {
    super::image();
    let path = super::repo("target/aarch64-unknown-none-softfloat/release/kernel8");
    let file = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    parse(&file).unwrap_or_else(|| panic!("{} is no ELF file with symbols", path.display()))
}

fn parse(file: &[u8]) -> Option<BTreeMap<String, u64>> {
    file.strip_prefix(b"\x7fELF\x02\x01")?;
    let (sections, size, count) = (at(file, 40, 8)?, at(file, 58, 2)?, at(file, 60, 2)?);
    let header = |index: u64| index.checked_mul(size)?.checked_add(sections);
    let symtab = (0..count).find_map(|index| {
        let header = header(index)?;
        (at(file, header + 4, 4)? == SYMTAB).then_some(header)
    })?;
    let table = section(file, symtab)?;
    let names = section(file, header(at(file, symtab + 40, 4)?)?)?;
    let symbols = table.chunks_exact(SYMBOL_SIZE).filter_map(|symbol| {
        let name = names.get(usize::try_from(at(symbol, 0, 4)?).ok()?..)?.split(|&byte| byte == 0);
        let name = String::from_utf8_lossy(name.into_iter().next()?).into_owned();
        Some((name, at(symbol, 8, 8)?))
    });
    Some(symbols.collect())
}

/// The bytes of a section whose header is at `header`.
fn section(file: &[u8], header: u64) -> Option<&[u8]> {
    let start = usize::try_from(at(file, header + 24, 8)?).ok()?;
    let size = usize::try_from(at(file, header + 32, 8)?).ok()?;
    file.get(start..start.checked_add(size)?)
}

/// The little-endian number of `size` bytes at an offset.
fn at(bytes: &[u8], offset: u64, size: usize) -> Option<u64> {
    let start = usize::try_from(offset).ok()?;
    let field = bytes.get(start..start.checked_add(size)?)?;
    Some(field.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
