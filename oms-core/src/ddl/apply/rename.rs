//! Renames, and the foreign keys and names that follow them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Work;
use super::constraints::{self, follow_table_name};
use super::keys::same_name;
use crate::ddl::Product;
use crate::event::SchemaChangeKind;
use crate::name::TableName;
use crate::schema::TableSchema;

impl Work<'_> {
    /// RENAME TABLE: pairs are carried out one by one, so a name may be used anew; what counts is the whole.
    pub(super) fn rename(&mut self, pairs: &[(TableName, TableName)]) {
        self.rename_from(pairs, None);
    }

    /// The same where the only table was changed first.
    pub(super) fn rename_from(
        &mut self,
        pairs: &[(TableName, TableName)],
        altered: Option<Arc<TableSchema>>,
    ) {
        // From each name before the statement to the name after it, in the order in which they come up.
        let mut moves: Vec<(TableName, TableName)> = Vec::new();
        for (from, to) in pairs {
            match moves.iter_mut().find(|(_, now)| now == from) {
                Some((_, now)) => *now = to.clone(),
                None => moves.push((from.clone(), to.clone())),
            }
        }
        moves.retain(|(from, to)| from != to);
        let targets: BTreeMap<&TableName, &TableName> = moves.iter().map(|(from, to)| (from, to)).collect();
        for (from, to) in &moves {
            let before = altered.clone().or_else(|| self.schemas.get(from).cloned());
            let Some(before) = before else {
                self.applied.unknown.push((from.clone(), to.clone()));
                continue;
            };
            let after = self.renamed(&before, to, &targets);
            let kind = SchemaChangeKind::Rename { to: to.clone() };
            self.push(kind, from.clone(), Some(before), Some(Arc::new(after)));
        }
        let others: Vec<_> =
            self.schemas.iter().filter(|table| !targets.contains_key(table.name())).cloned().collect();
        for table in others {
            let after = follow_tables(&table, &targets);
            if *table != after {
                let name = table.name().clone();
                self.push(SchemaChangeKind::References, name, Some(table), Some(Arc::new(after)));
            }
        }
    }

    fn renamed(
        &self,
        before: &TableSchema,
        to: &TableName,
        targets: &BTreeMap<&TableName, &TableName>,
    ) -> TableSchema {
        let (old, new) = (before.name().table(), to.table());
        let mut after = follow_tables(before, targets);
        if self.context.dialect.product() != Product::OceanBase {
            let mut foreign_keys = after.foreign_keys().to_vec();
            for foreign_key in &mut foreign_keys {
                foreign_key.name = follow_table_name(&foreign_key.name, old, new);
            }
            let mut checks = after.checks().to_vec();
            for check in &mut checks {
                check.name = follow_table_name(&check.name, old, new);
            }
            constraints::sort(&mut foreign_keys, &mut checks);
            after = after.with_foreign_keys(foreign_keys).with_checks(checks);
        }
        after.with_name(to.clone())
    }

    /// Foreign keys of other tables follow a renamed column.
    pub(super) fn follow_columns(&mut self, name: &TableName, renamed: &[(Arc<str>, Arc<str>)]) {
        if renamed.is_empty() {
            return;
        }
        let others: Vec<_> = self.schemas.iter().filter(|table| table.name() != name).cloned().collect();
        for table in others {
            let after = follow_columns(&table, name, renamed);
            if *table != after {
                let own = table.name().clone();
                self.push(SchemaChangeKind::References, own, Some(table), Some(Arc::new(after)));
            }
        }
    }
}

fn follow_tables(table: &TableSchema, targets: &BTreeMap<&TableName, &TableName>) -> TableSchema {
    let mut foreign_keys = table.foreign_keys().to_vec();
    for foreign_key in &mut foreign_keys {
        if let Some(to) = targets.get(&foreign_key.referenced_table) {
            foreign_key.referenced_table = (*to).clone();
        }
    }
    table.clone().with_foreign_keys(foreign_keys)
}

pub(super) fn follow_columns(
    table: &TableSchema,
    referenced: &TableName,
    renamed: &[(Arc<str>, Arc<str>)],
) -> TableSchema {
    let mut foreign_keys = table.foreign_keys().to_vec();
    for foreign_key in foreign_keys.iter_mut().filter(|key| key.referenced_table == *referenced) {
        for column in &mut foreign_key.referenced_columns {
            if let Some((_, to)) = renamed.iter().find(|(from, _)| same_name(from, column)) {
                *column = Arc::clone(to);
            }
        }
    }
    table.clone().with_foreign_keys(foreign_keys)
}
