//! The catalogue of real servers: names, kinds, and what `information_schema` does not tell.

use oms_core::TableName;
use oms_core::ddl::{DdlContext, Dialect, Statement};
use oms_core::mysql::{Catalog, Session, TableKind};
use oms_core::name::NameCase;
use oms_core::schema::{Collation, DefaultValue, KeyPart, SchemaSet, TableSchema};
use oms_test_servers::{Database, Server, Servers};

use crate::support;

/// A server, a database of the test's own, and a session to it.
async fn at(server: oms_test_servers::ServerBuilder, test: &str) -> Option<(Server, Database, Session)> {
    let server = server.start_or_skip(test).await?;
    let database = server.create_database("catalog").await.expect("a database");
    let session = support::session(server.url()).await;
    Some((server, database, session))
}

async fn table(session: &mut Session, database: &Database, name: &str) -> TableSchema {
    let name = TableName::new(database.name(), name);
    let read = Catalog::new(session).schemas(&[name]).await.expect("schemas");
    assert!(read.refused.is_empty(), "{:?}", read.refused);
    (*read.tables[0]).clone()
}

#[tokio::test]
async fn lists_tables_and_views_and_refuses_what_is_no_table() {
    let Some((_server, database, mut session)) = at(Servers::mysql(), "catalog list").await else {
        return;
    };
    let statements = "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT) COMMENT 'rows'; \
                      INSERT INTO t VALUES (1), (2), (3); ANALYZE TABLE t; CREATE VIEW v AS SELECT * FROM t";
    database.query(statements).await.expect("set-up");
    let mut catalog = Catalog::new(&mut session);
    let tables = catalog.tables(&[database.name()]).await.expect("tables");
    let [t, v] = tables.as_slice() else {
        panic!("{tables:?}");
    };
    assert_eq!((&t.kind, t.engine.as_deref(), t.row_estimate), (&TableKind::Table, Some("InnoDB"), Some(3)));
    assert_eq!((t.comment.as_deref(), t.auto_increment), (Some("rows"), Some(4)));
    assert_eq!((&v.kind, v.comment.as_deref()), (&TableKind::View, None));
    let gone = TableName::new(database.name(), "gone");
    let names = [v.name.clone(), gone.clone(), t.name.clone()];
    let read = catalog.schemas(&names).await.expect("schemas");
    assert_eq!(read.tables.len(), 1);
    assert_eq!(read.missing, [gone]);
    assert_eq!(read.refused[0].table(), Some(&v.name));
}

#[tokio::test]
async fn names_are_kept_as_they_are() {
    let Some((_server, database, mut session)) = at(Servers::mysql(), "catalog names").await else {
        return;
    };
    let names = ["a.b", "it's \"q\" `b` \\ 100%_", "列", "select", "Tab", "tab", "_", "%"];
    for name in names {
        let sql = format!("CREATE TABLE {}.`{}` (`{0}` INT)", database.name(), name.replace('`', "``"));
        let sql = sql.replacen(&format!("(`{}`", database.name()), "(`c.1 '`", 1);
        session.execute(sql).await.expect("a table");
    }
    let mut catalog = Catalog::new(&mut session);
    let listed = catalog.tables(&[database.name()]).await.expect("tables");
    let mut listed: Vec<TableName> = listed.into_iter().map(|table| table.name).collect();
    let mut expected: Vec<TableName> =
        names.iter().map(|name| TableName::new(database.name(), *name)).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    let read = catalog.schemas(&listed).await.expect("schemas");
    assert_eq!((read.tables.len(), read.missing.len(), read.refused.len()), (names.len(), 0, 0));
    assert!(read.tables.iter().all(|table| &**table.columns()[0].name() == "c.1 '"));
}

#[tokio::test]
async fn a_handful_of_questions_serves_a_thousand_tables() {
    let Some((_server, database, mut session)) = at(Servers::mysql57(), "catalog many").await else {
        return;
    };
    let count = 1_050;
    for number in 0..count {
        let sql = format!("CREATE TABLE {}.t{number} (id INT, KEY (id))", database.name());
        session.execute(sql).await.expect("a table");
    }
    let asked = async |session: &mut Session| -> u64 {
        let rows = session.query("SHOW SESSION STATUS LIKE 'Questions'").await.expect("status");
        rows[0].number(1).expect("a number")
    };
    let names: Vec<TableName> =
        (0..count).map(|number| TableName::new(database.name(), format!("t{number}"))).collect();
    let before = asked(&mut session).await;
    let read = Catalog::new(&mut session).schemas(&names).await.expect("schemas");
    let questions = asked(&mut session).await - before;
    assert_eq!((read.tables.len(), read.refused.len()), (names.len(), 0));
    assert!(read.tables.iter().all(|table| table.keys().len() == 1));
    assert!(questions <= 20, "{questions}");
}

