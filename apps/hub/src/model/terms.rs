//! What a call costs, as the command line states it.

use clap::Args;
use cosmwasm_std::Uint128;
use hub_types::denom::UncheckedDenom;
use hub_types::price::UncheckedPrice;
use hub_types::registry::{TermsResponse, UncheckedPayee, UncheckedTerms};
use hub_types::split::WHOLE_BPS;

use crate::chain::{denom, unchecked};
use crate::failure::{Failure, USAGE};

/// What a call costs, and who gets it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What a call costs, and who gets it")]
pub struct Price {
    /// Denomination of the price: a native coin, or cw20: and the address of a token.
    #[arg(long, value_name = "DENOM", value_parser = denom)]
    denom: UncheckedDenom,

    /// For the call itself, in the smallest unit.
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    per_call: Uint128,

    /// For a million input units.
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    per_million_in: Uint128,

    /// For a million output units.
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    per_million_out: Uint128,

    /// Share of the operator that serves the call, in hundredths of a percent.
    #[arg(long, value_name = "BPS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=i64::from(WHOLE_BPS)))]
    operator_bps: u16,

    /// Who shares the rest, ADDRESS=BPS; up to four. Default: the author.
    #[arg(long = "payee", value_name = "ADDRESS=BPS", value_parser = payee)]
    payees: Vec<(String, u16)>,
}

fn payee(text: &str) -> Result<(String, u16), String> {
    let parts = text
        .split_once('=')
        .and_then(|(address, bps)| Some((address.to_owned(), bps.parse().ok()?)));
    parts.ok_or_else(|| {
        "expected an address and its share in hundredths of a percent, such as neutron1…=9000"
            .to_owned()
    })
}

impl Price {
    /// As the registry takes them.
    pub fn terms(&self, author: &str) -> Result<UncheckedTerms, Failure> {
        let rest = WHOLE_BPS - self.operator_bps;
        let payees = match self.payees.is_empty() {
            true => vec![(author.to_owned(), rest)],
            false => self.payees.clone(),
        };
        let sum: u32 = payees.iter().map(|(_, bps)| u32::from(*bps)).sum();
        if sum != u32::from(rest) || rest == 0 {
            return Err(Failure::new(
                USAGE,
                format!(
                    "the shares of payees and operator make {}, not 10000",
                    sum + u32::from(self.operator_bps)
                ),
                format!("let the payees have {rest} together, or change --operator-bps"),
            ));
        }
        Ok(UncheckedTerms {
            price: UncheckedPrice {
                denom: self.denom.clone(),
                per_call: self.per_call,
                per_million_in: self.per_million_in,
                per_million_out: self.per_million_out,
            },
            operator_bps: self.operator_bps,
            payees: payees
                .into_iter()
                .map(|(address, bps)| UncheckedPayee { address, bps })
                .collect(),
        })
    }
}

/// Whether terms on chain are the ones wanted.
pub fn same(now: &TermsResponse, wanted: &UncheckedTerms) -> bool {
    let price = &now.price;
    unchecked(&price.denom) == wanted.price.denom
        && price.per_call == wanted.price.per_call
        && price.per_million_in == wanted.price.per_million_in
        && price.per_million_out == wanted.price.per_million_out
        && now.operator_bps == wanted.operator_bps
        && now.payees.len() == wanted.payees.len()
        && now
            .payees
            .iter()
            .zip(&wanted.payees)
            .all(|(one, other)| one.address.as_str() == other.address && one.bps == other.bps)
}

/// A price for people.
pub fn told(terms: &TermsResponse) -> String {
    let price = &terms.price;
    format!(
        "{}{} a call, {} and {} for a million units in and out; operator {} bps",
        price.per_call,
        price.denom,
        price.per_million_in,
        price.per_million_out,
        terms.operator_bps
    )
}
