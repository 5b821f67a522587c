-- Indexes: names, prefixes, what becomes of them when columns change.

## names given by the server
#! mariadb
> CREATE TABLE t (a INT, b INT, KEY (a), KEY (a, b), UNIQUE (b), INDEX (b, a), UNIQUE KEY x (a), PRIMARY KEY (a, b))
> ALTER TABLE t ADD KEY (a, b), ADD UNIQUE (b, a), ADD INDEX y (b)

## a table whose column has the name of an index
> CREATE TABLE t (a INT UNIQUE, b INT UNIQUE KEY, c INT, KEY (c), KEY c_2 (c, a))
> ALTER TABLE t ADD KEY (c, b)

## indexes that columns declare
#! mariadb
> CREATE TABLE t (id INT KEY, a INT UNIQUE COMMENT 'u', b VARCHAR(5) UNIQUE KEY NOT NULL)
> ALTER TABLE t ADD c INT UNIQUE FIRST
> ALTER TABLE t MODIFY a BIGINT UNIQUE

## prefixes
#! mariadb
> CREATE TABLE t (a VARCHAR(10), b TEXT, c BLOB, d BINARY(8), e CHAR(4), KEY (a(5)), KEY (b(20)), KEY (c(7), a), KEY (d(8)), KEY (e(4)), UNIQUE (a(10))) CHARACTER SET latin1

## prefixes and changed columns
CREATE TABLE t (a VARCHAR(20), b VARCHAR(20), c TEXT, KEY ka (a(5)), KEY kb (b), KEY kc (c(10))) CHARACTER SET latin1
> ALTER TABLE t MODIFY a VARCHAR(5)
> ALTER TABLE t MODIFY b VARCHAR(40)
> ALTER TABLE t MODIFY c VARCHAR(100)
> ALTER TABLE t MODIFY c VARCHAR(10)

## a prefixed column becomes a number
CREATE TABLE t (a VARCHAR(20), KEY ka (a(5)))
> ALTER TABLE t MODIFY a INT

## converting keeps prefixes in characters
CREATE TABLE t (a VARCHAR(20), b TEXT, KEY ka (a(5)), KEY kb (b(9))) CHARACTER SET latin1
> ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4

## descending parts
#! mariadb
> CREATE TABLE t (a INT, b INT, KEY k (a DESC, b ASC), PRIMARY KEY (b DESC))
> ALTER TABLE t ADD INDEX k2 (b DESC, a)

## T58: a descending primary key and a FULLTEXT index with a parser
> CREATE TABLE t58 (a INT, b INT, PRIMARY KEY(a DESC, b))
> CREATE TABLE t58f (id INT PRIMARY KEY, t TEXT, FULLTEXT(t) WITH PARSER ngram)

## FULLTEXT and SPATIAL
> CREATE TABLE t (a VARCHAR(50), b TEXT, g POINT NOT NULL, FULLTEXT KEY f (a, b) COMMENT 'both', SPATIAL INDEX s (g), FULLTEXT (b))
> ALTER TABLE t DROP INDEX f, ADD FULLTEXT INDEX f2 (b, a) WITH PARSER ngram
> CREATE FULLTEXT INDEX f3 ON t (a)

## CREATE and DROP INDEX
#! mariadb
CREATE TABLE t (a INT, b VARCHAR(20))
> CREATE INDEX i ON t (a)
> CREATE UNIQUE INDEX u USING BTREE ON {db}.t (b(10), a) COMMENT 'it''s'
> DROP INDEX i ON t
> DROP INDEX `u` ON {db}.t

## CREATE INDEX with options
CREATE TABLE t (a INT)
> CREATE INDEX i ON t (a) KEY_BLOCK_SIZE=4 ALGORITHM=INPLACE LOCK=NONE
> CREATE INDEX j USING HASH ON t (a) ALGORITHM=DEFAULT
> DROP INDEX `i` ON {db}.t ALGORITHM=INPLACE LOCK=NONE

## DROP INDEX of the primary key
#! mariadb
CREATE TABLE t (a INT PRIMARY KEY, b INT)
> DROP INDEX `PRIMARY` ON t

## primary keys
#! mariadb
CREATE TABLE t (a INT, b INT, c INT NULL)
> ALTER TABLE t ADD PRIMARY KEY (a)
> ALTER TABLE t DROP PRIMARY KEY, ADD CONSTRAINT pk PRIMARY KEY USING BTREE (b, a) COMMENT 'p'
> ALTER TABLE t DROP PRIMARY KEY

## a primary key over a new column
#! mariadb
CREATE TABLE t (a INT)
> ALTER TABLE t ADD id INT AUTO_INCREMENT PRIMARY KEY FIRST

## unique constraints with a name
#! mariadb
> CREATE TABLE t (a INT, b INT, CONSTRAINT u1 UNIQUE (a), CONSTRAINT u2 UNIQUE KEY (b), CONSTRAINT u3 UNIQUE INDEX k3 (a, b), CONSTRAINT UNIQUE (b, a))
> ALTER TABLE t DROP KEY u1, DROP INDEX k3

## DROP CONSTRAINT
#! from 8.0.19
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT CHECK (b > 0), CONSTRAINT u UNIQUE (a), CONSTRAINT c CHECK (a > b))
> ALTER TABLE t DROP CONSTRAINT u
> ALTER TABLE t DROP CONSTRAINT c, DROP CONSTRAINT t_chk_1

## rename an index
#! mariadb
CREATE TABLE t (a INT, KEY i (a))
> ALTER TABLE t RENAME INDEX i TO j
> ALTER TABLE t RENAME KEY j TO J

## visibility
#! from 8.0.0
CREATE TABLE t (a INT, b INT, KEY i (a) INVISIBLE, KEY k (b))
> ALTER TABLE t ALTER INDEX i VISIBLE, ALTER INDEX k INVISIBLE

## functional parts
#! from 8.0.13
CREATE TABLE t (a INT, b VARCHAR(20))
> ALTER TABLE t ADD KEY ((a + 1))
> ALTER TABLE t ADD KEY k2 ((lower(b)), a DESC, (a * 2) DESC), ADD UNIQUE ((a + a))
> CREATE INDEX k3 ON t ((CAST(b AS CHAR(10))))
> ALTER TABLE t DROP KEY functional_index

## T57: a functional index
#! from 8.0.16
CREATE TABLE t57 (id INT PRIMARY KEY, a INT)
> ALTER TABLE t57 RENAME COLUMN a TO b, ADD CHECK (b>0)
> ALTER TABLE t57 ADD INDEX k((b+1))

## multi-valued indexes
#! from 8.0.17
> CREATE TABLE t (id INT PRIMARY KEY, j JSON, INDEX mv ((CAST(j->'$.tags' AS UNSIGNED ARRAY))), INDEX mc ((CAST(j->'$.names' AS CHAR(20) ARRAY)), id))

## dropping an index and adding another of the same name
#! mariadb
CREATE TABLE t (a INT, b INT, KEY k (a))
> ALTER TABLE t DROP KEY k, ADD KEY k (a, b)

## indexes without effect on others
#! mariadb
CREATE TABLE t (a INT, b INT, KEY k (a)) ENGINE=MyISAM
> ALTER TABLE t DISABLE KEYS
> ALTER TABLE t ENABLE KEYS
