//! Calls: priced, reserved, started, and completed or abandoned.

use hub_types::ids::{ModelId, SessionId};
use hub_types::time::Interval;
use hub_wire::{sha256, Hash, Receipt, Units};

use crate::call::{
    Admission, Authorized, CompleteError, Completed, Offer, Probe, Quote, Reservation,
    VerifiedVoucher, Work,
};
use crate::facts::Seen;
use crate::ledger::{Known, Ledger, Running};
use crate::record::{Changed, NewReceipt, Record, Serial};
use crate::refusal::Refusal;
use crate::session::{admits, is_released, takes, Session};

impl Ledger {
    /// What a call costs now, whoever pays: the newest terms that are in force and stay so for a while, else the newest that are in
    /// force.
    ///
    /// # Errors
    ///
    /// An outage ([`Ledger::ready`]), or what is wrong with model, release or terms.
    pub fn offer(&self, work: &Work, now: u64) -> Result<Offer, Refusal> {
        self.ready(now)?;
        let Work {
            model,
            release,
            units,
        } = *work;
        let in_service = self
            .models
            .get(&model)
            .ok_or(Refusal::UnknownModel { model })?;
        if !in_service.value.contains(now) {
            return Err(Refusal::ModelRetired { model });
        }
        let blob_id = self
            .releases
            .get(&(model, release))
            .ok_or(Refusal::UnknownRelease { model, release })?
            .value;
        let later = now.saturating_add(self.limits.terms_margin_seconds);
        let in_force = |at: u64| {
            let mut known = self.terms.get(&model)?.iter().rev();
            known.find(|(_, terms)| {
                let interval = terms.value.in_force;
                interval.is_some_and(|interval| interval.contains(now) && interval.contains(at))
            })
        };
        let (number, terms) = in_force(later)
            .or_else(|| in_force(now))
            .ok_or(Refusal::NoTerms { model })?;
        let rates = terms.value.rates;
        Ok(Offer {
            blob_id,
            terms: *number,
            denom: terms.value.denom.clone(),
            rates,
            amount: rates.amount(1, units).ok_or(Refusal::Overflow)?,
        })
    }

    /// What a call costs a session, and whether that can pay for it, with all calls that run and all receipts that are not
    /// settled counted. A ceiling that is too low is no refusal here: the quote says which voucher is needed.
    ///
    /// # Errors
    ///
    /// What [`Ledger::offer`] refuses, and what is wrong with the session.
    pub fn quote(&self, session: SessionId, work: &Work, now: u64) -> Result<Quote, Refusal> {
        let offer = self.offer(work, now)?;
        self.quote_offer(session, work, offer, now)
    }

    fn quote_offer(
        &self,
        session: SessionId,
        work: &Work,
        offer: Offer,
        now: u64,
    ) -> Result<Quote, Refusal> {
        let unknown = Refusal::UnknownSession { session };
        let Some(known) = self.sessions.get(&session) else {
            return Err(unknown);
        };
        let Some(facts) = known.facts.as_ref().map(|seen| &seen.value) else {
            return Err(unknown);
        };
        let until = facts
            .ends_at
            .saturating_sub(self.limits.session_margin_seconds);
        if is_released(facts) || now >= until {
            return Err(Refusal::SessionEnded {
                session,
                until,
                now,
            });
        }
        if !takes(facts).contains(now) {
            // Opened in a block that is ahead of this clock.
            return Err(unknown);
        }
        let attester = self.identity.attester;
        let trusted = self.attester.as_ref().is_some_and(|own| {
            facts.operator == own.value.operator
                && (facts.measurement.is_none() || facts.measurement == own.value.measurement)
        });
        if !trusted {
            return Err(Refusal::AttesterNotAllowed { session, attester });
        }
        let Work { model, release, .. } = *work;
        if !admits(facts, model, release) {
            return Err(Refusal::ModelNotAllowed {
                session,
                model,
                release,
            });
        }
        if facts.denom != offer.denom {
            return Err(Refusal::WrongDenom {
                session,
                session_denom: facts.denom.clone(),
                model,
                price_denom: offer.denom,
            });
        }
        if let Some(limit) = facts.max_price.filter(|limit| !offer.rates.within(limit)) {
            return Err(Refusal::PriceAboveLimit {
                session,
                model,
                price: Box::new(offer.rates),
                limit: Box::new(limit),
            });
        }
        if !known.has_lane_for(attester) {
            return Err(Refusal::LanesFull { session });
        }
        let limit = self.limits.unsettled_receipts_per_session;
        if known.unsettled() >= limit {
            return Err(Refusal::SessionUnsettled {
                session,
                unsettled: known.unsettled(),
                limit,
            });
        }
        let (charged, budget) = (known.charged(), facts.budget.u128());
        let needed = charged
            .checked_add(offer.amount)
            .filter(|needed| *needed <= budget)
            .ok_or(Refusal::Exhausted {
                session,
                left: budget.saturating_sub(charged),
                amount: offer.amount,
            })?;
        let ceiling = known.ceiling();
        Ok(Quote {
            offer,
            charged,
            budget,
            ceiling,
            voucher_needed: ceiling
                .is_some_and(|ceiling| needed > ceiling)
                .then_some(needed),
        })
    }

