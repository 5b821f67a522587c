//! Writes go on while it is verified.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use oms_check::{Phase, ReviewOptions, Verdict, VerifyOptions};

use crate::sides::{Sides, told};

fn options(settle: u32, max: u32) -> VerifyOptions {
    let review = ReviewOptions::default().with_interval(Duration::from_millis(20));
    VerifyOptions::default().with_review(review.with_settle_rounds(settle).with_max_rounds(max))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_arrives_late_is_equal_and_one_that_stays_is_not() {
    for sides in Box::pin(Sides::all("a_row_that_arrives_late_is_equal_and_one_that_stays_is_not")).await {
        for table in ["keyed", "bag"] {
            let key = if table == "keyed" { " PRIMARY KEY" } else { "" };
            sides.both(&format!("CREATE TABLE {table} (id INT{key}, v INT)")).await;
            sides.at_source(&format!("INSERT INTO {table} VALUES (1,1),(2,2),(3,3)")).await;
            sides.at_target(&format!("INSERT INTO {table} VALUES (1,1),(3,4)")).await;
            let sides = Arc::new(&sides);
            let rounds = Arc::new(AtomicU32::new(0));
            let seen = Arc::clone(&rounds);
            let verifier = sides
                .verifier()
                .with_table(sides.pair(table))
                .with_options(options(1000, 100_000))
                .with_observer(move |progress| {
                    if let Phase::Reviewing { round } = progress.phase {
                        seen.store(round, Ordering::SeqCst);
                    }
                });
            let running = verifier.run();
            let catching_up = async {
                // Only once the difference was seen and is looked at again.
                while rounds.load(Ordering::SeqCst) < 3 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                sides.at_target(&format!("INSERT INTO {table} VALUES (2,2)")).await;
                sides.at_target(&format!("UPDATE {table} SET v = 3 WHERE id = 3")).await;
            };
            let (report, ()) = Box::pin(async { tokio::join!(running, catching_up) }).await;
            let report = report.unwrap();
            assert_eq!(report.verdict(), Verdict::Equal, "{table} {report:?}");
            assert!(report.tables[0].settled > 0, "{table} {report:?}");

            sides.at_target(&format!("DELETE FROM {table} WHERE id = 2")).await;
            let verifier = sides.verifier().with_table(sides.pair(table)).with_options(options(3, 100));
            let report = Box::pin(verifier.run()).await.unwrap();
            assert_eq!((report.verdict(), report.tables[0].missing), (Verdict::Different, 1), "{table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_never_rests_is_unsettled() {
    for sides in Box::pin(Sides::all("a_row_that_never_rests_is_unsettled")).await {
        for table in ["keyed", "bag"] {
            let key = if table == "keyed" { " PRIMARY KEY" } else { "" };
            sides.both(&format!("CREATE TABLE {table} (id INT{key}, v BIGINT)")).await;
            sides.both(&format!("INSERT INTO {table} VALUES (1,1),(2,2)")).await;
            sides.at_source(&format!("UPDATE {table} SET v = v + 1 WHERE id = 2")).await;
            let due = Arc::new(AtomicU32::new(0));
            let told_due = Arc::clone(&due);
            let verifier =
                sides.verifier().with_table(sides.pair(table)).with_options(options(3, 12)).with_observer(
                    move |progress| {
                        if let Phase::Reviewing { round } = progress.phase {
                            told_due.store(round, Ordering::SeqCst);
                        }
                    },
                );
            let running = verifier.run();
            tokio::pin!(running);
            let mut conn = Box::pin(sides.source.connect()).await.unwrap();
            let sql = format!("UPDATE {table} SET v = v + 1 WHERE id = 2");
            let report = loop {
                use oms_test_servers::mysql_async::prelude::Queryable;
                let write = Box::pin(conn.query_drop(&sql));
                let (write, done) = {
                    tokio::select! {
                        biased;
                        report = &mut running => (Ok(()), Some(report)),
                        write = write => (write, None),
                    }
                };
                write.unwrap();
                if let Some(report) = done {
                    break report.unwrap();
                }
            };
            assert_eq!(
                report.verdict(),
                Verdict::Unsettled,
                "{table} {report:?} {:?}",
                told(&report.tables[0])
            );
            assert!(report.tables[0].unsettled > 0 && report.exit_status() == 1, "{table} {report:?}");
            assert!(due.load(Ordering::SeqCst) >= 12);
        }
    }
}
