//! Dates, times and instants.

use crate::fidelity::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "T02",
            "zero and partial dates",
            "t02",
            "CREATE TABLE {t}(id INT PRIMARY KEY, d DATE NOT NULL, dt DATETIME NOT NULL, \
             ts TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00', p DATE, n DATE)",
            "INSERT INTO {t} VALUES(1,'0000-00-00','0000-00-00 00:00:00','0000-00-00 00:00:00','2024-00-00',NULL),\
             (2,'2024-02-00','2024-00-10 01:02:03','1970-01-01 10:00:01','2024-00-31',NULL);\
             SET SESSION sql_mode='ALLOW_INVALID_DATES';\
             INSERT INTO {t} VALUES(3,'2024-02-30','2023-02-31 23:59:59','1970-01-01 10:00:01','2024-02-30',NULL)",
        ),
        Case::new(
            "T03",
            "range and precision of dates",
            "t03",
            "CREATE TABLE {t}(id INT PRIMARY KEY, d DATE, t0 DATETIME, t1 DATETIME(1), t2 DATETIME(2), t3 DATETIME(3), \
             t4 DATETIME(4), t5 DATETIME(5), t6 DATETIME(6), s0 TIMESTAMP NULL, s1 TIMESTAMP(1) NULL, \
             s3 TIMESTAMP(3) NULL, s5 TIMESTAMP(5) NULL, s6 TIMESTAMP(6) NULL)",
            "SET time_zone='+00:00';\
             INSERT INTO {t} VALUES(1,'0001-01-01','0033-03-03 14:14:14','1969-12-31 23:59:59.9',\
             '1969-12-31 23:59:59.99','1582-10-10 00:00:00.123','1969-12-31 23:59:59.9999','1000-01-01 00:00:00.00001',\
             '9999-12-31 23:59:59.999999','2038-01-19 03:14:07','2038-01-19 03:14:07.9','2038-01-19 03:14:07.999',\
             '2038-01-19 03:14:07.99999','2038-01-19 03:14:07.999999'),\
             (2,'1000-01-01','1900-01-01 00:00:00','2000-02-29 12:00:00.5','2000-02-29 12:00:00.05',\
             '2024-12-31 23:59:59.999','2024-12-31 23:59:59.0001','2024-12-31 23:59:59.00001','0444-04-04 13:13:13.000001',\
             '1970-01-01 00:00:01','1970-01-01 00:00:01.1','1970-01-01 00:00:01.001','1970-01-01 00:00:01.00001',\
             '1970-01-02 00:00:01.000001'),\
             (3,'9999-12-31','9999-12-31 23:59:59','0001-01-01 00:00:00.1','0001-01-01 00:00:00.01',\
             '0001-01-01 00:00:00.001','0001-01-01 00:00:00.0001','0001-01-01 00:00:00.00001','0001-01-01 00:00:00.000001',\
             '2000-02-29 23:59:59',NULL,NULL,NULL,'2026-01-30 12:34:56.100000')",
        ),
        Case::new(
            "T04",
            "TIME, sign and range",
            "t04",
            "CREATE TABLE {t}(id INT PRIMARY KEY, a TIME, b TIME(6), c TIME(1), d TIME(3), e TIME(4))",
            "INSERT INTO {t} VALUES(1,'838:59:59','838:59:59.000000','838:59:58.9','838:59:58.999','838:59:58.9999'),\
             (2,'-838:59:59','-00:00:00.000001','-00:00:00.1','-00:00:00.001','-00:00:00.0001'),\
             (3,'-507:48:27','25:00:00.5','-01:00:00.5','-256:00:00.001','-00:59:59.9999'),\
             (4,'00:00:00','-01:00:00.999999','00:00:00.1','-838:59:58.999','255:59:59.0001'),\
             (5,'-00:00:01','-838:59:58.999999','-00:00:01.0','-00:01:00.000','-01:00:00.0000')",
        ),
        Case::new(
            "T27",
            "instants and wall clocks, all servers in zones of their own",
            "t27",
            "CREATE TABLE {t}(id INT PRIMARY KEY, ts TIMESTAMP(3) NULL, dt DATETIME(3))",
            "INSERT INTO {t} VALUES(1,'2026-01-30 12:34:56.789','2026-01-30 12:34:56.789'),\
             (2,'2026-03-08 02:30:00','2026-03-08 02:30:00')",
        ),
        Case::new(
            "T28",
            "the repeated hour and the ends of the range",
            "t28",
            "CREATE TABLE {t}(id INT PRIMARY KEY, ts TIMESTAMP NULL)",
            "SET time_zone='+00:00'; INSERT INTO {t} VALUES(1,FROM_UNIXTIME(1699162200)),(2,FROM_UNIXTIME(1699165800)),\
             (3,FROM_UNIXTIME(1)),(4,FROM_UNIXTIME(2147483647))",
        ),
        Case::new(
            "T29",
            "ON UPDATE CURRENT_TIMESTAMP fires at the source only",
            "t29",
            "CREATE TABLE {t}(id INT PRIMARY KEY, v INT, \
             ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, \
             dt DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6))",
            "INSERT INTO {t} VALUES(1,1,'2020-01-01 00:00:00','2020-01-01 00:00:00'),\
             (2,1,'2020-01-01 00:00:00',NULL),(3,1,'2020-01-01 00:00:00','2020-01-01 00:00:00')",
        )
        .changed_by("UPDATE {t} SET v=2, ts=ts, dt=dt WHERE id=1; UPDATE {t} SET v=3 WHERE id=2; UPDATE {t} SET id=4, ts=ts WHERE id=3"),
    ]
}
