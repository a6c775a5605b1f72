//! Carries out a script on a Hub and on the reference, and holds the Hub to everything that must be true after every
//! message.

use std::collections::BTreeMap;

use hub_testing::{data, AppResponse, BillingError, Hub, Snapshot, State};
use hub_types::billing::{AttesterCreated, BatchResponse, Outcome, ReceiptResponse};
use hub_types::escrow::{PayoutResponse, SessionCreated};
use hub_types::records::escrow::Lane;
use hub_types::registry::{
    ClaimsResponse, ModelCreated, ModelsResponse, QueryMsg as RegistryQuery, ReleaseCreated,
    ReleaseRef, ReleaseResponse, TermsCreated,
};

use crate::action::{Action, SessionPlan, StatusPlan, TermsPlan, What};
use crate::compare;
use crate::reference::{
    Account, Funds, Money, Offer, Opening, Publication, Rates, Reference, Refused, Settled,
    Settlement, Shares, Status, Tag, Terms, Verdict, Wanted, Work, GRACE,
};
use crate::sealed::{self, Sealed};
use crate::split;
use crate::stage::{self, Counts, Refusal, Setting, Stage, ACCOUNTS, BLOBS, MONEYS};

/// What was found to be wrong, in sentences.
pub type Fault = String;

/// A Hub and the reference side by side.
pub struct Runner {
    pub stage: Stage,
    pub reference: Reference,
    sealed: BTreeMap<Tag, Sealed>,
    /// Every byte, and every record, after the last message.
    snapshot: Snapshot,
    state: State,
    pub tally: Tally,
}

/// What happened how often.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Messages sent.
    pub messages: u64,
    pub accepted: Counts,
    pub refused: Counts,
    /// Outcomes of groups and single receipts.
    pub outcomes: Counts,
    /// What is worth to have been met.
    pub situations: Counts,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.messages += other.messages;
        let ours = [
            &mut self.accepted,
            &mut self.refused,
            &mut self.outcomes,
            &mut self.situations,
        ];
        let theirs = [
            other.accepted,
            other.refused,
            other.outcomes,
            other.situations,
        ];
        for (ours, theirs) in ours.into_iter().zip(theirs) {
            for (name, count) in theirs {
                *ours.entry(name).or_default() += count;
            }
        }
    }

    fn outcome(&mut self, outcome: &Outcome) {
        *self.outcomes.entry(sealed::name(outcome)).or_default() += 1;
    }

    /// How often a situation was met.
    pub fn situation(&mut self, name: &str) -> &mut u64 {
        self.situations.entry(name.to_owned()).or_default()
    }
}

/// What a message that is accepted returns.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Nothing,
    Model(u64),
    Release(u64),
    Terms(u64, u64),
    Session(Option<u64>),
    Attester(u64),
    Paid(Vec<(Account, u128)>, usize),
    Batch(Settlement),
    One(Settled),
}

impl Runner {
    pub fn new(setting: Setting) -> Self {
        let stage = Stage::new(setting);
        Self {
            reference: stage.reference(setting),
            snapshot: stage.hub.snapshot(),
            state: stage.hub.state(),
            sealed: BTreeMap::new(),
            tally: Tally::default(),
            stage,
        }
    }

    fn hub(&self) -> &Hub {
        &self.stage.hub
    }

