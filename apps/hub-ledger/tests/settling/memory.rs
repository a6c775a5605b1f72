//! A store in memory that refuses what no store may be told.

use std::collections::BTreeMap;
use std::convert::Infallible;

use hub_ledger::{
    BatchId, Fate, Identity, Kept, NewReceipt, Receipts, Record, Remembered, Saved, SavedBatch,
    SavedSession, Serial,
};
use hub_types::ids::SessionId;
use hub_wire::{Batch, SignedVoucher};

#[derive(Clone, Default)]
pub struct Memory {
    identity: Option<Identity>,
    sessions: BTreeMap<SessionId, SavedSession>,
    vouchers: BTreeMap<SessionId, (String, SignedVoucher)>,
    pub receipts: BTreeMap<Serial, (Kept, Option<(BatchId, u32)>)>,
    remembered: Vec<Remembered>,
    pub answers: BTreeMap<Serial, Option<Vec<u8>>>,
    batches: BTreeMap<BatchId, SavedBatch>,
    pub partial: BTreeMap<Serial, NewReceipt>,
    pub archive: BTreeMap<Serial, (Kept, Fate)>,
    /// Every number ever signed, and what was signed for it.
    numbers: BTreeMap<(SessionId, u64), Vec<u8>>,
    last: (Serial, BatchId),
}

impl Memory {
    pub fn apply(&mut self, records: &[Record]) {
        for record in records {
            self.apply_one(record);
        }
    }

    fn apply_one(&mut self, record: &Record) {
        match record {
            Record::Identity(identity) => self.identity = Some(identity.clone()),
            Record::Voucher { chain_id, voucher } => {
                let entry = (chain_id.clone(), *voucher);
                self.vouchers.insert(voucher.voucher.session, entry);
            }
            Record::Partial(new) => {
                assert!(
                    !self.receipts.contains_key(&new.serial),
                    "a call that ended"
                );
                self.partial.insert(new.serial, (**new).clone());
                self.last.0 = self.last.0.max(new.serial);
            }
            Record::Receipt(new) => {
                self.partial.remove(&new.serial);
                let kept = Kept {
                    serial: new.serial,
                    receipt: new.receipt.clone(),
                    amount: new.amount,
                };
                let session = self.session(new.receipt.session);
                session.waiting.receipts += 1;
                session.waiting.amount += new.amount;
                self.remembered.push(Remembered {
                    session: new.receipt.session,
                    request_id: new.receipt.request_id,
                    content: new.content,
                    kept_until: new.kept_until,
                    serial: new.serial,
                });
                self.answers.insert(new.serial, new.answer.clone());
                assert_eq!(self.receipts.insert(new.serial, (kept, None)), None);
                self.last.0 = self.last.0.max(new.serial);
            }
            Record::Batch(new) => {
                let batch = Batch::decode(&new.bytes).unwrap();
                let mut serials = new.receipts.iter();
                for group in &batch.groups {
                    for number in group.sequence..group.end() {
                        let (serial, amount) = serials.next().expect("a receipt for each number");
                        let (kept, _) = &self.receipts[serial];
                        assert_eq!(kept.amount, *amount);
                        let contents = kept.receipt.encode();
                        let before = self
                            .numbers
                            .insert((group.session, number), contents.clone());
                        assert!(
                            before.is_none_or(|before| before == contents),
                            "number {number} of session {} has two contents",
                            group.session
                        );
                    }
                }
                assert_eq!(serials.next(), None);
                for (place, (serial, _)) in (0..).zip(&new.receipts) {
                    self.receipts.get_mut(serial).unwrap().1 = Some((new.id, place));
                }
                for taken in &new.taken {
                    let session = self.session(taken.session);
                    session.waiting.receipts -= taken.receipts;
                    session.waiting.amount -= taken.amount;
                    assert!(taken.given > session.given);
                    session.given = taken.given;
                }
                self.last.1 = new.id;
                let saved = SavedBatch {
                    id: new.id,
                    chain_id: new.chain_id.clone(),
                    bytes: new.bytes.clone(),
                    signature: new.signature,
                    amounts: new.receipts.iter().map(|(_, amount)| *amount).collect(),
                    tx: None,
                };
                self.batches.insert(new.id, saved);
            }
            Record::Resigned {
                batch,
                chain_id,
                signature,
            } => {
                let saved = self.batches.get_mut(batch).unwrap();
                saved.chain_id.clone_from(chain_id);
                saved.signature = *signature;
            }
            Record::Sent { batch, tx } => {
                self.batches.get_mut(batch).unwrap().tx = Some(tx.clone());
            }
            Record::Settled {
                batch,
                session,
                places,
                passed,
                fate,
            } => {
                let inside = |at: &Option<(BatchId, u32)>| {
                    at.is_some_and(|(of, place)| of == *batch && places.contains(&place))
                };
                self.move_to_archive(*fate, |_, at| inside(at), places.len());
                self.session(*session).passed = *passed;
            }
            Record::SetAside {
                session,
                serials,
                amount,
                fate,
            } => {
                let count = serials.len();
                self.move_to_archive(*fate, |kept, _| serials.contains(&kept.serial), count);
                let session = self.session(*session);
                session.waiting.receipts -= count as u64;
                session.waiting.amount -= amount;
            }
            Record::Released { session } => {
                let count = self
                    .sessions
                    .remove(session)
                    .map_or(0, |one| one.waiting.receipts);
                let own =
                    |kept: &Kept, at: &Option<_>| kept.receipt.session == *session && at.is_none();
                self.move_to_archive(Fate::Released, own, count as usize);
                self.vouchers.remove(session);
            }
            Record::Closed { batch } => {
                self.batches.remove(batch).expect("an open batch");
                let left = self.receipts.values();
                let left = left.filter(|(_, at)| at.is_some_and(|(of, _)| of == *batch));
                assert_eq!(left.count(), 0, "receipts of a closed batch");
            }
        }
    }

