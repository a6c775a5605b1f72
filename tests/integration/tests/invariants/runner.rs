//! Carries out a script on a Hub and on the reference, and holds the Hub to everything that must be true after every
//! message.

mod closing;
mod cut;
mod predict;
mod tally;

use std::collections::BTreeMap;

use hub_testing::{data, AppResponse, BillingError, Hub, Snapshot, State};
use hub_types::billing::{AttesterCreated, BatchResponse, ExecuteMsg, Outcome, ReceiptResponse};
use hub_types::escrow::{PayoutResponse, SessionCreated};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId};
use hub_types::registry::{ModelCreated, ReleaseCreated, TermsCreated};

use crate::action::{Action, What};
use crate::compare;
use crate::fixture::{self, Fixture, Refusal, Setting, ACCOUNTS, MONEYS};
use crate::reference::{Account, Reference, Refused, Settled, Settlement, Tag, Verdict};
use crate::sealed::{self, Sealed};
use crate::split;

use self::predict::Answer;
pub use self::tally::Tally;

/// What was found to be wrong, in sentences.
pub type Fault = String;

/// A Hub and the reference side by side, at one of the venues on the registry.
pub struct Runner {
    pub fixture: Fixture,
    pub reference: Reference,
    /// Settlements that were sent well made, with the venue for which they were signed.
    sealed: BTreeMap<Tag, (usize, Sealed)>,
    /// Every byte, and every record, after the last message.
    snapshot: Snapshot,
    state: State,
    venue: usize,
    /// The other venue, as it was left.
    left: Option<Left>,
    pub tally: Tally,
}

/// A venue in which nothing happens for the time being.
struct Left {
    reference: Reference,
    snapshot: Snapshot,
}

impl Runner {
    pub fn new(setting: Setting) -> Self {
        let mut fixture = Fixture::new(setting);
        let left = (setting.venues > 1).then(|| {
            fixture.turn_to(1);
            let reference = fixture.reference(setting);
            let snapshot = fixture.hub.snapshot();
            fixture.turn_to(0);
            Left {
                reference,
                snapshot,
            }
        });
        Self {
            reference: fixture.reference(setting),
            snapshot: fixture.hub.snapshot(),
            venue: 0,
            left,
            state: fixture.hub.state(),
            sealed: BTreeMap::new(),
            tally: Tally::default(),
            fixture,
        }
    }

    fn hub(&self) -> &Hub {
        &self.fixture.hub
    }

    /// Goes to a venue, which must be as it was left: nothing that happens in one touches another.
    pub fn turn_to(&mut self, venue: usize) -> Result<(), Fault> {
        let Some(left) = self.left.as_mut().filter(|_| venue != self.venue) else {
            return Ok(());
        };
        std::mem::swap(&mut self.reference, &mut left.reference);
        std::mem::swap(&mut self.snapshot, &mut left.snapshot);
        self.reference.catch_up_with(&left.reference);
        self.fixture.turn_to(venue);
        self.venue = venue;
        let found = self.hub().snapshot();
        if !found.is_same_venue(&self.snapshot) {
            return Err(format!("venue {venue} changed while nobody was there"));
        }
        self.snapshot = found;
        self.state = self.hub().state();
        Ok(())
    }

    /// Carries out one step and checks everything.
    pub fn step(&mut self, action: &Action) -> Result<(), Fault> {
        self.turn_to(action.venue)?;
        match &action.what {
            What::Wait { seconds } => {
                // Beyond this, times no longer fit what the chain counts in.
                let seconds = (*seconds).min(1 << 32);
                self.fixture.hub.advance(seconds);
                self.reference.now += seconds;
                Ok(())
            }
            What::Donate { money, amount } => {
                let (escrow, coined) = (
                    self.hub().escrow.clone(),
                    self.fixture.moneys[*money].clone(),
                );
                self.fixture.hub.give(&escrow, &coined, *amount);
                *self.reference.donated.entry(*money).or_default() += amount;
                self.check()
            }
            What::Refuse { account, refused } => {
                self.refuse(*account, *refused);
                Ok(())
            }
            What::Behave { behaviour } => {
                self.reference.behaviour = *behaviour;
                Ok(())
            }
            What::Split { batch, seed } => {
                let (fixture, tally) = (&mut self.fixture, &mut self.tally);
                split::check(fixture, &self.reference, batch, *seed, tally)
            }
            What::SettleBatch { .. } | What::Settle { .. } => {
                let sealed = self
                    .fixture
                    .seal(&action.what, &self.reference)
                    .expect("a settlement");
                if sealed.offer.sound && !action.coins {
                    let of = (self.venue, sealed.clone());
                    self.sealed.insert(action.tag, of);
                }
                self.settle(action, &sealed)
            }
            What::Again { of } => match self.sealed.get(of).cloned() {
                Some((venue, mut sealed)) => {
                    if venue != self.venue {
                        // It was signed for another contract.
                        sealed.offer.sound = false;
                        let name = "a settlement of one venue presented to another";
                        *self.tally.situation(name) += 1;
                    }
                    self.settle(action, &sealed)
                }
                None => Ok(()),
            },
            What::Cut { of } => match self.sealed.get(of).cloned() {
                Some((venue, sealed)) if venue == self.venue => self.cut(action, &sealed),
                _ => Ok(()),
            },
            _ => self.message(action),
        }
    }

