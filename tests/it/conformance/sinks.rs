//! The SQL sinks keep the contract of sinks.

use std::sync::Arc;

use async_trait::async_trait;
use oms_core::error::Chain;
use oms_core::schema::TableSchema;
use oms_core::sink::Sink;
use oms_core::testing::sample::DATABASE;
use oms_core::testing::{SinkFixture, sink_suite};
use oms_core::value::Value;
use oms_core::{Result, TableName};
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions};
use oms_sinks::oceanbase::OceanBaseSink;
use oms_test_servers::{Server, ServerBuilder, Servers};

use crate::support::connect;

struct Target(Server);

/// The sample tables, by name: their columns, and which of these are numbers.
const TABLES: [(&str, &str, &[bool]); 3] = [
    ("accounts", "id BIGINT PRIMARY KEY, balance BIGINT NOT NULL, owner VARCHAR(40)", &[true, true, false]),
    (
        "lines",
        "code VARCHAR(20) NOT NULL, line BIGINT NOT NULL, quantity BIGINT NOT NULL, PRIMARY KEY (code, line)",
        &[false, true, true],
    ),
    ("journal", "entry BIGINT NOT NULL, remark VARCHAR(40)", &[true, false]),
];

#[async_trait]
impl SinkFixture for Target {
    async fn sink(&mut self) -> Result<Box<dyn Sink>> {
        let connect = connect(self.0.url());
        // Several would commit some transactions behind the checkpoint, and skip these after a restart, while the suite
        // wants the rows to be exactly where the checkpoint is; what becomes of that, the crash tests show.
        let options = |options: MySqlSinkOptions| options.with_workers(1);
        Ok(match self.0.kind() {
            "seekdb" => {
                Box::new(OceanBaseSink::new(connect).with_options(options(OceanBaseSink::default_options())))
            }
            _ => Box::new(MySqlSink::new(connect).with_options(options(MySqlSinkOptions::default()))),
        })
    }

    async fn reset(&mut self, tables: &[Arc<TableSchema>]) -> Result<()> {
        let mut script = format!("DROP DATABASE IF EXISTS {DATABASE}; CREATE DATABASE {DATABASE}");
        for table in tables {
            let known = TABLES.iter().find(|(name, ..)| *name == table.name().table());
            let (name, columns, _) = known.expect("one of the sample tables");
            script.push_str(&format!(
                "; CREATE TABLE {DATABASE}.`{name}` ({columns}) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin"
            ));
        }
        self.0.query(&script).await.expect("the sample tables");
        Ok(())
    }

    async fn rows(&mut self, table: &TableName) -> Result<Option<Vec<Vec<Value>>>> {
        let known = TABLES.iter().find(|(name, ..)| *name == table.table());
        let (name, _, numbers) = known.expect("one of the sample tables");
        let rows = self.0.query(&format!("SELECT * FROM {DATABASE}.`{name}`")).await.expect("the rows");
        // The suite's schema change adds a number.
        let numbers = numbers.iter().copied().chain(std::iter::repeat(true));
        let value = |(cell, is_number): (Option<String>, bool)| match cell {
            None => Value::Null,
            Some(text) if is_number => Value::Int(text.parse().expect("a number")),
            Some(text) => Value::from(text.as_str()),
        };
        Ok(Some(
            rows.into_iter().map(|row| row.into_iter().zip(numbers.clone()).map(value).collect()).collect(),
        ))
    }
}

/// The sample database has one name, so each suite has a server of its own.
async fn keeps_the_contract(test: &str, server: ServerBuilder) {
    let Some(server) = Box::pin(server.private().start_or_skip(test)).await else { return };
    match Box::pin(sink_suite(&mut Target(server))).await {
        Ok(report) => {
            assert!(report.checked.len() >= 10, "{report}");
            println!("{test}\n{report}");
        }
        Err(violation) => panic!("{test}: {}", Chain(&violation)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mysql_sink_keeps_the_contract() {
    keeps_the_contract("conformance::sinks::mysql", Servers::mysql()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oceanbase_sink_keeps_the_contract() {
    keeps_the_contract("conformance::sinks::oceanbase", Servers::seekdb()).await;
}
