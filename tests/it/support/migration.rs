//! [`Migration`]: a database at one server and its copy at another, and what moves one into the other.

use std::time::{Duration, Instant};

use oms_core::Result;
use oms_core::error::Chain;
use oms_core::mysql::ConnectOptions;
use oms_core::pipeline::{Pipeline, PipelineHandle, PipelineOptions, RetryPolicy, Summary};
use oms_core::sink::Sink;
use oms_core::transform::Mapping;
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions, TargetCheckpoints};
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::MySqlSource;
use oms_sources::mysql::binlog::{BinlogOptions, BinlogPosition};
use oms_sources::mysql::handover::{HandoverOptions, HandoverPosition};
use oms_sources::mysql::scan::ScanOptions;
use oms_test_servers::{Database, Server, ServerBuilder, oracle};

use super::within;

/// A database at one server and its copy under another name at another.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) shop: Database,
    pub(crate) copy: Database,
    pub(crate) source: Server,
    pub(crate) target: Server,
    /// How long either server may be silent.
    pub(crate) io_timeout: Duration,
    /// How long to wait until the target has caught up.
    pub(crate) patience: Duration,
    /// How the source is reached; a proxy may be named here.
    pub(crate) source_url: String,
    /// How the target is reached.
    pub(crate) target_url: String,
}

impl Migration {
    /// Makes the tables of `script` in a fresh database on both sides; none if a server cannot be had.
    pub(crate) async fn start(
        test: &str,
        source: ServerBuilder,
        target: ServerBuilder,
        script: &str,
    ) -> Option<Self> {
        let source = Box::pin(source.start_or_skip(test)).await?;
        let target = Box::pin(target.start_or_skip(test)).await?;
        let shop = source.create_database("shop").await.expect("a database at the source");
        let copy = target.create_database("copy").await.expect("a database at the target");
        if !script.is_empty() {
            shop.query(script).await.expect("the tables at the source");
            copy.query(script).await.expect("the tables at the target");
        }
        let (source_url, target_url) = (source.url().to_owned(), target.url().to_owned());
        let (io_timeout, patience) = (Duration::from_secs(60), Duration::from_secs(110));
        Some(Self { shop, copy, source, target, io_timeout, patience, source_url, target_url })
    }

    /// The same migration once more, into a fresh database with the tables of `script`.
    pub(crate) async fn begin_anew(&mut self, script: &str) {
        self.copy = self.target.create_database("copy").await.expect("a database at the target");
        self.copy.query(script).await.expect("the tables at the target");
    }

    /// Options that make hand-overs of small tables as eventful as those of large ones.
    pub(crate) fn small_chunks() -> HandoverOptions {
        let scan = ScanOptions::default()
            .with_connections(3)
            .with_chunk_rows(500)
            .with_range_rows(Some(2000))
            .with_batch_bytes(16 << 10)
            .with_position_interval(Duration::from_millis(20));
        HandoverOptions::default().with_scan(scan).with_binlog(BinlogOptions::default())
    }

    /// Everything of the database, and what happens to it.
    pub(crate) fn all_of_it(&self, options: HandoverOptions) -> MySqlSource {
        let shop = self.shop.name().to_owned();
        let connect = connect(&self.source_url).with_io_timeout(self.io_timeout);
        MySqlSource::new(connect, move |table| table.database() == shop).with_options(options)
    }

    /// From the source's database into the target's.
    pub(crate) fn mapping(&self) -> Mapping {
        Mapping::new().database(self.shop.name(), self.copy.name())
    }

    /// The target's kind of sink.
    pub(crate) fn sink(&self, change: impl FnOnce(MySqlSinkOptions) -> MySqlSinkOptions) -> Box<dyn Sink> {
        let connect = connect(&self.target_url).with_io_timeout(self.io_timeout);
        let patient =
            |options: MySqlSinkOptions| change(options.with_checkpoint_database(self.checkpoint_database()));
        match self.target.kind() {
            "seekdb" => {
                Box::new(OceanBaseSink::new(connect).with_options(patient(OceanBaseSink::default_options())))
            }
            _ => Box::new(MySqlSink::new(connect).with_options(patient(MySqlSinkOptions::default()))),
        }
    }

    /// The pipeline's name, used by nobody else.
    pub(crate) fn id(&self) -> String {
        self.copy.name().to_owned()
    }

    /// Where the checkpoints are: in the copy itself, so that they go with it.
    pub(crate) fn checkpoint_database(&self) -> String {
        self.copy.name().to_owned()
    }

    /// How far any run of the pipeline has come.
    pub(crate) fn checkpoints(&self) -> TargetCheckpoints {
        TargetCheckpoints::new(connect(self.target.url())).with_database(self.checkpoint_database())
    }

    /// Source to target, with small chunks and the usual sink.
    pub(crate) fn pipeline(&self) -> Pipeline {
        self.pipeline_of(self.all_of_it(Self::small_chunks()), self.sink(|options| options))
    }

