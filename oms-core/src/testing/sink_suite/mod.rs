//! The contract of [`Sink`] as a test.

mod driver;
mod durability;
mod protocol;
mod recovery;

use std::sync::Arc;

use async_trait::async_trait;

use self::driver::Target;
use super::report::{SuiteReport, Violation};
use crate::error::Result;
use crate::name::TableName;
use crate::schema::TableSchema;
use crate::sink::Sink;
use crate::value::Value;

/// How the suite gets at a sink.
#[async_trait]
pub trait SinkFixture: Send {
    /// Another sink onto the same target.
    async fn sink(&mut self) -> Result<Box<dyn Sink>>;

    /// Makes the target hold these tables, empty, whatever it held before.
    async fn reset(&mut self, tables: &[Arc<TableSchema>]) -> Result<()>;

    /// All rows of a table, in any order, as another reader of the target sees them at this moment; `None` if the target
    /// cannot be read back. Values are as the sample tables declare them: BIGINT as [`Value::Int`].
    async fn rows(&mut self, table: &TableName) -> Result<Option<Vec<Vec<Value>>>>;
}

/// Checks the contract of [`Sink`], as far as its [`capabilities`](Sink::capabilities) go.
///
/// The tables are those of [`sample`](super::sample). Sinks that a user may allow to break up transactions are to be
/// tested in the mode that keeps them whole.
///
/// # Errors
///
/// The first rule that does not hold.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use oms_core::{Result, TableName};
/// use oms_core::schema::TableSchema;
/// use oms_core::sink::{MemorySink, Sink};
/// use oms_core::testing::{SinkFixture, sink_suite};
/// use oms_core::value::Value;
///
/// struct Memory(MemorySink);
///
/// #[async_trait]
/// impl SinkFixture for Memory {
///     async fn sink(&mut self) -> Result<Box<dyn Sink>> {
///         Ok(Box::new(self.0.clone()))
///     }
///     async fn reset(&mut self, _tables: &[Arc<TableSchema>]) -> Result<()> {
///         self.0 = MemorySink::new();
///         Ok(())
///     }
///     async fn rows(&mut self, table: &TableName) -> Result<Option<Vec<Vec<Value>>>> {
///         Ok(Some(self.0.rows(table)))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let report = sink_suite(&mut Memory(MemorySink::new())).await.unwrap();
/// println!("{report}");
/// # }
/// ```
pub async fn sink_suite(fixture: &mut dyn SinkFixture) -> Result<SuiteReport, Violation> {
    let mut target = Target::new(fixture);
    protocol::check(&mut target).await?;
    durability::check(&mut target).await?;
    recovery::check(&mut target).await?;
    Ok(target.report)
}
