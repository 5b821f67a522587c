//! Who shares a server, and that none outlives those who use it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use oms_test_servers::{Error, Servers};

use crate::child::{OwnFolder, TestProcess};
use crate::lifecycle::{becomes_true, runs};

fn send_kill(process: &str) {
    let kill = ["-c", "kill -s KILL -- \"$1\"", "sh", process];
    assert!(Command::new("sh").args(kill).status().unwrap().success());
}

#[tokio::test]
async fn a_killed_test_process_leaves_no_server() {
    let mut process = TestProcess::start("private", &[]);
    let server = process.server();
    assert!(runs(server));
    process.kill();
    assert!(becomes_true(|| !runs(server)).await, "server {server} outlived the test process");
}

#[tokio::test]
async fn a_killed_test_process_leaves_no_paused_server() {
    let mut process = TestProcess::start("paused", &[]);
    let server = process.server();
    assert!(runs(server));
    process.kill();
    assert!(becomes_true(|| !runs(server)).await, "server {server} outlived the test process");
}

#[tokio::test]
async fn a_killed_group_of_processes_leaves_no_server() {
    // As a terminal's Ctrl-C, or a runner that ends everything it started: the program and its group at once.
    use std::os::unix::process::CommandExt;
    let mut child = Command::new(env!("CARGO_BIN_EXE_test-servers"))
        .args(["start", "mariadb"])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let server: u32 = line.split(' ').nth(2).unwrap().parse().unwrap();
    assert!(runs(server));
    send_kill(&format!("-{}", child.id()));
    child.wait().unwrap();
    assert!(becomes_true(|| !runs(server)).await, "server {server} outlived the program that started it");
}

#[tokio::test]
async fn test_processes_that_start_at_once_share_one_server_until_the_last_has_gone() {
    let folder = OwnFolder::with_downloads("at-once").await;
    let mut processes: Vec<_> = (0..4).map(|_| TestProcess::start("shared", &[folder.variable()])).collect();
    let servers: Vec<u32> = processes.iter_mut().map(TestProcess::server).collect();
    let server = servers[0];
    assert!(servers.iter().all(|other| *other == server), "{servers:?}");
    assert_eq!(folder.instances().len(), 1);

    // The one that started it may be the first to go, and one goes badly.
    let last = processes.pop().unwrap();
    processes.pop().unwrap().kill();
    for process in processes {
        assert!(process.end().success());
    }
    // Longer than a server outlives its last user.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(7) {
        assert!(runs(server), "it ended while process {} used it", last.pid());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Within that time another one finds it still there.
    assert!(last.end().success());
    let mut next = TestProcess::start("shared", &[folder.variable()]);
    assert_eq!(next.server(), server);
    next.kill();
    assert!(becomes_true(|| !runs(server)).await);
    assert!(becomes_true(|| folder.instances().is_empty()).await, "its data goes with it");
}

#[tokio::test]
async fn what_a_killed_guardian_left_is_tidied_up_by_the_next_start() {
    let folder = OwnFolder::with_downloads("tidy").await;
    let mut process = TestProcess::start("private", &[folder.variable()]);
    let server = process.server();
    let left = folder.instances().remove(0);
    // All of the guardian's session but the server itself.
    for other in fs::read_dir("/proc").unwrap().flatten() {
        let name = other.file_name().to_string_lossy().into_owned();
        let stat = fs::read_to_string(other.path().join("stat")).unwrap_or_default();
        let session = |stat: &str| stat.rsplit_once(") ")?.1.split(' ').nth(3).map(str::to_owned);
        let of_server = fs::read_to_string(format!("/proc/{server}/stat")).unwrap();
        if !stat.is_empty() && session(&stat) == session(&of_server) && name != server.to_string() {
            send_kill(&name);
        }
    }
    process.kill();
    assert!(runs(server), "without its guardian it goes on");
    let mut next = TestProcess::start("private", &[folder.variable()]);
    assert_ne!(next.server(), server);
    assert!(becomes_true(|| !runs(server)).await);
    assert!(becomes_true(|| !left.exists()).await);
    next.kill();
    assert!(becomes_true(|| folder.instances().is_empty()).await);
}

