//! Authors, operators and callers at work, each by the command `hub` alone: against the real contracts on an embedded chain, behind a socket.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use cosmwasm_std::{Addr, Coin};
use hub_chain::embedded::{Embedded, EmbeddedOptions, PREFIX};
use hub_chain::testing::{Fault, StandIn};
use hub_chain::{KeyPath, Profiles, Wallet, COSMOS_COIN_TYPE};
use hub_types::denom::UncheckedDenom;
use hub_types::registry::ExecuteMsg;
use hub_walrus_local::{noise, On, What};
use serde_json::{json, Value};
use tokio::runtime::Runtime;

use crate::fixture::{ran, Fixture, Ran};

/// Of `tests/devnet/accounts.json`.
pub const AUTHOR: &str =
    "tiger awesome credit wash cup uphold blame topic click gown quarter maze rail gospel barely \
                      outer smart kit fossil piece canoe come obscure isolate";
pub const CALLER: &str =
    "legal winner thank year wave sausage worth useful legal winner thank yellow";
const POOR: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// A chain and a Walrus, and a home that knows both.
pub struct Market {
    pub fixture: Fixture,
    node: StandIn,
    chain: Embedded,
    runtime: Runtime,
}

impl Market {
    pub fn new() -> Self {
        let fixture = Fixture::new();
        let runtime = Runtime::new().unwrap();
        let chain = Embedded::start(EmbeddedOptions::default()).unwrap();
        let node = runtime.block_on(StandIn::start(&chain));
        let mut profile = chain.profile().clone();
        profile.rpc = vec![node.url()];
        let profiles = Profiles([("test".to_owned(), profile)].into());
        fixture.write("home/chains.toml", profiles.to_toml().unwrap().as_bytes());
        for words in [AUTHOR, CALLER] {
            let coins = vec![Coin::new(1_000_000_u128, "uusd")];
            runtime
                .block_on(chain.fund(&address(words), coins))
                .unwrap();
        }
        Self {
            fixture,
            node,
            chain,
            runtime,
        }
    }

    pub fn command(&self, words: &str, arguments: &[&str]) -> Command {
        let mut command = self.fixture.command(arguments);
        command
            .env("HUB_HOME", self.fixture.path("home"))
            .env("HUB_MNEMONIC", words)
            .env("HUB_KEY_PASSWORD", "correct horse");
        command
    }

    pub fn run(&self, words: &str, arguments: &[&str]) -> Ran {
        ran(
            self.command(words, arguments).output().unwrap(),
            self.fixture.folder.path(),
        )
    }

    #[track_caller]
    pub fn json(&self, words: &str, arguments: &[&str]) -> Value {
        let ran = self.run(words, &[arguments, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out))
    }

    /// Transactions that reached the node.
    fn sent(&self) -> usize {
        self.node.calls_of("broadcast_tx_sync")
    }

    pub fn folder(&self) {
        self.fixture
            .write("model/weights.gguf", &noise((1 << 20) + 9, 3));
        self.fixture.write("model/README.md", b"# A model");
        self.fixture.write(
            "model/hub.toml",
            b"title = \"A model\"\nlicense = \"MIT\"\ntask = \"forecasting\"\n",
        );
        self.fixture.write("model/LICENSE", b"MIT");
    }

    fn publish(&self) -> Ran {
        self.run(AUTHOR, &PUBLISH)
    }

    /// Lets the registry's keeper store the committee of the local Walrus.
    pub fn keep_committee(&self) {
        let committee = self
            .fixture
            .walrus
            .committee()
            .message(self.fixture.walrus.epoch());
        let message: ExecuteMsg =
            serde_json::from_value(json!({ "set_committee": committee })).unwrap();
        let stored = self.chain.with(move |hub| {
            let keeper = hub.keeper.clone();
            hub.registry(&keeper, message)
                .map(|_| ())
                .map_err(|error| error.to_string())
        });
        self.runtime.block_on(stored).unwrap().unwrap();
    }
}

