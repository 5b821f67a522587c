//! Columns and keys of a database as one canonical text.

use std::collections::BTreeMap;

use mysql_async::prelude::Queryable;
use mysql_async::{Error as DriverError, Row};

use super::session::Session;
use super::table::Table;
use crate::error::{Error, Result};

/// Returns the structure of a database as a text with one fact a line, equal for equal structures on
/// different servers.
///
/// # Shape
/// Tables in the order of their names; of each its columns in order, then keys, foreign keys and checks:
///
/// ```text
/// orders column id: bigint unsigned not null auto_increment
/// orders column note: varchar(40) null default "none"
/// orders collation note: utf8mb4_general_ci
/// orders key PRIMARY: unique (id)
/// orders foreign key fk_customer: (customer) references customers (id) on delete cascade on update restrict
/// orders check: amount>0
/// ```
///
/// What servers print differently for the same thing is evened out: display widths of integers and years (but
/// for `tinyint(1)`), `NO ACTION` and `RESTRICT`, quotes and precision of defaults, the index that MySQL
/// makes for a foreign key, blanks and backticks in expressions. Collations have lines of their own, so a
/// test that maps them can leave them out. Partitions, table options, views, triggers and routines are not in
/// it.
///
/// # Errors
/// A server that does not answer.
pub async fn structure(url: &str, database: &str) -> Result<String> {
    let mut session = Session::open(url).await?;
    let tables = Table::names(&mut session, database).await?;
    let read = Box::pin(facts(&mut session, database)).await;
    let mut facts = read.map_err(Error::statement("the oracle", "reading the structure"))?;
    session.close().await;
    let lines = tables.iter().flat_map(|table| facts.remove(table).unwrap_or_default());
    Ok(lines.map(|line| line + "\n").collect())
}

/// Lines by table.
type Facts = BTreeMap<String, Vec<String>>;

async fn facts(session: &mut Session, database: &str) -> mysql_async::Result<Facts> {
    let mut facts = Facts::new();
    columns(session, database, &mut facts).await?;
    let foreign = foreign_keys(session, database).await?;
    keys(session, database, &foreign, &mut facts).await?;
    for key in foreign {
        let line = format!(
            "{} foreign key {}: ({}) references {} ({}) on delete {} on update {}",
            key.table,
            key.name,
            key.columns.join(", "),
            key.referenced,
            key.referenced_columns.join(", "),
            key.on_delete,
            key.on_update
        );
        facts.entry(key.table).or_default().push(line);
    }
    checks(session, database, &mut facts).await?;
    Ok(facts)
}

async fn columns(session: &mut Session, database: &str, facts: &mut Facts) -> mysql_async::Result<()> {
    let rows: Vec<Row> = session
        .conn
        .exec(
            "SELECT TABLE_NAME AS t, COLUMN_NAME AS c, DATA_TYPE AS d, COLUMN_TYPE AS y, IS_NULLABLE AS n, \
             COLUMN_DEFAULT AS f, EXTRA AS e, GENERATION_EXPRESSION AS g, COLUMN_COMMENT AS m, COLLATION_NAME AS l \
             FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION",
            (database,),
        )
        .await?;
    for row in rows {
        let (table, name) = (text(&row, "t"), text(&row, "c"));
        let extra = text(&row, "e").to_lowercase();
        let nullable = if text(&row, "n") == "YES" { "null" } else { "not null" };
        let mut line = format!("{table} column {name}: {} {nullable}", column_type(&text(&row, "y")));
        let generated = text(&row, "g");
        if extra.contains(" generated") {
            let kind = if extra.contains("stored") { "stored" } else { "virtual" };
            line.push_str(&format!(" {kind} as {}", expression(&generated)));
        } else if let Some(value) = default(optional(&row, "f"), &text(&row, "d")) {
            line.push_str(&format!(" default {value:?}"));
        }
        for word in ["auto_increment", "on update current_timestamp", "invisible"] {
            if extra.contains(word) {
                line.push_str(&format!(" {word}"));
            }
        }
        let comment = text(&row, "m");
        if !comment.is_empty() {
            line.push_str(&format!(" comment {comment:?}"));
        }
        let lines = facts.entry(table.clone()).or_default();
        lines.push(line);
        if let Some(collation) = optional(&row, "l") {
            lines.push(format!("{table} collation {name}: {collation}"));
        }
    }
    Ok(())
}

/// One foreign key.
struct ForeignKey {
    table: String,
    name: String,
    columns: Vec<String>,
    referenced: String,
    referenced_columns: Vec<String>,
    on_delete: String,
    on_update: String,
}

