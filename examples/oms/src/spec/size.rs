//! [`Bytes`]: a size such as `"64MiB"`.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// A size in bytes, written as a number or as `"64MiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) usize);

const UNITS: [(&str, usize); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];

fn parse(text: &str) -> Option<usize> {
    let (unit, factor) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let number: usize = text.strip_suffix(unit)?.trim_end().parse().ok()?;
    number.checked_mul(*factor).filter(|bytes| *bytes > 0)
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size above 0 such as \"64MiB\" (KiB, MiB, GiB or B)")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                parse(text).map(Bytes).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Bytes, E> {
                let bytes = usize::try_from(number).ok().filter(|bytes| *bytes > 0);
                bytes.map(Bytes).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(parse("64MiB"), Some(64 << 20));
        assert_eq!(parse("2 GiB"), Some(2 << 30));
        assert_eq!(parse("10B"), Some(10));
        for text in ["64", "64MB", "-1MiB", "0MiB", "99999999999999GiB", ""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
