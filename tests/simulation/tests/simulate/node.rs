//! The end of the small scenario, asked over HTTP as a node, against the same questions asked directly.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use base64::prelude::{Engine, BASE64_STANDARD};
use cosmwasm_std::{to_json_vec, Addr};
use hub_simulate::node::Node;
use hub_testing::{Hub, NATIVE};
use hub_types::billing::QueryMsg;
use hub_types::denom::UncheckedDenom;
use hub_types::ids::ModelId;
use hub_types::{escrow, registry};
use prost::Message;
use serde::Serialize;
use serde_json::{json, Value};

use crate::stage::{small, small_chain};

#[derive(Clone, PartialEq, Message)]
struct StateRequest {
    #[prost(string, tag = "1")]
    address: String,
    #[prost(bytes = "vec", tag = "2")]
    query_data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct StateResponse {
    #[prost(bytes = "vec", tag = "1")]
    data: Vec<u8>,
}

/// A node of the small scenario's end that serves until the tests are over.
fn serve(max_batch: Option<usize>) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    let chain = small_chain();
    thread::spawn(move || {
        let node = Node::new(chain, json!({ "name": "small" })).unwrap();
        let node = match max_batch {
            Some(calls) => node.max_batch(calls),
            None => node,
        };
        let serving = node.listen("127.0.0.1:0").unwrap();
        tell.send(serving.address()).unwrap();
        serving.run().unwrap();
    });
    told.recv().unwrap()
}