#[tokio::test]
async fn a_download_ends_with_the_process_that_wanted_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = OwnFolder::empty("download");
    let mvn = folder.path().join("mvn");
    let pid_file = folder.path().join("pid");
    fs::write(
        &mvn,
        format!("#!/bin/sh\necho $$ >{0}.part && mv {0}.part {0}\nexec sleep 600\n", pid_file.display()),
    )
    .unwrap();
    fs::set_permissions(&mvn, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let (name, value) = folder.variable();
    let mut command = Command::new(env!("CARGO_BIN_EXE_test-servers"));
    let mut child = command
        .args(["get", "mysql57"])
        .env(name, value)
        .env("PATH", path)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(becomes_true(|| pid_file.exists()).await);
    let download: u32 = fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    assert!(runs(download));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(becomes_true(|| !runs(download)).await, "{download} goes on");
    assert!(!folder.path().join("cache/mysql57-0.6").exists());
}

#[tokio::test]
async fn many_tests_of_one_process_share_a_server() {
    let starts: Vec<_> = (0..8).map(|_| tokio::spawn(Servers::mariadb().start())).collect();
    let mut pids = Vec::new();
    for start in starts {
        pids.push(start.await.unwrap().unwrap().pid().unwrap());
    }
    pids.dedup();
    assert_eq!(pids.len(), 1);
    let private = Servers::mariadb().private().start().await.unwrap();
    assert_ne!(private.pid(), Some(pids[0]));
}

#[tokio::test]
async fn a_shared_server_cannot_be_taken_from_the_others() {
    let server = Servers::mariadb().start().await.unwrap();
    let refused =
        [server.stop().await, server.kill().await, server.restart().await, server.pause(), server.resume()];
    for refused in refused {
        let error = refused.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }));
        assert!(error.to_string().ends_with("other tests use it; ask for one with private()"), "{error}");
    }
    assert!(server.query("SELECT 1").await.is_ok());
}

#[tokio::test]
async fn a_server_named_by_environment_is_used_and_left_alone() {
    let server = Servers::mariadb().private().start().await.unwrap();
    let mut process = TestProcess::start("named", &[("OMS_TEST_MARIADB", server.url())]);
    assert_eq!(process.says("named"), format!("{} None {}", server.url(), server.address()));
    let refused =
        "mariadb: cannot stop: it was named by OMS_TEST_MARIADB and is not ours; ask for one with private()";
    assert_eq!(process.says("stop"), refused);
    assert_ne!(process.says("private"), server.url());
    assert!(process.end().success());
    assert!(server.query("SELECT 1").await.is_ok());
}

#[tokio::test]
async fn a_server_that_cannot_be_had_skips_the_test_by_name_and_fails_it_in_ci() {
    let folder = OwnFolder::empty("nothing");
    let nothing_there = [folder.variable(), ("PATH", folder.path().to_str().unwrap())];
    let mut process = TestProcess::start("skip", &[&nothing_there[..], &[("CI", "")]].concat());
    assert_eq!(process.says("there is a server"), "false");
    assert!(process.end().success());
    let skipped = |arguments: &[&str]| {
        let (name, path) = folder.variable();
        let program =
            Command::new(env!("CARGO_BIN_EXE_test-servers")).args(arguments).env(name, path).output();
        String::from_utf8(program.unwrap().stdout).unwrap()
    };
    let text = skipped(&["skipped", "--clear"]);
    assert!(
        text.starts_with("1 tests were skipped for want of a server\nsome_test: cannot get mysql57: "),
        "{text}"
    );
    assert_eq!(skipped(&["skipped"]), "0 tests were skipped for want of a server\n");

    let process = TestProcess::start("skip", &[&nothing_there[..], &[("CI", "true")]].concat());
    assert!(!process.end().success());
    assert_eq!(skipped(&["skipped"]), "0 tests were skipped for want of a server\n");
}
