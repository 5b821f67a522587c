//! What a proxy can do to its connections.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// Something that goes wrong on the way.
///
/// [`Close`](Self::Close), [`Reset`](Self::Reset) and [`Corrupt`](Self::Corrupt) happen once; the others last
/// until [`Proxy::heal`](crate::Proxy::heal). All but `Corrupt` concern every connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Open connections end on both sides as if the peer had closed them (FIN); bytes under way are lost.
    Close,
    /// Open connections end on both sides by a reset (RST); bytes under way are lost.
    Reset,
    /// New connections are refused, as if nobody listened; open ones go on.
    Refuse,
    /// Every byte arrives that much later, in both directions, with as much under way as 4 MiB a connection.
    Delay(Duration),
    /// Each direction of each connection passes that many bytes a second.
    Throttle(u64),
    /// Nothing passes, connections stay open, nothing is lost.
    Stall,
    /// What is sent this way is taken and lost, the end of the connection too; the other way works.
    Vanish(Direction),
    /// The next byte that goes this way arrives with all its bits turned over.
    Corrupt(Direction),
}

/// What is in force now.
#[derive(Debug, Clone, Default)]
pub(super) struct Condition {
    /// Connections up to this number are to end.
    pub(super) cut: u64,
    /// The last cut was a reset.
    pub(super) by_reset: bool,
    pub(super) refuse: bool,
    pub(super) delay: Duration,
    pub(super) rate: Option<u64>,
    pub(super) stall: bool,
    pub(super) vanish: [bool; 2],
}

/// Counts, and what is to happen at which count.
#[derive(Debug, Default)]
struct Meter {
    bytes: [u64; 2],
    corrupt: [bool; 2],
    connections: u64,
    plans: Vec<Plan>,
}

#[derive(Debug)]
struct Plan {
    direction: Direction,
    at: u64,
    fault: Fault,
}

/// What all connections of one proxy share.
#[derive(Debug, Default)]
pub(super) struct Switchboard {
    pub(super) condition: watch::Sender<Condition>,
    /// The numbers of the open connections.
    pub(super) open: watch::Sender<Vec<u64>>,
    meter: Mutex<Meter>,
}

impl Switchboard {
    fn meter(&self) -> MutexGuard<'_, Meter> {
        // Plain numbers: good whatever panicked while it held them.
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a fault in force.
    pub(super) fn apply(&self, fault: Fault) {
        if let Fault::Corrupt(direction) = fault {
            self.meter().corrupt[direction as usize] = true;
            return;
        }
        let last = self.meter().connections;
        self.condition.send_modify(|condition| match fault {
            Fault::Close | Fault::Reset => {
                condition.cut = last;
                condition.by_reset = fault == Fault::Reset;
            }
            Fault::Refuse => condition.refuse = true,
            Fault::Delay(delay) => condition.delay = delay,
            // Nothing at all is what `Stall` is for.
            Fault::Throttle(rate) => condition.rate = Some(rate.max(1)),
            Fault::Stall => condition.stall = true,
            Fault::Vanish(direction) => condition.vanish[direction as usize] = true,
            Fault::Corrupt(_) => {}
        });
    }

    /// Ends what lasts and forgets what was planned.
    pub(super) fn heal(&self) {
        let mut meter = self.meter();
        meter.plans.clear();
        meter.corrupt = [false; 2];
        drop(meter);
        self.condition.send_modify(|condition| {
            *condition =
                Condition { cut: condition.cut, by_reset: condition.by_reset, ..Condition::default() }
        });
    }

    /// Plans a fault for when `bytes` more have gone in a direction.
    pub(super) fn plan(&self, direction: Direction, bytes: u64, fault: Fault) {
        let mut meter = self.meter();
        let at = meter.bytes[direction as usize] + bytes;
        meter.plans.push(Plan { direction, at, fault });
    }

    /// Returns how many bytes may go in a direction before something is to happen; what was due is put in
    /// force first, and then there are none before the caller has looked at the condition again.
    pub(super) fn allowance(&self, direction: Direction) -> u64 {
        let mut meter = self.meter();
        let count = meter.bytes[direction as usize];
        let due = |plan: &Plan| plan.direction == direction && plan.at <= count;
        if let Some(index) = meter.plans.iter().position(due) {
            let plan = meter.plans.remove(index);
            drop(meter);
            self.apply(plan.fault);
            return 0;
        }
        let next = meter.plans.iter().filter(|plan| plan.direction == direction).map(|plan| plan.at - count);
        next.min().unwrap_or(u64::MAX)
    }

    /// Says once after a [`Fault::Corrupt`] that the next byte is the one.
    pub(super) fn takes_corruption(&self, direction: Direction) -> bool {
        std::mem::take(&mut self.meter().corrupt[direction as usize])
    }

    /// Counts bytes that went on.
    pub(super) fn passed(&self, direction: Direction, bytes: usize) {
        self.meter().bytes[direction as usize] += bytes as u64;
    }

    /// Returns how many bytes went in a direction.
    pub(super) fn bytes(&self, direction: Direction) -> u64 {
        self.meter().bytes[direction as usize]
    }

    /// Returns how many connections were accepted.
    pub(super) fn connections(&self) -> u64 {
        self.meter().connections
    }

    /// Gives a new connection its number, from 1.
    pub(super) fn admit(&self) -> u64 {
        let mut meter = self.meter();
        meter.connections += 1;
        let number = meter.connections;
        drop(meter);
        self.open.send_modify(|open| open.push(number));
        number
    }

    /// Notes that a connection has ended.
    pub(super) fn ended(&self, number: u64) {
        self.open.send_modify(|open| open.retain(|other| *other != number));
    }
}
