//! Text, bytes and labels.

use crate::fidelity::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new(
            "T08",
            "labels of ENUM and SET",
            "t08",
            "CREATE TABLE {t}(id INT PRIMARY KEY, e ENUM('programmée','b''c','d,e','日本') CHARACTER SET utf8mb4, \
             s SET('x','y z','é'), l ENUM('é','b') CHARACTER SET latin1)",
            "INSERT INTO {t} VALUES(1,'programmée','x,é','é'),(2,'b''c','','b'),(3,'d,e','y z','é'),(4,'日本',NULL,NULL)",
        ),
        wide_labels(),
        Case::new(
            "T12",
            "bytes of BLOB, BINARY and TEXT",
            "t12",
            "CREATE TABLE {t}(id INT PRIMARY KEY, b BLOB, vb VARBINARY(300), t TEXT, tb TINYBLOB, n BINARY(4), \
             mb MEDIUMBLOB, lt LONGTEXT)",
            r"INSERT INTO {t} VALUES(1,0x00FF80270A0D5C1A,0x610000,'line\nquote''back\\tab\t','',0x61,'m','l'),
              (2,'',x'','','',0x00000000,'',''),(3,NULL,NULL,NULL,0x00,NULL,NULL,NULL),
              (4,0x00,0x2020,'  ',0x20,0x61620000,0x5c27,'\0\Z\b\r\n%_')",
        ),
        Case::new(
            "T12b",
            "every byte, alone and in a row",
            "t12b",
            "CREATE TABLE {t}(id INT PRIMARY KEY, b BLOB, vb VARBINARY(10), n BINARY(3), t VARCHAR(10) CHARACTER SET latin1)",
            "SET SESSION cte_max_recursion_depth=1000; INSERT INTO {t} WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL \
             SELECT n+1 FROM r WHERE n<255) SELECT n, CONCAT(CHAR(n),CHAR(255-n)), CHAR(n), CHAR(n), \
             CONVERT(CONCAT('a',CHAR(n),'b') USING latin1) FROM r",
        ),
        Case::new(
            "T13",
            "CHAR and spaces at the end",
            "t13",
            "CREATE TABLE {t}(id INT PRIMARY KEY, c CHAR(10), v VARCHAR(10), t TEXT, l CHAR(10) CHARACTER SET latin1)",
            "INSERT INTO {t} VALUES(1,'ab  ','ab  ','ab  ','ab  '),(2,'','   ','   ',''),(3,'a\\tb\\t ','\\t ','\\t ','\\t')",
        ),
        Case::new(
            "T22",
            "empty, NULL and default",
            "t22",
            "CREATE TABLE {t}(id INT PRIMARY KEY, a VARCHAR(5) DEFAULT 'dflt', b INT DEFAULT 7, \
             c DATETIME DEFAULT CURRENT_TIMESTAMP)",
            "INSERT INTO {t} VALUES(1,NULL,NULL,NULL),(2,'',0,'2020-01-01')",
        ),
        Case::new(
            "T23",
            "several character sets in one table",
            "t23",
            "CREATE TABLE {t}(id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET latin1, b VARCHAR(20) CHARACTER SET gbk, \
             c VARCHAR(20) CHARACTER SET utf8mb3, d VARCHAR(20) CHARACTER SET utf8mb4, e VARBINARY(20), \
             f VARCHAR(20) CHARACTER SET big5, g VARCHAR(20) CHARACTER SET ujis)",
            "INSERT INTO {t} VALUES(1,'é€ß','中文测试','中','😀',0xFFFE,'圖形碼','河'),(2,'','','','','','','')",
        ),
        Case::new(
            "T23c",
            "codes that are one character with others",
            "t23c",
            "CREATE TABLE {t}(id INT PRIMARY KEY, s VARCHAR(20) CHARACTER SET sjis, c VARCHAR(20) CHARACTER SET cp932, \
             u VARCHAR(20) CHARACTER SET ujis, e VARCHAR(20) CHARACTER SET eucjpms, a VARCHAR(20) CHARACTER SET armscii8, \
             t TEXT CHARACTER SET cp932)",
            "INSERT INTO {t} VALUES(1,_sjis 0x5C815F,_cp932 0x8790ED40,_ujis 0xA1C05C8FA2B77E,_eucjpms 0xADF0A2E2,\
             _armscii8 0xA429A528,_cp932 0xFA4A8754),(2,_sjis 0x815F,_cp932 0x81E0FA5C,_ujis 0x5C,_eucjpms 0xA2E2,\
             _armscii8 0x29,_cp932 0x8754),(3,_sjis 0x5C27,_cp932 0x5C27,'','','',''),(4,NULL,NULL,NULL,NULL,NULL,NULL)",
        )
        .changed_by(
            "UPDATE {t} SET s=_sjis 0x5C, c=_cp932 0xEEFA WHERE id=2; DELETE FROM {t} WHERE id=1; \
             UPDATE {t} SET c=_cp932 0x8790ED40, a=_armscii8 0xFF27, u=_ujis 0xA1C0 WHERE id=3; \
             INSERT INTO {t} VALUES(5,_sjis 0x5C,_cp932 0xFA4A,_ujis 0x8FA2B7,_eucjpms 0xADF2,_armscii8 0xA9,_cp932 0x879A)",
        ),
        Case::new(
            "T24",
            "gbk bytes that look like escapes",
            "t24",
            "CREATE TABLE {t}(id INT PRIMARY KEY, b VARCHAR(20) CHARACTER SET gbk)",
            "INSERT INTO {t} VALUES(1,CONVERT(0xBF5C USING gbk)),(2,CONVERT(0xD55C27 USING gbk)),(3,CONVERT(0x8140 USING gbk))",
        ),
        Case::new(
            "T25",
            "Unicode is not normalised",
            "t25",
            "CREATE TABLE {t}(id INT PRIMARY KEY, s VARCHAR(50) CHARACTER SET utf8mb4)",
            "INSERT INTO {t} VALUES(1,_utf8mb4 0xC3A9),(2,_utf8mb4 0x65CC81),(3,_utf8mb4 0xEFBBBF41),(4,_utf8mb4 0x410042),\
             (5,_utf8mb4 0xF09F91A8E2808DF09F91A9),(6,_utf8mb4 0xEFBFBD),(7,_utf8mb4 0xEFBFBF),(8,_utf8mb4 0xF48FBFBF)",
        ),
    ];
    cases.push(all_characters());
    cases.push(all_charsets());
    cases
}

