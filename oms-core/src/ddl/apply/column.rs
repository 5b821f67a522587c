//! A column as written to a column of a schema: character sets inherited, sizes chosen, defaults in the server's form.

use crate::ddl::apply::default_value;
use crate::ddl::statement::{CharsetClause, ColumnDef, DefaultDef, TypeDef};
use crate::ddl::{DdlContext, Dialect, Product};
use crate::error::{Error, Result};
use crate::schema::{Charset, Collation, Column, ColumnType, DefaultValue, Generated, LobSize};

/// The most bytes of a VARCHAR or VARBINARY; what is longer becomes TEXT or BLOB where the session is not strict.
const MAX_VAR_BYTES: u64 = 65_535;

/// Builds a column of a table with this default collation.
///
/// Keys are not looked at: a primary key makes its columns NOT NULL afterwards.
pub(super) fn column(def: &ColumnDef, table: &Collation, context: &DdlContext) -> Result<Column> {
    let (column_type, collation) = resolve_type(&def.declared, table, context)?;
    let is_json_text = context.dialect.product() == Product::MariaDb && column_type == ColumnType::Json;
    // MariaDB has no JSON type: it is LONGTEXT with a CHECK.
    let (column_type, collation) = match is_json_text {
        true => (ColumnType::Text(LobSize::Long), Some(Collation::new("utf8mb4_bin"))),
        false => (column_type, collation),
    };
    let nullable = def.nullable.unwrap_or_else(|| !is_implicitly_not_null(def, &column_type, context));
    let default = match &def.default {
        None => implicit_default(def, &column_type, nullable, context),
        Some(default) => default_value::resolve(default, &column_type, collation.as_ref())?,
    };
    Ok(Column::new(&*def.name, column_type)
        .with_nullable(nullable)
        .with_collation(collation)
        .with_default(default)
        .with_on_update_now(def.on_update_now)
        .with_auto_increment(def.auto_increment)
        .with_invisible(def.invisible)
        .with_boolean(def.declared.boolean)
        .with_generated(def.generated.as_ref().map(|generated| Generated {
            expression: generated.expression.as_str().into(),
            stored: generated.stored,
        }))
        .with_comment(def.comment.as_deref().filter(|comment| !comment.is_empty()).map(Into::into)))
}

/// AUTO_INCREMENT columns are NOT NULL, and TIMESTAMP columns under the old rules.
fn is_implicitly_not_null(def: &ColumnDef, column_type: &ColumnType, context: &DdlContext) -> bool {
    let old_timestamp =
        matches!(column_type, ColumnType::Timestamp { .. }) && !context.explicit_defaults_for_timestamp;
    def.auto_increment || (old_timestamp && def.generated.is_none())
}

/// Under the old rules a TIMESTAMP NOT NULL without a default has the zero date.
fn implicit_default(
    def: &ColumnDef,
    column_type: &ColumnType,
    nullable: bool,
    context: &DdlContext,
) -> Option<DefaultValue> {
    match column_type {
        ColumnType::Timestamp { fsp }
            if !context.explicit_defaults_for_timestamp && !nullable && def.generated.is_none() =>
        {
            Some(DefaultValue::Literal(default_value::zero_timestamp(*fsp).into()))
        }
        _ => None,
    }
}

/// True for a column that the old rules of TIMESTAMP give CURRENT_TIMESTAMP, if it is the first TIMESTAMP of its table.
pub(super) fn may_become_now(def: &ColumnDef) -> bool {
    def.default.is_none() && !def.on_update_now && def.nullable != Some(true) && def.generated.is_none()
}