    /// Carries out one step and checks everything.
    pub fn step(&mut self, action: &Action) -> Result<(), Fault> {
        match &action.what {
            What::Wait { seconds } => {
                // Beyond this, times no longer fit what the chain counts in.
                let seconds = (*seconds).min(1 << 32);
                self.stage.hub.advance(seconds);
                self.reference.now += seconds;
                Ok(())
            }
            What::Donate { money, amount } => {
                let (escrow, coined) =
                    (self.hub().escrow.clone(), self.stage.moneys[*money].clone());
                self.stage.hub.give(&escrow, &coined, *amount);
                *self.reference.donated.entry(*money).or_default() += amount;
                self.check()
            }
            What::Split { batch, seed } => {
                let (stage, tally) = (&mut self.stage, &mut self.tally);
                split::check(stage, &self.reference, batch, *seed, tally)
            }
            What::SettleBatch { .. } | What::Settle { .. } => {
                let sealed = self
                    .stage
                    .seal(&action.what, &self.reference)
                    .expect("a settlement");
                if sealed.offer.sound && !action.coins {
                    self.sealed.insert(action.tag, sealed.clone());
                }
                self.settle(action, &sealed)
            }
            What::Again { of } => match self.sealed.get(of).cloned() {
                Some(sealed) => self.settle(action, &sealed),
                None => Ok(()),
            },
            _ => self.message(action),
        }
    }

    fn message(&mut self, action: &Action) -> Result<(), Fault> {
        let message = self.stage.message(action, &self.reference);
        let message = message.expect("every other action is a message");
        let expected = match action.coins {
            true => Err(Refused::Message),
            false => self.predict(action),
        };
        let found = self.stage.send(action.by, message, action.coins);
        self.judge(action, expected, found)?;
        if moves_wallets(&action.what) {
            none(compare::wallet_differences(&self.stage, &self.reference))?;
        }
        Ok(())
    }

    /// Sends a settlement, and once more if it changed something: nothing may happen then.
    fn settle(&mut self, action: &Action, sealed: &Sealed) -> Result<(), Fault> {
        let is_batch = matches!(
            sealed.message,
            hub_types::billing::ExecuteMsg::SettleBatch { .. }
        );
        if sealed.offer.sound && !sealed::is_as_the_library_writes_it(sealed) {
            let ends = sealed
                .offer
                .groups
                .iter()
                .all(|group| group.end().is_some());
            if ends {
                return Err("the library encodes the batch in other bytes".to_owned());
            }
        }
        if !self.settle_once(action, sealed, is_batch)? || !is_batch {
            return Ok(());
        }
        let before = self.snapshot.clone();
        self.settle_once(action, sealed, is_batch)?;
        if before == self.snapshot {
            Ok(())
        } else {
            Err("the same batch changed something a second time".to_owned())
        }
    }

    /// Whether it was accepted.
    fn settle_once(
        &mut self,
        action: &Action,
        sealed: &Sealed,
        is_batch: bool,
    ) -> Result<bool, Fault> {
        let reference = &mut self.reference;
        let expected = match (action.coins, is_batch) {
            (true, _) => Err(Refused::Message),
            (false, true) => reference
                .settle_batch(&sealed.offer, &sealed.vouchers)
                .map(Answer::Batch),
            (false, false) => reference
                .settle_one(&sealed.offer, &sealed.vouchers)
                .map(Answer::One),
        };
        match &expected {
            Ok(Answer::Batch(settlement)) => {
                for group in &settlement.groups {
                    self.tally.outcome(&group.outcome);
                }
                self.notice_billed(&sealed.offer, &settlement.groups);
            }
            Ok(Answer::One(settled)) => {
                self.tally.outcome(&settled.outcome);
                self.notice_billed(&sealed.offer, std::slice::from_ref(settled));
            }
            Err(Refused::Nothing(reasons)) => {
                reasons.iter().for_each(|reason| self.tally.outcome(reason));
            }
            _ => (),
        }
        let message = stage::Message::Billing(sealed.message.clone());
        let found = self.stage.send(action.by, message, action.coins);
        let accepted = found.is_ok();
        self.judge(action, expected, found)?;
        Ok(accepted)
    }

