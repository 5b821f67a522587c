//! [`DataStep`]: the pipeline that copies rows and follows their changes.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oms_core::TableName;
use oms_core::mysql::{Session, SessionOptions};
use oms_core::pipeline::{
    ByteBudget, EndReason, Pipeline, PipelineControl, PipelineOptions, RetryPolicy, Summary,
};
use oms_core::select::Selection;
use oms_core::sink::Sink;
use oms_core::source::Source;
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions};
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::MySqlSource;
use oms_sources::mysql::binlog::{BinlogOptions, BinlogPosition, BinlogSource, StartPosition};
use oms_sources::mysql::handover::HandoverOptions;
use oms_sources::mysql::scan::ScanOptions;

use super::{Step, covers, is_copied};
use crate::failure::{Failure, Result};
use crate::setup::Setup;
use crate::show::Show;
use crate::signal::Stop;
use crate::spec::{Product, Seconds};
use crate::state::owner;

/// How often a durable position is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long the newest change may take to the target for the source to count as caught up with.
const CLOSE: Duration = Duration::from_secs(5);

/// The pipeline that copies rows and follows their changes.
#[derive(Debug)]
pub(crate) struct DataStep<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) selection: &'a Selection,
    /// The token of the lease, where the sink is to check it.
    pub(crate) lease: Option<u64>,
    pub(crate) stop: &'a Stop,
}

/// How a pipeline is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// Copies and ends.
    No,
    /// Copies what is not copied yet, and follows the log.
    Yes,
    /// Follows the log; nothing is copied.
    Only,
}

impl DataStep<'_> {
    /// Starts a pipeline.
    pub(crate) fn start(&self, step: Step, follow: Follow, show: Show) -> Result<Running> {
        let project = &self.setup.project;
        let Seconds(patience) = project.retry.give_up_after;
        let options = PipelineOptions::default()
            .with_budget(ByteBudget::new(project.memory.0))
            .with_retry(RetryPolicy::default().with_give_up_after(Some(patience)));
        let pipeline = Pipeline::new(project.name.as_str(), self.source(follow)?, self.sink())
            .transform(self.selection.mapping())
            .options(options);
        let control = pipeline.control();
        let handle = pipeline.start()?;
        Ok(Running {
            show: show.watch(step, control.clone(), self.setup),
            control,
            end: Box::pin(handle.join()),
            stop: self.stop.clone(),
        })
    }

    fn source(&self, follow: Follow) -> Result<Box<dyn Source>> {
        let project = &self.setup.project;
        let wanted = {
            let selection = Arc::new(self.selection.clone());
            move |table: &TableName| selection.is_selected(table)
        };
        let mut binlog = BinlogOptions::default();
        if let Some(server_id) = project.incremental.server_id {
            binlog = binlog.with_server_id(server_id);
        }
        let connect = self.setup.source.clone();
        if follow == Follow::Only {
            if let Some(position) = &project.incremental.start_position {
                binlog = binlog.with_start(StartPosition::At(position.parse()?));
            }
            if let Some(gtids) = &project.incremental.start_gtids {
                binlog = binlog.with_start(StartPosition::Gtids(gtids.parse()?));
            }
            return Ok(Box::new(BinlogSource::new(connect, wanted).with_options(binlog)));
        }
        let mut scan = ScanOptions::default();
        if let Some(connections) = project.full.connections {
            scan = scan.with_connections(connections);
        }
        if let Some(rows) = project.full.chunk_rows {
            scan = scan.with_chunk_rows(rows);
        }
        if let Some(rows) = project.full.range_rows {
            scan = scan.with_range_rows(Some(rows));
        }
        let options = HandoverOptions::default().with_scan(scan).with_binlog(binlog);
        let options = options.with_follow(follow == Follow::Yes);
        Ok(Box::new(MySqlSource::new(connect, wanted).with_options(options)))
    }

    fn sink(&self) -> Box<dyn Sink> {
        let project = &self.setup.project;
        let mut options = match self.setup.product {
            Product::MySql => MySqlSinkOptions::default(),
            Product::OceanBase => OceanBaseSink::default_options(),
        };
        options = options.with_checkpoint_database(project.state.database.as_str()).with_holder(owner());
        if let Some(workers) = project.apply.workers {
            options = options.with_workers(workers);
        }
        if let Some(Seconds(timeout)) = project.apply.lock_wait_timeout {
            options = options.with_lock_wait_timeout(timeout);
        }
        if let Some(token) = self.lease {
            options = options.with_lease(token);
        }
        let connect = self.setup.target.clone();
        match self.setup.product {
            Product::MySql => Box::new(MySqlSink::new(connect).with_options(options)),
            Product::OceanBase => Box::new(OceanBaseSink::new(connect).with_options(options)),
        }
    }
}

