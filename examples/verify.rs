//! Says whether two servers hold the same rows.
//!
//! ```text
//! cargo run --example verify -- SOURCE_URL TARGET_URL DATABASE.TABLE...
//! cargo run --example verify -- mysql://app@127.0.0.1:3306 oceanbase://root@127.0.0.1:2881 shop.orders shop.items=shop_new.items
//! ```
//!
//! A table with another name at the target is given as `DATABASE.TABLE=DATABASE.TABLE`. The report goes to standard output,
//! as JSON lines with `--json` before everything else. The exit status is 0 if all tables are equal, 1 if not, 2 if the
//! arguments are wrong.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use oms_check::{Phase, Progress, TablePair, Verifier, VerifyOptions};
use oms_core::TableName;
use oms_core::mysql::ConnectOptions;

const USAGE: &str = "usage: verify [--json] SOURCE_URL TARGET_URL DATABASE.TABLE[=DATABASE.TABLE]...";

/// What the arguments ask for.
struct Request {
    is_json: bool,
    verifier: Verifier,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let request = match request(std::env::args().skip(1)) {
        Ok(request) => request,
        Err(reason) => {
            eprintln!("{reason}\n{USAGE}");
            return Ok(ExitCode::from(2));
        }
    };
    // A verification takes as long as both servers need to read the tables, so somebody may want to know how far it is.
    let verifier = match io::stderr().is_terminal() {
        true => request.verifier.with_observer(tell()),
        false => request.verifier,
    };
    let report = verifier.run().await?;
    let mut out = io::stdout().lock();
    match request.is_json {
        true => report.write_json_lines(&mut out)?,
        // Its last line is the verdict.
        false => report.write_text(&mut out)?,
    }
    out.flush()?;
    Ok(ExitCode::from(report.exit_status()))
}

fn request(arguments: impl Iterator<Item = String>) -> Result<Request, Box<dyn Error>> {
    let mut arguments = arguments.peekable();
    let is_json = arguments.next_if_eq("--json").is_some();
    let mut server = || -> Result<ConnectOptions, Box<dyn Error>> {
        Ok(ConnectOptions::from_url(&arguments.next().ok_or("two URLs are needed")?)?)
    };
    let (source, target) = (server()?, server()?);
    let pairs = arguments.map(|argument| pair(&argument)).collect::<Result<Vec<_>, _>>()?;
    if pairs.is_empty() {
        return Err("no table is named".into());
    }
    // More connections read more ranges at the same time; the servers do the work.
    let options = VerifyOptions::default().with_connections(4);
    let verifier = Verifier::new(source, target).with_tables(pairs).with_options(options);
    Ok(Request { is_json, verifier })
}

/// `shop.orders`, or `shop.orders=shop_new.orders`.
fn pair(argument: &str) -> Result<TablePair, Box<dyn Error>> {
    let name = |text: &str| match text.split_once('.') {
        Some((database, table)) if !database.is_empty() && !table.is_empty() => {
            Ok(TableName::new(database, table))
        }
        _ => Err(format!("{text} is not DATABASE.TABLE")),
    };
    Ok(match argument.split_once('=') {
        Some((source, target)) => TablePair::new(name(source)?, name(target)?),
        None => TablePair::same(name(argument)?),
    })
}

/// Tells the end of each table, and once a second how far one is.
fn tell() -> impl Fn(&Progress) + Send + Sync {
    let last = Mutex::new(Instant::now());
    move |progress| {
        let Ok(mut last) = last.lock() else { return };
        let step = match progress.phase {
            Phase::Done(verdict) => {
                format!("{verdict}, {} of {} done", progress.tables_done, progress.tables)
            }
            _ if last.elapsed() < Duration::from_secs(1) => return,
            Phase::Reviewing { round } => {
                format!("{} rows are looked at again, round {round}", progress.suspects)
            }
            _ => format!("{} rows, {} seem to differ", progress.rows, progress.suspects),
        };
        *last = Instant::now();
        eprintln!("{}: {step}", progress.table);
    }
}
