//! Errors of real servers: their class, and that no value is repeated.

use std::time::Duration;

use oms_core::ErrorClass;
use oms_core::error::Chain;
use oms_core::mysql::{ServerError, Session, SessionOptions};
use oms_test_servers::Server;

use crate::support::{each_server, open, options, text};

/// Statements that fail with a value in them; the value always holds this word.
const SECRET: &str = "s3cr3t";

/// Each with the class that its error must have.
fn failing(table: &str, child: &str) -> Vec<(String, ErrorClass)> {
    use ErrorClass::{Data, Fatal};
    let row = |values: &str| (format!("INSERT INTO {table} VALUES ({values})"), Data);
    // Texts that look like the end of the server's own message, short and longer than servers cut theirs.
    let quoted = format!("{SECRET}'' for key ''{SECRET}");
    let long = format!("{}{quoted}", "x".repeat(600));
    let mut failing = vec![
        row(&format!("9, '{SECRET}', 'abc', NULL, 1, 1, '{{}}'")),
        row(&format!("9, '{SECRET}', 1, '{SECRET}', 1, 1, '{{}}'")),
        row(&format!("9, '{SECRET}', 1, '{SECRET}'' for column ''{SECRET}'' at row 1', 1, 1, '{{}}'")),
        row(&format!("9, '{SECRET}', '{SECRET}'' for column ''{SECRET}'' at row 1', NULL, 1, 1, '{{}}'")),
        row(&format!("9, '{SECRET}', 99999999999, NULL, 1, 1, '{{}}'")),
        row(&format!("9, '{SECRET}', 1, NULL, 1, NULL, '{{}}'")),
        row(&format!("9, '{SECRET}', 1, NULL, 1, 1, '{{{SECRET}'")),
        row(&format!("9, '{SECRET}', 5000, NULL, 1, 1, '{{\"{SECRET}\": 1}}'")),
        (format!("INSERT INTO {child} VALUES (1, 77, '{SECRET}')"), Data),
        (format!("UPDATE {table} SET n = '{SECRET}' + 1 WHERE id = 1"), Data),
        (format!("INSERT INTO {table} VALUES (9, '{SECRET}' {SECRET}"), Fatal),
        (format!("SELECT '{SECRET}' FROM nowhere.nothing"), Fatal),
        (format!("SELECT '{SECRET}', missing FROM {table}"), Fatal),
        (format!("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{SECRET}'"), Data),
        (format!("INSERT INTO {table} SELECT 9, '{SECRET}', 1"), Fatal),
    ];
    for value in [&quoted, &long] {
        failing.push((format!("INSERT INTO {table} VALUES (1, '{value}', 1, NULL, 1, 1, '{{}}')"), Data));
        failing.push((format!("INSERT INTO {table} VALUES (9, '{value}', 1, NULL, 1, 1, '{{}}')"), Data));
    }
    failing
}

async fn prepare(server: &Server) -> (Session, oms_test_servers::Database, Vec<(String, ErrorClass)>) {
    let database = server.create_database("errors").await.unwrap();
    let (table, child) = (database.table("t"), database.table("c"));
    let mut session = open(server).await;
    let long = format!("{}{SECRET}'' for key ''{SECRET}", "x".repeat(600));
    let mut setup = vec![
        format!(
            "CREATE TABLE {table} (id INT PRIMARY KEY, email VARCHAR(700), n INT, d DATETIME, u INT UNSIGNED,
             nn INT NOT NULL, j JSON, UNIQUE KEY email (email), CHECK (n < 1000)) CHARACTER SET utf8mb4"
        ),
        format!(
            "CREATE TABLE {child} (id INT PRIMARY KEY, parent INT, v VARCHAR(99),
             CONSTRAINT parent_of FOREIGN KEY (parent) REFERENCES {table} (id))"
        ),
        format!("INSERT INTO {table} VALUES (1, 'one', 1, NULL, 1, 1, '{{}}')"),
        format!("INSERT INTO {table} VALUES (2, '{SECRET}'' for key ''{SECRET}', 1, NULL, 1, 1, '{{}}')"),
        format!("INSERT INTO {table} VALUES (3, '{long}', 1, NULL, 1, 1, '{{}}')"),
    ];
    if matches!(server.kind(), "mysql57" | "mysql80") {
        // Both read CHECK and drop it; a trigger refuses in its place.
        setup.push(format!(
            "CREATE TRIGGER {} BEFORE INSERT ON {table} FOR EACH ROW
             IF NEW.n >= 1000 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused {SECRET}'; END IF",
            database.table("refuse")
        ));
    }
    for sql in setup {
        session.execute(&sql).await.unwrap();
    }
    let failing = failing(&table, &child);
    (session, database, failing)
}

