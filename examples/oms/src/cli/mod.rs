//! The command line: one file a subcommand.

mod run;
mod status;
mod wait;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use serde_json::Value;

use crate::failure::Result;
use crate::setup::Setup;
use crate::spec::parse_duration;
use crate::steps::Step;

/// Moves a live MySQL database into OceanBase or MySQL, keeps both sides equal, and proves it.
///
/// Exit status: 0 if all was done, 1 if a step failed, rows differ or time ran out, 2 if the command line or the
/// project file is wrong. Results go to standard output, progress and errors to standard error. No password and no row
/// value is ever printed.
#[derive(Debug, Parser)]
#[command(name = "oms", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print the result, or what went wrong, as one JSON object on standard output
    #[arg(long, global = true)]
    json: bool,
    /// Keep the records of steps and the lease in this folder instead of the target
    ///
    /// The checkpoint of the rows stays in the target: it is committed together with them.
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Log what happens inside (-v warnings, -vv every event, -vvv more)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the project's steps; the same command again goes on where it was
    ///
    /// Ctrl-C or SIGTERM ends it once everything that was read is durable; a second one ends at once, which loses
    /// nothing either. Only one process at a time may run a project.
    Run {
        /// The project file
        project: PathBuf,
        /// Only these of the steps, instead of those that the project file asks for
        #[arg(long, value_enum, value_delimiter = ',', value_name = "STEP,…")]
        steps: Option<Vec<Step>>,
        /// When to end
        #[arg(long, value_enum, default_value_t = Until::Done)]
        until: Until,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Wait until everything that the source has committed by now is durable in the target
    Wait {
        /// The project file
        project: PathBuf,
        /// What to wait for; the only choice so far
        #[arg(long, required = true)]
        caught_up: bool,
        /// How long to wait at the most
        #[arg(long, default_value = "60s", value_parser = parse_duration, value_name = "TIME")]
        timeout: Duration,
    },
    /// Show which steps are done, how far the rows are, and who runs the project
    Status {
        /// The project file
        project: PathBuf,
    },
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Until {
    /// When every step is done; as following has no end of its own, with it this is the same as `stopped`
    Done,
    /// When the source is caught up with, and the steps behind that are done
    CaughtUp,
    /// When it is told to stop
    Stopped,
}

/// What a command has to say, and with which exit status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u8,
    pub(crate) json: Value,
    pub(crate) text: String,
}

/// Runs a command and prints its answer.
pub(crate) async fn run(args: Args) -> ExitCode {
    let json = args.json;
    match Box::pin(answer(args)).await {
        Ok(answer) if json => {
            println!("{}", answer.json);
            ExitCode::from(answer.status)
        }
        Ok(answer) => {
            println!("{}", answer.text.trim_end());
            ExitCode::from(answer.status)
        }
        Err(failure) => {
            if json {
                println!("{}", failure.to_json());
            }
            eprintln!("oms: {failure}");
            ExitCode::from(failure.status())
        }
    }
}

async fn answer(args: Args) -> Result<Answer> {
    let state = args.state;
    match args.command {
        Command::Run { project, steps, until, dry_run } => {
            let setup = Setup::load(&project, state)?;
            let steps = steps.unwrap_or_else(|| Step::of_project(&setup.project.steps));
            Box::pin(run::run(&setup, steps, until, dry_run)).await
        }
        Command::Wait { project, caught_up: _, timeout } => {
            wait::wait(&Setup::load(&project, state)?, timeout).await
        }
        Command::Status { project } => status::status(&Setup::load(&project, state)?).await,
    }
}
