//! PARTITION BY.

use std::sync::Arc;

use super::note::{Effect, Object, Rule};
use super::table::Findings;
use crate::ddl::{PartitionMethod, Partitioning};

/// Brings a clause over; `None` if it cannot be, with the problem noted.
pub(super) fn convert(source: &Arc<str>, findings: &mut Findings<'_>) -> Option<Arc<str>> {
    let to = findings.conversion.to;
    let Ok(mut clause) = Partitioning::parse(source, findings.conversion.from) else {
        let reason = "its PARTITION BY clause cannot be read; partition it at the target by hand, and copy into that table";
        findings.refuse(Object::Table, Rule::Partitioning, reason);
        return None;
    };
    if !to.is_oceanbase() {
        if clause.partitions.iter().any(|partition| partition.values.as_deref() == Some("DEFAULT")) {
            let reason = "one of its partitions takes all values that no other has, which the target does not do; list them";
            findings.refuse(Object::Table, Rule::Partitioning, reason);
        }
        return Some(clause.to_string().into());
    }
    linear(&mut clause.method, findings);
    if let Some(sub) = &mut clause.sub {
        linear(&mut sub.method, findings);
    }
    for partition in &mut clause.partitions {
        if partition.comment.take().is_some() {
            let from = format!("the comment of partition {}", partition.name);
            findings.note(Object::Table, Rule::Partitioning, &from, "", Effect::NONE);
        }
    }
    Some(clause.to_string().into())
}

/// LINEAR spreads rows over partitions in another way, which no statement sees.
fn linear(method: &mut PartitionMethod, findings: &mut Findings<'_>) {
    let plain = match method {
        PartitionMethod::LinearHash => PartitionMethod::Hash,
        PartitionMethod::LinearKey => PartitionMethod::Key,
        _ => return,
    };
    findings.note(Object::Table, Rule::Partitioning, method.name(), plain.name(), Effect::NONE);
    *method = plain;
}
