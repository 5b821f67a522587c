//! The target as a whole: what it is, what the account may do, and how it takes names.

use std::collections::{BTreeSet, HashMap};

use oms_core::mysql::{Flavour, Grants, Session, Version, quote_ident};
use oms_core::project::CheckReport;
use oms_core::{Result, TableName};

/// Product, version, size of statements, read-only.
pub(super) async fn check(session: &mut Session, source_packet: u64, report: &mut CheckReport) -> Result<()> {
    let server = session.server();
    report.info("server", "target", format!("{} {}", server.connector(), server.version_text()));
    let old = match server.flavour() {
        Flavour::MySql => server.version() < Version::new(5, 7, 0),
        Flavour::OceanBase => server.version() < Version::new(4, 0, 0),
        _ => false,
    };
    if old {
        let problem = format!("version {} is too old", server.version_text());
        report.error("version", "target", problem, "use MySQL 5.7 or later, or OceanBase 4.0 or later");
    }
    if !matches!(server.flavour(), Flavour::MySql | Flavour::OceanBase) {
        let problem = format!("the target is {:?}, which is not tested as a target", server.flavour());
        report.warning("flavour", "target", problem, "use MySQL or OceanBase, or try it on a copy first");
    }
    let packet = server.max_allowed_packet() as u64;
    if packet < source_packet {
        let problem = format!(
            "max_allowed_packet is {packet} bytes, and {source_packet} at the source: its largest rows do not fit"
        );
        let advice = format!("SET GLOBAL max_allowed_packet = {source_packet} at the target");
        report.warning("max_allowed_packet", "target", problem, advice);
    }
    let rows = session
        .query("SHOW GLOBAL VARIABLES WHERE variable_name IN ('read_only', 'super_read_only')")
        .await?;
    let mut on = Vec::new();
    for row in &rows {
        if matches!(row.text(1)?, "ON" | "1") {
            on.push(row.text(0)?.to_owned());
        }
    }
    let grants = Grants::read(session).await?;
    let may_anyway = grants.has("SUPER", None) || grants.has("CONNECTION_ADMIN", None);
    let is_super = on.iter().any(|name| name == "super_read_only");
    if is_super || (!on.is_empty() && !may_anyway) {
        let problem = format!("{} is ON", on.join(" and "));
        let advice = "SET GLOBAL super_read_only = OFF, read_only = OFF, and make sure that the target is not a replica";
        report.error("read_only", "target", problem, advice);
    }
    Ok(())
}

/// All rights that are missing, in one finding.
pub(super) async fn rights(
    session: &mut Session,
    names: &[&TableName],
    checkpoint_database: &str,
    makes_tables: bool,
    report: &mut CheckReport,
) -> Result<()> {
    const WRITING: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];
    const MAKING: [&str; 5] = ["CREATE", "ALTER", "DROP", "INDEX", "REFERENCES"];
    let grants = Grants::read(session).await?;
    let databases: BTreeSet<&str> = names.iter().map(|name| name.database()).collect();
    let mut missing = Vec::new();
    let mut require = |database: &str, wanted: &[&str]| {
        let lacking: Vec<&str> =
            wanted.iter().copied().filter(|privilege| !grants.has(privilege, Some(database))).collect();
        if !lacking.is_empty() {
            missing.push(format!("{} ON {}.*", lacking.join(", "), quote_ident(database)));
        }
    };
    let making: &[&str] = if makes_tables { &MAKING } else { &[] };
    for database in &databases {
        // Checkpoints may be kept beside the tables.
        let keeping: &[&str] =
            if *database == checkpoint_database && !makes_tables { &["CREATE"] } else { &[] };
        require(database, &[&WRITING, making, keeping].concat());
    }
    if !databases.contains(checkpoint_database) {
        require(checkpoint_database, &[&WRITING[..], &["CREATE"]].concat());
    }
    if missing.is_empty() {
        return Ok(());
    }
    let rows = session.query("SELECT CURRENT_USER()").await?;
    let user = rows.first().and_then(|row| row.text(0).ok()).unwrap_or("the account").to_owned();
    let account = match user.rsplit_once('@') {
        Some((name, host)) => format!("'{name}'@'{host}'"),
        None => user.clone(),
    };
    let statements: Vec<String> = missing.iter().map(|right| format!("GRANT {right} TO {account}")).collect();
    let problem = format!("the account {user} lacks {}", missing.join("; "));
    report.error("grants", "target", problem, statements.join("; "));
    Ok(())
}

/// Tables that the target takes for one.
pub(super) fn collisions(session: &Session, names: &[&TableName], report: &mut CheckReport) {
    let case = session.server().name_case();
    let mut seen: HashMap<(String, String), &TableName> = HashMap::new();
    for name in names {
        let folded = (case.fold(name.database()), case.fold(name.table()));
        if let Some(other) = seen.insert(folded, name) {
            let problem =
                format!("{other} and {name} are one table to the target, which does not tell case in names");
            report.error("name_case", name, problem, "map one of them to another name");
        }
    }
}