    /// Reserves what a call can cost at most. A voucher that is given raises the ceiling for good, whatever becomes of the call, if
    /// it is the highest of its session. Nothing is stored for a call that only runs: if the process dies, it never was.
    ///
    /// # Errors
    ///
    /// What [`Ledger::quote`] refuses, a ceiling that is too low, what is wrong with what the caller signed, and a request id that
    /// is in use.
    pub fn reserve(
        &mut self,
        authorized: &Authorized,
        work: &Work,
        voucher: Option<VerifiedVoucher>,
        now: u64,
    ) -> Result<Admission, Refusal> {
        let call = *authorized.call();
        let session = call.session;
        self.check_signer(authorized, work)?;
        self.check_expiry(authorized, now)?;

        let content = content(&call.request_hash, work);
        let id = (session, call.request_id);
        match self.known_as(id, content)? {
            Some(Known::Running { .. }) => return Err(Refusal::Running),
            Some(Known::Done { serial, .. }) => return Ok(Admission::Answered { serial }),
            None => (),
        }

        if let Some(VerifiedVoucher(signed)) = voucher {
            if signed.voucher.session != session {
                return Err(Refusal::BadVoucher { session });
            }
            let known = self.sessions.entry(session).or_default();
            let before = known.voucher.map(|signed| signed.voucher.ceiling);
            if before.is_none_or(|before| before < signed.voucher.ceiling) {
                known.voucher = Some(signed);
                known.voucher_stored = false;
            }
        }
        let quote = self.quote(session, work, now)?;
        if let (Some(ceiling), Some(needed)) = (quote.ceiling, quote.voucher_needed) {
            return Err(Refusal::VoucherMissing {
                session,
                charged: quote.charged,
                amount: quote.offer.amount,
                ceiling,
                needed,
            });
        }
        let known = self.sessions.entry(session).or_default();
        let limit = self.limits.running_per_session;
        if known.running >= limit {
            return Err(Refusal::TooManyRunning {
                session,
                running: known.running,
                limit,
            });
        }
        known.running += 1;
        known.reserved = known.reserved.saturating_add(quote.offer.amount);
        self.last_reservation += 1;
        self.known.insert(id, Known::Running { content });
        let running = Running {
            call,
            work: *work,
            offer: quote.offer,
            started_at: None,
            sent: None,
        };
        self.running.insert(self.last_reservation, running);
        Ok(Admission::Reserved(Reservation(self.last_reservation)))
    }

