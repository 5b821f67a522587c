//! [`SchemaApplier`]: carries out the schema changes of the stream at the target.

use std::time::Duration;

use oms_core::ddl::{Conversion, Dialect, render_create_database, session_statement};
use oms_core::event::{SchemaChange, SchemaChangeKind};
use oms_core::mysql::{Catalog, Session};
use oms_core::schema::{ColumnDiff, Difference, SchemaDiff, TableSchema};
use oms_core::{At, Error, Result, TableName};
use serde::{Deserialize, Serialize};

use super::ledger::AppliedId;
use super::tables::Tables;

/// How long a schema change may take without a word from the server.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// Carries out schema changes. Nothing else is in flight meanwhile.
///
/// DDL cannot be rolled back, so it is noted before and the checkpoint comes after it. A change that a crash kept from
/// being noted as made is given again; only then is it judged by what the target looks like.
pub(crate) struct SchemaApplier<'a> {
    session: &'a mut Session,
    tables: &'a mut Tables,
}

/// Whether a change was made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    Yes,
    No,
    /// It was begun, and whether it was finished is not known.
    Perhaps,
}

/// Schema changes behind the checkpoint that were begun, in their order: all but the last are made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct BegunChanges {
    ids: Vec<AppliedId>,
    /// Those of an earlier run that have come by again.
    #[serde(skip)]
    seen: usize,
    #[serde(skip)]
    earlier: usize,
    /// One of them takes rows away, and would do so again if it came again.
    #[serde(skip)]
    takes_away: bool,
}

impl BegunChanges {
    /// Of an earlier run.
    pub(crate) fn of_earlier_run(mut self) -> Self {
        self.earlier = self.ids.len();
        self
    }

    /// True if a row that is written now could be lost: until the checkpoint is behind them, all of them may come again.
    pub(crate) fn take_away(&self) -> bool {
        self.takes_away
    }

    /// True if none has come by since the last checkpoint.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.len() == self.earlier && self.seen == 0
    }

    /// Tells whether the change that comes by was made in an earlier run; if not, it is the last one begun from now on.
    pub(crate) fn begin(&mut self, id: AppliedId, kind: &SchemaChangeKind) -> Made {
        self.takes_away |= matches!(kind, SchemaChangeKind::Truncate | SchemaChangeKind::Drop);
        if self.seen < self.earlier && self.ids[self.seen] == id {
            self.seen += 1;
            return if self.seen < self.earlier { Made::Yes } else { Made::Perhaps };
        }
        self.ids.push(id);
        Made::No
    }

    /// The checkpoint is behind all of them.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl<'a> SchemaApplier<'a> {
    pub(crate) fn new(session: &'a mut Session, tables: &'a mut Tables) -> Self {
        Self { session, tables }
    }

    /// What names a change whenever it comes by.
    pub(crate) fn id_of(changes: &[&SchemaChange]) -> AppliedId {
        let mut text = String::new();
        for change in changes {
            text.push_str(&format!("{}\0{}\0", change.table, change.statement));
        }
        AppliedId::of(&text)
    }

    /// Carries out one change, or renames that happen at once.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for what the target cannot do, with the table named; what the server says otherwise.
    pub(crate) async fn apply(&mut self, changes: &[&SchemaChange], made: Made) -> Result<()> {
        let Some(first) = changes.first() else { return Ok(()) };
        let conversion = Conversion::new(first.dialect, Dialect::of(self.session.server()))
            .with_name_case(self.session.server().name_case());
        if made == Made::Perhaps && self.is_made(changes, &conversion).await? {
            return Ok(());
        }
        if let (SchemaChangeKind::Create, Some(after)) = (&first.kind, &first.after)
            && self.is_there(after, &conversion).await?
        {
            return Ok(());
        }
        let owned: Vec<SchemaChange> = changes.iter().map(|change| (*change).clone()).collect();
        let carried = conversion.carry(&owned)?;
        for note in &carried.notes {
            tracing::warn!(%note, "the table is not quite the same at the target");
        }
        tracing::info!(table = %first.table, statements = carried.statements.len(), "schema change");
        self.session.set_io_timeout(PATIENCE);
        let database = matches!(first.kind, SchemaChangeKind::Create)
            .then(|| render_create_database(conversion.name(&first.table).database(), None, conversion.to));
        let prepare = session_statement(conversion.to).map(str::to_owned);
        for statement in prepare.into_iter().chain(database).chain(carried.statements) {
            let done = self.session.execute(statement).await;
            done.map_err(|error| error.at_place(&At::table(&first.table)))?;
        }
        match first.kind {
            SchemaChangeKind::Rename { .. } => self.tables.clear(),
            _ => self.tables.forget(&conversion.name(&first.table)),
        }
        Ok(())
    }

    /// True if a change that was begun before a crash was also finished.
    async fn is_made(&mut self, changes: &[&SchemaChange], conversion: &Conversion) -> Result<bool> {
        let mut renames = Vec::new();
        for change in changes {
            if let SchemaChangeKind::Rename { to } = &change.kind {
                renames.push((conversion.name(&change.table), conversion.name(to)));
            }
        }
        if !renames.is_empty() {
            for (from, _) in &renames {
                if self.actual(from).await?.is_none() {
                    return Ok(true);
                }
            }
            // Tables that change places are there under both names before and after.
            if renames.iter().any(|(from, _)| renames.iter().any(|(_, to)| to == from)) {
                let reason = "a crash came while tables changed places, and whether they did cannot be told: \
                              look at them, and put them into the order before the statement";
                return Err(Error::conflict(At::table(&renames[0].0), reason));
            }
            return Ok(false);
        }
        let Some(change) = changes.first() else { return Ok(true) };
        let (SchemaChangeKind::Alter { renamed_columns }, Some(before), Some(after)) =
            (&change.kind, &change.before, &change.after)
        else {
            // Dropping or emptying a table once more changes nothing; creating looks for itself.
            return Ok(false);
        };
        let (before, after) = (conversion.table(before)?, conversion.table(after)?);
        let diff = SchemaDiff::between(&before.table, &after.table, renamed_columns);
        let Some(actual) = self.actual(after.table.name()).await? else { return Ok(false) };
        Ok(is_made(&diff, &actual))
    }

    /// True if the table that is to be made is there already, with its columns.
    async fn is_there(&mut self, after: &TableSchema, conversion: &Conversion) -> Result<bool> {
        let name = conversion.name(after.name());
        let Some(actual) = self.actual(&name).await? else { return Ok(false) };
        let columns = |schema: &TableSchema| -> Vec<String> {
            schema.columns().iter().map(|column| column.name().to_lowercase()).collect()
        };
        if columns(&actual) == columns(after) {
            return Ok(true);
        }
        Err(Error::conflict(At::table(&name), "a table of this name with other columns is there already"))
    }

    async fn actual(&mut self, table: &TableName) -> Result<Option<TableSchema>> {
        let mut read = Catalog::new(self.session).schemas(std::slice::from_ref(table)).await?;
        match read.refused.pop() {
            Some(refused) => Err(refused),
            None => Ok(read.tables.pop().map(|schema| (*schema).clone())),
        }
    }
}