/// What servers hide of the default of a binary column.
async fn binary_defaults(server: oms_test_servers::ServerBuilder, test: &str) {
    let Some((_server, database, mut session)) = at(server, test).await else {
        return;
    };
    let statement = "CREATE TABLE t (id INT PRIMARY KEY, a VARBINARY(9) DEFAULT 0xff00fe00, b BINARY(4) DEFAULT 0x80, \
                     c VARBINARY(9) DEFAULT 'a\\0b?', d BINARY(4) DEFAULT 'ab', e VARBINARY(9) DEFAULT '')";
    database.query(statement).await.expect("a table");
    database.query("INSERT INTO t (id) VALUES (1)").await.expect("a row");
    let read = table(&mut session, &database, "t").await;
    let defaults: Vec<&str> = read.columns()[1..]
        .iter()
        .map(|column| match column.default() {
            Some(DefaultValue::Literal(text)) => &**text,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(defaults, ["0xFF00FE00", "0x80", "0x6100623F", "0x6162", "0x"]);
}

#[tokio::test]
async fn binary_defaults_are_exact_on_mysql_97() {
    binary_defaults(Servers::mysql(), "catalog binary 9.7").await;
}

#[tokio::test]
async fn binary_defaults_are_exact_on_mysql_80() {
    binary_defaults(Servers::mysql80(), "catalog binary 8.0").await;
}

#[tokio::test]
async fn binary_defaults_are_exact_on_mysql_57() {
    binary_defaults(Servers::mysql57(), "catalog binary 5.7").await;
}

#[tokio::test]
async fn a_binary_default_that_nobody_tells_refuses_its_table() {
    let Some((_server, database, mut session)) = at(Servers::mysql57(), "catalog hidden default").await
    else {
        return;
    };
    database.query("CREATE TABLE t (a VARBINARY(9) DEFAULT 0xff)").await.expect("a table");
    let name = TableName::new(database.name(), "t");
    let read = Catalog::new(&mut session).schemas(std::slice::from_ref(&name)).await.expect("schemas");
    let error = &read.refused[0];
    assert_eq!(error.table(), Some(&name));
    assert!(error.to_string().contains("column a"), "{error}");
}

#[tokio::test]
async fn a_type_of_another_product_refuses_its_table_only() {
    let Some((_server, database, mut session)) = at(Servers::mariadb(), "catalog types").await else {
        return;
    };
    database.query("CREATE TABLE u (id UUID, ip INET6); CREATE TABLE t (id INT)").await.expect("set-up");
    let names = ["u", "t"].map(|name| TableName::new(database.name(), name));
    let read = Catalog::new(&mut session).schemas(&names).await.expect("schemas");
    assert_eq!(read.tables[0].name(), &names[1]);
    let error = read.refused[0].to_string();
    assert!(error.contains("column id") && error.contains("the column type uuid"), "{error}");
}

#[tokio::test]
async fn lower_case_names_are_found_as_the_server_stores_them() {
    let server = Servers::mysql57().with_option("--lower-case-table-names=1").private();
    let Some((_server, database, mut session)) = at(server, "catalog lower case").await else {
        return;
    };
    assert_eq!(session.server().name_case(), NameCase::Lower);
    let statement = "CREATE TABLE MyTab (Id INT PRIMARY KEY)";
    database.query(statement).await.expect("a table");
    let context = DdlContext::new(Dialect::of(session.server()))
        .with_name_case(NameCase::Lower)
        .with_default_database(database.name());
    let mut schemas = SchemaSet::new();
    schemas.set_database_collation(database.name(), Some(Collation::new("latin1_swedish_ci")));
    let applied = Statement::parse(statement, &context).and_then(|statement| statement.apply(&schemas));
    applied.expect("an effect").update(&mut schemas);
    let read = table(&mut session, &database, "mytab").await;
    assert_eq!(schemas.get(read.name()).map(|table| &**table), Some(&read));
}

#[tokio::test]
async fn indexes_of_oceanbase_over_hidden_columns_are_told() {
    let Some((_server, database, mut session)) = at(Servers::seekdb(), "catalog oceanbase").await else {
        return;
    };
    let statement = "CREATE TABLE t (id INT PRIMARY KEY, a INT, t VARCHAR(50), e ENUM('b''c','x') DEFAULT 'x', \
                     u VARCHAR(36) DEFAULT (uuid()), v VARCHAR(9) DEFAULT 'uuid()', KEY f ((a + 1), a), \
                     FULLTEXT KEY ft (t) WITH PARSER ngram)";
    database.query(statement).await.expect("a table");
    let read = table(&mut session, &database, "t").await;
    let key = |name: &str| read.keys().iter().find(|key| &*key.name == name).expect("an index");
    assert!(matches!(&key("f").parts[..], [KeyPart::Expression { .. }, KeyPart::Column { .. }]));
    assert_eq!(key("ft").parser.as_deref(), Some("ngram"));
    let default =
        |name: &str| read.columns()[read.column_position(name).expect("a column")].default().cloned();
    assert_eq!(default("u"), Some(DefaultValue::Expression("uuid()".into())));
    assert_eq!(default("v"), Some(DefaultValue::Literal("uuid()".into())));
}
