//! Values that nobody can carry: the pipeline must end, and say where.

use crate::fidelity::case::Case;
use crate::fidelity::lane::Target;
use crate::fidelity::paths::Path;

pub(crate) fn cases() -> Vec<Case> {
    let both = |case: Case, words| {
        case.stops_at(Target::MySql, &Path::ALL, words).stops_at(Target::OceanBase, &Path::ALL, words)
    };
    vec![
        Case::new(
            "T16b",
            "VECTOR with fewer entries than its column may have, which OceanBase does not store",
            "t16b",
            "CREATE TABLE {t}(id INT PRIMARY KEY, v VECTOR(3))",
            "INSERT INTO {t} VALUES(1,STRING_TO_VECTOR('[0.1]')),(2,STRING_TO_VECTOR('[1,2]'))",
        )
        .stops_at(Target::OceanBase, &Path::ALL, "server error 1210"),
        both(
            Case::new(
                "T08b",
                "the error value of an ENUM, which no statement can write",
                "t08b",
                "CREATE TABLE {t}(id INT PRIMARY KEY, e ENUM('a','b'))",
                "INSERT INTO {t} VALUES(1,'a'),(2,'c')",
            ),
            "column e",
        ),
        Case::new(
            "T10d",
            "a negative TIME in JSON, which OceanBase shows without its sign",
            "t10d",
            "CREATE TABLE {t}(id INT PRIMARY KEY, j JSON)",
            "INSERT INTO {t} VALUES(1,JSON_OBJECT('t',CAST('-10:00:01.5' AS TIME(6))))",
        )
        .changed_by("UPDATE {t} SET id=2")
        .stops_at(Target::OceanBase, &Path::ALL, "column j"),
        both(
            Case::new(
                "T10e",
                "bytes of a BLOB column in JSON, which no expression makes anew",
                "t10e",
                "CREATE TABLE {t}(id INT PRIMARY KEY, j JSON)",
                "INSERT INTO {t} SELECT 1,JSON_ARRAY(c) FROM JSON_TABLE('\"a\"','$' COLUMNS(c BLOB PATH '$')) AS s",
            )
            .changed_by("UPDATE {t} SET id=2"),
            "column j",
        ),
        Case::new(
            "T23d",
            "unique codes of cp932 that are one character of utf8mb4",
            "t23d",
            "CREATE TABLE {t}(id INT PRIMARY KEY, c VARCHAR(20) CHARACTER SET cp932 COLLATE cp932_bin, UNIQUE KEY (c))",
            "INSERT INTO {t} VALUES(1,_cp932 0x8790),(2,_cp932 0x81E0)",
        )
        .changed_by("UPDATE {t} SET c=_cp932 0x5C WHERE id=1; UPDATE {t} SET c=_cp932 0x8790 WHERE id=2")
        .stops_at(Target::OceanBase, &Path::ALL, "conflict at the target"),
        both(
            Case::new(
                "T24b",
                "gbk codes that stand for nothing",
                "t24b",
                "CREATE TABLE {t}(id INT PRIMARY KEY, b VARCHAR(20) CHARACTER SET gbk)",
                "INSERT INTO {t} VALUES(1,_gbk 0x61),(2,_gbk 0xA2AB)",
            ),
            "column b",
        ),
    ]
}
