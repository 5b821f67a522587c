//! Tables that are emptied in the midst of the log: what is written behind that must not be taken away when it comes again.

use std::sync::Arc;

use oms_core::Error;
use oms_core::ddl::Dialect;
use oms_core::error::Chain;
use oms_core::event::{ChangeKind, Event, SchemaChange, SchemaChangeKind};
use oms_core::sink::Sink;
use oms_core::source::Source;
use oms_core::testing::sample;
use oms_core::value::Value;
use oms_core::{Position, TableName};
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions};
use oms_sources::mysql::binlog::{BinlogOptions, BinlogSource};
use oms_test_servers::Servers;

use crate::support::{Migration, connect, within};

#[tokio::test]
async fn a_batch_ends_behind_a_schema_change() {
    let Some(server) = Servers::mysql().start_or_skip("stream::emptied::batches").await else { return };
    let shop = server.create_database("emptied").await.expect("a database");
    shop.query("CREATE TABLE t (id INT PRIMARY KEY)").await.expect("a table");
    let database = shop.name().to_owned();
    let mut source =
        BinlogSource::new(connect(server.url()), move |table: &TableName| table.database() == database)
            .with_options(BinlogOptions::default());
    source.open(None).await.expect("the log");
    let script = "INSERT INTO t VALUES (1); TRUNCATE TABLE t; INSERT INTO t VALUES (2); INSERT INTO t VALUES (3); \
                  ALTER TABLE t ADD COLUMN v INT; INSERT INTO t VALUES (4,4); TRUNCATE TABLE t; TRUNCATE TABLE t; \
                  INSERT INTO t VALUES (5,5)";
    shop.query(script).await.expect("statements");
    let (mut inserts, mut schema_changes) = (0, 0);
    while inserts < 5 {
        let batch = within("the next batch", source.next_batch()).await.expect("a batch").expect("no end");
        let mut changed = false;
        for event in batch.events() {
            match event {
                Event::Schema(_) => {
                    schema_changes += 1;
                    changed = true;
                }
                Event::Change(change) if change.kind() == ChangeKind::Insert => {
                    assert!(!changed, "a row behind a schema change, in one batch");
                    inserts += 1;
                }
                _ => {}
            }
        }
        assert!(!changed || batch.position().is_some() && batch.schemas().is_some(), "no place to restart");
    }
    assert_eq!(schema_changes, 4);
    source.close().await.expect("the end");
}

#[tokio::test]
async fn rows_behind_an_emptied_table_are_refused_without_a_position_in_between() {
    let test = "stream::emptied::refused";
    let script = "CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL, owner VARCHAR(40))";
    let Some(migration) =
        Box::pin(Migration::start(test, Servers::mysql(), Servers::mysql80(), script)).await
    else {
        return;
    };
    let name = TableName::new(migration.copy.name(), "accounts");
    let schema = Arc::new((*sample::accounts()).clone().with_name(name.clone()));
    let emptied = || {
        Event::Schema(Arc::new(SchemaChange {
            kind: SchemaChangeKind::Truncate,
            table: name.clone(),
            before: Some(Arc::clone(&schema)),
            after: Some(Arc::clone(&schema)),
            statement: "TRUNCATE TABLE accounts".into(),
            dialect: Dialect::mysql(9, 7, 4),
        }))
    };
    let row = |id: i64| {
        let row = [Value::Int(id), Value::Int(0), Value::Null];
        sample::SampleTransaction::new(&format!("t{id}")).insert(&schema, [row]).into_events()
    };
    let at = |place: &str| Position::new("suite", place.to_owned());
    let options = MySqlSinkOptions::default().with_checkpoint_database(migration.checkpoint_database());
    let open = || MySqlSink::new(connect(&migration.target_url)).with_options(options.clone());

    let mut sink = open();
    sink.open(test).await.expect("the sink");
    let together: Vec<Event> = std::iter::once(emptied()).chain(row(1)).collect();
    let batch = sample::batch(together).with_position(at("1"));
    let error = sink.write(Arc::new(batch)).await.expect_err("rows behind a change that may come again");
    assert!(matches!(error, Error::Decode { .. }), "{}", Chain(&error));
    sink.close().await.expect("the end");

    // With a position in between, also without schemas, the change does not come again and the row stays.
    let mut sink = open();
    assert!(sink.open(test).await.expect("the sink").is_none());
    for (number, (events, place)) in [(vec![emptied()], "1"), (row(2), "2")].into_iter().enumerate() {
        let mut batch = sample::batch(events).with_position(at(place));
        batch.set_sequence(number as u64 + 1);
        sink.write(Arc::new(batch)).await.expect("a batch");
    }
    sink.flush().await.expect("durable");
    sink.close().await.expect("the end");
    let checkpoint = open().open(test).await.expect("the sink").expect("a checkpoint");
    assert_eq!(checkpoint.position, at("2"));
    let rows = migration.copy.query("SELECT id FROM accounts").await.expect("the rows");
    assert_eq!(rows, [[Some("2".to_owned())]]);
}