    /// What became, or would become, of a call: nothing is reserved, and a voucher that is given raises no ceiling. A call that ran
    /// is found for as long as its answer is kept, whether or not it has expired.
    ///
    /// # Errors
    ///
    /// What [`Ledger::reserve`] would refuse.
    pub fn probe(
        &self,
        authorized: &Authorized,
        work: &Work,
        voucher: Option<&VerifiedVoucher>,
        now: u64,
    ) -> Result<Probe, Refusal> {
        let call = authorized.call();
        let session = call.session;
        self.check_signer(authorized, work)?;
        let id = (session, call.request_id);
        match self.known_as(id, content(&call.request_hash, work))? {
            Some(Known::Running { .. }) => return Ok(Probe::Running),
            Some(Known::Done { serial, .. }) => return Ok(Probe::Answered { serial }),
            None => (),
        }
        self.check_expiry(authorized, now)?;
        let quote = self.quote(session, work, now)?;
        let raised = voucher.map_or(0, |signed| signed.0.voucher.ceiling);
        match (quote.ceiling, quote.voucher_needed) {
            (Some(ceiling), Some(needed)) if raised < needed => Err(Refusal::VoucherMissing {
                session,
                charged: quote.charged,
                amount: quote.offer.amount,
                ceiling,
                needed,
            }),
            _ => Ok(Probe::WouldRun),
        }
    }

    fn known_as(&self, id: (SessionId, [u8; 16]), content: Hash) -> Result<Option<Known>, Refusal> {
        match self.known.get(&id).copied() {
            Some(Known::Running { content: other } | Known::Done { content: other, .. })
                if other != content =>
            {
                Err(Refusal::RequestIdUsed { session: id.0 })
            }
            known => Ok(known),
        }
    }

    fn check_signer(&self, authorized: &Authorized, work: &Work) -> Result<(), Refusal> {
        let call = authorized.call();
        let session = call.session;
        if call.attester != self.identity.attester {
            return Err(Refusal::OtherCall { what: "attester" });
        }
        if call.model != work.model {
            return Err(Refusal::OtherCall { what: "model" });
        }
        if let Some(key) = authorized.key() {
            if self.verifier(session)?.key != *key {
                return Err(Refusal::BadSignature { session });
            }
        }
        Ok(())
    }

    fn check_expiry(&self, authorized: &Authorized, now: u64) -> Result<(), Refusal> {
        let expires_at = authorized.call().expires_at;
        if expires_at <= now {
            return Err(Refusal::CallExpired { expires_at, now });
        }
        let limit = now.saturating_add(self.limits.call_max_validity_seconds);
        if expires_at > limit {
            return Err(Refusal::CallTooLong { expires_at, limit });
        }
        Ok(())
    }

    /// Says that the work of a call begins: its receipt is dated by that. What may have changed while it stood in a queue is
    /// checked again.
    ///
    /// # Errors
    ///
    /// Why it must not run any more. The call is abandoned then.
    pub fn start(&mut self, reservation: Reservation, now: u64) -> Result<(), Refusal> {
        let Some(running) = self.running.get(&reservation.0) else {
            return Err(Refusal::Running);
        };
        let refused = self.still_payable(running, now).err();
        if let Some(refusal) = refused {
            // Nothing of it was sent, so there is nothing to store.
            let _ = self.abandon(reservation, now);
            return Err(refusal);
        }
        if let Some(running) = self.running.get_mut(&reservation.0) {
            running.started_at = Some(now);
        }
        Ok(())
    }

