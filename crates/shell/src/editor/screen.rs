//! Where the cells of a line stand on the terminal, and the CSI sequences that move between them.
//!
//! The terminal wraps, and after it has written the last column its cursor stays there until the next character comes
//! ("pending wrap"). The width is taken for granted: asking the terminal would put a query after the prompt.

use alloc::vec::Vec;

use super::cells::{Cell, cells};

/// Where the cursor is: rows below the prompt's row, columns from the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    row: usize,
    column: usize,
    wrap: Wrap,
}

/// Whether the next character comes here or begins the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrap {
    Here,
    Pending,
}

/// A line on a terminal: its bytes, the columns of the prompt before it, the columns of the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen<'a> {
    pub(crate) line: &'a [u8],
    pub(crate) prompt: usize,
    pub(crate) columns: usize,
}

impl<'a> Screen<'a> {
    /// Where the cell that begins at `index` stands; for the end of the line, where the next cell would.
    fn nominal(&self, index: usize) -> Place {
        let mut place = Place { row: 0, column: self.prompt, wrap: Wrap::Here };
        for cell in cells(self.line).take_while(|cell| cell.start < index) {
            place = self.start_of(place, cell.width);
            place.column += cell.width;
        }
        match self.cell_at(index) {
            Some(cell) => self.start_of(place, cell.width),
            None => self.start_of(place, 1),
        }
    }

    /// Where a cell of this width begins if the one before it ended at `place`.
    fn start_of(&self, place: Place, width: usize) -> Place {
        if place.column + width.max(1) > self.columns {
            Place { row: place.row + 1, column: 0, wrap: Wrap::Here }
        } else {
            place
        }
    }

    fn cell_at(&self, index: usize) -> Option<Cell<'a>> {
        cells(self.line).find(|cell| cell.start == index)
    }

    fn cell_before(&self, index: usize) -> Option<Cell<'a>> {
        cells(self.line).take_while(|cell| cell.start < index).last()
    }

    /// Where the terminal's cursor is while the editor's is at `index`: at the end of a full row it hangs there.
    pub(crate) fn cursor(&self, index: usize) -> Place {
        let place = self.nominal(index);
        if index >= self.line.len() && place.column == 0 && place.row > 0 {
            Place { row: place.row - 1, column: self.columns - 1, wrap: Wrap::Pending }
        } else {
            place
        }
    }

    /// Moves the terminal's cursor from `from` to where it belongs for `index`.
    pub(crate) fn go(&self, from: Place, index: usize, out: &mut Vec<u8>) {
        let to = self.nominal(index);
        let hangs = index >= self.line.len() && to.column == 0 && to.row > 0;
        match self.cell_before(index) {
            // Only writing the last cell of the row brings the cursor there and keeps the next row untouched.
            Some(last) if hangs => {
                walk(from, self.nominal(last.start), out);
                last.show(&mut |bytes| out.extend_from_slice(bytes));
            }
            _ => walk(from, to, out),
        }
    }

    /// Draws the line anew from the cell at or before `first` on, the cursor being at `from`; leaves it for `index`.
    pub(crate) fn redraw(&self, from: Place, first: usize, index: usize, out: &mut Vec<u8>) {
        // One cell earlier, in case that one ended a row: erasing at a hanging cursor would take it away.
        let first = self.cell_before(first).map_or(0, |cell| cell.start);
        walk(from, self.nominal(first), out);
        out.extend_from_slice(b"\x1b[J");
        for cell in cells(self.line).filter(|cell| cell.start >= first) {
            cell.show(&mut |bytes| out.extend_from_slice(bytes));
        }
        if index < self.line.len() {
            self.go(self.cursor(self.line.len()), index, out);
        }
    }
}

/// Moves the cursor over the screen with CSI sequences.
fn walk(from: Place, to: Place, out: &mut Vec<u8>) {
    if to.row < from.row {
        csi(from.row - to.row, b'A', out);
    }
    if to.row > from.row {
        csi(to.row - from.row, b'B', out);
    }
    // The absolute column, always: a hanging cursor's relative moves differ between terminals.
    if from != to {
        csi(to.column + 1, b'G', out);
    }
}

fn csi(count: usize, last: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(alloc::format!("\x1b[{count}").as_bytes());
    out.push(last);
}
