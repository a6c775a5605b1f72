//! Time, and what is done at the very second at which something changes.

use super::billing::sells;
use super::{Strategy, DAY, NOWHERE};
use crate::action::{Action, BatchPlan, GroupPlan, Start, StatusPlan, TermsPlan, What};
use crate::fixture::ACCOUNTS;
use crate::reference::{Account, Attester, Reference, Session, Status, GRACE};

impl Strategy {
    pub(super) fn wait(&mut self, reference: &Reference) -> Action {
        let soon = 1 + self.rng.below(90);
        let seconds = match self.rng.below(if self.flavour.slow { 35 } else { 20 }) {
            0..=10 => soon,
            11..=16 => self.until_an_edge(reference).unwrap_or(soon),
            17 => self.rng.below(reference.receipt_max_age + 120),
            18 => DAY - reference.now % DAY - self.rng.below(2),
            19 => DAY * (1 + self.rng.below(4)),
            _ => DAY - self.rng.below(100),
        };
        self.action(0, What::Wait { seconds })
    }

    /// Seconds to a second at which something changes, the one before or the one after it.
    pub(super) fn until_an_edge(&mut self, reference: &Reference) -> Option<u64> {
        let near = reference.now + 3 * reference.receipt_max_age.max(reference.price_notice);
        let edges: Vec<u64> = edges(reference)
            .into_iter()
            .filter(|edge| (reference.now + 1..near).contains(edge))
            .collect();
        let edge = *self.rng.pick(&edges)?;
        Some((edge + self.rng.below(3)).saturating_sub(1) - reference.now)
    }

    /// The same message in the last second before something changes, and in the first one after it.
    pub(super) fn meet_an_edge(&mut self, reference: &Reference) -> Action {
        let mut edges: Vec<(u64, Account, What)> = vec![];
        let (now, age) = (reference.now, reference.receipt_max_age);
        for session in reference
            .sessions
            .iter()
            .filter(|session| !session.released)
        {
            let (end, tag, caller) = (session.ends_at(), session.tag, session.caller);
            let stranger = (session.operator + 1) % ACCOUNTS.len();
            let release = What::ReleaseSession { session: tag };
            edges.push((end.saturating_add(age), stranger, release.clone()));
            edges.push((end, session.operator, release));
            let (session, amount) = (tag, 1);
            edges.push((end, caller, What::TopUp { session, amount }));
        }
        for work in &reference.works {
            let (model, status) = (work.tag, StatusPlan::Active);
            if let Status::Retired { cutoff } = work.status {
                edges.push((cutoff + age, work.author, What::SetStatus { model, status }));
            }
            if let Some(last) = work.terms.last().filter(|last| last.from > now + GRACE) {
                let terms = TermsPlan {
                    money: last.money,
                    rates: last.rates.map(|rate| rate.saturating_add(1)),
                    shares: last.shares.clone(),
                };
                edges.push((
                    last.from - GRACE,
                    work.author,
                    What::SetTerms { model, terms },
                ));
            }
        }
        let horizon = 3 * age.max(reference.price_notice) + DAY;
        edges.retain(|(edge, ..)| (now + 2..now.saturating_add(horizon)).contains(edge));
        let Some((edge, by, what)) = self.rng.pick(&edges).cloned() else {
            return self.wait(reference);
        };
        let seconds = edge - 1 - now;
        let wait = self.action(0, What::Wait { seconds });
        let steps = [
            (by, what.clone()),
            (0, What::Wait { seconds: 1 }),
            (by, what),
        ];
        for (by, what) in steps {
            let action = self.action(by, what);
            self.ahead.push_back(action);
        }
        wait
    }

    /// A session is topped up, and charged a day or two later.
    pub(super) fn let_money_lie(&mut self, reference: &Reference) -> Action {
        let lasting = |session: &&Session| {
            let (caller, money) = (session.caller, session.money);
            session.funder == caller
                && session.ends_at() > reference.now + 3 * DAY
                && reference.balance(caller, money).available > 1
                && sells(reference, session)
        };
        let lasting: Vec<&Session> = reference.sessions.iter().filter(lasting).collect();
        let Some(session) = self.rng.pick(&lasting).copied() else {
            return self.deposit(reference);
        };
        let serves = |attester: &&Attester| {
            attester.operator == session.operator
                && !attester.revoked
                && attester.retired_at.is_none()
        };
        let attester = reference.attesters.iter().find(serves);
        let tag = session.tag;
        let available = reference.balance(session.caller, session.money).available;
        let top_up = self.action(
            session.caller,
            What::TopUp {
                session: tag,
                amount: 1 + available / 3,
            },
        );
        for _ in 0..2 {
            let seconds = DAY - self.rng.below(1_000);
            let wait = self.action(0, What::Wait { seconds });
            let group = GroupPlan {
                age: 5,
                span: 0,
                start: Start::Lane(0),
                ..self.group_for(reference, attester, Some(session))
            };
            let batch = BatchPlan {
                attester: attester.map_or(NOWHERE, |it| it.tag),
                groups: vec![group],
            };
            let vouchers = self.vouchers(reference, &[tag]);
            let flaw = None;
            let settle = self.action(
                0,
                What::SettleBatch {
                    batch,
                    vouchers,
                    flaw,
                },
            );
            self.ahead.extend([wait, settle]);
        }
        top_up
    }
}

/// Seconds at which something begins or ends.
pub(super) fn edges(reference: &Reference) -> Vec<u64> {
    let mut edges = vec![];
    let age = reference.receipt_max_age;
    for session in reference
        .sessions
        .iter()
        .filter(|session| !session.released)
    {
        let end = session.ends_at();
        edges.extend([end, end.saturating_add(age)]);
    }
    for cutoff in reference.attesters.iter().filter_map(|it| it.retired_at) {
        edges.extend([cutoff, cutoff + age]);
    }
    for work in &reference.works {
        if let Status::Retired { cutoff } = work.status {
            edges.extend([cutoff, cutoff + age]);
        }
        for terms in work.terms.iter().rev().take(3) {
            edges.extend([terms.from, terms.from.saturating_sub(GRACE)]);
            edges.extend(terms.until);
        }
        edges.push(work.active_from);
    }
    edges
}
