//! [`LiteralWriter`]: a cell's bytes to an SQL literal, by a writer that is chosen once per layout.
//!
//! The text is for a session with `NAMES utf8mb4`, `time_zone = '+00:00'` and a `sql_mode` without
//! NO_BACKSLASH_ESCAPES, as `Session` pins them.

mod binlog;
mod json;
mod text;
mod value;

pub use value::write_value;

use std::io::Write;

use crate::error::{At, Error, Result};
use crate::mysql::{Flavour, quote_text};
use crate::row::{CellFormat, CellRef, RowLayout};
use crate::schema::{Charset, Column, ColumnType};

/// Writes the cells of one column as SQL literals.
///
/// # Examples
///
/// ```
/// use oms_core::mysql::LiteralWriter;
/// use oms_core::row::CellFormat;
/// use oms_core::schema::{Column, ColumnType};
///
/// let note = Column::new("note", ColumnType::VarChar { length: 20 });
/// let writer = LiteralWriter::new(CellFormat::MysqlText, &note).unwrap();
/// let mut sql = Vec::new();
/// writer.write(b"it's", &mut sql).unwrap();
/// assert_eq!(sql, br"'it\'s'");
/// ```
#[derive(Debug)]
pub struct LiteralWriter {
    write: fn(&Plan, &[u8], &mut Vec<u8>) -> Result<()>,
    plan: Plan,
}

/// What a writer needs to know of its column.
#[derive(Debug)]
struct Plan {
    column: Column,
    format: CellFormat,
    charset: Charset,
    fsp: u8,
    /// Digits behind the point that a FLOAT(M,D) or DOUBLE(M,D) rounds to.
    decimals: Option<u8>,
    /// Text is written as its bytes and the name of its character set.
    keeps_bytes: bool,
    /// Who reads the text, where that is known.
    target: Option<Flavour>,
    /// Literals of the members of an ENUM or SET.
    labels: Box<[Box<[u8]>]>,
}

impl LiteralWriter {
    /// A writer for cells of this column in this form.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a text column whose character set oms does not know.
    pub fn new(format: CellFormat, column: &Column) -> Result<Self> {
        let charset = column.charset().ok_or_else(|| {
            let collation = column.collation().map_or("", |collation| collation.name());
            Error::unsupported(
                "SQL literals",
                format!("the collation {collation} of column {}", column.name()),
            )
        })?;
        let labels = match column.column_type() {
            ColumnType::Enum(members) => {
                members.iter().map(|label| quote_text(label).into_bytes().into()).collect()
            }
            ColumnType::Set(members) => members
                .iter()
                .map(|label| {
                    let quoted = quote_text(label);
                    quoted.as_bytes()[1..quoted.len() - 1].into()
                })
                .collect(),
            _ => Box::default(),
        };
        let write = match format {
            CellFormat::MysqlText => text::writer(column, charset),
            CellFormat::MysqlBinlog { field, .. } => binlog::writer(column, charset, field),
            CellFormat::Canonical => write_decoded,
        };
        let decimals = match column.column_type() {
            ColumnType::Float { digits, .. } | ColumnType::Double { digits, .. } => {
                digits.map(|(_, decimals)| decimals)
            }
            _ => None,
        };
        let fsp = column.column_type().fsp();
        let plan = Plan {
            column: column.clone(),
            format,
            charset,
            fsp,
            decimals,
            keeps_bytes: false,
            target: None,
            labels,
        };
        Ok(Self { write, plan })
    }

    /// The same writer for comparisons: a FLOAT(M,D) is written with all its digits, not as it was rounded.
    #[must_use]
    pub fn for_comparison(mut self) -> Self {
        self.plan.decimals = None;
        self
    }

    /// The same writer for text that a server of this kind reads: what it cannot hold is refused.
    #[must_use]
    pub fn for_target(mut self, flavour: Flavour) -> Self {
        self.plan.target = Some(flavour);
        self
    }

    /// The same writer for a column of the same character set: where several codes are one character, the code stays.
    ///
    /// # Sources
    ///
    /// MySQL 9.7 turns the backslash of sjis into two bytes on the way through utf8mb4, and 398 codes of cp932 into
    /// others.
    #[must_use]
    pub fn keeping_bytes(mut self) -> Self {
        let is_raw = self.plan.format != CellFormat::Canonical;
        self.plan.keeps_bytes = is_raw && has_codes_of_one_character(self.plan.charset);
        self
    }

    /// True if text is written as its bytes.
    pub fn keeps_bytes(&self) -> bool {
        self.plan.keeps_bytes
    }

    /// Appends the literal of a cell that is not NULL.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the bytes are not a value of the column, [`Error::Refused`] if it has no literal (the error
    /// value of an ENUM), with the column named. `out` may then hold a part of it.
    pub fn write(&self, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
        (self.write)(&self.plan, raw, out)
            .map_err(|error| error.at_place(&At::unknown().column(&**self.plan.column.name())))
    }

    /// Appends the literal of a cell, `NULL` for SQL NULL.
    ///
    /// # Errors
    ///
    /// As [`Self::write`]; a cell that is not in its image is an [`Error::Decode`].
    pub fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        match cell.raw() {
            Some(raw) => self.write(raw, out),
            None if cell.is_null() => {
                out.extend_from_slice(b"NULL");
                Ok(())
            }
            None => Err(Error::Decode {
                what: "a cell",
                reason: "the row image does not hold it".into(),
                at: Box::new(At::unknown().column(&**self.plan.column.name())),
            }),
        }
    }

    /// Writers for all cells of a layout, in its order.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn for_layout(layout: &RowLayout) -> Result<Box<[Self]>> {
        layout
            .columns()
            .iter()
            .enumerate()
            .map(|(position, cell)| Self::new(cell.format, layout.column(position)))
            .collect()
    }
}

