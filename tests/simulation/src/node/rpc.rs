//! Calls of CometBFT's RPC interface (version 0.38): what is asked by name, and what JSON-RPC puts around it.

use std::time::{Duration, UNIX_EPOCH};

use base64::prelude::{Engine, BASE64_STANDARD};
use humantime::format_rfc3339_seconds;
use serde_json::{json, Map, Value};

use super::query::{answer, Refusal};
use super::Node;

/// A failure of JSON-RPC.
pub struct RpcError {
    code: i32,
    message: &'static str,
    data: String,
}

impl RpcError {
    pub fn unreadable(data: impl Into<String>) -> Self {
        Self {
            code: -32_700,
            message: "Parse error. Invalid JSON",
            data: data.into(),
        }
    }

    pub fn invalid_request(data: impl Into<String>) -> Self {
        Self {
            code: -32_600,
            message: "Invalid Request",
            data: data.into(),
        }
    }

    fn no_such_method() -> Self {
        Self {
            code: -32_601,
            message: "Method not found",
            data: String::new(),
        }
    }

    fn invalid_params(data: impl Into<String>) -> Self {
        Self {
            code: -32_602,
            message: "Invalid params",
            data: data.into(),
        }
    }

    fn internal(data: impl Into<String>) -> Self {
        Self {
            code: -32_603,
            message: "Internal error",
            data: data.into(),
        }
    }

    /// As JSON-RPC says it of the call with this id.
    pub fn answer(self, id: &Value) -> Value {
        let Self {
            code,
            message,
            data,
        } = self;
        json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message, "data": data } })
    }
}

type Params = Map<String, Value>;

impl Node {
    /// The answer to the body of a POST: to one call, or to each of a batch. None if nobody waits for one.
    pub(super) fn post(&mut self, body: &[u8]) -> Result<Option<Value>, RpcError> {
        let parsed: Value = serde_json::from_slice(body).map_err(|error| {
            RpcError::unreadable(format!("error unmarshaling request: {error}"))
        })?;
        let Value::Array(calls) = parsed else {
            return Ok(self.one(&parsed));
        };
        if calls.len() > self.max_batch {
            let most = self.max_batch;
            return Err(RpcError::invalid_request(format!(
                "batch request exceeds maximum ({most}) allowed number of requests"
            )));
        }
        let answers: Vec<Value> = calls.iter().filter_map(|call| self.one(call)).collect();
        Ok((!answers.is_empty()).then_some(Value::Array(answers)))
    }

    /// The answer to one call; none to a notification, which has no id.
    fn one(&mut self, call: &Value) -> Option<Value> {
        let id = call.get("id").filter(|id| !id.is_null())?;
        let Some(method) = call.get("method").and_then(Value::as_str) else {
            return Some(RpcError::invalid_request("the call names no method").answer(id));
        };
        let none = Params::new();
        let params = match call.get("params") {
            None | Some(Value::Null) => Ok(&none),
            Some(Value::Object(params)) => Ok(params),
            Some(_) => Err(RpcError::invalid_params(
                "name the parameters: an object is expected",
            )),
        };
        let answer = params.and_then(|params| self.call(method, params));
        Some(match answer {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(error) => error.answer(id),
        })
    }

    /// The answer to a call by its name.
    pub(super) fn call(&mut self, method: &str, params: &Params) -> Result<Value, RpcError> {
        match method {
            "health" => Ok(json!({})),
            "status" => Ok(self.status()),
            "abci_info" => Ok(self.abci_info()),
            "abci_query" => self.abci_query(params),
            "block" => self.block(params),
            "block_results" => self.block_results(params),
            "tx_search" | "block_search" => {
                Ok(json!({ "txs": [], "blocks": [], "total_count": "0" }))
            }
            "tx" => Err(RpcError::internal(format!(
                "tx ({}) not found",
                text(params, "hash").unwrap_or_default()
            ))),
            "broadcast_tx_sync" | "broadcast_tx_async" | "broadcast_tx_commit" | "check_tx" => Err(
                RpcError::internal("this chain is the end of a scenario: it takes no transactions"),
            ),
            _ => Err(RpcError::no_such_method()),
        }
    }

    fn height(&self) -> u64 {
        self.hub.app.block_info().height
    }

    fn time(&self) -> String {
        let time = UNIX_EPOCH + Duration::from_secs(self.hub.now());
        format_rfc3339_seconds(time).to_string()
    }

    fn chain_id(&self) -> String {
        self.hub.app.block_info().chain_id
    }

