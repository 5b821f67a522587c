//! [`CellWriter`]: the cells of one column as JSON, by a function that is chosen once per layout.

use std::fmt;

use oms_core::row::format::{decode, field};
use oms_core::row::{CellFormat, CellRef};
use oms_core::schema::{Column, ColumnType, IntWidth};
use oms_core::value::ValueRef;
use oms_core::{At, Error, Result, TableName};

use super::form::{Form, ZeroDates};
use super::{avro, binary, document, moment, number, text};
use crate::envelope::json::write_escaped;

/// Appends a decoded value in a form.
pub(super) type Render = fn(&CellPlan, ValueRef<'_>, &mut Vec<u8>) -> Result<()>;

/// Appends a cell's bytes without decoding them first.
type Quick = fn(&[u8], &mut Vec<u8>) -> Result<()>;

/// What a writer needs to know of its column.
#[derive(Debug)]
pub(super) struct CellPlan {
    pub(super) column: Column,
    pub(super) format: CellFormat,
    pub(super) form: Form,
    pub(super) fsp: u8,
    /// Digits after the point of a DECIMAL.
    pub(super) scale: u8,
    pub(super) zero_dates: ZeroDates,
    /// Labels of an ENUM or SET, escaped.
    pub(super) labels: Box<[Box<[u8]>]>,
}

/// Writes the cells of one column as JSON values.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::row::CellFormat;
/// use oms_core::schema::{Column, ColumnType};
/// use oms_sinks::envelope::{CellWriter, Form};
///
/// let day = Column::new("day", ColumnType::Date);
/// let writer = CellWriter::new(&TableName::new("shop", "orders"), &day, CellFormat::MysqlText, Form::Days)?;
/// let mut out = Vec::new();
/// writer.write_raw(b"1970-02-01", &mut out)?;
/// assert_eq!(out, b"31");
/// # Ok::<(), oms_core::Error>(())
/// ```
pub struct CellWriter {
    render: Render,
    quick: Option<Quick>,
    plan: CellPlan,
    place: At,
    avro: Option<avro::Encode>,
    /// Bytes in base64 are a string in Avro, too.
    base64_text: bool,
}

impl CellWriter {
    /// A writer for cells of this column, which come as `format` says, in this form.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if values of the column's type have no such form.
    pub fn new(table: &TableName, column: &Column, format: CellFormat, form: Form) -> Result<Self> {
        let Some(render) = renderer(form, column.column_type()) else {
            return Err(Error::unsupported(
                "an envelope",
                format!("the form {form:?} for column {} of type {}", column.name(), column.column_type()),
            ));
        };
        let labels = match column.column_type() {
            ColumnType::Enum(members) | ColumnType::Set(members) => {
                members.iter().map(|label| escaped(label)).collect()
            }
            _ => Box::default(),
        };
        let scale = match column.column_type() {
            ColumnType::Decimal { scale, .. } => *scale,
            _ => 0,
        };
        let plan = CellPlan {
            column: column.clone(),
            format,
            form,
            fsp: column.column_type().fsp(),
            scale,
            zero_dates: ZeroDates::default(),
            labels,
        };
        let quick = quick_writer(format, form, column.column_type());
        let place = At::table(table).column(&**column.name());
        Ok(Self { render, quick, plan, place, avro: None, base64_text: false })
    }

    /// The same writer for [`Self::write_avro`]; with `base64_text`, bytes in base64 are a string there as well.
    pub(crate) fn for_avro(mut self, base64_text: bool) -> Result<Self> {
        let (form, column) = (self.plan.form, &self.plan.column);
        let Some(encode) = avro::encoder(form, column.column_type()) else {
            return Err(Error::unsupported(
                "the Avro envelope",
                format!(
                    "the form {form:?} for column {} of type {}: a DECIMAL has to be precise or a string",
                    column.name(),
                    column.column_type()
                ),
            ));
        };
        self.avro = Some(encode);
        self.base64_text = base64_text;
        Ok(self)
    }

    /// Appends a cell in Avro's binary form; a column that may be NULL is a union of null and its type.
    pub(crate) fn write_avro(&self, cell: CellRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        let Some(encode) = self.avro else { return Err(self.plan.misfit().at_place(&self.place)) };
        let result = match cell.raw() {
            Some(raw) => {
                decode(self.plan.format, &self.plan.column, raw).and_then(|value| encode(self, value, out))
            }
            None if cell.is_null() && self.plan.column.is_nullable() => {
                avro::write_long(0, out);
                Ok(())
            }
            None if cell.is_null() => Err(Error::decode("a cell", "it is NULL and its column may not be")),
            None => Err(Error::decode("a cell", "the row image does not hold it")),
        };
        result.map_err(|error| error.at_place(&self.place))
    }

    /// Appends which part of the union follows, where there is one.
    pub(super) fn write_branch(&self, out: &mut Vec<u8>) {
        if self.plan.column.is_nullable() {
            avro::write_long(1, out);
        }
    }

    pub(super) fn render(&self, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        (self.render)(&self.plan, value, out)
    }

    pub(super) fn plan(&self) -> &CellPlan {
        &self.plan
    }

    pub(super) fn is_base64_text(&self) -> bool {
        self.base64_text
    }

    /// The same writer with this rule for dates that no calendar has.
    #[must_use]
    pub fn with_zero_dates(mut self, zero_dates: ZeroDates) -> Self {
        self.plan.zero_dates = zero_dates;
        self
    }

    /// The column.
    pub fn column(&self) -> &Column {
        &self.plan.column
    }

    /// The form.
    pub fn form(&self) -> Form {
        self.plan.form
    }

    /// Appends a cell, `null` for SQL NULL.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the bytes are not a value of the column or the image does not hold the cell,
    /// [`Error::Refused`] if the form cannot say the value; both name table and column. `out` may then hold a part.
    pub fn write(&self, cell: CellRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        match cell.raw() {
            Some(raw) => self.write_raw(raw, out),
            None if cell.is_null() => {
                out.extend_from_slice(b"null");
                Ok(())
            }
            None => Err(Error::decode("a cell", "the row image does not hold it").at_place(&self.place)),
        }
    }

    /// Appends a cell that is not NULL, from its bytes.
    ///
    /// # Errors
    ///
    /// As [`Self::write`].
    pub fn write_raw(&self, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let result = match self.quick {
            Some(quick) => quick(raw, out),
            None => decode(self.plan.format, &self.plan.column, raw)
                .and_then(|value| (self.render)(&self.plan, value, out)),
        };
        result.map_err(|error| error.at_place(&self.place))
    }
}

/// Prints the column and its form.
impl fmt::Debug for CellWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CellWriter({}, {:?})", self.plan.column.name(), self.plan.form)
    }
}