    /// Compares what a message led to with what it should have led to, and checks everything.
    fn judge(
        &mut self,
        action: &Action,
        expected: Verdict<Answer>,
        found: Result<AppResponse, Refusal>,
    ) -> Result<(), Fault> {
        self.tally.messages += 1;
        let name = action.what.name().to_owned();
        let counts = match expected {
            Ok(_) => &mut self.tally.accepted,
            Err(_) => &mut self.tally.refused,
        };
        *counts.entry(name).or_default() += 1;
        match (expected, found) {
            (Ok(expected), Ok(response)) => {
                let found = self.read(&expected, &response)?;
                if expected != found {
                    return Err(format!("expected the answer {expected:?}, found {found:?}"));
                }
                self.check()
            }
            (Err(expected), Err(refusal)) => {
                let nothing = match &refusal {
                    Refusal::Billing(BillingError::NothingSettled { outcomes }) => {
                        Refused::Nothing(outcomes.iter().copied().collect())
                    }
                    _ => Refused::Message,
                };
                if nothing != expected {
                    return Err(format!("expected {expected:?}, found {refusal:?}"));
                }
                if !refusal.blames_the_message() {
                    return Err(format!(
                        "the error is no answer to the message: {refusal:?}"
                    ));
                }
                if self.hub().snapshot() != self.snapshot {
                    return Err(format!("refused with {refusal:?}, yet something changed"));
                }
                Ok(())
            }
            (Ok(expected), Err(refusal)) => {
                Err(format!("expected {expected:?}, refused with {refusal:?}"))
            }
            (Err(expected), Ok(response)) => Err(format!(
                "expected it to be refused ({expected:?}), accepted with {:?}",
                response.data
            )),
        }
    }

    /// What a response says, in the form of the expected answer.
    fn read(&self, expected: &Answer, response: &AppResponse) -> Result<Answer, Fault> {
        Ok(match expected {
            Answer::Nothing => Answer::Nothing,
            Answer::Model(_) => Answer::Model(data::<ModelCreated>(response).model),
            Answer::Release(_) => Answer::Release(data::<ReleaseCreated>(response).release),
            Answer::Terms(..) => {
                let created: TermsCreated = data(response);
                Answer::Terms(created.terms, created.effective_from)
            }
            // A token's hook returns no data.
            Answer::Session(Some(id)) if response.data.is_none() => Answer::Session(Some(*id)),
            Answer::Session(Some(_)) => {
                Answer::Session(Some(data::<SessionCreated>(response).session))
            }
            Answer::Session(None) => Answer::Session(None),
            Answer::Attester(_) => Answer::Attester(data::<AttesterCreated>(response).attester),
            Answer::Paid(..) => {
                let paid: PayoutResponse = data(response);
                let sent = paid.sent.into_iter().map(|sent| {
                    let account = self
                        .stage
                        .accounts
                        .iter()
                        .position(|it| *it == sent.account);
                    (account.unwrap_or(ACCOUNTS.len()), sent.amount.u128())
                });
                Answer::Paid(sent.collect(), paid.skipped.len())
            }
            Answer::Batch(_) => Answer::Batch(self.read_batch(data(response))?),
            Answer::One(settled) => {
                let found: ReceiptResponse = data(response);
                Answer::One(Settled {
                    outcome: found.outcome,
                    paid: settled.paid,
                    amount: found.amount.u128(),
                })
            }
        })
    }

    fn read_batch(&self, found: BatchResponse) -> Result<Settlement, Fault> {
        let mut gross = BTreeMap::new();
        for one in found.gross {
            let money = self.stage.money_of(&one.denom);
            let money = money.ok_or_else(|| format!("gross in {}", one.denom))?;
            if !one.amount.is_zero() && gross.insert(money, one.amount.u128()).is_some() {
                return Err(format!("gross in {} is stated twice", one.denom));
            }
        }
        Ok(Settlement {
            batch: found.batch,
            offered: found.offered,
            paid: found.paid,
            gross,
            groups: found
                .groups
                .into_iter()
                .map(|group| Settled {
                    outcome: group.outcome,
                    paid: group.paid,
                    amount: group.amount.u128(),
                })
                .collect(),
        })
    }

