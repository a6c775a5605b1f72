//! A batch decided: for the message that settles it, and for the query that previews it.

use cosmwasm_std::{Deps, Env};
use hub_types::billing::{BatchResponse, OutcomeRun};
use hub_types::wire::{digest, Batch, SignedVoucher};

use super::message::{Decided, Settlement};
use super::signature::domain_tag;
use super::statement::Statement;
use crate::domain::group::Group;
use crate::error::ContractError;
use crate::state::batches;
use crate::state::config::{self, Config};

/// Decides a batch, and writes nothing. Without a signature none is checked.
pub fn decide(
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
        let tag = domain_tag(deps, env, digest::Purpose::Batch)?;
        statement.check_signature(deps, &digest::batch_digest(&tag, bytes), signature)?;
    }
    let mut settlement = Settlement::new(deps, config, statement);
    if !signed_vouchers.is_empty() {
        let sessions = batch.groups.iter().map(|group| group.session);
        let tag = domain_tag(deps, env, digest::Purpose::Voucher)?;
        settlement.apply_vouchers(sessions, signed_vouchers, &tag)?;
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

/// The answer to a batch that was recorded under `number`, if it was.
pub fn answer(batch: &Batch, decided: &Decided, number: Option<u64>) -> BatchResponse {
    BatchResponse {
        attester: batch.attester,
        batch: number,
        offered: batch.offered(),
        paid: decided.paid,
        gross: decided.gross.clone(),
        outcomes: OutcomeRun::of(decided.groups.iter().map(|group| group.outcome)),
    }
}
