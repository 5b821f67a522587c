//! Servers that ask for odd things, and what a listener on a plain connection gets to see.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::connection::Connection;
use super::super::connection::tests::OK_PACKET;
use super::super::handshake::tests::greeting;
use super::super::script::{Script, packets_of};
use super::*;

const PASSWORD: &str = "correct horse";
const KEY: &[u8] = include_bytes!("../../../../tests/data/mysql-9.7.4-public_key.pem");

/// Signs in where the server answers with these packets, each after something was sent.
async fn sign_in_to(answers: &[&[u8]]) -> Result<(), Fault> {
    let mut turns = vec![packets_of(0, [&greeting()[..]])];
    // The client's packets have the numbers between.
    turns.extend(answers.iter().zip(1..).map(|(answer, turn)| packets_of(2 * turn, [*answer])));
    let options = ConnectOptions::new("h", 1).with_password(PASSWORD);
    Connection::open_over(Box::new(Script::turns(turns, 1 << 20)), &options).await.map(drop)
}

const SWITCH_NATIVE: &[u8] = b"\xfemysql_native_password\0abcdefghijklmnopqrst\0";

#[tokio::test]
async fn a_switch_to_a_known_method_is_followed_once() {
    assert!(sign_in_to(&[SWITCH_NATIVE, OK_PACKET]).await.is_ok());
    assert!(matches!(
        sign_in_to(&[SWITCH_NATIVE, SWITCH_NATIVE, OK_PACKET]).await,
        Err(Fault::Broken(Failure::Protocol(_)))
    ));
}

#[tokio::test]
async fn an_unknown_method_is_named() {
    for (switch, name) in [
        (&b"\xfeclient_ed25519\0abc"[..], "client_ed25519"),
        (b"\xfemysql_clear_password\0", "mysql_clear_password"),
        (b"\xfe", "mysql_old_password"),
        (b"\xfea\x1b[31m\0", "a[31m"),
        (b"\xfe\0", ""),
    ] {
        match sign_in_to(&[switch, OK_PACKET]).await {
            Err(Fault::Broken(Failure::AuthPlugin(plugin))) => assert_eq!(&*plugin, name),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_refusal_keeps_its_text() {
    let refusal = b"\xff\x15\x04#28000Access denied for user 'root'@'localhost'";
    match sign_in_to(&[refusal]).await {
        Err(Fault::Server(error)) => {
            assert_eq!(error.code, 1045);
            assert_eq!(&*error.message, "Access denied for user 'root'@'localhost'");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_never_ends_or_asks_for_nonsense_is_left() {
    for answers in [
        &[&b"\x01\x04"[..]; 12][..],
        &[&b"\x01\x03"[..]; 12],
        &[b"\x01"],
        &[b"\x01\x05"],
        &[b"\x01\x04", b"\x01not a key"],
        &[b"\x02"],
        &[b""],
        &[SWITCH_NATIVE, b"\x01\x04"],
        &[SWITCH_NATIVE, &KEY[..10]],
        // No random bytes to hide the password with.
        &[b"\xfesha256_password\0", b"\x01-----BEGIN PUBLIC KEY-----\n"],
    ] {
        assert!(matches!(sign_in_to(answers).await, Err(Fault::Broken(_))), "{answers:?}");
    }
}

/// What a client sends to a server that answers with these packets.
async fn heard(answers: &[&[u8]]) -> Vec<u8> {
    let (client, mut server) = tokio::io::duplex(1 << 16);
    let options = ConnectOptions::new("h", 1).with_password(PASSWORD);
    let serve = async {
        let mut heard = Vec::with_capacity(4096);
        server.write_all(&packets_of(0, [&greeting()[..]])).await.unwrap();
        for (answer, turn) in answers.iter().zip(1..) {
            assert!(server.read_buf(&mut heard).await.unwrap() > 0);
            server.write_all(&packets_of(2 * turn, [*answer])).await.unwrap();
        }
        heard
    };
    let (opened, heard) = tokio::join!(Connection::open_over(Box::new(client), &options), serve);
    opened.unwrap();
    heard
}

#[tokio::test]
async fn a_plain_connection_never_carries_the_password() {
    let mut key = vec![MORE_DATA];
    key.extend_from_slice(KEY);
    let switch_sha256 = b"\xfesha256_password\0abcdefghijklmnopqrst\0";
    for answers in [
        &[OK_PACKET][..],
        &[SWITCH_NATIVE, OK_PACKET],
        &[b"\x01\x04", &key, OK_PACKET],
        &[switch_sha256, &key, OK_PACKET],
    ] {
        let heard = heard(answers).await;
        let found = heard.windows(4).any(|part| PASSWORD.as_bytes().windows(4).any(|word| word == part));
        assert!(!found);
        if answers.len() == 3 && answers[1].len() > 100 {
            assert!(heard.len() > 256);
        }
    }
}
