//! What a node of this chain answers: CometBFT's JSON-RPC, and the queries within it.

use base64::prelude::{Engine, BASE64_STANDARD};
use cosmrs::proto::cosmos::auth::v1beta1::{
    BaseAccount, QueryAccountRequest, QueryAccountResponse,
};
use cosmrs::proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use cosmrs::proto::cosmos::base::abci::v1beta1::GasInfo;
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use cosmrs::proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use cosmrs::proto::cosmwasm::wasm::v1::{
    QueryRawContractStateRequest, QueryRawContractStateResponse, QuerySmartContractStateRequest,
    QuerySmartContractStateResponse,
};
use cosmrs::proto::prost::Message as _;
use cosmrs::proto::Any;
use cosmwasm_std::{to_json_vec, ContractResult, Empty, QueryRequest, SystemResult, WasmQuery};
use hub_testing::Hub as TestHub;
use serde_json::{json, Value};

use super::state::{Block, State};
use super::transactions::Rejected;
use super::{Clock, FEE_DENOM};
use crate::encoding::{bytes, number};
use crate::node::RpcError;
use crate::tx::TxHash;

/// Gas of a query, at the most, as nodes have it by default.
const QUERY_GAS: u64 = 3_000_000;

/// Path of the query for an account.
const ACCOUNT: &str = "/cosmos.auth.v1beta1.Query/Account";

impl State {
    pub(super) fn answer(&mut self, method: &str, params: &Value) -> Result<Value, RpcError> {
        match method {
            "health" => Ok(json!({})),
            "status" => Ok(self.status()),
            "abci_query" => self.abci_query(params),
            "broadcast_tx_sync" => self.broadcast(params),
            "tx" => self.tx(params),
            "block" => self
                .block_of(params)
                .map(|block| block_json(&self.options.chain_id, block)),
            "block_results" => {
                let block = self.block_of(params)?;
                Ok(json!({
                    "height": block.height.to_string(), "txs_results": block.results,
                    "finalize_block_events": [], "app_hash": ""
                }))
            }
            _ => Err(RpcError {
                code: -32_601,
                message: "Method not found".to_owned(),
                data: method.to_owned(),
            }),
        }
    }

    fn status(&self) -> Value {
        let (first, last) = (self.blocks.first(), self.blocks.last());
        json!({
            "node_info": {
                "network": self.options.chain_id, "version": "0.39.0", "moniker": "embedded",
                "other": {"tx_index": "on"}
            },
            "sync_info": {
                "latest_block_height": last.map_or(0, |block| block.height).to_string(),
                "latest_block_time": time_text(last.map_or(0, |block| block.time)),
                "earliest_block_height": first.map_or(0, |block| block.height).to_string(),
                "earliest_block_time": time_text(first.map_or(0, |block| block.time)),
                "catching_up": false
            }
        })
    }

    fn block_of(&self, params: &Value) -> Result<&Block, RpcError> {
        let height = params
            .get("height")
            .and_then(number)
            .unwrap_or_else(|| self.latest());
        self.block(height).ok_or_else(|| {
            let latest = self.latest();
            rpc_error(&format!(
                "height {height} is not available, blocks are kept up to {latest}"
            ))
        })
    }

    fn tx(&self, params: &Value) -> Result<Value, RpcError> {
        let hash = params
            .get("hash")
            .and_then(bytes)
            .and_then(|hash| hash.try_into().ok())
            .map(TxHash);
        let hash = hash.ok_or_else(|| rpc_error("the hash is no base64 of 32 bytes"))?;
        let found = self.index.get(&hash).and_then(|(height, place)| {
            let block = self.block(*height)?;
            Some((
                block,
                *place,
                block.txs.get(*place)?,
                block.results.get(*place)?,
            ))
        });
        let (block, place, tx, result) =
            found.ok_or_else(|| rpc_error(&format!("tx ({hash}) not found")))?;
        Ok(json!({
            "hash": hash.to_string(), "height": block.height.to_string(), "index": place,
            "tx_result": result, "tx": BASE64_STANDARD.encode(tx)
        }))
    }

    fn broadcast(&mut self, params: &Value) -> Result<Value, RpcError> {
        let tx = params
            .get("tx")
            .and_then(bytes)
            .ok_or_else(|| rpc_error("the transaction is no base64"))?;
        let hash = TxHash::of(&tx);
        let answer = |code: u32, log: &str| {
            json!({
                "code": code, "data": "", "log": log, "codespace": if code == 0 { "" } else { "sdk" },
                "hash": hash.to_string()
            })
        };
        if self.waiting.contains(&tx) {
            return Err(RpcError {
                code: -32_603,
                message: "Internal error".to_owned(),
                data: "tx already exists in cache".to_owned(),
            });
        }
        // A second one of an account waits for the sequence after those that wait already; simpler here: one at a time.
        if let Err(Rejected(code, log)) = self.check(&tx, self.latest() + 1) {
            return Ok(answer(code, &log));
        }
        self.waiting.push(tx);
        if self.options.clock != Clock::Stopped {
            self.next_block(self.pace());
        }
        Ok(answer(0, ""))
    }

