//! [`FaultPlan`] and the wrappers that follow it: what can go wrong, going wrong when told to.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::checkpoint::{Checkpoint, CheckpointStore};
use crate::error::{At, Error, ErrorClass, Result};
use crate::event::EventBatch;
use crate::position::Position;
use crate::random::Random;
use crate::sink::{Progress, Sink, SinkCapabilities};
use crate::source::Source;

/// A call that can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Step {
    SourceOpen,
    NextBatch,
    Confirm,
    SourceClose,
    SinkOpen,
    Write,
    Flush,
    SinkClose,
    Load,
    Save,
}

impl Step {
    /// Every one of them.
    pub const ALL: [Step; 10] = [
        Step::SourceOpen,
        Step::NextBatch,
        Step::Confirm,
        Step::SourceClose,
        Step::SinkOpen,
        Step::Write,
        Step::Flush,
        Step::SinkClose,
        Step::Load,
        Step::Save,
    ];
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A transient error, and nothing is done.
    Refuse,
    /// It is done, and then the answer is lost: a transient error.
    LoseAnswer,
    /// A fatal error, and nothing is done: as if the process had died here.
    Crash,
    /// It is done, and then a fatal error: as if the process had died with the answer on its way.
    CrashAfter,
    /// It takes longer.
    Slow(Duration),
    /// It never returns.
    Hang,
}

/// Which calls go wrong, and how. Clones share the counts, so that one plan spans restarts.
///
/// # Examples
///
/// ```
/// use oms_core::testing::{Fault, FaultPlan, FaultSink, Step};
/// use oms_core::sink::NullSink;
/// let plan = FaultPlan::new().at(Step::Write, 3, Fault::LoseAnswer);
/// let sink = FaultSink::new(NullSink::new(), plan.clone());
/// assert_eq!(plan.fired(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct FaultPlan {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    planned: Vec<(Step, u64, Fault)>,
    calls: [u64; Step::ALL.len()],
    /// A share of all other calls that goes wrong, and how.
    random: Option<(Random, u64, Vec<Fault>)>,
    fired: u64,
}

impl FaultPlan {
    /// Nothing goes wrong.
    pub fn new() -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                planned: Vec::new(),
                calls: [0; Step::ALL.len()],
                random: None,
                fired: 0,
            })),
        }
    }

    /// The same, with this fault at call `call` of this kind, counted from 1 over all restarts.
    #[must_use]
    pub fn at(self, step: Step, call: u64, fault: Fault) -> Self {
        self.with(|state| state.planned.push((step, call, fault)));
        self
    }

    /// The same, with one call in `one_in` going wrong in one of these ways, drawn from a seed.
    #[must_use]
    pub fn random(self, seed: u64, one_in: u64, faults: impl IntoIterator<Item = Fault>) -> Self {
        let faults: Vec<_> = faults.into_iter().collect();
        self.with(|state| state.random = Some((Random::new(seed), one_in.max(1), faults)));
        self
    }

    /// How many calls have gone wrong.
    pub fn fired(&self) -> u64 {
        self.with(|state| state.fired)
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.with(|state| {
            state.planned.clear();
            state.random = None;
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn next(&self, step: Step) -> Option<Fault> {
        self.with(|state| {
            let place = Step::ALL.iter().position(|other| *other == step)?;
            state.calls[place] += 1;
            let call = state.calls[place];
            let planned = state.planned.iter().find(|(s, c, _)| *s == step && *c == call);
            let fault = planned.map(|(_, _, fault)| *fault).or_else(|| {
                let (random, one_in, faults) = state.random.as_mut()?;
                let hit = random.next().is_multiple_of(*one_in) && !faults.is_empty();
                hit.then(|| faults[random.next() as usize % faults.len()])
            });
            state.fired += u64::from(fault.is_some());
            fault
        })
    }

    /// Does `call`, unless the plan says otherwise.
    async fn run<T>(&self, step: Step, call: impl Future<Output = Result<T>>) -> Result<T> {
        let error = |class| Error::Connector {
            connector: "fault",
            action: format!("{step:?}").into(),
            class,
            at: Box::new(At::unknown()),
            source: "an injected fault".into(),
        };
        match self.next(step) {
            None => call.await,
            Some(Fault::Refuse) => Err(error(ErrorClass::Transient)),
            Some(Fault::Crash) => Err(error(ErrorClass::Fatal)),
            Some(Fault::LoseAnswer) => {
                call.await?;
                Err(error(ErrorClass::Transient))
            }
            Some(Fault::CrashAfter) => {
                call.await?;
                Err(error(ErrorClass::Fatal))
            }
            Some(Fault::Slow(delay)) => {
                tokio::time::sleep(delay).await;
                call.await
            }
            Some(Fault::Hang) => std::future::pending().await,
        }
    }
}

impl Default for FaultPlan {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! wrapper {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<T> {
            inner: T,
            plan: FaultPlan,
        }

        impl<T> $name<T> {
            /// Wraps it; what goes wrong is the plan's.
            pub fn new(inner: T, plan: FaultPlan) -> Self {
                Self { inner, plan }
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

wrapper! {
    /// A source that goes wrong by plan.
    FaultSource
}
wrapper! {
    /// A sink that goes wrong by plan.
    FaultSink
}
wrapper! {
    /// A checkpoint store that goes wrong by plan.
    FaultStore
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Source> Source for FaultSource<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        self.plan.run(Step::SourceOpen, self.inner.open(from)).await
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        self.plan.run(Step::NextBatch, self.inner.next_batch()).await
    }

    async fn confirm(&mut self, durable: &Position) -> Result<()> {
        self.plan.run(Step::Confirm, self.inner.confirm(durable)).await
    }

    async fn close(&mut self) -> Result<()> {
        self.plan.run(Step::SourceClose, self.inner.close()).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Sink> Sink for FaultSink<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn capabilities(&self) -> SinkCapabilities {
        self.inner.capabilities()
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.plan.run(Step::SinkOpen, self.inner.open(pipeline)).await
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        self.plan.run(Step::Write, self.inner.write(batch)).await
    }

    async fn flush(&mut self) -> Result<Progress> {
        self.plan.run(Step::Flush, self.inner.flush()).await
    }

    async fn close(&mut self) -> Result<()> {
        self.plan.run(Step::SinkClose, self.inner.close()).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: CheckpointStore> CheckpointStore for FaultStore<S> {
    async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.plan.run(Step::Load, self.inner.load(pipeline)).await
    }

    async fn save(&self, pipeline: &str, checkpoint: &Checkpoint) -> Result<()> {
        self.plan.run(Step::Save, self.inner.save(pipeline, checkpoint)).await
    }
}