/// A SET of 64 labels and an ENUM of 300: the index takes one byte up to 255.
fn wide_labels() -> Case {
    let labels = |count: usize| (1..=count).map(|n| format!("'l{n}'")).collect::<Vec<_>>().join(",");
    let all = (1..=64).map(|n| format!("l{n}")).collect::<Vec<_>>().join(",");
    Case::new(
        "T09",
        "SET of 64 labels, ENUM of 300",
        "t09",
        format!(
            "CREATE TABLE {{t}}(id INT PRIMARY KEY, s SET({}), e ENUM({}), s9 SET({}))",
            labels(64),
            labels(300),
            labels(9)
        ),
        format!(
            "INSERT INTO {{t}} VALUES(1,'{all}','l1','l9'),(2,'l64','l255','l1,l9'),(3,'','l256',''),\
             (4,'l1,l64','l300','l8'),(5,NULL,NULL,NULL)"
        ),
    )
}

/// Every assigned code point of Unicode's first planes, in rows of 256.
fn all_characters() -> Case {
    Case::new(
        "T25b",
        "every code point",
        "t25b",
        "CREATE TABLE {t}(id INT PRIMARY KEY, s VARCHAR(256) CHARACTER SET utf8mb4)",
        "SET SESSION cte_max_recursion_depth=1200000, group_concat_max_len=100000; \
         INSERT INTO {t} WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL SELECT n+1 FROM r WHERE n<0x32fff) \
         SELECT n>>8, GROUP_CONCAT(CONVERT(CHAR(n USING utf32) USING utf8mb4) \
         ORDER BY n SEPARATOR '') FROM r WHERE n<0xd800 OR n>0xdfff GROUP BY n>>8",
    )
    .made_once()
}

/// The character sets of MySQL beside utf8mb4 and binary.
pub(crate) const CHARSETS: [&str; 39] = [
    "utf8mb3", "ascii", "latin1", "latin2", "latin5", "latin7", "greek", "hebrew", "tis620", "koi8r",
    "koi8u", "cp866", "cp850", "cp852", "cp1250", "cp1251", "cp1256", "cp1257", "macroman", "macce", "dec8",
    "hp8", "swe7", "keybcs2", "armscii8", "geostd8", "gbk", "gb2312", "gb18030", "big5", "ujis", "eucjpms",
    "sjis", "cp932", "euckr", "ucs2", "utf16", "utf16le", "utf32",
];

/// A column for each character set, with the characters that it has.
fn all_charsets() -> Case {
    let columns = CHARSETS.map(|name| format!("{name} VARCHAR(256) CHARACTER SET {name}"));
    let values = CHARSETS.map(|name| {
        format!(
            "GROUP_CONCAT(IF(HEX(CONVERT(CONVERT(c USING {name}) USING utf32)) = HEX(c), CONVERT(c USING utf8mb4), '') \
             ORDER BY n SEPARATOR '')"
        )
    });
    Case::new(
        "T23b",
        "every third character of the Basic Multilingual Plane, in every character set",
        "t23b",
        format!("CREATE TABLE {{t}}(id INT PRIMARY KEY, {})", columns.join(", ")),
        format!(
            "SET SESSION cte_max_recursion_depth=100000, group_concat_max_len=100000; \
             INSERT INTO {{t}} WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL SELECT n+3 FROM r WHERE n<0xfffd) \
             SELECT n>>8, {} FROM (SELECT n, CHAR(n USING utf32) AS c FROM r WHERE n<0xd800 OR n>0xdfff) x GROUP BY n>>8",
            values.join(", ")
        ),
    )
    .made_once()
}
