//! Numbers.

use crate::fidelity::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "T01",
            "integer extremes",
            "t01",
            "CREATE TABLE {t}(id BIGINT UNSIGNED PRIMARY KEY, a TINYINT, b TINYINT UNSIGNED, c SMALLINT, \
             d SMALLINT UNSIGNED, m MEDIUMINT, n MEDIUMINT UNSIGNED, e INT, f INT UNSIGNED, g BIGINT, \
             h BIGINT UNSIGNED, z INT(8) UNSIGNED ZEROFILL, y YEAR)",
            "INSERT INTO {t} VALUES(1,-128,255,-32768,65535,-8388608,16777215,-2147483648,4294967295,\
             -9223372036854775808,18446744073709551615,42,2155),\
             (2,127,128,32767,32768,8388607,8388608,2147483647,2147483648,9223372036854775807,\
             9223372036854775808,4294967295,1901),\
             (9223372036854775808,-1,1,-1,1,-1,1,-1,1,-1,1,1,0),\
             (18446744073709551615,0,0,0,0,0,0,0,0,0,0,0,0)",
        ),
        Case::new(
            "T05",
            "DECIMAL, digit for digit",
            "t05",
            "CREATE TABLE {t}(id INT PRIMARY KEY, a DECIMAL(65,30), b DECIMAL(65,0), c DECIMAL(5,2), \
             z DECIMAL(10,4) UNSIGNED ZEROFILL, s DECIMAL(30,30), o DECIMAL(1,0))",
            "INSERT INTO {t} VALUES(1,-99999999999999999999999999999999999.999999999999999999999999999999,\
             99999999999999999999999999999999999999999999999999999999999999999,-0.00,1.5,\
             0.999999999999999999999999999999,-9),\
             (2,0.000000000000000000000000000001,-1,1.10,0,-0.000000000000000000000000000001,0),\
             (3,123456789.123456789,1000000000,-999.99,999999.9999,0,9)",
        ),
        Case::new(
            "T06",
            "DOUBLE and FLOAT, bit for bit",
            "t06",
            "CREATE TABLE {t}(id INT PRIMARY KEY, d DOUBLE, e DOUBLE(20,6), f FLOAT, g FLOAT(7,3), u DOUBLE UNSIGNED)",
            "INSERT INTO {t} VALUES(1,1.7976931348623157e308,1.5,3.4028234e38,1.5,0),\
             (2,2.2250738585072014e-308,0,1.17549435e-38,0,1e-5),(3,0.1,0.333333,0.1,0.333,0.1),\
             (4,1/3,-2.5,1/3,-2.5,1/3),(5,9007199254740993,0,16777217,0,1e15),\
             (6,-0e0,12345678901234.123456,-0e0,-9999.999,1e16),(7,5e-324,-0.000001,1e-45,0.001,123456789012345680),\
             (8,-1.7976931348623157e308,99999999999999.999999,-3.4028234e38,9999.999,1e22),\
             (9,1e23,1e-6,1e10,1,1e23)",
        ),
        Case::new(
            "T07",
            "BIT(1) to BIT(64)",
            "t07",
            "CREATE TABLE {t}(id INT PRIMARY KEY, b1 BIT(1), b8 BIT(8), b9 BIT(9), b64 BIT(64), b7 BIT(7) NOT NULL)",
            "INSERT INTO {t} VALUES(1,1,b'10000001',b'100000001',0xffffffffffffffff,b'1111111'),\
             (2,0,0,b'000000010',1,0),(3,NULL,NULL,NULL,0x8000000000000000,b'0101010'),\
             (4,1,0x27,0x15c,0x275c000a0d1a2200,39)",
        ),
        Case::new(
            "T17",
            "TINYINT(1) is a number",
            "t17",
            "CREATE TABLE {t}(id INT PRIMARY KEY, a TINYINT(1), b BOOLEAN, c TINYINT(1) UNSIGNED)",
            "INSERT INTO {t} VALUES(1,127,1,255),(2,-1,0,2),(3,2,NULL,0)",
        ),
    ]
}
