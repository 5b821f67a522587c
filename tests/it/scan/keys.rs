//! Tables with keys of every kind, and rows to fill them.

use oms_test_servers::{Database, Server};

/// A table: its name, its key's columns, the key itself, and the key of row number `n`, as the server writes them.
pub(super) struct Key {
    pub(super) table: &'static str,
    columns: &'static str,
    key: &'static str,
    value: &'static str,
}

const fn key(table: &'static str, columns: &'static str, key: &'static str, value: &'static str) -> Key {
    Key { table, columns, key, value }
}

pub(super) const KEYS: [Key; 23] = [
    key("signed", "k BIGINT", "k", "CAST((n-700)*13176245766935393 AS SIGNED)"),
    key(
        "far_unsigned",
        "k BIGINT UNSIGNED",
        "k",
        "9223372036854775808 + CAST(n AS UNSIGNED)*6148914691236517 - 3000000000000000000",
    ),
    key("gap", "k BIGINT", "k", "IF(n=1399, 9000000000000000000, n)"),
    key("tiny", "k TINYINT, l MEDIUMINT", "k, l", "n%200-100, (n-700)*11000"),
    key(
        "composite",
        "k VARCHAR(64) COLLATE utf8mb4_general_ci, l VARCHAR(64) COLLATE utf8mb4_bin, m DATETIME(3)",
        "k, l, m",
        "ELT(n%2+1,'same','other'), CONCAT('x', n%3), '2024-01-01' + INTERVAL n*7001 MICROSECOND",
    ),
    key(
        "ai_ci",
        "k VARCHAR(60) COLLATE utf8mb4_0900_ai_ci",
        "k",
        "CONCAT(ELT(n%7+1,'Ä','a','_','-','9','ß','Ж'), ELT(n%2+1,'Bc','bC'), n)",
    ),
    key(
        "general_ci",
        "k VARCHAR(60) COLLATE utf8mb4_general_ci",
        "k",
        "CONCAT(ELT(n%7+1,'Ä','a','_','-','9','ß','Ж'), n, ELT(n%3+1,'',' ','  '))",
    ),
    key(
        "unicode_ci",
        "k VARCHAR(60) COLLATE utf8mb4_unicode_ci",
        "k",
        "CONCAT(ELT(n%7+1,'Ä','a','_','-','9','ß','Ж'), '\\'', n, '\\\\')",
    ),
    key(
        "bin",
        "k VARCHAR(60) COLLATE utf8mb4_bin",
        "k",
        "CONCAT(ELT(n%7+1,'Ä','a','A','-','9','😀','ж'), n)",
    ),
    key(
        "as_cs",
        "k VARCHAR(60) COLLATE utf8mb4_0900_as_cs",
        "k",
        "CONCAT(ELT(n%7+1,'Ä','a','A','-','9','😀','ж'), n)",
    ),
    key("fixed", "k CHAR(30) COLLATE utf8mb4_general_ci", "k", "CONCAT('key ', n*n, ' x')"),
    key("latin1", "k VARCHAR(60) CHARACTER SET latin1", "k", "CONCAT(ELT(n%5+1,'Ä','é','_','ß','€'), n)"),
    key("gbk", "k VARCHAR(60) CHARACTER SET gbk", "k", "CONCAT(ELT(n%5+1,'中','文','a','B','誠'), n)"),
    key("uuid", "k BINARY(16)", "k", "UNHEX(LEFT(SHA2(n,256),32))"),
    key(
        "var_binary",
        "k VARBINARY(20)",
        "k",
        "CONCAT(CHAR(n%256, 0, 39, 92), CHAR(n DIV 256), IF(n%2, '', '\\0'))",
    ),
    key("date_time", "k DATETIME(6)", "k", "'1000-01-01' + INTERVAL n*22 DAY + INTERVAL n MICROSECOND"),
    key(
        "time_stamp",
        "k TIMESTAMP(3)",
        "k",
        "'1970-01-02 00:00:00' + INTERVAL n*22001 MINUTE + INTERVAL n*1000 MICROSECOND",
    ),
    key("time_of", "k TIME(6)", "k", "SEC_TO_TIME((n-700)*4310 + n/1000)"),
    key("day", "k DATE, l YEAR", "k, l", "'1001-01-01' + INTERVAL n*11 DAY, 1901+n%200"),
    key("exact", "k DECIMAL(20,5)", "k", "(n-700)*1234567891.12345"),
    key("labels", "k ENUM('z','y','x','w'), l SET('b','a','d','c'), m INT", "k, l, m", "n%4+1, n%16, n"),
    key("bits", "k BIT(44)", "k", "n*7919997"),
    key("unique_only", "k INT NOT NULL, l INT NOT NULL", "", "n DIV 3, n%3"),
];

/// Rows of each table.
pub(super) const ROWS: u64 = 1400;

/// Makes all tables in a database.
pub(super) fn create() -> String {
    let create = |key: &Key| {
        let index = match key.key {
            "" => "UNIQUE KEY u (k, l)".to_owned(),
            columns => format!("PRIMARY KEY ({columns})"),
        };
        format!(
            "CREATE TABLE {} ({}, v INT, pad VARCHAR(200), {index}) DEFAULT CHARSET utf8mb4",
            key.table, key.columns
        )
    };
    KEYS.iter().map(create).collect::<Vec<_>>().join("; ")
}

/// Fills all tables.
pub(super) async fn fill(server: &Server, database: &Database) {
    for key in &KEYS {
        let numbers: Vec<String> = (0..ROWS).map(|n| format!("SELECT {n} AS n")).collect();
        for some in numbers.chunks(700) {
            let insert = format!(
                "USE `{}`; SET SESSION time_zone='+00:00'; INSERT INTO {} SELECT {}, n, REPEAT('p', n%200) FROM ({}) AS s",
                database.name(),
                key.table,
                key.value,
                some.join(" UNION ALL ")
            );
            server.query(&insert).await.unwrap_or_else(|error| panic!("{}: {error}: {error:?}", key.table));
        }
    }
}

impl Key {
    /// Statements that take rows away, put others there and change some, around row number `n`.
    pub(super) fn disturb(&self, n: u64) -> [String; 3] {
        let Self { table, value, .. } = self;
        [
            format!("DELETE FROM {table} WHERE v BETWEEN {n} AND {n}+4"),
            format!(
                "INSERT IGNORE INTO {table} SELECT {value}, {n}, 'new' FROM (SELECT {n}+1 AS n UNION ALL SELECT {n}+0.5) AS s"
            ),
            format!("UPDATE {table} SET pad=CONCAT('changed ', {n}), v=v+1 WHERE v BETWEEN {n}+5 AND {n}+8"),
        ]
    }
}