    /// Everything that must be true after a message that was accepted.
    fn check(&mut self) -> Result<(), Fault> {
        none(self.hub().check_invariants())?;
        let state = self.hub().state();
        none(state.breaches_since(&self.state))?;
        self.notice(&state);
        none(compare::differences(&self.stage, &state, &self.reference))?;
        self.state = state;
        self.snapshot = self.hub().snapshot();
        Ok(())
    }

    /// Counts what happened to lanes and ceilings since the last message.
    fn notice(&mut self, state: &State) {
        for (id, session) in &state.sessions {
            let Some(before) = self.state.sessions.get(id) else {
                continue;
            };
            let gone = |lane: &Lane| session.lane(lane.attester).is_none();
            if before.lanes.iter().any(gone) {
                *self.tally.situation("a lane given to another attester") += 1;
            }
            if session.ceiling > before.ceiling && session.lanes != before.lanes {
                *self.tally.situation("a ceiling raised by a voucher") += 1;
            }
        }
    }

    /// Counts what is remarkable about groups that were billed.
    fn notice_billed(&mut self, offer: &Offer, settled: &[Settled]) {
        for (group, settled) in offer.groups.iter().zip(settled) {
            if settled.paid == 0 {
                continue;
            }
            let work = self.reference.work(group.model);
            let later = work.map_or(&[][..], |work| &work.terms[group.terms as usize..]);
            let known = |terms: &Terms| !terms.dropped && terms.from <= self.reference.now;
            let superseded = later.iter().any(known);
            let session = self.reference.session(group.session);
            let given = session.is_some_and(|session| session.funder != session.caller);
            let met = [
                (superseded, "a call at terms that others follow"),
                (given, "a call paid by somebody else than the caller"),
                (settled.amount == 0, "a call for nothing"),
                (
                    settled.outcome == Outcome::Paid && settled.paid < group.count(),
                    "a group resumed where the lane stood",
                ),
            ];
            for (_, name) in met.iter().filter(|(met, _)| *met) {
                *self.tally.situation(name) += 1;
            }
        }
    }

    /// Counts what a script has led to.
    pub fn notice_end(&mut self) {
        let reference = &self.reference;
        let usage = || reference.usage.values();
        let works = || reference.works.iter();
        let sold = |work: &Work| work.releases.iter().any(|it| it.publisher != work.author);
        let met = [
            (usage().any(|it| it.aged > 0), "scripts with aged income"),
            (
                usage().any(|it| it.related > 0),
                "scripts with related income",
            ),
            (
                usage().any(|it| it.payers > 1),
                "scripts with several payers",
            ),
            (
                usage().any(|it| it.returning > 0),
                "scripts with returning payers",
            ),
            (
                works().any(|work| work.terms.iter().any(|it| it.dropped)),
                "scripts with dropped terms",
            ),
            (
                works().any(|work| work.active_from > 0),
                "scripts with a model back from retirement",
            ),
            (works().any(sold), "scripts with a sold model"),
        ];
        for (_, name) in met.iter().filter(|(met, _)| *met) {
            *self.tally.situation(name) += 1;
        }
    }