pub const PUBLISH: [&str; 14] = [
    "model",
    "publish",
    "model",
    "--name",
    "a-model",
    "--denom",
    "uusd",
    "--per-call",
    "100",
    "--operator-bps",
    "1000",
    "--epochs",
    "5",
    "--shared",
];

pub fn address(words: &str) -> String {
    Wallet::from_mnemonic(words, PREFIX, KeyPath::first(COSMOS_COIN_TYPE))
        .unwrap()
        .address()
        .to_owned()
}

#[track_caller]
fn says(ran: &Ran, code: i32, sentence: &str, hint: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.err.contains(sentence), "{}", ran.err);
    assert!(ran.err.contains(hint), "{}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn one_command_publishes_a_folder_and_done_again_it_sends_nothing() {
    let market = Market::new();
    market.folder();
    market.keep_committee();
    let first = market.publish();
    assert_eq!(first.code, 0, "{first:?}");
    // Commitment, registration, size, certificate; the price came with the registration.
    assert_eq!(market.sent(), 4, "{first:?}");

    let shown = market.json(AUTHOR, &["model", "show", "1"]);
    assert_eq!(shown["model"]["name"], "a-model");
    assert_eq!(shown["model"]["metadata"]["title"], "A model");
    assert_eq!(shown["release"]["size"], ((1 << 20) + 9).to_string());
    assert_eq!(
        shown["release"]["permanent"]["epoch"],
        market.fixture.walrus.epoch()
    );
    assert_eq!(shown["release"]["permanent"]["by_author"], true);
    assert_eq!(shown["terms"]["price"]["per_call"], "100");
    assert_eq!(
        shown["terms"]["payees"],
        json!([{ "address": address(AUTHOR), "bps": 9000 }])
    );
    // The commitment dates the claim, not the publication.
    let [claimed, published] =
        ["claimed_at", "published_at"].map(|name| shown["release"][name].as_u64().unwrap());
    assert!(claimed <= published, "{shown}");

    let again = market.publish();
    assert_eq!((again.code, &again.out), (0, &first.out), "{again:?}");
    assert_eq!(market.sent(), 4);
    let by_name = format!("{}/a-model", address(AUTHOR));
    assert_eq!(market.json(AUTHOR, &["model", "show", &by_name]), shown);
    let manifest = first
        .out
        .lines()
        .find_map(|line| line.strip_prefix("manifest"))
        .unwrap()
        .trim()
        .to_owned();
    market.json(CALLER, &["model", "fetch", &manifest, "copy"]);
    assert_eq!(
        std::fs::read(market.fixture.path("copy/weights.gguf")).unwrap(),
        noise((1 << 20) + 9, 3)
    );
}

#[test]
fn a_publication_that_fails_at_any_step_goes_on_and_does_nothing_twice() {
    let market = Market::new();
    market.folder();
    // The publisher is down: the commitment stands, nothing else.
    market.fixture.fault(
        0,
        On::Store,
        What::Status {
            code: 500,
            retry_after: None,
        },
    );
    let stopped = market.publish();
    assert_eq!((stopped.code, market.sent()), (1, 1), "{stopped:?}");
    market.fixture.faces[0].set_faults(vec![]);

    // The node takes the registration and says nothing: what became of it is found out.
    market
        .node
        .once("broadcast_tx_sync", Fault::TakenThenClosed);
    let done = market.publish();
    assert_eq!(done.code, 0, "{done:?}");
    let listed = market.json(AUTHOR, &["model", "list", "--mine"]);
    assert_eq!(listed["models"].as_array().unwrap().len(), 1);
    let shown = market.json(AUTHOR, &["model", "show", "1"]);
    assert_eq!(shown["release"]["size"], ((1 << 20) + 9).to_string());
    // No committee is kept: that is said, and stops nothing.
    assert!(
        done.err.contains("keeps no committee of Walrus epoch 1"),
        "{}",
        done.err
    );
    assert!(done.out.contains("not certified"), "{}", done.out);
}

