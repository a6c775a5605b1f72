//! A seller who offers a model of this operator as a resource of its own, by the facilitator of x402.

use std::time::Duration;

use hub_x402::{encode, Amount, PaymentPayload, PaymentRequirements, Signature};
use serde_json::{json, Value};

use crate::by_hand::{payment, post};
use crate::fixture::{body, Fixture, PRICE};

async fn ask(fixture: &Fixture, path: &str, question: &Value) -> (u16, Value) {
    let url = format!("{}{path}", fixture.server.url());
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
    let fixture = Fixture::new().await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let caller = fixture.hub.with(|hub| hub.account("caller").to_string());
    let url = format!("{}/supported", fixture.server.url());
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
                        "billing": fixture.trust.billing,
                        "escrow": fixture.hub.with(|hub| hub.escrow.to_string()),
                        "attester": fixture.attester.id.0,
                        "measurement": null,
                    },
                    "label": "operator's word",
                },
            }],
            "extensions": [],
            "signers": {"cosmos:*": [fixture.trust.operator]},
        })
    );

    let payment = payment(&fixture, session, &key, &body(), [3; 16]).await;
    let valid = (200, json!({"isValid": true, "payer": caller}));
    for _ in 0..3 {
        assert_eq!(ask(&fixture, "/verify", &of(&payment)).await, valid);
    }
    let (status, early) = ask(&fixture, "/settle", &of(&payment)).await;
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
    let standing = fixture
        .ledger
        .read(|ledger| ledger.standing(session))
        .unwrap();
    assert_eq!((standing.charged, standing.ceiling), (0, Some(0)));

    let sent = reqwest::Client::new().post(fixture.url()).body(body());
    let sent = sent
        .header("PAYMENT-SIGNATURE", encode(&payment))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
    let header = sent.headers()["payment-response"].to_str().unwrap();
    let header: Value = hub_x402::decode(header).unwrap();
    let settled = ask(&fixture, "/settle", &of(&payment)).await;
    assert_eq!(settled, (200, header.clone()));
    assert_eq!(
        (&header["success"], &header["amount"]),
        (&json!(true), &json!(PRICE.to_string()))
    );
    assert_eq!(ask(&fixture, "/verify", &of(&payment)).await, valid);
    assert_eq!(ask(&fixture, "/settle", &of(&payment)).await, settled);
    assert_eq!(fixture.charged(session), PRICE);

    // Long after, only the receipt is left.
    fixture
        .clock
        .fetch_add(3_600, std::sync::atomic::Ordering::SeqCst);
    fixture.hub.with(|hub| hub.advance(3_600));
    fixture.observe(&[session]);
    let caller = fixture.caller(session, &key);
    let _ = caller.call(&fixture.url(), body()).await;
    let (_, late) = ask(&fixture, "/settle", &of(&payment)).await;
    assert_eq!(
        (&late["success"], &late["errorReason"]),
        (&json!(false), &json!("answer_gone"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_would_not_be_paid_is_invalid_by_its_code_and_tells_nobody_who_pays() {
    let fixture = Fixture::with("[http]\nunpaid_burst = 1000\n").await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let good = payment(&fixture, session, &key, &body(), [3; 16]).await;
    // The session is known once it was called.
    assert_eq!(
        ask(&fixture, "/verify", &of(&good)).await.1["isValid"],
        true
    );
    let caller = fixture.hub.with(|hub| hub.account("caller").to_string());
    let (poor, poor_key) = fixture.session("caller", PRICE - 1, 8);
    let poor = payment(&fixture, poor, &poor_key, &body(), [4; 16]).await;
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
        let (status, found) = ask(&fixture, "/verify", &of(&payment)).await;
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
        let (status, found) = ask(&fixture, "/settle", &of(&payment)).await;
        assert_eq!((status, &found["success"]), (200, &json!(false)), "{code}");
        assert_eq!(found["errorReason"], code, "{found}");
    }
    // What the seller asks for counts, whatever the buyer says that it accepted.
    let mut dearer = good.accepted.clone();
    dearer.extra.hub.billing = "elsewhere".into();
    let (_, found) = ask(&fixture, "/verify", &question(&good, &dearer)).await;
    assert_eq!(found["invalidReason"], "wrong_payment");

    let other_scheme =
        json!({"x402Version": 2, "paymentPayload": {"payload": {}}, "paymentRequirements": {}});
    let (status, found) = ask(&fixture, "/verify", &other_scheme).await;
    assert_eq!(
        (status, &found["invalidReason"]),
        (200, &json!("malformed_payment"))
    );
    for nonsense in [json!(null), json!([]), json!({"x402Version": 2})] {
        let (status, found) = ask(&fixture, "/verify", &nonsense).await;
        assert_eq!(
            (status, &found["error"]["code"]),
            (400, &json!("malformed"))
        );
    }
    let long = json!({"paymentPayload": {}, "paymentRequirements": {"text": "x".repeat(70_000)}});
    let (status, found) = ask(&fixture, "/settle", &long).await;
    assert_eq!(
        (status, &found["error"]["code"]),
        (413, &json!("body_too_long"))
    );
    assert_eq!(fixture.charged(session), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_call_is_not_settled_yet_and_an_outage_is_nobodys_payment() {
    let fixture = Fixture::slow("", Duration::from_millis(600)).await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let payment = payment(&fixture, session, &key, &body(), [3; 16]).await;
    let (url, header) = (fixture.url(), encode(&payment));
    let running = tokio::spawn(async move { post(&url, body(), Some(header)).await });
    while fixture.charged(session) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (_, found) = ask(&fixture, "/settle", &of(&payment)).await;
    assert_eq!(
        (&found["success"], &found["errorReason"]),
        (&json!(false), &json!("running"))
    );
    assert_eq!(
        ask(&fixture, "/verify", &of(&payment)).await.1["isValid"],
        true
    );
    assert!(running.await.unwrap().settled);
    assert_eq!(
        ask(&fixture, "/settle", &of(&payment)).await.1["success"],
        true
    );

    fixture
        .clock
        .fetch_add(25, std::sync::atomic::Ordering::SeqCst);
    for path in ["/verify", "/settle"] {
        let (status, found) = ask(&fixture, path, &of(&payment)).await;
        assert_eq!(
            (status, &found["error"]["code"]),
            (503, &json!("stale_block"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_makes_signatures_be_checked_for_nothing_is_slowed_down() {
    let fixture = Fixture::with("[http]\nunpaid_per_second = 1\nunpaid_burst = 5\n").await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let mut payment = payment(&fixture, session, &key, &body(), [3; 16]).await;
    payment.payload.call.signature = Signature([7; 64]);
    let mut statuses = vec![];
    for _ in 0..40 {
        statuses.push(ask(&fixture, "/verify", &of(&payment)).await.0);
    }
    // One a second is let through, however slow this machine is.
    assert_eq!(statuses[..4], [200; 4]);
    assert!(statuses.contains(&429), "{statuses:?}");
}
