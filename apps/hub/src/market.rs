use std::process::ExitCode;

use clap::Args;
use cosmwasm_std::Uint128;
use hub_types::billing::{HubByDayResponse, HubResponse, QueryMsg, RankingResponse};
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{DenomsResponse, QueryMsg as EscrowQuery};
use hub_types::registry::{ModelsResponse, QueryMsg as RegistryQuery};
use serde_json::json;

use crate::chain::{denom, unchecked, OnChain};
use crate::output::{table, Output};
use crate::Outcome;

/// The Hub at a glance: what is called, what it earned, by which models.
///
/// Only money that lay in its session for a day or more, and of nobody related, counts as earned.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hub market --days 30")]
pub struct MarketAtAGlance {
    /// Days to look back, 1 to 90; they are compared with as many before them.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=90))]
    days: u32,

    /// Denomination. Default: each that the escrow knows, up to five.
    #[arg(long, value_name = "DENOM", value_parser = denom)]
    denom: Option<UncheckedDenom>,

    #[command(flatten)]
    chain: OnChain,
}

impl MarketAtAGlance {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let denoms: Vec<UncheckedDenom> = match self.denom {
            Some(denom) => vec![denom],
            None => {
                let known: DenomsResponse = market.escrow(&EscrowQuery::Denoms {
                    start_after: None,
                    limit: Some(5),
                })?;
                known
                    .denoms
                    .iter()
                    .map(|one| unchecked(&one.denom))
                    .collect()
            }
        };
        let models: ModelsResponse = market.registry(&RegistryQuery::Models {
            start_after: None,
            limit: Some(10),
        })?;
        let mut text = format!("{} on {}\n", market.name, market.hub.chain().chain_id());
        let mut glances = vec![];
        for denom in denoms {
            let glance: HubResponse = market.billing(&QueryMsg::Hub {
                denom: denom.clone(),
                days: self.days,
            })?;
            let first = glance.today.saturating_sub(u64::from(self.days));
            let by_day: HubByDayResponse = market.billing(&QueryMsg::HubByDay {
                denom: denom.clone(),
                start_after: first.checked_sub(1),
                limit: Some(100),
            })?;
            let ranking: RankingResponse = market.billing(&QueryMsg::Ranking {
                denom: denom.clone(),
                start_after: None,
                limit: Some(10),
            })?;
            // A day on which nothing was billed is left out of the answer, and is a zero.
            let of_day = |day: u64, value: fn(&hub_types::billing::HubSums) -> u128| {
                by_day
                    .days
                    .iter()
                    .find(|one| one.day == day)
                    .map_or(0, |one| value(&one.sums))
            };
            let calls: Vec<u128> = (first..=glance.today)
                .map(|day| of_day(day, |sums| sums.calls.into()))
                .collect();
            let aged: Vec<u128> = (first..=glance.today)
                .map(|day| of_day(day, |sums| sums.aged.u128()))
                .collect();
            let (now, before) = (&glance.last.sums, &glance.before.sums);
            text += &format!(
                "\n{}, last {} days and the same before\n",
                glance.denom, self.days
            );
            text += &table(&[
                (
                    "calls",
                    format!("{}  {} ({})", sparkline(&calls), now.calls, before.calls),
                ),
                (
                    "earned",
                    format!("{}  {} ({})", sparkline(&aged), now.aged, before.aged),
                ),
                (
                    "charged",
                    format!(
                        "{} ({}), all time {}",
                        now.gross, before.gross, glance.lifetime.sums.gross
                    ),
                ),
                ("new payers", format!("{} ({})", now.payers, before.payers)),
                (
                    "new models",
                    format!(
                        "{} ({})",
                        glance.last.models_registered, glance.before.models_registered
                    ),
                ),
                (
                    "this week",
                    format!(
                        "{} payers, {} of them again; {} models called",
                        glance.this_week.payers,
                        glance.this_week.returning,
                        glance.this_week.models_called
                    ),
                ),
                (
                    "ten largest",
                    format!(
                        "{} of all that was earned",
                        percent(glance.ten_largest_share)
                    ),
                ),
            ]);
            for ranked in &ranking.models {
                text += &format!("  model {}  {}\n", ranked.place.model, ranked.aged);
            }
            glances
                .push(json!({ "glance": glance, "days": by_day.days, "ranking": ranking.models }));
        }
        if glances.is_empty() {
            text += "\nnothing was deposited yet: the market is empty\n";
        }
        text += "\nnewest models\n";
        for model in &models.models {
            text += &format!(
                "  {}  {}/{}  {}  {} a call\n",
                model.model,
                model.author,
                model.name,
                model.title,
                model.price.per_call.to_string() + &model.price.denom.to_string()
            );
        }
        if models.models.is_empty() {
            text += "  none: publish the first with hub model publish\n";
        }
        output.result(
            &text,
            &json!({ "chain": market.name, "denominations": glances, "newest": models.models }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// A line of blocks, the highest for the largest; a zero is the lowest.
fn sparkline(values: &[u128]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let largest = values.iter().copied().max().unwrap_or(0);
    let block = |value: &u128| match largest {
        0 => BLOCKS[0],
        // Above zero is never shown as zero.
        _ if *value == 0 => BLOCKS[0],
        _ => {
            let scaled = Uint128::from(*value).multiply_ratio(6_u128, largest).u128();
            BLOCKS[1 + usize::try_from(scaled.min(6)).unwrap_or(6)]
        }
    };
    values.iter().map(block).collect()
}

fn percent(share: cosmwasm_std::Decimal) -> String {
    let tenths = (share * cosmwasm_std::Decimal::from_ratio(1000_u128, 1_u128)).to_uint_floor();
    format!(
        "{}.{} %",
        tenths / Uint128::from(10_u128),
        tenths % Uint128::from(10_u128)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_shows_zero_as_nothing_and_the_largest_as_all() {
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[0, 0]), "▁▁");
        assert_eq!(sparkline(&[0, 1, 50, 100]), "▁▂▅█");
        assert_eq!(sparkline(&[u128::MAX, 1]), "█▂");
        assert_eq!(percent(cosmwasm_std::Decimal::permille(1000)), "100.0 %");
        assert_eq!(percent(cosmwasm_std::Decimal::permille(7)), "0.7 %");
    }
}
