//! Authors at work: they publish, change the price, hand over and retire.

use cosmwasm_std::Addr;
use hub_chain::testing::Fault;
use hub_types::registry::ExecuteMsg;
use hub_walrus_local::{noise, On, What};
use serde_json::{json, Value};

use crate::fixture::says;
use crate::market::{address, Market, Serving, AUTHOR, CALLER};

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
