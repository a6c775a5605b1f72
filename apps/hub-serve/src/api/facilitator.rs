//! What sellers ask who offer a model of this operator as a resource of their own: the facilitator of x402 version 2.
//!
//! An attester signs only for work that it ran. So a seller sends body and payment on to the model's own address, and what is asked
//! here checks before and looks up after that.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::Json;
use hub_ledger::{Probe, Refusal, Work};
use hub_wire::Units;
use hub_x402::{
    code, FacilitatorRequest, SettleFailure, Supported, SupportedExtra, SupportedKind,
    VerifyResponse, SCHEME, VERSION,
};
use serde::Serialize;

use super::{busy, read};
use crate::app::App;
use crate::error::ApiError;
use crate::payment::is_proven;

type Response = axum::response::Response;

/// Most bytes of a question: two headers of x402 as JSON, and some.
const MOST_BYTES: usize = 64 * 1024;

/// Ways to pay, and who settles.
#[utoipa::path(get, path = "/supported", tag = "x402", responses((status = 200, description = "`SupportedResponse` of x402 version 2", body = Object)))]
pub async fn supported(State(app): State<Arc<App>>) -> Json<Supported> {
    let venue = &app.venue;
    let kind = SupportedKind {
        x402_version: VERSION,
        scheme: SCHEME.to_owned(),
        network: venue.network.clone(),
        extra: SupportedExtra {
            hub: venue.place(),
            label: venue.label.clone(),
        },
    };
    Json(Supported {
        kinds: vec![kind],
        extensions: vec![],
        signers: [("cosmos:*".to_owned(), vec![venue.operator.clone()])].into(),
    })
}

/// Whether a call would run and be paid: all that is checked before one runs, with nothing reserved.
#[utoipa::path(post, path = "/verify", tag = "x402",
    request_body(content = Object, description = "`x402Version`, `paymentPayload` and `paymentRequirements` of x402 version 2"),
    responses(
        (status = 200, description = "`VerifyResponse` of x402 version 2", body = Object),
        (status = 400, body = crate::error::ErrorBody),
        (status = 413, body = crate::error::ErrorBody),
        (status = 429, body = crate::error::ErrorBody),
        (status = 503, body = crate::error::ErrorBody)))]
pub async fn verify(State(app): State<Arc<App>>, parts: Parts, body: Body) -> Response {
    let found = asked(&app, &parts, body, async |peer, asked| {
        let not = |outcome: Invalid| VerifyResponse {
            is_valid: false,
            invalid_reason: Some(outcome.error.code),
            invalid_message: Some(outcome.error.message),
            payer: outcome.payer,
        };
        let payer = match probe(&app, peer, &asked).await {
            Ok(found) => Ok(found.payer),
            Err(invalid) if invalid.is_outage => return Err(invalid.error),
            Err(invalid) => Err(invalid),
        };
        Ok(payer.map_or_else(not, |payer| VerifyResponse {
            is_valid: true,
            invalid_reason: None,
            invalid_message: None,
            payer: Some(payer),
        }))
    });
    found.await
}

/// What became of a call that was sent to the model's own address: what stands in its `PAYMENT-RESPONSE`.
#[utoipa::path(post, path = "/settle", tag = "x402",
    request_body(content = Object, description = "`x402Version`, `paymentPayload` and `paymentRequirements` of x402 version 2"),
    responses(
        (status = 200, description = "`SettlementResponse` of x402 version 2", body = Object),
        (status = 400, body = crate::error::ErrorBody),
        (status = 413, body = crate::error::ErrorBody),
        (status = 429, body = crate::error::ErrorBody),
        (status = 503, body = crate::error::ErrorBody)))]
pub async fn settle(State(app): State<Arc<App>>, parts: Parts, body: Body) -> Response {
    let found = asked(&app, &parts, body, async |peer, asked| {
        settled(&app, peer, &asked).await
    });
    found.await
}

#[derive(Serialize)]
#[serde(untagged)]
enum Settled {
    Charged(Box<hub_x402::SettleResponse>),
    Not(SettleFailure),
}

async fn settled(
    app: &App,
    peer: IpAddr,
    asked: &Result<FacilitatorRequest, ApiError>,
) -> Result<Settled, ApiError> {
    let not = |error: ApiError, payer: Option<String>| {
        Ok(Settled::Not(SettleFailure {
            success: false,
            error_reason: error.code,
            error_message: error.message,
            payer,
            transaction: String::new(),
            network: app.venue.network.clone(),
        }))
    };
    let not_run = || {
        let message = "this call did not run here: send its body and payment to the model's own address first";
        ApiError::new(402, code::NOT_RUN, message)
    };
    match probe(app, peer, asked).await {
        Ok(Found { payer, probe, .. }) => match probe {
            Probe::Answered { serial } => {
                let session = asked
                    .as_ref()
                    .map(|asked| asked.payment_payload.payload.session);
                let session = session.map_err(Clone::clone)?;
                match app.found_again(serial, session).await {
                    Ok((_, settled)) => Ok(Settled::Charged(Box::new(settled))),
                    Err(error) if error.status == 410 => not(error, Some(payer)),
                    Err(error) => Err(error),
                }
            }
            Probe::Running => not(ApiError::from(&Refusal::Running), Some(payer)),
            Probe::WouldRun => not(not_run(), Some(payer)),
        },
        Err(invalid) if invalid.is_outage => Err(invalid.error),
        // It may have run so long ago that only its receipt is left.
        Err(invalid) => match (&invalid.payer, asked) {
            (Some(_), Ok(asked)) if ran(app, asked).await? => {
                let message = "this call ran and is paid, and its answer is no longer kept: its receipt is under /v1/receipts";
                not(ApiError::new(410, "answer_gone", message), invalid.payer)
            }
            _ => not(invalid.error, invalid.payer),
        },
    }
}

