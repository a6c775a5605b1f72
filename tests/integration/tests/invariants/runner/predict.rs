//! What the reference says of a message.

use super::Runner;
use crate::action::{Action, SessionPlan, StatusPlan, TermsPlan, What};
use crate::fixture;
use crate::reference::{
    Account, Funds, Money, Opening, Publication, Rates, Reference, Refused, Settled, Settlement,
    Shares, Tag, Verdict, Wanted,
};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};

/// What a message that is accepted returns.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Nothing,
    Model(ModelId),
    Release(ReleaseNumber),
    Terms(TermsNumber, u64),
    Session(Option<SessionId>),
    Attester(AttesterId),
    Paid(Vec<(Account, u128)>, usize),
    Batch(Settlement),
    One(Settled),
}
impl Runner {
    pub(super) fn predict(&mut self, action: &Action) -> Verdict<Answer> {
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
                    label: fixture::next_label(reference, model, plan.major_step, plan.minor_step),
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
                expected_terms,
                payees,
                name,
            } => {
                let model = reference.work_of(*model);
                reference
                    .accept(by, model.0, *expected_terms, payees.clone(), *name)
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
            What::RegisterAttester {
                key,
                signed_for,
                enclave,
            } => reference
                .register_attester(tag, by, *key, *signed_for, *enclave)
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
            | What::Refuse { .. }
            | What::Behave { .. }
            | What::Split { .. }
            | What::SettleBatch { .. }
            | What::Settle { .. }
            | What::Again { .. }
            | What::Cut { .. } => unreachable!("carried out elsewhere"),
        }
    }
}

fn nothing(_: ()) -> Answer {
    Answer::Nothing
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
