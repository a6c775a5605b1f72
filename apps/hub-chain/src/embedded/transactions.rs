//! What a block does with a transaction: the checks of the SDK's ante handler, fees, gas, and the results as nodes show them.

use base64::prelude::{Engine, BASE64_STANDARD};
use cosmrs::proto::cosmos::bank::v1beta1::MsgSend;
use cosmrs::proto::cosmos::base::abci::v1beta1::TxMsgData;
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use cosmrs::proto::cosmos::tx::v1beta1::{AuthInfo, SignDoc, TxBody, TxRaw};
use cosmrs::proto::cosmwasm::wasm::v1::{MsgExecuteContract, MsgExecuteContractResponse};
use cosmrs::proto::prost::Message as _;
use cosmrs::proto::Any;
use cosmwasm_std::{Addr, BankMsg, Binary, Coin, CosmosMsg, Empty, WasmMsg};
use hub_testing::AppResponse;
use serde_json::{json, Value};

use super::state::State;
use super::{FEE_DENOM, PREFIX};
use crate::tx::{TxHash, EXECUTE, OUT_OF_GAS, SEND, WRONG_SEQUENCE};

/// Why a transaction is not executed: code and log of the SDK.
pub(super) struct Rejected(pub(super) u32, pub(super) String);

/// A transaction whose envelope is in order.
pub(super) struct Checked {
    sender: String,
    messages: Vec<CosmosMsg>,
    gas_limit: u64,
    fee: Vec<Coin>,
    sequence: u64,
}

impl State {
    /// What a block does with a transaction, as `block_results` shows it.
    pub(super) fn deliver(&mut self, tx: &[u8], height: u64) -> Value {
        let checked = match self.check(tx, height) {
            Ok(checked) => checked,
            Err(Rejected(code, log)) => return failed(code, "sdk", &log, Gas::default()),
        };
        let account = self.account(&checked.sender);
        account.sequences.push((height, checked.sequence + 1));
        let sender = Addr::unchecked(&checked.sender);
        if !checked.fee.is_empty() {
            let collector = self.hub.account("fee collector").to_string();
            let pay = BankMsg::Send {
                to_address: collector,
                amount: checked.fee.clone(),
            };
            if let Err(error) = self.hub.bundle(&sender, vec![pay.into()]) {
                return failed(
                    5,
                    "sdk",
                    &format!("insufficient funds: {error}"),
                    Gas::default(),
                );
            }
        }
        let wanted = checked.gas_limit;
        let used = match self.try_out(&sender, checked.messages.clone(), tx.len()) {
            Ok(gas) => gas,
            Err((log, used)) => return failed(5, "wasm", &log, Gas { used, wanted }),
        };
        let gas = Gas { used, wanted };
        if used > wanted {
            let log = format!("out of gas in location: WritePerByte; gasWanted: {wanted}, gasUsed: {used}: out of gas");
            return failed(OUT_OF_GAS, "sdk", &log, gas);
        }
        match self.hub.bundle(&sender, checked.messages) {
            Ok(responses) => succeeded(&responses, gas),
            Err(error) => failed(5, "wasm", &log_of(error.root_cause()), gas),
        }
    }

    /// Gas of messages, which are undone again; or what they fail with.
    fn try_out(
        &mut self,
        sender: &Addr,
        mut messages: Vec<CosmosMsg>,
        bytes: usize,
    ) -> Result<u64, (String, u64)> {
        // The last message fails whatever comes before it, and undoes all of it.
        const UNDO: &str = "Unexpected exec msg Empty";
        let count = messages.len() as u64;
        messages.push(CosmosMsg::Custom(Empty {}));
        let (result, cost) = self.hub.metered(|hub| hub.bundle(sender, messages));
        let log = match result {
            Ok(_) => String::new(),
            Err(error) => error.root_cause().to_string(),
        };
        let reached_end = log.starts_with(UNDO);
        let gas = 60_000
            + 14 * bytes as u64
            + 100_000 * count
            + 1_000 * (cost.reads + cost.ranges)
            + 2_000 * (cost.writes + cost.removals)
            + 3 * cost.bytes
            + 30 * cost.bytes_written;
        if reached_end {
            Ok(gas)
        } else {
            Err((log_of(&log), gas))
        }
    }

