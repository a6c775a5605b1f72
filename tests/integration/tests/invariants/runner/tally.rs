//! What happened how often.

use hub_testing::State;
use hub_types::billing::Outcome;
use hub_types::records::escrow::Lane;

use super::Runner;
use crate::action::{Action, What};
use crate::fixture::{Counts, CONTRACTS};
use crate::reference::usage::Sale;
use crate::reference::{Account, Behaviour, Finding, Money, Offer, Settled, Terms, Work, STUBBORN};
use crate::sealed;

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

    pub(super) fn outcome(&mut self, outcome: &Outcome) {
        *self.outcomes.entry(sealed::name(outcome)).or_default() += 1;
    }

    /// How often a situation was met.
    pub fn situation(&mut self, name: &str) -> &mut u64 {
        self.situations.entry(name.to_owned()).or_default()
    }
}

impl Runner {
    /// Counts what happened to lanes and ceilings since the last message.
    pub(super) fn notice(&mut self, state: &State) {
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
    pub(super) fn notice_billed(&mut self, offer: &Offer, settled: &[Settled]) {
        let attester = self.reference.attester(offer.attester);
        let finding = attester.and_then(|attester| attester.finding);
        for (group, settled) in offer.groups.iter().zip(settled) {
            let session = self.reference.session(group.session);
            let measured = session.and_then(|session| session.measured);
            let elsewhere = |of: Finding, other: Finding| {
                of.image == other.image && of.verifier != other.verifier
            };
            let wrong = measured.is_some() && finding.is_some() && measured != finding;
            if wrong && settled.outcome == Outcome::AttesterNotAllowed {
                *self
                    .tally
                    .situation("a call that has come from the wrong enclave") += 1;
                if measured.zip(finding).is_some_and(|(a, b)| elsewhere(a, b)) {
                    *self
                        .tally
                        .situation("a call from an image that another verifier vouches for") += 1;
                }
            }
            if settled.paid == 0 {
                continue;
            }
            let work = self.reference.work(group.model);
            let later = work.map_or(&[][..], |work| &work.terms[group.terms.0 as usize..]);
            let known = |terms: &Terms| !terms.dropped && terms.from <= self.reference.now;
            let superseded = later.iter().any(known);
            let given = session.is_some_and(|session| session.funder != session.caller);
            let met = [
                (superseded, "a call at terms that others follow"),
                (given, "a call paid by somebody else than the caller"),
                (
                    measured.is_some(),
                    "a call that had to come from an enclave",
                ),
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

    /// Counts what is remarkable about who sent what.
    pub(super) fn notice_message(&mut self, action: &Action, accepted: bool) {
        let contract = accepted && CONTRACTS.contains(&action.by);
        let stubborn = |money: &Money| *money == STUBBORN;
        let paid_out = |accounts: &[Account]| {
            let first = accounts.first();
            accepted && first.is_some_and(|account| CONTRACTS.contains(account))
        };
        let met = match &action.what {
            What::RegisterModel { .. } if contract => "a contract that authors",
            What::OpenSession { .. } if contract => "a contract that calls",
            What::RegisterAttester { .. } if contract => "a contract that serves",
            What::Payout { accounts, .. } if paid_out(accounts) => "a contract that is paid out",
            What::Deposit { money, .. } if stubborn(money) => match self.reference.behaviour {
                Behaviour::TakesFee(_) => "a deposit in a token that takes a fee",
                Behaviour::Mute | Behaviour::SaysNothing => {
                    "a deposit in a token that will not say what it holds"
                }
                _ => return,
            },
            What::Withdraw { money, .. } | What::Payout { money, .. }
                if stubborn(money)
                    && accepted
                    && self.reference.behaviour == Behaviour::CallsBack =>
            {
                "a token that calls back from a transfer"
            }
            _ => return,
        };
        *self.tally.situation(met) += 1;
    }

    /// Counts what a script has led to.
    pub fn notice_end(&mut self) {
        let reference = &self.reference;
        let usage = || reference.usage.values();
        let works = || reference.works.iter();
        let sold = |work: &Work| work.releases.iter().any(|it| it.publisher != work.author);
        let sales = || reference.sales.iter();
        // Of one model, earlier and later.
        let pairs = |met: fn(&Sale, &Sale) -> bool| {
            sales().enumerate().any(|(place, later)| {
                let mut before = sales().take(place);
                before.any(|sale| {
                    (sale.model, sale.money) == (later.model, later.money) && met(sale, later)
                })
            })
        };
        let met = [
            (
                pairs(|sale, later| sale.day < later.day),
                "scripts with a model sold on several days",
            ),
            (
                pairs(|sale, later| sale.week() < later.week()),
                "scripts with a model sold in several weeks",
            ),
            (
                pairs(|sale, later| sale.release < later.release),
                "scripts with a release sold after an earlier one",
            ),
            (
                pairs(|sale, later| sale.release > later.release),
                "scripts with an earlier release sold after a later one",
            ),
            (
                pairs(|sale, later| sale.author != later.author),
                "scripts with a model sold by two authors",
            ),
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
}
