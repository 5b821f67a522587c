//! The rows that are copied: 2.4 million in three tables, 532 MB, made by the source itself.

use std::error::Error;

use oms_test_servers::Server;

pub const DATABASE: &str = "bench";

/// A table, its columns, and one row as a SELECT list over `n`.
pub struct Data {
    pub table: &'static str,
    pub rows: u64,
    columns: &'static str,
    keys: &'static str,
    row: &'static str,
    /// Columns that both servers print alike, for the comparison afterwards.
    compared: &'static str,
}

pub const TABLES: [Data; 3] = [
    Data {
        table: "narrow",
        rows: 2_000_000,
        columns: "id INT NOT NULL, k INT NOT NULL DEFAULT 0, c CHAR(120) NOT NULL DEFAULT '', \
                  pad CHAR(60) NOT NULL DEFAULT ''",
        keys: "PRIMARY KEY (id), KEY k_1 (k)",
        row: "n, 1 + FLOOR(RAND() * 2000000), \
              REPEAT(CONCAT(LPAD(FLOOR(RAND() * 1e11), 11, '0'), '-', LPAD(FLOOR(RAND() * 1e11), 11, '1'), '-'), 4), \
              CONCAT_WS('-', LPAD(FLOOR(RAND() * 1e11), 11, '0'), REPEAT(LPAD(n, 11, '2'), 4))",
        compared: "id, k, c, pad",
    },
    Data {
        table: "wide",
        rows: 100_000,
        columns: "id BIGINT UNSIGNED NOT NULL, c_tiny TINYINT, c_tinyu TINYINT UNSIGNED, c_small SMALLINT, \
                  c_medium MEDIUMINT, c_mediumu MEDIUMINT UNSIGNED, c_int INT, c_intu INT UNSIGNED, c_big BIGINT, \
                  c_bigu BIGINT UNSIGNED, c_dec DECIMAL(38,12), c_dec2 DECIMAL(10,2), c_float FLOAT, c_double DOUBLE, \
                  c_bit BIT(8), c_bit64 BIT(64), c_bool BOOL, c_char CHAR(16), c_varchar VARCHAR(200), \
                  c_bin BINARY(8), c_varbin VARBINARY(64), c_text TEXT, c_blob BLOB, c_mtext MEDIUMTEXT, \
                  c_enum ENUM('red','green','blue'), c_set SET('a','b','c','d'), c_json JSON, c_date DATE, \
                  c_time TIME, c_time6 TIME(6), c_dt DATETIME, c_dt6 DATETIME(6), c_ts TIMESTAMP NULL, \
                  c_ts6 TIMESTAMP(6) NULL, c_year YEAR",
        keys: "PRIMARY KEY (id), UNIQUE KEY uk (c_varchar), KEY kd (c_dt)",
        row: "n * 3, n % 128, n % 256, n % 32768, n % 8000000, n % 16000000, n * 7, n * 13, n * 1000003, n * 1000000007, \
              n * 1234567.890123, n / 100, n / 8, n / 7, n % 256, n * 4294967311, n % 2, HEX(n * 12345), \
              CONCAT('u', n, '-', REPEAT('naïve 数据库 quote''\" back\\\\slash ', 1 + n % 4)), \
              UNHEX(LPAD(HEX(n), 16, '0')), RANDOM_BYTES(1 + n % 60), \
              REPEAT(CONCAT('alpha beta 🚀 émigré ', n, '\\n'), n % 18), \
              RANDOM_BYTES(1 + n % 200), REPEAT(CONCAT('gamma ', n, ' delta '), n % 12), 1 + n % 3, n % 16, \
              JSON_OBJECT('i', n, 's', CONCAT('text ', n), 'l', JSON_ARRAY(1, NULL, TRUE, -1099511627776)), \
              '1971-01-01' + INTERVAL n % 20000 DAY, SEC_TO_TIME(n % 3000000), SEC_TO_TIME(n / 64), \
              TIMESTAMP('1971-01-01') + INTERVAL n HOUR, TIMESTAMP('1971-01-01') + INTERVAL n * 1000003 MICROSECOND, \
              TIMESTAMP('1990-01-01') + INTERVAL n MINUTE, TIMESTAMP('1990-01-01') + INTERVAL n * 1000003 MICROSECOND, \
              1901 + n % 250",
        compared: "id, c_tiny, c_intu, c_big, c_bigu, c_dec, c_dec2, c_char, c_varchar, HEX(c_bin), HEX(c_varbin), c_text, \
                   HEX(c_blob), c_mtext, c_enum, c_set, c_date, c_time, c_time6, c_dt, c_dt6, c_ts, c_ts6, c_year",
    },
    Data {
        table: "nopk",
        rows: 306_000,
        columns: "a INT, b VARCHAR(40), c DOUBLE, d DATETIME, e DECIMAL(12,4)",
        keys: "KEY ka (a)",
        // Every fiftieth row is there twice.
        row: "IF(n > 300000, 50 * (n - 300000), n) % 100000, \
              CONCAT('row ', IF(n > 300000, 50 * (n - 300000), n) % 1000), IF(n > 300000, 50 * (n - 300000), n) / 64, \
              TIMESTAMP('2024-01-01') + INTERVAL IF(n > 300000, 50 * (n - 300000), n) % 8000 HOUR, \
              IF(n > 300000, 50 * (n - 300000), n) / 16",
        compared: "a, b, d, e",
    },
];

pub fn rows() -> u64 {
    TABLES.iter().map(|data| data.rows).sum()
}

/// Drops the database at a server and makes it anew, with tables or without.
pub async fn reset(server: &Server, with_tables: bool) -> Result<(), Box<dyn Error>> {
    let mut sql =
        format!("DROP DATABASE IF EXISTS {DATABASE}; CREATE DATABASE {DATABASE} DEFAULT CHARSET utf8mb4");
    if with_tables {
        for Data { table, columns, keys, .. } in &TABLES {
            sql.push_str(&format!("; CREATE TABLE {DATABASE}.{table} ({columns}, {keys})"));
        }
    }
    server.query(&sql).await?;
    Ok(())
}

/// Fills the tables of the source.
pub async fn fill(server: &Server) -> Result<(), Box<dyn Error>> {
    reset(server, true).await?;
    for Data { table, rows, row, .. } in &TABLES {
        let sql = format!(
            "SET SESSION cte_max_recursion_depth=100000000, time_zone='+00:00', sql_log_bin=0; \
             INSERT INTO {DATABASE}.{table} WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM s WHERE n<{rows}) \
             SELECT {row} FROM s"
        );
        server.query(&sql).await?;
    }
    Ok(())
}

/// Counts and sums of every row, as text.
pub async fn digest(server: &Server) -> Result<String, Box<dyn Error>> {
    let mut all = Vec::new();
    for Data { table, compared, .. } in &TABLES {
        let sql = format!(
            "SET time_zone='+00:00'; \
             SELECT CONCAT(COUNT(*), ':', SUM(CRC32(CONCAT_WS('#', {compared})))) FROM {DATABASE}.{table}"
        );
        all.push(format!("{:?}", server.query(&sql).await?));
    }
    Ok(all.join(" "))
}
