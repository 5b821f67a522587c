//! The binary log as packets: where it starts, what comes, how it ends.

use std::time::Duration;

use oms_core::ErrorClass;
use oms_core::error::Chain;
use oms_core::mysql::wire::{Connection, DumpFrom};
use oms_core::mysql::{ServerError, Session, SessionOptions};
use oms_test_servers::{Database, Server, Servers};

use super::dial;
use super::encoded_gtids::encode;
use crate::support::{each_server, open, options, text, texts};

const ROTATE: u8 = 4;
const FORMAT_DESCRIPTION: u8 = 15;
const TABLE_MAP: u8 = 19;
const HEARTBEAT: u8 = 27;

/// File and position of the end of the log.
async fn end_of_log(session: &mut Session) -> (String, u32) {
    let status = session.server().binlog_status_statement().expect("a server with a log");
    let row = texts(session, status).await.remove(0);
    (row[0].clone().unwrap(), row[1].as_deref().unwrap().parse().unwrap())
}

/// Begins a dump by a replica of a number of its own.
async fn start(server: &Server, from: DumpFrom<'_>, follow: bool) -> Connection {
    let mut connection = dial(server).await;
    connection
        .execute("SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE', @mariadb_slave_capability = 4")
        .await
        .unwrap();
    let number = 10_000 + connection.connection_id() as u32;
    connection.register_replica(number, "it", 0).await.unwrap();
    connection.start_dump(number, from, follow).await.unwrap();
    connection
}

/// All events up to the end of the log. Each begins with its header, whose length is the event's.
async fn read(connection: &mut Connection) -> oms_core::Result<Vec<Vec<u8>>> {
    let (mut events, mut ranges) = (Vec::new(), Vec::new());
    while let Some(bytes) = connection.next_events(&mut ranges).await? {
        assert!(!ranges.is_empty());
        for range in &ranges {
            let event = bytes[range.clone()].to_vec();
            let length = u32::from_le_bytes(event[9..13].try_into().unwrap());
            assert_eq!(length as usize, event.len());
            events.push(event);
        }
    }
    Ok(events)
}

/// The table maps among events that are for tables of this database.
fn maps(events: &[Vec<u8>], database: &Database) -> usize {
    let name = database.name().as_bytes();
    let is_map =
        |event: &&Vec<u8>| event[4] == TABLE_MAP && event.windows(name.len()).any(|part| part == name);
    events.iter().filter(is_map).count()
}

async fn with_log(test: &str) -> Vec<Server> {
    each_server(test).await.into_iter().filter(|server| server.kind() != "seekdb").collect()
}

#[tokio::test]
async fn a_log_is_read_from_a_position_to_its_end() {
    for server in with_log("wire::dump::a_log_is_read").await {
        let kind = server.kind();
        let database = server.create_database("dump").await.unwrap();
        let table = database.table("t");
        let mut session = open(&server).await;
        session.execute(format!("CREATE TABLE {table} (id INT PRIMARY KEY, v LONGBLOB)")).await.unwrap();
        let (file, position) = end_of_log(&mut session).await;
        for n in 0..5 {
            session
                .execute(format!("INSERT INTO {table} VALUES ({n}, REPEAT('x', {}))", n * 700_000))
                .await
                .unwrap();
        }
        let mut connection = start(&server, DumpFrom::File { name: &file, position }, false).await;
        let events = read(&mut connection).await.unwrap_or_else(|error| panic!("{kind}: {}", Chain(&error)));
        assert_eq!(maps(&events, &database), 5, "{kind}");
        assert_eq!((events[0][4], events[1][4]), (ROTATE, FORMAT_DESCRIPTION), "{kind}");
        assert!(events.iter().any(|event| event.len() > 2_800_000), "{kind}");
        // The end stays the end, and the server has closed the connection.
        assert!(connection.next_events(&mut Vec::new()).await.unwrap().is_none());
        assert!(connection.ping().await.unwrap_err().is_retryable());
    }
}

