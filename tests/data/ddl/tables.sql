-- Tables made, copied, renamed, emptied and removed.

## CREATE TABLE with everything
> CREATE TABLE IF NOT EXISTS t (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'key', name VARCHAR(40) NOT NULL DEFAULT 'x' COMMENT 'it''s', total DECIMAL(12,2) UNSIGNED, made TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), PRIMARY KEY (id), KEY by_name (name(10)) USING BTREE COMMENT 'k') ENGINE=InnoDB AUTO_INCREMENT=100 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='a "table"' ROW_FORMAT=DYNAMIC

## CREATE TABLE that is there already
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY)
> CREATE TABLE IF NOT EXISTS t (other VARCHAR(5))
> CREATE TABLE /*! IF NOT EXISTS */ t (x INT)

## CREATE TABLE … LIKE
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY k (a)) COMMENT='c'
> CREATE TABLE l LIKE t
> CREATE TABLE l2 (LIKE {db}.t)
> CREATE TABLE IF NOT EXISTS l LIKE t

## CREATE TABLE … LIKE with constraints and options
#! from 8.0.16
CREATE TABLE p (id INT PRIMARY KEY)
CREATE TABLE t (id INT PRIMARY KEY, a INT CHECK (a > 0), b INT, CONSTRAINT n CHECK (b > 1), FOREIGN KEY (a) REFERENCES p (id)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4 COMMENT='x'
> CREATE TABLE l LIKE t

## CREATE TABLE … LIKE a table that is not known
#! refused whose schema is not known
CREATE DATABASE {db}x
CREATE TABLE {db}x.t (id INT)
> CREATE TABLE l LIKE {db}x.t

## CREATE TABLE as a SELECT is logged
#! from 8.0.21
> CREATE TABLE `g3` (  `x` int NOT NULL DEFAULT '0',  `y` varchar(1) NOT NULL DEFAULT '')

## T45: a swap, an empty table, and a table made anew
#! mariadb
CREATE TABLE t45a (id INT PRIMARY KEY, v INT)
CREATE TABLE t45b (id INT PRIMARY KEY, w VARCHAR(5))
> RENAME TABLE t45a TO t45x, t45b TO t45a, t45x TO t45b
> TRUNCATE t45b
> DROP TABLE t45b
> CREATE TABLE t45b (id INT PRIMARY KEY)

## T56: what gh-ost does
#! mariadb
CREATE TABLE orders (id INT PRIMARY KEY, a INT)
> create /* gh-ost */ table {db}._orders_gho like {db}.orders
> alter /* gh-ost */ table {db}._orders_gho add column b int not null default 3
> rename /* gh-ost */ table {db}.orders to {db}._orders_del, {db}._orders_gho to {db}.orders
> drop /* gh-ost */ table if exists {db}._orders_del

## T56: what pt-online-schema-change does
#! mariadb
CREATE TABLE orders (id INT PRIMARY KEY, a INT)
> CREATE TABLE `{db}`.`_orders_new` (`id` int(11) NOT NULL, `a` int(11) DEFAULT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=latin1
> ALTER TABLE `{db}`.`_orders_new` ADD COLUMN c2 INT
> RENAME TABLE `{db}`.`orders` TO `{db}`.`_orders_old`, `{db}`.`_orders_new` TO `{db}`.`orders`
> DROP TABLE IF EXISTS `{db}`.`_orders_old`

## rename by ALTER TABLE
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY)
> ALTER TABLE t RENAME TO u
> ALTER TABLE u RENAME v
> ALTER TABLE v RENAME AS w
> ALTER TABLE w ADD a INT, RENAME TO x
> ALTER TABLE x RENAME = y, ADD b INT

## rename into another database
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(5))
CREATE DATABASE {db}_b CHARACTER SET latin1
> RENAME TABLE t TO {db}_b.t
> ALTER TABLE {db}_b.t RENAME TO {db}.t2

## three tables change places
#! mariadb
CREATE TABLE a (x1 INT)
CREATE TABLE b (x2 INT)
CREATE TABLE c (x3 INT)
> RENAME TABLE a TO tmp, b TO a, c TO b, tmp TO c

## drop several tables, one of which is not there
#! mariadb
CREATE TABLE a (x INT)
CREATE TABLE b (x INT)
CREATE TABLE c (x INT)
> DROP TABLE IF EXISTS a, nowhere, {db}.b CASCADE

## drop a database with tables
#! mariadb
CREATE DATABASE {db}_b
CREATE TABLE {db}_b.t (x INT)
CREATE TABLE t (x INT)
> DROP DATABASE {db}_b

## comments and options
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY) COMMENT='old'
> ALTER TABLE t COMMENT='new'
> ALTER TABLE t COMMENT = ''
> ALTER TABLE t ROW_FORMAT=REDUNDANT, AUTO_INCREMENT=1000
> ALTER TABLE t ROW_FORMAT=DEFAULT STATS_PERSISTENT=0
> ALTER TABLE t ENGINE=InnoDB, STATS_PERSISTENT=DEFAULT, MAX_ROWS=1000
> ALTER TABLE t FORCE

## engines
#! mariadb
> CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM CHECKSUM=1 AVG_ROW_LENGTH=50 DELAY_KEY_WRITE=1
> CREATE TABLE h (id INT PRIMARY KEY) ENGINE = heap
> ALTER TABLE m ENGINE=INNODB, CHECKSUM=0, DELAY_KEY_WRITE=0

## compressed tables
#! mariadb
> CREATE TABLE c (id INT PRIMARY KEY) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8
> ALTER TABLE c KEY_BLOCK_SIZE=0, ROW_FORMAT=DYNAMIC

## actions that change nothing
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)
> ALTER TABLE t
> ALTER TABLE t ORDER BY a, b DESC
> ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE, ADD c INT
> ALTER TABLE t ENGINE=InnoDB

## a table with itself renamed
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY)
> ALTER TABLE t RENAME TO t

## an unknown table
#! unknown
CREATE DATABASE {db}x
CREATE TABLE {db}x.t (id INT)
CREATE TABLE {db}x.u (id INT)
> ALTER TABLE {db}x.t ADD a INT
> RENAME TABLE {db}x.t TO {db}x.v
> TRUNCATE TABLE {db}x.u

## CREATE OR REPLACE of MariaDB
#! until 1.0.0
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY)
> CREATE OR REPLACE TABLE t (a VARCHAR(5))
> CREATE OR REPLACE TABLE t (a DATE, KEY (a))

## statements that bring rows in or take them away unseen
#! refused it changes rows without logging them
CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))
CREATE TABLE x (id INT PRIMARY KEY)
> ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE x
> ALTER TABLE t TRUNCATE PARTITION p0
> ALTER TABLE t DROP PARTITION p1
> ALTER TABLE x DISCARD TABLESPACE
