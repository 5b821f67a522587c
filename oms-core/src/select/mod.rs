//! [`Selection`]: which tables are carried, and under which names.

mod pattern;

use std::collections::BTreeMap;

pub use pattern::TablePattern;

use crate::error::{Error, Result};
use crate::name::{NameCase, TableName};
use crate::transform::Mapping;

/// Which tables are carried, and under which names.
///
/// # Shape
///
/// A table is selected if one include pattern at least matches it and no exclude pattern does: an exclude always goes
/// before. Of the entries of the map a table's own goes before its database's. Patterns and map entries for nothing
/// are no error here; [`Self::preview`] finds them.
///
/// `*.*` takes in the server's own databases as well, if the list that it is applied to has them; sources leave those
/// out.
///
/// # Examples
///
/// ```
/// use oms_core::select::Selection;
/// use oms_core::{NameCase, TableName};
/// # fn main() -> oms_core::Result<()> {
/// let selection = Selection::new(NameCase::Lower)
///     .include("shop.*")?
///     .exclude("shop.tmp_*")?
///     .map("shop", "shop_new")?
///     .map("shop.users", "crm.people")?;
/// assert!(selection.is_selected(&TableName::new("shop", "orders")));
/// assert!(!selection.is_selected(&TableName::new("shop", "TMP_1")));
/// let mapping = selection.mapping();
/// assert_eq!(mapping.map_table(&TableName::new("shop", "orders")), TableName::new("shop_new", "orders"));
/// assert_eq!(mapping.map_table(&TableName::new("shop", "users")), TableName::new("crm", "people"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Selection {
    case: NameCase,
    include: Vec<TablePattern>,
    exclude: Vec<TablePattern>,
    map: Vec<MapEntry>,
}

#[derive(Clone, Debug)]
struct MapEntry {
    text: String,
    from: Object,
    to: Object,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Object {
    Database(String),
    Table(TableName),
}

impl Object {
    fn parse(text: &str) -> Result<Self> {
        let mut names = pattern::parse_names(text)?.into_iter();
        let database = names.next().unwrap_or_default();
        Ok(match names.next() {
            None => Object::Database(database),
            Some(table) => Object::Table(TableName::new(database, table)),
        })
    }

    fn fold(&self, case: NameCase) -> Self {
        match self {
            Object::Database(name) => Object::Database(case.fold(name)),
            Object::Table(name) => {
                Object::Table(TableName::new(case.fold(name.database()), case.fold(name.table())))
            }
        }
    }
}

impl Selection {
    /// No table, on a source that compares names like this.
    pub fn new(case: NameCase) -> Self {
        Self { case, include: Vec::new(), exclude: Vec::new(), map: Vec::new() }
    }

    /// The same, with the tables that this pattern matches.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if it is not a pattern, see [`TablePattern`].
    pub fn include(mut self, pattern: &str) -> Result<Self> {
        self.include.push(pattern.parse()?);
        Ok(self)
    }

    /// The same, without the tables that this pattern matches.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if it is not a pattern, see [`TablePattern`].
    pub fn exclude(mut self, pattern: &str) -> Result<Self> {
        self.exclude.push(pattern.parse()?);
        Ok(self)
    }

    /// The same, with a database (`shop`) or a table (`shop.users`) under another name at the target. Special
    /// characters are written as in patterns; there are no wild cards.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if one is a database and the other a table, if the object has another name already, or if
    /// either is not a name.
    pub fn map(mut self, from: &str, to: &str) -> Result<Self> {
        let wrong = |reason: &str| Err(Error::config("objects.map", format!("{from} = {to}: {reason}")));
        let entry =
            MapEntry { text: format!("{from} = {to}"), from: Object::parse(from)?, to: Object::parse(to)? };
        if matches!(entry.from, Object::Database(_)) != matches!(entry.to, Object::Database(_)) {
            return wrong("one is a database and the other a table");
        }
        let folded = entry.from.fold(self.case);
        if self.map.iter().any(|other| other.from.fold(self.case) == folded) {
            return wrong("there is another entry for it");
        }
        self.map.push(entry);
        Ok(self)
    }

    /// How names are compared.
    pub fn case(&self) -> NameCase {
        self.case
    }

    /// True if the table is carried.
    pub fn is_selected(&self, table: &TableName) -> bool {
        let matches = |pattern: &TablePattern| pattern.matches(self.case, table);
        self.include.iter().any(matches) && !self.exclude.iter().any(matches)
    }

    /// True if tables of this database may be carried: there is no need to look into the others.
    pub fn may_select_from(&self, database: &str) -> bool {
        let mut include = self.include.iter();
        include.any(|pattern| pattern.matches_database(self.case, database))
    }

    /// The names that selected tables have at the target.
    pub fn mapping(&self) -> Mapping {
        let mapping = Mapping::new().with_case(self.case);
        self.map.iter().fold(mapping, |mapping, entry| match (&entry.from, &entry.to) {
            (Object::Database(from), Object::Database(to)) => mapping.database(from, to.as_str()),
            (Object::Table(from), Object::Table(to)) => mapping.table(from.clone(), to.clone()),
            // Refused when the entry was made.
            (Object::Database(_), Object::Table(_)) | (Object::Table(_), Object::Database(_)) => mapping,
        })
    }

