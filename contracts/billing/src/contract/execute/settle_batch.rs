//! Many receipts under one signature.

use cosmwasm_std::{to_json_binary, DepsMut, Env, Response};
use hub_types::records::billing::BatchRecord;
use hub_types::wire::SignedVoucher;

use crate::contract::execute::collect::{self, nothing_settled};
use crate::error::ContractError;
use crate::events::Event;
use crate::settlement::batch::{answer, decide};
use crate::state::{batches, config};

pub fn settle_batch(
    deps: DepsMut,
    env: &Env,
    batch: &[u8],
    signature: &[u8],
    vouchers: &[SignedVoucher],
) -> Result<Response, ContractError> {
    let config = config::load(deps.storage)?;
    let (batch, decided) = decide(
        deps.as_ref(),
        env,
        &config,
        batch,
        Some(signature),
        vouchers,
    )?;
    let mut response = answer(&batch, &decided, None);
    if !decided.changes_anything() {
        // Being overtaken by one's own retry harms no bundle of messages that this one is part of.
        if decided.is_overtaken() {
            return Ok(Response::new().set_data(to_json_binary(&response)?));
        }
        return Err(nothing_settled(&decided));
    }
    let number = batches::record(
        deps.storage,
        batch.attester,
        &BatchRecord {
            receipts_root: batch.receipts_root,
            offered: response.offered,
            paid: response.paid,
            settled_at: env.block.time.seconds(),
        },
    )?;
    response.batch = Some(number);
    decided.usage.write(deps.storage);
    Ok(Response::new()
        .set_data(to_json_binary(&response)?)
        .add_event(Event::BatchSettled {
            batch: &batch,
            response: &response,
        })
        .add_submessage(collect::message(config.escrow, decided)?))
}
