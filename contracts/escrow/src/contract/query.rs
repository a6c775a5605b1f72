//! Answers.

use hub_types::ids::{DenomNumber, SessionId};
use cosmwasm_std::{CanonicalAddr, Deps, Env, HexBinary};
use hub_types::denom::Denom;
use hub_types::escrow::{
    BalanceResponse, BalancesResponse, Ceiling, ConfigResponse, DenomResponse, DenomsResponse,
    LaneResponse, ModelRef, Models, SessionResponse, SessionsResponse, SolvencyResponse,
    SpendResponse, VoucherKey,
};
use hub_types::packed::LAYOUT;
use hub_types::page;
use hub_types::records::escrow::{BalanceRecord, ListedModel};
use hub_types::wire::PublicKey;

use crate::error::ContractError;
use crate::state::{account, config, denoms, sessions, spend};

pub fn config(deps: Deps) -> Result<ConfigResponse, ContractError> {
    Ok(ConfigResponse {
        layout: LAYOUT,
        collector: config::collector(deps.storage)?,
        receipt_max_age_seconds: config::receipt_max_age_seconds(deps.storage)?,
    })
}

pub fn balance(
    deps: Deps,
    owner: CanonicalAddr,
    denom: Denom,
) -> Result<BalanceResponse, ContractError> {
    let number = denoms::find(deps.storage, &denom)?;
    let record = match number {
        Some(number) => account::balance(deps.storage, &owner, number)?,
        None => BalanceRecord::default(),
    };
    Ok(balance_response(number, denom, record))
}

pub fn balances(
    deps: Deps,
    owner: CanonicalAddr,
    start_after: Option<DenomNumber>,
    limit: Option<u32>,
) -> Result<BalancesResponse, ContractError> {
    let balances = account::page(deps.storage, &owner, start_after, page::limit(limit))?
        .into_iter()
        .map(|(number, record)| {
            let denom = denoms::get(deps.storage, number)?;
            Ok(balance_response(Some(number), denom, record))
        })
        .collect::<Result<_, ContractError>>()?;
    Ok(BalancesResponse { balances })
}

fn balance_response(number: Option<DenomNumber>, denom: Denom, record: BalanceRecord) -> BalanceResponse {
    BalanceResponse {
        denom,
        denom_number: number,
        available: record.available.into(),
        earned: record.earned.into(),
        auto_payout: record.auto_payout,
    }
}

pub fn denoms(
    deps: Deps,
    start_after: Option<DenomNumber>,
    limit: Option<u32>,
) -> Result<DenomsResponse, ContractError> {
    let denoms = denoms::page(deps.storage, start_after, page::limit(limit))?
        .into_iter()
        .map(|(number, denom)| denom_response(deps, number, denom))
        .collect::<Result<_, ContractError>>()?;
    Ok(DenomsResponse { denoms })
}

pub fn denom(deps: Deps, denom: Denom) -> Result<Option<DenomResponse>, ContractError> {
    denoms::find(deps.storage, &denom)?
        .map(|number| denom_response(deps, number, denom))
        .transpose()
}

fn denom_response(deps: Deps, number: DenomNumber, denom: Denom) -> Result<DenomResponse, ContractError> {
    Ok(DenomResponse {
        denom,
        denom_number: number,
        owed: denoms::owed(deps.storage, number)?,
    })
}

pub fn session(deps: Deps, env: &Env, session: SessionId) -> Result<SessionResponse, ContractError> {
    let session = sessions::load(deps.storage, session)?;
    let (policy, record) = (&session.policy, &session.reserve.record);
    Ok(SessionResponse {
        session: session.id(),
        caller: deps.api.addr_humanize(&policy.caller)?,
        funder: deps.api.addr_humanize(&policy.funder)?,
        operator: deps.api.addr_humanize(&policy.operator)?,
        measurement: policy.measurement.map(HexBinary::from),
        models: models(&policy.models),
        max_price: policy.max_price,
        denom: denoms::get(deps.storage, record.denom)?,
        budget: record.budget.into(),
        spent: record.spent.into(),
        left: record.left().into(),
        ceiling: record.ceiling.map(|ceiling| Ceiling {
            ceiling: ceiling.into(),
            key: policy.voucher_key.as_ref().map(voucher_key),
        }),
        opened_at: policy.opened_at,
        ends_at: policy.ends_at(),
        state: session.state(env.block.time.seconds()),
        lanes: record
            .lanes
            .iter()
            .map(|lane| LaneResponse {
                attester: lane.attester,
                next: lane.next,
            })
            .collect(),
        label: sessions::label(deps.storage, session.id())?,
    })
}

pub fn sessions_by_caller(
    deps: Deps,
    env: &Env,
    caller: CanonicalAddr,
    start_after: Option<SessionId>,
    limit: Option<u32>,
) -> Result<SessionsResponse, ContractError> {
    let ids = sessions::of_caller(deps.storage, &caller, start_after, page::limit(limit))?;
    sessions_response(deps, env, ids)
}

pub fn sessions_by_operator(
    deps: Deps,
    env: &Env,
    operator: CanonicalAddr,
    start_after: Option<SessionId>,
    limit: Option<u32>,
) -> Result<SessionsResponse, ContractError> {
    let ids = sessions::of_operator(deps.storage, &operator, start_after, page::limit(limit))?;
    sessions_response(deps, env, ids)
}

pub fn sessions_for_others(
    deps: Deps,
    env: &Env,
    funder: CanonicalAddr,
    start_after: Option<SessionId>,
    limit: Option<u32>,
) -> Result<SessionsResponse, ContractError> {
    let ids = sessions::for_others(deps.storage, &funder, start_after, page::limit(limit))?;
    sessions_response(deps, env, ids)
}

pub fn spend(
    deps: Deps,
    funder: CanonicalAddr,
    denom: Denom,
) -> Result<SpendResponse, ContractError> {
    let released = match denoms::find(deps.storage, &denom)? {
        Some(number) => spend::released(deps.storage, &funder, number)?,
        None => 0,
    };
    Ok(SpendResponse {
        denom,
        released: released.into(),
    })
}

fn sessions_response(
    deps: Deps,
    env: &Env,
    ids: Vec<SessionId>,
) -> Result<SessionsResponse, ContractError> {
    let sessions = ids
        .into_iter()
        .map(|id| session(deps, env, id))
        .collect::<Result<_, ContractError>>()?;
    Ok(SessionsResponse { sessions })
}

pub fn solvency(deps: Deps, env: &Env, denom: Denom) -> Result<SolvencyResponse, ContractError> {
    Ok(SolvencyResponse {
        held: denom.held(&deps.querier, &env.contract.address)?,
        owed: match denoms::find(deps.storage, &denom)? {
            Some(number) => denoms::owed(deps.storage, number)?,
            None => 0u128.into(),
        },
        denom,
    })
}

fn models(listed: &[ListedModel]) -> Models {
    if listed.is_empty() {
        return Models::Any {};
    }
    Models::Listed(
        listed
            .iter()
            .map(|listed| ModelRef {
                model: listed.model,
                release: listed.release,
            })
            .collect(),
    )
}

fn voucher_key(key: &PublicKey) -> VoucherKey {
    VoucherKey {
        key_type: key.key_type().into(),
        key: key.as_bytes().into(),
    }
}
