//! When the server takes no calls, and what it says of itself.

use std::sync::atomic::Ordering;

use hub_caller::CallError;
use serde_json::Value;

use crate::world::{body, World, PRICE};

async fn get(world: &World, path: &str) -> (u16, Value) {
    let answer = reqwest::get(format!("{}{path}", world.server.url()))
        .await
        .unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_block_stops_calls_and_a_new_one_starts_them_again() {
    let world = World::new().await;
    let (session, key) = world.session("caller", 1_000, 7);
    let caller = world.caller(session, &key);
    caller.call(&world.url(), body()).await.unwrap();
    assert_eq!(get(&world, "/health/ready").await.0, 200);

    world.clock.fetch_add(21, Ordering::SeqCst);
    let (status, answer) = get(&world, "/health/ready").await;
    assert_eq!(
        (status, answer["error"]["code"].as_str()),
        (503, Some("stale_block")),
        "{answer}"
    );
    let refused = caller.call(&world.url(), body()).await.unwrap_err();
    assert!(
        matches!(&refused, CallError::Refused { status: 503, code, retry_after: Some(_), .. } if code == "stale_block"),
        "{refused}"
    );
    assert_eq!(caller.tally().at_most(), PRICE);

    world.hub.with(|hub| hub.advance(21));
    world.observe(&[session]);
    caller.call(&world.url(), body()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_and_too_much_that_is_unsettled_stop_calls() {
    let world = World::with("[stop]\nunsettled_receipts = 2\n").await;
    let (session, key) = world.session("caller", 1_000, 7);
    let caller = world.caller(session, &key);
    world.clock.fetch_sub(31, Ordering::SeqCst);
    let (status, answer) = get(&world, "/v2/health/ready").await;
    assert_eq!(
        (status, answer["error"]["code"].as_str()),
        (503, Some("clock_off")),
        "{answer}"
    );
    world.clock.fetch_add(31, Ordering::SeqCst);

    caller.call(&world.url(), body()).await.unwrap();
    caller.call(&world.url(), body()).await.unwrap();
    let third = caller.call(&world.url(), body()).await.unwrap_err();
    assert!(
        matches!(&third, CallError::Refused { status: 503, code, .. } if code == "too_much_unsettled"),
        "{third}"
    );
    world.settle(&[session]).await;
    caller.call(&world.url(), body()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_served_and_what_it_costs_is_shown_to_anybody_a_browser_included() {
    let world = World::new().await;
    let (status, hub) = get(&world, "/.well-known/hub.json").await;
    assert_eq!(status, 200);
    assert_eq!(hub["network"], "cosmos:hub-testing-1");
    assert_eq!(hub["label"], "operator's word");
    assert_eq!(hub["models"][0]["price"]["per_call"], "5");
    assert_eq!(hub["models"][0]["calls"], 0);
    let path = world.url();
    let path = path
        .strip_prefix(world.server.url())
        .unwrap()
        .strip_suffix("/infer")
        .unwrap();
    let (status, metadata) = get(&world, path).await;
    assert_eq!(
        (status, metadata["inputs"][0]["datatype"].as_str()),
        (200, Some("FP32"))
    );
    assert_eq!(
        get(&world, &format!("{path}/versions/1.0/ready")).await.0,
        200
    );
    assert_eq!(
        get(&world, &format!("{path}/versions/9/ready")).await.0,
        404
    );
    assert_eq!(
        get(&world, &format!("/v2/models/{}/ready", world.model))
            .await
            .0,
        200
    );
    assert_eq!(
        get(&world, "/v1/models").await.1["data"][0]["object"],
        "model"
    );
    for path in ["/v2", "/v2/health/live", "/openapi.json"] {
        assert_eq!(get(&world, path).await.0, 200, "{path}");
    }

    let client = reqwest::Client::new();
    // What a browser asks before `@x402/fetch` may send its payment.
    let headers = "access-control-expose-headers,content-type,payment-signature";
    let asked = client
        .request(reqwest::Method::OPTIONS, world.url())
        .header("origin", "https://example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", headers);
    let preflight = asked.send().await.unwrap();
    assert_eq!(preflight.status(), 200);
    let allowed = |name: &str| preflight.headers()[name].to_str().unwrap().to_lowercase();
    assert_eq!(allowed("access-control-allow-origin"), "*");
    assert!(allowed("access-control-allow-methods").contains("post"));
    for header in headers.split(',') {
        let all = allowed("access-control-allow-headers");
        assert!(
            all.split(',').any(|one| one.trim() == header),
            "{header}: {all}"
        );
    }

    let answer = client
        .post(world.url())
        .header("origin", "https://example.com")
        .body(body())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 402);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let exposed = answer.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(
        exposed.contains("payment-required") && exposed.contains("payment-response"),
        "{exposed}"
    );
    assert!(answer.headers().contains_key("payment-required"));
    assert!(!answer.headers().contains_key("payment-response"));

    let metrics = reqwest::get(format!("{}/metrics", world.server.url()))
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("hub_ready 1"), "{metrics}");
    assert!(
        metrics.contains("hub_refused_total{status=\"402\",code=\"payment_required\"} 1"),
        "{metrics}"
    );
}
