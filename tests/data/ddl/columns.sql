-- Columns added, dropped, changed, renamed and moved.

## add a column at the end
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY)
> ALTER TABLE t ADD c INT NOT NULL DEFAULT 5
> ALTER TABLE t ADD COLUMN d VARCHAR(10) DEFAULT 'x'

## T53: add columns first and behind another
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10))
> ALTER TABLE t ADD COLUMN c1 INT NOT NULL DEFAULT 5 FIRST
> ALTER TABLE t ADD COLUMN c2 VARCHAR(10) DEFAULT 'x' AFTER id

## T54: add, drop and add
#! mariadb
CREATE TABLE t54 (id INT PRIMARY KEY, a INT)
> ALTER TABLE t54 ADD b VARCHAR(5)
> ALTER TABLE t54 DROP a
> ALTER TABLE t54 ADD a2 INT FIRST

## several columns in parentheses
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY)
> ALTER TABLE t ADD (a INT, b VARCHAR(5) NOT NULL, KEY (a), UNIQUE k2 (b))

## several columns in one statement, each behind the one before
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, z INT)
> ALTER TABLE t ADD a INT AFTER id, ADD b INT AFTER a, ADD c INT FIRST, ADD d INT

## a column behind one that is renamed in the same statement
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)
> ALTER TABLE t CHANGE a a2 INT, ADD x INT AFTER a2

## modify keeps the place
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)
> ALTER TABLE t MODIFY a BIGINT UNSIGNED NOT NULL
> ALTER TABLE t MODIFY COLUMN id BIGINT AUTO_INCREMENT

## modify and move
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT)
> ALTER TABLE t MODIFY c INT FIRST
> ALTER TABLE t MODIFY id INT AFTER b
> ALTER TABLE t MODIFY a INT AFTER c, MODIFY b INT FIRST

## two columns moved behind each other
#! mariadb
CREATE TABLE t (a INT, b INT, c INT)
> ALTER TABLE t MODIFY a INT AFTER b, MODIFY b INT AFTER a

## a column moved behind a new one
#! mariadb
CREATE TABLE t (a INT, b INT, c INT)
> ALTER TABLE t ADD n INT FIRST, MODIFY c INT AFTER n

## change name, type and place at once
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)
> ALTER TABLE t CHANGE COLUMN b bb DECIMAL(10,2) NOT NULL DEFAULT 1.5 COMMENT 'c' AFTER id
> ALTER TABLE t CHANGE bb BB DECIMAL(10,2)

## modify without a default or comment takes both away
#! mariadb
CREATE TABLE t (a INT NOT NULL DEFAULT 3 COMMENT 'x')
> ALTER TABLE t MODIFY a INT

## rename columns
#! from 8.0.3
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, KEY (a, b))
> ALTER TABLE t RENAME COLUMN a TO x
> ALTER TABLE t RENAME COLUMN x TO b, RENAME COLUMN b TO x

## rename and add the old name anew
#! from 8.0.3
CREATE TABLE t (id INT PRIMARY KEY, a INT)
> ALTER TABLE t RENAME COLUMN a TO b, ADD a VARCHAR(5)

## names compare without case
#! mariadb
CREATE TABLE t (Id INT PRIMARY KEY, Ab INT, KEY kAb (aB))
> ALTER TABLE t MODIFY AB BIGINT
> ALTER TABLE t DROP aB, ADD Cd INT AFTER iD

## drop columns with their indexes
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT, KEY ka (a), KEY kab (a, b), UNIQUE ubc (b, c))
> ALTER TABLE t DROP COLUMN a
> ALTER TABLE t DROP c

## drop a column and add one of the same name
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, KEY (a))
> ALTER TABLE t DROP a, ADD a VARCHAR(10)

## drop indexed columns and add others of the same names
CREATE TABLE t (a BIGINT, b VARCHAR(20), c VARCHAR(10), d DATETIME(3), e DECIMAL(12,3), f ENUM('x'), KEY ka (a), KEY kb (b), KEY kc (c(4)), KEY kd (d), KEY ke (e), KEY kf (f, a)) CHARACTER SET latin1
> ALTER TABLE t DROP a, DROP b, DROP c, DROP d, DROP e, DROP f, ADD a VARCHAR(30), ADD b VARCHAR(50), ADD c VARCHAR(4), ADD d VARCHAR(8), ADD e VARCHAR(40), ADD f VARCHAR(3)

## drop the primary key with its column
CREATE TABLE t (id INT PRIMARY KEY, a INT)
> ALTER TABLE t DROP id

