//! Real servers for tests, from the command line.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use oms_test_servers::{Servers, overview, skipped};

const USAGE: &str = "\
Real servers for tests, on loopback, without root.

  test-servers list                        kinds, what is in the cache, what runs
  test-servers get KIND...                 downloads and unpacks into target/servers/cache
  test-servers start KIND [-- OPTION...]   a private server until standard input closes or this program ends
  test-servers skipped [--clear]           prints and counts the tests that were skipped for want of a server

KIND is one of: ";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(|error| error.to_string()).and_then(|runtime| match words.as_slice() {
        ["list"] => overview().map(print).map_err(|error| error.chain()),
        ["get", kinds @ ..] if !kinds.is_empty() => runtime.block_on(get(kinds)),
        ["start", kind] => runtime.block_on(start(kind, &[])),
        ["start", kind, "--", options @ ..] => runtime.block_on(start(kind, options)),
        ["skipped"] => print_skipped(false),
        ["skipped", "--clear"] => print_skipped(true),
        _ => Err(format!("{USAGE}{}", Servers::names().join(", "))),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(if reason.starts_with(USAGE) { 2 } else { 1 })
        }
    }
}

fn print(lines: Vec<String>) {
    for line in lines {
        println!("{line}");
    }
}

fn print_skipped(clear: bool) -> Result<(), String> {
    let tests = skipped(clear).map_err(|error| error.chain())?;
    println!("{} tests were skipped for want of a server", tests.len());
    print(tests);
    Ok(())
}

async fn get(kinds: &[&str]) -> Result<(), String> {
    for kind in kinds {
        let builder = Servers::by_name(kind).ok_or_else(|| unknown(kind))?;
        builder.get().await.map_err(|error| error.chain())?;
    }
    Ok(())
}

async fn start(kind: &str, options: &[&str]) -> Result<(), String> {
    let builder = Servers::by_name(kind).ok_or_else(|| unknown(kind))?.private();
    let builder = options.iter().fold(builder, |builder, option| builder.with_option(*option));
    let server = Box::pin(builder.start()).await.map_err(|error| error.chain())?;
    println!("{} pid {} version {}", server.url(), server.pid().unwrap_or_default(), server.version());
    // Whoever reads the line through a pipe waits for it.
    io::stdout().flush().map_err(|error| error.to_string())?;
    // However this program ends, the server does too; nothing has to be done on a signal.
    io::stdin().read_to_end(&mut Vec::new()).map_err(|error| error.to_string())?;
    server.stop().await.map_err(|error| error.chain())
}

fn unknown(kind: &str) -> String {
    format!("there is no kind {kind:?}; the kinds are {}", Servers::names().join(", "))
}
