//! Keys of every kind: rows that are missing, extra or swapped are found, wherever in the key they are.

use oms_check::{Method, TablePair, Verdict};
use oms_core::TableName;

use crate::sides::{Sides, small, told};

/// A table with a key of some types; rows are made of numbers from 1 on.
struct Keyed {
    name: &'static str,
    source: &'static str,
    target: &'static str,
    /// The values of row `{n}`.
    row: fn(u64) -> String,
    method: Method,
}

const KEYED: &[Keyed] = &[
    Keyed {
        name: "huge",
        source: "k BIGINT UNSIGNED PRIMARY KEY, v INT",
        target: "k BIGINT UNSIGNED PRIMARY KEY, v INT",
        row: |n| format!("{}, {n}", u64::MAX - 90 * n),
        method: Method::Ranges,
    },
    Keyed {
        name: "composite",
        source: "a DATE, b DECIMAL(20,5), c VARBINARY(20), v INT, PRIMARY KEY (c, a, b)",
        target: "a DATE, b DECIMAL(20,5), c VARBINARY(20), v INT, PRIMARY KEY (c, a, b)",
        row: |n| {
            format!("'2020-01-{:02}', -{}.00001, UNHEX('{:02x}27{:02x}'), {n}", n % 28 + 1, n, n % 7, n % 5)
        },
        method: Method::Ranges,
    },
    Keyed {
        name: "times",
        source: "a TIMESTAMP(6), b ENUM('z','y','x') NOT NULL, v INT, PRIMARY KEY (b, a)",
        target: "a TIMESTAMP(6), b ENUM('z','y','x') NOT NULL, v INT, PRIMARY KEY (b, a)",
        row: |n| format!("'2020-01-01 00:00:00.{:06}', {}, {n}", n * 7, n % 3 + 1),
        method: Method::Ranges,
    },
    Keyed {
        name: "real",
        source: "a DOUBLE NOT NULL, b FLOAT NOT NULL, v INT, UNIQUE KEY u (b, a)",
        target: "a DOUBLE NOT NULL, b FLOAT NOT NULL, v INT, UNIQUE KEY other (b, a)",
        row: |n| format!("{}e0 / 7, {}.1e-3, {n}", n, n % 10),
        method: Method::Ranges,
    },
    Keyed {
        name: "text_bin",
        source: "k VARCHAR(30) COLLATE utf8mb4_bin PRIMARY KEY, v INT",
        target: "k VARCHAR(30) COLLATE utf8mb4_bin PRIMARY KEY, v INT",
        row: |n| format!("'{}{n}\t\u{e9}''', {n}", if n % 2 == 0 { "A" } else { "b" }),
        method: Method::Ranges,
    },
    Keyed {
        name: "text_mixed",
        source: "k VARCHAR(30) COLLATE utf8mb4_0900_ai_ci, n INT, v INT, PRIMARY KEY (k, n)",
        target: "k VARCHAR(30) COLLATE utf8mb4_bin, n INT, v INT, PRIMARY KEY (k, n)",
        row: |n| format!("'{}{}', {n}, {n}", if n % 2 == 0 { "A" } else { "b" }, n % 40),
        method: Method::Hashes,
    },
    Keyed {
        name: "text_latin",
        source: "k VARCHAR(30) CHARACTER SET latin1 COLLATE latin1_bin PRIMARY KEY, v INT",
        target: "k VARCHAR(30) COLLATE utf8mb4_bin PRIMARY KEY, v INT",
        row: |n| format!("_utf8mb4 '\u{e9}{n}', {n}"),
        method: Method::Hashes,
    },
    Keyed {
        name: "reordered",
        source: "a INT, b INT, v INT, PRIMARY KEY (a, b)",
        target: "a INT, b INT, v INT, PRIMARY KEY (b, a)",
        row: |n| format!("{}, {n}, {n}", n % 9),
        method: Method::Hashes,
    },
];

const ROWS: u64 = 400;

