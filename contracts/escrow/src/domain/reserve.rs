//! What a session has reserved and how much of it was charged: the part of a session that settlement reads and
//! rewrites, with the rules that billing is held to.

use cosmwasm_std::Uint128;
use hub_types::escrow::SessionSettlement;
use hub_types::ids::SessionId;
use hub_types::records::escrow::{Lane, SessionRecord, MAX_LANES};

use crate::error::ContractError;

/// The hot record of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Reserve {
    /// Id of the session.
    pub session: SessionId,
    /// As stored.
    pub record: SessionRecord,
}

impl Reserve {
    /// An error if what was left went back to the caller.
    pub fn check_not_released(&self) -> Result<(), ContractError> {
        if self.record.released {
            return Err(ContractError::SessionReleased {
                session: self.session,
            });
        }
        Ok(())
    }

    /// Moves a lane and pays `settlement.charge`. After an error the reserve must not be stored.
    pub fn settle(&mut self, settlement: &SessionSettlement) -> Result<(), ContractError> {
        self.check_not_released()?;
        self.advance(settlement)?;
        if let Some(ceiling) = settlement.ceiling {
            self.accept_ceiling(ceiling)?;
        }
        self.charge(settlement.charge)?;
        // Billing's word, which binds nobody's money: for readers. What was kept is a part of what was charged.
        let kept = settlement.kept.min(settlement.charge).u128();
        self.record.kept = self.record.kept.saturating_add(kept);
        self.record.paid_week = settlement.paid_week;
        self.record.paid_models = settlement.paid_models;
        Ok(())
    }

    /// The lane has to stand where billing read it: otherwise what billing decided rests on another state.
    fn advance(&mut self, settlement: &SessionSettlement) -> Result<(), ContractError> {
        let SessionSettlement {
            session,
            attester,
            replaces,
            next_before,
            next_after,
            ..
        } = *settlement;
        if next_after <= next_before {
            return Err(ContractError::LaneNotAdvanced {
                session,
                attester,
                next_before,
                next_after,
            });
        }
        let own = self.record.lane(attester);
        let expected = own.map_or(0, |lane| lane.next);
        if next_before != expected {
            return Err(ContractError::LaneMismatch {
                session,
                attester,
                expected,
                found: next_before,
            });
        }
        // While a lane is free nobody loses one: with it goes the number up to which receipts were billed, and they
        // could be billed again. That the attester replaced can never charge again is billing's word.
        let full = self.record.lanes.len() >= MAX_LANES;
        let place = match (own, replaces) {
            (Some(_), None) => Some(attester),
            (None, None) if !full => None,
            (None, None) => return Err(ContractError::LanesFull { session, attester }),
            (None, Some(replaces)) if full && self.record.lane(replaces).is_some() => {
                Some(replaces)
            }
            (_, Some(replaces)) => {
                return Err(ContractError::LaneNotReplaceable {
                    session,
                    attester,
                    replaces,
                })
            }
        };
        let moved = Lane {
            attester,
            next: next_after,
        };
        let lanes = &mut self.record.lanes;
        match lanes.iter_mut().find(|lane| Some(lane.attester) == place) {
            Some(lane) => *lane = moved,
            None => lanes.push(moved),
        }
        Ok(())
    }

    /// Billing states the ceiling that vouchers led it to; it never falls.
    fn accept_ceiling(&mut self, given: Uint128) -> Result<(), ContractError> {
        let session = self.session;
        match self.record.ceiling {
            None => Err(ContractError::NoCeiling { session }),
            Some(ceiling) if given.u128() < ceiling => Err(ContractError::CeilingFalls {
                session,
                ceiling: ceiling.into(),
                given,
            }),
            Some(_) => {
                self.record.ceiling = Some(given.u128());
                Ok(())
            }
        }
    }

    fn charge(&mut self, charge: Uint128) -> Result<(), ContractError> {
        let session = self.session;
        let left = self.record.left();
        let spent = self
            .record
            .spent
            .checked_add(charge.u128())
            .filter(|spent| *spent <= self.record.budget)
            .ok_or(ContractError::BudgetExceeded {
                session,
                left: left.into(),
                charge,
            })?;
        if let Some(ceiling) = self.record.ceiling.filter(|ceiling| spent > *ceiling) {
            return Err(ContractError::CeilingExceeded {
                session,
                ceiling: ceiling.into(),
                spent: spent.into(),
            });
        }
        self.record.spent = spent;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