    fn session(&mut self, session: SessionId) -> &mut SavedSession {
        let entry = self.sessions.entry(session).or_default();
        entry.session = session;
        entry
    }

    fn move_to_archive(
        &mut self,
        fate: Fate,
        mut which: impl FnMut(&Kept, &Option<(BatchId, u32)>) -> bool,
        expected: usize,
    ) {
        let serials: Vec<Serial> = self
            .receipts
            .values()
            .filter(|(kept, at)| which(kept, at))
            .map(|(kept, _)| kept.serial)
            .collect();
        assert_eq!(serials.len(), expected, "receipts to archive as {fate:?}");
        for serial in serials {
            let (kept, _) = self.receipts.remove(&serial).unwrap();
            assert_eq!(self.archive.insert(serial, (kept, fate)), None);
        }
    }

    pub fn saved(&self, now: u64) -> Saved {
        let sessions = self.sessions.values().map(|session| {
            let mut session = *session;
            let waiting = self
                .receipts
                .values()
                .filter(|(kept, at)| at.is_none() && kept.receipt.session == session.session);
            session.waiting.oldest = waiting.map(|(kept, _)| kept.receipt.issued_at).min();
            session
        });
        Saved {
            identity: self.identity.clone(),
            last_serial: self.last.0,
            last_batch: self.last.1,
            sessions: sessions.collect(),
            vouchers: self.vouchers.values().cloned().collect(),
            batches: self.batches.values().cloned().collect(),
            remembered: self
                .remembered
                .iter()
                .filter(|one| one.kept_until > now)
                .copied()
                .collect(),
            partial: self.partial.values().cloned().collect(),
        }
    }

    pub fn fates(&self) -> BTreeMap<&'static str, u64> {
        let mut fates = BTreeMap::new();
        for (_, fate) in self.archive.values() {
            *fates.entry(fate.code()).or_insert(0) += 1;
        }
        fates
    }
}

impl Receipts for Memory {
    type Error = Infallible;

    fn waiting(&self, session: SessionId, limit: usize) -> Result<Vec<Kept>, Infallible> {
        let mut all: Vec<Kept> = self
            .receipts
            .values()
            .filter(|(kept, at)| at.is_none() && kept.receipt.session == session)
            .map(|(kept, _)| kept.clone())
            .collect();
        all.sort_by_key(|kept| (kept.receipt.issued_at, kept.serial));
        all.truncate(limit);
        Ok(all)
    }

    fn of_batch(&self, batch: BatchId) -> Result<Vec<(u32, Kept)>, Infallible> {
        let mut all: Vec<(u32, Kept)> = self
            .receipts
            .values()
            .filter_map(|(kept, at)| {
                let (of, place) = (*at)?;
                (of == batch).then(|| (place, kept.clone()))
            })
            .collect();
        all.sort_by_key(|(place, _)| *place);
        Ok(all)
    }
}