    fn predict(&mut self, action: &Action) -> Verdict<Answer> {
        let (tag, by) = (action.tag, action.by);
        let reference = &mut self.reference;
        match &action.what {
            What::RegisterModel {
                name,
                terms,
                release,
            } => {
                let release = release.map(|plan| Publication {
                    label: (1 + plan.major_step, plan.minor_step),
                    blob: plan.blob,
                    salt: plan.salt,
                });
                reference
                    .register_work(tag, by, *name, parts(terms), release)
                    .map(Answer::Model)
            }
            What::UpdateMetadata { model } => {
                let model = reference.work_of(*model);
                reference.update_metadata(by, model).map(nothing)
            }
            What::PublishRelease {
                model,
                release: plan,
            } => {
                let model = reference.work_of(*model);
                let release = Publication {
                    label: stage::next_label(reference, model, plan.major_step, plan.minor_step),
                    blob: plan.blob,
                    salt: plan.salt,
                };
                reference.publish(by, model, release).map(Answer::Release)
            }
            What::SetTerms { model, terms } => {
                let model = reference.work_of(*model);
                reference
                    .set_terms(by, model, parts(terms))
                    .map(|(number, from)| Answer::Terms(number, from))
            }
            What::SetStatus { model, status } => {
                let model = reference.work_of(*model);
                let status = match status {
                    StatusPlan::Active => Wanted::Active,
                    StatusPlan::Delisted => Wanted::Delisted,
                    StatusPlan::Retired => Wanted::Retired,
                };
                reference.set_status(by, model, status).map(nothing)
            }
            What::OfferTransfer { model, to } => {
                let model = reference.work_of(*model);
                reference.offer(by, model, *to).map(nothing)
            }
            What::CancelTransfer { model } => {
                let model = reference.work_of(*model);
                reference.cancel(by, model).map(nothing)
            }
            What::AcceptTransfer {
                model,
                payees,
                name,
            } => {
                let model = reference.work_of(*model);
                reference
                    .accept(by, model, payees.clone(), *name)
                    .map(|(number, from)| Answer::Terms(number, from))
            }
            What::Commit { blob, salt } => reference.commit(by, *blob, *salt).map(nothing),
            What::ProveSize {
                model,
                release,
                honest,
            } => {
                let model = reference.work_of(*model);
                reference
                    .prove_size(by, model, *release, *honest)
                    .map(nothing)
            }
            What::Deposit {
                money,
                amount,
                beneficiary,
                session,
            } => {
                let funds = Funds {
                    money: *money,
                    amount: *amount,
                    beneficiary: beneficiary.unwrap_or(by),
                };
                let opening = session.as_ref().map(|plan| opening(reference, tag, plan));
                reference.deposit(by, funds, opening).map(Answer::Session)
            }
            What::OpenSession { money, session } => {
                let opening = opening(reference, tag, session);
                reference
                    .open(by, *money, opening)
                    .map(|id| Answer::Session(Some(id)))
            }
            What::ForgeHook { .. } | What::SettleInEscrow { .. } => Err(Refused::Message),
            What::Withdraw {
                money,
                amount,
                recipient,
            } => reference
                .withdraw(by, *money, *amount, recipient.unwrap_or(by))
                .map(|_| Answer::Nothing),
            What::TopUp { session, amount } => {
                let session = reference.session_of(*session);
                reference.top_up(by, session, *amount).map(nothing)
            }
            What::CloseSession { session } => {
                let session = reference.session_of(*session);
                reference.close(by, session).map(nothing)
            }
            What::ReleaseSession { session } => {
                let session = reference.session_of(*session);
                reference.release(by, session).map(nothing)
            }
            What::RaiseCeiling { session, ceiling } => {
                let session = reference.session_of(*session);
                reference.raise_ceiling(by, session, *ceiling).map(nothing)
            }
            What::SetAutoPayout { money, on } => {
                reference.set_auto_payout(by, *money, *on).map(nothing)
            }
            What::Payout { money, accounts } => {
                let paid = reference.payout(accounts, *money);
                let skipped = accounts.len() - paid.len();
                Ok(Answer::Paid(paid, skipped))
            }
            What::RegisterAttester { key, signed_for } => reference
                .register_attester(tag, by, *key, *signed_for)
                .map(Answer::Attester),
            What::Retire { attester } => {
                let attester = reference.attester_of(*attester);
                reference.retire(by, attester).map(nothing)
            }
            What::Revoke { attester } => {
                let attester = reference.attester_of(*attester);
                reference.revoke(by, attester).map(nothing)
            }
            What::SetEndpoint { attester } => {
                let attester = reference.attester_of(*attester);
                reference.set_endpoint(by, attester).map(nothing)
            }
            What::Wait { .. }
            | What::Donate { .. }
            | What::Split { .. }
            | What::SettleBatch { .. }
            | What::Settle { .. }
            | What::Again { .. } => unreachable!("carried out elsewhere"),
        }
    }

