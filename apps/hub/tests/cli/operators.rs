//! Operators at work: they register keys, serve, and are paid.

use serde_json::{json, Value};

use crate::fixture::says;
use crate::market::{address, Market, AUTHOR, CALLER};

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

    server.stop();
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
