//! Step records as rows of a table `step` in the target, beside the checkpoints.

use oms_core::mysql::{ConnectOptions, Session, SessionOptions, quote_ident, quote_table, quote_text};
use oms_core::{Error, Result, TableName};

use super::{StepRecord, Steps};

fn table(database: &str) -> TableName {
    TableName::new(database, "step")
}

pub(super) async fn load(connect: &ConnectOptions, database: &str, pipeline: &str) -> Result<Steps> {
    let mut session = Session::connect(connect, &SessionOptions::default()).await?;
    let mut steps = Steps::new();
    let table = table(database);
    let select =
        format!("SELECT step, content FROM {} WHERE pipeline={}", quote_table(&table), quote_text(pipeline));
    for row in session.query_if_there(&table, &select).await? {
        let record = serde_json::from_str(row.text(1)?)
            .map_err(|error| Error::decode("the record of a step", error.to_string()))?;
        steps.insert(row.text(0)?.to_owned(), record);
    }
    session.close().await?;
    Ok(steps)
}

pub(super) async fn save(
    connect: &ConnectOptions,
    database: &str,
    pipeline: &str,
    step: &str,
    record: &StepRecord,
) -> Result<()> {
    let mut session = Session::connect(connect, &SessionOptions::default()).await?;
    let table = quote_table(&table(database));
    let create = format!(
        "CREATE TABLE IF NOT EXISTS {table} (pipeline VARCHAR(128) NOT NULL, step VARCHAR(32) NOT NULL, \
         content LONGTEXT NOT NULL, PRIMARY KEY (pipeline, step)) \
         DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    );
    let content = serde_json::to_string(record)
        .map_err(|error| Error::decode("the record of a step", error.to_string()))?;
    let content = quote_text(&content);
    let upsert = format!(
        "INSERT INTO {table} (pipeline,step,content) VALUES ({},{},{content}) \
         ON DUPLICATE KEY UPDATE content={content}",
        quote_text(pipeline),
        quote_text(step)
    );
    session.execute(format!("CREATE DATABASE IF NOT EXISTS {}", quote_ident(database))).await?;
    session.execute(create).await?;
    session.execute(upsert).await?;
    session.close().await
}
