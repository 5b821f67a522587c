//! [`Collation`]: how a text column compares.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Charset;

/// A collation by its name, such as `utf8mb4_0900_ai_ci`.
///
/// # Sources
///
/// MySQL Reference Manual, "Collation Naming Conventions" and "Trailing Space Handling in Comparisons".
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Collation(Arc<str>);

impl Collation {
    /// A collation of this name; `utf8_…` is the old name of `utf8mb3_…`.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        match name.strip_prefix("utf8_") {
            Some(rest) => Self(format!("utf8mb3_{rest}").into()),
            None => Self(name),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The character set that it belongs to, if it is one that oms knows.
    pub fn charset(&self) -> Option<Charset> {
        match self.0.split_once('_') {
            Some((charset, _)) => Charset::from_name(charset),
            None => Charset::from_name(&self.0),
        }
    }

    /// True if two strings are equal only when their bytes are (but for trailing spaces, see [`Self::pads`]).
    pub fn is_binary(&self) -> bool {
        &*self.0 == "binary" || self.0.ends_with("_bin")
    }

    /// True if comparison ignores trailing spaces (PAD SPACE).
    pub fn pads(&self) -> bool {
        !(&*self.0 == "binary" || self.0.contains("_0900_") || self.0.contains("_nopad_"))
    }
}

impl fmt::Display for Collation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Collation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaviour_follows_from_the_name() {
        let collation = Collation::new("utf8mb4_0900_ai_ci");
        assert_eq!(collation.charset(), Some(Charset::Utf8mb4));
        assert!(!collation.is_binary() && !collation.pads());
        let collation = Collation::new("utf8mb4_bin");
        assert!(collation.is_binary() && collation.pads());
        assert!(Collation::new("binary").is_binary() && !Collation::new("binary").pads());
        let collation = Collation::new("utf8_general_ci");
        assert_eq!(collation.charset(), Some(Charset::Utf8mb3));
        assert_eq!(collation.name(), "utf8mb3_general_ci");
    }
}
