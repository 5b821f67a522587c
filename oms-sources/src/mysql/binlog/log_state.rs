//! [`LogState`]: what the source says of its log, and whether a position can be read from.

use std::collections::HashMap;

use oms_core::mysql::{Flavour, Session, TextRow};
use oms_core::schema::Charset;
use oms_core::{Error, Position, Result};

use super::{BinlogPosition, GtidSet};

/// What the source says of its log.
#[derive(Clone, Debug)]
pub(crate) struct LogState {
    /// The end of the log, with everything executed where the server has GTIDs.
    pub(crate) end: BinlogPosition,
    /// GTIDs whose events are gone.
    purged: Option<GtidSet>,
    /// Log files that are there, the oldest first.
    pub(crate) files: Vec<String>,
}

impl LogState {
    /// Asks the server.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if it writes no log, or none that can be read: everything that is wrong at once.
    pub(crate) async fn read(session: &mut Session) -> Result<Self> {
        let problems = problems(session).await?;
        if !problems.is_empty() {
            return Err(Error::config("source", problems.join("; ")));
        }
        let end = Self::end(session).await?;
        let mut purged = None;
        if end.gtids.is_some() {
            let rows = session.query("SELECT @@global.gtid_purged").await?;
            purged = Some(first(&rows)?.text(0)?.parse()?);
        }
        let files = session.query("SHOW BINARY LOGS").await?;
        let files = files.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<_>>()?;
        Ok(Self { end, purged, files })
    }

    /// The end of the log.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the server writes none.
    pub(crate) async fn end(session: &mut Session) -> Result<BinlogPosition> {
        let Some(statement) = session.server().binlog_status_statement() else {
            return Err(Error::unsupported("the binlog reader", session.server().version_text()));
        };
        let status = session.query(statement).await?;
        let Some(status) = status.first() else {
            return Err(Error::config("source", "it writes no binary log: set log_bin"));
        };
        let end = BinlogPosition::new(status.text(0)?, status.number(1)?);
        if !has_gtids(session).await? {
            return Ok(end);
        }
        let rows = session.query("SELECT @@global.gtid_executed").await?;
        Ok(end.with_gtids(first(&rows)?.text(0)?.parse()?))
    }

    /// Checks that everything behind `position` is still there, and that the server has come that far.
    ///
    /// # Errors
    ///
    /// [`Error::PositionLost`] with what is missing.
    pub(crate) fn require(&self, position: &BinlogPosition) -> Result<()> {
        let lost = |missing: String| {
            let missing = format!("{missing}; copy the tables anew");
            Err(Error::PositionLost { position: Position::from(position), missing: missing.into() })
        };
        if let (Some(mine), Some(purged), Some(executed)) = (&position.gtids, &self.purged, &self.end.gtids) {
            let gone = purged.minus(mine);
            if !gone.is_empty() {
                return lost(format!("it has purged the transactions {gone}"));
            }
            let unknown = mine.minus(executed);
            if !unknown.is_empty() {
                return lost(format!(
                    "it has never executed the transactions {unknown}, so it is another server or was reset"
                ));
            }
            return Ok(());
        }
        if position.gtids.is_some() {
            return lost("it has no GTIDs any more".to_owned());
        }
        let file = position.held.as_ref().map_or(&position.file, |(file, _)| file);
        match self.files.first() {
            _ if self.files.contains(file) => Ok(()),
            Some(oldest) => lost(format!("file {file} is not there, the oldest is {oldest}")),
            None => lost(format!("file {file} is not there, nor any other")),
        }
    }
}

fn first(rows: &[TextRow]) -> Result<&TextRow> {
    rows.first().ok_or_else(|| Error::decode("an answer of the source", "it has no row"))
}

async fn has_gtids(session: &mut Session) -> Result<bool> {
    if session.server().flavour() == Flavour::MariaDb {
        return Ok(false);
    }
    let rows = session.query("SELECT @@global.gtid_mode").await?;
    Ok(first(&rows)?.text(0)? == "ON")
}

