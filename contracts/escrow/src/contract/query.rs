//! Answers.

use cosmwasm_std::{to_json_binary, Binary, CanonicalAddr, Deps, Env};
use hub_types::belief;
use hub_types::denom::Denom;
use hub_types::escrow::{
    BalanceResponse, BalancesResponse, ConfigResponse, DenomResponse, DenomsResponse, FunderSpend,
    QueryMsg, SessionsResponse, SolvencyResponse, SpendByOperatorResponse, SpendResponse,
    SpendsResponse, SpentWith,
};
use hub_types::ids::{DenomNumber, SessionId};
use hub_types::packed::LAYOUT;
use hub_types::page;
use hub_types::records::escrow::{BalanceRecord, Spent};

use super::{parse, view};
use crate::error::ContractError;
use crate::state::{accounts, config, denoms, sessions, spend};

/// Parses a question and dispatches it.
pub fn answer(deps: Deps, env: &Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Balance { address, denom } => {
            let owner = parse::canonical(deps.api, "address", &address)?;
            let denom = parse::denom(deps, &denom)?;
            to_json_binary(&balance(deps, owner, denom)?)
        }
        QueryMsg::Balances {
            address,
            start_after,
            limit,
        } => {
            let owner = parse::canonical(deps.api, "address", &address)?;
            to_json_binary(&balances(deps, owner, start_after, limit)?)
        }
        QueryMsg::Denoms { start_after, limit } => {
            to_json_binary(&denoms(deps, start_after, limit)?)
        }
        QueryMsg::Denom { denom } => {
            let denom = parse::denom(deps, &denom)?;
            to_json_binary(&one_denom(deps, denom)?)
        }
        QueryMsg::Session { session } => to_json_binary(&view::session(deps, env, session)?),
        QueryMsg::SessionsByCaller {
            caller,
            start_after,
            limit,
        } => {
            let caller = parse::canonical(deps.api, "caller", &caller)?;
            to_json_binary(&sessions_by_caller(deps, env, caller, start_after, limit)?)
        }
        QueryMsg::SessionsByOperator {
            operator,
            start_after,
            limit,
        } => {
            let operator = parse::canonical(deps.api, "operator", &operator)?;
            to_json_binary(&sessions_by_operator(
                deps,
                env,
                operator,
                start_after,
                limit,
            )?)
        }
        QueryMsg::SessionsFromOthers {
            caller,
            start_after,
            limit,
        } => {
            let caller = parse::canonical(deps.api, "caller", &caller)?;
            to_json_binary(&sessions_from_others(
                deps,
                env,
                caller,
                start_after,
                limit,
            )?)
        }
        QueryMsg::SessionsForOthers {
            funder,
            start_after,
            limit,
        } => {
            let funder = parse::canonical(deps.api, "funder", &funder)?;
            to_json_binary(&sessions_for_others(deps, env, funder, start_after, limit)?)
        }
        QueryMsg::Spend { funder, denom } => {
            let funder = parse::canonical(deps.api, "funder", &funder)?;
            let denom = parse::denom(deps, &denom)?;
            to_json_binary(&spend(deps, funder, denom)?)
        }
        QueryMsg::SpendByOperator {
            funder,
            denom,
            start_after,
            limit,
        } => {
            let funder = parse::canonical(deps.api, "funder", &funder)?;
            let denom = parse::denom(deps, &denom)?;
            let start_after = start_after
                .map(|operator| parse::canonical(deps.api, "start_after", &operator))
                .transpose()?;
            to_json_binary(&spend_by_operator(
                deps,
                funder,
                &denom,
                start_after,
                limit,
            )?)
        }
        QueryMsg::Spends {
            funders,
            denom,
            operators,
        } => {
            let denom = parse::denom(deps, &denom)?;
            let funders = parse::funders(deps.api, &funders)?;
            belief::check_pairs(&funders, &operators)?;
            let operators = parse::believed(deps.api, &operators)?;
            to_json_binary(&spends(deps, funders, &denom, &operators)?)
        }
        QueryMsg::Solvency { denom } => {
            let denom = parse::denom(deps, &denom)?;
            to_json_binary(&solvency(deps, env, denom)?)
        }
    };
    Ok(answer?)
}

fn config(deps: Deps) -> Result<ConfigResponse, ContractError> {
    Ok(ConfigResponse {
        layout: LAYOUT,
        collector: config::collector(deps.storage)?,
        receipt_max_age_seconds: config::receipt_max_age(deps.storage)?.0,
    })
}

fn balance(
    deps: Deps,
    owner: CanonicalAddr,
    denom: Denom,
) -> Result<BalanceResponse, ContractError> {
    let number = denoms::find(deps.storage, &denom)?;
    let record = match number {
        Some(number) => accounts::balance(deps.storage, &owner, number)?,
        None => BalanceRecord::default(),
    };
    Ok(view::balance(number, denom, record))
}

fn balances(
    deps: Deps,
    owner: CanonicalAddr,
    start_after: Option<DenomNumber>,
    limit: Option<u32>,
) -> Result<BalancesResponse, ContractError> {
    let balances = accounts::page(deps.storage, &owner, start_after, page::size(limit)?)?
        .into_iter()
        .map(|(number, record)| {
            let denom = denoms::get(deps.storage, number)?;
            Ok(view::balance(Some(number), denom, record))
        })
        .collect::<Result<_, ContractError>>()?;
    Ok(BalancesResponse { balances })
}

