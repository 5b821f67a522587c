//! [`Date`], [`Time`] and [`DateTime`] as MySQL stores them: zero parts and times up to ±838:59:59 included.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A calendar date; month and day may be zero, as MySQL allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Date {
    /// 0 to 9999.
    pub year: u16,
    /// 0 to 12.
    pub month: u8,
    /// 0 to 31.
    pub day: u8,
}

/// A span of time of either sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Time {
    /// True for a span below zero.
    pub negative: bool,
    /// 0 to 838.
    pub hours: u16,
    /// 0 to 59.
    pub minutes: u8,
    /// 0 to 59.
    pub seconds: u8,
    /// 0 to 999,999.
    pub micros: u32,
}

/// A date and a time of day, without a zone: DATETIME as stored, TIMESTAMP at UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DateTime {
    /// The date.
    pub date: Date,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999,999.
    pub micros: u32,
}

impl Date {
    /// Appends `YYYY-MM-DD`.
    pub fn write(&self, out: &mut Vec<u8>) {
        push_digits::<4>(out, u32::from(self.year));
        out.push(b'-');
        push_digits::<2>(out, u32::from(self.month));
        out.push(b'-');
        push_digits::<2>(out, u32::from(self.day));
    }

    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] for any other text.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let mut digits = Digits(text);
        let date = digits.date();
        date.filter(|_| digits.0.is_empty())
            .ok_or_else(|| Error::decode("a date", "its text is not YYYY-MM-DD"))
    }
}

impl Time {
    /// Appends `[-]HH:MM:SS`, with `fsp` fractional digits (cut, not rounded) where that is not 0.
    pub fn write(&self, fsp: u8, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        if self.hours > 99 {
            push_digits::<3>(out, u32::from(self.hours));
        } else {
            push_digits::<2>(out, u32::from(self.hours));
        }
        out.push(b':');
        push_digits::<2>(out, u32::from(self.minutes));
        out.push(b':');
        push_digits::<2>(out, u32::from(self.seconds));
        push_fraction(out, self.micros, fsp);
    }

    /// Reads `[-]HH:MM:SS[.ffffff]`.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] for any other text.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let parse = || {
            let (negative, text) = match text {
                [b'-', rest @ ..] => (true, rest),
                _ => (false, text),
            };
            let mut digits = Digits(text);
            let hours = digits.number_until(b':', 3)? as u16;
            let minutes = digits.exact(2)? as u8;
            digits.separator(b':')?;
            let seconds = digits.exact(2)? as u8;
            let micros = digits.fraction()?;
            digits.0.is_empty().then_some(Time { negative, hours, minutes, seconds, micros })
        };
        parse().ok_or_else(|| Error::decode("a time", "its text is not HH:MM:SS"))
    }
}

impl DateTime {
    /// Appends `YYYY-MM-DD HH:MM:SS`, with `fsp` fractional digits (cut, not rounded) where that is not 0.
    pub fn write(&self, fsp: u8, out: &mut Vec<u8>) {
        self.date.write(out);
        out.push(b' ');
        push_digits::<2>(out, u32::from(self.hour));
        out.push(b':');
        push_digits::<2>(out, u32::from(self.minute));
        out.push(b':');
        push_digits::<2>(out, u32::from(self.second));
        push_fraction(out, self.micros, fsp);
    }

    /// Reads `YYYY-MM-DD HH:MM:SS[.ffffff]`.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] for any other text.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let parse = || {
            let mut digits = Digits(text);
            let date = digits.date()?;
            digits.separator(b' ')?;
            let hour = digits.exact(2)? as u8;
            digits.separator(b':')?;
            let minute = digits.exact(2)? as u8;
            digits.separator(b':')?;
            let second = digits.exact(2)? as u8;
            let micros = digits.fraction()?;
            digits.0.is_empty().then_some(DateTime { date, hour, minute, second, micros })
        };
        parse().ok_or_else(|| Error::decode("a datetime", "its text is not YYYY-MM-DD HH:MM:SS"))
    }

    /// The UTC wall clock of an instant; second 0 is the zero TIMESTAMP `0000-00-00 00:00:00`, as MySQL stores it.
    ///
    /// # Units
    ///
    /// `seconds` since 1970-01-01 UTC, below 2^41.
    pub fn from_timestamp(seconds: u64, micros: u32) -> Self {
        if seconds == 0 && micros == 0 {
            return Self::default();
        }
        let days = (seconds / 86_400) as i64;
        let rest = (seconds % 86_400) as u32;
        // Civil date from a day count, with years that begin in March so that the leap day comes last.
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u8;
        let year = (year_of_era + era * 400 + i64::from(month <= 2)) as u16;
        Self {
            date: Date { year, month, day },
            hour: (rest / 3_600) as u8,
            minute: (rest / 60 % 60) as u8,
            second: (rest % 60) as u8,
            micros,
        }
    }
}

