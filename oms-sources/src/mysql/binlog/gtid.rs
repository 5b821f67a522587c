//! [`Gtid`] and [`GtidSet`]: global transaction identifiers of MySQL, tagged ones included.

use std::fmt;
use std::str::FromStr;

use oms_core::{Error, Result};

use super::cursor::Cursor;

/// Who committed: a server's UUID and, from MySQL 8.4 on, perhaps a tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Origin {
    uuid: [u8; 16],
    tag: Box<str>,
}

/// One global transaction identifier, `uuid:number` or `uuid:tag:number`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gtid {
    origin: Origin,
    number: u64,
}

impl Gtid {
    /// The transaction of this number from this server, with an empty tag for none.
    pub fn new(uuid: [u8; 16], tag: &str, number: u64) -> Self {
        Self { origin: Origin { uuid, tag: tag.into() }, number }
    }

    /// Its number, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.origin, self.number)
    }
}

/// Renders one identifier after another; who committed hardly ever changes, so that part stays rendered.
#[derive(Debug, Default)]
pub(super) struct GtidText {
    origin: Option<Origin>,
    text: String,
    /// Where the number begins.
    number_at: usize,
}

impl GtidText {
    /// The text of this one.
    pub(super) fn of(&mut self, gtid: &Gtid) -> &str {
        if self.origin.as_ref() != Some(&gtid.origin) {
            self.text.clear();
            gtid.origin.push_to(&mut self.text);
            self.text.push(':');
            self.number_at = self.text.len();
            self.origin = Some(gtid.origin.clone());
        }
        self.text.truncate(self.number_at);
        self.text.push_str(itoa::Buffer::new().format(gtid.number));
        &self.text
    }
}

impl Origin {
    fn push_to(&self, text: &mut String) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        /// Where the two digits of each byte stand, hyphens left free.
        const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
        let mut uuid = [b'-'; 36];
        for (byte, at) in self.uuid.iter().zip(PLACES) {
            uuid[at] = DIGITS[usize::from(byte >> 4)];
            uuid[at + 1] = DIGITS[usize::from(byte & 15)];
        }
        // Only hexadecimal digits and hyphens.
        text.push_str(std::str::from_utf8(&uuid).unwrap_or_default());
        if !self.tag.is_empty() {
            text.push(':');
            text.push_str(&self.tag);
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.push_to(&mut text);
        f.write_str(&text)
    }
}

/// A set of global transaction identifiers, as the server prints it.
///
/// # Examples
///
/// ```
/// use oms_sources::mysql::binlog::GtidSet;
/// let mine: GtidSet = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:11".parse().unwrap();
/// let purged: GtidSet = "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-7".parse().unwrap();
/// assert_eq!(purged.minus(&mine).to_string(), "3e11fa47-71ca-11e1-9e33-c80aa9429562:6-7");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GtidSet {
    /// In order of origin; no origin without intervals.
    origins: Vec<(Origin, Intervals)>,
}

