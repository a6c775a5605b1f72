mod usage;

use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use cosmwasm_std::Uint256;
use hub_types::escrow::{QueryMsg, SolvencyResponse};
use hub_types::records::escrow::{SessionPolicy, SessionRecord, MAX_LANES, MAX_MODELS};
use hub_types::records::registry::{ModelRecord, TermsRecord, Validity};
use hub_types::registry;
use hub_types::split::WHOLE_BPS;
use hub_types::time::CUTOFF_GRACE_SECONDS;

use crate::hub::Hub;
use crate::money::Money;
use crate::state::State;

/// Sentences about what does not hold.
#[derive(Default)]
struct Violations(Vec<String>);

impl Violations {
    fn unless(&mut self, holds: bool, sentence: impl FnOnce() -> String) {
        if !holds {
            self.0.push(sentence());
        }
    }

    fn equal<T: PartialEq + Display>(&mut self, what: &str, left: (&str, T), right: (&str, T)) {
        self.unless(left.1 == right.1, || {
            format!(
                "{what}: {} is {}, but {} is {}",
                left.0, left.1, right.0, right.1
            )
        });
    }
}

impl Hub {
    /// What must hold after every message, recomputed from the raw storage of the contracts. Returns a sentence for
    /// everything that does not.
    ///
    /// * The escrow holds what it owes, and owes what is available and reserved. Exactly, for the harness's own
    ///   money: send coins past the contract with [`Hub::give`] to the escrow, so that they are counted.
    /// * What accounts earned is what sessions spent, and what the models' usage says was charged.
    /// * No session spends beyond budget or ceiling; its lanes are few and belong to attesters of its operator.
    /// * Usage by day, release, attester, payer and of the Hub agrees with the usage of the models, and the ranking is
    ///   theirs.
    /// * Ids, terms and recorded batches are without gaps; shares make a whole; terms follow one another in time.
    pub fn check_invariants(&self) -> Vec<String> {
        self.violations(&self.state())
    }

    /// What [`Hub::check_invariants`] finds in `state`, which is the present one.
    pub(crate) fn violations(&self, state: &State) -> Vec<String> {
        let mut violations = Violations::default();
        self.check_money(state, &mut violations);
        check_sessions(state, &mut violations);
        check_batches(state, &mut violations);
        check_models(state, &mut violations);
        if !self.plays_billing {
            check_operators(state, &mut violations);
            usage::check(state, &|account| self.human(account), &mut violations);
        }
        violations.0
    }

    /// Panics with the sentences of [`Hub::check_invariants`], if there are any.
    #[track_caller]
    pub fn assert_invariants(&self) {
        let violations = self.check_invariants();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }

    /// Asks the registry for every release by publisher and blob id, and among the claims to its blob. Returns a sentence
    /// for every answer that leads elsewhere. Slower than [`Hub::check_invariants`]: one query a release.
    pub fn check_publications(&self) -> Vec<String> {
        let mut violations = Violations::default();
        for (model, release) in self.state().releases.into_keys() {
            let query = registry::QueryMsg::Release { model, release };
            let shown: registry::ReleaseResponse =
                self.query_registry(query).expect("the release exists");
            let query = registry::QueryMsg::ByPublisherAndBlob {
                publisher: shown.publisher.to_string(),
                blob_id: shown.blob_id.clone(),
            };
            let found: Option<registry::ReleaseRef> =
                self.query_registry(query).expect("the registry answers");
            violations.unless(
                found == Some(registry::ReleaseRef { model, release }),
                || format!("release {release} of model {model} resolves to {found:?}"),
            );
        }
        violations.0
    }

