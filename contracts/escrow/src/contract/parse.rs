//! The edge: from what messages carry to what handlers take.

use cosmwasm_std::{from_json, Addr, Api, Binary, CanonicalAddr, Deps, Env};
use hub_types::belief;
use hub_types::denom::{Denom, UncheckedDenom};
use hub_types::escrow::{Cw20HookMsg, NewCeiling, NewSession};
use hub_types::page;
use hub_types::text;
use hub_types::verifier::Measurement;
use hub_types::wire::PublicKey;

use crate::domain::session::{CeilingRule, Opening};
use crate::error::ContractError;
use crate::state::denoms;

/// An address of this chain.
pub fn address(api: &dyn Api, field: &'static str, address: &str) -> Result<Addr, ContractError> {
    api.addr_validate(address)
        .map_err(|error| ContractError::NotAnAddress {
            field,
            address: address.to_owned(),
            reason: error.to_string(),
        })
}

/// An address of this chain, canonical.
pub fn canonical(
    api: &dyn Api,
    field: &'static str,
    text: &str,
) -> Result<CanonicalAddr, ContractError> {
    Ok(api.addr_canonicalize(address(api, field, text)?.as_str())?)
}

/// Funders that are asked about by name.
pub fn funders(api: &dyn Api, named: &[String]) -> Result<Vec<CanonicalAddr>, ContractError> {
    page::check_named(named)?;
    all(api, "funders", named)
}

/// Operators that a reader believes.
pub fn believed(api: &dyn Api, named: &[String]) -> Result<Vec<CanonicalAddr>, ContractError> {
    belief::check_operators(named)?;
    all(api, "operators", named)
}

fn all(
    api: &dyn Api,
    field: &'static str,
    named: &[String],
) -> Result<Vec<CanonicalAddr>, ContractError> {
    named
        .iter()
        .map(|text| canonical(api, field, text))
        .collect()
}

/// An account beside the escrow, which could never use what it is given; `default` if none is named.
pub fn account(
    deps: Deps,
    env: &Env,
    field: &'static str,
    named: Option<String>,
    default: &Addr,
) -> Result<Addr, ContractError> {
    let account = match named {
        Some(text) => address(deps.api, field, &text)?,
        None => default.clone(),
    };
    if account == env.contract.address {
        return Err(ContractError::EscrowItself { field });
    }
    Ok(account)
}

/// A denomination. A token that the escrow knows need not answer again: however broken it becomes, only the token
/// itself can keep its holders from their money.
pub fn denom(deps: Deps, unchecked: &UncheckedDenom) -> Result<Denom, ContractError> {
    if let UncheckedDenom::Cw20(token) = unchecked {
        let known = Denom::cw20(address(deps.api, "denom", token)?);
        if denoms::find(deps.storage, &known)?.is_some() {
            return Ok(known);
        }
    }
    Ok(unchecked.check(deps)?)
}

/// What came along with tokens.
pub fn hook(msg: &Binary) -> Result<Cw20HookMsg, ContractError> {
    from_json(msg).map_err(|error| ContractError::MalformedHook {
        reason: error.to_string(),
    })
}

/// What a session shall allow; its rules are checked where it is opened.
pub fn opening(deps: Deps, env: &Env, session: NewSession) -> Result<Opening, ContractError> {
    let operator = account(
        deps,
        env,
        "operator",
        Some(session.operator),
        &env.contract.address,
    )?;
    if let Some(label) = &session.label {
        text::check("label", label, text::MAX_LABEL)?;
    }
    Ok(Opening {
        operator: deps.api.addr_canonicalize(operator.as_str())?,
        measurement: session
            .measurement
            .map(|measurement| Measurement::parse("measurement", &measurement))
            .transpose()?,
        models: session.models,
        max_price: session.max_price,
        budget: session.budget,
        expires_at: session.expires_at,
        ceiling: match session.ceiling {
            None => CeilingRule::None,
            Some(NewCeiling { key }) => CeilingRule::On {
                key: key
                    .map(|key| PublicKey::new(key.key_type.into(), &key.key))
                    .transpose()?,
            },
        },
        label: session.label,
    })
}
