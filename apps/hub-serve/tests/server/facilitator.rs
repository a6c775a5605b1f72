//! A seller who offers a model of this operator as a resource of its own, by the facilitator of x402.

use std::time::Duration;

use hub_x402::{encode, Amount, PaymentPayload, PaymentRequirements, Signature};
use serde_json::{json, Value};

use crate::by_hand::{payment, post};
use crate::world::{body, World, PRICE};

async fn ask(world: &World, path: &str, question: &Value) -> (u16, Value) {
    let url = format!("{}{path}", world.server.url());
    let asked = reqwest::Client::new().post(url).json(question);
    let answer = asked.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn question(payment: &PaymentPayload, required: &PaymentRequirements) -> Value {
    json!({"x402Version": 2, "paymentPayload": payment, "paymentRequirements": required})
}

fn of(payment: &PaymentPayload) -> Value {
    question(payment, &payment.accepted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_checks_a_payment_has_the_call_run_and_gets_its_settlement() {
    let world = World::new().await;
    let (session, key) = world.session("caller", 1_000, 7);
    let caller = world.hub.with(|hub| hub.account("caller").to_string());
    let url = format!("{}/supported", world.server.url());
    let supported: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(
        supported,
        json!({
            "kinds": [{
                "x402Version": 2,
                "scheme": "batch-settlement",
                "network": "cosmos:hub-testing-1",
                "extra": {
                    "hub": {
                        "billing": world.trust.billing,
                        "escrow": world.hub.with(|hub| hub.escrow.to_string()),
                        "attester": world.attester.id.0,
                        "measurement": null,
                    },
                    "label": "operator's word",
                },
            }],
            "extensions": [],
            "signers": {"cosmos:*": [world.trust.operator]},
        })
    );

    let payment = payment(&world, session, &key, &body(), [3; 16]).await;
    let valid = (200, json!({"isValid": true, "payer": caller}));
    for _ in 0..3 {
        assert_eq!(ask(&world, "/verify", &of(&payment)).await, valid);
    }
    let (status, early) = ask(&world, "/settle", &of(&payment)).await;
    assert_eq!(status, 200);
    assert_eq!(
        [
            &early["success"],
            &early["errorReason"],
            &early["transaction"],
            &early["network"],
            &early["payer"]
        ],
        [
            &json!(false),
            &json!("not_run"),
            &json!(""),
            &json!("cosmos:hub-testing-1"),
            &json!(caller)
        ]
    );
    // Nothing was reserved by asking, and no ceiling was raised.
    let standing = world.books.read(|ledger| ledger.standing(session)).unwrap();
    assert_eq!((standing.charged, standing.ceiling), (0, Some(0)));

    let sent = reqwest::Client::new().post(world.url()).body(body());
    let sent = sent
        .header("PAYMENT-SIGNATURE", encode(&payment))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
    let header = sent.headers()["payment-response"].to_str().unwrap();
    let header: Value = hub_x402::decode(header).unwrap();
    let settled = ask(&world, "/settle", &of(&payment)).await;
    assert_eq!(settled, (200, header.clone()));
    assert_eq!(
        (&header["success"], &header["amount"]),
        (&json!(true), &json!(PRICE.to_string()))
    );
    assert_eq!(ask(&world, "/verify", &of(&payment)).await, valid);
    assert_eq!(ask(&world, "/settle", &of(&payment)).await, settled);
    assert_eq!(world.charged(session), PRICE);

    // Long after, only the receipt is left.
    world
        .clock
        .fetch_add(3_600, std::sync::atomic::Ordering::SeqCst);
    world.hub.with(|hub| hub.advance(3_600));
    world.observe(&[session]);
    let caller = world.caller(session, &key);
    let _ = caller.call(&world.url(), body()).await;
    let (_, late) = ask(&world, "/settle", &of(&payment)).await;
    assert_eq!(
        (&late["success"], &late["errorReason"]),
        (&json!(false), &json!("answer_gone"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_would_not_be_paid_is_invalid_by_its_code_and_tells_nobody_who_pays() {
    let world = World::with("[http]\nunpaid_burst = 1000\n").await;
    let (session, key) = world.session("caller", 1_000, 7);
    let good = payment(&world, session, &key, &body(), [3; 16]).await;
    // The session is known once it was called.
    assert_eq!(ask(&world, "/verify", &of(&good)).await.1["isValid"], true);
    let caller = world.hub.with(|hub| hub.account("caller").to_string());
    let (poor, poor_key) = world.session("caller", PRICE - 1, 8);
    let poor = payment(&world, poor, &poor_key, &body(), [4; 16]).await;
    let with = |change: &dyn Fn(&mut PaymentPayload)| {
        let mut payment = good.clone();
        change(&mut payment);
        payment
    };
    let cases = [
        (
            "bad_signature",
            false,
            with(&|one| one.payload.call.signature = Signature([7; 64])),
        ),
        (
            "bad_signature",
            false,
            with(&|one| one.accepted.extra.request_hash.0 = [0; 32]),
        ),
        (
            "bad_signature",
            false,
            with(&|one| one.payload.call.expires_at += 1),
        ),
        (
            "unknown_session",
            false,
            with(&|one| one.payload.session.0 += 77),
        ),
        (
            "bad_voucher",
            false,
            with(&|one| {
                one.payload.voucher.as_mut().unwrap().signature = Signature([7; 64]);
            }),
        ),
        (
            "voucher_missing",
            true,
            with(&|one| one.payload.voucher = None),
        ),
        (
            "wrong_payment",
            true,
            with(&|one| one.accepted.network = "cosmos:other-1".into()),
        ),
        (
            "wrong_payment",
            true,
            with(&|one| one.accepted.pay_to = "somebody".into()),
        ),
        (
            "wrong_payment",
            true,
            with(&|one| one.accepted.scheme = "exact".into()),
        ),
        (
            "price_changed",
            true,
            with(&|one| one.accepted.amount = Amount(PRICE - 1)),
        ),
        (
            "unknown_release",
            true,
            with(&|one| one.accepted.extra.release.0 = 9),
        ),
        ("exhausted", true, poor),
    ];
    for (code, is_signed, payment) in cases {
        let (status, found) = ask(&world, "/verify", &of(&payment)).await;
        assert_eq!((status, &found["isValid"]), (200, &json!(false)), "{code}");
        assert_eq!(found["invalidReason"], code, "{found}");
        assert!(
            found["invalidMessage"].as_str().unwrap().len() > 20,
            "{found}"
        );
        let payer = if is_signed {
            json!(caller)
        } else {
            Value::Null
        };
        assert_eq!(found["payer"], payer, "{code}");
        let (status, found) = ask(&world, "/settle", &of(&payment)).await;
        assert_eq!((status, &found["success"]), (200, &json!(false)), "{code}");
        assert_eq!(found["errorReason"], code, "{found}");
    }
    // What the seller asks for counts, whatever the buyer says that it accepted.
    let mut dearer = good.accepted.clone();
    dearer.extra.hub.billing = "elsewhere".into();
    let (_, found) = ask(&world, "/verify", &question(&good, &dearer)).await;
    assert_eq!(found["invalidReason"], "wrong_payment");

    let other_scheme =
        json!({"x402Version": 2, "paymentPayload": {"payload": {}}, "paymentRequirements": {}});
    let (status, found) = ask(&world, "/verify", &other_scheme).await;
    assert_eq!(
        (status, &found["invalidReason"]),
        (200, &json!("malformed_payment"))
    );
    for nonsense in [json!(null), json!([]), json!({"x402Version": 2})] {
        let (status, found) = ask(&world, "/verify", &nonsense).await;
        assert_eq!(
            (status, &found["error"]["code"]),
            (400, &json!("malformed"))
        );
    }
    let long = json!({"paymentPayload": {}, "paymentRequirements": {"text": "x".repeat(70_000)}});
    let (status, found) = ask(&world, "/settle", &long).await;
    assert_eq!(
        (status, &found["error"]["code"]),
        (413, &json!("body_too_long"))
    );
    assert_eq!(world.charged(session), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_call_is_not_settled_yet_and_an_outage_is_nobodys_payment() {
    let world = World::slow("", Duration::from_millis(600)).await;
    let (session, key) = world.session("caller", 1_000, 7);
    let payment = payment(&world, session, &key, &body(), [3; 16]).await;
    let (url, header) = (world.url(), encode(&payment));
    let running = tokio::spawn(async move { post(&url, body(), Some(header)).await });
    while world.charged(session) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (_, found) = ask(&world, "/settle", &of(&payment)).await;
    assert_eq!(
        (&found["success"], &found["errorReason"]),
        (&json!(false), &json!("running"))
    );
    assert_eq!(
        ask(&world, "/verify", &of(&payment)).await.1["isValid"],
        true
    );
    assert!(running.await.unwrap().settled);
    assert_eq!(
        ask(&world, "/settle", &of(&payment)).await.1["success"],
        true
    );

    world
        .clock
        .fetch_add(25, std::sync::atomic::Ordering::SeqCst);
    for path in ["/verify", "/settle"] {
        let (status, found) = ask(&world, path, &of(&payment)).await;
        assert_eq!(
            (status, &found["error"]["code"]),
            (503, &json!("stale_block"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_makes_signatures_be_checked_for_nothing_is_slowed_down() {
    let world = World::with("[http]\nunpaid_per_second = 1\nunpaid_burst = 5\n").await;
    let (session, key) = world.session("caller", 1_000, 7);
    let mut payment = payment(&world, session, &key, &body(), [3; 16]).await;
    payment.payload.call.signature = Signature([7; 64]);
    let mut statuses = vec![];
    for _ in 0..40 {
        statuses.push(ask(&world, "/verify", &of(&payment)).await.0);
    }
    // One a second is let through, however slow this machine is.
    assert_eq!(statuses[..4], [200; 4]);
    assert!(statuses.contains(&429), "{statuses:?}");
}
