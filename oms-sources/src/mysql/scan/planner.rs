//! [`Planner`]: who reads what next. Ranges are found lazily, so no list of them is ever held.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oms_core::TableName;
use oms_core::schema::TableSchema;
use oms_core::source::{KeyBound, KeyRange};
use tokio::sync::Notify;

use super::progress::{RangeLeft, ScanProgress, TableProgress};

/// Shared by all readers of a scan, and by whoever hands their rows on.
#[derive(Debug)]
pub(crate) struct Planner {
    state: Mutex<State>,
    /// Told when there may be new work.
    changed: Notify,
    /// Rows of a range of its own, `None` to read each table by one reader.
    range_rows: Option<u64>,
}

#[derive(Debug)]
struct State {
    progress: ScanProgress,
    schemas: HashMap<TableName, Arc<TableSchema>>,
    /// Tables that nobody has begun in this run.
    waiting: VecDeque<TableName>,
    /// Ranges that nobody reads.
    free: VecDeque<(TableName, u64)>,
    /// Ranges that may still be divided: their ends are open.
    divisible: HashSet<u64>,
    next_id: u64,
}

/// What a reader is to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Work {
    /// Read this range.
    Read(Job),
    /// Find the end of a range of its own behind the job's start, and tell by [`Planner::divided`].
    Divide(Job, u64),
}

/// A range that a reader has taken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) schema: Arc<TableSchema>,
    pub(crate) id: u64,
    pub(crate) range: KeyRange,
}