    /// Every owner, alone and within the grace and `receipt_max_age`, takes out everything; then the escrow holds what
    /// was sent past it, and nothing else.
    pub fn drain(&mut self) -> Result<(), Fault> {
        let alone = |by: Account, what: What| Action {
            tag: Tag::MAX,
            by,
            coins: false,
            what,
        };
        let mine = |reference: &Reference, by: Account| -> Vec<(Tag, bool)> {
            let own =
                |session: &&crate::reference::Session| session.caller == by && !session.released;
            let closes = |session: &crate::reference::Session| {
                session.closed_at.is_none() && reference.now + GRACE < session.expires_at
            };
            reference
                .sessions
                .iter()
                .filter(own)
                .map(|session| (session.tag, closes(session)))
                .collect()
        };
        // Only what was drawn counts.
        let tally = self.tally.clone();
        let outside: u128 = self.reference.wallets.values().sum();
        let inside: u128 = {
            let left = self.reference.sessions.iter().map(|session| session.left());
            let available = self.reference.balances.values().map(|it| it.available);
            left.chain(available).sum()
        };

        for by in 0..ACCOUNTS.len() {
            for (session, closes) in mine(&self.reference, by) {
                if closes {
                    self.step(&alone(by, What::CloseSession { session }))?;
                }
            }
        }
        let seconds = GRACE + self.reference.receipt_max_age;
        self.step(&alone(0, What::Wait { seconds }))?;
        for by in 0..ACCOUNTS.len() {
            for (session, _) in mine(&self.reference, by) {
                self.step(&alone(by, What::ReleaseSession { session }))?;
            }
            for money in 0..MONEYS {
                if self.reference.balance(by, money).available > 0 {
                    self.step(&alone(
                        by,
                        What::Withdraw {
                            money,
                            amount: None,
                            recipient: None,
                        },
                    ))?;
                }
            }
        }

        let left: u128 = self
            .reference
            .balances
            .values()
            .map(|it| it.available)
            .sum();
        let reserved = self.reference.sessions.iter().any(|it| !it.released);
        let now_outside: u128 = self.reference.wallets.values().sum();
        if left != 0 || reserved || now_outside != outside + inside {
            return Err(format!("{left} could not be withdrawn"));
        }
        for (money, coined) in self.stage.moneys.iter().enumerate() {
            let held = self.hub().wallet(&self.hub().escrow, coined);
            let donated = self
                .reference
                .donated
                .get(&money)
                .copied()
                .unwrap_or_default();
            if held != donated {
                return Err(format!(
                    "everybody withdrew everything, and the escrow holds {held} of money {money}"
                ));
            }
        }
        self.tally = tally;
        Ok(())
    }

