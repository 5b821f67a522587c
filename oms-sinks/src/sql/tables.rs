//! [`Tables`]: the target's tables as the sink knows them, with a write plan for each layout that comes.

use std::collections::HashMap;
use std::sync::Arc;

use oms_core::event::{Change, ChangeKind};
use oms_core::mysql::{Catalog, Session};
use oms_core::row::{KeyHash, KeyHasher, RowLayout};
use oms_core::schedule::{Footprint, TableUse};
use oms_core::schema::TableSchema;
use oms_core::{At, Error, NameCase, Result, TableName};

use super::plan::WritePlan;

/// Layouts that are kept; a source that makes new ones all the time must not fill the memory.
const MAX_LAYOUTS: usize = 8192;

/// The target's tables as the sink knows them.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    schemas: HashMap<TableName, Arc<TableSchema>>,
    /// By the address of the layout, which the entry keeps alive.
    layouts: HashMap<usize, LayoutEntry>,
    hashes: Vec<KeyHash>,
}

#[derive(Debug)]
struct LayoutEntry {
    _layout: Arc<RowLayout>,
    plan: Arc<WritePlan>,
    /// `None` if the target has no unique key.
    hasher: Option<KeyHasher>,
    /// Tells the table's keys from those of others.
    seed: u64,
}

impl Tables {
    /// Forgets everything about a table, which has changed its shape.
    pub(crate) fn forget(&mut self, table: &TableName) {
        self.schemas.retain(|_, schema| schema.name() != table);
        self.layouts.retain(|_, entry| entry.plan.target.name() != table);
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.schemas.clear();
        self.layouts.clear();
    }

    /// The table at the target, read from its catalogue on first use.
    pub(crate) async fn schema(
        &mut self,
        session: &mut Session,
        name: &TableName,
    ) -> Result<Arc<TableSchema>> {
        if let Some(schema) = self.schemas.get(name) {
            return Ok(Arc::clone(schema));
        }
        let asked = name.clone();
        let name = &match session.server().name_case() {
            NameCase::Lower => TableName::new(name.database().to_lowercase(), name.table().to_lowercase()),
            NameCase::Sensitive | NameCase::Preserved => name.clone(),
        };
        let mut read = Catalog::new(session).schemas(std::slice::from_ref(name)).await?;
        if let Some(refused) = read.refused.pop() {
            return Err(refused);
        }
        let Some(schema) = read.tables.pop() else {
            let reason = "the target has no such table: create it, or run the schema step";
            return Err(Error::refused(At::table(name), reason));
        };
        self.schemas.insert(asked, Arc::clone(&schema));
        Ok(schema)
    }

    /// How a change is written, and what it touches.
    pub(crate) async fn prepare(
        &mut self,
        session: &mut Session,
        change: &Change,
        footprint: &mut Footprint,
    ) -> Result<Arc<WritePlan>> {
        let layout = change.rows().layout();
        let address = Arc::as_ptr(layout) as usize;
        if !self.layouts.contains_key(&address) {
            let entry = self.entry(session, layout).await?;
            if self.layouts.len() >= MAX_LAYOUTS {
                self.layouts.clear();
            }
            self.layouts.insert(address, entry);
        }
        let Some(entry) = self.layouts.get_mut(&address) else { unreachable!("inserted above") };
        let name = entry.plan.target.name();
        if change.kind() == ChangeKind::Read {
            footprint.add_table(name, TableUse::Read);
            return Ok(Arc::clone(&entry.plan));
        }
        let Some(hasher) = entry.hasher.as_mut().filter(|_| entry.plan.has_key()) else {
            footprint.add_table(name, TableUse::Whole);
            return Ok(Arc::clone(&entry.plan));
        };
        footprint.add_table(name, TableUse::Keys);
        for rows in [change.before(), change.after()].into_iter().flatten() {
            for row in rows.rows() {
                self.hashes.clear();
                hasher.hash(row, &mut self.hashes)?;
                for hash in &self.hashes {
                    if hash.wild {
                        footprint.add_table(name, TableUse::Whole);
                    } else {
                        footprint.add_key(mix(hash.hash ^ mix(entry.seed + u64::from(hash.key))));
                    }
                }
            }
        }
        Ok(Arc::clone(&entry.plan))
    }

    async fn entry(&mut self, session: &mut Session, layout: &Arc<RowLayout>) -> Result<LayoutEntry> {
        let schema = self.schema(session, layout.schema().name()).await?;
        let plan = Arc::new(WritePlan::new(layout, &schema, session.server().flavour())?);
        let name = schema.name().to_string();
        let seed = xxhash_rust::xxh3::xxh3_64(name.as_bytes());
        Ok(LayoutEntry { _layout: Arc::clone(layout), plan, hasher: KeyHasher::new(&schema, layout), seed })
    }
}

/// Spreads the bits of a number over all of it.
fn mix(mut bits: u64) -> u64 {
    bits ^= bits >> 32;
    bits = bits.wrapping_mul(0xd6e8_feb8_6659_fd93);
    bits ^= bits >> 32;
    bits = bits.wrapping_mul(0xd6e8_feb8_6659_fd93);
    bits ^ bits >> 32
}
