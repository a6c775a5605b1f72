//! `belief.json`: what operators that a reader believes back, and their rankings put together.

use cosmwasm_std::{Addr, Uint128};
use hub_types::billing::{ModelAt, RankingPlace, ServedSums};
use hub_types::helpers::{backing, merge_rankings, payer_backing, PayerSpend};
use hub_types::ids::ModelId;
use hub_types::records::served::Earned;
use serde_json::Value;

use super::json::{field, id, integer, list, same, text};
use super::Tally;

pub fn check(file: &Value, tally: &mut Tally) {
    tally.section(file, "backing", |entry| {
        let served: Result<Vec<Earned>, String> = list(entry, "served")?
            .iter()
            .map(|one| {
                Ok(Earned {
                    strange: integer(one, "strange")?,
                    kept: integer(one, "kept")?,
                })
            })
            .collect();
        let found = backing(served?, integer(entry, "factor")?).ok();
        same("backed", found, backed(entry)?)
    });
    tally.section(file, "payer_backing", |entry| {
        let payers: Result<Vec<PayerSpend>, String> = list(entry, "payers")?
            .iter()
            .map(|one| {
                Ok(PayerSpend {
                    here: integer(one, "here")?,
                    spent: integer(one, "spent")?,
                    kept: integer(one, "kept")?,
                })
            })
            .collect();
        let found = payer_backing(payers?, integer(entry, "factor")?).ok();
        same("backed", found, backed(entry)?)
    });
    tally.section(file, "rankings", |entry| {
        let rankings: Result<Vec<(Addr, Vec<ModelAt>)>, String> = list(entry, "rankings")?
            .iter()
            .map(|one| {
                let models: Result<Vec<ModelAt>, String> =
                    list(one, "models")?.iter().map(model_at).collect();
                Ok((Addr::unchecked(text(one, "operator")?), models?))
            })
            .collect();
        let found = merge_rankings(rankings?);
        let found: Vec<Merged<'_>> = found
            .iter()
            .map(|one| {
                let at = one.at.iter().map(|(operator, _)| operator.as_str());
                (one.model, one.recent_kept.u128(), at.collect())
            })
            .collect();
        let expected: Result<Vec<Merged<'_>>, String> = list(entry, "merged")?
            .iter()
            .map(|one| {
                let at = list(one, "at")?.iter().filter_map(Value::as_str);
                Ok((
                    id(one, "model")?,
                    integer(one, "recent_kept")?,
                    at.collect(),
                ))
            })
            .collect();
        same("ranking", found, expected?)
    });
    tally.skip_all_but(file, &["about", "backing", "payer_backing", "rankings"]);
}

/// A model of a merged ranking: what is kept of it, and at which operators.
type Merged<'a> = (ModelId, u128, Vec<&'a str>);

/// None where the factor must be refused.
fn backed(entry: &Value) -> Result<Option<u128>, String> {
    match field(entry, "backed")? {
        Value::Null => Ok(None),
        _ => integer(entry, "backed").map(Some),
    }
}

fn model_at(entry: &Value) -> Result<ModelAt, String> {
    let recent_kept: u128 = integer(entry, "recent_kept")?;
    Ok(ModelAt {
        place: RankingPlace {
            score: 0,
            model: id(entry, "model")?,
        },
        sums: ServedSums {
            recent_kept: recent_kept.into(),
            ..ServedSums::default()
        },
        gross: Uint128::zero(),
        related: Uint128::zero(),
        payers: 0,
        returning: 0,
    })
}
