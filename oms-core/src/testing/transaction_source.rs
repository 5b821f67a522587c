//! [`TransactionSource`]: a log in memory.

use std::sync::Arc;

use async_trait::async_trait;

use super::sample::SampleTransaction;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::event::{Event, EventBatch};
use crate::position::Position;
use crate::source::Source;

/// The position scheme: how many transactions have been given.
const SCHEME: &str = "sample";

/// Gives transactions in order, cut into batches as a log reader does: many small ones to a batch, a large one over
/// several, with a position only behind a commit. Clones share the transactions.
///
/// # Examples
///
/// ```
/// use oms_core::testing::TransactionSource;
/// use oms_core::testing::sample::SampleTransaction;
/// let log = TransactionSource::new([SampleTransaction::new("t1")]).with_batch_events(100);
/// ```
#[derive(Clone, Debug)]
pub struct TransactionSource {
    transactions: Arc<[Vec<Event>]>,
    batch_events: usize,
    waits: bool,
    /// The transaction and the event that come next; `None` while closed.
    next: Option<(usize, usize)>,
}

impl TransactionSource {
    /// A log of these transactions, one to a batch.
    pub fn new(transactions: impl IntoIterator<Item = SampleTransaction>) -> Self {
        Self {
            transactions: transactions.into_iter().map(SampleTransaction::into_events).collect(),
            batch_events: 1,
            waits: false,
            next: None,
        }
    }

    /// The same, with batches of so many events: whole transactions while they fit, parts of one that does not.
    #[must_use]
    pub fn with_batch_events(mut self, events: usize) -> Self {
        self.batch_events = events.max(1);
        self
    }

    /// The same, waiting at its end as a log does instead of ending.
    #[must_use]
    pub fn with_waiting(mut self, waits: bool) -> Self {
        self.waits = waits;
        self
    }

    /// How many transactions lie before a position of this kind of source.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] or [`Error::Decode`] if it is not one.
    pub fn transactions_before(position: &Position) -> Result<usize> {
        let token = position.token_of(SCHEME)?;
        token.parse().map_err(|_| Error::decode("a sample position", "it is not a count of transactions"))
    }

    /// The position behind so many transactions.
    pub fn position_after(transactions: usize) -> Position {
        Position::new(SCHEME, transactions.to_string())
    }
}

#[async_trait]
impl Source for TransactionSource {
    fn name(&self) -> &str {
        "transactions"
    }

    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        let at = from.map_or(Ok(0), |from| Self::transactions_before(&from.position))?;
        self.next = Some((at, 0));
        Ok(())
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        let Some((transaction, event)) = &mut self.next else {
            return Err(Error::Stopped { what: "the sample source" });
        };
        let mut batch = EventBatch::new();
        while batch.events().len() < self.batch_events {
            let Some(events) = self.transactions.get(*transaction) else {
                break;
            };
            let room = self.batch_events - batch.events().len();
            let rest = &events[*event..];
            if rest.len() > room && (!batch.events().is_empty() && *event == 0) {
                break;
            }
            // A transaction of its own batch is cut only where it is larger than that.
            let count = if self.batch_events == 1 { rest.len() } else { rest.len().min(room) };
            rest[..count].iter().for_each(|event| batch.push(event.clone()));
            *event += count;
            if *event == events.len() {
                (*transaction, *event) = (*transaction + 1, 0);
            }
        }
        if !batch.events().is_empty() {
            let ends_on_a_commit = *event == 0;
            return Ok(Some(match ends_on_a_commit {
                true => batch.with_position(Self::position_after(*transaction)),
                false => batch,
            }));
        }
        match self.waits {
            true => std::future::pending().await,
            false => Ok(None),
        }
    }

    async fn confirm(&mut self, durable: &Position) -> Result<()> {
        Self::transactions_before(durable).map(drop)
    }

    async fn close(&mut self) -> Result<()> {
        self.next = None;
        Ok(())
    }
}