    /// Every (publisher, blob) resolves to the model and release under which it was first published, and the release is
    /// shown as it was.
    pub fn check_publications(&self) -> Result<(), Fault> {
        none(self.hub().check_publications())?;
        for ((publisher, blob), (model, release)) in &self.reference.claims {
            let query = RegistryQuery::ByPublisherAndBlob {
                publisher: self.stage.accounts[*publisher].to_string(),
                blob_id: stage::blob_id(*blob).to_string(),
            };
            let found: Option<ReleaseRef> = self.query(query)?;
            let expected = ReleaseRef {
                model: *model,
                release: *release,
            };
            if found != Some(expected) {
                return Err(format!(
                    "blob {blob} of account {publisher}: expected {expected:?}, found {found:?}"
                ));
            }
        }
        for (model, work) in (1..).zip(&self.reference.works) {
            for (number, release) in (1..).zip(&work.releases) {
                let query = RegistryQuery::Release {
                    model,
                    release: number,
                };
                let found: ReleaseResponse = self.query(query)?;
                let expected = (
                    release.label,
                    &self.stage.accounts[release.publisher],
                    (release.published_at, release.claimed_at),
                    release.size_proven,
                );
                let found = (
                    (found.major, found.minor),
                    &found.publisher,
                    (found.published_at, found.claimed_at),
                    found.size.is_some(),
                );
                if found != expected {
                    return Err(format!(
                        "release {number} of model {model}: expected {expected:?}, found {found:?}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Every list of models and claims is complete and in order.
    pub fn check_lists(&self) -> Result<(), Fault> {
        let reference = &self.reference;
        let works = || (1..).zip(&reference.works);
        for (place, account) in self.stage.accounts.iter().enumerate() {
            let query = RegistryQuery::ModelsByAuthor {
                author: account.to_string(),
                start_after: None,
                limit: Some(100),
            };
            let found: ModelsResponse = self.query(query)?;
            let found: Vec<u64> = found.models.iter().map(|model| model.model).collect();
            let expected: Vec<u64> = works()
                .filter(|(_, work)| work.author == place)
                .map(|(id, _)| id)
                .collect();
            if found != expected {
                return Err(format!(
                    "models of account {place}: expected {expected:?}, found {found:?}"
                ));
            }
        }
        for blob in 0..BLOBS {
            let query = RegistryQuery::ByBlob {
                blob_id: stage::blob_id(blob).to_string(),
                start_after: None,
                limit: Some(100),
            };
            let found: ClaimsResponse = self.query(query)?;
            let found: Vec<(u64, u64, u64)> = found
                .claims
                .iter()
                .map(|claim| (claim.claimed_at, claim.model, claim.release))
                .collect();
            let mut expected: Vec<(u64, u64, u64)> = works()
                .flat_map(|(id, work)| {
                    let numbered = (1..).zip(&work.releases);
                    numbered.map(move |(number, release)| (release, id, number))
                })
                .filter(|(release, ..)| release.blob == blob)
                .map(|(release, id, number)| (release.claimed_at, id, number))
                .collect();
            expected.sort_unstable();
            if found != expected {
                return Err(format!(
                    "claims to blob {blob}: expected {expected:?}, found {found:?}"
                ));
            }
        }
        let query = RegistryQuery::Models {
            start_after: None,
            limit: Some(100),
        };
        let found: ModelsResponse = self.query(query)?;
        let found: Vec<u64> = found.models.iter().map(|model| model.model).collect();
        let active = |(_, work): &(u64, &Work)| work.status == Status::Active;
        let mut expected: Vec<u64> = works().filter(active).map(|(id, _)| id).collect();
        expected.reverse();
        if found != expected {
            return Err(format!(
                "active models: expected {expected:?}, found {found:?}"
            ));
        }
        Ok(())
    }

    fn query<T: serde::de::DeserializeOwned>(&self, query: RegistryQuery) -> Result<T, Fault> {
        self.hub()
            .query_registry(query)
            .map_err(|error| format!("the registry does not answer: {error}"))
    }
}

fn nothing(_: ()) -> Answer {
    Answer::Nothing
}

fn none(sentences: Vec<String>) -> Result<(), Fault> {
    match sentences.is_empty() {
        true => Ok(()),
        false => Err(sentences.join("\n")),
    }
}

fn moves_wallets(what: &What) -> bool {
    matches!(
        what,
        What::Deposit { .. } | What::Withdraw { .. } | What::Payout { .. }
    )
}

fn parts(terms: &TermsPlan) -> (Money, Rates, Shares) {
    (terms.money, terms.rates, terms.shares.clone())
}

fn opening(reference: &Reference, tag: Tag, plan: &SessionPlan) -> Opening {
    let models = plan.models.iter().flatten();
    Opening {
        tag,
        operator: plan.operator,
        measured: plan.measured,
        models: models
            .map(|(model, release)| (reference.work_of(*model), *release))
            .collect(),
        any_model: plan.models.is_none(),
        max_price: plan.max_price,
        budget: plan.budget,
        expires_at: reference.now.saturating_add_signed(plan.lasts),
        ceiling: plan.ceiling,
    }
}