/// Fills in the character set, and the sizes that follow from it.
fn resolve_type(
    declared: &TypeDef,
    table: &Collation,
    context: &DdlContext,
) -> Result<(ColumnType, Option<Collation>)> {
    // TEXT(0) is the smallest type from MySQL 8 on, and as good as no length before.
    let counts_zero =
        context.dialect.product() == Product::MySql && context.dialect >= Dialect::mysql(8, 0, 0);
    let lob_length = declared.lob_length.filter(|length| *length > 0 || counts_zero);
    if !declared.base.is_text() {
        return Ok((sized(&declared.base, lob_length, 1), None));
    }
    let collation = match declared.national {
        true => column_collation(
            &CharsetClause { charset: Some(Charset::Utf8mb3), ..declared.charset.clone() },
            table,
            context,
        )?,
        false => column_collation(&declared.charset, table, context)?,
    };
    let column_type = typed_for(&declared.base, &collation, lob_length)?;
    let collation = column_type.is_text().then_some(collation);
    Ok((column_type, collation))
}

/// The collation that a CHARACTER SET and COLLATE clause asks for where `inherited` holds otherwise.
pub(super) fn column_collation(
    clause: &CharsetClause,
    inherited: &Collation,
    context: &DdlContext,
) -> Result<Collation> {
    if let Some(collation) = &clause.collation {
        if clause.charset.is_some_and(|charset| collation.charset() != Some(charset)) {
            let reason = format!("collation {collation} is none of the given character set");
            return Err(Error::decode("a DDL statement", reason));
        }
        return Ok(collation.clone());
    }
    let charset = match clause.charset {
        Some(charset) => charset,
        None if clause.binary => known_charset(inherited)?,
        None => return Ok(inherited.clone()),
    };
    Ok(match clause.binary && charset != Charset::Binary {
        true => Collation::new(format!("{charset}_bin")),
        false => context.default_collation(charset),
    })
}

pub(super) fn known_charset(collation: &Collation) -> Result<Charset> {
    collation
        .charset()
        .ok_or_else(|| Error::unsupported("the DDL model", format!("the collation {collation}")))
}

/// The type that a text type is under a collation: binary for `binary`, and of another size where it must be.
pub(super) fn typed_for(
    base: &ColumnType,
    collation: &Collation,
    lob_length: Option<u64>,
) -> Result<ColumnType> {
    let charset = known_charset(collation)?;
    if charset != Charset::Binary {
        return Ok(sized(base, lob_length, charset.max_char_bytes()));
    }
    let binary = match base {
        ColumnType::Char { length } => ColumnType::Binary { length: *length },
        ColumnType::VarChar { length } => ColumnType::VarBinary { length: *length },
        ColumnType::Text(size) => ColumnType::Blob(*size),
        other => other.clone(),
    };
    Ok(sized(&binary, lob_length, 1))
}

/// TEXT(n) and BLOB(n) to the smallest type that holds n characters, and VARCHAR beyond its limit to TEXT.
fn sized(base: &ColumnType, lob_length: Option<u64>, char_bytes: u32) -> ColumnType {
    let bytes = |length: u64| length.saturating_mul(u64::from(char_bytes));
    match (base, lob_length) {
        (ColumnType::Text(LobSize::Normal), Some(length)) => ColumnType::Text(lob_of(bytes(length))),
        (ColumnType::Blob(LobSize::Normal), Some(length)) => ColumnType::Blob(lob_of(bytes(length))),
        (ColumnType::VarChar { length }, _) if bytes(u64::from(*length)) > MAX_VAR_BYTES => {
            ColumnType::Text(lob_of(bytes(u64::from(*length))))
        }
        (ColumnType::VarBinary { length }, _) if u64::from(*length) > MAX_VAR_BYTES => {
            ColumnType::Blob(lob_of(u64::from(*length)))
        }
        _ => base.clone(),
    }
}

/// The smallest TEXT or BLOB that holds so many bytes.
pub(super) fn lob_of(bytes: u64) -> LobSize {
    [LobSize::Tiny, LobSize::Normal, LobSize::Medium]
        .into_iter()
        .find(|size| bytes <= size.max_bytes())
        .unwrap_or(LobSize::Long)
}

/// The column under ALTER COLUMN … SET DEFAULT or DROP DEFAULT.
pub(super) fn with_default(column: Column, default: Option<&DefaultDef>) -> Result<Column> {
    let default = match default {
        None => None,
        Some(default) => default_value::resolve(default, column.column_type(), column.collation())?,
    };
    Ok(column.with_default(default))
}
