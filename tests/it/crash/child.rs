//! The process that is killed: this test binary once more, running one migration and nothing else.

use std::env;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use oms_core::error::Chain;
use oms_core::pipeline::{ByteBudget, Pipeline, PipelineOptions, RetryPolicy};
use oms_core::sink::Sink;
use oms_core::transform::Mapping;
use oms_core::{Error, Result};
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions};
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::MySqlSource;
use tokio::process::{Child, Command};

use crate::support::{Migration, connect};

/// What the child is to do, as its parent says it.
const ORDERS: &str = "OMS_TEST_CRASH_CHILD";

/// Starts a process that runs this migration until it is killed.
pub(crate) fn spawn(migration: &Migration, workers: usize) -> Child {
    start(migration, workers, None)
}

/// The same with a budget of so many MiB, and with patience when the source or the target goes away.
pub(crate) fn spawn_with(migration: &Migration, workers: usize, budget: usize) -> Child {
    start(migration, workers, Some(budget))
}

fn start(migration: &Migration, workers: usize, budget: Option<usize>) -> Child {
    let orders = [
        &*migration.source_url,
        &*migration.target_url,
        migration.target.kind(),
        migration.shop.name(),
        migration.copy.name(),
        &workers.to_string(),
        &budget.unwrap_or(0).to_string(),
    ];
    Command::new(env::current_exe().expect("the path of this program"))
        .args(["--exact", "crash::child::migration", "--ignored", "--nocapture"])
        .env(ORDERS, orders.join(" "))
        // Closed when this process ends, in whatever way.
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a process of our own")
}

#[test]
#[ignore = "not a test: what crash::kills starts and kills"]
fn migration() {
    let Ok(orders) = env::var(ORDERS) else { return };
    let orders: Vec<&str> = orders.split(' ').collect();
    let [source, target, kind, from, to, workers, budget] = orders[..] else {
        panic!("seven orders: {orders:?}")
    };
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let (workers, budget) = (number(workers), number(budget));
    // It must not outlive its parent.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(3);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        // The server gives the lock of a killed process back when it sees that the connection is gone.
        loop {
            match Box::pin(run(source, target, kind, (from, to), workers, budget)).await {
                Err(Error::Fenced { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error) => panic!("the migration: {}", Chain(&error)),
                Ok(()) => panic!("the migration ended by itself"),
            }
        }
    });
}

async fn run(
    source: &str,
    target: &str,
    kind: &str,
    (from, to): (&str, &str),
    workers: usize,
    budget: usize,
) -> Result<()> {
    let database = from.to_owned();
    let source = MySqlSource::new(connect(source), move |table| table.database() == database)
        .with_options(Migration::small_chunks());
    // Some apply the larger transactions in parts.
    let large = if workers.is_multiple_of(3) { 500 } else { 1 << 20 };
    let options = |options: MySqlSinkOptions| {
        let options = options.with_checkpoint_database(to).with_workers(workers).with_group(8, 64 << 10);
        options.with_large_transaction_bytes(large)
    };
    let sink: Box<dyn Sink> = match kind {
        "seekdb" => Box::new(
            OceanBaseSink::new(connect(target)).with_options(options(OceanBaseSink::default_options())),
        ),
        _ => Box::new(MySqlSink::new(connect(target)).with_options(options(MySqlSinkOptions::default()))),
    };
    let mut options = PipelineOptions::default().with_checkpoint_interval(Duration::from_millis(50));
    options = match budget {
        0 => options.with_retry(RetryPolicy::never()),
        budget => options.with_budget(ByteBudget::new(budget << 20)).with_batch_bytes(1 << 20),
    };
    let mapping = Mapping::new().database(from, to);
    Pipeline::new(to, source, sink).transform(mapping).options(options).run().await.map(drop)
}
