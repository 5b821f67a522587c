//! What statements report, alone and several at once.

use oms_core::ErrorClass;
use oms_core::error::Chain;
use oms_core::mysql::{ServerError, Session, SessionOptions};

use crate::support::{each_server, open, options, text};

#[tokio::test]
async fn outcomes_count_what_happened() {
    for server in each_server("session::statements::outcomes").await {
        let kind = server.kind();
        let database = server.create_database("outcomes").await.unwrap();
        let table = database.table("t");
        for found_rows in [false, true] {
            let pinned = SessionOptions::default().with_found_rows(found_rows);
            let mut session = Session::connect(&options(&server), &pinned).await.unwrap();
            session
                .execute_all(format!(
                    "DROP TABLE IF EXISTS {table};
                     CREATE TABLE {table} (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(9), UNIQUE (v))"
                ))
                .await
                .unwrap();
            let inserted =
                session.execute(format!("INSERT INTO {table} (v) VALUES ('a'), ('b')")).await.unwrap();
            assert_eq!((inserted.affected_rows, inserted.records), (2, Some(2)), "{kind}");
            assert_eq!((inserted.last_insert_id, inserted.duplicates), (Some(1), Some(0)), "{kind}");
            // Zero stays zero.
            session.execute(format!("INSERT INTO {table} VALUES (0, 'zero')")).await.unwrap();
            assert_eq!(text(&mut session, &format!("SELECT MIN(id) FROM {table}")).await, "0", "{kind}");

            let same = session.execute(format!("UPDATE {table} SET v = 'a' WHERE id = 1")).await.unwrap();
            assert_eq!(same.affected_rows, u64::from(found_rows), "{kind}");
            assert_eq!((same.matched, same.changed), (Some(1), Some(0)), "{kind}");
            let other = session.execute(format!("UPDATE {table} SET v = 'c' WHERE id = 1")).await.unwrap();
            assert_eq!((other.affected_rows, other.changed), (1, Some(1)), "{kind}");
            let none = session.execute(format!("UPDATE {table} SET v = 'd' WHERE id = 99")).await.unwrap();
            assert_eq!((none.affected_rows, none.matched), (0, Some(0)), "{kind}");

            let upsert = |v: &str| {
                format!("INSERT INTO {table} (id, v) VALUES (1, '{v}') ON DUPLICATE KEY UPDATE v = '{v}'")
            };
            assert_eq!(session.execute(upsert("e")).await.unwrap().affected_rows, 2, "{kind}");
            let unchanged = session.execute(upsert("e")).await.unwrap().affected_rows;
            assert_eq!(unchanged, u64::from(found_rows), "{kind}");
            assert_eq!(session.execute(format!("DELETE FROM {table}")).await.unwrap().affected_rows, 3);
        }
    }
}

#[tokio::test]
async fn of_several_statements_the_one_that_fails_is_named() {
    for server in each_server("session::statements::of_several").await {
        let kind = server.kind();
        let database = server.create_database("several").await.unwrap();
        let table = database.table("t");
        let mut session = open(&server).await;
        session.execute(format!("CREATE TABLE {table} (id INT PRIMARY KEY)")).await.unwrap();
        let insert = |id: u32| format!("INSERT INTO {table} VALUES ({id})");

        let sql = [insert(1), insert(2), "SELECT 1 UNION SELECT 2".into(), insert(1), insert(3)].join("; ");
        let error = session.execute_all(&sql).await.unwrap_err();
        assert_eq!(error.statement, 3, "{kind}");
        let counts: Vec<_> =
            error.outcomes.iter().map(|outcome| (outcome.affected_rows, outcome.returned_rows)).collect();
        assert_eq!(counts, [(1, 0), (1, 0), (0, 2)], "{kind}");
        assert_eq!(error.error.class(), ErrorClass::Data);
        assert_eq!(ServerError::of(&error.error).unwrap().code, 1062);
        assert!(Chain(&error).to_string().starts_with("statement 3 of the packet failed: "), "{error}");

        let first = session.execute_all(&sql).await.unwrap_err();
        assert_eq!((first.statement, first.outcomes.len()), (0, 0), "{kind}");
        // One that cannot be parsed is only found when it is reached, and the rest is not run.
        let parse = format!("{}; SELEC 1; {}", insert(4), insert(5));
        let parse = session.execute_all(parse).await.unwrap_err();
        assert_eq!((parse.statement, parse.outcomes.len()), (1, 1), "{kind}");
        let all = session.execute_all(format!("{}; {};", insert(6), insert(7))).await.unwrap();
        assert_eq!(all.len(), 2, "{kind}");
        assert_eq!(
            text(&mut session, &format!("SELECT GROUP_CONCAT(id ORDER BY id) FROM {table}")).await,
            "1,2,4,6,7"
        );
    }
}

#[tokio::test]
async fn the_largest_statement_runs_and_one_byte_more_is_not_sent() {
    for server in each_server("session::statements::the_largest").await {
        let mut session = open(&server).await;
        let limit = session.server().max_statement_bytes();
        let head = b"SELECT LENGTH('";
        let mut sql = head.to_vec();
        sql.resize(limit - 2, b'x');
        sql.extend_from_slice(b"')");
        let rows = session.query(&sql).await.unwrap();
        assert_eq!(rows[0].number::<usize>(0).unwrap(), limit - head.len() - 2, "{}", server.kind());

        sql.push(b' ');
        let error = session.query(&sql).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Data);
        let text = Chain(&error).to_string();
        assert!(
            text.contains(&format!("{} bytes", limit + 1)) && text.contains(&limit.to_string()),
            "{text}"
        );
        session.ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_result_above_the_bound_is_refused() {
    for server in each_server("session::statements::a_result_above").await {
        let pinned = SessionOptions::default().with_max_result_bytes(10_000);
        let mut session = Session::connect(&options(&server), &pinned).await.unwrap();
        assert_eq!(text(&mut session, "SELECT REPEAT('x', 10000)").await.len(), 10_000);
        let error = session.query("SELECT REPEAT('x', 10001)").await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Fatal);
        assert!(!session.is_open());
    }
}

#[tokio::test]
async fn a_session_works_in_a_task_of_its_own() {
    for server in each_server("session::statements::a_session_works_in_a_task").await {
        let mut session = open(&server).await;
        let task = tokio::spawn(async move {
            let rows = session.query("SELECT NULL, '', 'é', X'FF', 1.50").await?;
            session.close().await?;
            Ok::<_, oms_core::Error>(rows)
        });
        let row = task.await.unwrap().unwrap().remove(0);
        assert_eq!(row.bytes(0).unwrap(), None);
        assert_eq!((row.text(1).unwrap(), row.text(2).unwrap()), ("", "é"));
        assert_eq!(row.bytes(3).unwrap(), Some(&[0xff][..]));
        assert_eq!(row.number::<f64>(4).unwrap(), 1.5);
    }
}
