//! Rows as sessions read them too, small and large, whole and broken off.

use oms_core::ErrorClass;
use oms_core::error::Chain;
use oms_core::mysql::ServerError;
use oms_core::mysql::wire::Connection;
use oms_test_servers::{Server, Servers};

use super::{cells, dial, layout};
use crate::support::{each_server, open};

/// The lengths of all cells of a query, and whether each holds one byte only, over and over.
async fn lengths(connection: &mut Connection, sql: &str, max_bytes: usize) -> Vec<Vec<Option<usize>>> {
    connection.query(sql).await.unwrap();
    let layout = layout(connection.columns().len());
    let mut rows = Vec::new();
    while let Some(batch) = connection.next_rows(&layout, max_bytes).await.unwrap() {
        for row in cells(&batch) {
            let length = |cell: Option<&[u8]>| {
                let cell = cell?;
                assert!(cell.windows(2).all(|pair| pair[0] == pair[1]), "a cell of other bytes");
                Some(cell.len())
            };
            rows.push(row.into_iter().map(length).collect());
        }
    }
    rows
}

async fn fill(server: &Server, table: &str) {
    let mut session = open(server).await;
    session
        .execute(format!(
            "CREATE TABLE {table} (id INT PRIMARY KEY, n BIGINT, f DOUBLE, d DECIMAL(20, 5), t DATETIME,
             s VARCHAR(300), b VARBINARY(300), note TEXT) CHARACTER SET utf8mb4"
        ))
        .await
        .unwrap();
    for chunk in 0..20 {
        let mut sql = format!("INSERT INTO {table} VALUES ");
        for n in chunk * 1000..(chunk + 1) * 1000i64 {
            let comma = if n % 1000 == 0 { "" } else { "," };
            let text = "é'\\\\x数据😀".repeat(n as usize % 12);
            let note =
                if n % 3 == 0 { "NULL".to_owned() } else { format!("'{}'", "z".repeat(n as usize % 700)) };
            sql += &format!(
                "{comma}({n}, {}, {}.25, {}.5, '2024-02-29 01:02:03', '{}', X'00FF{n:08X}', {note})",
                n * 1_000_003 - 7,
                n % 97,
                n * 13,
                text.replace('\'', "''"),
            );
        }
        session.execute(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn rows_equal_those_of_a_session() {
    for server in each_server("wire::rows::rows_equal").await {
        let database = server.create_database("rows").await.unwrap();
        let table = database.table("t");
        fill(&server, &table).await;
        let sql = format!("SELECT * FROM {table} ORDER BY id");
        let expected = open(&server).await.query(&sql).await.unwrap();
        let mut connection = dial(&server).await;
        for max_bytes in [1, 3000, 1 << 20] {
            connection.query(&sql).await.unwrap();
            let names: Vec<_> = connection.columns().iter().map(|column| &*column.name).collect();
            assert_eq!(names, ["id", "n", "f", "d", "t", "s", "b", "note"]);
            let (layout, mut count, mut batches) = (layout(8), 0, 0);
            while let Some(batch) = connection.next_rows(&layout, max_bytes).await.unwrap() {
                assert!(!batch.is_empty());
                batches += 1;
                for row in cells(&batch) {
                    let expected = &expected[count];
                    for (column, cell) in row.into_iter().enumerate() {
                        assert_eq!(cell, expected.bytes(column).unwrap(), "{} row {count}", server.kind());
                    }
                    count += 1;
                }
            }
            assert_eq!(count, 20_000, "{}", server.kind());
            let fewer = if max_bytes == 1 { 20_000..20_001 } else { 2..8000 };
            assert!(fewer.contains(&batches), "{} {batches} batches of {max_bytes}", server.kind());
        }
    }
}

#[tokio::test]
async fn results_without_rows_and_rows_of_nothing_are_read() {
    for server in each_server("wire::rows::results_without_rows").await {
        let mut connection = dial(&server).await;
        connection.query("SELECT 1, 2 FROM DUAL WHERE 1 = 0").await.unwrap();
        assert_eq!(connection.columns().len(), 2);
        assert!(connection.next_rows(&layout(2), 1 << 20).await.unwrap().is_none());
        let rows =
            lengths(&mut connection, "SELECT NULL, '', NULL UNION ALL SELECT '', NULL, ''", 1 << 20).await;
        assert_eq!(rows, [[None, Some(0), None], [Some(0), None, Some(0)]]);
        connection.query("SET @a = 1").await.unwrap();
        assert!(connection.next_rows(&layout(0), 1 << 20).await.unwrap().is_none());
        connection.ping().await.unwrap();
        connection.close().await.unwrap();
    }
}

#[tokio::test]
async fn rows_around_the_border_of_a_packet_are_read() {
    const PIECE: usize = 0xff_ffff;
    for server in each_server("wire::rows::rows_around_the_border").await {
        let mut connection = dial(&server).await;
        for size in [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE - 1, 2 * PIECE, 2 * PIECE + 1] {
            // Cells below the limits of all servers: three million bytes and a length of four bytes each, and the rest.
            let cell = 3_000_000;
            let (whole, rest) = (size / (cell + 4), size % (cell + 4) - 4);
            let mut sql = format!("SELECT REPEAT('y', {rest})");
            for _ in 0..whole {
                sql += &format!(", REPEAT('x', {cell})");
            }
            let mut expected = vec![Some(rest)];
            expected.resize(whole + 1, Some(cell));
            assert_eq!(lengths(&mut connection, &sql, 1 << 20).await, [expected], "{} {size}", server.kind());
        }
    }
}

#[tokio::test]
async fn large_cells_are_read_wherever_they_stand() {
    let test = "wire::rows::large_cells";
    let servers = [
        Box::pin(Servers::mysql().start_or_skip(test)).await,
        Box::pin(Servers::mariadb().private().with_option("--max-allowed-packet=64M").start_or_skip(test))
            .await,
    ];
    for server in servers.into_iter().flatten() {
        let mut connection = dial(&server).await;
        let border = 1 << 24;
        for size in [border - 10, border - 9, border - 1, border, border + 1, 20_000_000, 2 * border + 1] {
            let cell = format!("REPEAT('x', {size})");
            for (sql, row) in [
                (format!("SELECT {cell}"), vec![Some(size)]),
                (format!("SELECT {cell}, NULL"), vec![Some(size), None]),
                (format!("SELECT 1, {cell}, ''"), vec![Some(1), Some(size), Some(0)]),
            ] {
                assert_eq!(lengths(&mut connection, &sql, 1 << 20).await, [row], "{} {sql}", server.kind());
            }
        }
        // Between small rows, each comes whole and in its place.
        let sql = format!("SELECT '1' UNION ALL SELECT REPEAT('x', {border}) UNION ALL SELECT '3'");
        assert_eq!(lengths(&mut connection, &sql, 1 << 20).await, [[Some(1)], [Some(border)], [Some(1)]]);

        connection.set_max_packet_bytes(1 << 20);
        connection.query(format!("SELECT REPEAT('x', {})", 2 << 20)).await.unwrap();
        let error = connection.next_rows(&layout(1), 1 << 20).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Fatal, "{}", Chain(&error));
        assert!(!connection.is_open());
    }
}

#[tokio::test]
async fn an_error_among_rows_is_an_error_and_the_connection_goes_on() {
    for server in each_server("wire::rows::an_error_among_rows").await {
        let kind = server.kind();
        let database = server.create_database("broken_off").await.unwrap();
        let table = database.table("t");
        fill(&server, &table).await;
        let (mut connection, mut killer) = (dial(&server).await, open(&server).await);
        connection.query(format!("SELECT id, REPEAT('x', 2000), SLEEP(0.002) FROM {table}")).await.unwrap();
        let layout = layout(3);
        let mut rows = connection.next_rows(&layout, 1 << 20).await.unwrap().expect("some rows").len();
        killer.execute(format!("KILL QUERY {}", connection.connection_id())).await.unwrap();
        let error = loop {
            match connection.next_rows(&layout, 1 << 20).await {
                Ok(Some(batch)) => rows += batch.len(),
                Ok(None) => panic!("{kind}: an end after {rows} rows"),
                Err(error) => break error,
            }
        };
        assert!(rows < 20_000);
        assert_eq!(
            (ServerError::of(&error).unwrap().code, error.class()),
            (1317, ErrorClass::Transient),
            "{kind}"
        );
        connection.ping().await.unwrap();
        assert!(connection.next_rows(&layout, 1 << 20).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_result_is_given_up_by_reading_or_by_dropping() {
    for server in each_server("wire::rows::a_result_is_given_up").await {
        let database = server.create_database("given_up").await.unwrap();
        let table = database.table("t");
        fill(&server, &table).await;
        let mut connection = dial(&server).await;
        let sql = format!("SELECT * FROM {table}");
        connection.query(&sql).await.unwrap();
        connection.next_rows(&layout(8), 1).await.unwrap();
        assert!(connection.execute("DO 1").await.is_err());
        assert!(connection.abandon(64 << 20).await.unwrap());
        connection.ping().await.unwrap();
        connection.query(&sql).await.unwrap();
        connection.next_rows(&layout(8), 1).await.unwrap();
        assert!(!connection.abandon(100_000).await.unwrap());
        assert!(!connection.is_open());
        connection.close().await.unwrap();
    }
}
