//! What is stored, as answers and events show it.

use cosmwasm_std::{Deps, Env, HexBinary};
use hub_types::denom::Denom;
use hub_types::escrow::{
    BalanceResponse, Ceiling, DenomResponse, LaneResponse, ModelRef, Models, SessionResponse,
    VoucherKey,
};
use hub_types::ids::{DenomNumber, SessionId};
use hub_types::records::escrow::{BalanceRecord, ListedModel};
use hub_types::wire::PublicKey;

use crate::error::ContractError;
use crate::state::{denoms, sessions};

pub fn balance(
    number: Option<DenomNumber>,
    denom: Denom,
    record: BalanceRecord,
) -> BalanceResponse {
    BalanceResponse {
        denom,
        denom_number: number,
        available: record.available.into(),
        earned: record.earned.into(),
        auto_payout: record.auto_payout,
    }
}

pub fn denom(
    deps: Deps,
    number: DenomNumber,
    denom: Denom,
) -> Result<DenomResponse, ContractError> {
    Ok(DenomResponse {
        denom,
        denom_number: number,
        owed: denoms::owed(deps.storage, number)?,
    })
}

pub fn session(
    deps: Deps,
    env: &Env,
    session: SessionId,
) -> Result<SessionResponse, ContractError> {
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
        kept: record.kept.into(),
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
