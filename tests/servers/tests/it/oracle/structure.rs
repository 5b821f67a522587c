//! The structure of equal databases is one text, whatever server holds them.

use oms_test_servers::oracle;

use super::Pair;

const TABLES: &str = "\
CREATE TABLE parents (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'no one');
CREATE TABLE a (id INT UNSIGNED NOT NULL AUTO_INCREMENT, pid INT, big BIGINT(20), z INT(8) ZEROFILL, flag TINYINT(1), y YEAR,
  c CHAR(5) DEFAULT 'x y', v VARCHAR(10) NOT NULL DEFAULT '', d DECIMAL(10,2) DEFAULT 1.50, f FLOAT(7,3), dbl DOUBLE,
  dt DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), ts TIMESTAMP NULL, tm TIME(6),
  e ENUM('A','b''c') DEFAULT 'A', s SET('x','y'), bt BIT(9) DEFAULT b'101', bl BLOB, js JSON, g GEOMETRY,
  gen INT AS (flag * 2) VIRTUAL, gs INT AS (flag + 1) STORED, n INT DEFAULT NULL COMMENT 'it''s', vb VARBINARY(10) DEFAULT 'ab',
  hid INT INVISIBLE, PRIMARY KEY (id), UNIQUE KEY u (v, flag), KEY k (c(2), d),
  CONSTRAINT fk FOREIGN KEY (pid) REFERENCES parents (id) ON DELETE CASCADE, CONSTRAINT chk CHECK (big > 0));
";

async fn texts(pair: &Pair) -> (String, String) {
    let source = oracle::structure(&pair.source_url, pair.source.name()).await.unwrap();
    let target = oracle::structure(&pair.target_url, pair.target.name()).await.unwrap();
    (source, target)
}

fn without_collations(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.contains(" collation ")).collect()
}

#[tokio::test]
async fn mysql_and_seekdb_have_one_text_but_for_collations() {
    let pair = Pair::of("mysql", "seekdb").await;
    pair.both(TABLES).await;
    let (source, target) = texts(&pair).await;
    assert_eq!(without_collations(&source), without_collations(&target));
    let wanted = [
        "a column id: int unsigned not null auto_increment",
        "a column z: int(8) unsigned zerofill null",
        "a column flag: tinyint(1) null",
        "a column dt: datetime(3) null default \"current_timestamp\" on update current_timestamp",
        "a column e: enum('A','b'c') null default \"A\"",
        "a column gs: int null stored as flag+1",
        "a column n: int null comment \"it's\"",
        "a column hid: int null invisible",
        "a key PRIMARY: unique (id)",
        "a key k: (c(2), d)",
        "a key u: unique (v, flag)",
        "a foreign key fk: (pid) references parents (id) on delete cascade on update restrict",
        "a check: big>0",
        "parents column name: varchar(20) not null default \"no one\"",
    ];
    for line in wanted {
        assert!(source.lines().any(|found| found == line), "{line} is not in\n{source}");
    }
}

#[tokio::test]
async fn mysql_and_mysql_have_one_text() {
    let pair = Pair::of("mysql", "mysql").await;
    pair.both(TABLES).await;
    let (source, target) = texts(&pair).await;
    assert_eq!(source, target);
}

#[tokio::test]
async fn a_change_of_structure_changes_the_text() {
    let pair = Pair::of("mysql", "mysql").await;
    let changes = [
        "ALTER TABLE a MODIFY big BIGINT UNSIGNED",
        "ALTER TABLE a MODIFY v VARCHAR(11) NOT NULL DEFAULT ''",
        "ALTER TABLE a MODIFY v VARCHAR(10) NOT NULL",
        "ALTER TABLE a MODIFY v VARCHAR(10) DEFAULT ''",
        "ALTER TABLE a MODIFY v VARCHAR(10) COLLATE utf8mb4_bin NOT NULL DEFAULT ''",
        "ALTER TABLE a MODIFY gen INT AS (flag * 3) VIRTUAL",
        "ALTER TABLE a MODIFY tm TIME(6) FIRST",
        "ALTER TABLE a DROP KEY k, ADD KEY k (c, d)",
        "ALTER TABLE a DROP KEY u, ADD KEY u (v, flag)",
        "ALTER TABLE a DROP FOREIGN KEY fk",
        "ALTER TABLE a DROP CHECK chk",
        "ALTER TABLE a ALTER hid SET VISIBLE",
        "ALTER TABLE a MODIFY e ENUM('a','b''c') DEFAULT 'a'",
        "DROP TABLE a",
    ];
    pair.both(TABLES).await;
    for change in changes {
        let (before, _) = texts(&pair).await;
        pair.source.query(change).await.unwrap();
        let (after, _) = texts(&pair).await;
        assert_ne!(before, after, "{change}");
    }
}
