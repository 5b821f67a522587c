//! Collations and character sets that the target has.

use std::collections::BTreeSet;

use super::note::{Effect, Rule};
use crate::ddl::{Dialect, Product};
use crate::schema::{Charset, Collation, LobSize, Members};

/// A collation at the target, and by which rule it became so; no rule where it stayed.
pub(super) struct Mapped {
    pub(super) collation: Collation,
    pub(super) rule: Option<(Rule, Effect)>,
}

/// The collation that a text column has at the target; `is_key` if rows or tables are told apart by it.
pub(super) fn map(collation: &Collation, is_key: bool, to: Dialect) -> Mapped {
    if to.has_collation(collation) {
        return Mapped { collation: collation.clone(), rule: None };
    }
    let tells_case = collation.is_binary() || collation.name().ends_with("_cs");
    let target = match to.product() {
        Product::OceanBase if tells_case || is_key => "utf8mb4_bin".to_owned(),
        Product::OceanBase => "utf8mb4_general_ci".to_owned(),
        Product::MySql | Product::MariaDb => nearest(collation, tells_case || is_key, to),
    };
    let target = Collation::new(target);
    let rule = if collation.charset() != target.charset() {
        Rule::CharacterSet
    } else if is_key && !tells_case {
        Rule::UniqueText
    } else {
        Rule::Collation
    };
    let effect = match is_same_order(collation, &target) {
        true => Effect::NONE,
        false => Effect::COMPARES,
    };
    Mapped { collation: target, rule: Some((rule, effect)) }
}

/// The nearest collation of the same character set that MySQL or MariaDB has.
fn nearest(collation: &Collation, tells_case: bool, to: Dialect) -> String {
    let charset = collation.charset().unwrap_or(Charset::Utf8mb4);
    let newest = to.product() == Product::MySql && to >= Dialect::mysql(8, 0, 0);
    let is_unicode = matches!(charset, Charset::Utf8mb4 | Charset::Utf8mb3);
    match (tells_case, is_unicode) {
        (true, true) if newest && charset == Charset::Utf8mb4 && !collation.pads() => {
            "utf8mb4_0900_bin".to_owned()
        }
        (true, _) => format!("{charset}_bin"),
        (false, true) if newest && charset == Charset::Utf8mb4 => "utf8mb4_0900_ai_ci".to_owned(),
        (false, true) => format!("{charset}_unicode_520_ci"),
        (false, false) => collation.name().replace("_nopad", ""),
    }
}

/// True if the same texts are equal under both: binary ones that pad alike, and general_ci of both UTF-8 sets.
fn is_same_order(a: &Collation, b: &Collation) -> bool {
    let both_binary = a.is_binary() && b.is_binary() && a.pads() == b.pads();
    let both_general = a.name().ends_with("mb3_general_ci") && b.name().ends_with("mb4_general_ci");
    both_binary || both_general
}

/// The TEXT that holds every value of a TEXT of this size in another character set.
pub(super) fn grown(size: LobSize, from: Charset, to: Charset) -> LobSize {
    let keeps_size = from == to
        || from == Charset::Ascii
        || (from == Charset::Utf8mb3 && to == Charset::Utf8mb4)
        || (from == Charset::Utf32 && to == Charset::Utf8mb4);
    match size {
        _ if keeps_size => size,
        LobSize::Tiny => LobSize::Normal,
        LobSize::Normal => LobSize::Medium,
        LobSize::Medium | LobSize::Long => LobSize::Long,
    }
}

/// True if a collation without regard to case might take two labels for one; what it does beyond ASCII is not relied on.
pub(super) fn may_collide(labels: &Members) -> bool {
    let folded: BTreeSet<String> = labels.iter().map(|label| label.to_ascii_lowercase()).collect();
    folded.len() < labels.len() || labels.iter().any(|label| !label.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(name: &str, is_key: bool, to: Dialect) -> (String, Option<Rule>, bool) {
        let mapped = map(&Collation::new(name), is_key, to);
        let compares = mapped.rule.is_some_and(|(_, effect)| effect.compares);
        (mapped.collation.name().to_owned(), mapped.rule.map(|(rule, _)| rule), compares)
    }

    #[test]
    fn oceanbase_has_two_collations_of_text() {
        let to = Dialect::oceanbase(4, 3, 5);
        let cases = [
            ("utf8mb4_general_ci", true, "utf8mb4_general_ci", None, false),
            ("utf8mb4_bin", false, "utf8mb4_bin", None, false),
            ("binary", true, "binary", None, false),
            ("utf8mb4_0900_ai_ci", false, "utf8mb4_general_ci", Some(Rule::Collation), true),
            ("utf8mb4_0900_ai_ci", true, "utf8mb4_bin", Some(Rule::UniqueText), true),
            ("utf8mb4_0900_as_cs", false, "utf8mb4_bin", Some(Rule::Collation), true),
            ("utf8mb4_0900_bin", true, "utf8mb4_bin", Some(Rule::Collation), true),
            ("utf8mb3_general_ci", false, "utf8mb4_general_ci", Some(Rule::CharacterSet), false),
            ("utf8mb3_bin", true, "utf8mb4_bin", Some(Rule::CharacterSet), false),
            ("latin1_swedish_ci", false, "utf8mb4_general_ci", Some(Rule::CharacterSet), true),
            ("latin1_bin", false, "utf8mb4_bin", Some(Rule::CharacterSet), false),
        ];
        for (name, is_key, target, rule, compares) in cases {
            assert_eq!(mapped(name, is_key, to), (target.to_owned(), rule, compares), "{name}");
        }
    }

    #[test]
    fn older_and_other_servers_have_other_collations() {
        let (old, new) = (Dialect::mysql(5, 7, 22), Dialect::mysql(9, 7, 4));
        assert_eq!(mapped("utf8mb4_0900_ai_ci", false, old).0, "utf8mb4_unicode_520_ci");
        assert_eq!(mapped("utf8mb4_0900_ai_ci", true, old).0, "utf8mb4_bin");
        assert_eq!(mapped("utf8mb4_uca1400_ai_ci", false, new).0, "utf8mb4_0900_ai_ci");
        assert_eq!(mapped("utf8mb4_nopad_bin", false, new).0, "utf8mb4_0900_bin");
        assert_eq!(mapped("latin1_swedish_nopad_ci", false, new).0, "latin1_swedish_ci");
        assert_eq!(mapped("latin1_swedish_ci", true, new).1, None);
    }

    #[test]
    fn sizes_grow_with_the_bytes_of_characters() {
        assert_eq!(grown(LobSize::Normal, Charset::Latin1, Charset::Utf8mb4), LobSize::Medium);
        assert_eq!(grown(LobSize::Tiny, Charset::Gbk, Charset::Utf8mb4), LobSize::Normal);
        assert_eq!(grown(LobSize::Long, Charset::Gbk, Charset::Utf8mb4), LobSize::Long);
        assert_eq!(grown(LobSize::Normal, Charset::Utf8mb3, Charset::Utf8mb4), LobSize::Normal);
    }

    #[test]
    fn labels_collide_if_nothing_proves_otherwise() {
        let labels = |labels: &[&str]| labels.iter().map(|label| Box::from(*label)).collect::<Members>();
        assert!(!may_collide(&labels(&["a", "b"])));
        assert!(may_collide(&labels(&["a", "A"])));
        assert!(may_collide(&labels(&["ß", "s"])));
    }
}
