//! [`Transaction`]: what the source says about the transaction that changes belong to.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// The identity of a transaction: the same text whenever the source reads it again.
///
/// A GTID, or file and offset of its begin, or the name of a scanned range. Texts of up to 61 bytes are held without
/// an allocation of their own.
#[derive(Clone)]
pub struct TransactionId(Repr);

const INLINE: usize = 61;

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Shared(Arc<str>),
}

impl TransactionId {
    /// An identity of this text.
    pub fn new(text: &str) -> Self {
        let mut bytes = [0; INLINE];
        match bytes.get_mut(..text.len()) {
            Some(start) => {
                start.copy_from_slice(text.as_bytes());
                Self(Repr::Inline { len: text.len() as u8, bytes })
            }
            None => Self(Repr::Shared(text.into())),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // Only ever filled from a str.
            Repr::Inline { len, bytes } => {
                std::str::from_utf8(&bytes[..usize::from(*len)]).unwrap_or_default()
            }
            Repr::Shared(text) => text,
        }
    }
}

impl PartialEq for TransactionId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for TransactionId {}

impl std::hash::Hash for TransactionId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the source says about a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transaction {
    /// Its identity, stable over re-reading.
    pub id: TransactionId,
    /// When the source committed it, by the source's clock; for a scanned range, when it was read.
    pub committed_at: SystemTime,
    /// Who wrote it, where the source marks that (loop prevention).
    pub origin: Option<Arc<str>>,
}

impl Transaction {
    /// A transaction without an origin mark.
    pub fn new(id: TransactionId, committed_at: SystemTime) -> Self {
        Self { id, committed_at, origin: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_are_kept() {
        for text in ["", "3e11fa47-71ca-11e1-9e33-c80aa9429562:18446744073709551615", &"x".repeat(100)] {
            assert_eq!(TransactionId::new(text).as_str(), text);
        }
        assert_eq!(TransactionId::new("a"), TransactionId::new("a"));
    }
}
