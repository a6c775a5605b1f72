//! A session: a budget that its caller reserves for one operator. Its rules, without a chain.

use cosmwasm_std::{CanonicalAddr, Uint128};
use hub_types::escrow::{Models, SessionState};
use hub_types::ids::{DenomNumber, ModelId, ReleaseNumber, SessionId};
use hub_types::price::Rates;
use hub_types::records::escrow::{Funding, ListedModel, SessionPolicy, SessionRecord, MAX_MODELS};
use hub_types::time::{self, Day, Seconds, Week};
use hub_types::verifier::Measurement;
use hub_types::wire::PublicKey;

use super::reserve::Reserve;
use crate::error::ContractError;

/// Who owns a session, and whose money it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Parties {
    pub caller: CanonicalAddr,
    pub funder: CanonicalAddr,
}

/// What a session shall allow, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    pub operator: CanonicalAddr,
    pub measurement: Option<Measurement>,
    pub models: Models,
    pub max_price: Option<Rates>,
    pub budget: Uint128,
    pub expires_at: u64,
    pub ceiling: CeilingRule,
    pub label: Option<String>,
}

/// Whether a session pays only up to a ceiling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CeilingRule {
    /// It pays up to its budget.
    None,
    /// The caller raises the ceiling by message and, where there is a key, by vouchers.
    On { key: Option<PublicKey> },
}

/// A session, loaded to be changed and stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// What it allows. Only closing changes it.
    pub policy: SessionPolicy,
    /// What it has left.
    pub reserve: Reserve,
}

impl Session {
    /// The session `id`, which reserves `opening.budget` of denomination `denom`.
    pub fn open(
        id: SessionId,
        denom: DenomNumber,
        parties: Parties,
        opening: &Opening,
        now: u64,
    ) -> Result<Self, ContractError> {
        if opening.budget.is_zero() {
            return Err(ContractError::Zero { field: "budget" });
        }
        if opening.expires_at <= now {
            return Err(ContractError::ExpiresInThePast {
                expires_at: opening.expires_at,
                now,
            });
        }
        let models = listed_models(&opening.models)?;
        // Without either limit a single call could take the whole budget.
        if models.is_empty() && opening.max_price.is_none() {
            return Err(ContractError::NoPriceLimit);
        }
        let (ceiling, voucher_key) = match opening.ceiling {
            CeilingRule::None => (None, None),
            CeilingRule::On { key } => (Some(0), key),
        };
        let budget = opening.budget.u128();
        Ok(Self {
            policy: SessionPolicy {
                caller: parties.caller,
                funder: parties.funder,
                operator: opening.operator.clone(),
                measurement: opening.measurement,
                models,
                max_price: opening.max_price,
                opened_at: now,
                expires_at: opening.expires_at,
                closed_at: None,
                voucher_key,
            },
            reserve: Reserve {
                session: id,
                record: SessionRecord {
                    denom,
                    budget,
                    spent: 0,
                    kept: 0,
                    released: false,
                    ceiling,
                    lanes: vec![],
                    funding: Funding::first(Day::of(now), budget),
                    paid_week: Week(0),
                    paid_models: 0,
                },
            },
        })
    }

    /// Its id.
    pub fn id(&self) -> SessionId {
        self.reserve.session
    }

    /// Where it is in its life at `now`.
    pub fn state(&self, now: u64) -> SessionState {
        if self.reserve.record.released {
            SessionState::Released
        } else if now < self.policy.ends_at() {
            SessionState::Open
        } else {
            SessionState::Ended
        }
    }

    /// An error unless receipts issued at `now` would be in its time.
    fn check_open(&self, now: u64) -> Result<(), ContractError> {
        match self.state(now) {
            SessionState::Open => Ok(()),
            SessionState::Ended => Err(ContractError::SessionEnded {
                session: self.id(),
                ends_at: self.policy.ends_at(),
            }),
            SessionState::Released => self.reserve.check_not_released(),
        }
    }