async fn foreign_keys(session: &mut Session, database: &str) -> mysql_async::Result<Vec<ForeignKey>> {
    let rows: Vec<Row> = session
        .conn
        .exec(
            "SELECT k.TABLE_NAME AS t, k.CONSTRAINT_NAME AS n, k.COLUMN_NAME AS c, \
             k.REFERENCED_TABLE_NAME AS r, k.REFERENCED_COLUMN_NAME AS rc, f.DELETE_RULE AS d, f.UPDATE_RULE AS u \
             FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS f \
             ON f.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND f.CONSTRAINT_NAME = k.CONSTRAINT_NAME \
             AND f.TABLE_NAME = k.TABLE_NAME WHERE k.TABLE_SCHEMA = ? AND k.REFERENCED_TABLE_NAME IS NOT NULL \
             ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION",
            (database,),
        )
        .await?;
    // To MySQL the two rules are one.
    let rule = |text: String| text.to_lowercase().replace("no action", "restrict");
    let mut keys: Vec<ForeignKey> = Vec::new();
    for row in rows {
        let (table, name) = (text(&row, "t"), text(&row, "n"));
        let (column, referenced_column) = (text(&row, "c"), text(&row, "rc"));
        match keys.last_mut().filter(|key| key.table == table && key.name == name) {
            Some(key) => {
                key.columns.push(column);
                key.referenced_columns.push(referenced_column);
            }
            None => keys.push(ForeignKey {
                table,
                name,
                columns: vec![column],
                referenced: text(&row, "r"),
                referenced_columns: vec![referenced_column],
                on_delete: rule(text(&row, "d")),
                on_update: rule(text(&row, "u")),
            }),
        }
    }
    Ok(keys)
}

async fn keys(
    session: &mut Session,
    database: &str,
    foreign: &[ForeignKey],
    facts: &mut Facts,
) -> mysql_async::Result<()> {
    // All columns: only newer servers have the one with expressions.
    let rows: Vec<Row> = session
        .conn
        .exec(
            "SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? \
             ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
            (database,),
        )
        .await?;
    let mut keys: BTreeMap<(String, String), (String, Vec<String>)> = BTreeMap::new();
    for row in rows {
        let unique = if text(&row, "NON_UNIQUE") == "0" { "unique " } else { "" };
        let kind = match text(&row, "INDEX_TYPE").to_lowercase().as_str() {
            kind @ ("fulltext" | "spatial") => format!("{kind} "),
            _ => unique.to_owned(),
        };
        let mut part = match optional(&row, "EXPRESSION") {
            Some(text) => expression(&text),
            None => text(&row, "COLUMN_NAME"),
        };
        if let Some(length) = optional(&row, "SUB_PART")
            && kind != "spatial "
        {
            part.push_str(&format!("({length})"));
        }
        if text(&row, "COLLATION") == "D" {
            part.push_str(" desc");
        }
        let key = (text(&row, "TABLE_NAME"), text(&row, "INDEX_NAME"));
        keys.entry(key).or_insert((kind, Vec::new())).1.push(part);
    }
    for ((table, name), (kind, columns)) in keys {
        let made_for_it = |key: &ForeignKey| key.table == table && key.name == name && key.columns == columns;
        if !foreign.iter().any(made_for_it) {
            let line = format!("{table} key {name}: {kind}({})", columns.join(", "));
            facts.entry(table).or_default().push(line);
        }
    }
    Ok(())
}

async fn checks(session: &mut Session, database: &str, facts: &mut Facts) -> mysql_async::Result<()> {
    const NO_SUCH_VIEW: u16 = 1109;
    let select = "SELECT t.TABLE_NAME AS t, c.CHECK_CLAUSE AS c FROM information_schema.CHECK_CONSTRAINTS c \
                  JOIN information_schema.TABLE_CONSTRAINTS t ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA \
                  AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND t.CONSTRAINT_TYPE = 'CHECK' \
                  WHERE t.TABLE_SCHEMA = ?";
    let rows: Vec<Row> = match session.conn.exec(select, (database,)).await {
        // MySQL 5.7 has no checks.
        Err(DriverError::Server(error)) if error.code == NO_SUCH_VIEW => return Ok(()),
        rows => rows?,
    };
    let mut lines: Vec<(String, String)> = Vec::new();
    for row in rows {
        let clause = expression(&text(&row, "c"));
        // MariaDB's way of saying that a text is JSON.
        if !clause.starts_with("json_valid(") {
            lines.push((text(&row, "t"), clause));
        }
    }
    lines.sort();
    for (table, clause) in lines {
        let line = format!("{table} check: {clause}");
        facts.entry(table).or_default().push(line);
    }
    Ok(())
}

