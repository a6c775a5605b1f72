//! Calls that are paid, and what becomes of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use hub_caller::CallError;
use hub_x402::RequestId;

use crate::fixture::{body, body_of, Fixture, PRICE};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_quoted_paid_answered_and_settled_and_its_author_has_the_money() {
    let fixture = Fixture::new().await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let caller = fixture.caller(session, &key);

    let quote = caller.quote(&fixture.url(), &body()).await.unwrap();
    assert_eq!(quote.amount.0, PRICE);
    assert_eq!((quote.extra.units_in, quote.extra.max_units_out), (1, 1));

    let answer = caller.call(&fixture.url(), body()).await.unwrap();
    assert_eq!((answer.amount, answer.charged), (PRICE, PRICE));
    assert_eq!(answer.label, "operator's word");
    assert!(answer.engine.starts_with("tract "), "{}", answer.engine);
    let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(value["outputs"][0]["data"][0].is_f64(), "{value}");
    for _ in 0..9 {
        caller.call(&fixture.url(), body()).await.unwrap();
    }
    assert_eq!(caller.tally().charged(), 10 * PRICE);
    assert_eq!(caller.tally().ceiling(), 10 * PRICE);
    assert_eq!(fixture.charged(session), 10 * PRICE);

    let before = fixture.hub.with(|hub| hub.ledger());
    fixture.settle(&[session]).await;
    let after = fixture.hub.with(|hub| hub.ledger());
    let paid = 10 * i128::try_from(PRICE).unwrap();
    assert_eq!(
        before.diff(&after),
        [
            ("author available uusdc".to_owned(), paid),
            ("author earned uusdc".to_owned(), paid),
            (format!("session {session} left"), -paid),
            (format!("session {session} spent"), paid),
        ]
    );
    let health = fixture.ledger.read(|ledger| ledger.health(0));
    assert_eq!((health.unsettled, health.waiting), (0, 0));
    assert_eq!(fixture.charged(session), 10 * PRICE);

    let id = RequestId::from(answer.receipt.request_id);
    let url = format!("{}/v1/receipts/{id}", fixture.server.url());
    let state: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(state["receipts"][0]["amount"], PRICE.to_string());
    assert_ne!(state["receipts"][0]["state"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_paid_once_however_often_it_is_sent() {
    let fixture = Fixture::new().await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let caller = fixture.caller(session, &key);
    let id = RequestId::from([9; 16]);
    let first = caller.call_as(id, &fixture.url(), body()).await.unwrap();
    for _ in 0..3 {
        let again = fixture.caller(session, &key);
        let same = again.call_as(id, &fixture.url(), body()).await.unwrap();
        assert_eq!(same, first);
    }
    assert_eq!(fixture.charged(session), PRICE);
    // Another request under the same id is not answered with the first one's answer, and costs nothing.
    let other = caller
        .call_as(id, &fixture.url(), body_of(0.5))
        .await
        .unwrap_err();
    assert!(
        matches!(&other, CallError::Refused { status: 409, code, .. } if code == "request_id_used"),
        "{other}"
    );
    assert_eq!(fixture.charged(session), PRICE);
}

/// A proxy before a server. It gives up waiting for the first paid call, which runs on.
async fn impatient_gateway(server: String) -> String {
    use axum::extract::Request;
    use axum::http::{HeaderMap, StatusCode};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let patient = Arc::new(AtomicBool::new(false));
    let forward = move |request: Request| {
        let (server, patient) = (server.clone(), patient.clone());
        async move {
            let (parts, body) = request.into_parts();
            let is_paid = parts.headers.contains_key("payment-signature");
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let answer = reqwest::Client::new()
                .post(format!("{server}{}", parts.uri))
                .headers(parts.headers)
                .body(body)
                .send()
                .await
                .unwrap();
            if is_paid && !patient.swap(true, Ordering::SeqCst) {
                return (
                    StatusCode::BAD_GATEWAY,
                    HeaderMap::new(),
                    "no patience".into(),
                );
            }
            let (status, headers) = (answer.status(), answer.headers().clone());
            (status, headers, answer.bytes().await.unwrap())
        }
    };
    let app = axum::Router::new().fallback(forward);
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_gives_up_says_nothing_of_the_call_which_is_asked_for_again_and_paid_once() {
    let fixture = Fixture::new().await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let caller = fixture.caller(session, &key);
    let gateway = impatient_gateway(fixture.server.url().to_string()).await;
    let url = fixture
        .url()
        .replace(&fixture.server.url().to_string(), &gateway);
    let answer = caller.call(&url, body()).await.unwrap();
    assert_eq!((answer.amount, answer.charged), (PRICE, PRICE));
    let tally = caller.tally();
    assert_eq!((tally.charged(), tally.at_most()), (PRICE, PRICE));
    assert_eq!(fixture.charged(session), PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_at_once_on_a_budget_of_one_cost_one() {
    let fixture = Fixture::with("[http]\nunpaid_burst = 1000\n").await;
    let (session, key) = fixture.session("caller", PRICE, 7);
    let calls = (0..50).map(|_| {
        // Each as if it were the only one: a caller of its own, which signs a ceiling for one call.
        let caller = fixture.caller(session, &key);
        let url = fixture.url();
        tokio::spawn(async move { caller.call(&url, body()).await })
    });
    let calls: Vec<_> = calls.collect();
    let mut answered = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(answer) => {
                assert_eq!(answer.amount, PRICE);
                answered += 1;
            }
            Err(CallError::Refused { code, .. }) => {
                assert!(
                    ["exhausted", "voucher_missing"].contains(&code.as_str()),
                    "{code}"
                );
            }
            // Its own tally knows nothing of the others' calls.
            Err(CallError::Overcharged { .. }) => (),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(answered, 1);
    assert_eq!(fixture.charged(session), PRICE);
    fixture.settle(&[session]).await;
    assert_eq!(fixture.on_chain(session).spent.u128(), PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_parallel_raise_the_ceiling_as_far_as_needed_and_are_all_paid() {
    let fixture = Fixture::new().await;
    let (session, key) = fixture.session("caller", 1_000_000, 7);
    let caller = Arc::new(fixture.caller(session, &key));
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let (caller, url) = (caller.clone(), fixture.url());
            tokio::spawn(async move { caller.call(&url, body()).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let tally = caller.tally();
    assert_eq!((tally.charged(), tally.at_most()), (40 * PRICE, 40 * PRICE));
    assert_eq!(tally.ceiling(), 40 * PRICE);
    fixture.settle(&[session]).await;
    assert_eq!(fixture.on_chain(session).spent.u128(), 40 * PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_keeps_to_its_own_limits_before_it_signs_anything() {
    let fixture = Fixture::new().await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    let limits = hub_caller::Limits {
        per_call: PRICE,
        total: 2 * PRICE,
    };
    let clock = fixture.clock.clone();
    let caller = hub_caller::Caller::new(
        key.clone(),
        fixture.trust.clone(),
        hub_caller::Tally::in_memory(session, 0),
        hub_caller::Options::new(limits),
    );
    let caller = caller
        .unwrap()
        .with_clock(move || clock.load(std::sync::atomic::Ordering::SeqCst));
    caller.call(&fixture.url(), body()).await.unwrap();
    caller.call(&fixture.url(), body()).await.unwrap();
    let third = caller.call(&fixture.url(), body()).await.unwrap_err();
    assert!(
        matches!(third, CallError::Limit { found, allowed, .. } if (found, allowed) == (3 * PRICE, 2 * PRICE))
    );
    assert_eq!(fixture.charged(session), 2 * PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_counts_more_than_was_asked_of_it_is_found_out() {
    let fixture = Fixture::new().await;
    let (session, key) = fixture.session("caller", 1_000, 7);
    // Somebody else with the same key called, so the server's count is above this caller's own.
    fixture
        .caller(session, &key)
        .call(&fixture.url(), body())
        .await
        .unwrap();
    let caller = fixture.caller(session, &key);
    let refused = caller.call(&fixture.url(), body()).await.unwrap_err();
    assert!(
        matches!(
            refused,
            CallError::Overcharged { own: 0, .. } | CallError::Overcharged { own: PRICE, .. }
        ),
        "{refused}"
    );
}
