//! Numbers and batches. A number is given once and for ever: what is signed again has the same contents under the same numbers.

use std::collections::{BTreeMap, BTreeSet};

use hub_types::ids::{ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::time::CUTOFF_GRACE_SECONDS;
use hub_wire::{
    batch_digest, Batch, BatchBuilder, Mode, Receipt, SigningKey, Units, MAX_GROUP_COUNT,
};

use crate::ledger::{Hold, Ledger, OpenBatch};
use crate::record::{BatchId, Changed, Fate, Kept, NewBatch, Receipts, Record, Serial, Taken};
use crate::session::takes;
use crate::settling::SignError;

/// Seconds before receipts expire at which they are kept apart from younger ones.
const EXPIRY_MARGIN_SECONDS: u64 = 60;

/// What makes a group distinct in its batch.
type Key = (SessionId, ModelId, ReleaseNumber, TermsNumber);

/// Receipts of one group under their numbers.
#[derive(Clone, Debug)]
struct Piece {
    key: Key,
    /// Number of the first.
    sequence: u64,
    receipts: Vec<Kept>,
    hold: Option<Hold>,
    /// It must not stand in a batch with what is before it in its session.
    apart: bool,
}

impl Ledger {
    /// Signs one thing that has to be signed: batches for another chain id; a batch that has to be cut, halved or freed of what
    /// is done; else a new batch of receipts that wait, which get their numbers by that. Call it until it gives nothing.
    ///
    /// Store the records in one commit, then say so ([`Ledger::stored`]): only then is the batch named by [`Ledger::to_send`].
    ///
    /// # Errors
    ///
    /// [`SignError`]; nothing changed.
    pub fn sign<R: Receipts>(
        &mut self,
        key: &SigningKey,
        receipts: &R,
        now: u64,
    ) -> Result<Option<Changed<Vec<BatchId>>>, SignError<R::Error>> {
        let attester = self.identity.attester;
        if key.public_key() != self.identity.key {
            return Err(SignError::OtherKey { attester });
        }
        if let Some((session, on_chain, here)) = self.roll_back() {
            return Err(SignError::RolledBack {
                session,
                on_chain,
                here,
                attester,
            });
        }
        if let Some(changed) = self.sign_for_this_chain(key) {
            return Ok(Some(changed));
        }
        let again = self.batches.iter();
        let again = again
            .filter(|(_, open)| self.wants_again(open, now))
            .map(|(id, _)| *id)
            .next();
        match again {
            Some(batch) => self.sign_again(batch, key, receipts, now).map(Some),
            None => self.sign_new(key, receipts, now),
        }
    }

    /// The same bytes for another chain id: a halted chain goes on under a new one.
    fn sign_for_this_chain(&mut self, key: &SigningKey) -> Option<Changed<Vec<BatchId>>> {
        let chain_id = &self.identity.chain_id;
        let mut changed = Changed::nothing(vec![]);
        for (batch, open) in &mut self.batches {
            if open.chain_id != *chain_id {
                open.signature = key.sign_digest(&batch_digest(&self.batch_tag, &open.bytes));
                open.chain_id.clone_from(chain_id);
                open.stored = false;
                open.tx = None;
                changed.value.push(*batch);
                changed.records.push(Record::Resigned {
                    batch: *batch,
                    chain_id: chain_id.clone(),
                    signature: open.signature,
                });
            }
        }
        (!changed.value.is_empty()).then_some(changed)
    }

    /// What is left of a batch, in other batches: cut where its groups lie on both sides of a limit of time, or halved.
    fn sign_again<R: Receipts>(
        &mut self,
        batch: BatchId,
        key: &SigningKey,
        receipts: &R,
        now: u64,
    ) -> Result<Changed<Vec<BatchId>>, SignError<R::Error>> {
        let inconsistent = SignError::Inconsistent { batch };
        let kept = receipts.of_batch(batch).map_err(SignError::Store)?;
        let Some(open) = self.batches.get(&batch) else {
            return Err(inconsistent);
        };
        let mut pieces = vec![];
        let mut kept = kept.into_iter().peekable();
        for (place, group) in open.batch.groups.iter().enumerate() {
            let state = &open.groups[place];
            let from = state.left_from;
            let skip = (from - group.sequence) as usize;
            let units: Vec<Units> = units_of(group);
            let mut receipts = vec![];
            // Archived ones are not there any more; a store that still has some of them is right as well.
            while kept
                .peek()
                .is_some_and(|(at, _)| (*at as usize) < state.place + skip)
            {
                kept.next();
            }
            for (offset, units) in units.iter().enumerate().skip(skip) {
                let (at, one) = kept.next().ok_or(SignError::Inconsistent { batch })?;
                let same = at as usize == state.place + offset
                    && key_of(&one.receipt)
                        == (group.session, group.model, group.release, group.terms)
                    && one.receipt.units == *units
                    && one.amount == open.amounts[state.place + offset];
                if !same {
                    return Err(inconsistent);
                }
                receipts.push(one);
            }
            if !receipts.is_empty() {
                let piece = Piece {
                    key: (group.session, group.model, group.release, group.terms),
                    sequence: from,
                    receipts,
                    hold: state.hold,
                    apart: false,
                };
                match state.straddles && !open.halve {
                    true => pieces.extend(self.cut(piece)),
                    false => pieces.push(piece),
                }
            }
        }
        let bins = match open.halve {
            true => halves(pieces),
            false => bins(pieces),
        };
        let refusals = if open.halve { 0 } else { open.refusals };
        let mut changed = Changed::nothing(vec![]);
        let mut signed = vec![];
        for bin in bins {
            signed.push((self.build(&bin)?, bin));
        }
        for ((built, bytes), bin) in signed {
            let id = self.seal(built, bytes, &bin, vec![], key, &mut changed);
            if let Some(open) = self.batches.get_mut(&id) {
                open.refusals = refusals;
                for piece in &bin {
                    for place in open.places_of(piece.key.0) {
                        open.groups[place].hold = piece.hold;
                    }
                }
            }
        }
        if let Some(open) = self.batches.remove(&batch) {
            for group in &open.batch.groups {
                if let Some(session) = self.sessions.get_mut(&group.session) {
                    session.open.remove(&batch);
                }
            }
        }
        changed.records.push(Record::Closed { batch });
        let _ = now;
        self.count();
        Ok(changed)
    }

    /// New numbers for what waits.
    fn sign_new<R: Receipts>(
        &mut self,
        key: &SigningKey,
        receipts: &R,
        now: u64,
    ) -> Result<Option<Changed<Vec<BatchId>>>, SignError<R::Error>> {
        let mut eligible: Vec<(u64, SessionId)> = self
            .sessions
            .iter()
            .filter(|(id, session)| {
                session.waiting.receipts > 0 && self.may_number(**id, session, now)
            })
            .map(|(id, session)| (session.waiting.oldest.unwrap_or(0), *id))
            .collect();
        eligible.sort_unstable();

        let most = self.limits.batch_receipts.min(self.fitting_receipts).max(1);
        let (mut groups, mut taken) = (BTreeMap::<Key, Vec<Kept>>::new(), 0);
        let mut aside: Vec<(SessionId, Kept, Fate)> = vec![];
        for (_, session) in eligible {
            let room = most.saturating_sub(taken);
            if room == 0 {
                break;
            }
            let waiting = receipts.waiting(session, room).map_err(SignError::Store)?;
            for kept in waiting {
                match self.never(session, &kept.receipt, now) {
                    Some(fate) => aside.push((session, kept, fate)),
                    None => {
                        taken += 1;
                        groups.entry(key_of(&kept.receipt)).or_default().push(kept);
                    }
                }
            }
        }
        let mut first_parts: BTreeMap<Key, Vec<Kept>> = groups
            .into_iter()
            .map(|(key, kept)| (key, self.first_part(key, kept)))
            .collect();
        let mut changed = Changed::nothing(vec![]);
        let mut fitting = None;
        while !first_parts.is_empty() {
            let pieces = self.number(&first_parts);
            let (batch, bytes) = self.build(&pieces)?;
            let gas = self.limits.gas.of(&batch);
            let fits = bytes.len() <= self.limits.batch_bytes && gas <= self.limits.batch_gas;
            if fits || batch.offered() <= 1 {
                fitting = Some((batch, bytes, pieces));
                break;
            }
            keep_half(&mut first_parts);
        }
        for (session, kept, fate) in aside {
            self.set_aside(session, &kept, fate, &mut changed);
        }
        if let Some((batch, bytes, pieces)) = fitting {
            let mut taken = BTreeMap::<SessionId, Taken>::new();
            for piece in &pieces {
                let session = piece.key.0;
                let entry = taken.entry(session).or_insert(Taken {
                    session,
                    receipts: 0,
                    amount: 0,
                    given: piece.sequence,
                });
                let count = piece.receipts.len() as u64;
                entry.receipts += count;
                entry.given = piece.sequence.saturating_add(count);
                for kept in &piece.receipts {
                    entry.amount = entry.amount.saturating_add(kept.amount);
                }
            }
            let taken: Vec<Taken> = taken.into_values().collect();
            for one in &taken {
                let session = self.sessions.entry(one.session).or_default();
                session.given = one.given;
                let waiting = &mut session.waiting;
                waiting.receipts = waiting.receipts.saturating_sub(one.receipts);
                waiting.amount = waiting.amount.saturating_sub(one.amount);
                if waiting.receipts == 0 {
                    waiting.oldest = None;
                }
            }
            self.seal(batch, bytes, &pieces, taken, key, &mut changed);
        }
        self.count();
        Ok((!changed.records.is_empty()).then_some(changed))
    }

    /// Why a receipt can never be settled under a number of this attester's, if so. Whatever else is wrong with one, the chain says
    /// so itself, and passes over its number.
    fn never(&self, session: SessionId, receipt: &Receipt, now: u64) -> Option<Fate> {
        let facts = self.sessions.get(&session)?.facts.as_ref()?;
        let own = self.attester.as_ref().map(|own| &own.value);
        let distrusted = own.is_some_and(|own| {
            facts.value.operator != own.operator
                || (facts.value.measurement.is_some() && facts.value.measurement != own.measurement)
        });
        if receipt.attester != self.identity.attester
            || receipt.session != session
            || session.0 == 0
            || distrusted
        {
            return Some(Fate::Foreign);
        }
        (receipt.issued_at > now.saturating_add(CUTOFF_GRACE_SECONDS)).then_some(Fate::Future)
    }

    fn set_aside(
        &mut self,
        id: SessionId,
        kept: &Kept,
        fate: Fate,
        changed: &mut Changed<Vec<BatchId>>,
    ) {
        let session = self.sessions.entry(id).or_default();
        let waiting = &mut session.waiting;
        waiting.receipts = waiting.receipts.saturating_sub(1);
        waiting.amount = waiting.amount.saturating_sub(kept.amount);
        if waiting.receipts == 0 {
            waiting.oldest = None;
        }
        changed.records.push(Record::SetAside {
            session: id,
            serials: vec![kept.serial],
            amount: kept.amount,
            fate,
        });
    }

    /// Times at which the chain's judgement of receipts of a group changes.
    fn limits_of_time(&self, (session, model, _, terms): Key) -> BTreeSet<u64> {
        let mut limits = BTreeSet::new();
        if let Some((block, _)) = self.block {
            let max_age = self.identity.receipt_max_age_seconds;
            let soon = block.time.saturating_add(EXPIRY_MARGIN_SECONDS);
            limits.insert(soon.saturating_sub(max_age));
            limits.insert(block.time.saturating_sub(max_age));
        }
        let own = self.attester.as_ref();
        let intervals = [
            own.and_then(|own| crate::facts::signing_time(&own.value)),
            self.sessions
                .get(&session)
                .and_then(|session| Some(takes(&session.facts.as_ref()?.value))),
            self.models.get(&model).map(|seen| seen.value),
            self.terms
                .get(&model)
                .and_then(|known| known.get(&terms)?.value.in_force),
        ];
        for interval in intervals.into_iter().flatten() {
            limits.insert(interval.from);
            limits.extend(interval.until);
        }
        limits
    }

    /// The receipts up to the first limit of time between them. The rest stays and makes a group of the next batch.
    fn first_part(&self, key: Key, mut kept: Vec<Kept>) -> Vec<Kept> {
        kept.sort_by_key(|kept| (kept.receipt.issued_at, kept.serial));
        kept.truncate(usize::try_from(MAX_GROUP_COUNT).unwrap_or(usize::MAX));
        if let Some(count) = self.count_before_limit(key, &kept) {
            kept.truncate(count);
        }
        kept
    }

    /// How many of these receipts, oldest first, lie before the first limit of time between them; none if there is no such limit.
    fn count_before_limit(&self, key: Key, kept: &[Kept]) -> Option<usize> {
        let oldest = kept.first()?.receipt.issued_at;
        let newest = kept.last()?.receipt.issued_at;
        let limit = *self
            .limits_of_time(key)
            .range(oldest.saturating_add(1)..)
            .next()
            .filter(|limit| **limit <= newest)?;
        Some(kept.partition_point(|kept| kept.receipt.issued_at < limit))
    }

    /// A group in two: at the limit of time that is known, else in the middle.
    fn cut(&self, mut piece: Piece) -> Vec<Piece> {
        let count = piece.receipts.len();
        if count < 2 {
            return vec![piece];
        }
        let at = self
            .count_before_limit(piece.key, &piece.receipts)
            .unwrap_or(count / 2)
            .clamp(1, count - 1);
        let second = piece.split_off(at);
        vec![piece, second]
    }

    /// Gives the numbers behind the last ones given, group by group.
    fn number(&self, groups: &BTreeMap<Key, Vec<Kept>>) -> Vec<Piece> {
        let mut next = BTreeMap::<SessionId, u64>::new();
        groups
            .iter()
            .map(|(key, kept)| {
                let given = self.sessions.get(&key.0).map_or(0, |session| session.given);
                let next = next.entry(key.0).or_insert(given);
                let sequence = *next;
                *next = next.saturating_add(kept.len() as u64);
                Piece {
                    key: *key,
                    sequence,
                    receipts: kept.clone(),
                    hold: None,
                    apart: false,
                }
            })
            .collect()
    }

    /// The batch of these pieces, and its bytes.
    fn build(&self, pieces: &[Piece]) -> Result<(Batch, Vec<u8>), hub_wire::BuildError> {
        let mut builder = BatchBuilder::new(self.identity.attester);
        // Backwards: what is said of a session's first group stands in the end.
        for piece in pieces.iter().rev() {
            builder.next(piece.key.0, piece.sequence);
        }
        for kept in pieces.iter().flat_map(|piece| &piece.receipts) {
            builder.push(kept.receipt.clone())?;
        }
        let (batch, _) = builder.build(Mode::Itemised)?;
        let bytes = batch.encode()?;
        Ok((batch, bytes))
    }

    /// Signs a batch and opens it.
    fn seal(
        &mut self,
        batch: Batch,
        bytes: Vec<u8>,
        pieces: &[Piece],
        taken: Vec<Taken>,
        key: &SigningKey,
        changed: &mut Changed<Vec<BatchId>>,
    ) -> BatchId {
        let signature = key.sign_digest(&batch_digest(&self.batch_tag, &bytes));
        let receipts: Vec<(Serial, u128)> = pieces
            .iter()
            .flat_map(|piece| &piece.receipts)
            .map(|kept| (kept.serial, kept.amount))
            .collect();
        self.last_batch += 1;
        let id = BatchId(self.last_batch);
        let chain_id = self.identity.chain_id.clone();
        let mut open = OpenBatch::new(batch, bytes.clone(), chain_id.clone(), signature);
        open.amounts = receipts.iter().map(|(_, amount)| *amount).collect();
        self.open_batch(id, open);
        changed.value.push(id);
        changed.records.push(Record::Batch(Box::new(NewBatch {
            id,
            chain_id,
            bytes,
            signature,
            receipts,
            taken,
        })));
        id
    }
}

impl Piece {
    /// Leaves the first `at` receipts and gives back the others, under their numbers.
    fn split_off(&mut self, at: usize) -> Self {
        Self {
            key: self.key,
            sequence: self.sequence.saturating_add(at as u64),
            receipts: self.receipts.split_off(at),
            hold: self.hold,
            apart: true,
        }
    }
}

fn key_of(receipt: &Receipt) -> Key {
    (
        receipt.session,
        receipt.model,
        receipt.release,
        receipt.terms,
    )
}

fn units_of(group: &hub_wire::Group) -> Vec<Units> {
    match &group.work {
        hub_wire::Work::Itemised(items) => items.iter().collect(),
        // Never signed here.
        hub_wire::Work::Netted { .. } => vec![],
    }
}

/// Batches of pieces, which come in the order of their numbers. What is to stand apart, and what comes after it in its session, goes
/// into the batch after.
fn bins(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut bins: Vec<Vec<Piece>> = vec![];
    let mut last = BTreeMap::<SessionId, usize>::new();
    for piece in pieces {
        let bin = last.entry(piece.key.0).or_insert(0);
        *bin += usize::from(piece.apart);
        while bins.len() <= *bin {
            bins.push(vec![]);
        }
        bins[*bin].push(piece);
    }
    bins.retain(|bin| !bin.is_empty());
    bins
}

/// Two batches with half of the receipts each.
fn halves(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let total: usize = pieces.iter().map(|piece| piece.receipts.len()).sum();
    let mut room = total / 2;
    let (mut first, mut second) = (vec![], vec![]);
    for mut piece in pieces {
        if room >= piece.receipts.len() {
            room -= piece.receipts.len();
            first.push(piece);
        } else {
            if room > 0 {
                let rest = piece.split_off(room);
                first.push(piece);
                piece = rest;
                room = 0;
            }
            second.push(piece);
        }
    }
    let mut halves = vec![first, second];
    halves.retain(|half| !half.is_empty());
    halves
}

/// Leaves about half of the receipts, from the first group on.
fn keep_half(groups: &mut BTreeMap<Key, Vec<Kept>>) {
    let total: usize = groups.values().map(Vec::len).sum();
    let mut room = total / 2;
    groups.retain(|_, kept| {
        kept.truncate(room);
        room -= kept.len();
        !kept.is_empty()
    });
}
