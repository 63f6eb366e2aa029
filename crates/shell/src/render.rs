//! Pictures of text: tables, bars, boxes, timelines, dumps. Plain UTF-8, 80 columns, colour that can be off.

mod bar;
mod dump;
mod number;
mod strip;
mod style;
mod table;
mod timeline;

pub use self::bar::bar;
pub use self::dump::{ROW, dump_row};
use self::number::share;
pub use self::number::{bytes, frequency, u64_of};
pub use self::strip::{Piece, strip};
pub use self::style::{Colour, Paint};
pub use self::table::{Align, Table};
pub use self::timeline::{Event, timeline};

/// How wide everything is drawn at most.
pub const WIDTH: usize = 80;

/// Columns a text takes on the terminal.
pub fn columns(text: &str) -> usize {
    text.chars().map(crate::editor::width).sum()
}
