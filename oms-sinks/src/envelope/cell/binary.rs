//! Bytes, bits, geometries and vectors.

use oms_core::schema::ColumnType;
use oms_core::value::ValueRef;
use oms_core::{Error, Result};

use super::number;
use super::writer::CellPlan;
use crate::envelope::json::{Base64, HexCase, write_base64, write_hex, write_latin1};

pub(super) fn base64(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    quoted(plan, value, out, |bytes, out| write_base64(bytes, Base64::Standard, out))
}

pub(super) fn base64_url(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    quoted(plan, value, out, |bytes, out| write_base64(bytes, Base64::UrlSafe, out))
}

pub(super) fn hex_upper(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    quoted(plan, value, out, |bytes, out| write_hex(bytes, HexCase::Upper, out))
}

pub(super) fn hex_lower(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    quoted(plan, value, out, |bytes, out| write_hex(bytes, HexCase::Lower, out))
}

pub(super) fn latin1(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    quoted(plan, value, out, write_latin1)
}

/// Bytes in quotes; BIT as all bytes that its width has, so that a scan and a log say the same.
fn quoted(
    plan: &CellPlan,
    value: ValueRef<'_>,
    out: &mut Vec<u8>,
    write: impl FnOnce(&[u8], &mut Vec<u8>),
) -> Result<()> {
    out.push(b'"');
    match value {
        ValueRef::Bytes(bytes) => write(bytes, out),
        ValueRef::UInt(bits) => {
            let unused = 8 - bit_bytes(plan)?;
            write(&bits.to_be_bytes()[unused..], out);
        }
        _ => return Err(plan.misfit()),
    }
    out.push(b'"');
    Ok(())
}

pub(super) fn little_endian_bits(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::UInt(bits) = value else { return Err(plan.misfit()) };
    let length = bit_bytes(plan)?;
    out.push(b'"');
    write_base64(&bits.to_le_bytes()[..length], Base64::Standard, out);
    out.push(b'"');
    Ok(())
}

/// Bytes of a BIT column's value, 1 to 8.
pub(super) fn bit_bytes(plan: &CellPlan) -> Result<usize> {
    match plan.column.column_type() {
        ColumnType::Bit { width } => Ok(usize::from(*width).div_ceil(8).clamp(1, 8)),
        _ => Err(plan.misfit()),
    }
}

pub(super) fn geometry(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Bytes(bytes) = value else { return Err(plan.misfit()) };
    let (srid, wkb) = split_srid(bytes)?;
    out.extend_from_slice(b"{\"wkb\":\"");
    write_base64(wkb, Base64::Standard, out);
    out.extend_from_slice(b"\",\"srid\":");
    match srid {
        0 => out.extend_from_slice(b"null"),
        srid => number::push(srid, out),
    }
    out.push(b'}');
    Ok(())
}

/// A geometry as MySQL stores it: four bytes of SRID, little-endian, and well-known binary.
pub(super) fn split_srid(bytes: &[u8]) -> Result<(u32, &[u8])> {
    let (srid, wkb) = bytes
        .split_first_chunk()
        .ok_or_else(|| Error::decode("a geometry", "it is shorter than its SRID"))?;
    Ok((u32::from_le_bytes(*srid), wkb))
}

pub(super) fn floats(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Bytes(bytes) = value else { return Err(plan.misfit()) };
    let (entries, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Error::decode("a VECTOR", "its bytes are not a whole number of entries"));
    }
    out.push(b'[');
    for (i, entry) in entries.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let entry = f32::from_le_bytes(*entry);
        if !entry.is_finite() {
            return Err(plan.refused("an entry of the VECTOR is not finite, which JSON cannot say"));
        }
        number::write_float(entry, out);
    }
    out.push(b']');
    Ok(())
}
