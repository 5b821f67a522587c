//! [`Workload`]: transactions drawn from a seed, and the rows that they leave.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::sample::{SampleTransaction, accounts, journal, lines};
use crate::name::TableName;
use crate::random::Random;
use crate::schema::TableSchema;
use crate::value::Value;

/// Transactions over the sample tables, drawn from a seed, with the rows that each of them leaves.
///
/// They hold what makes a pipeline stumble: keys that change or come back, rows changed twice in one transaction, an
/// update of many rows of which each takes the key that the next gives up, transactions larger than a batch, equal
/// rows without a key. The rows are kept by a plain map, not by folding the changes again.
///
/// # Examples
///
/// ```
/// use oms_core::testing::Workload;
/// let workload = Workload::new(7, 20);
/// assert_eq!(workload.transactions().len(), 20);
/// assert_eq!(workload.rows_after(0)[0].1.len(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Workload {
    transactions: Vec<SampleTransaction>,
    /// The state before the first transaction, and behind each.
    states: Vec<State>,
    keyless: bool,
}

/// The rows of the sample tables.
#[derive(Clone, Debug, Default)]
struct State {
    accounts: BTreeMap<i64, (i64, Option<String>)>,
    lines: BTreeMap<(String, i64), i64>,
    journal: Vec<(i64, Option<String>)>,
}

type Rows = Vec<Vec<Value>>;

impl Workload {
    /// So many transactions, the same for the same seed.
    pub fn new(seed: u64, transactions: usize) -> Self {
        Self::build(seed, transactions, true)
    }

    /// The same without changes to the keyless table, for sinks that may be given transactions twice.
    pub fn keyed(seed: u64, transactions: usize) -> Self {
        Self::build(seed, transactions, false)
    }

    fn build(seed: u64, count: usize, keyless: bool) -> Self {
        let mut writer = Writer {
            random: Random::new(seed),
            state: State::default(),
            accounts: accounts(),
            lines: lines(),
            journal: journal(),
            keyless,
        };
        let mut states = vec![State::default()];
        let transactions = (0..count)
            .map(|i| {
                let transaction = writer.transaction(i);
                states.push(writer.state.clone());
                transaction
            })
            .collect();
        Self { transactions, states, keyless }
    }

    /// The transactions in order.
    pub fn transactions(&self) -> &[SampleTransaction] {
        &self.transactions
    }

    /// Rows of all changes; an update counts once.
    pub fn rows(&self) -> u64 {
        let transactions = self.transactions.iter().cloned();
        transactions.flat_map(SampleTransaction::into_events).map(|event| event.row_count() as u64).sum()
    }

    /// The tables that it writes to.
    pub fn tables(&self) -> Vec<Arc<TableSchema>> {
        let mut tables = vec![accounts(), lines()];
        tables.extend(self.keyless.then(journal));
        tables
    }

    /// The rows of each table behind the first `transactions` transactions, or behind all if there are not so many.
    pub fn rows_after(&self, transactions: usize) -> Vec<(TableName, Rows)> {
        let state = &self.states[transactions.min(self.transactions.len())];
        let accounts_rows = state.accounts.iter().map(|(id, (balance, owner))| account(*id, *balance, owner));
        let lines_rows = state.lines.iter().map(|((code, number), quantity)| line(code, *number, *quantity));
        let mut rows = vec![
            (accounts().name().clone(), accounts_rows.collect()),
            (lines().name().clone(), lines_rows.collect()),
        ];
        if self.keyless {
            let journal_rows = state.journal.iter().map(|(number, remark)| entry(*number, remark));
            rows.push((journal().name().clone(), journal_rows.collect()));
        }
        rows
    }
}

fn account(id: i64, balance: i64, owner: &Option<String>) -> Vec<Value> {
    vec![id.into(), balance.into(), owner.as_deref().into()]
}

fn line(code: &str, number: i64, quantity: i64) -> Vec<Value> {
    vec![code.into(), number.into(), quantity.into()]
}

fn entry(number: i64, remark: &Option<String>) -> Vec<Value> {
    vec![number.into(), remark.as_deref().into()]
}

struct Writer {
    random: Random,
    state: State,
    accounts: Arc<TableSchema>,
    lines: Arc<TableSchema>,
    journal: Arc<TableSchema>,
    keyless: bool,
}

