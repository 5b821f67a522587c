//! [`SourceInfo`] and [`MessageContext`]: what a message says besides the row.

use std::sync::Arc;
use std::time::SystemTime;

use oms_core::dialect::Product;
use oms_core::event::Transaction;

use super::json::write_escaped;

/// What messages say about the source.
///
/// # Examples
///
/// ```
/// use oms_core::dialect::Product;
/// use oms_sinks::envelope::SourceInfo;
///
/// let source = SourceInfo::new(Product::OceanBase).with_name("shop").with_tenant("mysql_tenant");
/// assert_eq!(&*source.name, "shop");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceInfo {
    /// The product behind the log.
    pub product: Product,
    /// The name that messages call the source by; the prefix of schema names in Debezium's shape.
    pub name: Arc<str>,
    /// The tenant of an OceanBase cluster, where messages are to name it.
    pub tenant: Option<Arc<str>>,
    /// The version of the product, as it says it.
    pub version: Option<Arc<str>>,
    /// The number of the server in its replication topology.
    pub server_id: Option<u64>,
    /// The number of the OceanBase cluster.
    pub cluster_id: Option<u64>,
    /// What messages give as the version of the connector; by itself that of this crate.
    pub connector_version: Arc<str>,
}

impl SourceInfo {
    /// A source of this product with the name `oms`, and nothing else known.
    pub fn new(product: Product) -> Self {
        Self {
            product,
            name: "oms".into(),
            tenant: None,
            version: None,
            server_id: None,
            cluster_id: None,
            connector_version: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// The same source under another name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The same source with its tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<Arc<str>>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// The same source with its version.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<Arc<str>>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The same source with the number of its server.
    #[must_use]
    pub fn with_server_id(mut self, server_id: u64) -> Self {
        self.server_id = Some(server_id);
        self
    }

    /// The same source under another version of the connector, for readers that look at it.
    #[must_use]
    pub fn with_connector_version(mut self, version: impl Into<Arc<str>>) -> Self {
        self.connector_version = version.into();
        self
    }

    /// The same source with the number of its cluster.
    #[must_use]
    pub fn with_cluster_id(mut self, cluster_id: u64) -> Self {
        self.cluster_id = Some(cluster_id);
        self
    }
}

/// What a message says besides the row: whose transaction it is, and when and as which it is written.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MessageContext<'a> {
    /// The source.
    pub source: &'a SourceInfo,
    /// The transaction, where there is one; scanned rows have none.
    pub transaction: Option<&'a Transaction>,
    /// When the message is made.
    pub written_at: SystemTime,
    /// The number of the row in its transaction, from 0.
    pub index: u64,
    /// The number of the message since the sink was opened, from 1.
    pub sequence: u64,
    /// No other row of the transaction follows.
    pub is_last: bool,
}

impl<'a> MessageContext<'a> {
    /// A message that belongs to no transaction, the first one.
    pub fn new(source: &'a SourceInfo, written_at: SystemTime) -> Self {
        Self { source, transaction: None, written_at, index: 0, sequence: 1, is_last: false }
    }

    /// The same message in this transaction, as its row `index`.
    #[must_use]
    pub fn in_transaction(mut self, transaction: &'a Transaction, index: u64) -> Self {
        self.transaction = Some(transaction);
        self.index = index;
        self
    }

    /// The same message as number `sequence` since the sink was opened.
    #[must_use]
    pub fn with_sequence(mut self, sequence: u64) -> Self {
        self.sequence = sequence;
        self
    }

    /// The same message, the last of its transaction or not.
    #[must_use]
    pub fn with_last(mut self, is_last: bool) -> Self {
        self.is_last = is_last;
        self
    }

    /// When the source committed the change; when the message is made, for what has no transaction.
    pub fn changed_at(&self) -> SystemTime {
        self.transaction.map_or(self.written_at, |transaction| transaction.committed_at)
    }

    /// Appends, escaped, a text that is the same whenever the same row of the same transaction is rendered again: the identity of the
    /// transaction and the row's number in it. Rows of a scan have the moment of writing and their number instead.
    pub(crate) fn write_identity(&self, out: &mut Vec<u8>) {
        let number = match self.transaction {
            Some(transaction) => {
                write_escaped(transaction.id.as_str(), out);
                self.index
            }
            None => {
                let at = super::clock::micros(self.written_at);
                out.extend_from_slice(itoa::Buffer::new().format(at).as_bytes());
                self.sequence
            }
        };
        out.push(b':');
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }
}
