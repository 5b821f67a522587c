//! Calendar dates and clock times as counts since 1970, and back.

use std::time::{SystemTime, UNIX_EPOCH};

use oms_core::value::{Date, DateTime};

/// Days since 1970-01-01 by the Gregorian calendar; `None` for a date that it does not have, such as `0000-00-00`.
pub(crate) fn days_since_epoch(date: Date) -> Option<i64> {
    let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=month_days).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_before_year = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_before_month = (153 * month + 2) / 5;
    Some(days_before_year + days_before_month + day - 1 - 719_468)
}

/// Microseconds since 1970-01-01 UTC; `None` for a date that no calendar has.
pub(crate) fn micros_since_epoch(value: DateTime) -> Option<i64> {
    let days = days_since_epoch(value.date)?;
    let seconds = (i64::from(value.hour) * 60 + i64::from(value.minute)) * 60 + i64::from(value.second);
    Some((days * 86_400 + seconds) * 1_000_000 + i64::from(value.micros))
}

/// Microseconds of an instant since 1970, 0 for one before.
pub(crate) fn micros(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// Milliseconds of an instant since 1970.
pub(crate) fn millis(at: SystemTime) -> u64 {
    micros(at) / 1_000
}

/// Seconds of an instant since 1970.
pub(crate) fn seconds(at: SystemTime) -> u64 {
    micros(at) / 1_000_000
}

/// Appends an instant as `YYYY-MM-DDTHH:MM:SS`, with as many digits of a fraction, without a zone.
pub(crate) fn write_iso(at: SystemTime, fsp: u8, out: &mut Vec<u8>) {
    let micros = micros(at);
    let start = out.len();
    let epoch = DateTime { date: Date { year: 1970, month: 1, day: 1 }, ..DateTime::default() };
    let at = match micros / 1_000_000 {
        0 => DateTime { micros: (micros % 1_000_000) as u32, ..epoch },
        seconds => DateTime::from_timestamp(seconds, (micros % 1_000_000) as u32),
    };
    at.write(fsp, out);
    if let Some(separator) = out.get_mut(start + 10) {
        *separator = b'T';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_agree_with_the_way_back() {
        let mut days = 0;
        while days < 2_932_896 {
            let date = DateTime::from_timestamp(days * 86_400, 1).date;
            assert_eq!(days_since_epoch(date), Some(days as i64));
            days += 17;
        }
        let day = |year, month, day| days_since_epoch(Date { year, month, day });
        assert_eq!(day(1970, 1, 1), Some(0));
        assert_eq!(day(1969, 12, 31), Some(-1));
        assert_eq!(day(1000, 1, 1), Some(-354_285));
        assert_eq!(day(9999, 12, 31), Some(2_932_896));
        assert_eq!(
            (day(0, 0, 0), day(2024, 2, 0), day(2023, 2, 29), day(2024, 13, 1)),
            (None, None, None, None)
        );
    }
}