    fn check_money(&self, state: &State, violations: &mut Violations) {
        for (number, denom) in &state.denoms {
            let money = Money::from(denom.clone());
            let what = self.money_name(&money);
            let of_denom = |session: &&SessionRecord| session.denom == *number;
            let available = state
                .balances
                .iter()
                .filter(|((_, denom), _)| denom == number)
                .map(|(_, balance)| balance.available);
            let left = state
                .sessions
                .values()
                .filter(of_denom)
                .map(SessionRecord::left);
            let owed = state.owed.get(number).copied().unwrap_or_default();
            violations.equal(
                &what,
                ("what the escrow owes", Uint256::from(owed)),
                ("available and reserved", sum(available.chain(left))),
            );
            self.check_held(&money, owed, violations);

            let spent = sum(state
                .sessions
                .values()
                .filter(of_denom)
                .map(|session| session.spent));
            let usage = state.usage.iter().filter(|((_, denom), _)| denom == number);
            let gross = sum(usage.map(|(_, usage)| usage.sums.gross));
            if !self.plays_billing {
                violations.equal(
                    &what,
                    ("gross of the models", gross),
                    ("spent by sessions", spent),
                );
            }
            let earned: Vec<u128> = state
                .balances
                .iter()
                .filter(|((_, denom), _)| denom == number)
                .map(|(_, balance)| balance.earned)
                .collect();
            // The income of a lifetime saturates, and then the sum says nothing.
            if !earned.contains(&u128::MAX) {
                let earned = sum(earned);
                violations.equal(&what, ("earned", earned), ("spent by sessions", spent));
            }
        }
    }

    fn donated_to_escrow(&self, money: &Money) -> u128 {
        let of = (self.escrow.clone(), money.clone());
        self.donated.get(&of).copied().unwrap_or_default()
    }

    fn check_held(&self, money: &Money, owed: u128, violations: &mut Violations) {
        let what = self.money_name(money);
        let own = match money {
            Money::Native(_) => true,
            Money::Cw20(token) => self.tokens.contains_key(token),
        };
        let query = QueryMsg::Solvency {
            denom: money.unchecked(),
        };
        match self.query_escrow::<SolvencyResponse>(query) {
            Ok(solvency) => {
                let held = solvency.held.u128();
                violations.equal(&what, ("Solvency", solvency.owed.u128()), ("Denoms", owed));
                if own {
                    let donated = self.donated_to_escrow(money);
                    violations.equal(
                        &what,
                        ("what the escrow holds", Uint256::from(held)),
                        ("owed and donated", sum([owed, donated])),
                    );
                } else {
                    violations.unless(held >= owed, || {
                        format!("{what}: the escrow holds {held} and owes {owed}")
                    });
                }
            }
            // A foreign token may refuse to answer; that harms only balances in it.
            Err(error) => violations.unless(!own, || format!("{what}: {error}")),
        }
    }
}

fn check_sessions(state: &State, violations: &mut Violations) {
    check_ids("session", state.sessions.keys(), violations);
    check_ids("session policy", state.policies.keys(), violations);
    violations.equal(
        "sessions",
        ("their number", state.sessions.len()),
        ("the number of policies", state.policies.len()),
    );
    for (id, session) in &state.sessions {
        let Some(policy) = state.policies.get(id) else {
            continue;
        };
        check_limits(*id, session, policy, violations);
        check_lanes(*id, session, violations);
        violations.unless(state.denoms.contains_key(&session.denom), || {
            format!(
                "session {id}: denomination {} does not exist",
                session.denom
            )
        });
    }
}