impl Writer {
    fn below(&mut self, end: u64) -> u64 {
        self.random.next() % end
    }

    fn transaction(&mut self, i: usize) -> SampleTransaction {
        let mut transaction = SampleTransaction::new(&format!("workload-{i}"));
        let steps = if self.below(10) == 0 { 40 } else { 1 + self.below(4) };
        for _ in 0..steps {
            transaction = match self.below(8) {
                0 | 1 => self.add_accounts(transaction),
                2 | 3 => self.pay(transaction),
                4 => self.move_keys(transaction),
                5 => self.close_account(transaction),
                6 => self.put_line(transaction),
                _ => self.write_journal(transaction),
            };
        }
        transaction
    }

    fn remark(&mut self) -> Option<String> {
        match self.below(4) {
            0 => None,
            1 => Some(String::new()),
            n => Some(format!("remark {n} é")),
        }
    }

    fn add_accounts(&mut self, transaction: SampleTransaction) -> SampleTransaction {
        let mut new = Vec::new();
        for _ in 0..1 + self.below(3) {
            let (id, balance) = (self.below(60) as i64, self.below(1000) as i64);
            let owner = self.remark();
            if let std::collections::btree_map::Entry::Vacant(place) = self.state.accounts.entry(id) {
                new.push(account(id, balance, &owner));
                place.insert((balance, owner));
            }
        }
        match new.is_empty() {
            true => transaction,
            false => transaction.insert(&self.accounts, new),
        }
    }

    fn some_account(&mut self) -> Option<i64> {
        let count = self.state.accounts.len() as u64;
        let nth = self.below(count.max(1)) as usize;
        self.state.accounts.keys().nth(nth).copied()
    }

    fn pay(&mut self, transaction: SampleTransaction) -> SampleTransaction {
        let amount = self.below(50) as i64;
        let Some(id) = self.some_account() else {
            return transaction;
        };
        let Some((balance, owner)) = self.state.accounts.get_mut(&id) else {
            return transaction;
        };
        let before = account(id, *balance, owner);
        *balance += amount;
        let after = account(id, *balance, owner);
        transaction.update(&self.accounts, [before], [after])
    }

    /// All accounts move up by one key, the highest first, in one change.
    fn move_keys(&mut self, transaction: SampleTransaction) -> SampleTransaction {
        let old = std::mem::take(&mut self.state.accounts);
        if old.is_empty() {
            return transaction;
        }
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (id, (balance, owner)) in old.into_iter().rev() {
            before.push(account(id, balance, &owner));
            after.push(account(id + 1, balance, &owner));
            self.state.accounts.insert(id + 1, (balance, owner));
        }
        transaction.update(&self.accounts, before, after)
    }

    fn close_account(&mut self, transaction: SampleTransaction) -> SampleTransaction {
        let gone = self.some_account().and_then(|id| self.state.accounts.remove_entry(&id));
        match gone {
            Some((id, (balance, owner))) => {
                transaction.delete(&self.accounts, [account(id, balance, &owner)])
            }
            None => transaction,
        }
    }

    fn put_line(&mut self, transaction: SampleTransaction) -> SampleTransaction {
        let key = (format!("c{}", self.below(5)), self.below(4) as i64);
        let quantity = self.below(100) as i64;
        let old = self.state.lines.insert(key.clone(), quantity);
        let new = line(&key.0, key.1, quantity);
        match old {
            Some(old) => transaction.update(&self.lines, [line(&key.0, key.1, old)], [new]),
            None => transaction.insert(&self.lines, [new]),
        }
    }

    fn write_journal(&mut self, transaction: SampleTransaction) -> SampleTransaction {
        let (number, remark) = (self.below(4) as i64, self.remark());
        if !self.keyless {
            return transaction;
        }
        let same = self.state.journal.iter().position(|(old, _)| *old == number);
        let is_full = self.state.journal.len() > 20;
        match same.filter(|_| is_full || self.below(3) == 0) {
            Some(position) => {
                let (number, remark) = self.state.journal.remove(position);
                transaction.delete(&self.journal, [entry(number, &remark)])
            }
            None => {
                let row = entry(number, &remark);
                self.state.journal.push((number, remark));
                transaction.insert(&self.journal, [row])
            }
        }
    }
}