    fn still_payable(&self, running: &Running, now: u64) -> Result<(), Refusal> {
        self.fresh(now)?;
        let attester = self.identity.attester;
        let session = running.call.session;
        let model = running.work.model;
        let own = self.attester.as_ref().map(|own| &own.value);
        if own
            .and_then(|own| crate::facts::signing_time(own))
            .is_none_or(|time| !time.contains(now))
        {
            return Err(Refusal::AttesterRetired { attester });
        }
        let known = self.sessions.get(&session);
        let facts = known.and_then(|known| known.facts.as_ref());
        let facts = &facts.ok_or(Refusal::UnknownSession { session })?.value;
        if is_released(facts) || !takes(facts).contains(now) {
            return Err(Refusal::SessionEnded {
                session,
                until: facts.ends_at,
                now,
            });
        }
        let contains = |seen: Option<Interval>| seen.is_some_and(|interval| interval.contains(now));
        if !contains(self.models.get(&model).map(|seen| seen.value)) {
            return Err(Refusal::ModelRetired { model });
        }
        let terms = self.terms.get(&model);
        let terms = terms.and_then(|terms| terms.get(&running.offer.terms));
        if !contains(terms.and_then(|seen: &Seen<_>| seen.value.in_force)) {
            return Err(Refusal::NoTerms { model });
        }
        Ok(())
    }

    /// Notes what of an answer in pieces is about to be sent: the units of it so far, and sha256 and bytes of what is sent so far. It
    /// is stored before it is sent. Each note replaces the one before it, and [`Ledger::complete`] the last. If the process dies in
    /// between, the call is charged for what was noted last, which is what a repeat of its request id gets.
    ///
    /// # Errors
    ///
    /// As [`Ledger::complete`].
    pub fn sending(
        &mut self,
        reservation: Reservation,
        units: Units,
        response_hash: Hash,
        answer: Vec<u8>,
        now: u64,
    ) -> Result<Changed<Serial>, CompleteError> {
        let new = self.new_receipt(reservation, units, response_hash, answer, now)?;
        let mut records = vec![];
        self.voucher_record(new.receipt.session, &mut records);
        records.push(Record::Partial(Box::new(new.clone())));
        let serial = new.serial;
        if let Some(running) = self.running.get_mut(&reservation.0) {
            running.sent = Some(Box::new(new));
        }
        Ok(Changed {
            value: serial,
            records,
        })
    }

    /// Ends a call with an answer. The receipt, dated by the start of the work, and the answer are stored in one commit; only then
    /// may the answer be given.
    ///
    /// # Errors
    ///
    /// [`CompleteError`]; the reservation stands.
    pub fn complete(
        &mut self,
        reservation: Reservation,
        units: Units,
        response_hash: Hash,
        answer: Vec<u8>,
        now: u64,
    ) -> Result<Changed<Completed>, CompleteError> {
        let new = self.new_receipt(reservation, units, response_hash, answer, now)?;
        let Some(running) = self.running.remove(&reservation.0) else {
            return Err(CompleteError::NotRunning);
        };
        Ok(self.end(&running, new, now))
    }

    /// The receipt of a call that runs.
    fn new_receipt(
        &mut self,
        reservation: Reservation,
        units: Units,
        response_hash: Hash,
        answer: Vec<u8>,
        now: u64,
    ) -> Result<NewReceipt, CompleteError> {
        let running = self.running.get(&reservation.0);
        let running = running.ok_or(CompleteError::NotRunning)?;
        let issued_at = running.started_at.ok_or(CompleteError::NotStarted)?;
        let most = running.work.units;
        let too_much = CompleteError::MoreThanReserved { found: units, most };
        if units.input > most.input || units.output > most.output {
            return Err(too_much);
        }
        // Not more than was reserved, so it is below 128 bits.
        let amount = running.offer.rates.amount(1, units).ok_or(too_much)?;
        let (call, work, offer) = (&running.call, &running.work, &running.offer);
        let serial = match &running.sent {
            Some(sent) => sent.serial,
            None => {
                self.last_serial += 1;
                Serial(self.last_serial)
            }
        };
        let receipt = Receipt {
            attester: self.identity.attester,
            session: call.session,
            blob_id: offer.blob_id,
            model: work.model,
            release: work.release,
            terms: offer.terms,
            request_id: call.request_id,
            issued_at,
            units,
            request_hash: call.request_hash,
            response_hash,
        };
        Ok(NewReceipt {
            serial,
            receipt,
            amount,
            content: content(&call.request_hash, work),
            kept_until: now
                .saturating_add(self.limits.answer_kept_seconds)
                .max(call.expires_at),
            answer: Some(answer).filter(|answer| answer.len() <= self.limits.answer_max_bytes),
        })
    }