/// A pipeline that runs, in the midst of a step.
pub(crate) struct Running {
    control: PipelineControl,
    end: Pin<Box<dyn Future<Output = oms_core::Result<Summary>> + Send>>,
    stop: Stop,
    /// Shows and records how far it is, until this is dropped.
    show: crate::show::Watching,
}

/// Why waiting on a pipeline ended without an error.
#[derive(Debug)]
pub(crate) enum Ended<T> {
    /// What was waited for has come about; the pipeline goes on.
    Reached(T),
    /// The source has no more, and everything is durable.
    Finished(Summary),
    /// The person asked to stop; everything that was read is durable.
    Stopped(Summary),
}

impl Running {
    /// Waits until `goal` has come about, the pipeline ends, or the person asks to stop.
    pub(crate) async fn until<T>(&mut self, goal: impl Future<Output = Result<T>>) -> Result<Ended<T>> {
        tokio::select! {
            summary = &mut self.end => {
                self.show.end().await;
                let summary = summary?;
                Ok(match summary.end {
                    EndReason::Stopped => Ended::Stopped(summary),
                    _ => Ended::Finished(summary),
                })
            }
            reached = goal => Ok(Ended::Reached(reached?)),
            () = self.stop.asked() => Ok(Ended::Stopped(self.drain().await?)),
        }
    }

    /// Stops it once everything that was read is durable.
    pub(crate) async fn drain(&mut self) -> Result<Summary> {
        self.control.stop();
        let summary = (&mut self.end).await;
        self.show.end().await;
        Ok(summary?)
    }

    /// Comes about when all tables are copied.
    pub(crate) fn copied(&self) -> impl Future<Output = Result<()>> + use<> {
        let control = self.control.clone();
        async move {
            loop {
                if let Some(position) = control.progress().position
                    && is_copied(&position)?
                {
                    return Ok(());
                }
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// Comes about when what the source commits is durable at the target within a moment.
    pub(crate) fn caught_up(&self, setup: &Setup) -> impl Future<Output = Result<()>> + use<> {
        let (control, connect) = (self.control.clone(), setup.source.clone());
        async move {
            loop {
                let end = match log_end(&connect).await {
                    Ok(end) => end,
                    // The pipeline has the same trouble, and decides when to give up.
                    Err(error) if error.is_retryable() => {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                };
                let asked = Instant::now();
                while !control.progress().position.map_or(Ok(false), |position| covers(&position, &end))? {
                    tokio::time::sleep(LOOK).await;
                }
                if asked.elapsed() < CLOSE {
                    return Ok(());
                }
            }
        }
    }
}

/// The end of the source's log at this moment.
pub(crate) async fn log_end(connect: &oms_core::mysql::ConnectOptions) -> oms_core::Result<BinlogPosition> {
    let mut session = Session::connect(connect, &SessionOptions::default()).await?;
    let end = BinlogPosition::end_of(&mut session).await?;
    session.close().await?;
    Ok(end)
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({:?})", self.control)
    }
}

/// How a pipeline is to be driven, by what is asked for and what was done before.
pub(crate) fn follow_of(
    checkpoint: Option<&oms_core::checkpoint::Checkpoint>,
    steps: &[Step],
    copied: bool,
) -> Result<Follow> {
    let (full, incremental) = (steps.contains(&Step::Full), steps.contains(&Step::Incremental));
    let scheme = checkpoint.map(|checkpoint| checkpoint.position.scheme());
    let is_log_only = scheme == Some(BinlogPosition::SCHEME);
    if full && is_log_only {
        return Err(Failure::config(
            "this project has followed the log without a copy: leave out the step full, or use another name",
        ));
    }
    match (full, incremental) {
        (false, true) if checkpoint.is_none() || is_log_only => Ok(Follow::Only),
        (false, true) if !copied => {
            Err(Failure::config("the copy of this project is not complete: run the step full as well"))
        }
        (_, true) => Ok(Follow::Yes),
        _ => Ok(Follow::No),
    }
}