    /// Whether a transaction may be executed in the block at `height`: what the SDK's ante handler checks.
    pub(super) fn check(&mut self, tx: &[u8], height: u64) -> Result<Checked, Rejected> {
        let unreadable = |what: String| Rejected(2, format!("tx parse error: {what}"));
        let raw = TxRaw::decode(tx).map_err(|error| unreadable(error.to_string()))?;
        let body = TxBody::decode(raw.body_bytes.as_slice())
            .map_err(|error| unreadable(error.to_string()))?;
        let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice())
            .map_err(|error| unreadable(error.to_string()))?;
        let (Some(signer), [signature]) = (auth.signer_infos.first(), raw.signatures.as_slice())
        else {
            return Err(Rejected(
                15,
                "one signer is expected: no signatures supplied".to_owned(),
            ));
        };
        let fee = auth.fee.unwrap_or_default();
        if body.timeout_height != 0 && height > body.timeout_height {
            let log = format!(
                "block height: {height}, timeout height: {}: tx timeout height",
                body.timeout_height
            );
            return Err(Rejected(30, log));
        }
        if fee.gas_limit > self.options.block_gas {
            let log = format!(
                "tx gas limit {} exceeds block max gas {}: invalid gas limit",
                fee.gas_limit, self.options.block_gas
            );
            return Err(Rejected(41, log));
        }
        let (sender, messages) = messages_in(&body.messages).map_err(unreadable)?;
        if self.balance(&sender, FEE_DENOM) == 0 && !self.accounts.contains_key(&sender) {
            return Err(Rejected(
                9,
                format!("fee payer address: {sender} does not exist: unknown address"),
            ));
        }
        let account = self.account(&sender);
        let (number, sequence) = (account.number, account.sequence());
        if signer.sequence != sequence {
            let log = format!(
                "account sequence mismatch, expected {sequence}, got {}: incorrect account sequence",
                signer.sequence
            );
            return Err(Rejected(WRONG_SEQUENCE, log));
        }
        let document = SignDoc {
            body_bytes: raw.body_bytes.clone(),
            auth_info_bytes: raw.auth_info_bytes.clone(),
            chain_id: self.options.chain_id.clone(),
            account_number: number,
        }
        .encode_to_vec();
        if !signed_by(signer.public_key.as_ref(), &sender, &document, signature) {
            return Err(Rejected(4, "signature verification failed; please verify account number and chain-id: unauthorized".to_owned()));
        }
        let fee_coins = coins(&fee.amount).map_err(unreadable)?;
        let paid: u128 = fee_coins
            .iter()
            .filter(|coin| coin.denom == FEE_DENOM)
            .map(|coin| coin.amount.u128())
            .sum();
        let required = u128::from(fee.gas_limit).div_ceil(40);
        if paid < required {
            let log = format!("insufficient fees; got: {paid}{FEE_DENOM} required: {required}{FEE_DENOM}: insufficient fee");
            return Err(Rejected(13, log));
        }
        if fee_coins
            .iter()
            .any(|coin| self.balance(&sender, &coin.denom) < coin.amount.u128())
        {
            return Err(Rejected(
                5,
                format!(
                    "spendable balance of {sender} is smaller than the fee: insufficient funds"
                ),
            ));
        }
        Ok(Checked {
            sender,
            messages,
            gas_limit: fee.gas_limit,
            fee: fee_coins,
            sequence,
        })
    }

    pub(super) fn simulate(&mut self, tx: &[u8]) -> Result<u64, Rejected> {
        let unreadable = |what: String| Rejected(2, format!("tx parse error: {what}"));
        let raw = TxRaw::decode(tx).map_err(|error| unreadable(error.to_string()))?;
        let body = TxBody::decode(raw.body_bytes.as_slice())
            .map_err(|error| unreadable(error.to_string()))?;
        let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice())
            .map_err(|error| unreadable(error.to_string()))?;
        let (sender, messages) = messages_in(&body.messages).map_err(unreadable)?;
        let expected = self.account(&sender).sequence();
        let got = auth
            .signer_infos
            .first()
            .map_or(0, |signer| signer.sequence);
        if got != expected {
            let log = format!("account sequence mismatch, expected {expected}, got {got}: incorrect account sequence");
            return Err(Rejected(WRONG_SEQUENCE, log));
        }
        // Simulated as a part of the next block, as nodes do by and large.
        let info = self.hub.app.block_info();
        let gas = self.try_out(&Addr::unchecked(sender), messages, tx.len() + 64);
        debug_assert_eq!(info, self.hub.app.block_info());
        match gas {
            Ok(gas) if gas > self.options.block_gas => Err(Rejected(
                OUT_OF_GAS,
                "out of gas in location: ReadFlat; gas of the block: out of gas".to_owned(),
            )),
            Ok(gas) => Ok(gas),
            Err((log, _)) => Err(Rejected(5, log)),
        }
    }
}

