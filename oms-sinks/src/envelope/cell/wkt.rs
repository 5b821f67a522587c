//! Well-known text of a geometry, from the bytes that MySQL stores.
//!
//! # Sources
//!
//! OGC 06-103r4, "Simple feature access", sections 7 and 8; MySQL Reference Manual, "Internal Geometry Storage Format".

use oms_core::value::ValueRef;
use oms_core::value::float::write_double;
use oms_core::{Error, Result};

use super::binary::split_srid;
use super::writer::CellPlan;

/// Deeper collections are refused: each level takes stack.
const MAX_DEPTH: usize = 64;

pub(super) fn well_known_text(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Bytes(bytes) = value else { return Err(plan.misfit()) };
    let (_, wkb) = split_srid(bytes)?;
    let mut reader = Reader { rest: wkb };
    out.push(b'"');
    reader.geometry(None, 0, out)?;
    if !reader.rest.is_empty() {
        return Err(malformed());
    }
    out.push(b'"');
    Ok(())
}

fn malformed() -> Error {
    Error::decode("a geometry", "its bytes are not well-known binary")
}

struct Reader<'a> {
    rest: &'a [u8],
}

const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const COLLECTION: u32 = 7;

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(malformed)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn number(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    /// A geometry with its head; inside of a multi-geometry the name is known and left out.
    fn geometry(&mut self, expected: Option<u32>, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        // MySQL stores little-endian only.
        let [order] = self.take()?;
        let kind = self.number()?;
        if order != 1 || depth > MAX_DEPTH || expected.is_some_and(|expected| expected != kind) {
            return Err(malformed());
        }
        let name: &[u8] = match kind {
            POINT => b"POINT ",
            LINE => b"LINESTRING ",
            POLYGON => b"POLYGON ",
            4 => b"MULTIPOINT ",
            5 => b"MULTILINESTRING ",
            6 => b"MULTIPOLYGON ",
            COLLECTION => b"GEOMETRYCOLLECTION ",
            _ => return Err(malformed()),
        };
        if expected.is_none() {
            out.extend_from_slice(name);
        }
        match kind {
            POINT => {
                out.push(b'(');
                self.point(out)?;
                out.push(b')');
                Ok(())
            }
            LINE => self.list(out, |reader, out| reader.point(out)),
            POLYGON => self.list(out, |reader, out| reader.list(out, |reader, out| reader.point(out))),
            COLLECTION => self.list(out, |reader, out| reader.geometry(None, depth + 1, out)),
            multi => self.list(out, |reader, out| reader.geometry(Some(multi - 3), depth + 1, out)),
        }
    }

    fn list(
        &mut self,
        out: &mut Vec<u8>,
        mut each: impl FnMut(&mut Self, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let count = self.number()?;
        if count == 0 {
            out.extend_from_slice(b"EMPTY");
            return Ok(());
        }
        out.push(b'(');
        for i in 0..count {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            each(self, out)?;
        }
        out.push(b')');
        Ok(())
    }

    fn point(&mut self, out: &mut Vec<u8>) -> Result<()> {
        self.coordinate(out)?;
        out.push(b' ');
        self.coordinate(out)
    }

    fn coordinate(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let value = f64::from_le_bytes(self.take()?);
        if !value.is_finite() {
            return Err(malformed());
        }
        write_double(value, out);
        Ok(())
    }
}
