//! Requests and payments as a caller makes them, by hand, for tests to break.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use hub_types::ids::SessionId;
use hub_wire::{call_digest, domain_tag, sha256, Call, Purpose, SigningKey, Voucher};
use hub_x402::{
    decode, Amount, CallPayment, PaymentPayload, PaymentRequired, RequestId, SessionPayment,
    Signature, VoucherPayment, VERSION,
};
use serde_json::Value;

use crate::fixture::Fixture;

/// What a server answers.
pub struct Answer {
    pub status: u16,
    pub code: String,
    pub message: String,
    pub required: Option<PaymentRequired>,
    pub settled: bool,
}

pub async fn post(url: &str, body: Bytes, payment: Option<String>) -> Answer {
    let mut request = reqwest::Client::new().post(url).body(body);
    if let Some(payment) = payment {
        request = request.header("PAYMENT-SIGNATURE", payment);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let header = |name| {
        answer
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let required = header("payment-required").map(|text| decode(&text).unwrap());
    let settled = header("payment-response").is_some();
    let value: Value = answer.json().await.unwrap_or_default();
    let text = |name| value["error"][name].as_str().unwrap_or_default().to_owned();
    Answer {
        status,
        code: text("code"),
        message: text("message"),
        required,
        settled,
    }
}

/// A payment as a caller makes it, for tests to break.
pub async fn payment(
    fixture: &Fixture,
    session: SessionId,
    key: &SigningKey,
    body: &Bytes,
    id: [u8; 16],
) -> PaymentPayload {
    payment_at(fixture, &fixture.url(), session, key, body, id, 500).await
}

/// The same for any address, with a voucher for this ceiling.
pub async fn payment_at(
    fixture: &Fixture,
    url: &str,
    session: SessionId,
    key: &SigningKey,
    body: &Bytes,
    id: [u8; 16],
    ceiling: u128,
) -> PaymentPayload {
    let required = post(url, body.clone(), None).await.required.unwrap();
    let accepted = required.accepts.into_iter().next().unwrap();
    let expires_at = fixture.clock.load(Ordering::SeqCst) + 60;
    let contract = &fixture.trust.billing_canonical;
    let tag = |purpose| domain_tag(purpose, &fixture.trust.chain_id, contract);
    let call = Call {
        attester: fixture.attester.id,
        session,
        model: fixture.model,
        request_id: id,
        expires_at,
        request_hash: sha256(&[body]),
    };
    let voucher = Voucher { session, ceiling };
    let digest = call_digest(&tag(Purpose::Call), &call.encode());
    let voucher_digest = hub_wire::voucher_digest(&tag(Purpose::Voucher), &voucher.encode());
    PaymentPayload {
        x402_version: VERSION,
        resource: None,
        accepted,
        payload: SessionPayment {
            session,
            call: CallPayment {
                request_id: RequestId::from(id),
                expires_at,
                signature: Signature(key.sign_digest(&digest)),
            },
            voucher: Some(VoucherPayment {
                ceiling: Amount(ceiling),
                signature: Signature(key.sign_digest(&voucher_digest)),
            }),
        },
    }
}
