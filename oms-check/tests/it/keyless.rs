//! Tables without a key: duplicates count.

use oms_check::{Method, Verdict};

use crate::sides::{Sides, small};

#[tokio::test]
async fn duplicates_without_a_key_are_counted_on_both_sides() {
    for sides in Box::pin(Sides::all("duplicates_without_a_key_are_counted_on_both_sides")).await {
        sides.both("CREATE TABLE t (a INT, b VARCHAR(10)) DEFAULT CHARSET utf8mb4").await;
        let rows: Vec<String> =
            (0..600).map(|n| format!("({},{})", n % 100, if n % 3 == 0 { "NULL" } else { "'x'" })).collect();
        sides.both(&format!("INSERT INTO t VALUES {}", rows.join(","))).await;
        let report = sides.verify("t", small()).await;
        assert_eq!(
            (report.verdict(), report.method),
            (Verdict::Equal, Some(Method::Bag)),
            "{:?}",
            report.failure
        );
        assert_eq!((report.source_rows, report.target_rows), (600, 600));

        // The count of rows stays: one of several equal rows becomes a copy of another one.
        sides.at_target("UPDATE t SET a = 6 WHERE a = 5 AND b = 'x' LIMIT 1").await;
        let report = sides.verify("t", small()).await;
        assert_eq!((report.missing, report.extra, report.target_rows), (1, 1, 600), "{report:?}");
        let counts: Vec<_> =
            report.differences.iter().map(|found| (found.source_count, found.target_count)).collect();
        assert!(
            counts.iter().all(|(source, target)| *source >= 4 && source.abs_diff(*target) == 1),
            "{counts:?}"
        );

        sides.at_target("INSERT INTO t VALUES (6, 'x'), (7, NULL), (7, '')").await;
        let report = sides.verify("t", small()).await;
        assert_eq!((report.missing, report.extra), (1, 4), "{report:?}");
    }
}

#[tokio::test]
async fn a_key_on_one_side_only_makes_a_bag() {
    for sides in Box::pin(Sides::all("a_key_on_one_side_only_makes_a_bag")).await {
        sides.at_source("CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1,1),(2,2)").await;
        sides.at_target("CREATE TABLE t (a INT, b INT); INSERT INTO t VALUES (1,1),(2,2)").await;
        let report = sides.verify("t", small()).await;
        assert_eq!((report.verdict(), report.method), (Verdict::Equal, Some(Method::Bag)));
        sides.at_target("INSERT INTO t VALUES (2,2)").await;
        let report = sides.verify("t", small()).await;
        assert_eq!((report.missing, report.extra), (0, 1), "{report:?}");
    }
}
