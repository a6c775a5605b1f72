//! Batches become signed transactions, all of them before the first is sent.

use anyhow::{anyhow, Context, Result};
use cosmrs::cosmwasm::MsgExecuteContract;
use cosmrs::tx::{Body, Fee, Msg, SignDoc, SignerInfo};
use cosmrs::{AccountId, Coin};
use hub_chain::Hub;
use hub_types::billing::ExecuteMsg;
use hub_wire::digest::{batch_digest, Purpose};

use crate::market::Attester;

/// An account that sends, and its next sequence.
pub struct Sender {
    pub number: u64,
    pub sequence: u64,
}

/// Signs a batch as attester, and a transaction with it as submitter. The sequence moves on.
pub fn settlement(
    hub: &Hub,
    attester: &Attester,
    sender: &mut Sender,
    batch: Vec<u8>,
    gas: u64,
) -> Result<Vec<u8>> {
    let digest = batch_digest(&hub.tag(Purpose::Batch)?, &batch);
    let message = ExecuteMsg::SettleBatch {
        signature: attester.key.sign_digest(&digest).into(),
        batch: batch.into(),
        vouchers: vec![],
    };
    let failed = |error: cosmrs::ErrorReport| anyhow!("a transaction cannot be signed: {error}");
    let contract: AccountId = hub.billing().parse().map_err(failed)?;
    let execute = MsgExecuteContract {
        sender: attester.address.clone(),
        contract,
        msg: serde_json::to_vec(&message)?,
        funds: vec![],
    };
    let settings = hub.chain().settings();
    let fee = Coin::new(settings.fee(gas), &settings.fee_denom).map_err(failed)?;
    let body = Body::new(vec![execute.to_any().map_err(failed)?], "", 0u32);
    let info = SignerInfo::single_direct(Some(attester.submitter.public_key()), sender.sequence)
        .auth_info(Fee::from_amount_and_gas(fee, gas));
    let chain = settings.chain_id.parse().context("a chain id")?;
    let signed = SignDoc::new(&body, &info, &chain, sender.number)
        .and_then(|document| document.sign(&attester.submitter))
        .and_then(|signed| signed.to_bytes())
        .map_err(failed)?;
    sender.sequence += 1;
    Ok(signed)
}
