//! Every way to sign in that a server has, by both kinds of connection.

use oms_core::ErrorClass;
use oms_core::error::Chain;
use oms_core::mysql::wire::Connection;
use oms_core::mysql::{ConnectOptions, ServerError, Session, SessionOptions, TlsMode, quote_text};
use oms_test_servers::{Server, Servers};

use crate::support::{each_server, open, options};

/// An account that is dropped at the end of its test.
struct Account {
    name: String,
    root: Session,
    reach: ConnectOptions,
}

impl Account {
    /// An account with this method and password, or `None` if the server has no such method.
    async fn new(server: &Server, method: &str, password: &str) -> Option<Self> {
        let mut root = open(server).await;
        let name = format!("{}_{}", &method[..6], root.connection_id());
        let password_text = quote_text(password);
        let identified = match server.kind() {
            "mariadb" => format!("VIA {method} USING PASSWORD({password_text})"),
            "seekdb" if method == "mysql_native_password" => format!("BY {password_text}"),
            "seekdb" => return None,
            _ => format!("WITH {method} BY {password_text}"),
        };
        match root.execute(format!("CREATE USER {name} IDENTIFIED {identified}")).await {
            Ok(_) => {}
            Err(error) if ServerError::of(&error).is_some_and(|error| error.code == 1524) => return None,
            Err(error) => panic!("{}: {}", server.kind(), Chain(&error)),
        }
        let reach = options(server).with_user(&name).with_password(password);
        Some(Self { name, root, reach })
    }

    async fn drop(mut self) {
        self.root.execute(format!("DROP USER {}", self.name)).await.unwrap();
    }
}

async fn user_of(reach: &ConnectOptions) -> oms_core::Result<String> {
    let mut connection = Connection::connect(reach, &SessionOptions::default()).await?;
    let rows = connection.query_text("SELECT CURRENT_USER()").await?;
    let user = rows[0].text(0)?.to_owned();
    connection.close().await?;
    Ok(user)
}

#[tokio::test]
async fn every_method_and_password_signs_in() {
    let mut tried = Vec::new();
    for server in each_server("wire::sign_in::every_method").await {
        for method in ["mysql_native_password", "caching_sha2_password", "sha256_password"] {
            for password in ["", "p'w\"\\", "ключ 钥匙", &"long ".repeat(40)] {
                let Some(account) = Account::new(&server, method, password).await else { continue };
                let modes = match server.kind() {
                    "mysql" => &[TlsMode::Disabled, TlsMode::Required][..],
                    _ => &[TlsMode::Disabled],
                };
                for mode in modes {
                    let reach = account.reach.clone().with_tls(*mode, None);
                    // The first time a password is checked in full, the second time from the server's memory.
                    for _ in 0..2 {
                        let what = format!("{} {method} {} bytes {mode:?}", server.kind(), password.len());
                        let by_key = method == "sha256_password" && *mode == TlsMode::Disabled;
                        if by_key && server.kind() == "mysql57" && !password.is_empty() {
                            // This build has no key, so that it takes such passwords over encrypted connections only.
                            continue;
                        }
                        match user_of(&reach).await {
                            Ok(user) => assert!(user.starts_with(&account.name), "{what}"),
                            Err(error) => panic!("{what}: {}", Chain(&error)),
                        }
                        tried.push(what.clone());
                        let session = Session::connect(&reach, &SessionOptions::default()).await;
                        match (method, session) {
                            (_, Ok(session)) => session.close().await.unwrap(),
                            // The driver does not know this one.
                            ("sha256_password", Err(error)) => {
                                assert!(Chain(&error).to_string().contains("sign in by sha256_password"));
                            }
                            (_, Err(error)) => panic!("{what}: {}", Chain(&error)),
                        }
                    }
                }
                let wrong = account.reach.clone().with_password("wrong");
                let error = user_of(&wrong).await.unwrap_err();
                assert_eq!(ServerError::of(&error).map(|error| error.code), Some(1045), "{}", Chain(&error));
                assert_eq!(error.class(), ErrorClass::Fatal);
                account.drop().await;
            }
        }
    }
    // Each server has at least one method with four passwords.
    assert!(tried.len() >= 8, "{tried:?}");
}

#[tokio::test]
async fn a_password_that_no_key_can_hide_needs_encryption() {
    let test = "wire::sign_in::a_password_that_no_key_can_hide";
    let Some(server) = Box::pin(Servers::mysql().start_or_skip(test)).await else { return };
    let account = Account::new(&server, "caching_sha2_password", &"x".repeat(240)).await.unwrap();
    let plain = user_of(&account.reach).await.unwrap_err();
    assert!(Chain(&plain).to_string().contains("too long for the server's public key"), "{}", Chain(&plain));
    assert_eq!(plain.class(), ErrorClass::Fatal);
    let plain = Session::connect(&account.reach, &SessionOptions::default()).await.unwrap_err();
    assert!(Chain(&plain).to_string().contains("too long for the server's public key"), "{}", Chain(&plain));
    user_of(&account.reach.clone().with_tls(TlsMode::Required, None)).await.unwrap();
    account.drop().await;
}

#[tokio::test]
async fn a_method_that_is_not_known_is_named() {
    let test = "wire::sign_in::a_method_that_is_not_known";
    let Some(server) = Box::pin(Servers::mariadb().start_or_skip(test)).await else { return };
    let mut root = open(&server).await;
    let name = format!("socket_{}", root.connection_id());
    root.execute(format!("CREATE USER {name} IDENTIFIED VIA unix_socket")).await.unwrap();
    let error = user_of(&options(&server).with_user(&name)).await.unwrap_err();
    let shown = Chain(&error).to_string();
    // Over TCP the server itself refuses it; either way the reason is there and nothing is tried again.
    assert!(shown.contains("auth_socket") || ServerError::of(&error).is_some(), "{shown}");
    assert_eq!(error.class(), ErrorClass::Fatal);
    root.execute(format!("DROP USER {name}")).await.unwrap();
}

#[tokio::test]
async fn both_kinds_of_connection_pin_the_same() {
    for server in each_server("wire::sign_in::both_kinds").await {
        let sql = "SELECT @@time_zone, @@sql_mode, @@character_set_client, @@character_set_results, @@autocommit, \
            @@sql_select_limit, @@collation_connection, @@wait_timeout, @@net_write_timeout";
        let pinned = SessionOptions::default().with_foreign_key_checks(false);
        let reach = options(&server);
        let mut wire = Connection::connect(&reach, &pinned).await.unwrap();
        let mut session = Session::connect(&reach, &pinned).await.unwrap();
        let (ours, theirs) = (wire.query_text(sql).await.unwrap(), session.query(sql).await.unwrap());
        for column in 0..ours[0].len() {
            let kind = server.kind();
            assert_eq!(ours[0].bytes(column).unwrap(), theirs[0].bytes(column).unwrap(), "{kind} {column}");
        }
        assert_eq!(wire.server(), session.server());
        let id = wire.query_text("SELECT CONNECTION_ID()").await.unwrap();
        assert_eq!(id[0].number::<u64>(0).unwrap(), wire.connection_id());
        let pinned = pinned.with_results_unconverted(true);
        let mut wire = Connection::connect(&reach, &pinned).await.unwrap();
        assert_eq!(
            wire.query_text("SELECT @@character_set_results").await.unwrap()[0].bytes(0).unwrap(),
            None
        );
    }
}
