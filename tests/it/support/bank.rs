//! [`Bank`]: tables that many sessions write to in every awkward way, with a sum that never changes.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use oms_test_servers::mysql_async::prelude::Queryable;
use oms_test_servers::mysql_async::{Conn, Error as DriverError};
use oms_test_servers::{Database, connect};
use tokio::task::JoinSet;

use super::Dice;

/// Tables that many sessions write to, with a sum that never changes.
#[derive(Clone, Debug)]
pub(crate) struct Bank {
    accounts: u64,
    orders: u64,
}

/// Between two transactions of a writer.
const PACE: Duration = Duration::from_millis(15);
/// What every account begins with.
const BALANCE: u64 = 1000;
/// Lost a race for locks, a lock that did not come, a key that somebody else has taken.
const EXPECTED: [u16; 3] = [1213, 1205, 1062];

impl Bank {
    /// The tables: with a key, without one, with two unique keys, with a text key that knows no case.
    pub(crate) const SCRIPT: &str = "\
        CREATE TABLE accounts (id INT PRIMARY KEY, balance BIGINT NOT NULL, seq BIGINT NOT NULL, note VARCHAR(30)) \
            DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin; \
        CREATE TABLE journal (entry INT, what VARCHAR(20), amount INT) \
            DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_general_ci; \
        CREATE TABLE orders (id BIGINT PRIMARY KEY, code VARCHAR(40) NOT NULL, account INT NOT NULL, \
            amount DECIMAL(12,2) NOT NULL, placed DATETIME(3), UNIQUE KEY by_code (code)) \
            DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_general_ci; \
        CREATE TABLE order_lines (code VARCHAR(20) NOT NULL, line INT NOT NULL, quantity INT NOT NULL, \
            PRIMARY KEY (code, line)) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_general_ci";

    /// A bank of this size.
    pub(crate) fn new(accounts: u64, orders: u64) -> Self {
        Self { accounts, orders }
    }

    /// What all balances add up to, always.
    pub(crate) fn sum(&self) -> u64 {
        self.accounts * BALANCE
    }

    /// Fills the tables of a database.
    pub(crate) async fn fill(&self, database: &Database) {
        let rows = |count: u64, table: &str, row: fn(&mut String, u64)| {
            let numbers: Vec<u64> = (0..count).collect();
            let statement = |numbers: &[u64]| {
                let mut sql = format!("INSERT INTO {table} VALUES ");
                for (place, number) in numbers.iter().enumerate() {
                    sql.push_str(if place == 0 { "" } else { "," });
                    row(&mut sql, *number);
                }
                sql
            };
            numbers.chunks(2000).map(statement).collect::<Vec<_>>().join(";")
        };
        let script = [
            rows(self.accounts, "accounts", |sql, n| {
                write!(sql, "({n},{BALANCE},0,REPEAT('n',{}))", n % 30).expect("a text takes everything");
            }),
            rows(self.accounts / 4, "journal", |sql, n| {
                write!(sql, "({},'start',{})", n % 50, n % 3).expect("a text takes everything");
            }),
            rows(self.orders, "orders", |sql, n| {
                write!(sql, "({},'Code-{n}',{n},{n}.25,NULL)", n * 7).expect("a text takes everything");
            }),
            rows(self.orders / 2, "order_lines", |sql, n| {
                write!(sql, "('Line{}',{},1)", n / 3, n % 3).expect("a text takes everything");
            }),
        ];
        for statements in script.into_iter().filter(|statements| !statements.is_empty()) {
            database.query(&statements).await.expect("the bank's rows");
        }
    }

    /// Lets so many sessions write.
    pub(crate) fn open(&self, database: &Database, writers: usize, dice: &mut Dice) -> Traffic {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for _ in 0..writers {
            let (bank, dice) = (self.clone(), dice.fork());
            let (url, stop) = (database.url().to_owned(), Arc::clone(&stop));
            tasks.spawn(async move { Box::pin(bank.write(&url, dice, &stop)).await });
        }
        Traffic { stop, tasks }
    }