impl CellPlan {
    /// A value whose shape is not the column's.
    pub(super) fn misfit(&self) -> Error {
        Error::decode("a cell", format!("its value is not of type {}", self.column.column_type()))
    }

    /// A value that the form cannot say.
    pub(super) fn refused(&self, reason: impl Into<Box<str>>) -> Error {
        Error::refused(At::unknown(), reason)
    }
}

fn escaped(label: &str) -> Box<[u8]> {
    let mut out = Vec::new();
    write_escaped(label, &mut out);
    out.into()
}

/// The function for a form, `None` if values of the type have no such form.
fn renderer(form: Form, column_type: &ColumnType) -> Option<Render> {
    use ColumnType as T;
    let is_whole = matches!(column_type, T::Int { .. } | T::Year);
    let is_number = is_whole || matches!(column_type, T::Decimal { .. } | T::Float { .. } | T::Double { .. });
    let is_bit = matches!(column_type, T::Bit { .. });
    let is_clock = matches!(column_type, T::Time { .. } | T::DateTime { .. } | T::Timestamp { .. });
    let is_instant = matches!(column_type, T::DateTime { .. } | T::Timestamp { .. });
    let is_time = matches!(column_type, T::Time { .. });
    let is_date = matches!(column_type, T::Date);
    let is_geometry = matches!(column_type, T::Geometry { .. });
    let is_vector = matches!(column_type, T::Vector { .. });
    let is_bytes = is_geometry
        || is_vector
        || matches!(column_type, T::Binary { .. } | T::VarBinary { .. } | T::Blob(_));
    let is_text = column_type.is_text() || *column_type == T::Json;
    let (render, fits): (Render, bool) = match form {
        Form::Number => (number::number, is_number || is_bit),
        Form::Long => (number::long, is_whole || is_bit),
        Form::Boolean => (number::boolean, is_whole || matches!(column_type, T::Bit { width: 1 })),
        Form::ConnectDecimal => {
            (number::connect_decimal, is_whole || matches!(column_type, T::Decimal { .. }))
        }
        Form::Text => (text::text, is_number || is_bit || is_date || is_clock || is_text),
        Form::ShortText => (moment::short_text, is_clock || is_date),
        Form::MicrosText => (moment::micros_text, is_clock || is_date),
        Form::SecondsText => (moment::seconds_text, is_instant),
        Form::MillisText => (moment::millis_text, is_instant),
        Form::Iso => (moment::iso, is_clock || is_date),
        Form::IsoFull => (moment::iso_full, is_clock || is_date),
        Form::Days => (moment::days, is_date),
        Form::Millis { .. } => (moment::millis, is_clock),
        Form::MillisOfDay => (moment::millis_of_day, is_time),
        Form::Micros => (moment::micros, is_clock),
        Form::Nanos => (moment::nanos, is_clock),
        Form::IndexText => (text::index_text, matches!(column_type, T::Enum(_) | T::Set(_))),
        Form::Labels => (text::labels, matches!(column_type, T::Set(_))),
        Form::Document => (document::document, *column_type == T::Json),
        Form::Base64 => (binary::base64, is_bytes || is_bit),
        Form::Base64Url => (binary::base64_url, is_bytes || is_bit),
        Form::HexUpper => (binary::hex_upper, is_bytes || is_bit),
        Form::HexLower => (binary::hex_lower, is_bytes || is_bit),
        Form::Latin1 => (binary::latin1, is_bytes),
        Form::LittleEndianBits => (binary::little_endian_bits, is_bit),
        Form::Geometry => (binary::geometry, is_geometry),
        Form::WellKnownText => (super::wkt::well_known_text, is_geometry),
        Form::Floats => (binary::floats, is_vector),
    };
    fits.then_some(render)
}

/// A shorter way for the commonest cells.
fn quick_writer(format: CellFormat, form: Form, column_type: &ColumnType) -> Option<Quick> {
    let ColumnType::Int { width, unsigned, zerofill } = column_type else { return None };
    if form != Form::Number {
        return None;
    }
    match format {
        CellFormat::MysqlText if zerofill.is_none() => Some(number::copy_digits),
        CellFormat::MysqlBinlog { field: field::LONG, .. } if *width == IntWidth::I32 && !unsigned => {
            Some(number::binlog_i32)
        }
        CellFormat::MysqlBinlog { field: field::LONGLONG, .. } if *width == IntWidth::I64 && !unsigned => {
            Some(number::binlog_i64)
        }
        _ => None,
    }
}