    /// Adds the caller's money to the budget.
    pub fn top_up(&mut self, amount: Uint128, now: u64) -> Result<(), ContractError> {
        let session = self.id();
        if amount.is_zero() {
            return Err(ContractError::Zero { field: "amount" });
        }
        self.check_open(now)?;
        // One session speaks for one payer: usage counts its funder as who paid.
        if self.policy.funder != self.policy.caller {
            return Err(ContractError::FundedByAnother { session });
        }
        let record = &mut self.reserve.record;
        // What is owed does not bound a budget: money spent can come back, through its payee, into the same session.
        record.budget =
            record
                .budget
                .checked_add(amount.u128())
                .ok_or(ContractError::BudgetOverflow {
                    session,
                    budget: record.budget.into(),
                    amount,
                })?;
        record.funding.add(Day::of(now), amount.u128());
        Ok(())
    }

    /// Moves its end forward to `now` plus the grace, and returns it.
    pub fn close(&mut self, now: u64) -> Result<u64, ContractError> {
        let session = self.id();
        self.reserve.check_not_released()?;
        let ends_at = self.policy.ends_at();
        if self.policy.closed_at.is_some() {
            return Err(ContractError::AlreadyClosed { session, ends_at });
        }
        self.check_open(now)?;
        let cutoff = time::cutoff(now);
        if ends_at <= cutoff {
            return Err(ContractError::EndsByItself {
                session,
                ends_at,
                cutoff,
            });
        }
        self.policy.closed_at = Some(cutoff);
        Ok(cutoff)
    }

    /// Ends its life and returns what was left.
    pub fn release(
        &mut self,
        by: &CanonicalAddr,
        receipt_max_age: Seconds,
        now: u64,
    ) -> Result<Uint128, ContractError> {
        self.reserve.check_not_released()?;
        let operator_from = self.policy.ends_at();
        // Receipts issued before the end can be settled until then. Only the operator, who would be paid for them, may
        // say sooner that there are none.
        let anyone_from = receipt_max_age.after(operator_from);
        let from = if *by == self.policy.operator {
            operator_from
        } else {
            anyone_from
        };
        if now < from {
            return Err(ContractError::ReleaseTooEarly {
                session: self.id(),
                operator_from,
                anyone_from,
                now,
            });
        }
        let left = self.reserve.record.left();
        self.reserve.record.released = true;
        Ok(left.into())
    }

    /// Raises the ceiling. It may be above the budget, which bounds anyway.
    pub fn raise_ceiling(&mut self, given: Uint128) -> Result<(), ContractError> {
        let session = self.id();
        self.reserve.check_not_released()?;
        let ceiling = self
            .reserve
            .record
            .ceiling
            .ok_or(ContractError::NoCeiling { session })?;
        if given.u128() <= ceiling {
            return Err(ContractError::CeilingNotRaised {
                session,
                ceiling: ceiling.into(),
                given,
            });
        }
        self.reserve.record.ceiling = Some(given.u128());
        Ok(())
    }
}

/// The list of a policy, where none at all means any.
fn listed_models(models: &Models) -> Result<Vec<ListedModel>, ContractError> {
    let listed = match models {
        Models::Any {} => return Ok(vec![]),
        Models::Listed(listed) => listed,
    };
    if listed.is_empty() || listed.len() > MAX_MODELS {
        return Err(ContractError::ModelCount {
            count: listed.len(),
        });
    }
    let mut models: Vec<ListedModel> = vec![];
    for entry in listed {
        let model = ListedModel {
            model: entry.model,
            release: entry.release,
        };
        if model.model == ModelId(0) {
            return Err(ContractError::ModelZero { field: "model" });
        }
        // The packed form keeps "any release" as 0.
        if model.release == Some(ReleaseNumber(0)) {
            return Err(ContractError::ModelZero { field: "release" });
        }
        if models.contains(&model) {
            return Err(ContractError::ModelRepeated { model: model.model });
        }
        models.push(model);
    }
    Ok(models)
}

#[cfg(test)]
mod tests;