fn check_limits(
    id: SessionId,
    session: &SessionRecord,
    policy: &SessionPolicy,
    violations: &mut Violations,
) {
    violations.unless(session.spent <= session.budget, || {
        format!("session {id} spent {} of {}", session.spent, session.budget)
    });
    violations.unless(
        session
            .ceiling
            .is_none_or(|ceiling| session.spent <= ceiling),
        || {
            format!(
                "session {id} spent {} under the ceiling {:?}",
                session.spent, session.ceiling
            )
        },
    );
    violations.unless(
        session.ceiling.is_some() || policy.voucher_key.is_none(),
        || format!("session {id} has a voucher key and no ceiling"),
    );
    violations.unless(
        !policy.models.is_empty() || policy.max_price.is_some(),
        || format!("session {id} is for any model at any price"),
    );
    let listed: BTreeSet<_> = policy
        .models
        .iter()
        .map(|listed| (listed.model, listed.release))
        .collect();
    violations.unless(
        listed.len() == policy.models.len() && listed.len() <= MAX_MODELS,
        || format!("session {id} lists {:?}", policy.models),
    );
    let young = session
        .funding
        .on_day
        .checked_add(session.funding.day_before);
    violations.unless(young.is_some_and(|young| young <= session.budget), || {
        format!(
            "session {id} was funded with {:?} of {}",
            session.funding, session.budget
        )
    });
}

fn check_lanes(id: SessionId, session: &SessionRecord, violations: &mut Violations) {
    let attesters: BTreeSet<AttesterId> = session.lanes.iter().map(|lane| lane.attester).collect();
    violations.unless(
        attesters.len() == session.lanes.len() && attesters.len() <= MAX_LANES,
        || format!("session {id} has the lanes {:?}", session.lanes),
    );
    for lane in &session.lanes {
        violations.unless(lane.next > 0, || {
            format!(
                "session {id}: attester {} has a lane it never used",
                lane.attester
            )
        });
    }
}

/// Lanes belong to attesters of the session's operator.
fn check_operators(state: &State, violations: &mut Violations) {
    for (id, session) in &state.sessions {
        let Some(policy) = state.policies.get(id) else {
            continue;
        };
        for lane in &session.lanes {
            let attester = state.attesters.get(&lane.attester);
            let operator = attester.map(|attester| &attester.operator);
            violations.unless(operator == Some(&policy.operator), || {
                format!(
                    "session {id}: attester {} is not of its operator",
                    lane.attester
                )
            });
        }
    }
}

fn check_batches(state: &State, violations: &mut Violations) {
    check_ids("attester", state.attesters.keys(), violations);
    let mut numbers: BTreeMap<AttesterId, Vec<u64>> = BTreeMap::new();
    for ((attester, number), batch) in &state.batches {
        numbers.entry(*attester).or_default().push(*number);
        violations.unless(batch.paid <= batch.offered, || {
            format!(
                "batch {number} of attester {attester}: {} of {} paid",
                batch.paid, batch.offered
            )
        });
    }
    for (attester, numbers) in &numbers {
        check_ids(&format!("attester {attester}: batch"), numbers, violations);
    }
    for attester in state.attesters.keys() {
        let recorded = numbers.get(attester).map_or(0, Vec::len) as u64;
        let count = state
            .batch_counts
            .get(attester)
            .copied()
            .unwrap_or_default();
        violations.equal(
            &format!("attester {attester}"),
            ("its batch count", count),
            ("the number of its batches", recorded),
        );
    }
}

fn check_models(state: &State, violations: &mut Violations) {
    check_ids("model", state.models.keys(), violations);
    for (id, model) in &state.models {
        check_terms(*id, model, state, violations);
        let releases = state
            .releases
            .range((*id, ReleaseNumber(0))..=(*id, ReleaseNumber(u64::MAX)));
        let numbers: Vec<ReleaseNumber> = releases.map(|((_, number), _)| *number).collect();
        check_ids(&format!("model {id}: release"), &numbers, violations);
        violations.equal(
            &format!("model {id}"),
            ("its latest release", model.latest_release.0),
            ("the number of its releases", numbers.len() as u64),
        );
    }
}

