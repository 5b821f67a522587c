//! [`DebeziumOptions`]: how values and messages of Debezium's formats look.

use std::str::FromStr;

use oms_core::Error;

use crate::envelope::ZeroDates;

/// How values and messages of Debezium's formats look.
///
/// What is `None` is as the shape has it by itself: Debezium's defaults in Debezium's own shape, and in OMS's shape
/// decimals as strings, bytes in base16, and milliseconds.
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::{DebeziumOptions, DecimalHandling};
/// let options = DebeziumOptions::default().with_strict(true).with_decimal_handling(DecimalHandling::String);
/// assert!(options.strict && !options.schema);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DebeziumOptions {
    /// Debezium's own shape; else OMS's.
    pub strict: bool,
    /// Each message carries its Kafka Connect schema.
    pub schema: bool,
    /// How a DECIMAL stands.
    pub decimal_handling: Option<DecimalHandling>,
    /// How dates and times stand.
    pub time_precision: Option<TimePrecision>,
    /// How bytes stand.
    pub binary_handling: Option<BinaryHandling>,
    /// How a BIGINT UNSIGNED stands; by itself a number, in Debezium's own shape one that fits 64 bits with a sign.
    pub bigint_unsigned_handling: Option<BigintUnsignedHandling>,
    /// What becomes of dates that no calendar has.
    pub zero_dates: ZeroDates,
    /// A delete is followed by a tombstone.
    pub tombstones: bool,
    /// OMS's shape: TINYINT(1) is true or false.
    pub booleans: bool,
    /// OMS's shape: BIGINT is a string, as one place of its description says, and not a number, as another one does.
    pub bigint_text: bool,
    /// OMS's shape: what `source.pos` is.
    pub position: PositionForm,
    /// OMS's shape: `source.ts_ms` counts seconds, as its description says, and not milliseconds, as its samples have it.
    pub source_seconds: bool,
    /// OMS's shape: `source.server_id` is there, in the schema and in the payload.
    pub server_id: bool,
}

impl Default for DebeziumOptions {
    fn default() -> Self {
        Self {
            strict: false,
            schema: false,
            decimal_handling: None,
            time_precision: None,
            binary_handling: None,
            bigint_unsigned_handling: None,
            zero_dates: ZeroDates::default(),
            tombstones: true,
            booleans: true,
            bigint_text: false,
            position: PositionForm::default(),
            source_seconds: false,
            server_id: true,
        }
    }
}

impl DebeziumOptions {
    /// The same options in Debezium's own shape, or OMS's.
    #[must_use]
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The same options with or without the schema in each message.
    #[must_use]
    pub fn with_schema(mut self, schema: bool) -> Self {
        self.schema = schema;
        self
    }

    /// The same options with decimals like this.
    #[must_use]
    pub fn with_decimal_handling(mut self, decimal_handling: DecimalHandling) -> Self {
        self.decimal_handling = Some(decimal_handling);
        self
    }

    /// The same options with dates and times like this.
    #[must_use]
    pub fn with_time_precision(mut self, time_precision: TimePrecision) -> Self {
        self.time_precision = Some(time_precision);
        self
    }

    /// The same options with bytes like this.
    #[must_use]
    pub fn with_binary_handling(mut self, binary_handling: BinaryHandling) -> Self {
        self.binary_handling = Some(binary_handling);
        self
    }

    /// The same options with BIGINT UNSIGNED like this.
    #[must_use]
    pub fn with_bigint_unsigned_handling(mut self, bigint_unsigned_handling: BigintUnsignedHandling) -> Self {
        self.bigint_unsigned_handling = Some(bigint_unsigned_handling);
        self
    }

    /// The same options with this rule for dates that no calendar has.
    #[must_use]
    pub fn with_zero_dates(mut self, zero_dates: ZeroDates) -> Self {
        self.zero_dates = zero_dates;
        self
    }

    /// The same options with or without tombstones.
    #[must_use]
    pub fn with_tombstones(mut self, tombstones: bool) -> Self {
        self.tombstones = tombstones;
        self
    }

    /// The same options with TINYINT(1) as true or false, or as a number.
    #[must_use]
    pub fn with_booleans(mut self, booleans: bool) -> Self {
        self.booleans = booleans;
        self
    }

    /// The same options with BIGINT as a string, or as a number.
    #[must_use]
    pub fn with_bigint_text(mut self, bigint_text: bool) -> Self {
        self.bigint_text = bigint_text;
        self
    }