fn denoms(
    deps: Deps,
    start_after: Option<DenomNumber>,
    limit: Option<u32>,
) -> Result<DenomsResponse, ContractError> {
    let denoms = denoms::page(deps.storage, start_after, page::size(limit)?)?
        .into_iter()
        .map(|(number, denom)| view::denom(deps, number, denom))
        .collect::<Result<_, ContractError>>()?;
    Ok(DenomsResponse { denoms })
}

fn one_denom(deps: Deps, denom: Denom) -> Result<Option<DenomResponse>, ContractError> {
    denoms::find(deps.storage, &denom)?
        .map(|number| view::denom(deps, number, denom))
        .transpose()
}

fn sessions_by_caller(
    deps: Deps,
    env: &Env,
    caller: CanonicalAddr,
    start_after: Option<SessionId>,
    limit: Option<u32>,
) -> Result<SessionsResponse, ContractError> {
    let ids = sessions::of_caller(deps.storage, &caller, start_after, page::size(limit)?)?;
    sessions_response(deps, env, ids)
}

fn sessions_by_operator(
    deps: Deps,
    env: &Env,
    operator: CanonicalAddr,
    start_after: Option<SessionId>,
    limit: Option<u32>,
) -> Result<SessionsResponse, ContractError> {
    let ids = sessions::of_operator(deps.storage, &operator, start_after, page::size(limit)?)?;
    sessions_response(deps, env, ids)
}

fn sessions_from_others(
    deps: Deps,
    env: &Env,
    caller: CanonicalAddr,
    start_after: Option<SessionId>,
    limit: Option<u32>,
) -> Result<SessionsResponse, ContractError> {
    let ids = sessions::from_others(deps.storage, &caller, start_after, page::size(limit)?)?;
    sessions_response(deps, env, ids)
}

fn sessions_for_others(
    deps: Deps,
    env: &Env,
    funder: CanonicalAddr,
    start_after: Option<SessionId>,
    limit: Option<u32>,
) -> Result<SessionsResponse, ContractError> {
    let ids = sessions::for_others(deps.storage, &funder, start_after, page::size(limit)?)?;
    sessions_response(deps, env, ids)
}

fn spend(deps: Deps, funder: CanonicalAddr, denom: Denom) -> Result<SpendResponse, ContractError> {
    let released = match denoms::find(deps.storage, &denom)? {
        Some(number) => spend::released(deps.storage, &funder, number)?,
        None => Spent::default(),
    };
    Ok(SpendResponse {
        denom,
        released: released.spent.into(),
        kept: released.kept.into(),
    })
}

fn spend_by_operator(
    deps: Deps,
    funder: CanonicalAddr,
    denom: &Denom,
    start_after: Option<CanonicalAddr>,
    limit: Option<u32>,
) -> Result<SpendByOperatorResponse, ContractError> {
    let limit = page::size(limit)?;
    let page = match denoms::find(deps.storage, denom)? {
        Some(number) => spend::page(deps.storage, &funder, number, start_after, limit)?,
        None => vec![],
    };
    let operators = page.into_iter().map(|(operator, with)| {
        Ok(SpentWith {
            operator: deps.api.addr_humanize(&operator)?,
            released: with.spent.into(),
            kept: with.kept.into(),
        })
    });
    Ok(SpendByOperatorResponse {
        operators: operators.collect::<Result<_, ContractError>>()?,
    })
}

fn spends(
    deps: Deps,
    funders: Vec<CanonicalAddr>,
    denom: &Denom,
    operators: &[CanonicalAddr],
) -> Result<SpendsResponse, ContractError> {
    // Numbers start at 1, so nothing is ever kept under 0.
    let number = denoms::find(deps.storage, denom)?.unwrap_or(DenomNumber(0));
    let funders = funders.into_iter().map(|funder| {
        let mut with = Spent::default();
        for operator in operators {
            let one = spend::released_with(deps.storage, &funder, number, operator)?;
            with = with.and(one);
        }
        Ok(FunderSpend {
            released: spend::released(deps.storage, &funder, number)?.spent.into(),
            released_with: with.spent.into(),
            kept_with: with.kept.into(),
            funder: deps.api.addr_humanize(&funder)?,
        })
    });
    Ok(SpendsResponse {
        funders: funders.collect::<Result<_, ContractError>>()?,
    })
}

fn sessions_response(
    deps: Deps,
    env: &Env,
    ids: Vec<SessionId>,
) -> Result<SessionsResponse, ContractError> {
    let sessions = ids
        .into_iter()
        .map(|id| view::session(deps, env, id))
        .collect::<Result<_, ContractError>>()?;
    Ok(SessionsResponse { sessions })
}

fn solvency(deps: Deps, env: &Env, denom: Denom) -> Result<SolvencyResponse, ContractError> {
    Ok(SolvencyResponse {
        held: denom.held(&deps.querier, &env.contract.address)?,
        owed: match denoms::find(deps.storage, &denom)? {
            Some(number) => denoms::owed(deps.storage, number)?,
            None => 0u128.into(),
        },
        denom,
    })
}