/// The messages of a transaction and the one account that sends all of them.
fn messages_in(messages: &[Any]) -> Result<(String, Vec<CosmosMsg>), String> {
    let mut senders = vec![];
    let mut found = vec![];
    for message in messages {
        let value = message.value.as_slice();
        let (sender, message): (String, CosmosMsg) = match message.type_url.as_str() {
            EXECUTE => {
                let execute =
                    MsgExecuteContract::decode(value).map_err(|error| error.to_string())?;
                let message = WasmMsg::Execute {
                    contract_addr: execute.contract,
                    msg: execute.msg.into(),
                    funds: coins(&execute.funds)?,
                };
                (execute.sender, message.into())
            }
            SEND => {
                let send = MsgSend::decode(value).map_err(|error| error.to_string())?;
                let message = BankMsg::Send {
                    to_address: send.to_address,
                    amount: coins(&send.amount)?,
                };
                (send.from_address, message.into())
            }
            other => return Err(format!("unable to resolve type URL {other}")),
        };
        senders.push(sender);
        found.push(message);
    }
    senders.dedup();
    match senders.as_slice() {
        [sender] => Ok((sender.clone(), found)),
        _ => Err("one sender of at least one message is expected".to_owned()),
    }
}

fn coins(coins: &[ProtoCoin]) -> Result<Vec<Coin>, String> {
    let coins = coins.iter().map(|coin| {
        let amount: u128 = coin
            .amount
            .parse()
            .map_err(|_| format!("{:?} is no amount", coin.amount))?;
        Ok(Coin::new(amount, coin.denom.clone()))
    });
    coins.collect()
}

fn signed_by(key: Option<&Any>, sender: &str, document: &[u8], signature: &[u8]) -> bool {
    let Some(key) = key.and_then(|key| cosmrs::crypto::PublicKey::try_from(key).ok()) else {
        return false;
    };
    let is_of_sender = key
        .account_id(PREFIX)
        .is_ok_and(|id| id.to_string() == sender);
    let digest: [u8; 32] = TxHash::of(document).0;
    let key = hub_wire::PublicKey::new(hub_wire::KeyType::Secp256k1, &key.to_bytes());
    let signature: Result<[u8; 64], _> = signature.try_into();
    match (is_of_sender, key, signature) {
        (true, Ok(key), Ok(signature)) => hub_wire::verify_digest(&key, &digest, &signature),
        _ => false,
    }
}

/// The innermost cause, which is the contract's own sentence, as nodes wrap it.
fn log_of(cause: &(impl std::fmt::Display + ?Sized)) -> String {
    format!("failed to execute message; message index: 0: {cause}: execute wasm contract failed")
}

/// Gas of a transaction, as nodes show it.
#[derive(Clone, Copy, Default)]
struct Gas {
    used: u64,
    wanted: u64,
}

fn failed(code: u32, codespace: &str, log: &str, gas: Gas) -> Value {
    json!({
        "code": code, "data": null, "log": log, "info": "", "codespace": codespace, "events": [],
        "gas_used": gas.used.to_string(), "gas_wanted": gas.wanted.to_string()
    })
}

fn succeeded(responses: &[AppResponse], gas: Gas) -> Value {
    let answers = responses.iter().map(|response| Any {
        type_url: "/cosmwasm.wasm.v1.MsgExecuteContractResponse".to_owned(),
        value: MsgExecuteContractResponse {
            data: response.data.clone().map(Binary::into).unwrap_or_default(),
        }
        .encode_to_vec(),
    });
    #[allow(deprecated)]
    let data = TxMsgData {
        data: vec![],
        msg_responses: answers.collect(),
    };
    let events = responses
        .iter()
        .flat_map(|response| &response.events)
        .map(|event| {
            let attributes = event
                .attributes
                .iter()
                .map(|one| json!({"key": one.key, "value": one.value, "index": true}));
            json!({"type": event.ty, "attributes": attributes.collect::<Vec<_>>()})
        });
    json!({
        "code": 0, "data": BASE64_STANDARD.encode(data.encode_to_vec()), "log": "", "info": "", "codespace": "",
        "events": events.collect::<Vec<_>>(),
        "gas_used": gas.used.to_string(), "gas_wanted": gas.wanted.to_string()
    })
}