impl GtidSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// True if it holds no identifier.
    pub fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    /// Adds one identifier.
    pub fn insert(&mut self, gtid: &Gtid) {
        self.intervals_of(&gtid.origin).insert(gtid.number, gtid.number + 1);
    }

    /// True if it holds the identifier.
    pub fn contains(&self, gtid: &Gtid) -> bool {
        self.find(&gtid.origin).is_some_and(|intervals| intervals.contains(gtid.number))
    }

    /// True if it holds every identifier of `other`.
    pub fn includes(&self, other: &GtidSet) -> bool {
        other.minus(self).is_empty()
    }

    /// Adds every identifier of `other`.
    pub fn union(&mut self, other: &GtidSet) {
        for (origin, theirs) in &other.origins {
            let ours = self.intervals_of(origin);
            theirs.0.iter().for_each(|&(start, end)| ours.insert(start, end));
        }
    }

    /// The identifiers that are in it and not in `other`.
    #[must_use]
    pub fn minus(&self, other: &GtidSet) -> GtidSet {
        let mut rest = self.clone();
        for (origin, ours) in &mut rest.origins {
            if let Some(theirs) = other.find(origin) {
                theirs.0.iter().for_each(|&(start, end)| ours.remove(start, end));
            }
        }
        rest.origins.retain(|(_, intervals)| !intervals.0.is_empty());
        rest
    }

    /// The form in which COM_BINLOG_DUMP_GTID takes it.
    ///
    /// # Shape
    ///
    /// A header of eight bytes with the count of origins, then each origin: 16 bytes of UUID, in the tagged form the
    /// tag with its variable-length size, the count of intervals, and each interval's start and exclusive end. If any
    /// origin has a tag, all are in the tagged form, whose header has 1 in the highest byte and the count from bit 8 on.
    ///
    /// # Sources
    ///
    /// MySQL source documentation, `Gtid_set::encode`; accepted by MySQL 5.7, 8.0 and 9.7.
    pub fn encode(&self) -> Vec<u8> {
        let tagged = self.origins.iter().any(|(origin, _)| !origin.tag.is_empty());
        let count = self.origins.len() as u64;
        let header = if tagged { count << 8 | 1 << 56 } else { count };
        let mut out = header.to_le_bytes().to_vec();
        for (origin, intervals) in &self.origins {
            out.extend_from_slice(&origin.uuid);
            if tagged {
                // A tag has at most 32 bytes, so its size is one byte of seven bits.
                out.push((origin.tag.len() as u8) << 1);
                out.extend_from_slice(origin.tag.as_bytes());
            }
            out.extend_from_slice(&(intervals.0.len() as u64).to_le_bytes());
            for (start, end) in &intervals.0 {
                out.extend_from_slice(&start.to_le_bytes());
                out.extend_from_slice(&end.to_le_bytes());
            }
        }
        out
    }

    /// Reads the form that [`Self::encode`] writes, as a PREVIOUS_GTIDS event holds it.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut cursor = Cursor::new(bytes, "an encoded GTID set");
        let header = cursor.u64()?;
        let tagged = header >> 56 == 1;
        let count = if tagged { header >> 8 & 0xffff_ffff_ffff } else { header };
        let mut set = Self::new();
        for _ in 0..count {
            let uuid = cursor.array()?;
            let tag = if tagged {
                let len = cursor.varlen()?.try_into().map_err(|_| cursor.wrong("a tag is too long"))?;
                std::str::from_utf8(cursor.take(len)?).map_err(|_| cursor.wrong("a tag is not UTF-8"))?
            } else {
                ""
            };
            let origin = Origin { uuid, tag: tag.into() };
            for _ in 0..cursor.u64()? {
                let (start, end) = (cursor.u64()?, cursor.u64()?);
                if start == 0 || start >= end {
                    return Err(cursor.wrong("an interval is empty"));
                }
                set.intervals_of(&origin).insert(start, end);
            }
        }
        Ok(set)
    }

    fn find(&self, origin: &Origin) -> Option<&Intervals> {
        self.origins.iter().find(|(other, _)| other == origin).map(|(_, intervals)| intervals)
    }

    fn intervals_of(&mut self, origin: &Origin) -> &mut Intervals {
        let place = self.origins.binary_search_by(|(other, _)| other.cmp(origin));
        let place = place.unwrap_or_else(|place| {
            self.origins.insert(place, (origin.clone(), Intervals::default()));
            place
        });
        &mut self.origins[place].1
    }
}

/// Disjoint ranges of numbers, ascending and never adjacent: start and exclusive end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Intervals(Vec<(u64, u64)>);

impl Intervals {
    fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|&(start, _)| start <= number);
        after > 0 && number < self.0[after - 1].1
    }

    fn insert(&mut self, start: u64, end: u64) {
        // Nearly always the next number of the last range.
        if let Some(last) = self.0.last_mut()
            && last.1 == start
        {
            last.1 = end;
            return;
        }
        let first = self.0.partition_point(|&(_, other)| other < start);
        let last = self.0.partition_point(|&(other, _)| other <= end);
        let merged = match self.0.get(first..last) {
            Some([]) | None => (start, end),
            Some(touched) => (start.min(touched[0].0), end.max(touched[touched.len() - 1].1)),
        };
        self.0.splice(first..last, [merged]);
    }

    fn remove(&mut self, start: u64, end: u64) {
        let mut kept = Vec::with_capacity(self.0.len() + 1);
        for &(s, e) in &self.0 {
            if s < start.min(e) {
                kept.push((s, e.min(start)));
            }
            if e > end.max(s) {
                kept.push((s.max(end), e));
            }
        }
        self.0 = kept;
    }
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (origin, intervals)) in self.origins.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{origin}")?;
            for &(start, end) in &intervals.0 {
                if end == start + 1 {
                    write!(f, ":{start}")?;
                } else {
                    write!(f, ":{start}-{}", end - 1)?;
                }
            }
        }
        Ok(())
    }
}

/// Reads the server's text: origins separated by commas, white space ignored; a tag holds for the intervals behind it.
impl FromStr for GtidSet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut set = GtidSet::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let mut pieces = part.split(':').map(str::trim);
            let uuid = parse_uuid(pieces.next().unwrap_or_default()).ok_or_else(malformed)?;
            let mut origin = Origin { uuid, tag: Box::default() };
            let mut intervals = 0;
            for piece in pieces {
                if piece.starts_with(|c: char| c.is_ascii_digit()) {
                    let (start, end) = parse_interval(piece).ok_or_else(malformed)?;
                    set.intervals_of(&origin).insert(start, end);
                    intervals += 1;
                } else {
                    origin.tag = parse_tag(piece).ok_or_else(malformed)?;
                }
            }
            if intervals == 0 {
                return Err(malformed());
            }
        }
        Ok(set)
    }
}