    /// What the selection makes of the tables that there are.
    pub fn preview<'a>(&self, tables: impl IntoIterator<Item = &'a TableName>) -> Preview {
        let mapping = self.mapping();
        let tables: Vec<&TableName> = tables.into_iter().collect();
        let mut preview = Preview::default();
        let mut sources: BTreeMap<TableName, Vec<TableName>> = BTreeMap::new();
        for table in &tables {
            let matches = |pattern: &TablePattern| pattern.matches(self.case, table);
            if self.is_selected(table) {
                let target = mapping.map_table(table);
                sources.entry(target.clone()).or_default().push((*table).clone());
                preview.selected.push(((*table).clone(), target));
            } else if self.include.iter().any(matches) {
                preview.excluded.push((*table).clone());
            }
        }
        preview.merged = sources.into_iter().filter(|(_, sources)| sources.len() > 1).collect();
        let unused = |pattern: &&TablePattern| !tables.iter().any(|table| pattern.matches(self.case, table));
        let patterns = self.include.iter().chain(&self.exclude).filter(unused);
        preview.unused = patterns.map(|pattern| pattern.as_str().to_owned()).collect();
        let is_used = |entry: &MapEntry| {
            let from = entry.from.fold(self.case);
            preview.selected.iter().any(|(table, _)| match &from {
                Object::Database(name) => *name == self.case.fold(table.database()),
                Object::Table(_) => from == Object::Table(table.clone()).fold(self.case),
            })
        };
        let entries = self.map.iter().filter(|entry| !is_used(entry)).map(|entry| entry.text.clone());
        let entries: Vec<String> = entries.collect();
        preview.unused.extend(entries);
        preview
    }
}

/// What a [`Selection`] makes of the tables that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preview {
    /// Tables that are carried, each with its name at the target.
    pub selected: Vec<(TableName, TableName)>,
    /// Tables that an include pattern matches and an exclude pattern, too.
    pub excluded: Vec<TableName>,
    /// Patterns and map entries that are for nothing: often a slip of the pen.
    pub unused: Vec<String>,
    /// Tables at the target that more than one table becomes.
    pub merged: Vec<(TableName, Vec<TableName>)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> TableName {
        let (database, table) = text.split_once('.').unwrap();
        TableName::new(database, table)
    }

    #[test]
    fn an_exclude_goes_before_and_nothing_is_selected_without_an_include() {
        let selection = Selection::new(NameCase::Sensitive);
        assert!(!selection.is_selected(&name("shop.orders")));
        let selection = selection.exclude("*.tmp_*").unwrap().include("shop.*").unwrap();
        let selection = selection.include("shop.tmp_keep").unwrap();
        assert!(selection.is_selected(&name("shop.orders")));
        assert!(!selection.is_selected(&name("shop.tmp_keep")));
        assert!(selection.may_select_from("shop") && !selection.may_select_from("crm"));
    }

    #[test]
    fn preview_tells_what_becomes_of_each_table_and_what_is_for_nothing() {
        let selection = Selection::new(NameCase::Lower)
            .include("shop.*")
            .and_then(|s| s.include("crm.*"))
            .and_then(|s| s.exclude("shop.tmp_*"))
            .and_then(|s| s.exclude("shop.nothing"))
            .and_then(|s| s.map("SHOP", "new"))
            .and_then(|s| s.map("shop.users_1", "new.users"))
            .and_then(|s| s.map("shop.users_2", "new.users"))
            .and_then(|s| s.map("shop.gone", "new.gone"))
            .unwrap();
        let tables = ["shop.orders", "Shop.Tmp_1", "shop.users_1", "shop.users_2", "other.x"].map(name);
        let preview = selection.preview(&tables);
        let selected: Vec<String> =
            preview.selected.iter().map(|(from, to)| format!("{from}={to}")).collect();
        assert_eq!(selected, ["shop.orders=new.orders", "shop.users_1=new.users", "shop.users_2=new.users"]);
        assert_eq!(preview.excluded, [name("Shop.Tmp_1")]);
        assert_eq!(preview.unused, ["crm.*", "shop.nothing", "shop.gone = new.gone"]);
        assert_eq!(preview.merged, [(name("new.users"), vec![name("shop.users_1"), name("shop.users_2")])]);
    }

    #[test]
    fn a_map_entry_is_unambiguous() {
        let selection = Selection::new(NameCase::Lower).map("shop", "a").unwrap();
        for (from, to) in [("Shop", "b"), ("x", "y.z"), ("x.y", "z"), ("x.*", "y.*"), ("x", "")] {
            assert!(selection.clone().map(from, to).is_err(), "{from} = {to}");
        }
        let selection = selection.map("`my.shop`", "plain").unwrap();
        assert_eq!(selection.mapping().map_table(&TableName::new("my.shop", "t")), name("plain.t"));
    }
}
