-- Comments, quotes and names.

## T57: comments in and between words
#! mariadb
> CREATE TABLE /*! IF NOT EXISTS */ t57(id INT PRIMARY KEY /* ; */, a INT COMMENT 'it''s; -- x') -- end
> CREATE/**/TABLE/**/t57b(id INT)# end
> CREATE TABLE t57c (/* a -- */ id INT, /*! b INT, */ c INT);

## versioned comments
> CREATE TABLE t (a INT, /*!50000 b INT, */ /*!99999 c INT, */ d INT) /*!40100 DEFAULT CHARACTER SET latin1 */
> CREATE TABLE t2 (a INT /*!80023 INVISIBLE */, b INT /*!80000 DEFAULT 3 */)
> ALTER TABLE t /*!50000 ADD */ e INT /*!80000 FIRST */

## versions in six digits
#! from 8.0.34
> CREATE TABLE t (a INT, /*!080000 b INT, */ /*!999999 c INT, */ d INT)

## versioned comments of MariaDB
#! until 1.0.0
#! mariadb
> CREATE TABLE t (a INT, /*M!100100 b INT, */ /*!80000 c INT, */ /*!100300 e INT, */ d INT)

## ANSI_QUOTES
#! mariadb
#! mode ANSI_QUOTES
> CREATE TABLE "t57q"("a b" INT PRIMARY KEY, "d""q" VARCHAR(5) DEFAULT 'x"y' COMMENT 'c')
> ALTER TABLE "t57q" CHANGE "a b" "c d" BIGINT, ADD "key" INT

## expressions under ANSI_QUOTES
#! from 8.0.16
#! mode ANSI_QUOTES
> CREATE TABLE t (a INT, "b c" INT AS ("a" + 1), CHECK ("a" > 0), d VARCHAR(9) DEFAULT (concat('a"b')), KEY (("a" * 2)))

## NO_BACKSLASH_ESCAPES
#! mariadb
#! mode NO_BACKSLASH_ESCAPES
> CREATE TABLE t (a VARCHAR(9) DEFAULT 'a\', b ENUM('x\', 'y') COMMENT 'c\')

## expressions under NO_BACKSLASH_ESCAPES
#! from 8.0.13
#! mode NO_BACKSLASH_ESCAPES
> CREATE TABLE t (a VARCHAR(9) DEFAULT (concat(1, 2)), b VARCHAR(5) DEFAULT '\')

## || under PIPES_AS_CONCAT
#! mode PIPES_AS_CONCAT
#! refused PIPES_AS_CONCAT
> CREATE TABLE t (a VARCHAR(5), b VARCHAR(20) AS (a || 'x'))

## T21: odd names
#! mariadb
> CREATE TABLE `select`(`order` INT PRIMARY KEY, `a``b` INT, `列` VARCHAR(10), `a.b` INT, `sp ace` INT, `$x-y` INT, 列2 INT, 1a INT, `2` INT, KEY `in``dex` (`a``b`, `sp ace`))
> ALTER TABLE `select` RENAME TO `db.table`
> ALTER TABLE `db.table` ADD `KEY` INT, ADD UNIQUE `unique` (`a.b`)
> CREATE TABLE `0123456789012345678901234567890123456789012345678901234567890123` (a INT)
> CREATE TABLE `it's "q" \ 100%_` (`c'1` INT, `c"2` INT COMMENT '100%', `c\3` INT)

## odd database names
#! mariadb
CREATE DATABASE `{db}_my-db.1`
> CREATE TABLE `{db}_my-db.1`.`t.1` (a INT)
> ALTER TABLE `{db}_my-db.1`.`t.1` ADD b INT
> CREATE TABLE `{db}_my-db.1`. t2 LIKE `{db}_my-db.1` . `t.1`

## names that differ by case only
#! target seekdb already exists
#! mariadb
> CREATE TABLE Tab (a INT)
> CREATE TABLE tab (b INT)
> ALTER TABLE tab RENAME TO TAB
> DROP TABLE Tab

## keywords as names
#! mariadb
> CREATE TABLE status (type INT, date DATE, comment TEXT, engine INT, first INT, after INT, auto_increment INT, enum ENUM('a'), text TEXT, `key` INT, KEY `comment` (type))
> ALTER TABLE status MODIFY first INT AFTER after, ADD column_format INT, DROP engine, ADD COLUMN value INT FIRST

## small words and white space
#! mariadb
> create	table  T1 ( ID int not null auto_increment primary key , Name varchar ( 20 ) default 'X' )
> alter table T1 add	column( x int )  , add   y int
