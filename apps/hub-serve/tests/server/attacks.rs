//! What strangers and broken clients send: each gets a code, and costs nobody anything.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hub_caller::CallError;
use hub_types::ids::SessionId;
use hub_wire::SigningKey;
use hub_x402::{encode, Amount, PaymentPayload, RequestId, Signature};
use serde_json::{json, Value};

use crate::by_hand::{payment, post, Answer};
use crate::fixture::{body, body_of, Fixture, PRICE};

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.code.as_str()),
        (status, code),
        "{}",
        answer.message
    );
    assert!(!answer.settled, "{code} says that it settled");
    assert!(
        answer.message.len() > 20,
        "{code} says only {:?}",
        answer.message
    );
    assert_eq!(answer.required.is_some(), status == 402, "{code}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_requests_cost_nothing_and_say_what_is_wrong() {
    let fixture = Fixture::with("[http]\nunpaid_burst = 1000\n").await;
    let (name, elements, shape) = Fixture::input();
    let tensor = |name: &str, shape: Value, datatype: &str, data: Value| {
        json!({"inputs": [{"name": name, "shape": shape, "datatype": datatype, "data": data}]})
            .to_string()
    };
    let zeros = json!(vec![0.0; elements]);
    let good = json!(shape);
    let cases: Vec<(String, u16, &str)> = vec![
        (String::new(), 400, "malformed"),
        ("{".into(), 400, "malformed"),
        ("[]".into(), 400, "malformed"),
        ("[".repeat(100_000), 400, "malformed"),
        ("{\"inputs\": []}".into(), 400, "missing_input"),
        (
            tensor("no_such", good.clone(), "FP32", zeros.clone()),
            400,
            "unknown_input",
        ),
        (
            tensor(&name, good.clone(), "INT64", json!(vec![0; elements])),
            400,
            "wrong_datatype",
        ),
        (
            tensor(&name, good.clone(), "FP33", zeros.clone()),
            400,
            "unknown_datatype",
        ),
        (
            tensor(
                &name,
                json!([1, elements - 1]),
                "FP32",
                json!(vec![0.0; elements - 1]),
            ),
            400,
            "wrong_shape",
        ),
        (
            tensor(
                &name,
                json!([elements as u64, u64::MAX]),
                "FP32",
                zeros.clone(),
            ),
            413,
            "shape_too_large",
        ),
        (
            tensor(&name, json!([0, elements]), "FP32", json!([])),
            400,
            "empty_tensor",
        ),
        (
            tensor(&name, good.clone(), "FP32", json!(vec![0.0; elements + 1])),
            400,
            "bad_data",
        ),
        (
            tensor(
                &name,
                good.clone(),
                "FP32",
                json!(vec![Value::Null; elements]),
            ),
            400,
            "bad_data",
        ),
        (
            tensor(&name, good.clone(), "FP32", json!(vec!["NaN"; elements])),
            400,
            "bad_data",
        ),
        (
            tensor(&name, good.clone(), "FP32", zeros).replace("0.0", "NaN"),
            400,
            "malformed",
        ),
        (
            tensor(&name, good, "FP32", json!(vec![1e39; elements])),
            400,
            "bad_data",
        ),
    ];
    for (body, status, code) in cases {
        let shown: String = body.chars().take(80).collect();
        let answer = post(&fixture.url(), body.into(), None).await;
        assert_eq!(
            (answer.status, answer.code.as_str()),
            (status, code),
            "{shown}: {}",
            answer.message
        );
    }
    for path in [
        "/v2/models/nobody/nothing/infer",
        "/v2/models/99/infer",
        "/v2/models/99999999999999999999/infer",
    ] {
        refused(
            &post(&format!("{}{path}", fixture.server.url()), body(), None).await,
            404,
            "unknown_model",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_large_or_too_slow_are_cut_off_and_others_are_served_on() {
    let fixture = Fixture::with(
        "[http]\nbody_timeout_seconds = 1\nheader_timeout_seconds = 1\n[request]\nbody = 10000\n",
    )
    .await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let large = Bytes::from(vec![b' '; 10_001]);
    refused(
        &post(&fixture.url(), large, None).await,
        413,
        "body_too_long",
    );

    let address = fixture.server.address();
    let path = fixture
        .url()
        .strip_prefix(fixture.server.url())
        .unwrap()
        .to_owned();
    let announced = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 10001\r\n\r\n"
    );
    let asked_first = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(announced.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = asked_first.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let slow = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let began = Instant::now();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{{"
        )
        .unwrap();
        let mut text = [0; 64];
        let read = stream.read(&mut text).unwrap();
        let body = String::from_utf8_lossy(&text[..read]).into_owned();
        // Headers that never end are cut off as well.
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream.write_all(b"GET /v2 HTTP/1.1\r\n").unwrap();
        let mut rest = vec![];
        let _ = stream.read_to_end(&mut rest);
        (body, began.elapsed())
    });
    fixture
        .caller(session, &key)
        .call(&fixture.url(), body())
        .await
        .unwrap();
    let (answer, took) = slow.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_asks_and_never_reads_loses_its_connection_and_others_are_served_on() {
    let fixture = Fixture::with(
        "[http]\nconnections = 1\nheader_timeout_seconds = 1\nwrite_timeout_seconds = 1\n",
    )
    .await;
    let address = fixture.server.address();
    let hog = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_write_timeout(patience).unwrap();
        // More answers than all buffers on the way take, until the server does not listen any more.
        let ask = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_000);
        let began = Instant::now();
        while stream.write_all(ask.as_bytes()).is_ok() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "it is never cut off"
            );
        }
        began.elapsed()
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let other = reqwest::Client::new()
        .get(format!("{}/openapi.json", fixture.server.url()))
        .timeout(Duration::from_secs(20))
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), 200);
    assert!(hog.await.unwrap() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_that_do_not_hold_are_refused_by_a_code_and_charge_nothing() {
    let fixture = Fixture::with("[http]\nunpaid_burst = 1000\n").await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let (other, other_key) = fixture.session("stranger", 1_000, 8);
    let url = fixture.url();
    let good = payment(&fixture, session, &key, &body(), [1; 16]).await;

    for header in ["", "x", "e30=", &"A".repeat(17_000)] {
        refused(
            &post(&url, body(), Some(header.into())).await,
            402,
            "malformed_payment",
        );
    }
    let broken = |change: &dyn Fn(&mut PaymentPayload)| {
        let mut payment = good.clone();
        change(&mut payment);
        Some(encode(&payment))
    };
    let others = move |one: &mut PaymentPayload| one.payload.session = other;
    type Change<'a> = &'a dyn Fn(&mut PaymentPayload);
    let cases: Vec<(&str, Change<'_>)> = vec![
        ("wrong_payment", &|one| one.x402_version = 1),
        ("wrong_payment", &|one| {
            one.accepted.network = "cosmos:other-1".into()
        }),
        ("wrong_payment", &|one| one.accepted.asset = "uother".into()),
        ("wrong_payment", &|one| {
            one.accepted.pay_to = "stranger".into()
        }),
        ("wrong_payment", &|one| {
            one.accepted.extra.hub.attester.0 += 1
        }),
        ("price_changed", &|one| {
            one.accepted.amount = Amount(PRICE - 1)
        }),
        ("unknown_session", &|one| one.payload.session = SessionId(0)),
        ("unknown_session", &|one| {
            one.payload.session = SessionId(u64::MAX)
        }),
        ("bad_signature", &others),
        ("bad_signature", &|one| {
            one.payload.call.request_id = RequestId::from([2; 16])
        }),
        ("bad_signature", &|one| one.payload.call.expires_at += 1),
        ("bad_signature", &|one| {
            one.payload.call.signature = Signature([0; 64])
        }),
        ("bad_voucher", &|one| {
            one.payload.voucher.as_mut().unwrap().ceiling = Amount(u128::MAX)
        }),
        ("bad_voucher", &|one| {
            one.payload.voucher.as_mut().unwrap().signature = Signature([0; 64])
        }),
        ("voucher_missing", &|one| one.payload.voucher = None),
    ];
    for (code, change) in cases {
        refused(&post(&url, body(), broken(change)).await, 402, code);
    }
    // Another body under the same signature, and a signature of somebody else's key.
    refused(
        &post(&url, body_of(0.7), Some(encode(&good))).await,
        402,
        "bad_signature",
    );
    let stolen = payment(&fixture, session, &other_key, &body(), [3; 16]).await;
    refused(
        &post(&url, body(), Some(encode(&stolen))).await,
        402,
        "bad_signature",
    );
    // What a stranger is told says nothing about what the session has left.
    let told = post(&url, body(), Some(encode(&stolen)))
        .await
        .required
        .unwrap();
    assert_eq!(
        (told.accepts[0].extra.charged, told.accepts[0].extra.ceiling),
        (None, None)
    );
    // The ledger holds nothing of all this.
    assert_eq!((fixture.charged(session), fixture.charged(other)), (0, 0));

    // The same payment twice is one call.
    for _ in 0..2 {
        let answer = post(&url, body(), Some(encode(&good))).await;
        assert_eq!(
            (answer.status, answer.settled),
            (200, true),
            "{}",
            answer.message
        );
    }
    assert_eq!(fixture.charged(session), PRICE);

    // After its time it is worth nothing, and neither is one that is valid for ever.
    let late = payment(&fixture, session, &key, &body(), [4; 16]).await;
    fixture.hub.with(|hub| hub.advance(61));
    fixture.observe(&[session, other]);
    refused(
        &post(&url, body(), Some(encode(&late))).await,
        402,
        "call_expired",
    );
    assert_eq!(fixture.charged(session), PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_cannot_pay_for_this_are_refused_by_name() {
    let fixture = Fixture::with("[http]\nunpaid_burst = 1000\n").await;
    let code = async |session: SessionId, key: &SigningKey| match fixture
        .caller(session, key)
        .call(&fixture.url(), body())
        .await
    {
        Err(CallError::Refused {
            status: 402, code, ..
        }) => code,
        other => panic!("{other:?}"),
    };
    let stranger = fixture.hub.with(|hub| hub.account("stranger").to_string());
    let (session, key) = fixture.session_with("caller", 1_000, 7, move |one| {
        hub_types::escrow::NewSession {
            operator: stranger,
            ..one
        }
    });
    assert_eq!(code(session, &key).await, "attester_not_allowed");
    let (session, key) =
        fixture.session_with("caller", 1_000, 7, |one| hub_types::escrow::NewSession {
            measurement: Some([7; 32].into()),
            ..one
        });
    assert_eq!(code(session, &key).await, "attester_not_allowed");
    let model = fixture.model;
    let (session, key) = fixture.session_with("caller", 1_000, 7, move |one| {
        hub_types::escrow::NewSession {
            models: hub_types::escrow::Models::Listed(vec![hub_types::escrow::ModelRef {
                model,
                release: Some(hub_types::ids::ReleaseNumber(2)),
            }]),
            ..one
        }
    });
    assert_eq!(code(session, &key).await, "model_not_allowed");
    let (session, key) =
        fixture.session_with("caller", 1_000, 7, |one| hub_types::escrow::NewSession {
            max_price: Some(hub_testing::rates(0, 0, 0)),
            ..one
        });
    assert_eq!(code(session, &key).await, "price_above_limit");
    let (session, key) = fixture.session("caller", PRICE - 1, 7);
    assert_eq!(code(session, &key).await, "exhausted");
    let (session, key) =
        fixture.session_with("caller", 1_000, 7, |one| hub_types::escrow::NewSession {
            ceiling: None,
            ..one
        });
    assert_eq!(code(session, &key).await, "no_key");
    let (session, key) =
        fixture.session_with("caller", 1_000, 7, |one| hub_types::escrow::NewSession {
            expires_at: one.expires_at - 30 * 86_400 + 20,
            ..one
        });
    assert_eq!(code(session, &key).await, "session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_are_answered_cheaply_and_callers_who_pay_are_served_on() {
    let fixture = Fixture::with(
        "[http]\nunpaid_per_second = 1\nunpaid_burst = 20\nsessions_asked_per_second = 5\n",
    )
    .await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let caller = fixture.caller(session, &key);
    caller.call(&fixture.url(), body()).await.unwrap();
    let good = payment(&fixture, session, &key, &body(), [1; 16]).await;
    let (mut required, mut too_many) = (0, 0);
    for _ in 0..60 {
        let answer = post(&fixture.url(), body(), None).await;
        match answer.code.as_str() {
            "payment_required" => required += 1,
            "too_many_unpaid" => {
                assert_eq!(answer.status, 429);
                too_many += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert!(
        required <= 25 && too_many >= 35,
        "{required} and {too_many}"
    );
    // Sessions that do not exist cost nodes no more than so many questions.
    let before = fixture.asked.load(Ordering::SeqCst);
    for number in 0..100 {
        let mut payment = good.clone();
        payment.payload.session = SessionId(1_000 + number);
        let answer = post(&fixture.url(), body(), Some(encode(&payment))).await;
        assert_eq!(answer.code, "unknown_session");
    }
    let asked = fixture.asked.load(Ordering::SeqCst) - before;
    assert!(asked <= 15, "{asked}");
    // Somebody who pays is served in the middle of it.
    caller.call(&fixture.url(), body()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_before_anything_runs_and_a_caller_who_leaves_is_not_charged() {
    let change = "[pool]\ncores = 1\nper_model = 1\nqueue = 0\n";
    let fixture = Fixture::slow(change, Duration::from_millis(600)).await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let caller = std::sync::Arc::new(fixture.caller(session, &key));
    let first = {
        let (caller, url) = (caller.clone(), fixture.url());
        tokio::spawn(async move { caller.call(&url, body()).await })
    };
    while fixture.charged(session) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let refused = caller.call(&fixture.url(), body()).await.unwrap_err();
    assert!(
        matches!(&refused, CallError::Refused { status: 429, code, retry_after: Some(1), .. } if code == "queue_full"),
        "{refused}"
    );
    first.await.unwrap().unwrap();
    assert_eq!(fixture.charged(session), PRICE);

    // The caller hangs up in the middle.
    let leaving = {
        let (caller, url) = (caller.clone(), fixture.url());
        tokio::spawn(async move { caller.call(&url, body()).await })
    };
    while fixture.charged(session) == PRICE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    leaving.abort();
    let began = Instant::now();
    while fixture.charged(session) != PRICE {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "the reservation was never freed"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(fixture.ledger.read(|ledger| ledger.health(0)).running, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_answers_nobody_charges_nobody_and_says_so() {
    let fixture = Fixture::new().await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let caller = fixture.caller(session, &key);
    caller.call(&fixture.url(), body()).await.unwrap();
    fixture.full.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let refused = caller.call(&fixture.url(), body()).await.unwrap_err();
        assert!(
            matches!(&refused, CallError::Refused { status: 503, code, .. } if code == "store_failed"),
            "{refused}"
        );
    }
    let ready = reqwest::get(format!("{}/health/ready", fixture.server.url()))
        .await
        .unwrap();
    assert_eq!(ready.status(), 503);
    assert!(ready
        .text()
        .await
        .unwrap()
        .contains("no space left on device"));
    assert_eq!(caller.tally().charged(), PRICE);
}