    fn abci_query(&mut self, params: &Value) -> Result<Value, RpcError> {
        let height = params.get("height").and_then(number).unwrap_or_default();
        let path = params
            .get("path")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let data = params
            .get("data")
            .and_then(Value::as_str)
            .and_then(|data| hex::decode(data).ok());
        let data = data.ok_or_else(|| rpc_error("the data is no hexadecimal"))?;
        let latest = self.latest();
        let at = if height == 0 { latest } else { height };
        let answered = if at > latest {
            Err((18, "sdk", format!("cannot query with height in the future; provided {at}, latest {latest}: invalid height")))
        } else if at != latest && path != ACCOUNT {
            Err((
                38,
                "sdk",
                format!(
                    "failed to load state at height {at}; version does not exist: invalid request"
                ),
            ))
        } else {
            self.query(&path, &data, at)
        };
        let response = match answered {
            Ok(value) => json!({
                "code": 0, "log": "", "value": BASE64_STANDARD.encode(value), "height": at.to_string(), "codespace": ""
            }),
            Err((code, codespace, log)) => json!({
                "code": code, "log": log, "value": null, "height": at.to_string(), "codespace": codespace
            }),
        };
        Ok(json!({ "response": response }))
    }

    fn query(
        &mut self,
        path: &str,
        data: &[u8],
        height: u64,
    ) -> Result<Vec<u8>, (u32, &'static str, String)> {
        let unreadable = |error: cosmrs::proto::prost::DecodeError| {
            (18, "sdk", format!("{error}: invalid request"))
        };
        match path {
            ACCOUNT => {
                let address = QueryAccountRequest::decode(data)
                    .map_err(unreadable)?
                    .address;
                if !self.accounts.contains_key(&address) && self.balance(&address, FEE_DENOM) == 0 {
                    let log = format!("rpc error: code = NotFound desc = account {address} not found: key not found");
                    return Err((22, "sdk", log));
                }
                let account = self.account(&address);
                let base = BaseAccount {
                    account_number: account.number,
                    sequence: account.sequence_at(height),
                    pub_key: None,
                    address,
                };
                let account = Any {
                    type_url: "/cosmos.auth.v1beta1.BaseAccount".to_owned(),
                    value: base.encode_to_vec(),
                };
                Ok(QueryAccountResponse {
                    account: Some(account),
                }
                .encode_to_vec())
            }
            "/cosmos.bank.v1beta1.Query/Balance" => {
                let QueryBalanceRequest { address, denom } =
                    QueryBalanceRequest::decode(data).map_err(unreadable)?;
                let amount = self.balance(&address, &denom).to_string();
                let balance = Some(ProtoCoin { denom, amount });
                Ok(QueryBalanceResponse { balance }.encode_to_vec())
            }
            "/cosmwasm.wasm.v1.Query/SmartContractState" => {
                let request = QuerySmartContractStateRequest::decode(data).map_err(unreadable)?;
                let (answer, cost) = self.hub.metered(|hub| {
                    ask_contract(
                        hub,
                        WasmQuery::Smart {
                            contract_addr: request.address,
                            msg: request.query_data.into(),
                        },
                    )
                });
                if cost.gas_of_query() > QUERY_GAS {
                    return Err((
                        11,
                        "sdk",
                        "out of gas in location: wasm contract; query gas limit: out of gas"
                            .to_owned(),
                    ));
                }
                let data = answer
                    .map_err(|error| (9, "wasm", format!("{error}: query wasm contract failed")))?;
                Ok(QuerySmartContractStateResponse { data }.encode_to_vec())
            }
            "/cosmwasm.wasm.v1.Query/RawContractState" => {
                let request = QueryRawContractStateRequest::decode(data).map_err(unreadable)?;
                let query = WasmQuery::Raw {
                    contract_addr: request.address.clone(),
                    key: request.query_data.into(),
                };
                let data = ask_contract(&self.hub, query).map_err(|_| {
                    (
                        22,
                        "wasm",
                        format!("no such contract: address {}", request.address),
                    )
                })?;
                Ok(QueryRawContractStateResponse { data }.encode_to_vec())
            }
            "/cosmos.tx.v1beta1.Service/Simulate" => {
                let request = SimulateRequest::decode(data).map_err(unreadable)?;
                let gas_used = self
                    .simulate(&request.tx_bytes)
                    .map_err(|Rejected(code, log)| (code, "sdk", log))?;
                let gas_info = Some(GasInfo {
                    gas_wanted: 0,
                    gas_used,
                });
                Ok(SimulateResponse {
                    gas_info,
                    result: None,
                }
                .encode_to_vec())
            }
            _ => Err((6, "sdk", "unknown query path: unknown request".to_owned())),
        }
    }
}

pub(super) fn rpc_error(data: &str) -> RpcError {
    RpcError {
        code: -32_603,
        message: "Internal error".to_owned(),
        data: data.to_owned(),
    }
}

fn time_text(unix_seconds: u64) -> String {
    let seconds = i64::try_from(unix_seconds).unwrap_or_default();
    let time = cosmrs::tendermint::Time::from_unix_timestamp(seconds, 0);
    time.map(|time| time.to_rfc3339()).unwrap_or_default()
}

fn block_json(chain_id: &str, block: &Block) -> Value {
    let txs: Vec<String> = block
        .txs
        .iter()
        .map(|tx| BASE64_STANDARD.encode(tx))
        .collect();
    json!({
        "block": {
            "header": {"chain_id": chain_id, "height": block.height.to_string(), "time": time_text(block.time)},
            "data": {"txs": txs}
        }
    })
}

fn ask_contract(hub: &TestHub, query: WasmQuery) -> Result<Vec<u8>, String> {
    let request: QueryRequest<Empty> = query.into();
    let request = to_json_vec(&request).map_err(|error| error.to_string())?;
    match hub.app.wrap().raw_query(&request) {
        SystemResult::Ok(ContractResult::Ok(answer)) => Ok(answer.into()),
        SystemResult::Ok(ContractResult::Err(error)) => Err(error),
        SystemResult::Err(error) => Err(error.to_string()),
    }
}