    /// The same between ends of one's own.
    pub(crate) fn pipeline_of(
        &self,
        source: impl oms_core::source::Source + 'static,
        sink: Box<dyn Sink>,
    ) -> Pipeline {
        let retry =
            RetryPolicy::default().with_max(Duration::from_secs(1)).with_initial(Duration::from_millis(20));
        let options =
            PipelineOptions::default().with_retry(retry).with_checkpoint_interval(Duration::from_millis(100));
        Pipeline::new(self.id(), source, sink).transform(self.mapping()).options(options)
    }

    /// Runs [`Self::pipeline`].
    pub(crate) fn run(&self) -> Run {
        Run::of(self.pipeline())
    }

    /// Runs until all that is committed at the source now is durable at the target.
    pub(crate) async fn run_until_caught_up(&self) -> Summary {
        let run = self.run();
        self.caught_up(&run).await;
        run.stop().await
    }

    /// Waits until all that is committed at the source now is durable at the target.
    pub(crate) async fn caught_up(&self, run: &Run) {
        let end = log_end(&self.source).await;
        let deadline = Instant::now() + self.patience;
        // Its end, with the error, is the caller's.
        while !run.handle.is_ended() {
            let progress = run.handle.progress();
            if progress.position.as_ref().is_some_and(|position| covers(position, &end)) {
                return;
            }
            assert!(Instant::now() < deadline, "waited too long until {end} is reached: {progress:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Compares all tables but the checkpoints'.
    pub(crate) async fn compare(&self) -> oracle::Report {
        let pairs = [(self.shop.name(), self.copy.name())];
        Box::pin(oracle::compare_databases(self.source.url(), self.target.url(), &pairs, &["checkpoint"]))
            .await
            .expect("a comparison")
    }

    /// Fails unless all tables are equal, and not all of them empty.
    pub(crate) async fn assert_equal(&self) {
        let report = self.compare().await;
        report.assert_equal();
        assert!(report.tables().iter().any(|table| table.source_rows() > 0), "nothing to compare");
    }
}

/// How to reach a server of the test servers.
pub(crate) fn connect(url: &str) -> ConnectOptions {
    // Their URLs may carry options of the driver that set-ups use.
    let url = url.split('?').next().unwrap_or(url);
    ConnectOptions::from_url(url).expect("a URL of the test servers")
}

/// Where a server's log ends now.
pub(crate) async fn log_end(server: &Server) -> BinlogPosition {
    let new = server.kind() == "mysql";
    let status = if new { "SHOW BINARY LOG STATUS" } else { "SHOW MASTER STATUS" };
    let row = server.query(status).await.expect("the end of the log").remove(0);
    let cell = |place: usize| row[place].clone().expect("a file and an offset");
    let end = BinlogPosition::new(cell(0), cell(1).parse().expect("an offset"));
    let gtids = server.query("SELECT @@global.gtid_executed, @@global.gtid_mode").await.expect("GTIDs");
    match &gtids[0][..] {
        [Some(set), Some(mode)] if mode == "ON" => end.with_gtids(set.parse().expect("a set of GTIDs")),
        _ => end,
    }
}

/// True if all tables are copied, and the log followed up to `end`.
pub(crate) fn covers(position: &oms_core::Position, end: &BinlogPosition) -> bool {
    match HandoverPosition::try_from(position) {
        Ok(position) => position.is_scanned() && position.log().is_ok_and(|log| log.covers(end)),
        Err(_) => BinlogPosition::try_from(position).is_ok_and(|log| log.covers(end)),
    }
}

/// A pipeline that runs.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) handle: PipelineHandle,
}

impl Run {
    /// Runs a pipeline.
    pub(crate) fn of(pipeline: Pipeline) -> Self {
        Self { handle: pipeline.start().expect("a runtime") }
    }

    /// Fails if it has ended.
    #[track_caller]
    pub(crate) fn assert_running(&self) {
        assert!(!self.handle.is_ended(), "the pipeline has ended: {:?}", self.handle.progress());
    }

    /// Waits for its end.
    pub(crate) async fn end(self) -> Result<Summary> {
        within("the pipeline has ended", self.handle.join()).await
    }

    /// Stops it.
    #[track_caller]
    pub(crate) fn stop(self) -> impl Future<Output = Summary> {
        let place = std::panic::Location::caller();
        async move {
            self.handle.stop();
            match self.end().await {
                Ok(summary) => summary,
                Err(error) => panic!("{place}: {}", Chain(&error)),
            }
        }
    }

    /// Waits for an error that ends it.
    #[track_caller]
    pub(crate) fn fails(self) -> impl Future<Output = oms_core::Error> {
        let place = std::panic::Location::caller();
        async move {
            match self.end().await {
                Err(error) => error,
                Ok(summary) => panic!("{place}: it ended well: {summary:?}"),
            }
        }
    }
}
