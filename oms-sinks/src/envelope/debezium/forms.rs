//! The forms of values in Debezium's formats.

use oms_core::schema::{Column, ColumnType, IntWidth};

use super::options::{
    BigintUnsignedHandling, BinaryHandling, DebeziumOptions, DecimalHandling, TimePrecision,
};
use crate::envelope::Form;

/// The form of a column's values.
///
/// # Sources
///
/// Debezium 3.2, reference of the MySQL connector, "Data type mappings"; FMT-10 of OMS for its own shape.
pub(in crate::envelope) fn form(column: &Column, options: &DebeziumOptions) -> Form {
    match column.column_type() {
        ColumnType::Int { width, unsigned, .. } => integer(column, *width, *unsigned, options),
        ColumnType::Year | ColumnType::Float { .. } | ColumnType::Double { .. } => Form::Number,
        ColumnType::Decimal { .. } => decimal(options),
        ColumnType::Bit { width: 1 } if options.strict => Form::Boolean,
        ColumnType::Bit { .. } if options.strict => Form::LittleEndianBits,
        ColumnType::Geometry { .. } if options.strict => Form::Geometry,
        ColumnType::Vector { .. } if options.strict => Form::Floats,
        ColumnType::Bit { .. }
        | ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob(_)
        | ColumnType::Geometry { .. }
        | ColumnType::Vector { .. } => bytes(options),
        ColumnType::Date => match options.time_precision {
            Some(TimePrecision::IsoString) => Form::Iso,
            _ => Form::Days,
        },
        ColumnType::Time { .. } => match options.time_precision {
            Some(TimePrecision::Connect) => Form::MillisOfDay,
            Some(TimePrecision::IsoString) => Form::Iso,
            Some(TimePrecision::Nanoseconds) => Form::Nanos,
            _ => Form::Micros,
        },
        ColumnType::DateTime { fsp } => datetime(*fsp, options),
        ColumnType::Timestamp { .. } if options.strict => Form::IsoFull,
        ColumnType::Timestamp { .. } => Form::Iso,
        _ => Form::Text,
    }
}

fn integer(column: &Column, width: IntWidth, unsigned: bool, options: &DebeziumOptions) -> Form {
    if column.is_boolean() && options.booleans && !options.strict {
        return Form::Boolean;
    }
    if width != IntWidth::I64 {
        return Form::Number;
    }
    match options.bigint_unsigned_handling {
        Some(BigintUnsignedHandling::Precise) if unsigned => Form::ConnectDecimal,
        _ if options.bigint_text && !options.strict => Form::Text,
        Some(BigintUnsignedHandling::Long) if unsigned => Form::Long,
        None if unsigned && options.strict => Form::Long,
        _ => Form::Number,
    }
}

fn decimal(options: &DebeziumOptions) -> Form {
    match options.decimal_handling {
        Some(DecimalHandling::Precise) => Form::ConnectDecimal,
        Some(DecimalHandling::Double) => Form::Number,
        Some(DecimalHandling::String) => Form::Text,
        None if options.strict => Form::ConnectDecimal,
        None => Form::Text,
    }
}

fn bytes(options: &DebeziumOptions) -> Form {
    match options.binary_handling {
        Some(BinaryHandling::Bytes | BinaryHandling::Base64) => Form::Base64,
        Some(BinaryHandling::Base64UrlSafe) => Form::Base64Url,
        Some(BinaryHandling::Hex) if options.strict => Form::HexLower,
        None if options.strict => Form::Base64,
        Some(BinaryHandling::Hex) | None => Form::HexUpper,
    }
}

fn datetime(fsp: u8, options: &DebeziumOptions) -> Form {
    match options.time_precision {
        None if !options.strict => Form::Millis { cut: false },
        None | Some(TimePrecision::AdaptiveTimeMicroseconds) if fsp <= 3 => Form::Millis { cut: false },
        Some(TimePrecision::Connect) => Form::Millis { cut: true },
        Some(TimePrecision::IsoString) => Form::Iso,
        Some(TimePrecision::Nanoseconds) => Form::Nanos,
        _ => Form::Micros,
    }
}