/// Status, headers and body of the answer to a request.
fn send(node: SocketAddr, head: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(node).unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: node\r\nOrigin: http://page\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

fn post(node: SocketAddr, body: &Value) -> Value {
    let (_, _, answer) = send(node, "POST /", &body.to_string());
    serde_json::from_str(&answer).unwrap()
}

fn get(node: SocketAddr, path: &str) -> Value {
    let (_, _, answer) = send(node, &format!("GET {path}"), "");
    serde_json::from_str(&answer).unwrap()
}

/// A question to a contract, as it goes over the line.
#[derive(Clone)]
struct Question {
    kind: &'static str,
    address: Addr,
    data: Vec<u8>,
}

impl Question {
    fn smart(address: &Addr, msg: &impl Serialize) -> Self {
        Self {
            kind: "SmartContractState",
            address: address.clone(),
            data: to_json_vec(msg).unwrap(),
        }
    }

    fn path(&self) -> String {
        format!("/cosmwasm.wasm.v1.Query/{}", self.kind)
    }

    fn request(&self) -> String {
        let request = StateRequest {
            address: self.address.to_string(),
            query_data: self.data.clone(),
        };
        hex::encode(request.encode_to_vec())
    }

    fn call(&self, id: usize) -> Value {
        let params =
            json!({ "path": self.path(), "data": self.request(), "height": "0", "prove": false });
        json!({ "jsonrpc": "2.0", "id": id, "method": "abci_query", "params": params })
    }
}

/// What the application answered: code, log, and the data of the contract.
fn answered(answer: &Value) -> (u64, String, Vec<u8>) {
    let response = &answer["result"]["response"];
    let value = response["value"].as_str().unwrap_or_default();
    let value = BASE64_STANDARD.decode(value).unwrap();
    let data = StateResponse::decode(value.as_slice()).unwrap().data;
    let log = response["log"].as_str().unwrap().to_owned();
    (response["code"].as_u64().unwrap(), log, data)
}

/// Every figure that a page shows of the first models, and of the whole Hub.
fn questions(hub: &Hub) -> Vec<Question> {
    let denom = || UncheckedDenom::Native(NATIVE.to_owned());
    let operators: Vec<String> = (0..3)
        .map(|number| hub.account(&format!("operator {number}")).to_string())
        .collect();
    let models: Vec<ModelId> = (1..=100).map(ModelId).collect();
    let days = || (hub.now() / 86_400 - 9, hub.now() / 86_400);
    let mut billing = vec![
        QueryMsg::Config {},
        QueryMsg::Hub {
            denom: denom(),
            days: 10,
        },
        QueryMsg::Usages {
            models: models.clone(),
            denom: denom(),
        },
        QueryMsg::UsagesOfDays {
            models: models.clone(),
            denom: denom(),
            from: days().0,
            until: days().1,
        },
        QueryMsg::UsagesByDay {
            models: models.clone(),
            denom: denom(),
            from: days().0,
            until: days().1,
        },
        QueryMsg::Backings {
            models,
            denom: denom(),
            operators: operators.clone(),
            factor: None,
        },
        QueryMsg::HubByDay {
            denom: denom(),
            start_after: None,
            limit: Some(100),
        },
        QueryMsg::HubWeeks {
            denom: denom(),
            start_after: None,
            limit: Some(100),
        },
        QueryMsg::Ranking {
            denom: denom(),
            start_after: None,
            limit: Some(100),
        },
        QueryMsg::LifetimeRanking {
            denom: denom(),
            start_after: None,
            limit: Some(100),
        },
    ];
    for operator in operators {
        billing.push(QueryMsg::RankingAt {
            operator,
            denom: denom(),
            start_after: None,
            limit: Some(100),
        });
    }
    let billing = billing.iter().map(|msg| Question::smart(&hub.billing, msg));
    let registry = registry::QueryMsg::Models {
        start_after: None,
        limit: Some(100),
    };
    let escrow = escrow::QueryMsg::Solvency { denom: denom() };
    let raw = Question {
        kind: "RawContractState",
        address: hub.billing.clone(),
        data: b"contract_info".to_vec(),
    };
    billing
        .chain([
            Question::smart(&hub.registry, &registry),
            Question::smart(&hub.escrow, &escrow),
            raw,
        ])
        .collect()
}

/// The answer to a question, asked directly.
fn direct(hub: &Hub, question: &Question) -> Vec<u8> {
    let querier = hub.app.wrap();
    if question.kind == "RawContractState" {
        let found = querier.query_wasm_raw(&question.address, question.data.clone());
        return found.unwrap().unwrap_or_default();
    }
    let query = cosmwasm_std::WasmQuery::Smart {
        contract_addr: question.address.to_string(),
        msg: question.data.clone().into(),
    };
    let request: cosmwasm_std::QueryRequest<cosmwasm_std::Empty> = query.into();
    let answer = querier.raw_query(&to_json_vec(&request).unwrap());
    answer.into_result().unwrap().into_result().unwrap().into()
}

#[test]
fn every_figure_that_a_page_reads_is_the_one_that_the_contracts_answer() {
    let hub = Hub::load(small_chain()).unwrap();
    assert!(hub.check_invariants().is_empty());
    let node = serve(None);
    let questions = questions(&hub);
    for batch in questions.chunks(10) {
        let calls: Vec<Value> = (0..).zip(batch).map(|(id, one)| one.call(id)).collect();
        let answers = post(node, &Value::Array(calls));
        for (id, question) in batch.iter().enumerate() {
            let answer = &answers[id];
            assert_eq!(answer["id"], json!(id));
            let expected = (0, String::new(), direct(&hub, question));
            assert_eq!(answered(answer), expected, "{}", question.path());
            // The same in the address of a GET, as curl asks.
            let (path, data) = (question.path(), question.request());
            let uri =
                format!("/abci_query?path=%22{path}%22&data=0x{data}&height=%220%22&prove=false");
            assert_eq!(answered(&get(node, &uri)), expected);
        }
    }
    // What is asked is what the small scenario really holds, and no emptiness.
    let usages = direct(&hub, &questions[2]);
    let usages: hub_types::billing::UsagesResponse = serde_json::from_slice(&usages).unwrap();
    let shown: u128 = usages.usages.iter().map(|one| one.sums.aged.u128()).sum();
    let models = small().models.iter().take(100);
    assert!(shown > 0);
    assert_eq!(shown, models.map(|row| row.numbers.aged).sum::<u128>());
}

#[test]
fn more_calls_than_a_node_takes_are_refused_together_unless_it_was_told_to_take_them() {
    let call = |id: usize| json!({ "jsonrpc": "2.0", "id": id, "method": "health" });
    let batch = |size: usize| Value::Array((0..size).map(call).collect());
    let node = serve(None);
    assert_eq!(post(node, &batch(10)).as_array().unwrap().len(), 10);
    let refused = post(node, &batch(11));
    assert_eq!(
        refused["error"]["data"],
        "batch request exceeds maximum (10) allowed number of requests"
    );
    let node = serve(Some(60));
    assert_eq!(post(node, &batch(60)).as_array().unwrap().len(), 60);
}

#[test]
fn one_call_of_a_batch_that_fails_harms_no_other() {
    let node = serve(None);
    let hub = Hub::load(small_chain()).unwrap();
    let absent = Question::smart(
        &hub.registry,
        &registry::QueryMsg::Model {
            model: ModelId(999_999),
        },
    );
    let nowhere = Question {
        address: hub.account("no contract"),
        ..absent.clone()
    };
    let later = json!({ "jsonrpc": "2.0", "id": 4, "method": "abci_query", "params": { "path": "/x", "data": "", "height": "9999999" } });
    let calls = json!([
        absent.call(0),
        nowhere.call(1),
        { "jsonrpc": "2.0", "id": 2, "method": "broadcast_tx_sync", "params": { "tx": "AA==" } },
        { "jsonrpc": "2.0", "id": 3, "method": "no_such_method" },
        later,
        { "jsonrpc": "2.0", "id": 5, "method": "abci_query", "params": { "path": "/x", "data": "zz" } },
        { "jsonrpc": "2.0", "method": "health" },
        { "jsonrpc": "2.0", "id": 7, "method": "health", "params": ["x"] },
        { "jsonrpc": "2.0", "id": 8, "method": "health" },
    ]);
    let answers = post(node, &calls);
    let (code, log, _) = answered(&answers[0]);
    assert_eq!(code, 6);
    assert!(
        log.ends_with("query wasm contract failed: unknown request") && log.contains("999999"),
        "{log}"
    );
    let (code, log, _) = answered(&answers[1]);
    assert_eq!(
        (code, log.starts_with("no such contract")),
        (22, true),
        "{log}"
    );
    let data = |place: usize| answers[place]["error"]["data"].as_str().unwrap().to_owned();
    assert!(data(2).contains("takes no transactions"));
    assert_eq!(answers[3]["error"]["code"], -32_601);
    assert_eq!(answered(&answers[4]).0, 26);
    assert!(data(5).contains("not hexadecimal"));
    // A call without an id is a notification, which nobody answers.
    assert_eq!(answers[6]["id"], 7);
    assert_eq!(answers[6]["error"]["code"], -32_602);
    assert_eq!(
        answers[7],
        json!({ "jsonrpc": "2.0", "id": 8, "result": {} })
    );
}

#[test]
fn pages_of_any_origin_may_read_and_what_is_no_json_is_answered() {
    let node = serve(None);
    for (head, body, expected) in [
        ("OPTIONS /", "", 204),
        (
            "POST /",
            r#"{"jsonrpc":"2.0","id":1,"method":"status"}"#,
            200,
        ),
        ("POST /", "no json", 500),
        ("GET /status", "", 200),
        ("GET /nothing", "", 500),
        ("GET /deployment.json", "", 200),
        ("DELETE /", "", 405),
    ] {
        let (status, headers, _) = send(node, head, body);
        assert_eq!(status, expected, "{head} {body}");
        assert!(
            headers.contains("access-control-allow-origin: *"),
            "{headers}"
        );
    }
    let (_, preflight, _) = send(node, "OPTIONS /", "");
    assert!(preflight.contains("access-control-allow-headers: origin, accept, content-type"));
}

#[test]
fn status_and_block_are_of_the_last_moment_of_the_scenario() {
    let node = serve(None);
    let status = get(node, "/status");
    let sync = &status["result"]["sync_info"];
    assert_eq!(sync["latest_block_time"], "2026-02-02T00:00:00Z");
    assert_eq!(sync["catching_up"], false);
    let height = sync["latest_block_height"].as_str().unwrap();
    let block = get(node, &format!("/block?height={height}"));
    assert_eq!(block["result"]["block"]["header"]["height"], *height);
    let older = get(node, "/block?height=7");
    let data = older["error"]["data"].as_str().unwrap();
    assert!(data.starts_with("height 7 is not available"), "{data}");
}
