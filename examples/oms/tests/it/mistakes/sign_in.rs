//! A password that is wrong, and an account that lacks rights, at either end.

use oms_test_servers::Server;

use super::{DATA, ROWS, TABLE, is_mended, is_refused, rows, sections};
use crate::support::{Migration, plain};

/// The two sections of a project file that name a server.
const ENDS: [&str; 2] = ["source", "sink"];

/// An account of this test alone, dropped by [`Account::drop`].
struct Account<'a> {
    server: &'a Server,
    name: String,
}

impl<'a> Account<'a> {
    async fn new(migration: &'a Migration, end: &str) -> Self {
        let server = if end == "source" { &migration.source } else { &migration.target };
        // Names of accounts are short, and those of databases end in what makes them unlike others.
        let name: String = migration.name.chars().skip(migration.name.len().saturating_sub(24)).collect();
        let name = format!("{}{name}", &end[..2]);
        server.query(&format!("CREATE USER {name} IDENTIFIED BY 'r1ght'")).await.unwrap();
        Self { server, name }
    }

    async fn grant(&self, rights: &str) {
        self.server.query(&format!("GRANT {rights} TO {}", self.name)).await.unwrap();
    }

    /// The project file with this account at one end, and its password in the environment.
    fn project(&self, migration: &Migration, end: &str) -> String {
        let url = plain(self.server.url());
        let (scheme, address) =
            (url.split("://").next().unwrap(), url.rsplit_once('@').map_or(url, |(_, address)| address));
        let login = format!(
            "[{end}]\nurl = \"{scheme}://{address}\"\nuser = \"{}\"\npassword = {{ env = \"SHOP_PW\" }}",
            self.name
        );
        let project = migration.project(&sections(migration));
        let changed = project.replacen(&format!("[{end}]\nurl = \"{url}\""), &login, 1);
        assert_ne!(project, changed);
        changed
    }

    async fn drop(self) {
        self.server.query(&format!("DROP USER {}", self.name)).await.unwrap();
    }
}

async fn migration(test: &str, into_seekdb: bool) -> Option<Migration> {
    let migration = Migration::new(test, into_seekdb).await?;
    migration.both(TABLE).await;
    migration.from.query(ROWS).await.unwrap();
    Some(migration)
}

async fn a_wrong_password(test: &str, into_seekdb: bool) {
    for end in ENDS {
        let Some(migration) = migration(test, into_seekdb).await else { return };
        let account = Account::new(&migration, end).await;
        account.grant("ALL ON *.*").await;
        let program = migration.program_of(&account.project(&migration, end));
        let wrong = program.clone().with_environment("SHOP_PW", "wr0ng");
        let address = account.server.address();
        is_refused(&migration, &wrong, &["enied", &account.name, &address, "check user"]).await;
        let output = wrong.run("run", &DATA).await.expect(2);
        assert!(!output.err.contains("wr0ng"), "{}", output.err);
        is_mended(&migration, &program.with_environment("SHOP_PW", "r1ght")).await;
        account.drop().await;
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_both_ends() {
    a_wrong_password("mistakes::sign_in::password", false).await;
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_both_ends_with_oceanbase() {
    a_wrong_password("mistakes::sign_in::password_oceanbase", true).await;
}

#[tokio::test]
async fn rights_that_the_source_does_not_give_are_all_listed_with_what_to_grant() {
    let Some(migration) = migration("mistakes::sign_in::grants_source", false).await else { return };
    let account = Account::new(&migration, "source").await;
    let from = migration.from.name();
    account.grant(&format!("INSERT ON {from}.*")).await;
    let program = migration.program_of(&account.project(&migration, "source"));
    let program = program.with_environment("SHOP_PW", "r1ght");
    let wanted = ["REPLICATION SLAVE ON *.*", "REPLICATION CLIENT ON *.*", &format!("SELECT ON `{from}`")];
    let statements = wanted.map(|right| format!("GRANT {right}"));
    is_refused(&migration, &program, &statements.each_ref().map(String::as_str)).await;
    // As it was told.
    for right in ["REPLICATION SLAVE ON *.*", "REPLICATION CLIENT ON *.*", &format!("SELECT ON `{from}`.*")] {
        account.grant(right).await;
    }
    is_mended(&migration, &program).await;
    account.drop().await;
}

/// Runs without a right that the target does not give, then with it.
async fn rights_of_the_target(test: &str, into_seekdb: bool) {
    let Some(migration) = migration(test, into_seekdb).await else { return };
    let account = Account::new(&migration, "sink").await;
    let to = migration.to.name();
    account.grant(&format!("SELECT, INSERT ON `{to}`.*")).await;
    let program = migration.program_of(&account.project(&migration, "sink"));
    let program = program.with_environment("SHOP_PW", "r1ght");
    let statement = format!("GRANT UPDATE, DELETE, CREATE ON `{to}`.*");
    is_refused(&migration, &program, &["lacks UPDATE, DELETE, CREATE", &statement]).await;
    // Whoever makes the tables needs more, also where the state is kept beside them.
    let output = program.run("run", &["--steps", "schema", "--dry-run"]).await.expect(2);
    assert!(output.out.contains("ALTER, DROP, INDEX, REFERENCES"), "{}", output.out);
    account.grant(&format!("UPDATE, DELETE, CREATE ON `{to}`.*")).await;
    is_mended(&migration, &program).await;
    account.drop().await;
}

#[tokio::test]
async fn rights_that_mysql_does_not_give_are_all_listed_with_what_to_grant() {
    rights_of_the_target("mistakes::sign_in::grants_target", false).await;
}

#[tokio::test]
async fn rights_that_oceanbase_does_not_give_are_all_listed_with_what_to_grant() {
    rights_of_the_target("mistakes::sign_in::grants_oceanbase", true).await;
}

#[tokio::test]
async fn a_right_that_is_taken_away_later_is_told_and_the_next_run_goes_on() {
    let Some(migration) = migration("mistakes::sign_in::revoked", false).await else { return };
    let account = Account::new(&migration, "sink").await;
    let to = migration.to.name();
    account.grant(&format!("SELECT, INSERT, UPDATE, DELETE, CREATE ON `{to}`.*")).await;
    let program = migration.program_of(&account.project(&migration, "sink"));
    let program = program.with_environment("SHOP_PW", "r1ght");
    program.run("run", &DATA).await.expect(0);
    let revoke = format!("REVOKE DELETE ON `{to}`.* FROM {}", account.name);
    migration.target.query(&revoke).await.unwrap();
    migration.from.query("DELETE FROM t WHERE id=1; INSERT INTO t VALUES (3,'three')").await.unwrap();
    let before = rows(&migration).await;
    let output = program.run("run", &DATA).await.expect(1);
    for word in ["DELETE command denied", "`oms check` lists everything"] {
        assert!(output.err.contains(word), "{word}: {}", output.err);
    }
    let after = rows(&migration).await;
    assert_eq!(before, after, "nothing is passed over");
    let output = program.run("check", &[]).await.expect(1);
    assert!(output.out.contains(&format!("GRANT DELETE ON `{to}`.*")), "{}", output.out);
    account.grant(&format!("DELETE ON `{to}`.*")).await;
    is_mended(&migration, &program).await;
    account.drop().await;
}
