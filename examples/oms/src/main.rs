//! `oms`: moves a live MySQL database into OceanBase or MySQL, by a project file.
//!
//! Built only from the public API of the oms crates: a program of your own may start from this one. It reads in this
//! order: `spec` (the project file), `setup` (what it leads to), `cli` (the subcommands), `steps` (what a run does).
#![forbid(unsafe_code)]

mod cli;
mod failure;
mod setup;
mod show;
mod signal;
mod spec;
mod state;
mod steps;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    let level = match args.verbose {
        0 => "off",
        1 => "warn",
        2 => "info",
        _ => "debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(cli::run(args)),
        Err(error) => {
            eprintln!("oms: cannot start the runtime: {error}");
            ExitCode::from(1)
        }
    }
}