#[tokio::test]
async fn a_log_is_followed_and_silence_is_noticed() {
    for server in with_log("wire::dump::a_log_is_followed").await {
        let kind = server.kind();
        let database = server.create_database("follow").await.unwrap();
        let table = database.table("t");
        let mut session = open(&server).await;
        session.execute(format!("CREATE TABLE {table} (id INT PRIMARY KEY)")).await.unwrap();
        let (file, position) = end_of_log(&mut session).await;
        let mut connection = dial(&server).await;
        connection
            .execute("SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE', @master_heartbeat_period = 200000000, @source_heartbeat_period = 200000000")
            .await
            .unwrap();
        let number = 10_000 + connection.connection_id() as u32;
        connection.register_replica(number, "it-follows", 0).await.unwrap();
        let listed = if session.server().version().major == 9 { "SHOW REPLICAS" } else { "SHOW SLAVE HOSTS" };
        let listed = texts(&mut session, listed).await;
        assert!(listed.iter().any(|row| row[0].as_deref() == Some(&number.to_string())), "{kind}");

        connection.start_dump(number, DumpFrom::File { name: &file, position }, true).await.unwrap();
        connection.set_io_timeout(Duration::from_secs(20));
        let (mut maps_seen, mut heartbeats, mut ranges) = (0, 0, Vec::new());
        while maps_seen < 3 || heartbeats < 2 {
            let bytes = connection.next_events(&mut ranges).await.unwrap().expect("a log that goes on");
            let events: Vec<_> = ranges.iter().map(|range| bytes[range.clone()].to_vec()).collect();
            heartbeats += events.iter().filter(|event| event[4] == HEARTBEAT).count();
            maps_seen += maps(&events, &database);
            if maps_seen < 3 && heartbeats > 0 {
                session.execute(format!("INSERT INTO {table} VALUES ({maps_seen})")).await.unwrap();
            }
        }
        session.execute(format!("KILL {}", connection.connection_id())).await.unwrap();
        let error = loop {
            match connection.next_events(&mut ranges).await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{kind}: an end of a log that is followed"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.class(), ErrorClass::Transient, "{kind}: {}", Chain(&error));
        let (mut silent, now) = (dial(&server).await, end_of_log(&mut session).await);
        silent
            .execute("SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE'")
            .await
            .unwrap();
        silent.start_dump(number, DumpFrom::File { name: &now.0, position: now.1 }, true).await.unwrap();
        silent.set_io_timeout(Duration::from_millis(500));
        let error = loop {
            match silent.next_events(&mut ranges).await {
                // Other tests write too.
                Ok(events) => assert!(events.is_some()),
                Err(error) => break error,
            }
        };
        assert!(Chain(&error).to_string().contains("no answer within"), "{kind}: {}", Chain(&error));
        assert!(!silent.is_open());
    }
}

#[tokio::test]
async fn a_log_that_is_not_there_is_an_error_of_the_server() {
    for server in each_server("wire::dump::a_log_that_is_not_there").await {
        let kind = server.kind();
        let mut connection = dial(&server).await;
        connection
            .start_dump(4711, DumpFrom::File { name: "binlog.999999", position: 4 }, false)
            .await
            .unwrap();
        let error = connection.next_events(&mut Vec::new()).await.unwrap_err();
        let own = ServerError::of(&error).unwrap_or_else(|| panic!("{kind}: {}", Chain(&error)));
        // seekdb has no log of this kind.
        assert_eq!(own.code, if kind == "seekdb" { 1235 } else { 1236 }, "{own}");
        assert_eq!(error.class(), ErrorClass::Fatal);
        if kind != "seekdb" {
            assert!(own.message.contains("first log file name"), "{own}");
        }
    }
}

/// Events behind a set of GTIDs are those behind the same position.
async fn assert_same_from_set(server: &Server, session: &mut Session, database: &Database, insert: &str) {
    let (file, position) = end_of_log(session).await;
    let set = text(session, "SELECT @@GLOBAL.gtid_executed").await;
    for n in 0..3 {
        session.execute(insert.replace('?', &n.to_string())).await.unwrap();
    }
    let encoded = encode(&set);
    let mut by_set = start(server, DumpFrom::Gtids { set: &encoded }, false).await;
    let mut by_position = start(server, DumpFrom::File { name: &file, position }, false).await;
    let by_set = read(&mut by_set).await.unwrap_or_else(|error| panic!("{set}: {}", Chain(&error)));
    let by_position = read(&mut by_position).await.unwrap();
    assert_eq!((maps(&by_set, database), maps(&by_position, database)), (3, 3), "{set}");
}

#[tokio::test]
async fn a_log_is_read_from_a_set_of_gtids() {
    for server in with_log("wire::dump::a_log_is_read_from_a_set").await {
        if server.kind() == "mariadb" {
            continue;
        }
        let database = server.create_database("gtids").await.unwrap();
        let table = database.table("t");
        let mut session = open(&server).await;
        session.execute(format!("CREATE TABLE {table} (id INT PRIMARY KEY)")).await.unwrap();
        let insert = format!("INSERT INTO {table} VALUES (?)");
        assert_same_from_set(&server, &mut session, &database, &insert).await;
    }
}

#[tokio::test]
async fn a_set_with_tags_is_understood() {
    let test = "wire::dump::a_set_with_tags";
    let Some(server) = Box::pin(Servers::mysql().private().start_or_skip(test)).await else { return };
    let database = server.create_database("tags").await.unwrap();
    let table = database.table("t");
    let mut session = open(&server).await;
    session.execute(format!("CREATE TABLE {table} (id INT PRIMARY KEY)")).await.unwrap();
    for tag in ["oms", "a_much_longer_tag_0123456789"] {
        session
            .execute_all(format!(
                "SET gtid_next = 'AUTOMATIC:{tag}'; INSERT INTO {table} VALUES ({}); SET gtid_next = 'AUTOMATIC'",
                100 + tag.len()
            ))
            .await
            .unwrap();
    }
    let set = text(&mut session, "SELECT @@GLOBAL.gtid_executed").await;
    assert!(set.contains(":oms:1"), "{set}");
    let insert = format!("INSERT INTO {table} VALUES (?)");
    assert_same_from_set(&server, &mut session, &database, &insert).await;
}

#[tokio::test]
async fn a_position_of_mariadb_is_given_by_a_variable() {
    let test = "wire::dump::a_position_of_mariadb";
    let Some(server) = Box::pin(Servers::mariadb().start_or_skip(test)).await else { return };
    let database = server.create_database("domains").await.unwrap();
    let table = database.table("t");
    let mut session = open(&server).await;
    session.execute(format!("CREATE TABLE {table} (id INT PRIMARY KEY)")).await.unwrap();
    let position = text(&mut session, "SELECT @@gtid_binlog_pos").await;
    session.execute(format!("INSERT INTO {table} VALUES (1)")).await.unwrap();
    let mut connection = Connection::connect(&options(&server), &SessionOptions::default()).await.unwrap();
    connection
        .execute(format!("SET @slave_connect_state = '{position}', @mariadb_slave_capability = 4, @master_binlog_checksum = 'NONE'"))
        .await
        .unwrap();
    connection.start_dump(4712, DumpFrom::File { name: "", position: 4 }, false).await.unwrap();
    assert_eq!(maps(&read(&mut connection).await.unwrap(), &database), 1);
}