    fn status(&self) -> Value {
        let (height, time) = (self.height().to_string(), self.time());
        json!({
            "node_info": {
                "protocol_version": { "p2p": "8", "block": "11", "app": "0" },
                "id": "00".repeat(20),
                "listen_addr": "tcp://0.0.0.0:26656",
                "network": self.chain_id(),
                "version": "0.38.21",
                "channels": "",
                "moniker": "end of a scenario",
                "other": { "tx_index": "on", "rpc_address": "" }
            },
            "sync_info": {
                "latest_block_hash": HASH,
                "latest_app_hash": HASH,
                "latest_block_height": height,
                "latest_block_time": time,
                "earliest_block_hash": HASH,
                "earliest_app_hash": HASH,
                "earliest_block_height": height,
                "earliest_block_time": time,
                "catching_up": false
            },
            "validator_info": {
                "address": "00".repeat(20),
                "pub_key": { "type": "tendermint/PubKeyEd25519", "value": BASE64_STANDARD.encode([0; 32]) },
                "voting_power": "0"
            }
        })
    }

    fn abci_info(&self) -> Value {
        json!({ "response": {
            "data": "end of a scenario",
            "last_block_height": self.height().to_string(),
            "last_block_app_hash": BASE64_STANDARD.encode([0; 32])
        } })
    }

    /// The one block that there is, without transactions.
    fn block(&self, params: &Params) -> Result<Value, RpcError> {
        let height = self.block_asked(params)?;
        let block_id = json!({ "hash": HASH, "parts": { "total": 1, "hash": HASH } });
        let header = json!({
            "version": { "block": "11", "app": "0" },
            "chain_id": self.chain_id(),
            "height": height.to_string(),
            "time": self.time(),
            "last_block_id": block_id,
            "last_commit_hash": HASH,
            "data_hash": HASH,
            "validators_hash": HASH,
            "next_validators_hash": HASH,
            "consensus_hash": HASH,
            "app_hash": HASH,
            "last_results_hash": HASH,
            "evidence_hash": HASH,
            "proposer_address": "00".repeat(20)
        });
        Ok(json!({
            "block_id": block_id,
            "block": {
                "header": header,
                "data": { "txs": [] },
                "evidence": { "evidence": [] },
                "last_commit": { "height": (height - 1).to_string(), "round": 0, "block_id": block_id, "signatures": [] }
            }
        }))
    }

    fn block_results(&self, params: &Params) -> Result<Value, RpcError> {
        let height = self.block_asked(params)?;
        Ok(json!({
            "height": height.to_string(),
            "txs_results": null,
            "finalize_block_events": [],
            "validator_updates": null,
            "consensus_param_updates": null,
            "app_hash": ""
        }))
    }

    fn block_asked(&self, params: &Params) -> Result<u64, RpcError> {
        let only = self.height();
        match number(params, "height")? {
            None | Some(0) => Ok(only),
            Some(height) if height == only => Ok(height),
            Some(height) if height > only => Err(RpcError::internal(format!(
                "height {height} must be less than or equal to the current blockchain height {only}"
            ))),
            Some(height) => Err(RpcError::internal(format!(
                "height {height} is not available, lowest height is {only}"
            ))),
        }
    }

    fn abci_query(&mut self, params: &Params) -> Result<Value, RpcError> {
        let path = text(params, "path").unwrap_or_default();
        let data = text(params, "data").unwrap_or_default();
        let data = hex::decode(data.trim_start_matches("0x")).map_err(|error| {
            RpcError::invalid_params(format!("data is not hexadecimal: {error}"))
        })?;
        let only = self.height();
        let asked = number(params, "height")?.unwrap_or(0);
        let answered = if asked > only {
            Err(Refusal {
                code: 26,
                codespace: "sdk",
                log: "cannot query with height in the future; please provide a valid height: invalid height".to_owned(),
            })
        } else if asked != 0 && asked != only {
            Err(Refusal {
                code: 38,
                codespace: "sdk",
                log: format!("failed to load state at height {asked}; version does not exist: invalid request"),
            })
        } else {
            answer(&mut self.hub, &path, &data)
        };
        let height = only.to_string();
        let response = match answered {
            Ok(value) => json!({
                "code": 0, "log": "", "info": "", "index": "0", "key": null,
                "value": BASE64_STANDARD.encode(value), "proofOps": null, "height": height, "codespace": ""
            }),
            Err(Refusal {
                code,
                codespace,
                log,
            }) => json!({
                "code": code, "log": log, "info": "", "index": "0", "key": null,
                "value": null, "proofOps": null, "height": height, "codespace": codespace
            }),
        };
        Ok(json!({ "response": response }))
    }
}

/// A hash of nothing that was hashed.
const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A text among the parameters.
fn text(params: &Params, name: &str) -> Option<String> {
    params.get(name)?.as_str().map(str::to_owned)
}

/// A whole number among the parameters, as a number or as text.
fn number(params: &Params, name: &str) -> Result<Option<u64>, RpcError> {
    let found = match params.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(other) => other.as_u64(),
    };
    let invalid = || RpcError::invalid_params(format!("{name} is no whole number"));
    found.map(Some).ok_or_else(invalid)
}
