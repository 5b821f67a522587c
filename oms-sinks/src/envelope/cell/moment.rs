//! Dates and times: as text with another fraction, by ISO 8601, or counted from 1970.

use oms_core::value::{DateTime, Time, ValueRef};
use oms_core::{Error, Result};

use super::form::{Form, ZeroDates};
use super::number::push;
use super::writer::CellPlan;
use crate::envelope::clock::{days_since_epoch, micros_since_epoch};

const ZERO: &[u8] = b"\"0000-00-00 00:00:00\"";
const DAY_MICROS: i64 = 86_400_000_000;

pub(super) fn short_text(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    text(plan, value, Fraction::Short, out)
}

pub(super) fn micros_text(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    text(plan, value, Fraction::Digits(6), out)
}

/// How much of a fraction of a second is printed.
#[derive(Clone, Copy)]
enum Fraction {
    /// Six digits without the zeros at the end.
    Short,
    Digits(u8),
}

fn text(plan: &CellPlan, value: ValueRef<'_>, fraction: Fraction, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'"');
    match value {
        ValueRef::Date(date) => date.write(out),
        ValueRef::Time(time) => write_time(time, fraction, out),
        ValueRef::DateTime(value) => write_datetime(value, fraction, out),
        _ => return Err(plan.misfit()),
    }
    out.push(b'"');
    Ok(())
}

fn write_time(time: Time, fraction: Fraction, out: &mut Vec<u8>) {
    match fraction {
        Fraction::Digits(digits) => time.write(digits, out),
        Fraction::Short if time.micros == 0 => time.write(0, out),
        Fraction::Short => {
            time.write(6, out);
            trim_zeros(out);
        }
    }
}

fn write_datetime(value: DateTime, fraction: Fraction, out: &mut Vec<u8>) {
    match fraction {
        Fraction::Digits(digits) => value.write(digits, out),
        Fraction::Short if value.micros == 0 => value.write(0, out),
        Fraction::Short => {
            value.write(6, out);
            trim_zeros(out);
        }
    }
}

/// Takes zeros off a fraction that is not all zeros.
fn trim_zeros(out: &mut Vec<u8>) {
    while out.last() == Some(&b'0') {
        out.pop();
    }
}

pub(super) fn seconds_text(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    counted_text(plan, value, 1_000_000, out)
}

pub(super) fn millis_text(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    counted_text(plan, value, 1_000, out)
}

/// Units of `unit` microseconds since 1970 and a fraction, in quotes.
fn counted_text(plan: &CellPlan, value: ValueRef<'_>, unit: i64, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::DateTime(value) = value else { return Err(plan.misfit()) };
    let Some(micros) = micros_since_epoch(value) else {
        if value == DateTime::default() {
            out.extend_from_slice(ZERO);
            return Ok(());
        }
        return text(plan, ValueRef::DateTime(value), Fraction::Short, out);
    };
    out.push(b'"');
    if micros < 0 {
        out.push(b'-');
    }
    let (whole, mut fraction) =
        (micros.unsigned_abs() / unit.unsigned_abs(), micros.unsigned_abs() % unit.unsigned_abs());
    push(whole, out);
    if fraction > 0 {
        out.push(b'.');
        let mut place = unit.unsigned_abs() / 10;
        while fraction > 0 {
            out.push(b'0' + (fraction / place) as u8);
            fraction %= place;
            place /= 10;
        }
    }
    out.push(b'"');
    Ok(())
}

pub(super) fn iso(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    write_iso(plan, value, Fraction::Short, out)
}

pub(super) fn iso_full(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    write_iso(plan, value, Fraction::Digits(plan.fsp), out)
}

