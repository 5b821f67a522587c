//! Bad input: one clear message with what to do, before anything is written.

use oms_test_servers::{Fault, Proxy};

use crate::support::{Migration, ended, eventually, plain, signal};

const OPTIONS: [&str; 4] = ["--steps", "full,incremental", "--until", "caught-up"];
const TABLE: &str = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))";

async fn migration(test: &str) -> Option<Migration> {
    let migration = Migration::new(test, false).await?;
    migration.both(TABLE).await;
    migration.from.query("INSERT INTO t VALUES (1,'one'),(2,'two')").await.unwrap();
    Some(migration)
}

#[tokio::test]
async fn a_wrong_password_is_told_apart_from_a_missing_server() {
    let Some(migration) = migration("a_wrong_password_is_told_apart_from_a_missing_server").await else {
        return;
    };
    let user = format!("u{}", std::process::id());
    let grant =
        format!("CREATE USER IF NOT EXISTS {user} IDENTIFIED BY 'right'; GRANT SELECT ON *.* TO {user}");
    migration.source.query(&grant).await.unwrap();
    let url = plain(migration.source.url());
    let address = url.rsplit_once('@').map_or(url, |(_, address)| address);
    let project = migration.project("");
    let with = |login: &str| {
        project.replacen(&format!("[source]\nurl = \"{url}\""), &format!("[source]\n{login}"), 1)
    };
    let text =
        with(&format!("url = \"mysql://{address}\"\nuser = \"{user}\"\npassword = {{ env = \"SHOP_PW\" }}"));
    let program = migration.program_of(&text).with_environment("SHOP_PW", "wr0ng");
    let output = program.run("run", &OPTIONS).await.expect(2);
    assert!(output.err.contains("Access denied for user") && output.err.contains("check user and password"));
    assert!(!output.err.contains("wr0ng"), "{}", output.err);

    let program = migration.program_of(&with("url = \"mysql://root@127.0.0.1:1\""));
    let output = program.run("run", &OPTIONS).await.expect(1);
    assert!(output.err.contains("cannot reach 127.0.0.1:1") && output.err.contains("is the server running"));

    // The account may read, but not follow the log.
    let program = migration.program_of(&text).with_environment("SHOP_PW", "right");
    let output = program.run("run", &OPTIONS).await.expect(2);
    assert!(output.err.contains("REPLICATION SLAVE"), "{}", output.err);
    migration.source.query(&format!("DROP USER {user}")).await.unwrap();
    assert_eq!(migration.to.query("SELECT * FROM t").await.unwrap().len(), 0);
}

#[tokio::test]
async fn unknown_tables_and_names_are_all_listed() {
    let Some(migration) = migration("unknown_tables_and_names_are_all_listed").await else { return };
    let from = migration.from.name();
    let text = migration.project(&format!("\"{from}.missing\" = \"x.y\"\n"));
    let text = text.replace("include = [", &format!("include = [\"{from}.no_such_table\", "));
    let output = migration.program_of(&text).run("run", &OPTIONS).await.expect(2);
    assert!(output.err.contains(&format!("{from}.no_such_table: it stands for no table")), "{}", output.err);
    assert!(output.err.contains(&format!("{from}.missing = x.y: the entry is for no")), "{}", output.err);
    let output = migration.program_of(&text).run("run", &["--dry-run"]).await.expect(2);
    assert!(output.out.contains("no_such_table"), "{}", output.out);
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let Some(migration) = migration("a_dry_run_changes_nothing").await else { return };
    let output = migration.program("").run("run", &["--dry-run", "--json"]).await.expect(0);
    let answer: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(answer["tables"][0]["source"], format!("{}.t", migration.from.name()), "{answer}");
    assert_eq!(migration.to.query("SELECT * FROM t").await.unwrap().len(), 0);
    let output = migration.program("").run("status", &["--json"]).await.expect(0);
    let status: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(status["steps"], serde_json::json!({}), "{status}");
}

#[tokio::test]
async fn a_source_that_goes_away_is_waited_for_with_a_clear_line() {
    let Some(migration) = migration("a_source_that_goes_away_is_waited_for").await else { return };
    let proxy = Proxy::to(&migration.source.address()).await.unwrap();
    let url = plain(migration.source.url());
    let through = proxy.url(url);
    let text = migration.project("").replacen(url, &through, 1);
    let program = migration.program_of(&text);
    let running = program.start("run", &OPTIONS[..2]);
    program.run("wait", &["--caught-up"]).await.expect(0);
    eventually("it follows", || async {
        let output = program.run("status", &["--json"]).await.expect(0);
        let status: serde_json::Value = serde_json::from_str(&output.out).unwrap();
        status["steps"]["incremental"]["state"] == "running"
    })
    .await;
    proxy.inject(Fault::Refuse).await;
    proxy.inject(Fault::Reset).await;
    migration.from.query("INSERT INTO t VALUES (3,'three')").await.unwrap();
    eventually("the record says that the source is away", || async {
        let output = program.run("status", &["--json"]).await.expect(0);
        let status: serde_json::Value = serde_json::from_str(&output.out).unwrap();
        status["steps"]["incremental"]["note"].as_str().is_some_and(|note| note.contains("cannot reach"))
    })
    .await;
    proxy.heal().await;
    program.run("wait", &["--caught-up"]).await.expect(0);
    signal(&running, "TERM").await;
    let output = ended(running).await.expect(0);
    assert!(output.err.contains("trying again (attempt "), "{}", output.err);
    migration.assert_equal().await;
}