impl Planner {
    /// For these tables, in this order, going on from `progress`.
    pub(crate) fn new(
        tables: Vec<Arc<TableSchema>>,
        progress: ScanProgress,
        range_rows: Option<u64>,
    ) -> Self {
        let mut state = State {
            progress,
            waiting: VecDeque::new(),
            free: VecDeque::new(),
            divisible: HashSet::new(),
            next_id: 1,
            schemas: HashMap::new(),
        };
        for schema in tables {
            let name = schema.name().clone();
            if state.progress.is_done(&name) {
                continue;
            }
            if let Some(ranges) = state.progress.ranges_mut(&name) {
                for left in ranges {
                    left.id = state.next_id;
                    state.next_id += 1;
                    state.free.push_back((name.clone(), left.id));
                    if left.range.through.is_none() {
                        state.divisible.insert(left.id);
                    }
                }
            } else {
                state.waiting.push_back(name.clone());
            }
            state.schemas.insert(name, schema);
        }
        Self { state: Mutex::new(state), changed: Notify::new(), range_rows }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next work; waits while there may still be some, `None` when everything has been handed on.
    pub(crate) async fn next(&self) -> Option<Work> {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.state();
                if let Some(work) = state.take(self.range_rows) {
                    return Some(work);
                }
                // A range may be divided by whoever reads it, or have to be read again.
                if state.is_done() {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// A range has to be read again, from what is left of it on.
    pub(crate) fn give_back(&self, table: &TableName, id: u64) {
        self.state().free.push_back((table.clone(), id));
        self.changed.notify_waiters();
    }

    /// A range was divided at `bound`; without one it has too few rows for that. The part before it stays taken.
    pub(crate) fn divided(&self, mut job: Job, bound: Option<KeyBound>) -> Job {
        let mut state = self.state();
        state.divisible.remove(&job.id);
        if let Some(bound) = bound {
            let table = job.schema.name().clone();
            let rest = RangeLeft {
                id: state.next_id,
                range: KeyRange { after: Some(bound.clone()), through: job.range.through.take() },
            };
            state.next_id += 1;
            job.range.through = Some(bound.clone());
            state.divisible.insert(rest.id);
            state.free.push_front((table.clone(), rest.id));
            if let Some(ranges) = state.progress.ranges_mut(&table) {
                if let Some(left) = ranges.iter_mut().find(|left| left.id == job.id) {
                    left.range.through = Some(bound);
                }
                ranges.push(rest);
            }
        }
        drop(state);
        self.changed.notify_waiters();
        job
    }

    /// Rows up to this key have been handed on.
    pub(crate) fn advance(&self, table: &TableName, id: u64, read_to: KeyBound) {
        self.state().progress.advance(table, id, read_to);
    }

    /// All rows of a range have been handed on; true if the table is done with it.
    pub(crate) fn finish(&self, table: &TableName, id: u64) -> bool {
        let mut state = self.state();
        let done = match state.progress.table(table) {
            Some(TableProgress::Begun) => {
                state.progress.set(table, TableProgress::Done);
                true
            }
            _ => state.progress.finish(table, id),
        };
        drop(state);
        self.changed.notify_waiters();
        done
    }

    /// What is left of a range, and the table's schema now; `None` if it was dropped.
    pub(crate) fn job(&self, table: &TableName, id: u64) -> Option<Job> {
        let state = self.state();
        let schema = Arc::clone(state.schemas.get(table)?);
        let left = state.progress.ranges(table).iter().find(|left| left.id == id)?;
        Some(Job { schema, id, range: left.range.clone() })
    }

    /// The table has another schema from here on.
    pub(crate) fn set_schema(&self, schema: Arc<TableSchema>) {
        let mut state = self.state();
        if let Some(known) = state.schemas.get_mut(schema.name()) {
            *known = schema;
        }
    }

    /// The table need not be read any more: it is gone.
    pub(crate) fn drop_table(&self, table: &TableName) {
        let mut state = self.state();
        state.waiting.retain(|name| name != table);
        state.free.retain(|(name, _)| name != table);
        state.schemas.remove(table);
        state.progress.remove(table);
        drop(state);
        self.changed.notify_waiters();
    }

    /// True if reading the table has begun and is not done.
    pub(crate) fn is_under_way(&self, table: &TableName) -> bool {
        matches!(self.state().progress.table(table), Some(TableProgress::Left(_) | TableProgress::Begun))
    }

    /// True if nobody has begun the table.
    pub(crate) fn is_waiting(&self, table: &TableName) -> bool {
        self.state().waiting.contains(table)
    }

    /// What has been handed on.
    pub(crate) fn progress(&self) -> ScanProgress {
        self.state().progress.clone()
    }
}

impl State {
    /// True if all tables are.
    fn is_done(&self) -> bool {
        self.schemas.keys().all(|table| self.progress.is_done(table))
    }

    fn take(&mut self, range_rows: Option<u64>) -> Option<Work> {
        if self.free.is_empty() {
            let table = self.waiting.pop_front()?;
            self.begin(table);
        }
        let (table, id) = self.free.pop_front()?;
        let schema = Arc::clone(self.schemas.get(&table)?);
        let range = self.progress.ranges(&table).iter().find(|left| left.id == id);
        let range = range.map_or_else(KeyRange::all, |left| left.range.clone());
        let job = Job { schema, id, range };
        Some(match range_rows {
            Some(rows) if self.divisible.contains(&id) => Work::Divide(job, rows),
            _ => Work::Read(job),
        })
    }

    fn begin(&mut self, table: TableName) {
        let id = self.next_id;
        self.next_id += 1;
        let keyed = self.schemas.get(&table).is_some_and(|schema| schema.identity().key_columns().is_some());
        if keyed {
            self.divisible.insert(id);
            self.progress.set(&table, TableProgress::Left(vec![RangeLeft { id, range: KeyRange::all() }]));
        } else {
            self.progress.set(&table, TableProgress::Begun);
        }
        self.free.push_back((table, id));
    }
}

#[cfg(test)]
mod tests {
    use oms_core::schema::{Column, ColumnType, IntWidth, Key, KeyKind};
    use oms_core::value::Value;

    use super::*;

    fn table(name: &str, keyed: bool) -> Arc<TableSchema> {
        let id = ColumnType::Int { width: IntWidth::I64, unsigned: false, zerofill: None };
        let schema =
            TableSchema::new(TableName::new("s", name), vec![Column::new("id", id).with_nullable(false)]);
        let keys = if keyed { vec![Key::unique("PRIMARY", KeyKind::Primary, ["id"])] } else { Vec::new() };
        Arc::new(schema.with_keys(keys))
    }

    fn bound(value: i64) -> KeyBound {
        KeyBound([Value::Int(value)].into())
    }

    fn read(work: Option<Work>) -> Job {
        match work {
            Some(Work::Read(job)) => job,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_table_is_divided_while_it_is_read() {
        let planner =
            Planner::new(vec![table("a", true), table("b", false)], ScanProgress::default(), Some(10));
        let Some(Work::Divide(job, 10)) = planner.next().await else { panic!() };
        // The other reader does not wait for the division: it takes the next table.
        let keyless = read(planner.next().await);
        assert_eq!((keyless.schema.name().table(), &keyless.range), ("b", &KeyRange::all()));
        let first = planner.divided(job, Some(bound(10)));
        assert_eq!(first.range, KeyRange { after: None, through: Some(bound(10)) });
        let Some(Work::Divide(rest, _)) = planner.next().await else { panic!() };
        let last = planner.divided(rest, None);
        assert_eq!(last.range, KeyRange { after: Some(bound(10)), through: None });
        let (a, b) = (first.schema.name(), keyless.schema.name());
        assert!(planner.finish(b, keyless.id));
        assert!(!planner.finish(a, last.id));
        planner.advance(a, first.id, bound(4));
        assert_eq!(
            planner.progress().to_token().unwrap(),
            r#"{"s":{"a":{"left":[{"after":[{"Int":4}],"through":[{"Int":10}]}]},"b":"done"}}"#
        );
        planner.give_back(a, first.id);
        assert_eq!(read(planner.next().await).range.after, Some(bound(4)));
        assert!(planner.finish(a, first.id));
        assert_eq!(planner.next().await, None);
    }

    #[tokio::test]
    async fn a_restart_goes_on_with_what_is_left() {
        let token = r#"{"s":{"a":{"left":[{"after":[{"Int":4}],"through":[{"Int":10}]},{"after":[{"Int":10}],"through":null}]},"b":"begun","c":"done"}}"#;
        let tables = vec![table("a", true), table("b", false), table("c", true)];
        let planner = Planner::new(tables, ScanProgress::from_token(token).unwrap(), Some(10));
        assert_eq!(
            read(planner.next().await).range,
            KeyRange { after: Some(bound(4)), through: Some(bound(10)) }
        );
        assert!(matches!(planner.next().await, Some(Work::Divide(..))));
        assert_eq!(read(planner.next().await).schema.name().table(), "b");
    }
}
