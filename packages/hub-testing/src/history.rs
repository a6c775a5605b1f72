use std::collections::BTreeMap;
use std::fmt::Debug;

use hub_types::ids::SessionId;
use hub_types::records::escrow::SessionRecord;

use crate::state::State;

impl State {
    /// What no message may do to an earlier state: take anything back that was promised for ever. Returns a sentence for
    /// each breach.
    ///
    /// * Denominations, releases, prices, shares, keys and recorded batches never change or go.
    /// * Budgets, ceilings, lanes, what was spent and earned, and every usage sum never fall.
    /// * A cutoff once set is not moved, revocation and release are final, and a released session never changes.
    pub fn breaches_since(&self, before: &Self) -> Vec<String> {
        let mut breaches = Breaches::default();
        let all = &mut breaches;
        all.constant("denomination", &before.denoms, &self.denoms, |denom| {
            denom.clone()
        });
        all.constant("release", &before.releases, &self.releases, |release| {
            *release
        });
        all.constant("batch", &before.batches, &self.batches, |batch| *batch);
        all.constant("terms", &before.terms, &self.terms, |terms| {
            let price = (terms.denom.clone(), terms.rates, terms.operator_bps);
            (price, terms.payees.clone(), terms.supersedes)
        });
        all.constant("attester", &before.attesters, &self.attesters, |attester| {
            (
                attester.operator.clone(),
                attester.key,
                attester.measurement,
            )
        });
        all.constant(
            "policy of session",
            &before.policies,
            &self.policies,
            |policy| {
                let parties = (
                    policy.caller.clone(),
                    policy.funder.clone(),
                    policy.operator.clone(),
                );
                let limits = (policy.models.clone(), policy.max_price, policy.measurement);
                let times = (policy.opened_at, policy.expires_at);
                (parties, limits, times, policy.voucher_key)
            },
        );

        all.final_once_set(
            "closing of session",
            &before.policies,
            &self.policies,
            |policy| policy.closed_at,
        );
        all.final_once_set(
            "retirement of attester",
            &before.attesters,
            &self.attesters,
            |it| it.retired_at,
        );
        all.final_once_set(
            "revocation of attester",
            &before.attesters,
            &self.attesters,
            |it| it.revoked.then_some(()),
        );
        all.final_once_set(
            "release of session",
            &before.sessions,
            &self.sessions,
            |session| session.released.then(|| session.clone()),
        );

        all.rising("session", &before.sessions, &self.sessions, session_sums);
        all.rising("earned by", &before.balances, &self.balances, |it| {
            vec![it.earned]
        });
        all.rising(
            "batches of attester",
            &before.batch_counts,
            &self.batch_counts,
            |it| vec![(*it).into()],
        );
        all.rising("usage of", &before.usage, &self.usage, |usage| {
            let money = [
                usage.sums.gross,
                usage.sums.related,
                usage.sums.aged,
                usage.sums.units_in,
                usage.sums.units_out,
            ];
            let counts = [
                usage.sums.calls,
                usage.sums.free_calls,
                usage.payers,
                usage.returning,
                usage.payer_weeks,
            ];
            money.into_iter().chain(counts.map(u128::from)).collect()
        });
        all.rising(
            "what operators served",
            &before.all_served(),
            &self.all_served(),
            |it| vec![it.strange, it.kept, it.calls.into(), it.week.0.into()],
        );
        all.rising("spend of", &before.spent_with, &self.spent_with, |it| {
            vec![it.spent, it.kept]
        });
        all.rising("model", &before.models, &self.models, |model| {
            vec![
                model.latest_release.0.into(),
                model.latest_terms.0.into(),
                model.active_from.into(),
            ]
        });
        for (id, session) in &before.sessions {
            if let Some(after) = self.sessions.get(id) {
                all.lanes(*id, session, after);
            }
        }
        breaches.0
    }
}

/// What only rises in a session. A session without a ceiling never gets one.
fn session_sums(session: &SessionRecord) -> Vec<u128> {
    vec![
        session.budget,
        session.spent,
        session.kept,
        session.ceiling.unwrap_or_default(),
    ]
}

#[derive(Default)]
struct Breaches(Vec<String>);

impl Breaches {
    fn constant<K: Ord + Debug, V, T: PartialEq + Debug>(
        &mut self,
        what: &str,
        before: &BTreeMap<K, V>,
        after: &BTreeMap<K, V>,
        part: impl Fn(&V) -> T,
    ) {
        for (key, value) in before {
            let (was, is) = (part(value), after.get(key).map(&part));
            if is.as_ref() != Some(&was) {
                self.0
                    .push(format!("{what} {key:?} was {was:?} and is {is:?}"));
            }
        }
    }

    fn final_once_set<K: Ord + Debug, V, T: PartialEq + Debug>(
        &mut self,
        what: &str,
        before: &BTreeMap<K, V>,
        after: &BTreeMap<K, V>,
        part: impl Fn(&V) -> Option<T>,
    ) {
        for (key, value) in before {
            let (was, is) = (part(value), after.get(key).and_then(&part));
            if was.is_some() && is != was {
                self.0
                    .push(format!("{what} {key:?} was {was:?} and is {is:?}"));
            }
        }
    }

    fn rising<K: Ord + Debug, V>(
        &mut self,
        what: &str,
        before: &BTreeMap<K, V>,
        after: &BTreeMap<K, V>,
        sums: impl Fn(&V) -> Vec<u128>,
    ) {
        for (key, value) in before {
            let (was, is) = (sums(value), after.get(key).map(&sums).unwrap_or_default());
            let risen = was.len() == is.len() && was.iter().zip(&is).all(|(was, is)| was <= is);
            if !risen {
                self.0
                    .push(format!("{what} {key:?} fell from {was:?} to {is:?}"));
            }
        }
    }

    /// A lane moves forward, or is given to another attester.
    fn lanes(&mut self, session: SessionId, before: &SessionRecord, after: &SessionRecord) {
        if before.ceiling.is_some() != after.ceiling.is_some() {
            let (was, is) = (before.ceiling, after.ceiling);
            self.0.push(format!(
                "session {session}: the ceiling was {was:?} and is {is:?}"
            ));
        }
        if after.lanes.len() < before.lanes.len() {
            self.0.push(format!("session {session} lost a lane"));
        }
        for lane in &before.lanes {
            if after
                .lane(lane.attester)
                .is_some_and(|is| is.next < lane.next)
            {
                self.0
                    .push(format!("session {session}: {lane:?} went back"));
            }
        }
    }
}