    async fn write(self, url: &str, mut dice: Dice, stop: &AtomicBool) -> u64 {
        let mut conn = connect(url).await.expect("a session of a writer");
        let mut transactions = 0;
        while !stop.load(Ordering::Relaxed) {
            // Customers take their time: a source that outruns its copy for ever proves nothing.
            tokio::time::sleep(PACE).await;
            match self.transaction(&mut conn, &mut dice).await {
                Ok(()) => transactions += 1,
                Err(DriverError::Server(error)) if EXPECTED.contains(&error.code) => {
                    conn.query_drop("ROLLBACK").await.expect("a rollback");
                }
                Err(error) => panic!("a writer of the bank: {error}"),
            }
        }
        conn.disconnect().await.expect("a farewell");
        transactions
    }

    /// One transaction of a kind that chance chooses.
    async fn transaction(&self, conn: &mut Conn, dice: &mut Dice) -> Result<(), DriverError> {
        let order = dice.below(self.orders * 8);
        let line = dice.below(self.orders / 6 + 1);
        let statements = match dice.below(12) {
            0..=4 => {
                let (from, to) = (dice.below(self.accounts), dice.below(self.accounts));
                let amount = dice.below(20);
                format!(
                    "UPDATE accounts SET balance=balance-{amount}, seq=seq+1 WHERE id={from}; \
                     UPDATE accounts SET balance=balance+{amount}, note=CONCAT('to ', {amount}) WHERE id={to}; \
                     INSERT INTO journal VALUES ({},'transfer',{})",
                    from % 50,
                    amount % 3
                )
            }
            5 => format!(
                "INSERT IGNORE INTO orders VALUES ({order},'code-{}',{order},1.5,NOW(3))",
                dice.below(self.orders * 2)
            ),
            // A row gets another key.
            6 => format!(
                "UPDATE IGNORE orders SET id={} WHERE id>={order} ORDER BY id LIMIT 2",
                dice.below(self.orders * 8)
            ),
            // A row goes and comes back under its key with other values.
            7 => format!(
                "DELETE FROM order_lines WHERE code='line{line}' AND line=1; \
                 INSERT INTO order_lines VALUES ('LINE{line}',1,{order})"
            ),
            // A unique value moves from one row to another.
            8 => {
                let code = dice.below(self.orders);
                format!(
                    "DELETE FROM orders WHERE code='code-{code}'; \
                     INSERT IGNORE INTO orders VALUES ({order},'CODE-{code}',0,2,NULL)"
                )
            }
            // Rows of a table without a key go and change, one of several that are equal.
            9 => format!(
                "DELETE FROM journal WHERE entry={0} LIMIT 1; \
                 UPDATE journal SET amount=amount+1 WHERE entry={0} LIMIT 2; \
                 INSERT INTO journal VALUES (NULL,NULL,{0})",
                order % 50
            ),
            // The key stays the same row and gets another spelling.
            10 => format!(
                "UPDATE order_lines SET code=UPPER(code), quantity=quantity+1 WHERE code='line{line}'"
            ),
            _ => format!("DELETE FROM orders WHERE id BETWEEN {order} AND {}", order + 20),
        };
        conn.query_drop("BEGIN").await?;
        for statement in statements.split("; ") {
            conn.query_drop(statement.trim()).await?;
        }
        conn.query_drop("COMMIT").await
    }
}

/// Sessions that write to a bank.
#[derive(Debug)]
pub(crate) struct Traffic {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<u64>,
}

impl Traffic {
    /// Lets them end, and says how many transactions were committed.
    pub(crate) async fn stop(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        let mut transactions = 0;
        while let Some(ended) = self.tasks.join_next().await {
            transactions += ended.expect("a writer of the bank");
        }
        assert!(transactions > 0, "the writers wrote nothing");
        transactions
    }
}