    /// Charges a call that does not run any more.
    fn end(&mut self, running: &Running, new: NewReceipt, now: u64) -> Changed<Completed> {
        let id = (new.receipt.session, new.receipt.request_id);
        let (content, serial) = (new.content, new.serial);
        self.known.insert(id, Known::Done { content, serial });
        self.forgetting.push_back((new.kept_until, id));
        self.forget(now);

        let mut records = vec![];
        let issued_at = new.receipt.issued_at;
        let session = self.sessions.entry(id.0).or_default();
        session.free(running.offer.amount);
        session.wait_for(new.amount, issued_at);
        self.voucher_record(id.0, &mut records);
        let session = self.sessions.entry(id.0).or_default();
        let (charged, ceiling) = (session.charged(), session.ceiling());
        self.unsettled = self.unsettled.saturating_add(1);
        self.oldest = Some(self.oldest.unwrap_or(u64::MAX).min(issued_at));
        let value = Completed {
            serial,
            receipt: new.receipt.clone(),
            amount: new.amount,
            charged,
            ceiling,
        };
        records.push(Record::Receipt(Box::new(new)));
        Changed { value, records }
    }

    /// A voucher is stored in the commit of the first receipt that may need it, and in none after that.
    fn voucher_record(&mut self, session: SessionId, records: &mut Vec<Record>) {
        let session = self.sessions.entry(session).or_default();
        if let Some(voucher) = session.voucher.filter(|_| !session.voucher_stored) {
            session.voucher_stored = true;
            records.push(Record::Voucher {
                chain_id: self.identity.chain_id.clone(),
                voucher,
            });
        }
    }

    /// Ends a call without an answer. Nothing is charged, and its request id may be used again. A call of which something was sent
    /// ([`Ledger::sending`]) is charged for that. Of a call that is not running, nothing happens.
    pub fn abandon(&mut self, reservation: Reservation, now: u64) -> Changed<()> {
        let Some(mut running) = self.running.remove(&reservation.0) else {
            return Changed::nothing(());
        };
        if let Some(sent) = running.sent.take() {
            let Changed { records, .. } = self.end(&running, *sent, now);
            return Changed { value: (), records };
        }
        let Running { call, offer, .. } = running;
        self.known.remove(&(call.session, call.request_id));
        if let Some(session) = self.sessions.get_mut(&call.session) {
            session.free(offer.amount);
        }
        Changed::nothing(())
    }

    /// Forgets request ids whose calls have expired.
    fn forget(&mut self, now: u64) {
        while let Some((until, id)) = self.forgetting.front().copied() {
            if until > now {
                break;
            }
            self.forgetting.pop_front();
            // It may have been used again since, for a call that runs.
            if matches!(self.known.get(&id), Some(Known::Done { .. })) {
                self.known.remove(&id);
            }
        }
    }

    /// Whether a model's terms, releases and state were seen, so that it can be served.
    pub fn knows_model(&self, model: ModelId) -> bool {
        self.models.contains_key(&model) && self.terms.contains_key(&model)
    }
}

impl Session {
    /// Adds a receipt without a number.
    pub(crate) fn wait_for(&mut self, amount: u128, issued_at: u64) {
        self.waiting.receipts += 1;
        self.waiting.amount = self.waiting.amount.saturating_add(amount);
        self.waiting.oldest = Some(self.waiting.oldest.unwrap_or(u64::MAX).min(issued_at));
    }

    fn free(&mut self, amount: u128) {
        self.reserved = self.reserved.saturating_sub(amount);
        self.running = self.running.saturating_sub(1);
    }
}

/// What two calls of one request id must have in common.
fn content(request_hash: &Hash, work: &Work) -> Hash {
    sha256(&[
        request_hash,
        &work.model.0.to_be_bytes(),
        &work.release.0.to_be_bytes(),
    ])
}