fn check_terms(id: ModelId, model: &ModelRecord, state: &State, violations: &mut Violations) {
    let terms = || {
        state
            .terms
            .range((id, TermsNumber(0))..=(id, TermsNumber(u64::MAX)))
    };
    let numbers: Vec<TermsNumber> = terms().map(|((_, number), _)| *number).collect();
    check_ids(&format!("model {id}: terms"), &numbers, violations);
    violations.equal(
        &format!("model {id}"),
        ("its latest terms", model.latest_terms.0),
        ("the number of its terms", numbers.len() as u64),
    );

    let mut before: Option<(TermsNumber, Option<u64>)> = None;
    for ((_, number), terms) in terms() {
        check_shares(id, *number, terms, violations);
        let Validity::Interval { from, until } = terms.validity else {
            continue;
        };
        violations.equal(
            &format!("terms {number} of model {id}"),
            ("what they supersede", terms.supersedes),
            (
                "those before them",
                before.map_or(TermsNumber(0), |(number, _)| number),
            ),
        );
        if let Some((_, until)) = before {
            // In the grace of a price cut both can be charged; never neither.
            let grace = from..=from.saturating_add(CUTOFF_GRACE_SECONDS);
            violations.unless(until.is_some_and(|until| grace.contains(&until)), || {
                format!(
                    "terms {number} of model {id} begin at {from}, those before end at {until:?}"
                )
            });
        }
        before = Some((*number, until));
    }
    violations.unless(matches!(before, Some((_, None))), || {
        format!("model {id}: the last terms in force are {before:?}")
    });
}

fn check_shares(
    id: ModelId,
    number: TermsNumber,
    terms: &TermsRecord,
    violations: &mut Violations,
) {
    let payees: BTreeSet<_> = terms
        .payees
        .iter()
        .map(|payee| payee.account.as_slice())
        .collect();
    let shares = terms
        .payees
        .iter()
        .map(|payee| u32::from(payee.bps))
        .sum::<u32>();
    let whole = shares + u32::from(terms.operator_bps) == u32::from(WHOLE_BPS);
    let distinct = payees.len() == terms.payees.len() && (1..=4).contains(&payees.len());
    violations.unless(whole && distinct, || {
        format!(
            "terms {number} of model {id} share {} and {:?}",
            terms.operator_bps, terms.payees
        )
    });
}

/// Ids count from 1 without gaps.
fn check_ids<'a, Id: Copy + Into<u64> + 'a>(
    what: &str,
    ids: impl IntoIterator<Item = &'a Id>,
    violations: &mut Violations,
) {
    for (expected, id) in (1u64..).zip(ids) {
        let id: u64 = (*id).into();
        if id != expected {
            violations
                .0
                .push(format!("{what} {expected} is missing before {id}"));
            return;
        }
    }
}

fn sum(amounts: impl IntoIterator<Item = u128>) -> Uint256 {
    amounts.into_iter().map(Uint256::from).sum()
}

#[cfg(test)]
mod tests {
    use hub_types::ids::DenomNumber;
    use hub_types::packed::{Packed, PackedKey, PackedMap};
    use hub_types::records::escrow::{Lane, BALANCES, SESSIONS};
    use hub_types::records::registry::TERMS;
    use hub_types::records::usage::{ATTESTER_USAGE, HUB, USAGE};

    use super::*;
    use crate::{KeyType, NewModel};

    /// A Hub after one paid call: 3 600 of a budget of 10 000.
    fn after_a_call() -> Hub {
        let mut hub = Hub::new();
        let (author, caller) = (hub.account("author"), hub.account("caller"));
        let operator = hub.account("operator");
        let model = hub.register_model(&author, NewModel::named("model").release([7; 32]));
        let money = hub.money_native();
        let session = hub.open_session(&caller, &operator, &money, 10_000, |session| session);
        let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
        let receipt = hub.receipt(&attester, session, model);
        let message = hub.sign_receipt(&attester, &receipt, 0);
        hub.billing(&operator, message).unwrap();
        hub
    }

