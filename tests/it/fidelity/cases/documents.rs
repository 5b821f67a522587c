//! JSON, geometry and vectors.

use crate::fidelity::case::Case;
use crate::fidelity::lane::Target;
use crate::fidelity::paths::Path;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "T10",
            "shapes of JSON",
            "t10",
            "CREATE TABLE {t}(id INT PRIMARY KEY, j JSON, v INT)",
            r#"INSERT INTO {t} VALUES(1,'{"a":null,"":1,"k\\"q":"\\u0000x","n":[1,[2,[3]]]}',0),(2,'null',0),(3,NULL,0),
               (4,'"scalar"',0),(5,'[]',0),(6,'{}',0),
               (7,'{"u":18446744073709551615,"i":-9223372036854775808,"e":1e300}',0),
               (8,'[true,false,0,-1,32767,32768,-32769,65535,65536,2147483648,4294967296,0.1,-0.0,1.0,1e-7]',0),
               (9,'"\\"\\\\\\/\\b\\f\\n\\r\\t\\u001f\\u007f é日😀 %_''"',0),
               (10,'{"z":{"y":{"x":[{"w":{}}]}},"aa":"b","b":"aa","日本":"語"}',0)"#,
        ),
        Case::new(
            "T10b",
            "JSON values that only SQL can make: decimals, dates, bytes, unsigned numbers",
            "t10b",
            "CREATE TABLE {t}(id INT PRIMARY KEY, j JSON, k JSON)",
            "INSERT INTO {t} VALUES(1,JSON_OBJECT('d',CAST('2024-01-31' AS DATE),'t',CAST('10:00:01.5' AS TIME(6)),\
             'dt',CAST('2024-01-31 23:59:59.000001' AS DATETIME(6)),\
             'b',CAST(0x00ff27 AS BINARY),'u',CAST(5 AS UNSIGNED),'y',CAST(2024 AS YEAR)),NULL),\
             (2,JSON_ARRAY(CAST('0000-00-00' AS DATE),CAST(-0.5 AS DECIMAL(2,1)),NULL,TRUE,'x',1,2.5e0,\
             JSON_OBJECT('it''s \\\\ \"',JSON_ARRAY(JSON_OBJECT(),JSON_ARRAY(CAST(1 AS UNSIGNED)),'a:}]'))),'[1, 2.5]'),\
             (3,CAST(CAST('2024-00-31' AS DATE) AS JSON),CAST(x'' AS JSON)),\
             (4,CAST(18446744073709551615 AS JSON),CAST(CAST(7 AS UNSIGNED) AS JSON)),\
             (5,JSON_ARRAY((SELECT c FROM JSON_TABLE('\"2024-01-31 01:02:03.000004\"','$' \
             COLUMNS(c TIMESTAMP(6) PATH '$')) AS s)),JSON_ARRAY(REPEAT(x'0102',28))),\
             (6,JSON_ARRAY(x''),JSON_ARRAY(x'01')),(7,JSON_ARRAY(x'02'),JSON_ARRAY(x'')),\
             (8,CAST(x'03' AS JSON),CAST(x'' AS JSON)),(9,JSON_ARRAY(x''),JSON_ARRAY(x''))",
        ),
        Case::new(
            "T10c",
            "decimals in JSON, with zeros at the end or more digits than a DOUBLE",
            "t10c",
            "CREATE TABLE {t}(id INT PRIMARY KEY, j JSON)",
            "INSERT INTO {t} VALUES(1,JSON_ARRAY(CAST(99999999999999999999.5 AS DECIMAL(30,1)))),\
             (2,JSON_ARRAY(CAST(1.50 AS DECIMAL(10,2)))),(3,CAST(CAST(0 AS DECIMAL(1,0)) AS JSON)),\
             (4,JSON_OBJECT('d',CAST(-99999999999999999999999999999999999.999999999999999999999999999999 AS DECIMAL(65,30)))),\
             (5,JSON_ARRAY(CAST(0.000000000000000000000000000001 AS DECIMAL(30,30)),CAST(5 AS DECIMAL(65,0))))",
        ),
        Case::new(
            "T11",
            "JSON of a hundred levels",
            "t11",
            "CREATE TABLE {t}(id INT PRIMARY KEY, j JSON)",
            "INSERT INTO {t} VALUES(1,CONCAT(REPEAT('[',100),REPEAT(']',100))),\
             (2,CONCAT(REPEAT('{\"a\":',99),'1',REPEAT('}',99))),(3,CONCAT('[',REPEAT('\"abc\",',20000),'1]'))",
        ),
        Case::new(
            "T14",
            "geometry without SRID",
            "t14",
            "CREATE TABLE {t}(id INT PRIMARY KEY, g GEOMETRY, p POINT)",
            "INSERT INTO {t} VALUES(1,ST_GeomFromText('POINT(0 0)'),ST_GeomFromText('POINT(1.5 -2.25)')),\
             (2,ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0))'),NULL),\
             (3,ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'),NULL),(4,NULL,NULL)",
        ),
        Case::new(
            "T15",
            "geometry with SRID",
            "t15",
            "CREATE TABLE {t}(id INT PRIMARY KEY, g POINT NOT NULL SRID 4326, SPATIAL KEY(g))",
            "INSERT INTO {t} VALUES(1,ST_GeomFromText('POINT(10 20)',4326)),(2,ST_GeomFromText('POINT(-89.5 179.25)',4326))",
        )
        .refused_by(Target::OceanBase, "SRID 4326"),
        Case::new(
            "T16",
            "VECTOR",
            "t16",
            "CREATE TABLE {t}(id INT PRIMARY KEY, v VECTOR(3))",
            "INSERT INTO {t} VALUES(1,STRING_TO_VECTOR('[1,2.5,-3]')),(2,NULL),\
             (3,STRING_TO_VECTOR('[3.4e38,-1e-37,0.1]'))",
        ),
    ]
}

/// A document of 17 MB.
pub(crate) fn large() -> Case {
    let case = Case::new(
        "T11b",
        "JSON of 17 MB, where OceanBase takes packets of 16 MiB",
        "t11b",
        "CREATE TABLE {t}(id INT PRIMARY KEY, j JSON)",
        "INSERT INTO {t} VALUES(1,JSON_OBJECT('a',REPEAT('x',17000000)))",
    );
    let case = case.changed_by("UPDATE {t} SET id=2").keyed_only();
    case.stops_at(Target::OceanBase, &Path::KEYED, "packet")
}
