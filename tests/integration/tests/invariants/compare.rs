//! What the contracts hold against what the reference expects, record by record.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use cosmwasm_std::CanonicalAddr;
use hub_testing::{rates, State};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::price::Rates as Price;
use hub_types::records::escrow::{ListedModel, SessionPolicy, SessionRecord};
use hub_types::records::registry::{ModelStatus, TermsRecord, Validity};

use crate::fixture::{blob_id, Fixture, MONEYS};
use crate::reference::{Reference, Session, Status, Terms};

/// A sentence for everything in which the contracts differ from the reference.
pub fn differences(fixture: &Fixture, state: &State, reference: &Reference) -> Vec<String> {
    let mut found = Comparison {
        fixture,
        differences: vec![],
    };
    found.models(state, reference);
    found.sessions(state, reference);
    found.balances(state, reference);
    found.attesters(state, reference);
    found.usage(state, reference);
    found.differences
}

/// A sentence for every wallet that differs, and the escrow's. Slower than the rest: the chain is asked about each.
pub fn wallet_differences(fixture: &Fixture, reference: &Reference) -> Vec<String> {
    let mut found = Comparison {
        fixture,
        differences: vec![],
    };
    for (money, coined) in fixture.moneys.iter().enumerate() {
        found.same(
            || format!("what the escrow holds of money {money}"),
            reference.held(money),
            fixture.hub.wallet(&fixture.hub.escrow, coined),
        );
    }
    for (account, address) in fixture.accounts.iter().enumerate() {
        for (money, coined) in fixture.moneys.iter().enumerate() {
            let expected = reference.wallet(account, money);
            found.same(
                || format!("wallet of account {account} in money {money}"),
                expected,
                fixture.hub.wallet(address, coined),
            );
        }
    }
    found.differences
}

struct Comparison<'a> {
    fixture: &'a Fixture,
    differences: Vec<String>,
}

