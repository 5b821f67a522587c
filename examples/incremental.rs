//! Follows the binary log of a MySQL server into a target whose tables are there already, until Ctrl-C.
//!
//! ```text
//! cargo run --example incremental --features oceanbase -- \
//!     mysql://replica@127.0.0.1:3306 oceanbase://root@127.0.0.1:2881 'shop.*' [binlog.000004:157]
//! ```
//!
//! Without a position it starts at the end of the log. The position is only for the first run: after that, the
//! checkpoint in the target says where to go on. In the first run the schemas are those of the source as it is now, so
//! no table may have changed its columns since that position; later changes are followed.

use std::error::Error;

use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
use oms_core::pipeline::Pipeline;
use oms_core::select::Selection;
use oms_core::sink::Sink;
use oms_sinks::mysql::MySqlSink;
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::binlog::{BinlogOptions, BinlogSource, StartPosition};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (source_url, target_url, pattern, start) = match arguments.as_slice() {
        [source, target, pattern] => (source, target, pattern, StartPosition::Now),
        [source, target, pattern, at] => (source, target, pattern, StartPosition::At(at.parse()?)),
        _ => return Err("usage: incremental SOURCE_URL TARGET_URL PATTERN [FILE:OFFSET]".into()),
    };
    let source_options = ConnectOptions::from_url(source_url)?;
    let target_options = ConnectOptions::from_url(target_url)?;

    // Whether `Shop` and `shop` are one database is for the source to say.
    let session = Session::connect(&source_options, &SessionOptions::default()).await?;
    let selection = Selection::new(session.server().name_case()).include(pattern)?;
    session.close().await?;

    let log = BinlogSource::new(source_options, move |table| selection.is_selected(table))
        .with_options(BinlogOptions::default().with_start(start));
    let sink: Box<dyn Sink> = match target_url.starts_with("oceanbase:") {
        true => Box::new(OceanBaseSink::new(target_options)),
        false => Box::new(MySqlSink::new(target_options)),
    };

    // Stopping drains: what has been read is made durable, and the checkpoint behind it is saved. A pipeline that is
    // killed instead loses nothing either; it reads a little again.
    let stop = async {
        // Without a handler for the signal it must not stop at once.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let summary = Pipeline::new(format!("incremental-{pattern}"), log, sink).run_until(stop).await?;
    let position = summary.position.map_or_else(|| "none".to_owned(), |position| position.to_string());
    println!("{}; position {position}", summary.tally);
    Ok(())
}