/// The way for every form and type that has no writer of its own.
fn write_decoded(plan: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let value = crate::row::format::decode(plan.format, &plan.column, raw)?;
    value::write_with(plan, value, out)
}

/// Appends UTF-8 text in quotes, escaped.
fn write_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'\'');
    write_escaped(text, out);
    out.push(b'\'');
}

/// Appends text with quotes, backslashes and zero bytes escaped.
fn write_escaped(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(special) = memchr::memchr3(b'\'', b'\\', 0, text) {
        out.extend_from_slice(&text[..special]);
        out.push(b'\\');
        out.push(if text[special] == 0 { b'0' } else { text[special] });
        text = &text[special + 1..];
    }
    out.extend_from_slice(text);
}

/// Appends bytes as a hexadecimal literal, `''` for none.
fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    if bytes.is_empty() {
        out.extend_from_slice(b"''");
        return;
    }
    out.reserve(2 * bytes.len() + 2);
    out.extend_from_slice(b"0x");
    // In blocks on the stack, so that the inner loop checks no capacity.
    let mut block = [0; 128];
    for chunk in bytes.chunks(block.len() / 2) {
        for (pair, byte) in block.chunks_exact_mut(2).zip(chunk) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        out.extend_from_slice(&block[..2 * chunk.len()]);
    }
}

/// Appends a float such that the server reads a DOUBLE, never a DECIMAL.
///
/// OceanBase looks whether a value is in the range of FLOAT(M,D) before it rounds, and the digits of the stored float may
/// lie just beyond. So the rounded digits go, where they lead back to the same value.
fn write_double(plan: &Plan, value: f64, out: &mut Vec<u8>) {
    let start = out.len();
    if let Some(decimals) = plan.decimals {
        // Writing to a vector cannot fail.
        let _ = write!(out, "{value:.0$}", usize::from(decimals));
        let is_single = matches!(plan.column.column_type(), ColumnType::Float { .. });
        let read = std::str::from_utf8(&out[start..]).ok().and_then(|digits| digits.parse::<f64>().ok());
        let read = read.map(|read| if is_single { f64::from(read as f32) } else { read });
        if read.map(f64::to_bits) == Some(value.to_bits()) {
            return out.extend_from_slice(b"e0");
        }
        out.truncate(start);
    }
    crate::value::float::write_double(value, out);
    mark_double(out, start);
}

/// Gives the number that starts at `start` an exponent, if it has none.
fn mark_double(out: &mut Vec<u8>, start: usize) {
    if !out[start..].contains(&b'e') {
        out.extend_from_slice(b"e0");
    }
}

fn write_enum(plan: &Plan, index: u64, out: &mut Vec<u8>) -> Result<()> {
    if index == 0 {
        let reason = "the ENUM holds its error value (index 0), which no statement can write; give the row a label first";
        return Err(Error::refused(At::unknown(), reason));
    }
    let label = usize::try_from(index - 1).ok().and_then(|index| plan.labels.get(index));
    let label = label.ok_or_else(|| Error::decode("an ENUM", "its index is beyond its labels"))?;
    out.extend_from_slice(label);
    Ok(())
}

fn write_set(plan: &Plan, bits: u64, out: &mut Vec<u8>) -> Result<()> {
    if plan.labels.len() < 64 && bits >> plan.labels.len() != 0 {
        return Err(Error::decode("a SET", "it has bits beyond its labels"));
    }
    out.push(b'\'');
    let mut first = true;
    for (i, label) in plan.labels.iter().enumerate() {
        if bits >> i & 1 == 1 {
            if !first {
                out.push(b',');
            }
            first = false;
            out.extend_from_slice(label);
        }
    }
    out.push(b'\'');
    Ok(())
}

/// Appends text of another character set, in quotes.
fn write_transcoded(plan: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let text = plan.charset.decode(raw)?;
    if plan.keeps_bytes && !raw.is_empty() {
        out.push(b'_');
        out.extend_from_slice(plan.charset.name().as_bytes());
        out.push(b' ');
        write_hex(raw, out);
    } else {
        write_quoted(text.as_bytes(), out);
    }
    Ok(())
}

/// True if several codes stand for one character, so that the way through another character set may not lead back.
fn has_codes_of_one_character(charset: Charset) -> bool {
    use Charset::{Armscii8, Cp932, Eucjpms, Sjis, Ujis};
    matches!(charset, Armscii8 | Cp932 | Eucjpms | Sjis | Ujis)
}

fn write_text(_: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    write_quoted(raw, out);
    Ok(())
}

fn write_bytes(_: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    write_hex(raw, out);
    Ok(())
}

/// Text that needs no conversion, or the way through it.
fn text_writer(charset: Charset) -> fn(&Plan, &[u8], &mut Vec<u8>) -> Result<()> {
    match charset {
        charset if charset.is_utf8() => write_text,
        Charset::Binary => write_bytes,
        _ => write_transcoded,
    }
}

#[cfg(test)]
mod tests;