async fn ran(app: &App, asked: &FacilitatorRequest) -> Result<bool, ApiError> {
    let paying = &asked.payment_payload.payload;
    let hash = asked.payment_requirements.extra.request_hash.0;
    let found = app.ledger.find(paying.call.request_id.0).await;
    let found = found.map_err(ApiError::store)?;
    Ok(found
        .iter()
        .any(|one| one.receipt.session == paying.session && one.receipt.request_hash == hash))
}

struct Found {
    payer: String,
    probe: Probe,
}

/// Why a call would not be paid.
struct Invalid {
    error: ApiError,
    /// Whether no payment cures it.
    is_outage: bool,
    payer: Option<String>,
}

impl From<ApiError> for Invalid {
    fn from(error: ApiError) -> Self {
        Self {
            error,
            is_outage: false,
            payer: None,
        }
    }
}

async fn probe(
    app: &App,
    peer: IpAddr,
    asked: &Result<FacilitatorRequest, ApiError>,
) -> Result<Found, Invalid> {
    let found = probed(app, peer, asked).await;
    if found.as_ref().is_err_and(|invalid| !invalid.is_outage) {
        app.unpaid(peer);
    }
    found
}

async fn probed(
    app: &App,
    peer: IpAddr,
    asked: &Result<FacilitatorRequest, ApiError>,
) -> Result<Found, Invalid> {
    let asked = asked.as_ref().map_err(Clone::clone)?;
    let (accepted, required) = (&asked.payment_payload.accepted, &asked.payment_requirements);
    let extra = &required.extra;
    let work = Work {
        model: extra.model,
        release: extra.release,
        units: Units::new(extra.units_in, extra.max_units_out),
    };
    let session = asked.payment_payload.payload.session;
    let now = app.now();
    let refused = |refusal: Refusal, signed: bool| Invalid {
        is_outage: refusal.is_outage(),
        payer: (signed && is_proven(&refusal)).then(|| app.payer(session)),
        error: ApiError::from(&refusal),
    };
    let paying = &asked.payment_payload.payload;
    let signed = app
        .authorize(peer, paying, &work, extra.request_hash.0)
        .await;
    let (authorized, voucher) = signed.map_err(|refusal| refused(refusal, false))?;
    let probed =
        |ledger: &hub_ledger::Ledger| ledger.probe(&authorized, &work, voucher.as_ref(), now);
    let probe = app.ledger.read(probed);
    let probe = probe.map_err(|refusal| refused(refusal, true))?;
    // What ran was checked when it ran, at the price of that time.
    if matches!(probe, Probe::WouldRun) {
        let offer = app.ledger.read(|ledger| ledger.offer(&work, now));
        let offer = offer.map_err(|refusal| refused(refusal, true))?;
        for requirements in [required, accepted] {
            let checked = app
                .venue
                .check(asked.payment_payload.x402_version, requirements, &offer);
            checked.map_err(|error| Invalid {
                payer: Some(app.payer(session)),
                ..error.into()
            })?;
        }
    }
    Ok(Found {
        payer: app.payer(session),
        probe,
    })
}

/// Reads a question, and answers it. What is no question of x402 is a 400; one that is not of this scheme, an answer.
async fn asked<T: Serialize>(
    app: &App,
    parts: &Parts,
    body: Body,
    answer: impl AsyncFnOnce(IpAddr, Result<FacilitatorRequest, ApiError>) -> Result<T, ApiError>,
) -> Response {
    let answered = async {
        let _held = app.requests.try_acquire().map_err(|_| busy())?;
        app.ready()?;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
        if app.peers.is_full(peer, Instant::now()) {
            let message = "too many payments from this address that do not hold: ask more slowly";
            return Err(ApiError::new(429, "too_many_unpaid", message).after(1));
        }
        let body = read(app, body, MOST_BYTES).await?;
        let malformed = |what: String| {
            app.unpaid(peer);
            ApiError::new(400, "malformed", what)
        };
        let value: serde_json::Value = serde_json::from_slice(&body)
            .map_err(|error| malformed(format!("the body is no JSON: {error}")))?;
        if !["paymentPayload", "paymentRequirements"]
            .iter()
            .all(|name| value.get(name).is_some_and(serde_json::Value::is_object))
        {
            let what =
                "the body needs `paymentPayload` and `paymentRequirements` of x402 version 2";
            return Err(malformed(what.to_owned()));
        }
        let asked = serde_json::from_value(value).map_err(|error| {
            ApiError::new(
                402,
                code::MALFORMED_PAYMENT,
                format!("the payment is none of this operator's: {error}"),
            )
        });
        answer(peer, asked).await
    };
    match answered.await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => {
            app.metrics.refused(error.status, &error.code);
            error.into_response()
        }
    }
}
