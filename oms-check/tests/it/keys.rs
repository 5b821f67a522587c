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
        name: "by_huge",
        source: "k BIGINT UNSIGNED PRIMARY KEY, v INT",
        target: "k BIGINT UNSIGNED PRIMARY KEY, v INT",
        row: |n| format!("{}, {n}", u64::MAX - 90 * n),
        method: Method::Ranges,
    },
    Keyed {
        name: "by_composite",
        source: "a DATE, b DECIMAL(20,5), c VARBINARY(20), v INT, PRIMARY KEY (c, a, b)",
        target: "a DATE, b DECIMAL(20,5), c VARBINARY(20), v INT, PRIMARY KEY (c, a, b)",
        row: |n| {
            format!("'2020-01-{:02}', -{}.00001, UNHEX('{:02x}27{:02x}'), {n}", n % 28 + 1, n, n % 7, n % 5)
        },
        method: Method::Ranges,
    },
    Keyed {
        name: "by_times",
        source: "a TIMESTAMP(6), b ENUM('z','y','x') NOT NULL, v INT, PRIMARY KEY (b, a)",
        target: "a TIMESTAMP(6), b ENUM('z','y','x') NOT NULL, v INT, PRIMARY KEY (b, a)",
        row: |n| format!("'2020-01-01 00:00:00.{:06}', {}, {n}", n * 7, n % 3 + 1),
        method: Method::Ranges,
    },
    Keyed {
        name: "by_real",
        source: "a DOUBLE NOT NULL, b FLOAT NOT NULL, v INT, UNIQUE KEY u (b, a)",
        target: "a DOUBLE NOT NULL, b FLOAT NOT NULL, v INT, UNIQUE KEY other (b, a)",
        row: |n| format!("{}e0 / 7, {}.1e-3, {n}", n, n % 10),
        method: Method::Bag,
    },
    Keyed {
        name: "by_float",
        source: "k FLOAT PRIMARY KEY, v INT",
        target: "k FLOAT PRIMARY KEY, v INT",
        row: |n| format!("{n}e0 / 7, {n}"),
        method: Method::Bag,
    },
    Keyed {
        name: "by_bits",
        source: "k BIT(64) PRIMARY KEY, v INT",
        target: "k BIT(64) PRIMARY KEY, v INT",
        row: |n| format!("{}, {n}", u64::MAX - n * 1_000_000_007),
        method: Method::Ranges,
    },
    Keyed {
        name: "by_decimals",
        source: "k DECIMAL(40,20) PRIMARY KEY, v INT",
        target: "k DECIMAL(40,20) PRIMARY KEY, v INT",
        row: |n| format!("-{n}.{n:020}, {n}"),
        method: Method::Ranges,
    },
    Keyed {
        name: "by_clock",
        source: "k TIME(3) PRIMARY KEY, v INT",
        target: "k TIME(3) PRIMARY KEY, v INT",
        row: |n| format!("'-{:03}:00:00.{:03}', {n}", n, n),
        method: Method::Ranges,
    },
    Keyed {
        name: "by_padded",
        source: "k BINARY(6) PRIMARY KEY, v INT",
        target: "k BINARY(6) PRIMARY KEY, v INT",
        row: |n| format!("UNHEX('{:04X}00'), {n}", n * 163),
        method: Method::Ranges,
    },
    Keyed {
        name: "by_members",
        source: "k SET('a','b','c','d','e','f','g','h','i','j') PRIMARY KEY, v INT",
        target: "k SET('a','b','c','d','e','f','g','h','i','j') PRIMARY KEY, v INT",
        row: |n| format!("{n}, {n}"),
        method: Method::Ranges,
    },
    Keyed {
        name: "by_text_bin",
        source: "k VARCHAR(30) COLLATE utf8mb4_bin PRIMARY KEY, v INT",
        target: "k VARCHAR(30) COLLATE utf8mb4_bin PRIMARY KEY, v INT",
        row: |n| format!("'{}{n}\t\u{e9}''', {n}", if n % 2 == 0 { "A" } else { "b" }),
        method: Method::Ranges,
    },
    Keyed {
        name: "by_text_mixed",
        source: "k VARCHAR(30) COLLATE utf8mb4_0900_ai_ci, n INT, v INT, PRIMARY KEY (k, n)",
        target: "k VARCHAR(30) COLLATE utf8mb4_bin, n INT, v INT, PRIMARY KEY (k, n)",
        row: |n| format!("'{}{}', {n}, {n}", if n % 2 == 0 { "A" } else { "b" }, n % 40),
        method: Method::Hashes,
    },
    Keyed {
        name: "by_text_latin",
        source: "k VARCHAR(30) CHARACTER SET latin1 COLLATE latin1_bin PRIMARY KEY, v INT",
        target: "k VARCHAR(30) COLLATE utf8mb4_bin PRIMARY KEY, v INT",
        row: |n| format!("_utf8mb4 '\u{e9}{n}', {n}"),
        method: Method::Hashes,
    },
    Keyed {
        name: "by_reordered",
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
                // 50 rows each, and what may be behind the last key.
                assert_eq!(report.chunks, 9, "{name}");
            }

            // Two rows swap their values, rows are gone, and rows are there only at the target, before and behind all.
            sides.at_target(&format!("UPDATE {name} SET v = 301 - v WHERE v IN (100, 201)")).await;
            sides.at_target(&format!("DELETE FROM {name} WHERE v IN (1, 50, 51, 400)")).await;
            sides
                .at_target(&format!("INSERT INTO {name} VALUES {}", values(&mut [0, 401, 402].into_iter())))
                .await;
            let report = sides.verify(name, small()).await;
            // Without a key, a changed row is one that is missing and one that is extra.
            let wanted = if keyed.method == Method::Bag { (6, 5, 0) } else { (4, 3, 2) };
            let found = (report.missing, report.extra, report.different);
            assert_eq!(found, wanted, "{name} at {}: {:?}", sides.target_server.kind(), told(&report));
            assert_eq!((report.unsettled, report.not_examined, report.unlisted()), (0, 0, 0), "{name}");
            let changed = report.differences.iter().filter(|found| !found.columns.is_empty());
            assert!(changed.clone().all(|found| *found.columns == ["v".into()]), "{name} {report:?}");
        }
    }
}

