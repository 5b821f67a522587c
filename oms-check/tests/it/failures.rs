//! What goes wrong with one table does not touch the others, and is never taken for success.

use oms_check::{Error, ReviewOptions, Side, StructureDifference, Verdict, VerifyOptions};
use oms_core::mysql::ConnectOptions;
use oms_test_servers::Servers;

use crate::sides::Sides;

#[tokio::test]
async fn one_table_fails_and_the_others_go_on() {
    let test = "one_table_fails_and_the_others_go_on";
    let Some(sides) = Box::pin(Sides::start(test, Servers::mysql(), Servers::seekdb())).await else { return };
    sides.both("CREATE TABLE good (id INT PRIMARY KEY); INSERT INTO good VALUES (1),(2)").await;
    sides.at_source("CREATE TABLE absent (id INT PRIMARY KEY)").await;
    // The value itself is within the limit, its text in the server's functions is not.
    sides.both("CREATE TABLE large (id INT PRIMARY KEY, j JSON)").await;
    sides.both("CREATE TABLE late (id INT PRIMARY KEY); INSERT INTO late VALUES (3)").await;
    let pairs = ["good", "absent", "none", "late"].map(|table| sides.pair(table));
    let options = VerifyOptions::default().with_review(ReviewOptions::none());
    let report = Box::pin(sides.verifier().with_tables(pairs).with_options(options).run()).await.unwrap();
    let verdicts: Vec<_> = report.tables.iter().map(|table| table.verdict()).collect();
    assert_eq!(
        verdicts,
        [Verdict::Equal, Verdict::Different, Verdict::Different, Verdict::Equal],
        "{report:?}"
    );
    assert_eq!(report.tables[1].structure, [StructureDifference::TableMissing { side: Side::Target }]);
    assert_eq!(report.tables[2].structure.len(), 2);
    assert_eq!(report.exit_status(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named() {
    let test = "a_server_that_cannot_be_reached_is_named";
    let Some(sides) = Box::pin(Sides::start(test, Servers::mysql(), Servers::mysql())).await else { return };
    let source = ConnectOptions::from_url(sides.source_server.url()).unwrap();
    // A port that nobody listens on: it was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let verifier = oms_check::Verifier::new(source, ConnectOptions::new("127.0.0.1", port));
    let error = Box::pin(verifier.clone().with_table(sides.pair("t")).run()).await.unwrap_err();
    assert_eq!(error.side(), Some(Side::Target), "{error:?}");
    let error = Box::pin(verifier.run()).await.unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error:?}");
}