/// Returns a cell of a catalogue row as text; some servers send names as bytes, numbers as numbers.
fn optional(row: &Row, column: &str) -> Option<String> {
    match row.columns_ref().iter().position(|found| found.name_str().eq_ignore_ascii_case(column)) {
        Some(index) => match row.as_ref(index)? {
            mysql_async::Value::NULL => None,
            mysql_async::Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
        },
        None => None,
    }
}

fn text(row: &Row, column: &str) -> String {
    optional(row, column).unwrap_or_default()
}

/// Returns a column type without display widths.
fn column_type(text: &str) -> String {
    let lower = text.to_lowercase();
    if lower.starts_with("enum(") || lower.starts_with("set(") {
        // Labels keep their case; some servers do not double the quotes in them.
        return text.replace("''", "'");
    }
    let Some((name, rest)) = lower.split_once('(') else {
        return lower;
    };
    let Some((width, rest)) = rest.split_once(')') else {
        return lower;
    };
    let only_display = match name {
        "tinyint" => width != "1",
        "smallint" | "mediumint" | "int" | "bigint" | "year" => true,
        _ => false,
    };
    if only_display && !rest.contains("zerofill") { format!("{name}{rest}") } else { lower }
}

/// Returns a default in one way of printing it.
fn default(text: Option<String>, data_type: &str) -> Option<String> {
    let text = text.filter(|text| text != "NULL")?;
    if text.to_lowercase().starts_with("current_timestamp") {
        // Its precision is that of the column, and not told by all.
        return Some("current_timestamp".to_owned());
    }
    let unquoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let text = unquoted.map_or_else(|| text.clone(), |text| text.replace("''", "'"));
    if !data_type.contains("binary") {
        return Some(text);
    }
    let hex = text.strip_prefix("0x").map(|digits| {
        let pairs = (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16));
        pairs.map(|byte| char::from(byte.unwrap_or_default())).collect::<String>()
    });
    Some(hex.unwrap_or(text).trim_end_matches("\\0").trim_end_matches('\0').to_owned())
}

/// Returns an expression without what servers add to it.
fn expression(text: &str) -> String {
    let mut plain = text.to_lowercase().replace("\\'", "'").replace('`', "");
    for introducer in ["_utf8mb4", "_utf8mb3", "_utf8", "_latin1"] {
        plain = plain.replace(&format!("{introducer}'"), "'");
    }
    plain.retain(|c| !c.is_whitespace());
    while let Some(inner) = plain.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        let mut depth = 0;
        // (a)+(b) begins and ends with parentheses that do not belong together.
        let closes_early = inner.chars().any(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth < 0
        });
        if closes_early {
            break;
        }
        plain = inner.to_owned();
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_widths_do_not_count() {
        let pairs = [
            ("int(11)", "int"),
            ("INT(10) unsigned", "int unsigned"),
            ("bigint(20) unsigned zerofill", "bigint(20) unsigned zerofill"),
            ("tinyint(1)", "tinyint(1)"),
            ("tinyint(4)", "tinyint"),
            ("year(4)", "year"),
            ("decimal(10,2)", "decimal(10,2)"),
            ("datetime(3)", "datetime(3)"),
            ("enum('A','b''c')", "enum('A','b'c')"),
        ];
        for (printed, canonical) in pairs {
            assert_eq!(column_type(printed), canonical);
        }
    }

    #[test]
    fn expressions_lose_what_is_no_part_of_them() {
        assert_eq!(expression("(`a` * 2)"), "a*2");
        assert_eq!(expression("((`a`) + (`b`))"), "(a)+(b)");
        assert_eq!(expression("json_extract(`j`,_utf8mb4\\'$.k\\')"), "json_extract(j,'$.k')");
    }

    #[test]
    fn defaults_are_printed_in_one_way() {
        let of = |text: &str, kind: &str| default(Some(text.to_owned()), kind);
        assert_eq!(of("current_timestamp(3)", "datetime"), of("CURRENT_TIMESTAMP", "datetime"));
        assert_eq!(of("'x y'", "char"), of("x y", "char"));
        assert_eq!(of("0x6162", "binary"), of("ab\0", "binary"));
        assert_eq!(of("NULL", "int"), None);
        assert_eq!(of("", "varchar"), Some(String::new()));
    }
}