fn malformed() -> Error {
    Error::decode("a GTID set", "it has the form uuid:1-5:7,uuid:tag:1")
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let mut uuid = [0; 16];
    let mut digits = text.bytes().filter(|byte| *byte != b'-');
    for byte in &mut uuid {
        let mut digit = || char::from(digits.next()?).to_digit(16);
        *byte = (digit()? * 16 + digit()?) as u8;
    }
    (digits.next().is_none() && matches!(text.len(), 32 | 36)).then_some(uuid)
}

fn parse_tag(text: &str) -> Option<Box<str>> {
    let tag = text.to_ascii_lowercase();
    let valid = tag.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    (valid && matches!(tag.len(), 1..=32)).then(|| tag.into())
}

fn parse_interval(text: &str) -> Option<(u64, u64)> {
    let (start, last) = text.split_once('-').unwrap_or((text, text));
    let (start, last): (u64, u64) = (start.trim().parse().ok()?, last.trim().parse().ok()?);
    (start > 0 && start <= last && last < i64::MAX as u64).then_some((start, last + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    const B: &str = "4350f323-7565-4e59-8763-4b1b83a0ce0e";

    fn set(text: &str) -> GtidSet {
        text.replace('A', A).replace('B', B).parse().unwrap()
    }

    #[test]
    fn prints_in_the_servers_form() {
        assert_eq!(set("B:7, A:3-5:1:2").to_string(), format!("{A}:1-5,{B}:7"));
        assert_eq!(set("A:1-3:app:1-2:9").to_string(), format!("{A}:1-3,{A}:app:1-2:9"));
        assert_eq!(set("").to_string(), "");
    }

    #[test]
    fn rendered_one_after_another_they_keep_their_own_text() {
        let mut text = GtidText::default();
        for (uuid, tag, number) in
            [(A, "", 1), (A, "", u64::MAX), (A, "", 7), (A, "app", 7), (B, "", 12), (A, "", 3)]
        {
            let gtid = Gtid::new(parse_uuid(uuid).unwrap(), tag, number);
            assert_eq!(text.of(&gtid), gtid.to_string());
        }
    }

    #[test]
    fn wrong_text_is_refused() {
        for text in [
            "x",
            A,
            &format!("{A}:"),
            &format!("{A}:0"),
            &format!("{A}:5-3"),
            &format!("{A}:a b:1"),
            &format!("{A}:tag"),
        ] {
            assert!(text.parse::<GtidSet>().is_err(), "{text}");
        }
    }

    #[test]
    fn algebra_agrees_with_plain_sets() {
        let plain = |set: &GtidSet| -> Vec<u64> {
            (1..40).filter(|n| set.contains(&Gtid::new(parse_uuid(A).unwrap(), "", *n))).collect()
        };
        let texts = ["A:1-5", "A:3-9:12", "A:6", "A:1-20", "A:2:4:6:8-30", "A:15-16:18", "B:1-40"];
        for left in texts {
            for right in texts {
                let (left, right) = (set(left), set(right));
                let (l, r) = (plain(&left), plain(&right));
                assert_eq!(
                    plain(&left.minus(&right)),
                    l.iter().copied().filter(|n| !r.contains(n)).collect::<Vec<_>>()
                );
                let mut union = left.clone();
                union.union(&right);
                assert_eq!(
                    plain(&union),
                    (1..40).filter(|n| l.contains(n) || r.contains(n)).collect::<Vec<_>>()
                );
                assert!(union.includes(&left) && union.includes(&right));
                assert_eq!(union.to_string().parse::<GtidSet>().unwrap(), union);
            }
        }
    }

    #[test]
    fn adding_one_by_one_keeps_one_range() {
        let mut set = GtidSet::new();
        for number in [1, 2, 3, 6, 5, 4] {
            set.insert(&Gtid::new(parse_uuid(A).unwrap(), "", number));
        }
        assert_eq!(set.to_string(), format!("{A}:1-6"));
    }

    #[test]
    fn encodes_both_forms() {
        let plain = set("A:1-3").encode();
        assert_eq!((plain.len(), plain[0], plain[7]), (8 + 16 + 8 + 16, 1, 0));
        let tagged = set("A:1-3:app:7").encode();
        assert_eq!((tagged[0], tagged[1], tagged[7]), (0, 2, 1));
        assert_eq!(tagged.len(), 8 + 2 * (16 + 1 + 8 + 16) + 3);
        for text in ["", "A:1-3:7", "A:1-3:app:7,B:2"] {
            let bytes = set(text).encode();
            assert_eq!(GtidSet::decode(&bytes).unwrap(), set(text));
            for end in 0..bytes.len() {
                assert!(GtidSet::decode(&bytes[..end]).is_err());
            }
        }
    }
}