impl Comparison<'_> {
    fn same<T: PartialEq + Debug>(&mut self, what: impl Fn() -> String, expected: T, found: T) {
        if expected != found {
            self.differences.push(format!(
                "{}: expected {expected:?}, found {found:?}",
                what()
            ));
        }
    }

    fn address(&self, account: usize) -> CanonicalAddr {
        self.fixture.canonical[account].clone()
    }

    fn models(&mut self, state: &State, reference: &Reference) {
        self.same(
            || "number of models".to_owned(),
            reference.works.len(),
            state.models.len(),
        );
        let (mut terms, mut releases) = (0, 0);
        for ((id, record), work) in state.models.iter().zip(&reference.works) {
            let status = match work.status {
                Status::Active => ModelStatus::Active,
                Status::Delisted => ModelStatus::Delisted,
                Status::Retired { cutoff } => ModelStatus::Retired { cutoff },
            };
            let sizes = (work.releases.len() as u64, work.terms.len() as u64);
            self.same(
                || format!("model {id}: author, status, active_from, releases, terms"),
                (self.address(work.author), status, work.active_from, sizes),
                (
                    record.author.clone(),
                    record.status,
                    record.active_from,
                    (record.latest_release.0, record.latest_terms.0),
                ),
            );
            for (number, one) in (1..).zip(&work.terms) {
                let found = state.terms.get(&(*id, TermsNumber(number)));
                self.terms(*id, number, one, found);
            }
            for (number, release) in (1..).zip(&work.releases) {
                let found = state.releases.get(&(*id, ReleaseNumber(number)));
                self.same(
                    || format!("release {number} of model {id}"),
                    Some(blob_id(release.blob)),
                    found.map(|release| release.blob_id),
                );
            }
            terms += work.terms.len();
            releases += work.releases.len();
        }
        self.same(
            || "number of terms and releases".to_owned(),
            (terms, releases),
            (state.terms.len(), state.releases.len()),
        );
    }

    fn terms(&mut self, model: ModelId, number: u64, terms: &Terms, found: Option<&TermsRecord>) {
        let what = || format!("terms {number} of model {model}");
        let Some(record) = found else {
            self.differences.push(format!("{} are missing", what()));
            return;
        };
        let validity = match terms.dropped {
            true => Validity::Dropped,
            false => Validity::Interval {
                from: terms.from,
                until: terms.until,
            },
        };
        let shares = &terms.shares;
        let payees: Vec<(CanonicalAddr, u16)> = shares
            .payees
            .iter()
            .map(|(account, bps)| (self.address(*account), *bps))
            .collect();
        let money = self.fixture.moneys[terms.money].checked();
        self.same(
            what,
            (
                (money, price(terms.rates)),
                (shares.operator_bps, payees),
                validity,
            ),
            (
                (record.denom.clone(), record.rates),
                (
                    record.operator_bps,
                    record
                        .payees
                        .iter()
                        .map(|payee| (payee.account.clone(), payee.bps))
                        .collect(),
                ),
                record.validity,
            ),
        );
    }

    fn sessions(&mut self, state: &State, reference: &Reference) {
        let expected = reference.sessions.len();
        self.same(
            || "number of sessions and policies".to_owned(),
            (expected, expected),
            (state.sessions.len(), state.policies.len()),
        );
        for (id, session) in (1..).zip(&reference.sessions) {
            let id = SessionId(id);
            if let (Some(record), Some(policy)) = (state.sessions.get(&id), state.policies.get(&id))
            {
                self.session(id, session, record, state);
                self.policy(id, session, policy);
            }
        }
    }

    fn session(&mut self, id: SessionId, session: &Session, record: &SessionRecord, state: &State) {
        let denom = state.denoms.get(&record.denom);
        let money = denom.and_then(|denom| self.fixture.money_of(denom));
        let lanes: Vec<(AttesterId, u64)> = record
            .lanes
            .iter()
            .map(|lane| (lane.attester, lane.next))
            .collect();
        self.same(
            || format!("session {id}: money, budget, spent, kept, released, ceiling, lanes"),
            (
                (
                    Some(session.money),
                    session.budget,
                    session.spent,
                    session.kept,
                ),
                (session.released, session.ceiling),
                &session.lanes,
            ),
            (
                (money, record.budget, record.spent, record.kept),
                (record.released, record.ceiling),
                &lanes,
            ),
        );
    }

    fn policy(&mut self, id: SessionId, session: &Session, policy: &SessionPolicy) {
        let models: Vec<ListedModel> = session
            .models
            .iter()
            .map(|(model, release)| ListedModel {
                model: *model,
                release: *release,
            })
            .collect();
        let parties = [session.caller, session.funder, session.operator];
        let key = session
            .voucher_key
            .map(|key| self.fixture.keys.get(key).public_key());
        let measurement = session.measured.map(|it| self.fixture.measurement(it));
        self.same(
            || format!("session {id}: parties, models, price limit, measurement, times, key"),
            (
                parties.map(|account| self.address(account)),
                (&models, session.max_price.map(price), measurement),
                (session.opened_at, session.expires_at, session.closed_at),
                key,
            ),
            (
                [
                    policy.caller.clone(),
                    policy.funder.clone(),
                    policy.operator.clone(),
                ],
                (&policy.models, policy.max_price, policy.measurement),
                (policy.opened_at, policy.expires_at, policy.closed_at),
                policy.voucher_key,
            ),
        );
    }

    fn balances(&mut self, state: &State, reference: &Reference) {
        let mut seen = BTreeSet::new();
        for ((address, denom), record) in &state.balances {
            let account = self
                .fixture
                .accounts
                .iter()
                .position(|account| account == address);
            let denom = state.denoms.get(denom);
            let money = denom.and_then(|denom| self.fixture.money_of(denom));
            let expected = account.zip(money).map(|(account, money)| {
                seen.insert((account, money));
                let balance = reference.balance(account, money);
                (balance.available, balance.earned, balance.auto_payout)
            });
            self.same(
                || format!("balance of account {account:?} in money {money:?}"),
                expected,
                Some((record.available, record.earned, record.auto_payout)),
            );
        }
        for ((account, money), balance) in &reference.balances {
            let expected = (seen.contains(&(*account, *money)), *balance);
            if !expected.0 && *balance != Default::default() {
                self.differences.push(format!(
                    "account {account} has no balance in money {money}, expected {balance:?}"
                ));
            }
        }
        let known: BTreeSet<usize> = (0..MONEYS)
            .filter(|money| {
                let denom = self.fixture.moneys[*money].checked();
                state.denoms.values().any(|known| *known == denom)
            })
            .collect();
        self.same(
            || "known money".to_owned(),
            (&reference.moneys, reference.moneys.len()),
            (&known, state.denoms.len()),
        );
    }

    fn attesters(&mut self, state: &State, reference: &Reference) {
        self.same(
            || "number of attesters".to_owned(),
            reference.attesters.len(),
            state.attesters.len(),
        );
        for ((id, record), attester) in state.attesters.iter().zip(&reference.attesters) {
            let key = self.fixture.keys.get(attester.key).public_key();
            self.same(
                || format!("attester {id}: operator, key, measurement, retirement, revocation"),
                (
                    self.address(attester.operator),
                    key,
                    attester.finding.map(|it| self.fixture.measurement(it)),
                    attester.retired_at,
                    attester.revoked,
                ),
                (
                    record.operator.clone(),
                    record.key,
                    record.measurement,
                    record.retired_at,
                    record.revoked,
                ),
            );
            let batches: Vec<(u64, u64, u64)> = state
                .batches
                .range((*id, 0)..=(*id, u64::MAX))
                .map(|(_, batch)| (batch.offered, batch.paid, batch.settled_at))
                .collect();
            self.same(
                || format!("attester {id}: batches"),
                &attester.batches,
                &batches,
            );
        }
    }

    fn usage(&mut self, state: &State, reference: &Reference) {
        let mut found = BTreeMap::new();
        for ((model, denom), usage) in &state.usage {
            let denom = state.denoms.get(denom);
            let money = denom.and_then(|denom| self.fixture.money_of(denom));
            found.insert((*model, money.unwrap_or(MONEYS)), usage.clone());
        }
        let keys: BTreeSet<(ModelId, usize)> = reference
            .usage
            .keys()
            .chain(found.keys())
            .copied()
            .collect();
        for key in keys {
            let expected = reference.usage.get(&key).copied().unwrap_or_default();
            let record = found.get(&key).cloned().unwrap_or_default();
            self.same(
                || format!("usage of {key:?}: gross, related, aged"),
                (expected.gross, expected.related, expected.aged),
                (record.sums.gross, record.sums.related, record.sums.aged),
            );
            self.same(
                || format!("usage of {key:?}: calls, free calls, units"),
                (
                    (expected.calls, expected.free_calls),
                    (expected.units_in, expected.units_out),
                ),
                (
                    (record.sums.calls, record.sums.free_calls),
                    (record.sums.units_in, record.sums.units_out),
                ),
            );
            self.same(
                || format!("usage of {key:?}: first and last day, payers, returning"),
                (
                    expected.days.unwrap_or_default(),
                    (expected.payers, expected.returning),
                ),
                (
                    (record.first_day.0, record.last_day.0),
                    (record.payers, record.returning),
                ),
            );
        }
    }
}

fn price([per_call, per_million_in, per_million_out]: [u128; 3]) -> Price {
    rates(per_call, per_million_in, per_million_out)
}