#[tokio::test]
async fn a_missing_extra_or_changed_row_is_found_under_every_key() {
    for sides in Box::pin(Sides::all("a_missing_extra_or_changed_row_is_found_under_every_key")).await {
        for keyed in KEYED {
            let name = keyed.name;
            let values = |numbers: &mut dyn Iterator<Item = u64>| {
                numbers.map(|n| format!("({})", (keyed.row)(n))).collect::<Vec<_>>().join(",")
            };
            sides.at_source(&format!("CREATE TABLE {name} ({}) DEFAULT CHARSET utf8mb4", keyed.source)).await;
            sides.at_target(&format!("CREATE TABLE {name} ({}) DEFAULT CHARSET utf8mb4", keyed.target)).await;
            let empty = sides.verify(name, small()).await;
            assert_eq!(
                (empty.verdict(), empty.source_rows),
                (Verdict::Equal, 0),
                "{name} {:?}",
                empty.failure
            );

            sides.both(&format!("INSERT INTO {name} VALUES {}", values(&mut (1..=ROWS)))).await;
            let report = sides.verify(name, small()).await;
            assert_eq!(
                (report.verdict(), report.method),
                (Verdict::Equal, Some(keyed.method)),
                "{name} {:?}",
                report.failure
            );
            assert_eq!((report.source_rows, report.target_rows), (ROWS, ROWS), "{name}");
            if keyed.method == Method::Ranges {
                assert_eq!(report.chunks, 8, "{name}");
            }

            // Two rows swap their values, rows are gone, and rows are there only at the target, before and behind all.
            sides.at_target(&format!("UPDATE {name} SET v = 301 - v WHERE v IN (100, 201)")).await;
            sides.at_target(&format!("DELETE FROM {name} WHERE v IN (1, 50, 51, 400)")).await;
            sides
                .at_target(&format!("INSERT INTO {name} VALUES {}", values(&mut [0, 401, 402].into_iter())))
                .await;
            let report = sides.verify(name, small()).await;
            assert_eq!(
                (report.missing, report.extra, report.different),
                (4, 3, 2),
                "{name} {:?}",
                told(&report)
            );
            assert_eq!((report.unsettled, report.not_examined, report.unlisted()), (0, 0, 0), "{name}");
            let changed = report.differences.iter().filter(|found| !found.columns.is_empty());
            assert!(changed.clone().all(|found| *found.columns == ["v".into()]), "{name} {report:?}");
        }
    }
}

#[tokio::test]
async fn a_side_that_holds_nothing_differs_in_every_row_within_the_limits() {
    for sides in
        Box::pin(Sides::all("a_side_that_holds_nothing_differs_in_every_row_within_the_limits")).await
    {
        sides.both("CREATE TABLE t (id INT PRIMARY KEY, v INT)").await;
        let rows: Vec<String> = (1..=1000).map(|id| format!("({id},{id})")).collect();
        sides.at_target(&format!("INSERT INTO t VALUES {}", rows.join(","))).await;
        let report = sides.verify("t", small().with_details(10)).await;
        assert_eq!((report.extra, report.differences.len(), report.unlisted()), (1000, 10, 990));
        assert_eq!((report.source_rows, report.target_rows), (0, 1000));

        // What cannot be held for a second look is still no success.
        let pair = sides.pair("t");
        let options = small().with_memory_bytes(2000);
        let options =
            options.with_review(oms_check::ReviewOptions::default().with_interval(std::time::Duration::ZERO));
        let report = Box::pin(sides.verifier().with_table(pair).with_options(options).run()).await.unwrap();
        let table = &report.tables[0];
        assert_eq!(report.verdict(), Verdict::Different);
        assert!(
            table.extra > 0 && table.extra < 100 && table.extra + table.not_examined == 1000,
            "{table:?}"
        );
    }
}

#[tokio::test]
async fn columns_are_compared_through_a_mapping_and_those_without_a_partner_are_told() {
    for sides in
        Box::pin(Sides::all("columns_are_compared_through_a_mapping_and_those_without_a_partner")).await
    {
        sides
            .at_source("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT); INSERT INTO t VALUES (1,2,3)")
            .await;
        sides
            .at_target(
                "CREATE TABLE u (ident INT PRIMARY KEY, b INT, x INT, y INT); INSERT INTO u VALUES (1,3,2,4)",
            )
            .await;
        let pair = TablePair::new(
            TableName::new(sides.source.name(), "t"),
            TableName::new(sides.target.name(), "u"),
        )
        .with_column("id", "ident")
        .with_column("a", "x");
        let options = small().with_review(oms_check::ReviewOptions::none());
        let verifier = sides.verifier().with_options(options);
        let report = Box::pin(verifier.clone().with_table(pair.clone()).run()).await.unwrap();
        assert_eq!(
            (report.verdict(), report.tables[0].structure.len()),
            (Verdict::Different, 1),
            "{report:?}"
        );
        let report = Box::pin(verifier.with_table(pair.without_column("y")).run()).await.unwrap();
        assert_eq!((report.verdict(), report.tables[0].columns.len()), (Verdict::Equal, 3), "{report:?}");
    }
}