/// Everything about the source's settings that makes its log unreadable, with what to do.
///
/// # Errors
///
/// As for a query.
pub(crate) async fn problems(session: &mut Session) -> Result<Vec<String>> {
    let rows = session
        .query(
            "SHOW GLOBAL VARIABLES WHERE variable_name IN ('log_bin', 'binlog_format', 'binlog_row_image', \
             'binlog_row_value_options', 'server_id', 'binlog_encryption')",
        )
        .await?;
    let mut variables = HashMap::new();
    for row in &rows {
        variables.insert(row.text(0)?.to_ascii_lowercase(), row.text(1)?.to_owned());
    }
    let is =
        |name: &str, wanted: &str| variables.get(name).is_none_or(|value| value.eq_ignore_ascii_case(wanted));
    let found = |name: &str| variables.get(name).cloned().unwrap_or_default();
    let mut problems = Vec::new();
    if !is("log_bin", "ON") {
        problems.push("log_bin is OFF: the source has to write a binary log".to_owned());
    }
    if !is("binlog_format", "ROW") {
        problems.push(format!(
            "binlog_format is {}: SET GLOBAL binlog_format=ROW, and let clients reconnect",
            found("binlog_format")
        ));
    }
    if !is("binlog_row_image", "FULL") {
        problems.push(format!(
            "binlog_row_image is {}: SET GLOBAL binlog_row_image=FULL, and let clients reconnect",
            found("binlog_row_image")
        ));
    }
    if !is("binlog_row_value_options", "") {
        problems.push(format!("binlog_row_value_options is {}: SET GLOBAL binlog_row_value_options='', and let clients reconnect", found("binlog_row_value_options")));
    }
    if found("server_id") == "0" {
        problems.push("server_id is 0: the source serves no replicas until it has one".to_owned());
    }
    Ok(problems)
}

/// The character set of each collation id, as the server lists them.
///
/// # Errors
///
/// As for a query.
pub(crate) async fn collations(session: &mut Session) -> Result<HashMap<u64, Charset>> {
    let rows = session.query("SELECT id, character_set_name FROM information_schema.collations").await?;
    let mut collations = HashMap::new();
    for row in &rows {
        // MariaDB lists names that stand for several collations, without an id.
        let (Some(id), Some(name)) = (row.number_or_null(0)?, row.text_or_null(1)?) else { continue };
        if let Some(charset) = Charset::from_name(name) {
            collations.insert(id, charset);
        }
    }
    Ok(collations)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    fn state(executed: Option<&str>, purged: &str) -> LogState {
        let set = |text: &str| text.replace('U', UUID).parse::<GtidSet>().unwrap();
        let mut end = BinlogPosition::new("b.000007", 900);
        end.gtids = executed.map(set);
        LogState {
            end,
            purged: Some(set(purged)),
            files: vec!["b.000005".into(), "b.000006".into(), "b.000007".into()],
        }
    }

    fn position(text: &str) -> BinlogPosition {
        text.replace('U', UUID).parse().unwrap()
    }

    #[test]
    fn what_is_missing_is_named() {
        let with_gtids = state(Some("U:1-100"), "U:1-50");
        with_gtids.require(&position("b.000001:4 gtids=U:1-60")).unwrap();
        let error = with_gtids.require(&position("b.000007:4 gtids=U:1-40")).unwrap_err().to_string();
        assert!(error.contains(&format!("{UUID}:41-50")), "{error}");
        let error = with_gtids.require(&position("b.000007:4 gtids=U:1-101")).unwrap_err().to_string();
        assert!(error.contains(&format!("never executed the transactions {UUID}:101")), "{error}");
    }

    #[test]
    fn without_gtids_the_file_must_be_there() {
        let without = state(None, "");
        without.require(&position("b.000005:4")).unwrap();
        let error = without.require(&position("b.000004:4")).unwrap_err().to_string();
        assert!(error.contains("the oldest is b.000005"), "{error}");
        assert!(without.require(&position("b.000006:4 held=b.000004:4")).is_err());
        assert!(without.require(&position("b.000006:4 gtids=U:1")).is_err());
    }
}
