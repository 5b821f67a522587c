//! [`OceanBasePrecheck`]: what only OceanBase has that stands against writing into it.

use std::collections::HashMap;

use oms_core::Result;
use oms_core::error::Chain;
use oms_core::mysql::{Flavour, Session, SessionOptions};
use oms_core::project::CheckReport;

use crate::mysql::MySqlTargetPrecheck;

/// Looks at an OceanBase target before a migration: everything that [`MySqlTargetPrecheck`] looks at, and the tenant.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> oms_core::Result<()> {
/// use oms_core::mysql::ConnectOptions;
/// use oms_sinks::mysql::MySqlTargetPrecheck;
/// use oms_sinks::oceanbase::OceanBasePrecheck;
/// let target = ConnectOptions::from_url("oceanbase://root@127.0.0.1:2881")?;
/// let report = OceanBasePrecheck::new(MySqlTargetPrecheck::new(target, "shop")).run().await;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OceanBasePrecheck(MySqlTargetPrecheck);

/// Below this a tenant throttles the copy all the time.
const SMALL_TENANT_BYTES: u64 = 1 << 30;

impl OceanBasePrecheck {
    /// With what is looked at on any target.
    pub fn new(inner: MySqlTargetPrecheck) -> Self {
        Self(inner)
    }

    /// Asks the server. Whatever cannot be asked is a finding, too.
    pub async fn run(&self) -> CheckReport {
        let mut report = Box::pin(self.0.run()).await;
        if report.has("cannot_connect") || report.has("access_denied") {
            return report;
        }
        let asked = match Box::pin(Session::connect(&self.0.connect, &SessionOptions::default())).await {
            Ok(mut session) => {
                let asked = ask(&mut session, &mut report).await;
                if let Err(error) = session.close().await {
                    tracing::debug!(%error, "a session could not be closed");
                }
                asked
            }
            Err(error) => Err(error),
        };
        if let Err(error) = asked {
            let advice = "mend the cause, and check again: what comes after it was not looked at";
            report.error("not_asked", "target", Chain(&error).to_string(), advice);
        }
        report
    }
}

async fn ask(session: &mut Session, report: &mut CheckReport) -> Result<()> {
    if session.server().flavour() != Flavour::OceanBase {
        let problem = "the target is not OceanBase";
        report.error("flavour", "target", problem, "name it by mysql:// instead of oceanbase://");
        return Ok(());
    }
    let rows = session.query("SHOW GLOBAL VARIABLES LIKE 'ob%'").await?;
    let mut variables = HashMap::new();
    for row in &rows {
        variables
            .insert(row.text(0)?.to_ascii_lowercase(), row.text_or_null(1)?.unwrap_or_default().to_owned());
    }
    if let Some(mode) =
        variables.get("ob_compatibility_mode").filter(|mode| !mode.eq_ignore_ascii_case("MYSQL"))
    {
        let problem = format!("the tenant is in {mode} mode");
        report.error("tenant_mode", "target", problem, "use a tenant in MySQL mode");
    }
    let micros = |name: &str| variables.get(name).and_then(|value| value.parse::<u64>().ok());
    for (name, least) in [("ob_query_timeout", 10_000_000), ("ob_trx_timeout", 86_400_000_000)] {
        if let Some(found) = micros(name).filter(|found| *found < least) {
            let fact = format!("{name} is {} s; oms sets its own for its sessions", found / 1_000_000);
            report.info("timeouts", "target", fact);
        }
    }
    memory(session, report).await;
    Ok(())
}

/// The memory for rows that are not yet on disk.
async fn memory(session: &mut Session, report: &mut CheckReport) {
    let sql = "SELECT MIN(MEMSTORE_LIMIT) FROM oceanbase.GV$OB_MEMSTORE";
    // Not every account may look.
    let Ok(rows) = session.query(sql).await else { return };
    let limit = rows.first().and_then(|row| row.number_or_null::<u64>(0).ok().flatten());
    if let Some(limit) = limit.filter(|limit| *limit < SMALL_TENANT_BYTES) {
        let problem = format!("the tenant has {} MiB for rows that are not yet on disk", limit >> 20);
        let advice = "the copy is slowed down whenever they are full; give the tenant more memory for the time of the copy";
        report.warning("memstore", "target", problem, advice);
    }
}
