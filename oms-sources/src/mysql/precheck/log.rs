//! What the binary log has to be like.

use std::collections::HashMap;

use oms_core::mysql::Session;
use oms_core::project::CheckReport;
use oms_core::{Error, Position, Result};

use crate::mysql::binlog::{BinlogPosition, LogState};
use crate::mysql::handover::HandoverPosition;

/// Retention below which a stop over night loses the log.
const SHORT_RETENTION_SECONDS: u64 = 24 * 3600;

/// The settings of the log, of sessions that have their own, and its filters.
pub(super) async fn check(
    session: &mut Session,
    report: &mut CheckReport,
    may_select: impl Fn(&str) -> bool,
) -> Result<()> {
    let rows = session.query("SHOW GLOBAL VARIABLES").await?;
    let mut variables = HashMap::new();
    for row in &rows {
        // Some values are not text.
        let value = String::from_utf8_lossy(row.bytes(1)?.unwrap_or_default()).into_owned();
        variables.insert(row.text(0)?.to_ascii_lowercase(), value);
    }
    settings(&variables, report);
    if variables.get("log_bin").is_some_and(|value| value == "ON") {
        sessions(session, report).await;
        filters(session, report, may_select).await?;
    }
    Ok(())
}

/// Whether the log that comes behind a position is still there.
pub(super) async fn reaches_back(session: &mut Session, position: &Position, report: &mut CheckReport) {
    let log = match position.scheme() {
        HandoverPosition::SCHEME => HandoverPosition::try_from(position).and_then(|position| position.log()),
        _ => BinlogPosition::try_from(position),
    };
    let found = match log {
        // What else makes the log unreadable has findings of its own.
        Ok(log) => LogState::read(session).await.map_or(Ok(()), |state| state.require(&log)),
        Err(error) => Err(error),
    };
    match found {
        Ok(()) => {}
        Err(error @ Error::PositionLost { .. }) => {
            let advice = "empty the target's tables, and begin anew under another name of the pipeline";
            report.error("position_lost", "source", error.to_string(), advice);
        }
        Err(error) => {
            let advice = "the checkpoint is not one of this source: use another name of the pipeline";
            report.error("position", "target", error.to_string(), advice);
        }
    }
}

fn settings(variables: &HashMap<String, String>, report: &mut CheckReport) {
    let value = |name: &str| variables.get(name).map(String::as_str);
    let number = |name: &str| value(name).and_then(|value| value.parse::<u64>().ok());
    if value("log_bin") != Some("ON") {
        let advice = "start the server with log_bin and a server_id; this needs a restart";
        report.error("log_bin", "source", "it writes no binary log", advice);
        return;
    }
    let wanted = [("binlog_format", "ROW"), ("binlog_row_image", "FULL"), ("binlog_row_value_options", "")];
    for (name, wanted) in wanted {
        let Some(found) = value(name).filter(|found| !found.eq_ignore_ascii_case(wanted)) else { continue };
        let advice = format!(
            "SET GLOBAL {name} = '{wanted}' and keep it in the configuration; sessions that are open keep the old value, \
             so let clients connect anew"
        );
        report.error(name, "source", format!("{name} is {found}, and has to be '{wanted}'"), advice);
    }
    if number("server_id") == Some(0) {
        let advice = "SET GLOBAL server_id to a number that no other server of the replication has";
        report.error("server_id", "source", "server_id is 0, so the server serves no replicas", advice);
    }
    if value("gtid_mode").is_some_and(|mode| mode != "ON") {
        let advice = "positions are file and offset, which do not survive a failover of the source; set gtid_mode=ON for that";
        report.warning("gtid_mode", "source", "gtid_mode is not ON", advice);
    }
    retention(variables, report);
    let is_lazy = |name: &str| number(name).is_some_and(|value| value != 1);
    if is_lazy("sync_binlog") || is_lazy("innodb_flush_log_at_trx_commit") {
        let problem = "sync_binlog or innodb_flush_log_at_trx_commit is not 1: after a power failure the source may have \
                       lost transactions that the target has, or the other way round";
        report.warning("durability", "source", problem, "set both to 1 for as long as the migration lasts");
    }
}

