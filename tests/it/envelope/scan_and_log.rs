//! The same messages from a scan and from a log, and values as the server itself prints them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use oms_core::dialect::Product;
use oms_core::event::{Change, ChangeKind, Event};
use oms_core::row::RowBatch;
use oms_core::source::Source;
use oms_sinks::envelope::{
    CanalEnvelope, DebeziumEnvelope, DebeziumOptions, DebeziumShape, Envelope, MaxwellEnvelope,
    MessageContext, NAMES, Renderer, SourceInfo, TimePrecision, ZeroDates, named,
};
use oms_sources::mysql::MySqlSource;
use oms_test_servers::{Server, Servers};

use super::tables;
use crate::support::{connect, covers, log_end, within};

/// Rows by table and number.
type Rows = BTreeMap<(String, i64), RowBatch>;

/// Everything that a source says until it has reached the end of the log of now: one row of each change of this kind.
async fn read(source: &mut MySqlSource, server: &Server, kind: ChangeKind, rows: &mut Rows) {
    let end = log_end(server).await;
    loop {
        let batch = within("the source says more", source.next_batch()).await.expect("a batch");
        let batch = batch.expect("a log has no end");
        for event in batch.events() {
            let Event::Change(change) = event else { continue };
            if change.kind() != kind {
                continue;
            }
            for (number, row) in change.rows().rows().enumerate() {
                let id = row.get("id").expect("every table has one").decode().expect("a number").as_i64();
                let number = u32::try_from(number).expect("a small number");
                let key = (change.schema().name().table().to_owned(), id.expect("a number"));
                rows.insert(key, change.rows().slice(number..number + 1));
            }
        }
        if batch.position().is_some_and(|position| covers(position, &end)) {
            return;
        }
    }
}

/// Every format, as it is and by options that render values in other ways.
fn envelopes() -> Vec<Arc<dyn Envelope>> {
    let mut envelopes: Vec<Arc<dyn Envelope>> =
        NAMES.iter().map(|name| named(name).expect("a format")).collect();
    envelopes.push(Arc::new(CanalEnvelope::new().with_strict(true)));
    envelopes.push(Arc::new(MaxwellEnvelope::new().with_strict(true)));
    let loose = DebeziumOptions::default().with_zero_dates(ZeroDates::Null).with_booleans(false);
    for options in [
        loose.with_time_precision(TimePrecision::Microseconds),
        loose.with_strict(true).with_schema(true),
        loose.with_strict(true).with_time_precision(TimePrecision::IsoString),
    ] {
        envelopes.push(Arc::new(DebeziumEnvelope::new(DebeziumShape::Enveloped).with_options(options)));
    }
    envelopes
}

/// The message of an insert of a row, or the error in its place.
fn message(envelope: &Arc<dyn Envelope>, row: &RowBatch) -> Result<String, String> {
    let source = SourceInfo::new(Product::MySql);
    let context = MessageContext::new(&source, UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let mut text = String::new();
    let mut renderer = Renderer::shared(Arc::clone(envelope), source.clone());
    let result = renderer.render_change(&Change::insert(row.clone()), context, &mut |message| {
        for bytes in [message.key, message.body].into_iter().flatten() {
            text.push_str(std::str::from_utf8(bytes).expect("UTF-8"));
            text.push('\n');
        }
        Ok(())
    });
    result.map(|()| text).map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scanned_and_logged_rows_make_the_same_messages() {
    let test = "envelope::scan_and_log::scanned_and_logged_rows_make_the_same_messages";
    let Some(server) = Box::pin(Servers::mysql().start_or_skip(test)).await else { return };
    let shop = server.create_database("shop").await.expect("a database");
    let kept = server.create_database("kept").await.expect("a database");
    for table in tables::ALL {
        let script = [tables::SESSION, table.create, table.rows].join("; ").replace("{t}", table.name);
        shop.query(&script).await.expect("a table and its rows");
        let keep = format!(
            "{}; CREATE TABLE {table} LIKE {shop}.{table}; INSERT INTO {table} SELECT * FROM {shop}.{table}",
            tables::SESSION,
            table = table.name,
            shop = shop.name()
        );
        kept.query(&keep).await.expect("a copy of them");
    }
    let name = shop.name().to_owned();
    let mut source = MySqlSource::new(connect(server.url()), move |table| table.database() == name);
    within("the source is open", source.open(None)).await.expect("a source");
    let (mut scanned, mut logged) = (Rows::new(), Rows::new());
    Box::pin(read(&mut source, &server, ChangeKind::Read, &mut scanned)).await;
    for table in tables::ALL {
        let again = format!(
            "{}; DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {kept}.{table}",
            tables::SESSION,
            table = table.name,
            kept = kept.name()
        );
        shop.query(&again).await.expect("the rows once more");
    }
    Box::pin(read(&mut source, &server, ChangeKind::Insert, &mut logged)).await;
    source.close().await.expect("a farewell");

    assert!(scanned.len() >= 20, "{} rows", scanned.len());
    assert_eq!(scanned.keys().collect::<Vec<_>>(), logged.keys().collect::<Vec<_>>());
    for envelope in envelopes() {
        for (key, row) in &scanned {
            assert_eq!(
                message(&envelope, row),
                message(&envelope, &logged[key]),
                "{} of {key:?}",
                envelope.name()
            );
        }
    }

    // Canal itself has every value as the server prints it, so the server can be asked.
    let canal: Arc<dyn Envelope> = Arc::new(CanalEnvelope::new().with_strict(true));
    let mut compared = 0;
    for table in tables::ALL.iter().filter(|table| !table.printed.is_empty()) {
        let select = format!("SET time_zone='+00:00'; SELECT id, {} FROM {}", table.printed, table.name);
        for printed in shop.query(&select).await.expect("the server's own text") {
            let id: i64 = printed[0].as_deref().expect("a number").parse().expect("a number");
            let text = message(&canal, &logged[&(table.name.to_owned(), id)]).expect("a message");
            let body: serde_json::Value =
                serde_json::from_str(text.lines().last().expect("a body")).expect("JSON");
            for (column, printed) in table.columns().zip(&printed[1..]) {
                let value = body["data"][0][column].as_str();
                assert_eq!(value, printed.as_deref(), "{}, row {id}, column {column}", table.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}