fn write_iso(plan: &CellPlan, value: ValueRef<'_>, fraction: Fraction, out: &mut Vec<u8>) -> Result<()> {
    match value {
        ValueRef::Date(date) if days_since_epoch(date).is_none() => {
            return zero(plan, b"\"1970-01-01Z\"", out);
        }
        ValueRef::DateTime(value) if micros_since_epoch(value).is_none() => {
            return zero(plan, b"\"1970-01-01T00:00:00Z\"", out);
        }
        ValueRef::Time(time) if !is_of_day(time) => return Err(beyond_a_day(plan)),
        _ => {}
    }
    out.push(b'"');
    let start = out.len();
    match value {
        ValueRef::Date(date) => date.write(out),
        ValueRef::Time(time) => write_time(time, fraction, out),
        ValueRef::DateTime(value) => {
            write_datetime(value, fraction, out);
            // Behind `YYYY-MM-DD` stands the space of SQL.
            if let Some(separator) = out.get_mut(start + 10) {
                *separator = b'T';
            }
        }
        _ => return Err(plan.misfit()),
    }
    out.extend_from_slice(b"Z\"");
    Ok(())
}

pub(super) fn days(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Date(date) = value else { return Err(plan.misfit()) };
    match days_since_epoch(date) {
        Some(days) => push(days, out),
        None => return zero(plan, b"0", out),
    }
    Ok(())
}

pub(super) fn millis(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let Some(micros) = micros_of(plan, value)? else { return zero(plan, b"0", out) };
    if micros % 1000 != 0 && plan.form == (Form::Millis { cut: false }) {
        return Err(plan.refused(
            "the time has microseconds where the format counts milliseconds: set time_precision to microseconds, or to \
             connect to have them cut",
        ));
    }
    push(micros.div_euclid(1000), out);
    Ok(())
}

pub(super) fn millis_of_day(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Time(time) = value else { return Err(plan.misfit()) };
    if !is_of_day(time) {
        return Err(beyond_a_day(plan));
    }
    push(micros_of_time(time) / 1000, out);
    Ok(())
}

pub(super) fn micros(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    match micros_of(plan, value)? {
        Some(micros) => push(micros, out),
        None => return zero(plan, b"0", out),
    }
    Ok(())
}

pub(super) fn nanos(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let Some(micros) = micros_of(plan, value)? else { return zero(plan, b"0", out) };
    let Some(nanos) = micros.checked_mul(1000) else {
        return Err(plan.refused(
            "the year is too far from 1970 for 64 bits of nanoseconds: set time_precision to microseconds",
        ));
    };
    push(nanos, out);
    Ok(())
}

/// Microseconds since 1970 or midnight; `None` for what no calendar has.
fn micros_of(plan: &CellPlan, value: ValueRef<'_>) -> Result<Option<i64>> {
    match value {
        ValueRef::DateTime(value) => Ok(micros_since_epoch(value)),
        ValueRef::Time(time) => Ok(Some(micros_of_time(time))),
        _ => Err(plan.misfit()),
    }
}

fn micros_of_time(time: Time) -> i64 {
    let seconds = (i64::from(time.hours) * 60 + i64::from(time.minutes)) * 60 + i64::from(time.seconds);
    let micros = seconds * 1_000_000 + i64::from(time.micros);
    if time.negative { -micros } else { micros }
}

fn is_of_day(time: Time) -> bool {
    (0..DAY_MICROS).contains(&micros_of_time(time))
}

fn beyond_a_day(plan: &CellPlan) -> Error {
    plan.refused(
        "the TIME is below 00:00:00 or above 23:59:59: set time_precision to adaptive_time_microseconds",
    )
}

/// What stands for a date that no calendar has.
fn zero(plan: &CellPlan, epoch: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match plan.zero_dates {
        ZeroDates::Refuse => Err(plan.refused(
            "no calendar has this date, and the format counts days or seconds: set zero_dates to null to have NULL or \
             1970-01-01 in its place",
        )),
        ZeroDates::Null => {
            out.extend_from_slice(if plan.column.is_nullable() { b"null" } else { epoch });
            Ok(())
        }
    }
}