/// True if the table looks as it does after the change, so that the change was made before.
fn is_made(diff: &SchemaDiff, actual: &TableSchema) -> bool {
    let column = |name: &str| actual.column_position(name).map(|position| &actual.columns()[position]);
    let columns = diff.columns.iter().all(|difference| match difference {
        ColumnDiff::Added { column: added, .. } => column(added.name()).is_some(),
        ColumnDiff::Dropped(dropped) => column(dropped.name()).is_none(),
        ColumnDiff::Changed { before, after, moved } => {
            // A move alone, or a default, cannot be told from what is there; making it again changes nothing.
            let told = before.name() != after.name() || before.column_type() != after.column_type();
            told && moved.is_none()
                && column(after.name()).is_some_and(|now| now.column_type() == after.column_type())
        }
        _ => false,
    });
    let key = |name: &str| actual.keys().iter().find(|key| *key.name == *name);
    let keys = diff.keys.iter().all(|difference| match difference {
        Difference::Added(added) => key(&added.name).is_some(),
        Difference::Dropped(dropped) => key(&dropped.name).is_none(),
        Difference::Changed { after, .. } => key(&after.name).is_some_and(|now| now.parts == after.parts),
    });
    let told = !diff.columns.is_empty() || !diff.keys.is_empty();
    told && columns
        && keys
        && diff.foreign_keys.is_empty()
        && diff.checks.is_empty()
        && diff.partitioning.is_none()
}

#[cfg(test)]
mod tests {
    use oms_core::schema::{Column, ColumnType, IntWidth, Key, KeyKind};

    use super::*;

    fn table(columns: &[(&str, IntWidth)]) -> TableSchema {
        let columns = columns.iter().map(|(name, width)| {
            Column::new(*name, ColumnType::Int { width: *width, unsigned: false, zerofill: None })
        });
        TableSchema::new(TableName::new("d", "t"), columns.collect())
    }

    #[test]
    fn a_change_that_is_made_is_recognised() {
        let before = table(&[("a", IntWidth::I32)]);
        let after = table(&[("a", IntWidth::I64), ("b", IntWidth::I32)]);
        let diff = SchemaDiff::between(&before, &after, &[]);
        assert!(is_made(&diff, &after));
        assert!(!is_made(&diff, &before));
        assert!(!is_made(&diff, &table(&[("a", IntWidth::I32), ("b", IntWidth::I32)])));
        let dropped = SchemaDiff::between(&after, &before, &[]);
        assert!(is_made(&dropped, &before) && !is_made(&dropped, &after));
        let keyed = before.clone().with_keys(vec![Key::unique("k", KeyKind::Plain, ["a"])]);
        let diff = SchemaDiff::between(&before, &keyed, &[]);
        assert!(is_made(&diff, &keyed) && !is_made(&diff, &before));
    }

    #[test]
    fn only_the_last_change_before_a_crash_is_in_doubt() {
        let id = |text: &str| AppliedId::of(text);
        let mut begun = BegunChanges::default();
        assert_eq!(
            (
                begun.begin(id("a"), &SchemaChangeKind::Create),
                begun.begin(id("b"), &SchemaChangeKind::Create)
            ),
            (Made::No, Made::No)
        );
        let text = serde_json::to_string(&begun).unwrap();
        let mut again = serde_json::from_str::<BegunChanges>(&text).unwrap().of_earlier_run();
        let made: Vec<Made> =
            ["a", "b", "c"].iter().map(|text| again.begin(id(text), &SchemaChangeKind::Create)).collect();
        assert_eq!(made, [Made::Yes, Made::Perhaps, Made::No]);
    }

    #[test]
    fn what_cannot_be_told_is_made_again() {
        let before = table(&[("a", IntWidth::I32)]);
        let commented = before.clone().with_comment(Some("new".into()));
        assert!(!is_made(&SchemaDiff::between(&before, &commented, &[]), &commented));
    }
}
