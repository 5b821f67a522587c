//! The PARTITION BY clause of a table after ALTER TABLE.

use std::sync::Arc;

use crate::ddl::DdlContext;
use crate::ddl::apply::keys::same_name;
use crate::ddl::statement::{AddPartitions, AlterAction, Partitioning};
use crate::error::{At, Error, Result};
use crate::schema::TableSchema;

/// Applies the actions on partitions, none of which changes rows.
pub(super) fn alter(
    before: &TableSchema,
    actions: &[AlterAction],
    context: &DdlContext,
) -> Result<Option<Arc<str>>> {
    let mut text = before.partitioning().cloned();
    for action in actions {
        let change: &dyn Fn(&mut Partitioning) -> bool = match action {
            AlterAction::RemovePartitioning => {
                text = None;
                continue;
            }
            AlterAction::PartitionBy(clause) => {
                text = Some(clause.clone().spelt_out().to_string().into());
                continue;
            }
            AlterAction::AddPartitions(AddPartitions::Count(count)) => &|clause| {
                clause.add_counted(*count);
                true
            },
            AlterAction::AddPartitions(AddPartitions::Defined(added)) => &|clause| {
                clause.partitions.extend(added.iter().cloned());
                true
            },
            AlterAction::CoalescePartitions(count) => &|clause| {
                let left = clause.partitions.len().checked_sub(*count as usize);
                clause.partitions.truncate(left.unwrap_or(0));
                left.is_some_and(|left| left > 0)
            },
            AlterAction::ReorganizePartitions { partitions, into } => &|clause| {
                let is_meant = |name: &str| partitions.iter().any(|partition| same_name(partition, name));
                let Some(first) = clause.partitions.iter().position(|partition| is_meant(&partition.name))
                else {
                    return false;
                };
                let count = clause.partitions.len();
                clause.partitions.retain(|partition| !is_meant(&partition.name));
                let complete = count - clause.partitions.len() == partitions.len();
                clause.partitions.splice(first..first, into.iter().cloned());
                complete
            },
            _ => continue,
        };
        let refused = |reason: &str| Error::refused(At::table(before.name()), reason);
        let Some(current) = &text else {
            return Err(refused("the statement changes partitions, but the table known here has none"));
        };
        let mut clause = Partitioning::parse(current, context.dialect)?;
        if !change(&mut clause) {
            return Err(refused("the statement changes partitions that the table known here does not have"));
        }
        text = Some(clause.respelt().to_string().into());
    }
    Ok(text)
}