    /// Changes a record behind the contract's back.
    fn corrupt<K: PackedKey + Clone, V: Packed>(
        hub: &mut Hub,
        contract: impl FnOnce(&Hub) -> cosmwasm_std::Addr,
        map: &PackedMap<K, V>,
        key: K,
        change: impl FnOnce(&mut V),
    ) {
        let contract = contract(hub);
        let mut storage = hub.app.contract_storage_mut(&contract);
        let mut value = map.get(storage.as_ref(), key.clone()).unwrap().unwrap();
        change(&mut value);
        map.set(storage.as_mut(), key, &value);
    }

    #[test]
    fn nothing_is_violated_after_honest_messages() {
        let hub = after_a_call();
        assert_eq!(hub.check_invariants(), Vec::<String>::new());
        assert_eq!(hub.check_publications(), Vec::<String>::new());
        assert_eq!(
            hub.state().breaches_since(&hub.state()),
            Vec::<String>::new()
        );
    }

    /// A balance loses a unit, and a message is sent that has nothing to do with it.
    fn send_a_message_after_a_theft(mut hub: Hub) {
        let (caller, money) = (hub.account("caller"), hub.money_native());
        hub.open_session(&caller, &caller, &money, 100, |session| session);
        hub.give(&caller, &money, 7);
        hub.deposit(&caller, &money, 7, None, None).unwrap();
        let account = hub.canonical(&caller);
        let contract = |hub: &Hub| hub.escrow.clone();
        corrupt(
            &mut hub,
            contract,
            &BALANCES,
            (&account, DenomNumber(1)),
            |balance| {
                balance.available -= 1;
            },
        );
        let author = hub.account("author");
        hub.register_model(&author, NewModel::named("model"));
    }

    #[test]
    #[should_panic(expected = "what the escrow owes is 107, but available and reserved is 106")]
    fn every_message_is_followed_by_a_check() {
        send_a_message_after_a_theft(Hub::new());
    }

    #[test]
    fn a_hub_that_is_not_watched_goes_on() {
        send_a_message_after_a_theft(Hub::builder().unwatched().build());
    }

    #[test]
    fn money_at_one_venue_is_none_at_another() {
        let mut hub = after_a_call();
        let first = hub.venue();
        let second = hub.another_venue();
        hub.give(&first.escrow, &hub.money_native(), 5);
        hub.turn_to(&second);
        assert_eq!(hub.ledger().get("author available uusdc"), 0);
        hub.give(&second.escrow, &hub.money_native(), 9);
        let (caller, money) = (hub.account("caller"), hub.money_native());
        hub.open_session(&caller, &caller, &money, 10, |session| session);
        assert_eq!(hub.ledger().get("escrow held uusdc"), 19);
        hub.turn_to(&first);
        assert_eq!(hub.ledger().get("author available uusdc"), 3_600);
        hub.assert_invariants();
    }

    #[test]
    fn money_sent_past_the_escrow_is_counted_and_no_violation() {
        let mut hub = after_a_call();
        let escrow = hub.escrow.clone();
        hub.give(&escrow, &hub.money_native(), 17);
        assert_eq!(hub.check_invariants(), Vec::<String>::new());
    }

    #[test]
    fn a_coin_too_many_in_a_balance_is_found() {
        let mut hub = after_a_call();
        let author = hub.canonical(&hub.account("author"));
        let contract = |hub: &Hub| hub.escrow.clone();
        corrupt(
            &mut hub,
            contract,
            &BALANCES,
            (&author, DenomNumber(1)),
            |balance| {
                balance.available += 1;
                balance.earned += 1;
            },
        );
        assert_eq!(
            hub.check_invariants(),
            [
                "uusdc: what the escrow owes is 10000, but available and reserved is 10001",
                "uusdc: earned is 3601, but spent by sessions is 3600",
            ]
        );
    }

