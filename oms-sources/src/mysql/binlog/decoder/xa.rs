//! XA transactions: prepared in one group of events, decided in another, perhaps much later.

use oms_core::event::{Event, EventBatch};
use oms_core::{Error, Result};

use super::{Decoder, Gtid, GtidSet};

/// An XA transaction that is prepared and not decided.
pub(super) struct Prepared {
    events: EventBatch,
    gtid: Option<Gtid>,
    /// File and offset where its group begins.
    start: (String, u64),
}

impl Decoder {
    pub(super) fn xa_prepare(&mut self, body: &[u8]) -> Result<()> {
        let one_phase = body.first().is_some_and(|flag| *flag != 0);
        let Some(id) = self.group.xa.take() else {
            return Err(Error::decode("an XA_PREPARE event", "no XA START came before it"));
        };
        let Some(transaction) = self.group.transaction.take() else {
            self.end_group();
            return Ok(());
        };
        self.batch.push(Event::Commit(transaction));
        if !one_phase {
            let events = self.batch.split_off(self.group.first_event);
            let held: usize = self.prepared.values().map(|prepared| prepared.events.byte_size()).sum();
            if held + events.byte_size() > self.limits.prepared_bytes {
                return Err(self.too_much_prepared());
            }
            let start = (self.position.file.clone(), self.group.start);
            // Without its GTID among the executed ones, a restart gets the group again.
            let gtid = self.group.gtid.take();
            self.prepared.insert(id, Prepared { events, gtid, start });
            self.hold();
        }
        self.end_group();
        Ok(())
    }

    /// XA COMMIT or XA ROLLBACK of a transaction that was prepared before, perhaps without captured rows.
    pub(super) fn xa_decide(&mut self, id: &[u8], commit: bool) {
        if let Some(prepared) = self.prepared.remove(id) {
            if let (Some(gtids), Some(gtid)) = (&mut self.position.gtids, &prepared.gtid) {
                gtids.insert(gtid);
            }
            if commit && self.replay_until.is_none() {
                self.batch.append(prepared.events);
            }
            self.hold();
        }
        self.end_group();
    }

    /// Lets a restart without GTIDs read the oldest undecided XA transaction again.
    fn hold(&mut self) {
        let oldest = self.prepared.values().map(|prepared| &prepared.start).min();
        self.position.held = if self.position.gtids.is_some() { None } else { oldest.cloned() };
    }

    pub(super) fn too_much_prepared(&self) -> Error {
        let limit = self.limits.prepared_bytes;
        Error::unsupported(
            "the binlog reader",
            format!("more than {limit} bytes of prepared XA transactions"),
        )
    }

    /// The GTIDs under which undecided XA transactions were prepared.
    pub(super) fn prepared_gtids(&self) -> GtidSet {
        let mut gtids = GtidSet::new();
        self.prepared
            .values()
            .filter_map(|prepared| prepared.gtid.as_ref())
            .for_each(|gtid| gtids.insert(gtid));
        gtids
    }
}
