//! Schemas of one product to schemas of another: what the target cannot hold as it is becomes something that it can hold,
//! with a note, or is refused, with everything that stands against a table told at once.

mod carry;
mod collation;
mod column;
mod expression;
mod key;
mod note;
mod partition;
mod table;

pub use carry::Carried;
pub use note::{Effect, Note, Object, Problem, Refusals, Rule};
pub use table::Converted;

use super::Dialect;
use crate::name::{NameCase, TableName};
use crate::schema::Collation;

/// How tables are brought from one product to another.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::ddl::{Conversion, Dialect, Rule};
/// use oms_core::schema::{Collation, Column, ColumnType, TableSchema};
///
/// let name = Column::new("name", ColumnType::VarChar { length: 40 })
///     .with_collation(Some(Collation::new("utf8mb4_0900_ai_ci")));
/// let table = TableSchema::new(TableName::new("shop", "customers"), vec![name]);
/// let conversion = Conversion::new(Dialect::mysql(9, 7, 4), Dialect::oceanbase(4, 3, 5));
/// let converted = conversion.table(&table)?;
/// assert_eq!(converted.notes[0].rule, Rule::Collation);
/// assert!(converted.statements.create_table.contains("utf8mb4_general_ci"));
/// # Ok::<(), oms_core::ddl::Refusals>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conversion {
    /// The product that the schemas come from.
    pub from: Dialect,
    /// The product that they go to.
    pub to: Dialect,
    /// How the target stores names of tables.
    pub name_case: NameCase,
}

impl Conversion {
    /// From one product to another, which stores names as it is delivered.
    pub fn new(from: Dialect, to: Dialect) -> Self {
        let name_case = if to.is_oceanbase() { NameCase::Lower } else { NameCase::Sensitive };
        Self { from, to, name_case }
    }

    /// The same for a target with other rules for names.
    #[must_use]
    pub fn with_name_case(mut self, name_case: NameCase) -> Self {
        self.name_case = name_case;
        self
    }

    /// The name of a table at the target.
    pub fn name(&self, name: &TableName) -> TableName {
        match self.name_case {
            NameCase::Lower => TableName::new(name.database().to_lowercase(), name.table().to_lowercase()),
            NameCase::Sensitive | NameCase::Preserved => name.clone(),
        }
    }

    /// The default collation of a database at the target.
    pub fn database_collation(&self, collation: &Collation) -> Collation {
        collation::map(collation, false, self.to).collation
    }

    /// Tables that would be one table at the target, because their names differ by case only.
    pub fn colliding<'a>(
        &self,
        tables: impl IntoIterator<Item = &'a TableName>,
    ) -> Vec<(TableName, TableName)> {
        let mut seen: std::collections::HashMap<(String, String), &TableName> =
            std::collections::HashMap::new();
        let mut pairs = Vec::new();
        for table in tables {
            let key = (self.name_case.fold(table.database()), self.name_case.fold(table.table()));
            match seen.insert(key, table) {
                Some(other) if other != table => pairs.push((other.clone(), table.clone())),
                _ => {}
            }
        }
        pairs
    }
}
