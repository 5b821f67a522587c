//! Encryption and how far the server's identity is checked, by both kinds of connection.

use std::path::{Path, PathBuf};
use std::process::Command;

use oms_core::ErrorClass;
use oms_core::error::Chain;
use oms_core::mysql::wire::Connection;
use oms_core::mysql::{ConnectOptions, Session, SessionOptions, TlsMode};
use oms_test_servers::{Server, Servers};

use crate::support::{each_server, open, options, text};

/// The cipher that a connection uses, by the client for hot reads and by a session.
async fn ciphers(reach: &ConnectOptions) -> [Result<String, oms_core::Error>; 2] {
    const CIPHER: &str = "SHOW STATUS LIKE 'Ssl_cipher'";
    let wire = async {
        let mut connection = Connection::connect(reach, &SessionOptions::default()).await?;
        Ok(connection.query_text(CIPHER).await?[0].text(1)?.to_owned())
    };
    let session = async {
        let mut session = Session::connect(reach, &SessionOptions::default()).await?;
        Ok(session.query(CIPHER).await?[0].text(1)?.to_owned())
    };
    [wire.await, session.await]
}

async fn assert_encrypted(reach: &ConnectOptions) {
    for cipher in ciphers(reach).await {
        match cipher {
            Ok(cipher) => assert!(cipher.starts_with("TLS_") || cipher.contains("ECDHE"), "{cipher}"),
            Err(error) => panic!("{:?}: {}", reach.tls, Chain(&error)),
        }
    }
}

/// Both are refused for good, for this reason.
async fn assert_refused(reach: &ConnectOptions, reason: &str) {
    for cipher in ciphers(reach).await {
        let error = cipher.expect_err("a refusal");
        let shown = Chain(&error).to_string();
        assert!(shown.contains(reason), "{shown}");
        assert_eq!(error.class(), ErrorClass::Fatal, "{shown}");
    }
}

/// A folder of one test under cargo's own, gone with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

fn folder(name: &str) -> Folder {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    Folder(folder)
}

fn openssl(folder: &Path, arguments: &str) {
    let words: Vec<_> = arguments.split_whitespace().map(|word| word.replace('~', " ")).collect();
    let output =
        Command::new("openssl").args(words).current_dir(folder).output().expect("openssl is installed");
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An authority `ca.pem` in `folder`.
fn make_authority(folder: &Path, name: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.pem -days 2 -subj /CN=oms~{name}"
        ),
    );
}

/// A certificate `name.pem` of the authority for these names.
fn make_certificate(folder: &Path, name: &str, names: &str, days: i32) {
    openssl(
        folder,
        &format!("req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN=oms~{name}"),
    );
    std::fs::write(
        folder.join(format!("{name}.ext")),
        format!("subjectAltName={names}\nbasicConstraints=CA:FALSE\n"),
    )
    .unwrap();
    openssl(
        folder,
        &format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} -extfile {name}.ext -out {name}.pem"
        ),
    );
}

async fn use_certificate(server: &Server, folder: &Path, name: &str) {
    let mut root = open(server).await;
    let file = |name: String| oms_core::mysql::quote_text(&folder.join(name).to_string_lossy());
    let (ca, certificate, key) =
        (file("ca.pem".into()), file(format!("{name}.pem")), file(format!("{name}.key")));
    root.execute_all(format!(
        "SET GLOBAL ssl_ca={ca}; SET GLOBAL ssl_cert={certificate}; SET GLOBAL ssl_key={key}; ALTER INSTANCE RELOAD TLS"
    ))
    .await
    .unwrap();
}

#[tokio::test]
async fn a_certificate_that_mysql_made_itself_is_checked_without_a_name() {
    let test = "wire::tls::a_certificate_that_mysql_made_itself";
    let Some(server) = Box::pin(Servers::mysql().start_or_skip(test)).await else { return };
    let data = text(&mut open(&server).await, "SELECT @@datadir").await;
    let authority = Path::new(&data).join("ca.pem");
    let reach = options(&server);
    assert_encrypted(&reach.clone().with_tls(TlsMode::Required, None)).await;

    // The client for hot reads checks the chain; a session cannot without a name, and says what to do.
    let [wire, session] = ciphers(&reach.clone().with_tls(TlsMode::VerifyCa, Some(&authority))).await;
    assert!(wire.unwrap().starts_with("TLS_"));
    let error = session.unwrap_err();
    let shown = Chain(&error).to_string();
    assert!(shown.contains("no subject alternative name") && shown.contains("tls=required"), "{shown}");
    assert_eq!(error.class(), ErrorClass::Fatal);

    assert_refused(
        &reach.clone().with_tls(TlsMode::VerifyIdentity, Some(&authority)),
        "no subject alternative name",
    )
    .await;
    assert_refused(&reach.clone().with_tls(TlsMode::VerifyCa, None), "tls-ca").await;
    let folder = folder("other-authority");
    make_authority(&folder, "ca");
    let other = folder.join("ca.pem");
    assert_refused(&reach.with_tls(TlsMode::VerifyCa, Some(&other)), "the server's certificate is refused")
        .await;
}

