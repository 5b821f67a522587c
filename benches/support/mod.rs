//! What benches share: a table of twenty columns on a real server, and exact costs from valgrind.

use std::error::Error;
use std::process::Command;

use oms_test_servers::{Database, Server};

/// Twenty columns of the usual types, about 300 bytes a row.
pub const WIDE: &str = "id BIGINT UNSIGNED NOT NULL PRIMARY KEY, i1 INT NOT NULL, i2 INT UNSIGNED, i3 SMALLINT, \
    i4 TINYINT, i5 BIGINT, d1 DECIMAL(18,4) NOT NULL, d2 DECIMAL(10,2), f1 DOUBLE, v1 VARCHAR(40) NOT NULL, \
    v2 VARCHAR(100), v3 VARCHAR(60), c1 CHAR(20), t1 TEXT, dt DATETIME(6), ts TIMESTAMP NULL, da DATE, \
    b1 VARBINARY(32), v4 VARCHAR(20), n1 INT";

/// One row as a SELECT list over `n`.
pub const WIDE_ROW: &str = "n, n*7, n*13, n%32767, n%127, n*1000003, n/16, n/100, n/7, CONCAT('name ', n), \
    CONCAT('some text of a middle length, number ', n), REPEAT('x', n%40), CONCAT('code', n), \
    CONCAT('a note ', REPEAT('y', 40 + n%40)), '2024-01-01 00:00:00.123456' + INTERVAL n SECOND, \
    '2024-06-01 00:00:00' + INTERVAL n SECOND, DATE('2020-01-01' + INTERVAL n%2000 DAY), \
    UNHEX(LPAD(HEX(n), 40, '0')), 'tag', IF(n%3, n, NULL)";

/// Makes the empty `table` of [`WIDE`].
pub async fn create_wide(server: &Server, database: &Database, table: &str) -> Result<(), Box<dyn Error>> {
    server.query(&format!("CREATE TABLE {} ({WIDE})", database.table(table))).await?;
    Ok(())
}

/// Fills `table` with `rows` rows in one transaction.
pub async fn fill_wide(
    server: &Server,
    database: &Database,
    table: &str,
    rows: u64,
) -> Result<(), Box<dyn Error>> {
    let name = database.table(table);
    let sql = format!(
        "SET SESSION cte_max_recursion_depth=100000000, time_zone='+00:00'; \
         INSERT INTO {name} WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM s WHERE n<{rows}) \
         SELECT {WIDE_ROW} FROM s"
    );
    server.query(&sql).await?;
    Ok(())
}

/// What a run of this program costs, exactly.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub instructions: u64,
    pub allocations: u64,
}

/// Runs this program under valgrind, twice, and reads what it counted.
pub fn cost(arguments: &[&str]) -> Result<Cost, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let run = |tool: &str, options: &[&str]| -> Result<String, Box<dyn Error>> {
        let output = Command::new("valgrind")
            .arg(format!("--tool={tool}"))
            .args(options)
            .arg(&program)
            .args(arguments)
            .output()
            .map_err(|error| format!("valgrind cannot be run, install it: {error}"))?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            Ok(text)
        } else {
            Err(format!("the run under {tool} failed: {text}").into())
        }
    };
    let number = |text: &str, before: &str| -> Result<u64, Box<dyn Error>> {
        let (_, rest) = text.split_once(before).ok_or_else(|| format!("no {before} in: {text}"))?;
        let digits: String = rest
            .trim_start()
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == ',')
            .filter(|c| *c != ',')
            .collect();
        Ok(digits.parse()?)
    };
    let callgrind = run("callgrind", &["--callgrind-out-file=/dev/null"])?;
    let memcheck = run("memcheck", &["--leak-check=no", "--undef-value-errors=no"])?;
    Ok(Cost {
        instructions: number(&callgrind, "Collected :")?,
        allocations: number(&memcheck, "total heap usage:")?,
    })
}

/// What each row beyond the `few` cost.
pub fn cost_per_row((few, small): (u64, Cost), (many, large): (u64, Cost)) -> (f64, f64) {
    let per_row = |large: u64, small: u64| large.saturating_sub(small) as f64 / (many - few) as f64;
    (per_row(large.instructions, small.instructions), per_row(large.allocations, small.allocations))
}
