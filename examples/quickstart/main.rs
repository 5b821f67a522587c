//! The main job in one command: a live MySQL moves into a real OceanBase, and it is proven equal.
//!
//! `cargo run --release --example quickstart`
//!
//! Starts a private MySQL 9 and a private seekdb (OceanBase in one process) on loopback, fills a shop of eight tables,
//! keeps customers busy in it, and meanwhile: makes the tables at the target, copies the rows, follows the log, adds
//! the indexes, carries one ALTER TABLE over, waits until the target is caught up, and compares every row. The servers
//! are fetched once through the machine's own apt and pip, into `target/servers`, and end with this program.

mod outcome;
mod shop;
mod workload;

use std::collections::VecDeque;
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use oms_check::{TablePair, Verifier};
use oms_core::NameCase;
use oms_core::error::Chain;
use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
use oms_core::pipeline::{Pipeline, PipelineHandle};
use oms_core::project::Structure;
use oms_core::select::Selection;
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::MySqlSource;
use oms_sources::mysql::binlog::BinlogPosition;
use oms_sources::mysql::handover::HandoverPosition;
use oms_test_servers::Servers;
use outcome::Outcome;
use tokio::sync::watch;

/// How long customers go on after the copy.
const STREAM: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("quickstart failed: {}", Chain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// The whole job; true if both sides are equal at its end.
async fn run() -> Result<bool, Box<dyn Error>> {
    let start = Instant::now();
    let say = |what: &str| println!("{:6.1} s  {what}", start.elapsed().as_secs_f64());
    say("starting a private MySQL and a private seekdb");
    let (mysql, seekdb) =
        tokio::try_join!(Servers::mysql().private().start(), Servers::seekdb().private().start())?;
    say(&format!("{} and {} answer", mysql.version(), seekdb.version()));
    let source = ConnectOptions::from_url(mysql.url())?;
    let target = ConnectOptions::from_url(seekdb.url())?;
    let mut root = Session::connect(&source, &SessionOptions::default()).await?;
    shop::create(&mut root).await?;
    say("the shop is full, its customers come");

    let committed = Arc::new(Mutex::new(VecDeque::new()));
    let transactions = Arc::new(AtomicU64::new(0));
    let (stop, stopped) = watch::channel(false);
    let customers = tokio::spawn(workload::write(
        workload::session(&source).await?,
        Arc::clone(&committed),
        Arc::clone(&transactions),
        stopped.clone(),
    ));

    // Which tables, and where to. The rest of this program is the same for any other selection.
    let selection = Selection::new(NameCase::Sensitive).include("shop.*")?;
    let mut structure = Structure::new(source.clone(), target.clone(), &selection);
    let made = structure.prepare().await?;
    say(&format!("{} tables made at the target, {} notes", made.tables.len(), made.notes().count()));

    // The checkpoint lives in the target, in the same transactions as the rows: there is no store to choose.
    let wanted = selection.clone();
    let pipeline = Pipeline::new(
        "quickstart",
        MySqlSource::new(source.clone(), move |table| wanted.is_selected(table)),
        OceanBaseSink::new(target.clone()),
    )
    .transform(selection.mapping())
    .start()?;
    let copying = Instant::now();
    let pipeline = wait(pipeline, |position| position.is_scanned()).await?;
    let copy_time = copying.elapsed();
    let copied = pipeline.progress();
    say(&format!("{} rows are copied, the stream follows", copied.rows()));

    // What was committed while the copy ran would say how long the copy took, not how late the stream is.
    committed.lock().expect("no holder panics").clear();
    let lag =
        tokio::spawn(workload::watch_lag(workload::session(&target).await?, Arc::clone(&committed), stopped));
    let indexes = structure.finish().await?;
    say(&format!("{} statements made indexes and foreign keys", indexes.statements.len()));
    let streaming = Instant::now();
    let alter = "ALTER TABLE shop.orders ADD COLUMN channel VARCHAR(20) NOT NULL DEFAULT 'web' AFTER status";
    root.execute(alter).await?;
    say("the source has a new column");
    tokio::time::sleep(STREAM.saturating_sub(streaming.elapsed())).await;

    stop.send(true)?;
    customers.await??;
    let end = BinlogPosition::end_of(&mut root).await?;
    let caught_up = |position: &HandoverPosition| position.log().is_ok_and(|log| log.covers(&end));
    let pipeline = wait(pipeline, caught_up).await?;
    say("the customers are gone, and everything that they did is durable at the target");
    let lags = lag.await??;

    let pairs = made.tables.iter().map(|table| TablePair::new(table.source.clone(), table.target.clone()));
    let verifying = Instant::now();
    let report = Verifier::new(source, target, pairs).run().await?;
    let verify_time = verifying.elapsed();
    say("every row has been compared");
    pipeline.stop();
    let summary = pipeline.join().await?;
    let outcome = Outcome {
        copied,
        copy_time,
        summary,
        transactions: transactions.load(Ordering::Relaxed),
        lags,
        report,
        verify_time,
    };
    let is_equal = outcome.print();
    println!("total {:.1} s", start.elapsed().as_secs_f64());
    Ok(is_equal)
}

/// Waits until the durable position is as wanted.
async fn wait(
    pipeline: PipelineHandle,
    is_there: impl Fn(&HandoverPosition) -> bool,
) -> Result<PipelineHandle, Box<dyn Error>> {
    let mut look = tokio::time::interval(Duration::from_millis(20));
    while !pipeline.is_ended() {
        if let Some(position) = pipeline.progress().position
            && is_there(&HandoverPosition::try_from(&position)?)
        {
            return Ok(pipeline);
        }
        look.tick().await;
    }
    pipeline.join().await?;
    Err("the pipeline ended before it was told to".into())
}