#[tokio::test]
async fn a_certificate_of_an_authority_is_checked_as_far_as_asked() {
    let test = "wire::tls::a_certificate_of_an_authority";
    let Some(server) = Box::pin(Servers::mysql().private().start_or_skip(test)).await else { return };
    let folder = folder("authority");
    make_authority(&folder, "ca");
    make_authority(&folder, "stranger");
    make_certificate(&folder, "here", "DNS:localhost,IP:127.0.0.1", 2);
    make_certificate(&folder, "elsewhere", "DNS:*.db.example,DNS:db.example", 2);
    let (authority, stranger) = (folder.join("ca.pem"), folder.join("stranger.pem"));
    let reach = options(&server);
    let with = |mode, authority: &Path| reach.clone().with_tls(mode, Some(authority));

    use_certificate(&server, &folder, "here").await;
    for mode in [TlsMode::Required, TlsMode::VerifyCa, TlsMode::VerifyIdentity] {
        assert_encrypted(&with(mode, &authority)).await;
    }
    let mut by_name = with(TlsMode::VerifyIdentity, &authority);
    by_name.host = "localhost".to_owned();
    assert_encrypted(&by_name).await;
    for mode in [TlsMode::VerifyCa, TlsMode::VerifyIdentity] {
        assert_refused(&with(mode, &stranger), "the server's certificate is refused").await;
    }

    use_certificate(&server, &folder, "elsewhere").await;
    assert_encrypted(&with(TlsMode::VerifyCa, &authority)).await;
    let reason = "is for *.db.example, db.example, not for this host";
    assert_refused(&with(TlsMode::VerifyIdentity, &authority), reason).await;
    assert_refused(&with(TlsMode::VerifyCa, &stranger), "the server's certificate is refused").await;
}

#[tokio::test]
async fn a_mariadb_with_a_certificate_is_reached_too() {
    let test = "wire::tls::a_mariadb_with_a_certificate";
    let folder = folder("mariadb");
    make_authority(&folder, "ca");
    make_certificate(&folder, "here", "IP:127.0.0.1", 2);
    make_certificate(&folder, "expired", "IP:127.0.0.1", -1);
    let authority = folder.join("ca.pem");
    for certificate in ["here", "expired"] {
        let file = |name: String| folder.join(name).display().to_string();
        let server = Servers::mariadb()
            .private()
            .with_option(format!("--ssl-ca={}", file("ca.pem".into())))
            .with_option(format!("--ssl-cert={}", file(format!("{certificate}.pem"))))
            .with_option(format!("--ssl-key={}", file(format!("{certificate}.key"))));
        let Some(server) = Box::pin(server.start_or_skip(test)).await else { return };
        let reach = options(&server);
        assert_encrypted(&reach.clone().with_tls(TlsMode::Required, None)).await;
        for mode in [TlsMode::VerifyCa, TlsMode::VerifyIdentity] {
            let reach = reach.clone().with_tls(mode, Some(&authority));
            match certificate {
                "here" => assert_encrypted(&reach).await,
                _ => assert_refused(&reach, "the server's certificate is refused").await,
            }
        }
    }
}

#[tokio::test]
async fn a_server_without_encryption_is_not_used_without_it() {
    for server in each_server("wire::tls::a_server_without_encryption").await {
        let reach = options(&server).with_tls(TlsMode::Required, None);
        match server.kind() {
            // Its library has no ciphers that this client has.
            "mysql80" => assert_refused(&reach, "no encryption in common").await,
            "seekdb" | "mysql57" | "mariadb" => {
                assert_refused(&reach, "the server offers no encryption").await
            }
            _ => assert_encrypted(&reach).await,
        }
    }
}