#[tokio::test]
async fn groups_that_differ_are_divided_until_few_rows_are_left() {
    for sides in Box::pin(Sides::all("groups_that_differ_are_divided_until_few_rows_are_left")).await {
        sides.at_source("CREATE TABLE t (k VARCHAR(9) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, v INT)").await;
        sides.at_target("CREATE TABLE t (k VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY, v INT)").await;
        sides.both("CREATE TABLE bag (k VARCHAR(9), v INT)").await;
        let rows: Vec<String> = (0..4000).map(|n| format!("('k{n}',{n})")).collect();
        for table in ["t", "bag"] {
            sides.both(&format!("INSERT INTO {table} VALUES {}", rows.join(","))).await;
            sides.at_target(&format!("UPDATE {table} SET v = -v WHERE v % 100 = 7")).await;
        }
        let options = || small().with_leaf_rows(20);
        let whole = sides.verify("t", options().with_leaf_rows(4000)).await;
        let keyed = sides.verify("t", options()).await;
        let wanted: Vec<String> = told(&whole);
        assert_eq!((wanted.len(), told(&keyed)), (40, wanted));
        assert_eq!((keyed.method, keyed.different), (Some(Method::Hashes), 40));
        // One more statement for those that differ.
        assert!(keyed.chunks > 256, "{}", keyed.chunks);
        let bag = sides.verify("bag", options()).await;
        assert_eq!((bag.missing, bag.extra, bag.method), (40, 40, Some(Method::Bag)));
        assert!(bag.chunks > 256, "{}", bag.chunks);
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
