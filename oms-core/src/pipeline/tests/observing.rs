//! Lag and metrics.

use std::collections::BTreeMap;
use std::time::SystemTime;

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use super::*;
use crate::event::Event;
use crate::observe::metric;
use crate::testing::LaggingSink;
use crate::testing::sample::{SampleTransaction, accounts, batch};

fn heartbeat(time: SystemTime) -> EventBatch {
    batch([Event::Heartbeat(time)])
}

#[tokio::test]
async fn lag_is_that_of_the_newest_durable_word_of_the_source() {
    let (sender, source) = crate::source::channel(1);
    let slow = LaggingSink::new(MemorySink::new(), Duration::from_millis(30));
    let handle = Pipeline::new("p", source, slow).start().unwrap();
    assert_eq!(handle.progress().lag, None, "unknown is not zero");

    let old = SystemTime::now() - Duration::from_secs(600);
    let row = [[1_i64.into(), 0_i64.into(), Value::Null]];
    let transaction = SampleTransaction::at("t", old).insert(&accounts(), row);
    sender.send(transaction.into_batch(Position::new("channel", "1"))).await.unwrap();
    assert_eq!(handle.progress().lag, None, "read is not durable");
    eventually("the transaction is durable", || handle.progress().lag.is_some()).await;
    let lag = handle.progress().lag.unwrap();
    assert!((600..605).contains(&lag.as_secs()), "{lag:?}");
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(
        handle.progress().lag.unwrap() >= lag + Duration::from_millis(20),
        "it grows while nothing comes"
    );

    sender.send(heartbeat(SystemTime::now())).await.unwrap();
    eventually("the word of idleness is through", || handle.progress().lag.unwrap().as_secs() < 60).await;
    sender.send(heartbeat(SystemTime::now() + Duration::from_secs(100))).await.unwrap();
    eventually("a clock that runs ahead is no lag", || handle.progress().lag == Some(Duration::ZERO)).await;
    handle.stop();
    handle.join().await.unwrap();
}

/// Keeps every number under its name and labels.
#[derive(Clone, Default)]
struct Numbers(Arc<Mutex<BTreeMap<String, f64>>>);

struct Number(Numbers, String);

impl Number {
    fn change(&self, change: impl FnOnce(&mut f64)) {
        change(self.0.0.lock().unwrap().entry(self.1.clone()).or_default());
    }
}

impl CounterFn for Number {
    fn increment(&self, value: u64) {
        self.change(|number| *number += value as f64);
    }
    fn absolute(&self, value: u64) {
        self.change(|number| *number = value as f64);
    }
}

impl GaugeFn for Number {
    fn increment(&self, value: f64) {
        self.change(|number| *number += value);
    }
    fn decrement(&self, value: f64) {
        self.change(|number| *number -= value);
    }
    fn set(&self, value: f64) {
        self.change(|number| *number = value);
    }
}

impl Numbers {
    fn of(&self, key: &Key) -> Arc<Number> {
        let mut labels: Vec<String> = key.labels().map(|l| format!("{}={}", l.key(), l.value())).collect();
        labels.sort();
        Arc::new(Number(self.clone(), format!("{} {}", key.name(), labels.join(" "))))
    }
}

impl Recorder for Numbers {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key))
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn metrics_count_what_became_durable() {
    let numbers = Numbers::default();
    let workload = Workload::new(9, 60);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let pipeline = metrics::with_local_recorder(&numbers, || {
        let plan = crate::testing::FaultPlan::new().at(
            crate::testing::Step::SinkOpen,
            1,
            crate::testing::Fault::Refuse,
        );
        let sink = LaggingSink::new(MemorySink::new(), Duration::from_secs(3));
        let sink = crate::testing::FaultSink::new(sink, plan);
        let pipeline =
            Pipeline::new("p", log(&workload), sink).options(PipelineOptions::default().with_batch_rows(0));
        let control = pipeline.control();
        runtime.block_on(pipeline.run()).unwrap();
        control.progress()
    });
    let numbers = numbers.0.lock().unwrap().clone();
    let rows: f64 = numbers.iter().filter(|(name, _)| name.starts_with(metric::ROWS)).map(|(_, n)| n).sum();
    assert_eq!(rows, workload.rows() as f64);
    let inserted = pipeline.table(accounts().name()).unwrap().rows.insert;
    let name = format!("{} kind=insert pipeline=p table=oms_sample.accounts", metric::ROWS);
    assert_eq!(numbers[&name], inserted as f64);
    let bytes: f64 = numbers.iter().filter(|(name, _)| name.starts_with(metric::BYTES)).map(|(_, n)| n).sum();
    assert_eq!(bytes, pipeline.bytes() as f64);
    assert_eq!(numbers[&format!("{} pipeline=p", metric::RETRIES)], 1.0);
    assert!(numbers[&format!("{} pipeline=p", metric::BATCHES)] >= 1.0);
    assert!(numbers.contains_key(&format!("{} pipeline=p", metric::LAG)), "{:?}", numbers.keys());
}
