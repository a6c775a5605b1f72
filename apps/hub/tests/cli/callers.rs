//! Callers at work: they open sessions, call, and are paid back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use hub_chain::testing::Fault;
use hub_types::denom::UncheckedDenom;
use serde_json::{json, Value};

use crate::fixture::says;
use crate::market::{address, Market, AUTHOR, CALLER};

const CANDLES: &str = include_str!("../../../../examples/models/volatility-mlp.request.json");

#[test]
fn a_session_that_opened_before_the_user_was_told_is_found_by_the_same_command() {
    let market = Market::new();
    market.folder();
    assert_eq!(market.publish().code, 0);
    // Once a transaction has left, the node shows no contract any more.
    let has_left = AtomicBool::new(false);
    market.node.always(Fault::Lies(Arc::new(
        move |method: &str, asked: &Value, answer: Value| {
            if method == "broadcast_tx_sync" {
                has_left.store(true, Ordering::SeqCst);
            }
            let is_contract = asked["path"].as_str().unwrap_or_default().contains("wasm");
            match method == "abci_query" && is_contract && has_left.load(Ordering::SeqCst) {
                true => json!({ "response": { "code": 1, "log": "out of order" } }),
                false => answer,
            }
        },
    )));
    let operator = address(AUTHOR);
    let open = [
        &["session", "open", "--operator", &operator, "--model", "1"],
        &["--budget", "5000uusd", "--days", "1"][..],
    ]
    .concat();
    let unseen = market.run(CALLER, &open);
    assert_eq!(unseen.out, "", "{unseen:?}");
    assert_ne!(unseen.code, 0, "{unseen:?}");
    market.node.honest();

    let sent = market.sent();
    let found = market.run(CALLER, &open);
    assert!(found.err.contains("sent earlier"), "{found:?}");
    assert!(
        found.out.contains("hub call MODEL --session 1"),
        "{found:?}"
    );
    assert_eq!(market.sent(), sent);
    // Now the user knows: the same words mean another session.
    assert_eq!(market.json(CALLER, &open)["session"]["session"], 2);
}

#[test]
fn a_caller_opens_fills_closes_and_is_paid_back() {
    let market = Market::new();
    market.folder();
    assert_eq!(market.publish().code, 0);
    let operator = address(AUTHOR);
    let open = [
        "session",
        "open",
        "--operator",
        &operator,
        "--model",
        "1",
        "--budget",
        "5000uusd",
        "--days",
        "1",
    ];
    let opened = market.json(CALLER, &open);
    assert_eq!(opened["session"]["budget"], "5000");
    assert_eq!(opened["session"]["caller"], address(CALLER));
    let key = opened["session"]["ceiling"]["key"]["key"].as_str().unwrap();
    let key = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, key).unwrap();
    assert!(market
        .fixture
        .path(&format!("home/keys/voucher-{}.age", hex::encode(key)))
        .exists());

    // Nothing lies in the escrow for a top-up.
    says(
        &market.run(CALLER, &["session", "topup", "1", "10"]),
        2,
        "nothing happened",
        "",
    );
    assert_eq!(
        market.json(CALLER, &["session", "list"])["sessions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let closed = market.json(CALLER, &["session", "close", "1"]);
    assert!(closed["session"]["ends_at"].as_u64() < opened["session"]["ends_at"].as_u64());
    market
        .runtime
        .block_on(market.chain.advance(86_400 * 3))
        .unwrap();
    let released = market.json(CALLER, &["session", "release", "1"]);
    assert_eq!(released["session"]["state"], "released");
    let balance = market.json(CALLER, &["balance"]);
    assert_eq!(balance["escrow"][0]["available"], "5000");
    market.json(CALLER, &["withdraw", "2000uusd"]);
    let all = market.run(CALLER, &["withdraw", "--all", "uusd"]);
    assert!(all.out.starts_with("everything in uusd went to"), "{all:?}");
    assert_eq!(
        market.json(CALLER, &["balance"])["escrow"][0]["available"],
        "0"
    );
    let wallet = market.runtime.block_on(async {
        let hub = market.chain.hub().unwrap();
        hub.wallet_balance(&address(CALLER), "uusd")
            .await
            .unwrap()
            .value
    });
    assert_eq!(wallet, 1_000_000, "nothing of the budget is lost");
}

#[test]
fn a_command_that_was_killed_before_it_knew_finds_its_transaction_and_sends_no_second_one() {
    let market = Market::new();
    let deposit = [
        "session",
        "open",
        "--operator",
        &address(AUTHOR),
        "--any-model",
        "--max-per-call",
        "9",
        "--budget",
        "700uusd",
        "--days",
        "1",
    ];
    // The node swallows what would tell: every answer after the broadcast is late, until the command is killed.
    market
        .node
        .once("broadcast_tx_sync", Fault::TakenThenClosed);
    let mut child = market
        .command(CALLER, &deposit)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let folder = market.fixture.path("home/transactions");
    let kept = || {
        std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .next()
            .map(|entry| entry.path())
    };
    let begun = std::time::Instant::now();
    while market.sent() == 0 && begun.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let was_open = kept().is_some();
    let done = market.run(CALLER, &deposit);
    assert_eq!(done.code, 0, "{done:?}");
    if was_open {
        assert!(done.err.contains("sent earlier"), "{done:?}");
        assert_eq!(
            market.json(CALLER, &["session", "list"])["sessions"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert_eq!(kept(), None);
    }
}

/// A server that says it signs as attester 1, and nothing else.
fn pretender() -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let body = "{\"attester\": 1}";
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + body).as_bytes());
        }
    });
    url
}

