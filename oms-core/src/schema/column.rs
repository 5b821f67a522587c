//! [`Column`]: one column of a table.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Charset, Collation, ColumnType};

/// One column: name, exact type, and everything that a target needs to make the same one.
///
/// # Examples
///
/// ```
/// use oms_core::schema::{Column, ColumnType};
/// let total = Column::new("total", ColumnType::Decimal { precision: 12, scale: 2, unsigned: false, zerofill: false });
/// assert!(total.is_nullable() && !total.is_generated());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    name: Arc<str>,
    column_type: ColumnType,
    nullable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    collation: Option<Collation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<DefaultValue>,
    #[serde(default, skip_serializing_if = "is_false")]
    on_update_now: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    auto_increment: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    invisible: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    boolean: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    generated: Option<Generated>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<Arc<str>>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The DEFAULT of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DefaultValue {
    /// A constant, as text without quotes; for BIT columns in the form `b'101'`, for BINARY and VARBINARY columns
    /// as `0x` and upper-case hexadecimal digits, without the zero bytes that pad a BINARY value.
    Literal(Arc<str>),
    /// An expression in SQL, such as `CURRENT_TIMESTAMP(6)` or `uuid()`, without outer parentheses.
    Expression(Arc<str>),
}

/// A generated column's expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    /// In the SQL of the server that it was read from.
    pub expression: Arc<str>,
    /// STORED rather than VIRTUAL.
    pub stored: bool,
}

impl Column {
    /// A nullable column without default, collation or comment.
    pub fn new(name: impl Into<Arc<str>>, column_type: ColumnType) -> Self {
        Self {
            name: name.into(),
            column_type,
            nullable: true,
            collation: None,
            default: None,
            on_update_now: false,
            auto_increment: false,
            invisible: false,
            boolean: false,
            generated: None,
            comment: None,
        }
    }

    /// Its name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its type.
    pub fn column_type(&self) -> &ColumnType {
        &self.column_type
    }

    /// True if it may hold NULL.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// How it compares, for text columns.
    pub fn collation(&self) -> Option<&Collation> {
        self.collation.as_ref()
    }

    /// The character set of its stored bytes: that of its collation, else utf8mb4 for text and binary for the rest.
    pub fn charset(&self) -> Option<Charset> {
        match &self.collation {
            Some(collation) => collation.charset(),
            None if self.column_type.is_text() || self.column_type == ColumnType::Json => {
                Some(Charset::Utf8mb4)
            }
            None => Some(Charset::Binary),
        }
    }

    /// Its DEFAULT; `None` where there is none, which for a nullable column means NULL.
    pub fn default(&self) -> Option<&DefaultValue> {
        self.default.as_ref()
    }

    /// True for ON UPDATE CURRENT_TIMESTAMP.
    pub fn is_on_update_now(&self) -> bool {
        self.on_update_now
    }

    /// True for AUTO_INCREMENT.
    pub fn is_auto_increment(&self) -> bool {
        self.auto_increment
    }

    /// True if `SELECT *` hides it.
    pub fn is_invisible(&self) -> bool {
        self.invisible
    }

    /// True for TINYINT(1): a number like any TINYINT, but by this width clients take it for a boolean.
    pub fn is_boolean(&self) -> bool {
        self.boolean
    }

    /// The expression of a generated column.
    pub fn generated(&self) -> Option<&Generated> {
        self.generated.as_ref()
    }

    /// True for a generated column, which no statement may write.
    pub fn is_generated(&self) -> bool {
        self.generated.is_some()
    }

    /// Its comment.
    pub fn comment(&self) -> Option<&Arc<str>> {
        self.comment.as_ref()
    }

    /// The same column under another name.
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The same column of another type.
    pub fn with_column_type(mut self, column_type: ColumnType) -> Self {
        self.column_type = column_type;
        self
    }

    /// The same column, nullable or not.
    pub fn with_nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    /// The same column with this collation.
    pub fn with_collation(mut self, collation: Option<Collation>) -> Self {
        self.collation = collation;
        self
    }

    /// The same column with this DEFAULT.
    pub fn with_default(mut self, default: Option<DefaultValue>) -> Self {
        self.default = default;
        self
    }

    /// The same column with or without ON UPDATE CURRENT_TIMESTAMP.
    pub fn with_on_update_now(mut self, on_update_now: bool) -> Self {
        self.on_update_now = on_update_now;
        self
    }

    /// The same column with or without AUTO_INCREMENT.
    pub fn with_auto_increment(mut self, auto_increment: bool) -> Self {
        self.auto_increment = auto_increment;
        self
    }

    /// The same column, invisible or not.
    pub fn with_invisible(mut self, invisible: bool) -> Self {
        self.invisible = invisible;
        self
    }

    /// The same column, with or without the width by which clients take a TINYINT for a boolean.
    pub fn with_boolean(mut self, boolean: bool) -> Self {
        self.boolean = boolean;
        self
    }

    /// The same column, generated or not.
    pub fn with_generated(mut self, generated: Option<Generated>) -> Self {
        self.generated = generated;
        self
    }

    /// The same column with this comment.
    pub fn with_comment(mut self, comment: Option<Arc<str>>) -> Self {
        self.comment = comment;
        self
    }
}
