//! Shapes of tables, names, and statements.

use crate::fidelity::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "T18",
            "generated columns",
            "t18",
            "CREATE TABLE {t}(id INT PRIMARY KEY, a INT, v INT AS (a*2) VIRTUAL, s INT AS (a+1) STORED, j JSON, \
             k VARCHAR(20) AS (JSON_UNQUOTE(JSON_EXTRACT(j,'$.k'))) VIRTUAL, UNIQUE(s))",
            r#"INSERT INTO {t}(id,a,j) VALUES(1,5,'{"k":"x"}'),(2,6,NULL),(3,NULL,'{"k":"é"}')"#,
        )
        .changed_by(
            r#"UPDATE {t} SET j='{"k":"y"}' WHERE id=2; UPDATE {t} SET a=NULL WHERE id=1; UPDATE {t} SET a=5 WHERE id=3;
               DELETE FROM {t} WHERE id=2; INSERT INTO {t}(id,a,j) VALUES(2,7,'{"k":"z"}')"#,
        ),
        Case::new(
            "T19",
            "invisible columns",
            "t19",
            "CREATE TABLE {t}(id INT PRIMARY KEY, a INT INVISIBLE, b INT)",
            "INSERT INTO {t}(id,a,b) VALUES(1,2,3),(2,NULL,4),(3,5,NULL)",
        ),
        Case::new(
            "T19g",
            "generated invisible primary key",
            "t19g",
            "SET SESSION sql_generate_invisible_primary_key=ON; CREATE TABLE {t}(a INT, b INT)",
            "INSERT INTO {t} VALUES(1,1),(1,1),(2,NULL)",
        )
        .changed_by("UPDATE {t} SET b=2 WHERE a=1 LIMIT 1; DELETE FROM {t} WHERE a=2; INSERT INTO {t} VALUES(2,3)")
        .keyed_only(),
        wide(),
        Case::new(
            "T21",
            "identifiers",
            "select",
            "CREATE TABLE {t}(`order` INT PRIMARY KEY, `a``b` INT, `列` VARCHAR(10), `a.b` INT, `sp ace` INT, `$x-y` INT)",
            "INSERT INTO {t} VALUES(1,2,'x',3,4,5),(2,NULL,'列',-1,-2,-3)",
        ),
        Case::new(
            "T21b",
            "a name of 64 characters, with quotes",
            "name_of_64_characters_with_a_`quote`_and_an_é_and_a_dot._and_mor",
            "CREATE TABLE {t}(id INT PRIMARY KEY, `v'\"\\` INT, `KEY` INT)",
            "INSERT INTO {t} VALUES(1,2,3),(2,3,4)",
        ),
        Case::new(
            "T46",
            "shapes of statements",
            "t46",
            "CREATE TABLE {t}(id INT PRIMARY KEY, u INT UNIQUE, v INT)",
            "INSERT INTO {t} VALUES(1,10,0),(2,20,0),(3,30,0)",
        )
        .changed_by(
            "REPLACE INTO {t} VALUES(1,20,5); INSERT INTO {t} VALUES(3,31,1) ON DUPLICATE KEY UPDATE v=v+1; \
             INSERT IGNORE INTO {t} VALUES(3,99,9); UPDATE {t} a JOIN {t} b ON a.id=b.id SET a.v=b.v+1; \
             DELETE a FROM {t} a JOIN {t} b ON a.id=b.id WHERE a.id=3; INSERT INTO {t} VALUES(4,40,0),(5,50,0); \
             UPDATE {t} SET u=NULL WHERE id=4; UPDATE {t} SET u=40 WHERE id=5; UPDATE {t} SET u=50 WHERE id=4; \
             UPDATE {t} SET id=id+10 ORDER BY id DESC; SET SESSION cte_max_recursion_depth=10000; \
             INSERT INTO {t} WITH RECURSIVE r(n) AS (SELECT 1000 UNION ALL SELECT n+1 FROM r WHERE n<10999) \
             SELECT n, n, n FROM r; UPDATE {t} SET u=-u WHERE id>5000; DELETE FROM {t} WHERE id%3=0",
        )
        // Each row of ten thousand would be looked for in all of them.
        .keyed_only(),
    ]
}

/// More columns than one byte counts.
fn wide() -> Case {
    let columns: Vec<String> = (1..=1000).map(|n| format!("c{n} INT")).collect();
    let row = |id: u32, cell: &dyn Fn(u32) -> String| {
        let cells: Vec<String> = (1..=1000).map(cell).collect();
        format!("({id},{})", cells.join(","))
    };
    let rows = [
        row(1, &|_| "NULL".to_owned()),
        row(2, &|n| n.to_string()),
        row(3, &|n| if n % 8 == 0 { n.to_string() } else { "NULL".to_owned() }),
    ];
    Case::new(
        "T20",
        "a thousand columns",
        "t20",
        format!("CREATE TABLE {{t}}(id INT PRIMARY KEY, {})", columns.join(", ")),
        format!("INSERT INTO {{t}} VALUES{}", rows.join(",")),
    )
}
