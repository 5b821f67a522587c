//! The full copy, ours and that of mydumper with myloader.

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::Instant;

use oms_core::NameCase;
use oms_core::mysql::ConnectOptions;
use oms_core::pipeline::Pipeline;
use oms_core::project::Structure;
use oms_core::select::Selection;
use oms_core::sink::Sink;
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions};
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::MySqlSource;
use oms_sources::mysql::handover::HandoverOptions;
use oms_sources::mysql::scan::ScanOptions;
use oms_test_servers::{Server, Servers};

use super::data;

const WORKERS: usize = 8;
const ROUNDS: usize = 2;

/// Copies to both kinds of target, in turns with the peer, and prints a table.
pub async fn report(source: &Server) -> Result<(), Box<dyn Error>> {
    // mydumper reads the classic EXPLAIN to split a table.
    source.query("SET GLOBAL explain_format=TRADITIONAL").await?;
    let expected = data::digest(source).await?;
    let has_peer = ["mydumper", "myloader"].iter().all(|tool| {
        Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    });
    println!(
        "\n| copy of {} rows | seconds | rows/s | of it indexes | CPU s of ours | peak MiB | result |",
        data::rows()
    );
    println!("|---|---|---|---|---|---|---|");
    let mysql = Servers::mysql()
        .private()
        .with_option("--innodb-buffer-pool-size=1G")
        .with_option("--innodb-flush-log-at-trx-commit=2")
        .with_option("--sync-binlog=0")
        .start()
        .await?;
    let seekdb = Servers::seekdb().private().start().await?;
    seekdb.query("SET GLOBAL ob_query_timeout=3600000000").await?;
    for (target, reach) in [(&mysql, 0.95), (&seekdb, 0.8)] {
        let kind = target.kind();
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        for _ in 0..ROUNDS {
            data::reset(target, false).await?;
            target.query("DROP DATABASE IF EXISTS oms").await?;
            let (seconds, cost) = our_copy(source, target)?;
            let result = judge(target, &expected).await?;
            println!(
                "| ours to {kind} | {seconds:.1} | {:.0} | {cost} | {result} |",
                data::rows() as f64 / seconds
            );
            ours = ours.min(seconds);
            if has_peer {
                data::reset(target, true).await?;
                let seconds = peer_copy(source, target)?;
                let result = judge(target, &expected).await?;
                println!(
                    "| mydumper + myloader to {kind} | {seconds:.1} | {:.0} | – | – | – | {result} |",
                    data::rows() as f64 / seconds
                );
                theirs = theirs.min(seconds);
            }
        }
        if has_peer {
            println!("| ratio to {kind}: {:.2}, to reach {reach} | | | | | | |", ours / theirs);
        }
    }
    if !has_peer {
        println!("mydumper and myloader are not installed, so there is nothing to compare with");
    }
    Ok(())
}

async fn judge(target: &Server, expected: &str) -> Result<&'static str, Box<dyn Error>> {
    Ok(if data::digest(target).await? == expected { "right" } else { "WRONG" })
}

/// A process of its own, so that its memory and time are nobody else's.
fn our_copy(source: &Server, target: &Server) -> Result<(f64, String), Box<dyn Error>> {
    let begun = Instant::now();
    let run = Command::new(std::env::current_exe()?)
        .args(["copy-once", source.url(), target.url()])
        .stderr(Stdio::inherit())
        .output()?;
    if !run.status.success() {
        return Err("our copy failed".into());
    }
    Ok((begun.elapsed().as_secs_f64(), String::from_utf8(run.stdout)?.trim().to_owned()))
}

/// Tables, rows, indexes; prints the seconds of the indexes, and processor time and peak memory of this process.
pub async fn once(source: &str, target: &str) -> Result<(), Box<dyn Error>> {
    let is_oceanbase = target.starts_with("oceanbase");
    let (source, target) = (ConnectOptions::from_url(source)?, ConnectOptions::from_url(target)?);
    let selection = Selection::new(NameCase::Sensitive).include(&format!("{}.*", data::DATABASE))?;
    let mut structure = Structure::new(source.clone(), target.clone(), &selection);
    drop(structure.prepare().await?);
    let sink: Box<dyn Sink> = if is_oceanbase {
        let options = OceanBaseSink::default_options().with_workers(WORKERS);
        Box::new(OceanBaseSink::new(target).with_options(options))
    } else {
        Box::new(MySqlSink::new(target).with_options(MySqlSinkOptions::default().with_workers(WORKERS)))
    };
    let wanted = selection.clone();
    let scan = ScanOptions::default().with_connections(4);
    let source = MySqlSource::new(source, move |table| wanted.is_selected(table))
        .with_options(HandoverOptions::default().with_follow(false).with_scan(scan));
    let summary = Pipeline::new("bench", source, sink).run().await?;
    let copied = Instant::now();
    drop(structure.finish().await?);
    let indexes = copied.elapsed().as_secs_f64();
    if summary.rows() != data::rows() {
        return Err(format!("{} rows were copied", summary.rows()).into());
    }
    let peak = peak_bytes()? as f64 / f64::from(1 << 20);
    println!("{indexes:.1} | {:.1} | {peak:.0}", processor_seconds()?);
    Ok(())
}

/// User and system time of this process, in the kernel's ticks of 10 ms.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, behind_name) = stat.rsplit_once(')').ok_or("no name in the process status")?;
    let ticks: Vec<u64> =
        behind_name.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() as f64 / 100.0)
}

fn peak_bytes() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak in the process status")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib << 10)
}

/// Dump, then load, over two threads each.
fn peer_copy(source: &Server, target: &Server) -> Result<f64, Box<dyn Error>> {
    let folder = std::env::current_dir()?.join("target").join("bench-dump");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let run = |tool: &str, server: &Server, rest: &[&str]| -> Result<(), Box<dyn Error>> {
        let port = server.port().to_string();
        let status = Command::new(tool)
            .args(["-h", "127.0.0.1", "-P", &port, "-u", "root", "-B", data::DATABASE, "-t", "2"])
            .args(rest)
            .stderr(Stdio::null())
            .status()?;
        if status.success() { Ok(()) } else { Err(format!("{tool} failed").into()) }
    };
    let path = folder.to_string_lossy();
    let begun = Instant::now();
    run("mydumper", source, &["-r", "100000", "-o", &path])?;
    let dumped = begun.elapsed().as_secs_f64();
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?.path();
        if entry.to_string_lossy().contains("-schema") {
            std::fs::remove_file(entry)?;
        }
    }
    let begun = Instant::now();
    run("myloader", target, &["-d", &path])?;
    let loaded = begun.elapsed().as_secs_f64();
    std::fs::remove_dir_all(&folder)?;
    Ok(dumped + loaded)
}