## defaults set and dropped
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(5) NOT NULL DEFAULT 'x')
> ALTER TABLE t ALTER a SET DEFAULT 7
> ALTER TABLE t ALTER COLUMN b DROP DEFAULT, ALTER a SET DEFAULT NULL

## a default set to an expression
#! from 8.0.13
CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(36), d DATE)
> ALTER TABLE t ALTER a SET DEFAULT (uuid()), ALTER COLUMN d SET DEFAULT (curdate() + INTERVAL 1 DAY)

## columns made invisible
#! from 8.0.23
CREATE TABLE t (id INT PRIMARY KEY, a INT INVISIBLE, b INT)
> ALTER TABLE t ALTER a SET VISIBLE, ALTER COLUMN b SET INVISIBLE
> ALTER TABLE t ADD c INT INVISIBLE AFTER id
> ALTER TABLE t MODIFY c INT

## T19: a generated invisible primary key, as it is logged
#! from 8.0.30
> CREATE TABLE `t19g` (  `my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */,  `a` int DEFAULT NULL,  PRIMARY KEY (`my_row_id`))

## generated columns
#! target seekdb does not redefine a generated column
CREATE TABLE t (id INT PRIMARY KEY, a INT, j JSON)
> ALTER TABLE t ADD v INT AS (a * 2) VIRTUAL, ADD s INT GENERATED ALWAYS AS (a + 1) STORED NOT NULL
> ALTER TABLE t ADD k VARCHAR(20) AS (JSON_UNQUOTE(JSON_EXTRACT(j, '$.k'))), ADD KEY (k)
> ALTER TABLE t ADD k2 VARCHAR(20) AS (j->>'$."a b"') STORED COMMENT 'it''s', ADD c VARCHAR(50) AS (concat(a, 'it''s', "q\\n")) VIRTUAL
> ALTER TABLE t DROP v, MODIFY s BIGINT AS (a + 2) STORED FIRST

## T18: generated columns with a unique index
> CREATE TABLE t18 (id INT PRIMARY KEY, a INT, v INT AS (a*2) VIRTUAL, s INT AS (a+1) STORED, j JSON, k VARCHAR(20) AS (JSON_UNQUOTE(JSON_EXTRACT(j,'$.k'))) VIRTUAL, UNIQUE(s))

## generated columns whose expressions are printed otherwise
> CREATE TABLE t (a INT, b VARCHAR(20), d DATETIME, v1 INT AS (IF(a > 1 AND a < 10 OR a IS NULL, 1, 2)), v2 VARCHAR(50) AS (CONCAT(UPPER(b), SUBSTR(b, 2, 3))), v3 INT AS (CASE WHEN a IN (1,2) THEN 1 WHEN a BETWEEN 3 AND 5 THEN 2 ELSE 3 END), v4 DATE AS (DATE_ADD(d, INTERVAL 1 DAY)), v5 INT AS (a MOD 3 + a DIV 2 - -a), v6 INT AS (NOT a LIKE 'x%'), v7 CHAR(10) AS (CAST(a AS CHAR(10))), v8 INT AS (YEAR(d) * 100 + MONTH(d)), v9 VARCHAR(10) AS (LEFT(b, 3)))

## many columns at once
#! mariadb
CREATE TABLE t (c1 INT, c2 INT, c3 INT, c4 INT, c5 INT, c6 INT)
> ALTER TABLE t DROP c2, CHANGE c3 d3 BIGINT AFTER c5, ADD n1 INT AFTER c1, ADD n2 INT FIRST, DROP COLUMN c6, MODIFY c1 SMALLINT AFTER d3

## a table-qualified column
#! until 5.7.99
CREATE TABLE t (id INT PRIMARY KEY, a INT)
> ALTER TABLE t MODIFY t.a BIGINT

## IF EXISTS of MariaDB is refused by MySQL, columns that are not known are refused by us
#! until 1.0.0
#! mariadb
CREATE TABLE t (id INT PRIMARY KEY, a INT)
> ALTER TABLE t ADD COLUMN IF NOT EXISTS a BIGINT, DROP COLUMN IF EXISTS zz, ADD IF NOT EXISTS b INT
> ALTER TABLE t MODIFY IF EXISTS zz INT, ADD KEY IF NOT EXISTS kb (b)

## renaming a column that an expression uses
#! until 1.0.0
#! mariadb
#! refused renaming column a
CREATE TABLE t (id INT PRIMARY KEY, a INT, v INT AS (a + 1))
> ALTER TABLE t RENAME COLUMN a TO x
