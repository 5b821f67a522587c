//! The customers: a workload that goes on while the shop moves, and a watch on how late it arrives.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use oms_core::Result;
use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
use tokio::sync::watch;

use super::shop::DATABASE;

/// Orders that were committed and have not been seen at the target, oldest first, with the time of their commit.
pub type Committed = Arc<Mutex<VecDeque<(u64, Instant)>>>;

/// Connects with a session in the shop.
pub async fn session(connect: &ConnectOptions) -> Result<Session> {
    let mut session = Session::connect(connect, &SessionOptions::default()).await?;
    session.execute(format!("USE {DATABASE}")).await?;
    Ok(session)
}

/// Writes until told to stop, and says how many transactions it committed.
pub async fn write(
    mut session: Session,
    committed: Committed,
    count: Arc<AtomicU64>,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    // The same each time: what differs between two runs is only how far the copy is.
    let mut random = 88_172_645_463_325_252_u64;
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    while !*stop.borrow() {
        let (customer, product, other) = (1 + next(20_000), 1 + next(5_000), 1 + next(20_000));
        match next(10) {
            0..=4 => {
                session.execute("BEGIN").await?;
                let order = session
                    .execute(format!(
                        "INSERT INTO orders (customer, placed_at, total, note) VALUES ({customer}, NOW(3), {}, 'für dich')",
                        next(100_000) as f64 / 100.0
                    ))
                    .await?
                    .last_insert_id
                    .expect("the table counts its orders");
                session
                    .execute(format!(
                        "INSERT INTO order_lines VALUES ({order}, 1, {product}, 1, 9.99), ({order}, 2, {}, 2, 1.50)",
                        1 + next(5_000)
                    ))
                    .await?;
                let stock = format!("UPDATE stock SET quantity = quantity - 1 WHERE product = {product}");
                session.execute(stock).await?;
                session.execute("COMMIT").await?;
                committed.lock().expect("no holder panics").push_back((order, Instant::now()));
            }
            5..=6 => {
                // A transfer: the sum over all customers never changes.
                session.execute("BEGIN").await?;
                for (id, sign) in [(customer, '-'), (other, '+')] {
                    session
                        .execute(format!("UPDATE customers SET balance = balance {sign} 5 WHERE id = {id}"))
                        .await?;
                }
                session.execute("COMMIT").await?;
            }
            7 => {
                let order = 1 + next(50_000);
                session
                    .execute(format!("DELETE FROM order_lines WHERE order_id = {order} AND line = 3"))
                    .await?;
                session.execute(format!("UPDATE orders SET status = 'done' WHERE id = {order}")).await?;
            }
            8 => {
                let click = format!(
                    "INSERT INTO clicks VALUES ({customer}, '/new', 0.5, NOW()), ({customer}, '/new', 0.5, NOW())"
                );
                session.execute(click).await?;
                session.execute(format!("DELETE FROM clicks WHERE customer = {} LIMIT 1", next(500))).await?;
            }
            _ => {
                let json = format!("JSON_SET(attributes, '$.sold', {})", next(1_000));
                session
                    .execute(format!("UPDATE products SET attributes = {json} WHERE id = {product}"))
                    .await?;
                session
                    .execute(format!("UPDATE sessions SET flags = flags ^ 5 WHERE customer = {customer}"))
                    .await?;
            }
        }
        count.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Looks at the target until told to stop, and says how long each order took from its commit to being seen there.
pub async fn watch_lag(
    mut target: Session,
    committed: Committed,
    stop: watch::Receiver<bool>,
) -> Result<Vec<Duration>> {
    let mut lags = Vec::new();
    let mut look = tokio::time::interval(Duration::from_millis(5));
    loop {
        let oldest = committed.lock().expect("no holder panics").front().copied();
        if let Some((oldest, _)) = oldest {
            let seen =
                target.query(format!("SELECT id FROM orders WHERE id >= {oldest} ORDER BY id")).await?;
            let now = Instant::now();
            let mut waiting = committed.lock().expect("no holder panics");
            for row in seen {
                let id: u64 = row.number(0)?;
                if let Some(place) = waiting.iter().position(|(order, _)| *order == id) {
                    let (_, at) = waiting.remove(place).expect("it was found there");
                    lags.push(now.duration_since(at));
                }
            }
        } else if *stop.borrow() {
            return Ok(lags);
        }
        look.tick().await;
    }
}