#[test]
fn a_call_that_cannot_be_made_says_why_and_spends_nothing() {
    let market = Market::new();
    market.folder();
    assert_eq!(market.publish().code, 0);
    market.fixture.write("request.json", b"{\"inputs\": []}");
    market.fixture.write("request.txt", b"hello");
    let call = ["call", "1", "--input", "request.json"];
    says(
        &market.run(CALLER, &["call", "1", "--input", "request.txt"]),
        2,
        "the request is no JSON",
        "nothing was sent",
    );
    says(
        &market.run(CALLER, &["call", "1", "--input", "missing"]),
        2,
        "missing cannot be read",
        "nothing was sent",
    );
    says(
        &market.run(CALLER, &call),
        2,
        "no open session of yours pays for model 1",
        "hub session open",
    );

    let operator = address(AUTHOR);
    let open = [
        "session",
        "open",
        "--operator",
        &operator,
        "--model",
        "1",
        "--budget",
        "50uusd",
        "--days",
        "1",
    ];
    market.json(CALLER, &[&open[..], &["--no-ceiling"]].concat());
    says(
        &market.run(CALLER, &[&call[..], &["--session", "1"]].concat()),
        2,
        "session 1 has no key that signs calls",
        "without --no-ceiling",
    );
    market.json(CALLER, &open);
    says(
        &market.run(CALLER, &call),
        4,
        "has no server on chain",
        "--server URL",
    );
    says(
        &market.run(
            CALLER,
            &[&call[..], &["--server", "http://127.0.0.1:9"]].concat(),
        ),
        1,
        "cannot be read",
        "is the server up?",
    );

    // Attester 1 is the caller's own, not the session's operator's.
    market.json(CALLER, &["keys", "new", "server", "--attester"]);
    market.json(CALLER, &["operator", "register", "server"]);
    let pretended = market.run(CALLER, &[&call[..], &["--server", &pretender()]].concat());
    says(
        &pretended,
        3,
        "trusts",
        "a server of the session's operator",
    );
    std::fs::remove_dir_all(market.fixture.path("home/keys")).unwrap();
    says(
        &market.run(CALLER, &call),
        2,
        "the key of session 2 is not here",
        "hub session close 2",
    );
    assert_eq!(
        market.json(CALLER, &["session", "list"])["sessions"][0]["spent"],
        "0"
    );
}

#[test]
fn a_call_opens_a_session_only_within_what_the_user_allows() {
    let market = Market::new();
    let (_server, url) = market.with_model_served();
    market.fixture.write("request.json", CANDLES.as_bytes());
    let call = ["call", "1", "--input", "request.json"];
    let budget = [&call[..], &["--budget", "250uusd"]].concat();
    says(
        &market.run(CALLER, &[&call[..], &["--server", &url]].concat()),
        2,
        "no open session of yours pays for model 1",
        "--server URL --budget MONEY",
    );
    says(
        &market.run(CALLER, &[&budget[..], &["--yes"]].concat()),
        2,
        "no operator is named",
        "nothing was opened",
    );
    // Nobody is there to be asked.
    let sent = market.sent();
    says(
        &market.run(CALLER, &[&budget[..], &["--server", &url]].concat()),
        2,
        "this would open a session of 250uusd for 1 day",
        "add --yes",
    );
    assert_eq!(market.sent(), sent);

    let allowed = [&budget[..], &["--server", &url, "--yes"]].concat();
    let first = market.json(CALLER, &allowed);
    assert_eq!(
        (&first["session"], &first["left"]),
        (&json!(1), &json!("150"))
    );
    // The session that is there is used, not opened again.
    let second = market.json(CALLER, &allowed);
    assert_eq!(
        (&second["session"], &second["left"]),
        (&json!(1), &json!("50"))
    );
    let sessions = market.json(CALLER, &["session", "list"]);
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_model_priced_in_a_token_is_paid_in_it_and_settled() {
    let market = Market::new();
    let caller = address(CALLER);
    let token = market
        .runtime
        .block_on(market.chain.with(move |hub| {
            let money = hub.money_cw20();
            hub.give(&cosmwasm_std::Addr::unchecked(caller), &money, 1_000);
            match money.unchecked() {
                UncheckedDenom::Cw20(token) => token,
                UncheckedDenom::Native(_) => unreachable!(),
            }
        }))
        .unwrap();
    let denom = format!("cw20:{token}");
    market.publish_example("volatility-mlp", &denom);
    market.configure_server();
    let (mut server, url) = market.serve(AUTHOR);
    market.fixture.write("request.json", CANDLES.as_bytes());
    let budget = format!("250{denom}");
    let operator = address(AUTHOR);
    let open = [
        "session",
        "open",
        "--operator",
        &operator,
        "--model",
        "1",
        "--budget",
        &budget,
        "--days",
        "1",
    ];
    let opened = market.json(CALLER, &open);
    assert_eq!(opened["session"]["budget"], "250");
    // A wallet has the token beside the coin that fees are paid in.
    let wallet = market.json(CALLER, &["balance"])["wallet"].clone();
    let token = json!({ "denom": denom, "amount": "750" });
    assert_eq!(wallet.as_array().unwrap()[1..], [token], "{wallet}");
    let answer = market.json(
        CALLER,
        &["call", "1", "--input", "request.json", "--server", &url],
    );
    assert_eq!(
        (&answer["amount"], &answer["left"]),
        (&json!("100"), &json!("150"))
    );

    server.stop();
    let session = market.json(CALLER, &["session", "list"])["sessions"][0].clone();
    assert_eq!(
        (&session["spent"], &session["left"]),
        (&json!("100"), &json!("150"))
    );
    let earned = market.json(AUTHOR, &["balance"])["escrow"].clone();
    let earned: Vec<&Value> = earned
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["earned"] == "100")
        .collect();
    assert_eq!(earned.len(), 1, "{earned:?}");
}
