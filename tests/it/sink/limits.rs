//! The longest packet that the target takes.

use oms_core::ErrorClass;
use oms_core::error::Chain;
use oms_test_servers::Servers;

use crate::support::{Migration, Run};

const SCRIPT: &str = "CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_cut_by_what_the_target_takes() {
    let target = Servers::mysql80().with_option("--max-allowed-packet=2M");
    let test = "sink::limits::batches";
    let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, SCRIPT)).await else {
        return;
    };
    let rows = |from: u32| {
        let rows: Vec<String> =
            (from..from + 24).map(|id| format!("({id}, REPEAT(CHAR({id}), 300000))")).collect();
        format!("INSERT INTO t VALUES {}", rows.join(","))
    };
    migration.shop.query(&rows(1)).await.unwrap();
    // Larger statements are wanted than are taken.
    let sink = migration.sink(|options| options.with_statement(1000, 64 << 20));
    let run = Run::of(migration.pipeline_of(migration.all_of_it(Migration::small_chunks()), sink));
    migration.caught_up(&run).await;
    migration.shop.query(&rows(101)).await.unwrap();
    migration.caught_up(&run).await;
    assert_eq!(run.stop().await.retries, 0);
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_longer_than_the_target_takes_is_loud_and_waits_for_a_longer_packet() {
    let test = "sink::limits::row";
    for in_log in [false, true] {
        let target = Servers::mysql80().with_option("--max-allowed-packet=4M");
        let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, SCRIPT)).await else {
            return;
        };
        let rows = "INSERT INTO t VALUES (1,'a'); INSERT INTO t VALUES (2,REPEAT(0xAB,20000000)); \
                    INSERT INTO t VALUES (3,'c')";
        let run = if in_log {
            let run = migration.run();
            migration.caught_up(&run).await;
            migration.shop.query(rows).await.unwrap();
            run
        } else {
            migration.shop.query(rows).await.unwrap();
            migration.run()
        };
        let error = run.fails().await;
        let text = Chain(&error).to_string();
        assert_eq!(error.class(), ErrorClass::Data, "{text}");
        assert_eq!(error.table().map(ToString::to_string), Some(migration.copy.table("t")), "{text}");
        for name in ["max_allowed_packet", "4194"] {
            assert!(text.contains(name), "it does not name {name}: {text}");
        }
        migration.target.query("SET GLOBAL max_allowed_packet=128*1024*1024").await.unwrap();
        migration.run_until_caught_up().await;
        migration.assert_equal().await;
    }
}
