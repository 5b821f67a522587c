//! A target that takes connections and says nothing, and whose end never hears that we have gone.

use std::time::Duration;

use oms_core::mysql::ConnectOptions;
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions};
use oms_test_servers::{Direction, Fault, Proxy, ServerBuilder, Servers};

use crate::support::{Migration, Run, connect, until};

const SCRIPT: &str = "CREATE TABLE t (id INT PRIMARY KEY, v INT)";

/// The connections are half open: the target still holds the sessions of ours, with the pipeline's lock, after we have
/// given them up.
async fn is_given_up_and_taken_over(test: &str, target: ServerBuilder) {
    let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, SCRIPT)).await else {
        return;
    };
    let proxy = Proxy::to(&migration.target.address()).await.unwrap();
    let reach: ConnectOptions =
        connect(&proxy.url(migration.target.url())).with_io_timeout(Duration::from_secs(1));
    let options = MySqlSinkOptions::default().with_checkpoint_database(migration.checkpoint_database());
    let sink = Box::new(MySqlSink::new(reach).with_options(options));
    let run = Run::of(migration.pipeline_of(migration.all_of_it(Migration::small_chunks()), sink));
    migration.shop.query("INSERT INTO t VALUES (1,1)").await.unwrap();
    migration.caught_up(&run).await;
    // Neither our words nor our farewell arrive.
    proxy.inject(Fault::Vanish(Direction::ToServer)).await;
    migration.shop.query("INSERT INTO t VALUES (2,2)").await.unwrap();
    until("the silence is noticed", || async {
        (run.handle.is_ended() || run.handle.progress().retries > 0).then_some(())
    })
    .await;
    proxy.heal().await;
    migration.caught_up(&run).await;
    run.stop().await;
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mysql() {
    is_given_up_and_taken_over("faults::silent::mysql", Servers::mysql80()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oceanbase() {
    is_given_up_and_taken_over("faults::silent::oceanbase", Servers::seekdb()).await;
}
