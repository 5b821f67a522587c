-- Foreign keys and CHECK constraints.

## foreign keys with and without names
CREATE TABLE p (id INT PRIMARY KEY, u INT, UNIQUE (u))
> CREATE TABLE c (id INT PRIMARY KEY, a INT, b INT, FOREIGN KEY (a) REFERENCES p (id), CONSTRAINT named FOREIGN KEY (b) REFERENCES p (u) ON DELETE CASCADE ON UPDATE SET NULL)
> CREATE TABLE d (a INT, KEY ka (a), FOREIGN KEY (a) REFERENCES p (id) ON DELETE RESTRICT ON UPDATE NO ACTION)
> ALTER TABLE d ADD b INT, ADD FOREIGN KEY (b) REFERENCES p (id) ON DELETE SET NULL
> ALTER TABLE d DROP FOREIGN KEY d_ibfk_1
> ALTER TABLE d ADD FOREIGN KEY (a) REFERENCES {db}.p (id)

## an index named behind FOREIGN KEY
#! from 8.0.16
#! mariadb
CREATE TABLE p (id INT PRIMARY KEY)
> CREATE TABLE c (a INT, FOREIGN KEY fx (a) REFERENCES p (id))

## an index named behind FOREIGN KEY before 8.0.16
#! from 5.7.0
#! until 8.0.15
CREATE TABLE p (id INT PRIMARY KEY)
> CREATE TABLE c (a INT, FOREIGN KEY fx (a) REFERENCES p (id))

## the index of a foreign key is left out where another serves
CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b), UNIQUE (a))
> CREATE TABLE c (x INT, y INT, z INT, KEY k (x, y, z), FOREIGN KEY (x, y) REFERENCES p (a, b))
> CREATE TABLE d (x INT, y INT, PRIMARY KEY (x, y), CONSTRAINT f FOREIGN KEY (x, y) REFERENCES p (a, b))
> CREATE TABLE e (x INT, y INT, FOREIGN KEY (x) REFERENCES p (a), FOREIGN KEY (x, y) REFERENCES p (a, b))
> CREATE TABLE g (x INT, y INT, FOREIGN KEY (x, y) REFERENCES p (a, b), FOREIGN KEY (x) REFERENCES p (a))
> CREATE TABLE h (x INT, y INT, CONSTRAINT f1 FOREIGN KEY (x) REFERENCES p (a), CONSTRAINT f2 FOREIGN KEY (x) REFERENCES p (a))
> CREATE TABLE i (x INT, y INT, KEY k (y, x), CONSTRAINT f1x FOREIGN KEY (x) REFERENCES p (a))

## REFERENCES behind a column makes nothing before MySQL 9
#! until 8.4.99
CREATE TABLE p (id INT PRIMARY KEY)
> CREATE TABLE c (a INT REFERENCES p (id), b INT)

## REFERENCES behind a column makes a foreign key from MySQL 9 on
#! from 9.0.0
CREATE TABLE p (id INT PRIMARY KEY, u INT UNIQUE)
> CREATE TABLE c (a INT REFERENCES p (id), b INT REFERENCES p (u) ON DELETE CASCADE)
> CREATE TABLE d (a INT REFERENCES p, b INT)
> ALTER TABLE d ADD e INT REFERENCES p (id)

## a table that refers to itself
CREATE TABLE t (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES t (id))
> ALTER TABLE t CHANGE parent up INT
> ALTER TABLE t CHANGE id nr INT

## children follow a renamed column
CREATE TABLE p (id INT PRIMARY KEY)
CREATE TABLE c (a INT, FOREIGN KEY (a) REFERENCES p (id))
> ALTER TABLE p CHANGE id nr INT
> ALTER TABLE c CHANGE a b INT

## children follow a renamed table
CREATE TABLE p (id INT PRIMARY KEY)
CREATE TABLE c (a INT, FOREIGN KEY (a) REFERENCES p (id))
CREATE TABLE s (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES s (id))
> RENAME TABLE p TO pp
> RENAME TABLE c TO cc
> ALTER TABLE s RENAME TO ss
> RENAME TABLE pp TO p, cc TO c

## dropping a foreign key leaves its index
CREATE TABLE p (id INT PRIMARY KEY)
CREATE TABLE c (a INT, b INT, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))
> ALTER TABLE c DROP FOREIGN KEY f
> ALTER TABLE c DROP KEY f

## a foreign key to a table that is not there
#! target seekdb Invalid argument
#! set foreign_key_checks = 0
> CREATE TABLE c (a INT, CONSTRAINT f FOREIGN KEY (a) REFERENCES nowhere (id))

## CHECK constraints
#! from 8.0.16
> CREATE TABLE t (a INT CHECK (a > 0), b INT CONSTRAINT named CHECK (b <> 5) NOT NULL, c INT, CHECK (a < b AND c IS NOT NULL), CONSTRAINT n2 CHECK (c IN (1, 2, 3)) NOT ENFORCED, CONSTRAINT CHECK (a + b < 100))
> ALTER TABLE t ADD CHECK (c > 0), ADD CONSTRAINT n3 CHECK (a <> c)
> ALTER TABLE t ALTER CHECK n2 ENFORCED, ALTER CONSTRAINT n3 NOT ENFORCED
> ALTER TABLE t DROP CHECK t_chk_1
> ALTER TABLE t ADD d INT CHECK (d BETWEEN 1 AND 5)
> RENAME TABLE t TO tt

## a CHECK that uses one column goes with it
#! from 8.0.16
CREATE TABLE t (a INT CHECK (a > 0), b INT, CONSTRAINT cb CHECK (b > 1 OR b < 0))
> ALTER TABLE t DROP a
> ALTER TABLE t DROP b, ADD c INT

## CHECK is read and forgotten before 8.0.16
#! until 8.0.15
> CREATE TABLE t (a INT CHECK (a > 0), b INT, CONSTRAINT x CHECK (b > a))
> ALTER TABLE t ADD CHECK (b > 0)

## CHECK constraints of MariaDB
#! until 1.0.0
#! mariadb
> CREATE TABLE t (a INT CHECK (a > 0), b INT, CHECK (a < b), CONSTRAINT n CHECK (b > 2))
> ALTER TABLE t ADD CHECK (a <> 7), DROP CONSTRAINT n
