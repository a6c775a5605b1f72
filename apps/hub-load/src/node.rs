//! The node under load: what it says of itself, and what the machine says of it.

use std::time::Duration;

use anyhow::{anyhow, ensure, Context, Result};
use base64::prelude::{Engine, BASE64_STANDARD};
use cosmrs::proto::cosmos::auth::v1beta1::{
    BaseAccount, QueryAccountRequest, QueryAccountResponse,
};
use cosmrs::proto::cosmos::base::abci::v1beta1::TxMsgData;
use cosmrs::proto::cosmwasm::wasm::v1::MsgExecuteContractResponse;
use cosmrs::proto::prost::Message;
use hub_chain::{Call, HttpNode, Node as _, MOST_CALLS};
use hub_types::billing::BatchResponse;
use serde_json::{json, Value};

/// Bytes of a request: CometBFT refuses more than a million.
const MOST_BYTES: usize = 900_000;

/// A node, asked through its RPC.
pub struct Node(HttpNode);

/// What a block takes at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub gas: u64,
    pub bytes: u64,
}

/// What a block held, and what the contract made of it.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Bytes of its transactions.
    pub bytes: u64,
    pub gas_wanted: u64,
    pub gas_used: u64,
    pub txs: u64,
    /// Receipts that were billed.
    pub receipts: u64,
    /// Why the first transaction failed that did.
    pub failure: Option<String>,
    /// What the dearest transaction used.
    pub dearest: u64,
}

impl Node {
    pub fn at(rpc: &str) -> Result<Self> {
        // It answers late while it executes a large block.
        Ok(Self(HttpNode::new(rpc, Duration::from_secs(300))?))
    }

    async fn ask(&self, calls: &[Call]) -> Result<Vec<Value>> {
        let answers = self.0.ask(calls).await?;
        let answers: Result<Vec<Value>, _> = answers.into_iter().collect();
        Ok(answers?)
    }

    async fn one(&self, method: &'static str, params: Value) -> Result<Value> {
        let mut answers = self.ask(&[Call::new(method, params)]).await?;
        answers.pop().context("an answer")
    }

    /// Asks for what the node has once it has executed its newest block, which it names before.
    async fn patiently(&self, method: &'static str, params: Value) -> Result<Value> {
        loop {
            match self.one(method, params.clone()).await {
                Err(error) if error.to_string().contains("could not find") => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                found => return found,
            }
        }
    }

    /// The newest block that it has stored, and how many transactions wait.
    pub async fn standing(&self) -> Result<(u64, u64)> {
        let calls = ["status", "num_unconfirmed_txs"].map(|method| Call::new(method, json!({})));
        let answers = self.ask(&calls).await?;
        let height = number(&answers[0]["sync_info"]["latest_block_height"])?;
        Ok((height, number(&answers[1]["n_txs"])?))
    }

    pub async fn limits(&self) -> Result<Limits> {
        let found = self.patiently("consensus_params", json!({})).await?;
        let block = &found["consensus_params"]["block"];
        ensure!(
            block["max_gas"] != "-1",
            "a block of this node takes gas without end, so that none is ever full: start it with HUB_DEVNET_BLOCK_GAS"
        );
        Ok(Limits {
            gas: number(&block["max_gas"])?,
            bytes: number(&block["max_bytes"])?,
        })
    }

    /// Account number and sequence.
    pub async fn account(&self, address: &str) -> Result<(u64, u64)> {
        let request = QueryAccountRequest {
            address: address.to_owned(),
        };
        let params = json!({
            "path": "/cosmos.auth.v1beta1.Query/Account",
            "data": hex::encode(request.encode_to_vec()),
            "height": "0",
            "prove": false,
        });
        let found = self.one("abci_query", params).await?;
        let value = found["response"]["value"].as_str().unwrap_or_default();
        let answer = QueryAccountResponse::decode(&BASE64_STANDARD.decode(value)?[..])?;
        let account = answer
            .account
            .with_context(|| format!("{address} has no account on this chain: give it coins"))?;
        let account = BaseAccount::decode(&account.value[..])?;
        Ok((account.account_number, account.sequence))
    }