    /// The same options with positions like this.
    #[must_use]
    pub fn with_position(mut self, position: PositionForm) -> Self {
        self.position = position;
        self
    }

    /// The same options with `source.ts_ms` in seconds, or in milliseconds.
    #[must_use]
    pub fn with_source_seconds(mut self, source_seconds: bool) -> Self {
        self.source_seconds = source_seconds;
        self
    }

    /// The same options with or without `source.server_id`.
    #[must_use]
    pub fn with_server_id(mut self, server_id: bool) -> Self {
        self.server_id = server_id;
        self
    }
}

/// How a DECIMAL stands in a message (`decimal.handling.mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecimalHandling {
    /// Kafka Connect's `Decimal`: an unscaled number in base64, its scale in the schema.
    Precise,
    /// A number with all its digits, which most readers take for a double.
    Double,
    /// A string with all its digits.
    String,
}

/// Reads the name that Debezium gives it.
impl FromStr for DecimalHandling {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text {
            "precise" => DecimalHandling::Precise,
            "double" => DecimalHandling::Double,
            "string" => DecimalHandling::String,
            _ => return Err(Error::config("decimal_handling", "it is none of precise, double, string")),
        })
    }
}

/// How dates and times stand in a message (`time.precision.mode`); TIMESTAMP is a string by ISO 8601 in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimePrecision {
    /// Days; TIME in microseconds; DATETIME in milliseconds up to three fractional digits, else microseconds.
    AdaptiveTimeMicroseconds,
    /// Kafka Connect's types: days and milliseconds, to which finer values are cut.
    Connect,
    /// Strings by ISO 8601 at UTC.
    IsoString,
    /// Days, and microseconds.
    Microseconds,
    /// Days, and nanoseconds.
    Nanoseconds,
}

/// Reads the name that Debezium gives it.
impl FromStr for TimePrecision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text {
            "adaptive_time_microseconds" => TimePrecision::AdaptiveTimeMicroseconds,
            "connect" => TimePrecision::Connect,
            "isostring" => TimePrecision::IsoString,
            "microseconds" => TimePrecision::Microseconds,
            "nanoseconds" => TimePrecision::Nanoseconds,
            _ => {
                return Err(Error::config(
                    "time_precision",
                    "it is none of adaptive_time_microseconds, connect, isostring, microseconds, nanoseconds",
                ));
            }
        })
    }
}

/// How bytes stand in a message (`binary.handling.mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BinaryHandling {
    /// Kafka Connect's bytes, which JSON has in base64.
    Bytes,
    /// A string in base64.
    Base64,
    /// A string in base64 with the letters for addresses.
    Base64UrlSafe,
    /// A string of hexadecimal digits; in upper case in OMS's shape.
    Hex,
}

/// Reads the name that Debezium gives it.
impl FromStr for BinaryHandling {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text {
            "bytes" => BinaryHandling::Bytes,
            "base64" => BinaryHandling::Base64,
            "base64-url-safe" => BinaryHandling::Base64UrlSafe,
            "hex" => BinaryHandling::Hex,
            _ => {
                return Err(Error::config(
                    "binary_handling",
                    "it is none of bytes, base64, base64-url-safe, hex",
                ));
            }
        })
    }
}

/// How a BIGINT UNSIGNED stands in a message (`bigint.unsigned.handling.mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BigintUnsignedHandling {
    /// A number of 64 bits with a sign; a larger one is refused, where Debezium makes it negative.
    Long,
    /// Kafka Connect's `Decimal` of scale 0.
    Precise,
}

/// Reads the name that Debezium gives it.
impl FromStr for BigintUnsignedHandling {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text {
            "long" => BigintUnsignedHandling::Long,
            "precise" => BigintUnsignedHandling::Precise,
            _ => return Err(Error::config("bigint_unsigned_handling", "it is none of long, precise")),
        })
    }
}

/// What `source.pos` is in OMS's shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PositionForm {
    /// `offset@seconds`, as in its samples.
    #[default]
    OffsetAtSeconds,
    /// `file@offset`, as its description says.
    FileAtOffset,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_debezium() {
        assert_eq!("precise".parse::<DecimalHandling>().unwrap(), DecimalHandling::Precise);
        assert_eq!("base64-url-safe".parse::<BinaryHandling>().unwrap(), BinaryHandling::Base64UrlSafe);
        let error = "adaptive".parse::<TimePrecision>().unwrap_err().to_string();
        assert!(
            error.starts_with("option time_precision: it is none of adaptive_time_microseconds,"),
            "{error}"
        );
    }
}
