//! Dropped at any point, a pipeline leaves nothing behind.

use super::*;
use crate::random::Random;
use crate::testing::LaggingSink;
use tokio::runtime::Handle;

/// Stands for a connection: counts how many there are.
struct Connected<T> {
    inner: T,
    /// There for being dropped.
    _connection: Arc<()>,
}

#[async_trait]
impl<S: Source> Source for Connected<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        tokio::time::sleep(Duration::from_micros(50)).await;
        self.inner.open(from).await
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        tokio::task::yield_now().await;
        self.inner.next_batch().await
    }

    async fn confirm(&mut self, durable: &Position) -> Result<()> {
        tokio::task::yield_now().await;
        self.inner.confirm(durable).await
    }

    async fn close(&mut self) -> Result<()> {
        tokio::time::sleep(Duration::from_micros(50)).await;
        self.inner.close().await
    }
}

async fn nothing_is_left(tasks: usize, connections: &Arc<()>) {
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    let metrics = Handle::current().metrics();
    while metrics.num_alive_tasks() > tasks || Arc::strong_count(connections) > 1 {
        assert!(
            std::time::Instant::now() < deadline,
            "{} tasks and {} connections are left",
            metrics.num_alive_tasks() - tasks,
            Arc::strong_count(connections) - 1
        );
        tokio::time::sleep(Duration::from_micros(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_drops_at_random_points() {
    let workload = Workload::new(77, 3_000);
    let log = log(&workload);
    let sink = MemorySink::new().with_strict(true).with_checkpoint(true);
    let mut random = Random::new(42);
    let connections = Arc::new(());
    let tasks = Handle::current().metrics().num_alive_tasks();
    let budget = ByteBudget::new(64 << 10);
    let mut last = 0;
    let mut moved = 0;
    for round in 0..200 {
        let source =
            Connected { inner: log.clone().with_waiting(true), _connection: Arc::clone(&connections) };
        // Its worker is a task as well.
        let lagging = LaggingSink::new(sink.clone(), Duration::from_micros(random.next() % 3 * 100));
        let options = PipelineOptions::default()
            .with_budget(budget.clone())
            .with_batch_rows(1 + random.next() % 20)
            .with_checkpoint_interval(Duration::from_micros(500));
        let pipeline = Pipeline::new("p", source, lagging).options(options);
        let pause = Duration::from_micros(random.next() % 8_000);
        match round % 3 {
            0 => {
                let _ = tokio::time::timeout(pause, pipeline.run()).await;
            }
            1 => {
                let handle = pipeline.start().unwrap();
                tokio::time::sleep(pause).await;
                drop(handle);
            }
            _ => {
                // Dropped while it drains.
                let handle = pipeline.start().unwrap();
                tokio::time::sleep(pause).await;
                handle.stop();
                let _ = tokio::time::timeout(pause / 8, handle.join()).await;
            }
        }
        nothing_is_left(tasks, &connections).await;
        assert_eq!(budget.in_use_bytes(), 0, "round {round}");
        let at = sink.checkpoint("p").map_or(0, |checkpoint| {
            assert!(checkpoint.tally.balances());
            TransactionSource::transactions_before(&checkpoint.position).unwrap()
        });
        assert!(at >= last, "round {round}: the checkpoint went back from {last} to {at}");
        assert_rows(&sink, &workload, at);
        moved += usize::from(at > last);
        last = at;
    }
    assert!(moved > 20, "only {moved} runs moved anything");
    let rest = Pipeline::new("p", log, sink.clone()).run().await.unwrap();
    assert_eq!(rest.tally.read, workload.rows());
    assert_rows(&sink, &workload, 3_000);
    nothing_is_left(tasks, &connections).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_around_a_run_leaves_nothing_behind() {
    let connections = Arc::new(());
    let tasks = Handle::current().metrics().num_alive_tasks();
    let source = Connected {
        inner: log(&Workload::new(1, 20)).with_waiting(true),
        _connection: Arc::clone(&connections),
    };
    let host = tokio::spawn(async move {
        let _handle = Pipeline::new("p", source, MemorySink::new()).start().unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        panic!("the host program's own fault");
    });
    assert!(host.await.unwrap_err().is_panic());
    nothing_is_left(tasks, &connections).await;
}