fn retention(variables: &HashMap<String, String>, report: &mut CheckReport) {
    let number = |name: &str| variables.get(name).and_then(|value| value.parse::<f64>().ok());
    if variables.get("binlog_expire_logs_auto_purge").is_some_and(|value| value == "OFF") {
        return;
    }
    let seconds = number("binlog_expire_logs_seconds").unwrap_or_default();
    let days = number("expire_logs_days").unwrap_or_default();
    let kept = if seconds > 0.0 { seconds } else { days * 86_400.0 };
    if kept > 0.0 && kept < SHORT_RETENTION_SECONDS as f64 {
        let problem = format!("the server keeps its binary log for {kept} seconds");
        let advice = "raise binlog_expire_logs_seconds: a log that is purged before it was read means that the tables \
                      have to be copied anew";
        report.warning("retention", "source", problem, advice);
    }
}

/// Sessions with settings of their own: what they write cannot be read.
async fn sessions(session: &mut Session, report: &mut CheckReport) {
    let sql = "SELECT VARIABLE_NAME, COUNT(*) FROM performance_schema.variables_by_thread \
               WHERE (VARIABLE_NAME = 'binlog_format' AND VARIABLE_VALUE <> 'ROW') \
               OR (VARIABLE_NAME = 'binlog_row_image' AND VARIABLE_VALUE <> 'FULL') \
               OR (VARIABLE_NAME = 'binlog_row_value_options' AND VARIABLE_VALUE <> '') GROUP BY VARIABLE_NAME";
    // The account may not be allowed to look, and need not be.
    let Ok(rows) = session.query(sql).await else { return };
    for row in &rows {
        let (Ok(name), Ok(count)) = (row.text(0), row.text(1)) else { continue };
        let problem = format!("{count} open sessions have a {name} of their own");
        let advice = "let these clients connect anew before the migration starts";
        report.warning("session_settings", "source", problem, advice);
    }
}

/// Databases that are left out of the log.
async fn filters(
    session: &mut Session,
    report: &mut CheckReport,
    may_select: impl Fn(&str) -> bool,
) -> Result<()> {
    let Some(statement) = session.server().binlog_status_statement() else { return Ok(()) };
    // Without the right for it, the check of rights tells.
    let Ok(rows) = session.query(statement).await else { return Ok(()) };
    let Some(row) = rows.first() else { return Ok(()) };
    let list = |column: usize| -> Result<Vec<String>> {
        let text = row.text_or_null(column)?.unwrap_or_default();
        Ok(text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    };
    let (logged, ignored) = (list(2)?, list(3)?);
    let advice = "remove the filter at the source, or leave these databases out";
    for database in ignored.iter().filter(|database| may_select(database)) {
        let problem = format!("binlog_ignore_db leaves changes of database {database} out of the log");
        report.error("log_filter", "source", problem, advice);
    }
    if !logged.is_empty() {
        let problem = format!("binlog_do_db has only changes of {} in the log", logged.join(", "));
        report.error("log_filter", "source", problem, advice);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(changed: &[(&str, &str)]) -> CheckReport {
        let mut variables: HashMap<String, String> = [
            ("log_bin", "ON"),
            ("binlog_format", "ROW"),
            ("binlog_row_image", "FULL"),
            ("binlog_row_value_options", ""),
            ("server_id", "1"),
            ("gtid_mode", "ON"),
            ("binlog_expire_logs_seconds", "2592000"),
            ("sync_binlog", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        variables.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut report = CheckReport::new();
        settings(&variables, &mut report);
        report
    }

    #[test]
    fn each_setting_has_its_finding_and_all_are_told_at_once() {
        assert!(report(&[]).findings.is_empty());
        let all = report(&[
            ("binlog_format", "STATEMENT"),
            ("binlog_row_image", "MINIMAL"),
            ("binlog_row_value_options", "PARTIAL_JSON"),
            ("server_id", "0"),
            ("gtid_mode", "OFF"),
            ("binlog_expire_logs_seconds", "3600"),
            ("sync_binlog", "0"),
        ]);
        let codes: Vec<&str> = all.findings.iter().map(|finding| &*finding.code).collect();
        let wanted = [
            "binlog_format",
            "binlog_row_image",
            "binlog_row_value_options",
            "server_id",
            "gtid_mode",
            "retention",
            "durability",
        ];
        assert_eq!(codes, wanted);
        assert!(report(&[("log_bin", "OFF"), ("binlog_format", "MIXED")]).findings.len() == 1);
        assert!(
            report(&[("binlog_expire_logs_seconds", "0"), ("expire_logs_days", "0")]).findings.is_empty()
        );
    }
}
