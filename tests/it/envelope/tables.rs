//! Tables of every type with values at their ends.

/// One table; `{t}` stands for its name.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) create: &'static str,
    pub(crate) rows: &'static str,
    /// Expressions whose text Canal itself has for a column; the first word of each is the column.
    pub(crate) printed: &'static str,
}

impl Table {
    /// The columns behind [`Self::printed`].
    pub(crate) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.printed.split(", ").map(|expression| expression.split('+').next().unwrap_or_default())
    }
}

/// Takes dates that no calendar has.
pub(crate) const SESSION: &str = "SET SESSION sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00'";

pub(crate) const ALL: [Table; 6] = [
    Table {
        name: "numbers",
        create: "CREATE TABLE {t} (id INT PRIMARY KEY, a TINYINT, b TINYINT UNSIGNED, c SMALLINT, d SMALLINT UNSIGNED, \
             e MEDIUMINT, f MEDIUMINT UNSIGNED, g INT, h INT UNSIGNED, i BIGINT, j BIGINT UNSIGNED, y YEAR, \
             z INT(8) UNSIGNED ZEROFILL, k DECIMAL(65,30), l DECIMAL(65,0), m DECIMAL(5,2), \
             n DECIMAL(10,4) UNSIGNED ZEROFILL, o TINYINT(1), p BIT(1), q BIT(10), r BIT(64))",
        rows: "INSERT INTO {t} VALUES \
             (1,-128,0,-32768,0,-8388608,0,-2147483648,0,-9223372036854775808,0,1901,0,\
             -99999999999999999999999999999999999.999999999999999999999999999999,\
             99999999999999999999999999999999999999999999999999999999999999999,-999.99,0,0,0,0,0),\
             (2,127,255,32767,65535,8388607,16777215,2147483647,4294967295,9223372036854775807,18446744073709551615,2155,\
             42,0.000000000000000000000000000001,-1,0.10,123456.5,1,1,1023,0xffffffffffffffff),\
             (3,-1,1,-1,1,-1,1,-1,1,-1,1,0,4294967295,0,0,-0.01,1,-128,NULL,1,1),\
             (4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)",
        printed: "a, b, c, d, e, f, g, h, i, j, k, l, m, o, p+0, q+0, r+0",
    },
    Table {
        name: "floats",
        create: "CREATE TABLE {t} (id INT PRIMARY KEY, a FLOAT, b DOUBLE, c FLOAT(7,3), d DOUBLE(20,6))",
        rows: "INSERT INTO {t} VALUES (1,-3.4028234e38,-1.7976931348623157e308,-9999.999,-99999999999999.999999),\
             (2,1.17549435e-38,2.2250738585072014e-308,0.001,0.000001),(3,0.1,0.1,0.333,1/3),(4,1/3,1/3,1.5,1.5),\
             (5,-0e0,-0e0,0,0),(6,16777217,9007199254740993,1,1),(7,1e-45,5e-324,NULL,NULL)",
        printed: "",
    },
    Table {
        name: "moments",
        create: "CREATE TABLE {t} (id INT PRIMARY KEY, a DATE, b TIME, c TIME(3), d TIME(6), e DATETIME, f DATETIME(3), \
             g DATETIME(6), h TIMESTAMP NULL, i TIMESTAMP(6) NULL)",
        rows: "INSERT INTO {t} VALUES (1,'1000-01-01','-838:59:59','-00:00:00.001','-838:59:58.999999',\
             '1000-01-01 00:00:00','1969-12-31 23:59:59.9','9999-12-31 23:59:59.999999','1970-01-01 00:00:01',\
             '1970-01-01 00:00:01.000001'),\
             (2,'9999-12-31','838:59:59','23:59:59.12','12:00:00.5','9999-12-31 23:59:59','2024-02-29 12:34:56.789',\
             '2024-02-29 12:34:56.789012','2038-01-19 03:14:07','2024-02-29 12:34:56.12'),\
             (3,'0000-00-00','00:00:00','00:00:00','00:00:00.000001','0000-00-00 00:00:00','2024-00-10 01:02:03.5',\
             '2023-02-31 23:59:59','0000-00-00 00:00:00','0000-00-00 00:00:00'),\
             (4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)",
        printed: "a, b, c, d, e, f, g, h, i",
    },
    Table {
        name: "texts",
        create: "CREATE TABLE {t} (id INT PRIMARY KEY, a CHAR(10), b VARCHAR(80), c TEXT, d VARCHAR(20) CHARSET latin1, \
             e VARCHAR(20) CHARSET gbk, f VARCHAR(20) CHARSET utf16, g ENUM('new','a\"b',''), h SET('red','blue','a\"b')) \
             DEFAULT CHARSET utf8mb4",
        rows: "INSERT INTO {t} VALUES (1,'','a  ','{\"not\": \"json\"}','Grüße €','中文','😀é','new','red,a\"b'),\
             (2,'\"\\\\\\n\\t/','日本\\0😀',REPEAT('x\"',3000),'','','','a\"b',''),\
             (3,'é','','\\Z\\b','ÿ','啊','','','red,blue,a\"b'),(4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)",
        printed: "a, b, c, g+0, h+0",
    },
    Table {
        name: "bytes",
        create: "CREATE TABLE {t} (id INT PRIMARY KEY, a BINARY(4), b VARBINARY(20), c BLOB, d TINYBLOB, e GEOMETRY, \
             f POINT SRID 4326, v VECTOR(3))",
        rows: "INSERT INTO {t} VALUES (1,0x00000100,'','plain',0xc328,ST_GeomFromText('LINESTRING(0 1,2.5 -3)'),\
             ST_SRID(POINT(1.5,-2),4326),STRING_TO_VECTOR('[1,-0.1,3.4e38]')),\
             (2,0xff,0x00225cfffb,REPEAT(0xff,3000),'',ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),MULTIPOINT(0 0,1 1))'),\
             ST_SRID(POINT(0,0),4326),STRING_TO_VECTOR('[0,0,0]')),(3,NULL,NULL,NULL,NULL,NULL,NULL,NULL)",
        printed: "",
    },
    Table {
        name: "documents",
        create: "CREATE TABLE {t} (id INT PRIMARY KEY, a JSON)",
        rows: "INSERT INTO {t} VALUES (1,'null'),(2,'{\"k\": [1, \"é\\\\n\", 1.5e300, -0.0, 18446744073709551615, true]}'),\
             (3,JSON_OBJECT('d',CAST(1.10 AS DECIMAL(5,2)),'t',CAST('2024-02-29 12:34:56.5' AS DATETIME(6)))),\
             (4,JSON_ARRAY(CAST('x' AS BINARY(1)),DATE'2024-02-29',CAST(7 AS UNSIGNED))),(5,NULL),(6,'\"\"'),(7,'[]')",
        printed: "a",
    },
];
