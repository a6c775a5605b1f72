//! What money is counted in: native coins of the chain and cw20 tokens.
//!
//! A message carries an [`UncheckedDenom`]; [`UncheckedDenom::check`] is the only door to a [`Denom`] from outside,
//! beside a coin or a hook that the chain itself delivered ([`Denom::native`], [`Denom::cw20`]).

use std::fmt;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    coins, to_json_binary, Addr, BankMsg, CosmosMsg, Deps, QuerierWrapper, StdError, StdResult,
    Uint128, WasmMsg,
};
use thiserror::Error;

/// Shown before the address of a token, in events and wherever a denomination is one text. A native denom may not
/// begin with it, so the text form is unambiguous.
pub const CW20_PREFIX: &str = "cw20:";

/// A denomination as a message names it.
#[cw_serde]
pub enum UncheckedDenom {
    /// A native coin of the chain, such as `untrn` or `ibc/…`.
    Native(String),
    /// Address of a cw20 token contract.
    Cw20(String),
}

/// A denomination whose form was checked, and for a token that its contract answers as one.
#[cw_serde]
#[derive(Eq, PartialOrd, Ord)]
pub enum Denom {
    /// A native coin of the chain.
    Native(String),
    /// A cw20 token contract.
    Cw20(Addr),
}

/// Why a denomination was refused.
#[derive(Error, Debug, PartialEq, Eq, Clone)]
pub enum DenomError {
    /// The text is no native denom.
    #[error("{denom:?} is no native denom: 3 to 128 characters, a letter first, then letters, digits and / : . _ -, and not beginning with cw20:")]
    NotNative {
        /// The text that was given as a denomination.
        denom: String,
    },
    /// The text is no address of this chain.
    #[error("{address:?} is no address of this chain: {reason}")]
    NotAnAddress {
        /// The text that was given as an address.
        address: String,
        /// Why the chain's address codec refused it.
        reason: String,
    },
    /// The contract does not answer as a cw20 token.
    #[error("{address} does not answer the cw20 query token_info: give the address of a cw20 token contract")]
    NotAToken {
        /// The address that was given.
        address: Addr,
    },
}

impl UncheckedDenom {
    /// Checks form and, for a token, that the contract answers `token_info`.
    pub fn check(&self, deps: Deps) -> Result<Denom, DenomError> {
        match self {
            Self::Native(denom) => Denom::native(denom),
            Self::Cw20(address) => {
                let address =
                    deps.api
                        .addr_validate(address)
                        .map_err(|error| DenomError::NotAnAddress {
                            address: address.clone(),
                            reason: error.to_string(),
                        })?;
                deps.querier
                    .query_wasm_smart::<cw20::TokenInfoResponse>(
                        &address,
                        &cw20::Cw20QueryMsg::TokenInfo {},
                    )
                    .map_err(|_| DenomError::NotAToken {
                        address: address.clone(),
                    })?;
                Ok(Denom::Cw20(address))
            }
        }
    }
}

impl Denom {
    /// A native denom of the form that the Cosmos SDK accepts (`[a-zA-Z][a-zA-Z0-9/:._-]{2,127}`).
    pub fn native(denom: &str) -> Result<Self, DenomError> {
        let mut bytes = denom.bytes();
        let well_formed = bytes
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"/:._-".contains(&byte))
            && (3..=128).contains(&denom.len())
            && !denom.starts_with(CW20_PREFIX);
        if well_formed {
            Ok(Self::Native(denom.to_owned()))
        } else {
            Err(DenomError::NotNative {
                denom: denom.to_owned(),
            })
        }
    }

    /// The token at `address`, which the chain delivered as the sender of a hook.
    pub fn cw20(address: Addr) -> Self {
        Self::Cw20(address)
    }

    /// How many of this denomination `holder` has, asked of the bank or the token.
    pub fn held(&self, querier: &QuerierWrapper, holder: &Addr) -> StdResult<Uint128> {
        match self {
            Self::Native(denom) => Ok(querier.query_balance(holder, denom)?.amount),
            Self::Cw20(token) => Ok(querier
                .query_wasm_smart::<cw20::BalanceResponse>(
                    token,
                    &cw20::Cw20QueryMsg::Balance {
                        address: holder.to_string(),
                    },
                )?
                .balance),
        }
    }

    /// The message that sends `amount` of the sender's own to `recipient`.
    pub fn send(&self, recipient: &Addr, amount: Uint128) -> Result<CosmosMsg, StdError> {
        Ok(match self {
            Self::Native(denom) => BankMsg::Send {
                to_address: recipient.to_string(),
                amount: coins(amount.u128(), denom),
            }
            .into(),
            Self::Cw20(token) => WasmMsg::Execute {
                contract_addr: token.to_string(),
                msg: to_json_binary(&cw20::Cw20ExecuteMsg::Transfer {
                    recipient: recipient.to_string(),
                    amount,
                })?,
                funds: vec![],
            }
            .into(),
        })
    }
}

impl From<Denom> for UncheckedDenom {
    fn from(denom: Denom) -> Self {
        match denom {
            Denom::Native(denom) => Self::Native(denom),
            Denom::Cw20(address) => Self::Cw20(address.into_string()),
        }
    }
}

impl fmt::Display for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Native(denom) => f.write_str(denom),
            Self::Cw20(address) => write!(f, "{CW20_PREFIX}{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_denoms_of_the_sdk_form_are_accepted_and_no_others() {
        for denom in [
            "untrn",
            "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2",
            "factory/a.b/c-d_e:f",
            "abc",
        ] {
            assert_eq!(Denom::native(denom), Ok(Denom::Native(denom.to_owned())));
        }
        let too_long = "a".repeat(129);
        for denom in [
            "",
            "ab",
            "1abc",
            "a b c",
            "cw20:token",
            "umläut",
            too_long.as_str(),
        ] {
            assert_eq!(
                Denom::native(denom),
                Err(DenomError::NotNative {
                    denom: denom.to_owned()
                })
            );
        }
    }
}