    /// Hands it transactions in their order, and fails at the first that it does not take.
    pub async fn hand_over(&self, txs: &[Vec<u8>]) -> Result<()> {
        let calls: Vec<Call> = txs
            .iter()
            .map(|tx| {
                let params = json!({"tx": BASE64_STANDARD.encode(tx)});
                Call::new("broadcast_tx_sync", params)
            })
            .collect();
        for answer in self.ask(&calls).await? {
            ensure!(
                answer["code"] == 0,
                "the node does not take a transaction: {}",
                answer["log"].as_str().unwrap_or_default()
            );
        }
        Ok(())
    }

    /// What a block held and what came of it, as soon as it is executed.
    pub async fn block(&self, height: u64) -> Result<Block> {
        let at = json!({"height": height.to_string()});
        let block = self.one("block", at.clone()).await?;
        let results = self.patiently("block_results", at).await?;
        let txs = block["block"]["data"]["txs"].as_array();
        let mut read = Block {
            bytes: txs.into_iter().flatten().map(decoded_length).sum(),
            ..Block::default()
        };
        for result in results["txs_results"].as_array().into_iter().flatten() {
            let used = number(&result["gas_used"])?;
            read.txs += 1;
            read.gas_wanted += number(&result["gas_wanted"])?;
            read.gas_used += used;
            read.dearest = read.dearest.max(used);
            if result["code"] == 0 {
                let (offered, paid) = answer_in(result["data"].as_str().unwrap_or_default())?;
                read.receipts += paid;
                if paid < offered {
                    let sentence = format!("{paid} of the {offered} receipts of a batch were paid");
                    read.failure.get_or_insert(sentence);
                }
            } else {
                let log = result["log"].as_str().unwrap_or_default().to_owned();
                read.failure.get_or_insert(log);
            }
        }
        Ok(read)
    }
}

/// The transactions of one request, from the front: no more than a node takes.
pub fn portion(txs: &[Vec<u8>]) -> usize {
    let mut bytes = 0;
    let fitting = txs.iter().take(MOST_CALLS).take_while(|tx| {
        bytes += tx.len() * 4 / 3 + 100;
        bytes <= MOST_BYTES
    });
    fitting.count().max(1)
}

/// Receipts that a batch had, and that were billed.
fn answer_in(data: &str) -> Result<(u64, u64)> {
    let data = TxMsgData::decode(&BASE64_STANDARD.decode(data)?[..])?;
    let response = data.msg_responses.first().context("no message answered")?;
    let response = MsgExecuteContractResponse::decode(&response.value[..])?;
    let answer: BatchResponse = serde_json::from_slice(&response.data)?;
    Ok((answer.offered, answer.paid))
}

fn decoded_length(base64: &Value) -> u64 {
    let text = base64.as_str().unwrap_or_default();
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    (text.len() / 4 * 3 - padding) as u64
}

fn number(value: &Value) -> Result<u64> {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.parse()
        .map_err(|_| anyhow!("the node says {text:?} where a number is expected"))
}

/// Seconds of processor time that a process has used, in its own code and in the kernel's for it.
pub fn processor_seconds(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} does not run"))?;
    let ticks = ticks_in(&stat).context("/proc/PID/stat in the form of proc(5)")?;
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// utime and stime, the 14th and 15th field by proc(5). The second, the program's name in parentheses, may hold anything.
fn ticks_in(stat: &str) -> Option<u64> {
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace().skip(11);
    let utime: u64 = fields.next()?.parse().ok()?;
    let stime: u64 = fields.next()?.parse().ok()?;
    Some(utime + stime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_whatever_name_a_program_has() {
        let stat = "7 (a ) (b) R 1 7 7 0 -1 4194560 1 2 3 4 250 31 8 9 20 0 1 0 5 6 7";
        assert_eq!(ticks_in(stat), Some(281));
        assert_eq!(ticks_in("7 (cut off) R 1 7"), None);
        assert!(processor_seconds(std::process::id()).unwrap() >= 0.0);
    }

    #[test]
    fn a_request_holds_what_a_node_takes_and_at_least_one_transaction() {
        let of = |bytes: usize, count: usize| portion(&vec![vec![0; bytes]; count]);
        assert_eq!([of(100, 3), of(100, 40)], [3, MOST_CALLS]);
        assert_eq!([of(300_000, 5), of(2_000_000, 2)], [2, 1]);
    }

    #[test]
    fn bytes_of_a_transaction_are_told_by_its_base64() {
        for length in 0..9usize {
            let text = BASE64_STANDARD.encode(vec![1; length]);
            assert_eq!(decoded_length(&json!(text)), length as u64);
        }
    }
}
