//! One receipt under a signature of its own.

use cosmwasm_std::{to_json_binary, DepsMut, Env, Response};
use hub_types::billing::ReceiptResponse;
use hub_types::wire::{digest, Receipt, SignedVoucher, Work};

use crate::contract::execute::collect::{self, nothing_settled};
use crate::domain::group::Group;
use crate::error::ContractError;
use crate::events::{Event, ReceiptSettled};
use crate::settlement::message::Settlement;
use crate::settlement::signature::domain_tag;
use crate::settlement::statement::Statement;
use crate::state::config;

pub fn settle(
    deps: DepsMut,
    env: &Env,
    bytes: &[u8],
    sequence: u64,
    signature: &[u8],
    voucher: Option<SignedVoucher>,
) -> Result<Response, ContractError> {
    let receipt = Receipt::decode(bytes).map_err(ContractError::MalformedReceipt)?;
    let end = sequence
        .checked_add(1)
        .ok_or(ContractError::SequenceTooLarge { sequence })?;
    let config = config::load(deps.storage)?;
    let statement = Statement::open(
        deps.as_ref(),
        env,
        &config,
        receipt.attester,
        receipt.issued_at,
    )?;
    let tag = domain_tag(deps.as_ref(), env, digest::Purpose::Receipt)?;
    let signed = digest::receipt_digest(&tag, bytes, sequence);
    statement.check_signature(deps.as_ref(), &signed, signature)?;

    let mut settlement = Settlement::new(deps.as_ref(), &config, statement);
    if let Some(voucher) = voucher {
        let tag = domain_tag(deps.as_ref(), env, digest::Purpose::Voucher)?;
        settlement.apply_vouchers([receipt.session], &[voucher], &tag)?;
    }
    let group = settlement.settle(&Group {
        session: receipt.session,
        model: receipt.model,
        release: receipt.release,
        terms: receipt.terms,
        blob_id: Some(receipt.blob_id),
        oldest: receipt.issued_at,
        newest: receipt.issued_at,
        sequence,
        end,
        work: &Work::itemised([receipt.units]),
    })?;
    let session = settlement.session_summary(receipt.session)?;
    let decided = settlement.finish()?;

    let response = Response::new().set_data(to_json_binary(&ReceiptResponse {
        outcome: group.outcome,
        amount: group.amount,
    })?);
    let Some((caller, denom)) = session.filter(|_| decided.changes_anything()) else {
        if decided.is_overtaken() {
            return Ok(response);
        }
        return Err(nothing_settled(&decided));
    };
    decided.usage.write(deps.storage);
    let caller = deps.api.addr_humanize(&caller)?;
    Ok(response
        .add_event(Event::ReceiptSettled(ReceiptSettled {
            receipt: &receipt,
            sequence,
            outcome: group.outcome,
            amount: group.amount,
            denom: &denom,
            caller: &caller,
        }))
        .add_submessage(collect::message(config.escrow, decided)?))
}