    #[test]
    fn a_session_that_spent_too_much_is_found() {
        let mut hub = after_a_call();
        let before = hub.state();
        corrupt(
            &mut hub,
            |hub| hub.escrow.clone(),
            &SESSIONS,
            SessionId(1),
            |session| {
                session.ceiling = Some(3_599);
                session.budget = 3_000;
                session.lanes.push(Lane {
                    attester: AttesterId(1),
                    next: 0,
                });
            },
        );
        let violations = hub.check_invariants().join("\n");
        for sentence in [
            "session 1 spent 3600 of 3000",
            "session 1 spent 3600 under the ceiling Some(3599)",
            "session 1 has the lanes",
            "session 1: attester 1 has a lane it never used",
        ] {
            assert!(
                violations.contains(sentence),
                "{sentence} is not in\n{violations}"
            );
        }
        assert_eq!(
            hub.state().breaches_since(&before),
            [
                "session SessionId(1) fell from [10000, 3600, 0, 0] to [3000, 3600, 0, 3599]",
                "session 1: the ceiling was None and is Some(3599)",
            ]
        );
    }

    #[test]
    fn usage_that_forgets_a_charge_is_found() {
        let mut hub = after_a_call();
        corrupt(
            &mut hub,
            |hub| hub.billing.clone(),
            &USAGE,
            (ModelId(1), DenomNumber(1)),
            |usage| {
                usage.sums.gross -= 1;
                usage.sums.related = usage.sums.gross;
                usage.sums.aged = 1;
            },
        );
        let violations = hub.check_invariants();
        for (violation, sentence) in violations.iter().zip([
            "uusdc: gross of the models is 3599, but spent by sessions is 3600",
            "usage of model 1 in denomination 1: related and aged are more than gross",
            "what operators served of model 1 in denomination 1: (3600, 1), expected (0, 1)",
            "sums of the Hub in 1: ",
            "what attesters signed in 1: (3600, 1), expected (3599, 1)",
            "the ranking of all time: {}, expected {(DenomNumber(1), 65534, ModelId(1))}",
        ]) {
            assert!(violation.starts_with(sentence), "{violation}");
        }
        assert_eq!(violations.len(), 6, "{violations:?}");
    }

    #[test]
    fn usage_that_disagrees_with_itself_is_found() {
        let mut hub = after_a_call();
        let billing = |hub: &Hub| hub.billing.clone();
        corrupt(
            &mut hub,
            billing,
            &USAGE,
            (ModelId(1), DenomNumber(1)),
            |usage| {
                usage.payers = 1;
                usage.payer_weeks = 1;
                usage.release = ReleaseNumber(2);
                usage.earlier_releases.calls = 1;
            },
        );
        corrupt(&mut hub, billing, &HUB, DenomNumber(1), |hub| {
            hub.week.models_called = 0
        });
        corrupt(
            &mut hub,
            billing,
            &ATTESTER_USAGE,
            (AttesterId(1), DenomNumber(1)),
            |totals| {
                totals.calls = 7;
            },
        );
        let violations = hub.check_invariants();
        for (violation, sentence) in violations.iter().zip([
            "earlier releases of model 1 in denomination 1: ",
            "payers and returning ones of (ModelId(1), DenomNumber(1)): (1, 0), expected (0, 0)",
            "week ",
            "what attesters signed in 1: (3600, 7), expected (3600, 1)",
        ]) {
            assert!(violation.starts_with(sentence), "{violation}");
        }
        assert_eq!(violations.len(), 4, "{violations:?}");
    }

    #[test]
    fn terms_without_a_successor_and_shares_that_are_no_whole_are_found() {
        let mut hub = after_a_call();
        corrupt(
            &mut hub,
            |hub| hub.registry.clone(),
            &TERMS,
            (ModelId(1), TermsNumber(1)),
            |terms| {
                terms.validity = Validity::Dropped;
                terms.operator_bps = 1;
            },
        );
        let violations = hub.check_invariants();
        assert_eq!(violations.len(), 2, "{violations:?}");
        assert!(violations[0].starts_with("terms 1 of model 1 share 1 and "));
        assert_eq!(violations[1], "model 1: the last terms in force are None");
    }
}
