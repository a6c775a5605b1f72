use std::cmp::Reverse;
use std::collections::BTreeMap;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Uint128};
use hub_wire::ids::ModelId;

use crate::belief::{self, BeliefError};
use crate::billing::{ModelAt, ServedSums};
use crate::records::served::Earned;

/// What the believed operators back together: the sum of the smaller of what each served for strangers and `factor` times
/// what it kept. What the contracts' query `Backing` says, to the last unit, so that a reader can change its mind without
/// asking again. Saturates. An error unless the factor is 1 to 20.
pub fn backing(served: impl IntoIterator<Item = Earned>, factor: u32) -> Result<u128, BeliefError> {
    let factor = belief::factor(Some(factor))?;
    let each = served.into_iter().map(|one| belief::backed(one, factor));
    Ok(each.fold(0, u128::saturating_add))
}

/// What a payer spent on one model, on everything, and what the believed operators kept of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayerSpend {
    /// On the model.
    pub here: u128,
    /// On everything, `here` included.
    pub spent: u128,
    /// Of everything, what the believed operators kept.
    pub kept: u128,
}

/// What those who paid a model vouch for by what they left with the believed operators, wherever they left it: for each the
/// part of its money here that `factor` times what they kept of it covers, rounded down. Reaches models that no believed
/// operator serves. Saturates. An error unless the factor is 1 to 20.
pub fn payer_backing(
    payers: impl IntoIterator<Item = PayerSpend>,
    factor: u32,
) -> Result<u128, BeliefError> {
    let factor = belief::factor(Some(factor))?;
    let each = payers.into_iter().map(|payer| {
        let covered = payer.kept.saturating_mul(factor.into());
        if covered >= payer.spent {
            return payer.here;
        }
        // Below `here`, since less is covered than was spent, which is not 0.
        let part = Uint128::new(payer.here).checked_multiply_ratio(covered, payer.spent);
        part.unwrap_or_default().u128()
    });
    Ok(each.fold(0, u128::saturating_add))
}

/// A model in the rankings of several operators together.
#[cw_serde]
pub struct RankedAt {
    /// Id of the model.
    pub model: ModelId,
    /// What the operators recently kept of its income together.
    pub recent_kept: Uint128,
    /// What each served of it that has it in its ranking, in the order in which the rankings were given.
    pub at: Vec<(Addr, ServedSums)>,
}

/// The rankings of believed operators, put together: models by what these recently kept of their income, the most first; of
/// equal ones the older first.
pub fn merge_rankings(rankings: impl IntoIterator<Item = (Addr, Vec<ModelAt>)>) -> Vec<RankedAt> {
    let mut models: BTreeMap<ModelId, Vec<(Addr, ServedSums)>> = BTreeMap::new();
    for (operator, ranked) in rankings {
        for ModelAt { place, sums, .. } in ranked {
            let at = models.entry(place.model).or_default();
            at.push((operator.clone(), sums));
        }
    }
    let together = models.into_iter().map(|(model, at)| RankedAt {
        model,
        recent_kept: at.iter().fold(Uint128::zero(), |sum, (_, sums)| {
            sum.saturating_add(sums.recent_kept)
        }),
        at,
    });
    let mut together: Vec<RankedAt> = together.collect();
    // Stable: those that are equal stay in the order of their ids.
    together.sort_by_key(|one| Reverse(one.recent_kept));
    together
}
