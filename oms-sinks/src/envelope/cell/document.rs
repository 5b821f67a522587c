//! JSON documents: as a string, or as they are.

use oms_core::value::{JsonRef, ValueRef};
use oms_core::{Error, Result};

use super::writer::CellPlan;
use crate::envelope::json::escape_tail;

/// Appends the text of a document, escaped.
pub(super) fn write_escaped_document(json: JsonRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    json.write(out)?;
    if std::str::from_utf8(&out[start..]).is_err() {
        return Err(Error::decode("a JSON document", "its bytes are not valid utf8mb4"));
    }
    escape_tail(out, start);
    Ok(())
}

pub(super) fn document(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Json(json) = value else { return Err(plan.misfit()) };
    let start = out.len();
    json.write(out)?;
    // What is printed from the binary form is JSON; text may be empty or cut, and would break the message around it.
    let is_json = match json {
        JsonRef::Binary(_) => std::str::from_utf8(&out[start..]).is_ok(),
        _ => serde_json::from_slice::<serde::de::IgnoredAny>(&out[start..]).is_ok(),
    };
    if !is_json {
        return Err(Error::decode("a JSON document", "its text is not JSON"));
    }
    Ok(())
}
