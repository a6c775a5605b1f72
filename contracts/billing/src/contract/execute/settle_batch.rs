//! Many receipts under one signature.

use std::collections::BTreeSet;

use cosmwasm_std::{to_json_binary, Deps, DepsMut, Env, Response};
use hub_types::billing::{BatchResponse, OutcomeRun};
use hub_types::records::billing::BatchRecord;
use hub_types::wire::{digest, Batch, SignedVoucher};

use crate::contract::domain;
use crate::contract::execute::collect::{self, nothing_settled};
use crate::error::ContractError;
use crate::events::Event;
use crate::settlement::{Decided, Group, Settlement, Statement};
use crate::state::batches;
use crate::state::config::{self, Config};

pub fn settle_batch(
    deps: DepsMut,
    env: Env,
    batch: &[u8],
    signature: &[u8],
    vouchers: &[SignedVoucher],
) -> Result<Response, ContractError> {
    let config = config::load(deps.storage)?;
    let (batch, decided) = decide(
        deps.as_ref(),
        &env,
        &config,
        batch,
        Some(signature),
        vouchers,
    )?;
    let mut response = answer(&batch, &decided, None);
    if !decided.changes_anything() {
        // Being overtaken by one's own retry harms no bundle of messages that this one is part of.
        if decided.is_stale() {
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

/// What the message would answer now. Without a signature none is checked.
pub fn preview(
    deps: Deps,
    env: &Env,
    batch: &[u8],
    signature: Option<&[u8]>,
    vouchers: &[SignedVoucher],
) -> Result<BatchResponse, ContractError> {
    let config = config::load(deps.storage)?;
    let (batch, decided) = decide(deps, env, &config, batch, signature, vouchers)?;
    let number = if decided.changes_anything() {
        Some(batches::count(deps.storage, batch.attester)?.saturating_add(1))
    } else {
        None
    };
    Ok(answer(&batch, &decided, number))
}

fn decide(
    deps: Deps,
    env: &Env,
    config: &Config,
    bytes: &[u8],
    signature: Option<&[u8]>,
    signed_vouchers: &[SignedVoucher],
) -> Result<(Batch, Decided), ContractError> {
    let batch = Batch::decode(bytes).map_err(ContractError::MalformedBatch)?;
    let statement = Statement::open(deps, env, config, batch.attester, batch.issued_to)?;
    if let Some(signature) = signature {
        let tag = domain(deps, env, digest::Purpose::Batch)?;
        statement.check_signature(deps, &digest::batch_digest(&tag, bytes), signature)?;
    }
    let mut settlement = Settlement::new(deps, config, statement);
    if !signed_vouchers.is_empty() {
        let sessions: BTreeSet<u64> = batch.groups.iter().map(|group| group.session).collect();
        let tag = domain(deps, env, digest::Purpose::Voucher)?;
        settlement.apply_vouchers(&sessions, signed_vouchers, &tag)?;
    }
    for group in &batch.groups {
        settlement.settle(&Group {
            session: group.session,
            model: group.model,
            release: group.release,
            terms: group.terms,
            blob_id: None,
            oldest: batch.oldest(group),
            newest: batch.newest(group),
            sequence: group.sequence,
            end: group.end(),
            work: &group.work,
        })?;
    }
    let decided = settlement.finish()?;
    Ok((batch, decided))
}

fn answer(batch: &Batch, decided: &Decided, number: Option<u64>) -> BatchResponse {
    BatchResponse {
        attester: batch.attester,
        batch: number,
        offered: batch.offered(),
        paid: decided.paid,
        gross: decided.gross.clone(),
        outcomes: OutcomeRun::of(decided.groups.iter().map(|group| group.outcome)),
    }
}
