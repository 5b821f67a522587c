//! What goes wrong with one table does not touch the others, and is never taken for success.

use oms_check::{Error, ReviewOptions, Side, StructureDifference, TablePair, Verdict, VerifyOptions};
use oms_core::TableName;
use oms_core::mysql::ConnectOptions;
use oms_test_servers::{Direction, Fault, Proxy, Servers};

use crate::sides::Sides;

#[tokio::test]
async fn one_table_fails_and_the_others_go_on() {
    let test = "one_table_fails_and_the_others_go_on";
    let Some(sides) = Box::pin(Sides::start(test, Servers::mysql(), Servers::seekdb())).await else { return };
    sides.both("CREATE TABLE good (id INT PRIMARY KEY); INSERT INTO good VALUES (1),(2)").await;
    sides.at_source("CREATE TABLE absent (id INT PRIMARY KEY)").await;
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

#[tokio::test]
async fn a_value_that_the_server_cannot_compute_with_fails_its_table() {
    let test = "a_value_that_the_server_cannot_compute_with_fails_its_table";
    let Some(server) = Box::pin(Servers::mysql().private().start_or_skip(test)).await else { return };
    let databases = [
        Box::pin(server.create_database("check_a")).await.unwrap(),
        Box::pin(server.create_database("check_b")).await.unwrap(),
    ];
    Box::pin(server.query("SET GLOBAL max_allowed_packet = 67108864")).await.unwrap();
    // Above its max_allowed_packet MySQL gives the empty text for a document, so that all of them would have one hash.
    for (database, letter) in databases.iter().zip(["x", "y"]) {
        let document = format!("CONCAT('[\"', REPEAT('{letter}', 3000000), '\"]')");
        let sql = format!(
            "CREATE TABLE large (id INT PRIMARY KEY, v JSON); INSERT INTO large VALUES (1, {document}); \
             CREATE TABLE bag (id INT, v JSON); INSERT INTO bag VALUES (1, {document}); \
             CREATE TABLE good (id INT PRIMARY KEY, v LONGTEXT); INSERT INTO good VALUES (1, REPEAT('x', 3000000))"
        );
        Box::pin(database.query(&sql)).await.unwrap();
    }
    Box::pin(server.query("SET GLOBAL max_allowed_packet = 1048576")).await.unwrap();
    let url = ConnectOptions::from_url(server.url()).unwrap();
    let pairs = ["large", "bag", "good"].map(|table| {
        let [source, target] =
            [&databases[0], &databases[1]].map(|database| TableName::new(database.name(), table));
        TablePair::new(source, target)
    });
    let verifier = oms_check::Verifier::new(url.clone(), url).with_tables(pairs);
    let report = Box::pin(verifier.run()).await.unwrap();
    let verdicts: Vec<_> = report.tables.iter().map(|table| table.verdict()).collect();
    assert_eq!(verdicts, [Verdict::Failed, Verdict::Failed, Verdict::Equal], "{report:?}");
    for table in &report.tables[..2] {
        assert!(
            table.failure.as_deref().is_some_and(|reason| reason.contains("max_allowed_packet")),
            "{table:?}"
        );
    }
}

#[tokio::test]
async fn a_lost_connection_is_opened_again() {
    let test = "a_lost_connection_is_opened_again";
    let Some(sides) = Box::pin(Sides::start(test, Servers::mysql(), Servers::mysql())).await else { return };
    let rows: Vec<String> = (0..500).map(|id| format!("({id})")).collect();
    sides
        .both(&format!("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES {}", rows.join(",")))
        .await;
    let proxy = Proxy::to(&sides.target_server.address()).await.unwrap();
    // Behind the sign-in and the catalogue, in the middle of the digests.
    proxy.inject_after(Direction::ToClient, 20_000, Fault::Reset);
    let source = ConnectOptions::from_url(sides.source_server.url()).unwrap();
    let target = ConnectOptions::from_url(&proxy.url(sides.target_server.url())).unwrap();
    let verifier = oms_check::Verifier::new(source, target)
        .with_table(sides.pair("t"))
        .with_options(VerifyOptions::default().with_range_rows(1));
    let report = Box::pin(verifier.run()).await.unwrap();
    assert_eq!((report.verdict(), report.source_rows()), (Verdict::Equal, 500), "{report:?}");
    assert!(proxy.connections() > 2, "nothing was cut");
}
