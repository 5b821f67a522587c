//! What travels through a pipeline: changes of rows, in transactions, many to a batch.

mod batch;
mod change;
mod schema_change;
mod tally;
mod transaction;

pub use batch::{Event, EventBatch};
pub use change::{Change, ChangeKind};
pub use schema_change::{SchemaChange, SchemaChangeKind};
pub use tally::Tally;
pub use transaction::{Transaction, TransactionId};
