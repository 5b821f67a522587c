//! Values as MySQL prints them, in quotes; labels of ENUM and SET.

use oms_core::value::ValueRef;
use oms_core::{Error, Result};

use super::writer::CellPlan;
use super::{document, number};
use crate::envelope::json::write_escaped;

pub(super) fn text(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'"');
    match value {
        ValueRef::Text(text) => write_escaped(&text.to_str()?, out),
        ValueRef::Enum(index) => out.extend_from_slice(label(plan, index)?),
        ValueRef::Set(bits) => each_label(plan, bits, b",", b"", out)?,
        ValueRef::Json(json) => document::write_escaped_document(json, out)?,
        ValueRef::Date(date) => date.write(out),
        ValueRef::Time(time) => time.write(plan.fsp, out),
        ValueRef::DateTime(value) => value.write(plan.fsp, out),
        value => number::number(plan, value, out)?,
    }
    out.push(b'"');
    Ok(())
}

pub(super) fn index_text(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'"');
    match value {
        ValueRef::Enum(index) => {
            label(plan, index)?;
            number::push(index, out);
        }
        ValueRef::Set(bits) => number::push(bits, out),
        _ => return Err(plan.misfit()),
    }
    out.push(b'"');
    Ok(())
}

pub(super) fn labels(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Set(bits) = value else { return Err(plan.misfit()) };
    out.push(b'[');
    each_label(plan, bits, b",", b"\"", out)?;
    out.push(b']');
    Ok(())
}

fn label(plan: &CellPlan, index: u16) -> Result<&[u8]> {
    match usize::from(index).checked_sub(1) {
        Some(place) => plan
            .labels
            .get(place)
            .map(AsRef::as_ref)
            .ok_or_else(|| Error::decode("an ENUM", "its number is that of no label")),
        None => Err(plan.refused(
            "the ENUM holds its error value (index 0), which looks like an empty label; give the row a label first",
        )),
    }
}

fn each_label(plan: &CellPlan, bits: u64, separator: &[u8], quote: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let known = u64::MAX.checked_shr(64 - plan.labels.len().min(64) as u32).unwrap_or(0);
    if bits & !known != 0 {
        return Err(Error::decode("a SET", "a bit of it is that of no label"));
    }
    let mut is_first = true;
    for (place, label) in plan.labels.iter().enumerate().take(64) {
        if bits >> place & 1 == 1 {
            if !std::mem::replace(&mut is_first, false) {
                out.extend_from_slice(separator);
            }
            out.extend_from_slice(quote);
            out.extend_from_slice(label);
            out.extend_from_slice(quote);
        }
    }
    Ok(())
}
