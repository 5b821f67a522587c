//! temporary: replaced by the catalogue of branch ddl
use std::sync::Arc;

use super::{Session, parse_column_type, quote_text};
use crate::ddl::Dialect;
use crate::error::Result;
use crate::name::TableName;
use crate::schema::{Collation, Column, Generated, Key, KeyKind, TableSchema};

/// temporary
pub async fn read_tables(session: &mut Session, tables: &[TableName]) -> Result<Vec<TableSchema>> {
    let mut out = Vec::new();
    for table in tables {
        let w = format!(
            "table_schema={} AND table_name={}",
            quote_text(table.database()),
            quote_text(table.table())
        );
        let rows = session.query(format!("SELECT column_name, column_type, is_nullable, collation_name, extra FROM information_schema.columns WHERE {w} ORDER BY ordinal_position")).await?;
        if rows.is_empty() {
            continue;
        }
        let mut columns = Vec::new();
        for row in &rows {
            let extra = row.text(4)?.to_lowercase();
            let generated = extra.contains("virtual generated") || extra.contains("stored generated");
            columns.push(
                Column::new(row.text(0)?, parse_column_type(row.text(1)?, Dialect::mysql(9, 7, 0))?)
                    .with_nullable(row.text(2)? == "YES")
                    .with_collation(row.text_or_null(3)?.map(Collation::new))
                    .with_on_update_now(extra.contains("on update"))
                    .with_generated(
                        generated
                            .then(|| Generated { expression: "1".into(), stored: extra.contains("stored") }),
                    ),
            );
        }
        let rows = session.query(format!("SELECT index_name, non_unique, column_name FROM information_schema.statistics WHERE {w} ORDER BY index_name, seq_in_index")).await?;
        let mut keys: Vec<Key> = Vec::new();
        for row in &rows {
            let name = row.text(0)?;
            let kind = match (name, row.text(1)?) {
                ("PRIMARY", _) => KeyKind::Primary,
                (_, "0") => KeyKind::Unique,
                _ => KeyKind::Plain,
            };
            let one = Key::unique(name, kind, [row.text(2)?]);
            match keys.last_mut() {
                Some(last) if *last.name == *name => last.parts.extend(one.parts),
                _ => keys.push(one),
            }
        }
        let _ = Arc::<str>::from("");
        out.push(TableSchema::new(table.clone(), columns).with_keys(keys));
    }
    Ok(out)
}