fn push_digits<const N: usize>(out: &mut Vec<u8>, mut value: u32) {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend_from_slice(&digits);
}

fn push_fraction(out: &mut Vec<u8>, micros: u32, fsp: u8) {
    if fsp == 0 {
        return;
    }
    let before = out.len();
    out.push(b'.');
    push_digits::<6>(out, micros);
    out.truncate(before + 1 + usize::from(fsp.min(6)));
}

/// A reader of fixed runs of digits.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn exact(&mut self, count: usize) -> Option<u32> {
        let (run, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        number(run)
    }

    fn number_until(&mut self, separator: u8, most: usize) -> Option<u32> {
        let end = self.0.iter().position(|byte| *byte == separator)?;
        if end == 0 || end > most {
            return None;
        }
        let value = self.exact(end)?;
        self.separator(separator)?;
        Some(value)
    }

    fn separator(&mut self, byte: u8) -> Option<()> {
        match self.0 {
            [first, rest @ ..] if *first == byte => {
                self.0 = rest;
                Some(())
            }
            _ => None,
        }
    }

    fn date(&mut self) -> Option<Date> {
        let year = self.exact(4)? as u16;
        self.separator(b'-')?;
        let month = self.exact(2)? as u8;
        self.separator(b'-')?;
        let day = self.exact(2)? as u8;
        Some(Date { year, month, day })
    }

    /// `.` and one to six digits, in microseconds; 0 where there is none.
    fn fraction(&mut self) -> Option<u32> {
        if self.0.is_empty() {
            return Some(0);
        }
        self.separator(b'.')?;
        let count = self.0.len();
        if count == 0 || count > 6 {
            return None;
        }
        let value = self.exact(count)?;
        Some(value * 10_u32.pow(6 - count as u32))
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, digit| match digit {
        b'0'..=b'9' => Some(value * 10 + u32::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_survives_both_ways() {
        for text in ["0000-00-00 00:00:00", "2024-02-00 01:02:03", "9999-12-31 23:59:59"] {
            let value = DateTime::parse(text.as_bytes()).unwrap();
            assert_eq!(written(|out| value.write(0, out)), text);
        }
        for text in ["838:59:59.000000", "-00:00:00.000001", "-507:48:27.500000", "09:00:00.000000"] {
            let value = Time::parse(text.as_bytes()).unwrap();
            assert_eq!(written(|out| value.write(6, out)), text);
        }
        let value = DateTime::parse(b"2024-01-02 03:04:05.5").unwrap();
        assert_eq!(value.micros, 500_000);
        assert_eq!(written(|out| value.write(1, out)), "2024-01-02 03:04:05.5");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "2024-1-2", "2024-01-02x", "20240102"] {
            assert!(Date::parse(text.as_bytes()).is_err(), "{text}");
        }
        for text in ["", "1:2:3", "0001:02:03", "01:02:03.", "01:02:03.1234567", ":02:03"] {
            assert!(Time::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(DateTime::parse(b"2024-01-02T03:04:05").is_err());
    }

    #[test]
    fn instants_are_printed_at_utc() {
        for (seconds, text) in [
            (1, "1970-01-01 00:00:01"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_699_165_800, "2023-11-05 06:30:00"),
            (2_147_483_647, "2038-01-19 03:14:07"),
            (0, "0000-00-00 00:00:00"),
        ] {
            assert_eq!(written(|out| DateTime::from_timestamp(seconds, 0).write(0, out)), text);
        }
    }
}
