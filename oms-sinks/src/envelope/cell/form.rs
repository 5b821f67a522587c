//! [`Form`]: the ways in which a value may stand in a message.

/// How the values of a column stand in a JSON message.
///
/// A form says everything of a value that it carries, or refuses it; the exceptions are named `cut`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// A JSON number: integers and decimals by their digits, floats by the fewest digits that read back to the same
    /// value; BIT as an unsigned number.
    Number,
    /// A JSON number that fits a signed 64-bit integer; a larger one is refused.
    Long,
    /// True or false for 1 and 0; any other number is refused.
    Boolean,
    /// Kafka Connect's `Decimal`: the digits without the point as a big-endian two's complement number, in base64.
    ConnectDecimal,
    /// A string as MySQL prints the value: digits, text, the label of an ENUM, labels of a SET joined by commas, a
    /// JSON document, a date or time with all fractional digits that the column has.
    Text,
    /// As [`Self::Text`], without zeros at the end of a fraction of a second.
    ShortText,
    /// As [`Self::Text`], with six fractional digits of a second.
    MicrosText,
    /// A string: seconds since 1970 UTC, and a fraction where there is one; `0000-00-00 00:00:00` for the zero value.
    SecondsText,
    /// A string: milliseconds since 1970 UTC, and a fraction where there is one; the zero value as above.
    MillisText,
    /// A string by ISO 8601 at UTC, `YYYY-MM-DDTHH:MM:SS[.n]Z` or the part of it that the type has; no zeros at the end
    /// of a fraction. A TIME must lie within a day.
    Iso,
    /// As [`Self::Iso`], with all fractional digits that the column has.
    IsoFull,
    /// Days since 1970-01-01.
    Days,
    /// Milliseconds since 1970 UTC, for a TIME since midnight.
    Millis {
        /// Finer fractions are cut; else they are refused.
        cut: bool,
    },
    /// Milliseconds since midnight for a TIME within a day, others are refused; finer fractions are cut.
    MillisOfDay,
    /// Microseconds since 1970 UTC, for a TIME since midnight.
    Micros,
    /// Nanoseconds since 1970 UTC, for a TIME since midnight; what does not fit 64 bits is refused.
    Nanos,
    /// The number of an ENUM's label or the bits of a SET, as a number in quotes.
    IndexText,
    /// The labels of a SET as an array of strings.
    Labels,
    /// A JSON document as it is.
    Document,
    /// Bytes in base64; BIT as its bytes, the highest first.
    Base64,
    /// As [`Self::Base64`], with the letters for addresses.
    Base64Url,
    /// Bytes as hexadecimal digits from 0 to F.
    HexUpper,
    /// Bytes as hexadecimal digits from 0 to f.
    HexLower,
    /// Bytes as the characters of their numbers.
    Latin1,
    /// BIT as its bytes, the lowest first, in base64.
    LittleEndianBits,
    /// A geometry as an object: `wkb` in base64 and `srid`, null for 0.
    Geometry,
    /// A geometry as well-known text.
    WellKnownText,
    /// A VECTOR as an array of numbers.
    Floats,
}

/// What becomes of a date that no calendar has (`0000-00-00`, `2024-00-00`), where a form counts days or seconds.
///
/// Forms that are text say it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ZeroDates {
    /// An error that names table and column.
    #[default]
    Refuse,
    /// Null where the column may be NULL, else 1970-01-01, as Debezium does.
    Null,
}