#[test]
fn an_author_changes_the_price_retires_and_hands_over() {
    let market = Market::new();
    market.folder();
    assert_eq!(market.publish().code, 0);
    let price = [
        "model",
        "price",
        "1",
        "--denom",
        "uusd",
        "--per-call",
        "90",
        "--operator-bps",
        "1000",
    ];
    assert_eq!(market.json(AUTHOR, &price)["terms"], 2);
    let sent = market.sent();
    assert_eq!(market.json(AUTHOR, &price)["transaction"], Value::Null);
    assert_eq!(market.sent(), sent, "the same price is sent twice");

    says(
        &market.run(CALLER, &["model", "transfer", "1", "--accept"]),
        2,
        "is not offered to",
        "hub model transfer 1 --to",
    );
    market.json(
        AUTHOR,
        &["model", "transfer", "1", "--to", &address(CALLER)],
    );
    let taken = market.json(CALLER, &["model", "transfer", "1", "--accept"]);
    assert_eq!(taken["model"]["author"], address(CALLER));
    let refused = market.run(AUTHOR, &["model", "retire", "1"]);
    says(&refused, 2, "nothing happened", "");
    let retired = market.json(CALLER, &["model", "retire", "1"]);
    assert!(
        retired["model"]["status"]["retired"]["cutoff"].is_u64(),
        "{retired}"
    );
    assert_eq!(
        market.json(CALLER, &["model", "retire", "1"])["transaction"],
        Value::Null
    );
}

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
fn a_keeper_stores_the_committee_of_each_epoch_once() {
    let market = Market::new();
    let keeper = address(AUTHOR);
    let offered = market.chain.with(move |hub| {
        let before = hub.keeper.clone();
        hub.registry(&before, ExecuteMsg::OfferKeeperRole { to: keeper.clone() })
            .and_then(|_| hub.registry(&Addr::unchecked(keeper), ExecuteMsg::AcceptKeeperRole {}))
            .map(|_| ())
            .map_err(|error| error.to_string())
    });
    market.runtime.block_on(offered).unwrap().unwrap();
    let url = format!("{}/local/committee", market.fixture.servers[0].url());
    let store = ["walrus", "committee", &url];

    let stranger = market.run(CALLER, &store);
    says(&stranger, 2, "keeper", "change what the sentence names");
    market.fixture.write("half.json", b"{\"epoch\": 1}");
    let half = market.run(AUTHOR, &["walrus", "committee", "half.json"]);
    says(
        &half,
        2,
        "missing field `n_shards`",
        "give epoch, n_shards and members",
    );
    let nowhere = market.run(AUTHOR, &["walrus", "committee", "nowhere.json"]);
    says(&nowhere, 1, "nowhere.json cannot be read", "name a file");
    assert_eq!(market.sent(), 0);

    let stored = market.json(AUTHOR, &store);
    assert_eq!(
        (&stored["epoch"], &stored["members"]),
        (&1.into(), &5.into())
    );
    let again = market.run(AUTHOR, &store);
    assert_eq!(
        (again.code, again.out.as_str(), market.sent()),
        (
            0,
            "committee of Walrus epoch 1, 5 members: is kept already\n",
            1
        )
    );
    market.fixture.walrus.set_epoch(2).unwrap();
    assert_eq!(market.json(AUTHOR, &store)["epoch"], 2);
    assert_eq!(market.sent(), 2);
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

#[test]
fn an_operator_registers_a_key_once_and_ends_it() {
    let market = Market::new();
    says(
        &market.run(AUTHOR, &["operator", "register", "server"]),
        2,
        "there is no key of an attester",
        "hub keys new server --attester",
    );
    let key = market.json(AUTHOR, &["keys", "new", "server", "--attester"]);
    assert_eq!(
        market.json(AUTHOR, &["keys", "show", "server", "--attester"])["public_key"],
        key["public_key"]
    );
    let register = [
        "operator",
        "register",
        "server",
        "--endpoint",
        "https://models.example.com",
    ];
    assert_eq!(market.json(AUTHOR, &register)["attester"], 1);
    assert_eq!(market.json(AUTHOR, &register)["transaction"], Value::Null);
    says(
        &market.run(CALLER, &register),
        2,
        "registered already, as attester 1",
        "hub keys new",
    );
    let status = market.run(AUTHOR, &["operator", "status"]);
    assert_eq!(
        status.out,
        "attester 1  active  0 batches  https://models.example.com\n"
    );
    says(
        &market.run(AUTHOR, &["operator", "revoke", "1"]),
        2,
        "nothing was revoked",
        "hub operator revoke 1 --yes",
    );
    assert!(
        market.json(AUTHOR, &["operator", "retire", "1"])["attester"]["status"]["retired"]
            ["cutoff"]
            .is_u64()
    );
    let revoked = market.json(AUTHOR, &["operator", "revoke", "1", "--yes"]);
    assert_eq!(revoked["attester"]["status"], json!({ "revoked": {} }));
}

#[test]
fn keys_open_with_their_password_alone_and_are_never_replaced() {
    let market = Market::new();
    let with = |arguments: &[&str], password: Option<&str>| {
        let mut command = market.command("", arguments);
        command
            .env_remove("HUB_KEY_PASSWORD")
            .stdin(std::process::Stdio::null());
        if let Some(password) = password {
            command.env("HUB_KEY_PASSWORD", password);
        }
        ran(command.output().unwrap(), market.fixture.folder.path())
    };
    says(
        &with(&["keys", "new"], None),
        2,
        "key files need a password",
        "HUB_KEY_PASSWORD",
    );
    let made = with(&["keys", "new", "--json"], Some("one"));
    assert_eq!(made.code, 0, "{made:?}");
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let words = made["mnemonic"].as_str().unwrap();
    assert_eq!(
        (words.split(' ').count(), made["address"].as_str().unwrap()),
        (24, address(words).as_str())
    );
    says(
        &with(&["keys", "new"], Some("one")),
        2,
        "is there already, and is not replaced",
        "another name",
    );
    says(
        &with(&["keys", "show"], Some("two")),
        2,
        "does not open with this password",
        "HUB_KEY_PASSWORD",
    );
    says(
        &with(&["balance"], Some("two")),
        2,
        "does not open with this password",
        "",
    );
    assert!(!with(&["keys", "show"], Some("one")).out.contains(words));
    assert!(with(&["keys", "show", "--words"], Some("one"))
        .out
        .contains(words));
    says(
        &with(&["keys", "show", "other"], Some("one")),
        2,
        "there is no key \"other\"",
        "hub keys new other",
    );
    says(
        &with(&["keys", "import", "other"], Some("one")),
        2,
        "BIP-39",
        "",
    );

    let file = market.fixture.path("home/keys/default.account.age");
    std::fs::write(&file, b"no key").unwrap();
    says(
        &with(&["keys", "show"], Some("one")),
        3,
        "is damaged",
        "hub keys import",
    );
}

#[test]
fn what_is_missing_is_said_with_what_to_type() {
    let market = Market::new();
    market.folder();
    // No money: nothing is stored either.
    let poor = market.run(POOR, &PUBLISH);
    says(&poor, 1, "does not know the account", "hub balance");
    assert_eq!(market.sent(), 0);
    says(
        &market.run(AUTHOR, &["model", "show", "9"]),
        4,
        "9",
        "hub model list",
    );
    says(
        &market.run(AUTHOR, &["balance", "--chain", "other"]),
        2,
        "there is no chain \"other\"",
        "test",
    );
    market.fixture.write("empty/README.md", b"");
    let mut no_model = PUBLISH;
    no_model[2] = "empty";
    says(
        &market.run(AUTHOR, &no_model),
        2,
        "has no model in it",
        "put a file there",
    );

    let doctor = market.run(AUTHOR, &["doctor"]);
    assert_eq!(doctor.code, 0, "{doctor:?}");
    assert_eq!(
        doctor
            .out
            .lines()
            .filter(|line| line.starts_with("well "))
            .count(),
        7,
        "{}",
        doctor.out
    );
    let doctor = market.run(POOR, &["doctor"]);
    assert_eq!(doctor.code, 1);
    assert!(doctor.out.contains("MISSING  money"), "{}", doctor.out);

    market.node.always(Fault::OtherChain);
    says(
        &market.run(AUTHOR, &["balance"]),
        1,
        "can be relied on",
        "hub doctor",
    );
    std::fs::remove_file(market.fixture.path("home/chains.toml")).unwrap();
    says(
        &market.run(AUTHOR, &["market"]),
        2,
        "no chain is known",
        "hub chain add",
    );
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

/// A process that is killed with the test, if it did not end before.
pub struct Serving(std::process::Child);

impl Serving {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Market {
    /// Starts `hub serve serve.toml`, and waits until it says where it listens.
    pub fn serve(&self, words: &str) -> (Serving, String) {
        let mut command = self.command(words, &["serve", "serve.toml", "--json"]);
        command.stdout(std::process::Stdio::piped());
        let mut child = Serving(command.spawn().unwrap());
        let mut out = std::io::BufReader::new(child.0.stdout.take().unwrap());
        let mut text = String::new();
        let started: Value = loop {
            let read = std::io::BufRead::read_line(&mut out, &mut text).unwrap();
            assert_ne!(read, 0, "hub serve ended: {text}");
            if let Ok(value) = serde_json::from_str(&text) {
                break value;
            }
        };
        assert_eq!(started["missing"], json!([]), "{started}");
        (child, started["url"].as_str().unwrap().to_owned())
    }

    /// Publishes an example model and serves it.
    pub fn with_model_served(&self) -> (Serving, String) {
        self.publish_example("volatility-mlp", "uusd");
        self.configure_server();
        self.serve(AUTHOR)
    }

    fn publish_example(&self, name: &str, denom: &str) {
        let model = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples/models")
            .join(name);
        for file in ["LICENSE", "README.md", "hub.toml", "model.onnx"] {
            let bytes = std::fs::read(model.join(file)).unwrap();
            self.fixture.write(&format!("model/{file}"), &bytes);
        }
        let arguments = PUBLISH.map(|one| if one == "uusd" { denom } else { one });
        let published = self.run(AUTHOR, &arguments);
        assert_eq!(published.code, 0, "{published:?}");
    }

    /// Registers an attester's key, and writes the configuration of its server.
    fn configure_server(&self) {
        self.configure_server_with("");
    }

    /// The same with more about the model.
    pub fn configure_server_with(&self, more: &str) {
        self.json(AUTHOR, &["keys", "new", "server", "--attester"]);
        self.json(AUTHOR, &["operator", "register", "server"]);

        let mut profile = self.chain.profile().clone();
        profile.rpc = vec![self.node.url()];
        let chain = Profiles([("chain".to_owned(), profile)].into())
            .to_toml()
            .unwrap();
        let config = format!(
            "listen = \"127.0.0.1:0\"\ndata = \"books\"\n{chain}\n[attester]\nkey_file = {:?}\n\n[[models]]\nmodel = 1\nfolder = \"model\"\n{more}",
            self.fixture.path("home/keys/server.attester.age"),
        );
        self.fixture.write("serve.toml", config.as_bytes());
    }

    /// Opens a session of the caller's that pays for the model; its number.
    pub fn open_session(&self, budget: &str) -> u64 {
        let operator = address(AUTHOR);
        let open = [
            "session",
            "open",
            "--operator",
            &operator,
            "--model",
            "1",
            "--budget",
            budget,
            "--days",
            "1",
        ];
        self.json(CALLER, &open)["session"]["session"]
            .as_u64()
            .unwrap()
    }
}

/// Where no enclave is, as here, a server that is to make its key in one says so, and registers nothing.
#[test]
fn a_server_that_is_configured_for_an_enclave_does_not_start_outside_of_one() {
    let market = Market::new();
    market.publish_example("volatility-mlp", "uusd");
    market.configure_server_with("\n[enclave]\nverifier = \"v\"\ncertificate = \"tls.crt\"\n");
    let sent = market.sent();
    let outside = market.run(AUTHOR, &["serve", "serve.toml"]);
    let why = if cfg!(target_os = "linux") {
        "this is no Nitro Enclave"
    } else {
        "enclaves run Linux"
    };
    says(
        &outside,
        1,
        "the server could not start: the hypervisor gives no attestation document",
        why,
    );
    assert_eq!(
        (market.sent(), market.fixture.path("books").exists()),
        (sent, false)
    );
}

/// The whole loop, each step by the command alone: an author publishes a folder, an operator serves it, a caller pays for answers,
/// the server settles when it is stopped, and the receipt is proven on chain.
#[test]
fn a_model_is_published_served_called_paid_and_its_receipt_proven() {
    let market = Market::new();
    let (mut server, url) = market.with_model_served();

    let operator = address(AUTHOR);
    let open = [
        "session",
        "open",
        "--operator",
        &operator,
        "--model",
        "1",
        "--budget",
        "250uusd",
        "--days",
        "1",
    ];
    market.json(CALLER, &open);
    let candle = [100.0, 101.0, 99.0, 100.5];
    let request = json!({ "inputs": [{
        "name": "candles", "datatype": "FP32", "shape": [1, 10, 4], "data": vec![candle; 10].concat(),
    }] });
    market
        .fixture
        .write("request.json", request.to_string().as_bytes());
    let call = ["call", "1", "--input", "request.json", "--server", &url];
    let first = market.json(CALLER, &call);
    assert_eq!(
        (&first["amount"], &first["charged"], &first["left"]),
        (&json!("100"), &json!("100"), &json!("150"))
    );
    let volatility = first["answer"]["outputs"][0]["data"][0].as_f64().unwrap();
    assert!(volatility > 0.0 && volatility < 1.0, "{first}");

    // The same id again is the same answer, and paid once; another call is paid again; a third is more than the budget.
    let id = first["request_id"].as_str().unwrap();
    let again = market.json(CALLER, &[&call[..], &["--request-id", id]].concat());
    assert_eq!(
        (&again["answer"], &again["receipt"]),
        (&first["answer"], &first["receipt"])
    );
    let second = market.json(CALLER, &call);
    assert_eq!(
        (&second["charged"], &second["left"]),
        (&json!("200"), &json!("50"))
    );
    let third = market.run(CALLER, &call);
    says(
        &third,
        2,
        "would be 300, and you allow 250",
        "hub session topup",
    );

    let receipt = ["receipt", id, "--server", &url];
    let waiting = market.run(CALLER, &receipt);
    assert!(waiting.out.contains("not settled yet"), "{waiting:?}");

    every_metric_is_documented(&url);

    // Asked to stop, the server settles what it is owed.
    let stopped = Command::new("kill")
        .arg(server.0.id().to_string())
        .status()
        .unwrap();
    assert!(stopped.success());
    assert!(server.0.wait().unwrap().success());
    let session = market.json(CALLER, &["session", "list"])["sessions"][0].clone();
    assert_eq!(
        (&session["spent"], &session["left"]),
        (&json!("200"), &json!("50"))
    );
    let earned = market.json(AUTHOR, &["balance"]);
    assert_eq!(earned["escrow"][0]["available"], "200", "{earned}");

    // Started again on the same books it proves what was settled.
    let (_server, url) = market.serve(AUTHOR);
    let proven = market.run(CALLER, &["receipt", id, "--server", &url]);
    assert_eq!(proven.code, 0, "{proven:?}");
    assert!(
        proven.out.contains("proven: batch 1 of attester 1"),
        "{proven:?}"
    );
}

/// What `/metrics` prints, and what the operator's guide names, is the same.
fn every_metric_is_documented(url: &str) {
    let guide = include_str!("../../../../docs/OPERATING.md");
    let printed = ureq::get(format!("{url}/metrics")).call().unwrap();
    let printed = printed.into_body().read_to_string().unwrap();
    let names: Vec<&str> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    assert!(names.len() > 10, "{printed}");
    for name in &names {
        assert!(
            guide.contains(&format!("| `{name}` |")),
            "docs/OPERATING.md does not name {name}"
        );
    }
    // Those that need trouble to be printed.
    let in_trouble = ["hub_not_ready", "hub_receipts_held"];
    let rows = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `hub_"));
    for row in rows {
        let name = format!("hub_{}", row.split('`').next().unwrap());
        assert!(
            names.contains(&name.as_str()) || in_trouble.contains(&name.as_str()),
            "docs/OPERATING.md names {name}, and nothing prints it"
        );
    }
}

const CANDLES: &str = include_str!("../../../../examples/models/volatility-mlp.request.json");

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

    assert!(Command::new("kill")
        .arg(server.0.id().to_string())
        .status()
        .unwrap()
        .success());
    assert!(server.0.wait().unwrap().success());
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

#[test]
fn a_model_that_the_engine_cannot_run_is_named_and_the_server_says_why() {
    let market = Market::new();
    // Tree ensembles are beyond the embedded engine.
    market.publish_example("volatility-gbt", "uusd");
    says(
        &market.run(AUTHOR, &["serve", "--attester", "server", "--model", "1"]),
        2,
        "there is no key of an attester \"server\"",
        "hub keys new server --attester",
    );
    market.configure_server();
    let mut command = market.command(AUTHOR, &["serve", "serve.toml"]);
    command.stdout(std::process::Stdio::piped());
    let mut server = Serving(command.spawn().unwrap());
    let out = std::io::BufReader::new(server.0.stdout.take().unwrap());
    let lines: Vec<String> = std::io::BufRead::lines(out)
        .take(2)
        .map(Result::unwrap)
        .collect();
    assert!(lines[0].starts_with("listening at "), "{lines:?}");
    assert!(lines[1].contains("1 is not served: "), "{lines:?}");
}

/// What people see of a market, word for word; addresses, hashes and times are replaced.
#[test]
fn what_commands_print_is_reviewed() {
    let market = Market::new();
    market.folder();
    market.keep_committee();
    let operator = address(AUTHOR);
    let mut all = String::new();
    for (words, arguments) in [
        (AUTHOR, &["market"][..]),
        (AUTHOR, &PUBLISH),
        (AUTHOR, &["model", "list"]),
        (AUTHOR, &["model", "show", "1"]),
        (CALLER, &["session", "list"]),
        (
            CALLER,
            &[
                "session",
                "open",
                "--operator",
                &operator,
                "--model",
                "1",
                "--budget",
                "5000uusd",
                "--days",
                "7",
            ],
        ),
        (CALLER, &["session", "list"]),
        (CALLER, &["balance"]),
        (CALLER, &["payout", "uusd"]),
        (CALLER, &["payout", "uusd", "--allow"]),
        (AUTHOR, &["operator", "status"]),
        (AUTHOR, &["market", "--days", "3"]),
        (AUTHOR, &["chain", "list"]),
    ] {
        let ran = market.run(words, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        let mut text = ran.out;
        for (name, words) in [("AUTHOR", AUTHOR), ("CALLER", CALLER)] {
            text = text.replace(&address(words), name);
        }
        text = text.replace(&market.node.url(), "NODE");
        let typed = arguments.join(" ").replace(&operator, "AUTHOR");
        all += &format!("$ hub {typed}\n{}\n\n", settled(&text));
    }
    goldie::assert!(all);
}

/// The text without what another run has otherwise: fees that were paid, days and blocks.
fn settled(text: &str) -> String {
    let line = |line: &str| -> String {
        let line = line.trim_end();
        match line.trim_start().split("  ").next() {
            Some("wallet") => "  wallet  (what fees left)".to_owned(),
            Some("ends") => "ends      (a day)".to_owned(),
            _ => line.to_owned(),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn completions_and_manual_know_every_command() {
    let market = Market::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = market.run("", &["completions", shell]);
        assert_eq!(script.code, 0);
        assert!(
            script.out.contains("publish") && script.out.contains("topup"),
            "{shell}"
        );
    }
    let pages = market.json("", &["man", "pages"]);
    let pages: Vec<&str> = pages["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page.as_str().unwrap())
        .collect();
    assert!(
        pages.contains(&"hub.1") && pages.contains(&"hub-model-publish.1"),
        "{pages:?}"
    );
}