#[tokio::test]
async fn no_error_repeats_a_value() {
    for server in each_server("session::errors::no_error_repeats").await {
        let kind = server.kind();
        let (mut session, _database, failing) = prepare(&server).await;
        for (sql, class) in failing {
            let error = match session.execute(&sql).await {
                Err(error) => error,
                Ok(_) => panic!("{kind}: {sql} did not fail"),
            };
            let shown = format!("{} {error:?}", Chain(&error));
            assert!(!shown.contains(SECRET), "{kind}: {shown}");
            let own = ServerError::of(&error).expect("an error of the server");
            assert_eq!(error.class(), class, "{kind}: {own}");
            assert!(!own.message.is_empty() && own.message.len() < 500);
            assert!(session.is_open());
        }
    }
}

#[tokio::test]
async fn a_duplicate_names_its_key() {
    for server in each_server("session::errors::a_duplicate_names").await {
        let (mut session, database, _) = prepare(&server).await;
        let table = database.table("t");
        let error = session
            .execute(format!(
                "INSERT INTO {table} VALUES (9, '{SECRET}'' for key ''{SECRET}', 1, NULL, 1, 1, '{{}}')"
            ))
            .await
            .unwrap_err();
        let message = &ServerError::of(&error).unwrap().message;
        assert!(
            matches!(&**message, "duplicate entry for key email" | "duplicate entry for key t.email"),
            "{}: {message}",
            server.kind()
        );
        let error = session.execute(format!("INSERT INTO {table} (id) VALUES (9)")).await.unwrap_err();
        let error = ServerError::of(&error).unwrap();
        assert_eq!((error.code, &*error.message), (1364, "Field 'nn' doesn't have a default value"));
    }
}

#[tokio::test]
async fn a_lock_wait_ends_when_it_was_asked_to() {
    for server in each_server("session::errors::a_lock_wait").await {
        let kind = server.kind();
        let database = server.create_database("locks").await.unwrap();
        let table = database.table("t");
        let pinned = SessionOptions::default().with_lock_wait_timeout(Duration::from_secs(1));
        let mut holder = open(&server).await;
        let mut waiter = Session::connect(&options(&server), &pinned).await.unwrap();
        holder
            .execute_all(format!(
                "CREATE TABLE {table} (id INT PRIMARY KEY, v INT); INSERT INTO {table} VALUES (1, 1)"
            ))
            .await
            .unwrap();
        holder.execute("BEGIN").await.unwrap();
        holder.execute(format!("UPDATE {table} SET v = 2")).await.unwrap();
        let update = waiter.execute(format!("UPDATE {table} SET v = 3"));
        let error =
            tokio::time::timeout(Duration::from_secs(20), update).await.expect("an answer").unwrap_err();
        assert_eq!(
            (ServerError::of(&error).unwrap().code, error.class()),
            (1205, ErrorClass::Transient),
            "{kind}"
        );
        holder.execute("ROLLBACK").await.unwrap();
        waiter.execute(format!("UPDATE {table} SET v = 4")).await.unwrap();
        assert_eq!(text(&mut holder, &format!("SELECT v FROM {table}")).await, "4");
    }
}

#[tokio::test]
async fn a_refused_account_is_told_from_an_unreachable_server() {
    for server in each_server("session::errors::a_refused_account").await {
        let reach = options(&server);
        // Not a name that nobody has: MySQL asks a stranger for any method, even one that is not supported.
        let mut root = open(&server).await;
        let name = format!("refused_{}", root.connection_id());
        root.execute(format!("CREATE USER {name} IDENTIFIED BY 'another'")).await.unwrap();
        let wrong = reach.clone().with_user(&name).with_password(SECRET);
        let error = Session::connect(&wrong, &SessionOptions::default()).await.unwrap_err();
        let shown = format!("{}: {} {error:?}", server.kind(), Chain(&error));
        assert_eq!(ServerError::of(&error).map(|error| error.code), Some(1045), "{shown}");
        assert_eq!(error.class(), ErrorClass::Fatal);
        assert!(!shown.contains(SECRET) && shown.contains(&reach.endpoint()), "{shown}");
        root.execute(format!("DROP USER {name}")).await.unwrap();
    }
    // Nobody listens on the port of a socket that was just closed.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = oms_core::mysql::ConnectOptions::new("127.0.0.1", port);
    let error = Session::connect(&nowhere, &SessionOptions::default()).await.unwrap_err();
    assert!(matches!(error, oms_core::Error::Connect { .. }) && error.is_retryable());
}