    fn refuse(&mut self, account: Account, refused: bool) {
        self.fixture.refuse(account, refused);
        match refused {
            true => self.reference.refused.insert(account),
            false => self.reference.refused.remove(&account),
        };
    }

    fn message(&mut self, action: &Action) -> Result<(), Fault> {
        let message = self.fixture.message(action, &self.reference);
        let message = message.expect("every other action is a message");
        let expected = match action.coins {
            true => Err(Refused::Message),
            false => self.predict(action),
        };
        if let Ok(Answer::Paid(paid, _)) = &expected {
            let money = match action.what {
                What::Payout { money, .. } => money,
                _ => MONEYS,
            };
            if paid
                .iter()
                .any(|(account, _)| self.reference.refuses(money, *account))
            {
                *self.tally.situation("a payout whose transfer fails") += 1;
            }
        }
        let behaviour = self.reference.behaviour;
        let found = self
            .fixture
            .send(action.by, message, action.coins, behaviour);
        if matches!(found, Err(Refusal::Token(_))) {
            *self.tally.situation("a withdrawal that the token refuses") += 1;
        }
        self.notice_message(action, found.is_ok());
        self.judge(action, expected, found)?;
        if moves_wallets(&action.what) {
            none(compare::wallet_differences(&self.fixture, &self.reference))?;
        }
        Ok(())
    }

    /// Sends a settlement, and once more if it was accepted: nothing may happen then.
    fn settle(&mut self, action: &Action, sealed: &Sealed) -> Result<(), Fault> {
        if !sealed::is_as_the_library_writes_it(sealed) {
            return Err("the library encodes the batch in other bytes".to_owned());
        }
        if !self.settle_once(action, sealed)? {
            return Ok(());
        }
        let before = self.snapshot.clone();
        self.settle_once(action, sealed)?;
        if before == self.snapshot {
            Ok(())
        } else {
            Err("the same bytes changed something a second time".to_owned())
        }
    }

    /// Whether it was accepted.
    fn settle_once(&mut self, action: &Action, sealed: &Sealed) -> Result<bool, Fault> {
        let is_batch = matches!(sealed.message, ExecuteMsg::SettleBatch { .. });
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
        let message = fixture::Message::Billing(sealed.message.clone());
        let behaviour = self.reference.behaviour;
        let found = self
            .fixture
            .send(action.by, message, action.coins, behaviour);
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
            Answer::Model(_) => Answer::Model(ModelId((data::<ModelCreated>(response).model).0)),
            Answer::Release(_) => {
                Answer::Release(ReleaseNumber((data::<ReleaseCreated>(response).release).0))
            }
            Answer::Terms(..) => {
                let created: TermsCreated = data(response);
                Answer::Terms(created.terms, created.effective_from)
            }
            // A token's hook returns no data.
            Answer::Session(Some(id)) if response.data.is_none() => Answer::Session(Some(*id)),
            Answer::Session(Some(_)) => Answer::Session(Some(SessionId(
                (data::<SessionCreated>(response).session).0,
            ))),
            Answer::Session(None) => Answer::Session(None),
            Answer::Attester(_) => {
                Answer::Attester(AttesterId((data::<AttesterCreated>(response).attester).0))
            }
            Answer::Paid(..) => {
                let paid: PayoutResponse = data(response);
                let sent = paid.sent.into_iter().map(|sent| {
                    let account = self
                        .fixture
                        .accounts
                        .iter()
                        .position(|it| *it == sent.account);
                    (account.unwrap_or(ACCOUNTS.len()), sent.amount.u128())
                });
                Answer::Paid(sent.collect(), paid.skipped.len())
            }
            Answer::Batch(settlement) => {
                Answer::Batch(self.read_batch(settlement, data(response))?)
            }
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

    /// The answer states an outcome for each group; how much of the whole was paid for which is as expected if the
    /// records are.
    fn read_batch(&self, expected: &Settlement, found: BatchResponse) -> Result<Settlement, Fault> {
        let outcomes: Vec<Outcome> = found.outcomes_of_groups().collect();
        if outcomes.len() != expected.groups.len() {
            return Err(format!("outcomes of {} groups", outcomes.len()));
        }
        let mut gross = BTreeMap::new();
        for one in found.gross {
            let money = self.fixture.money_of(&one.denom);
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
            groups: outcomes
                .into_iter()
                .zip(&expected.groups)
                .map(|(outcome, group)| Settled {
                    outcome,
                    ..group.clone()
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
        none(compare::differences(&self.fixture, &state, &self.reference))?;
        self.state = state;
        self.snapshot = self.hub().snapshot();
        Ok(())
    }
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
