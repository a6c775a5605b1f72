//! What is served here, for callers and for those who list servers.

use std::sync::Arc;

use axum::extract::State;
use axum::Json;
use hub_ledger::Work;
use hub_wire::Units;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// What is served here.
#[derive(Serialize, ToSchema)]
pub struct HubJson {
    /// Version of this document: 1.
    pub version: u32,
    /// Where callers reach the server.
    pub url: String,
    /// Network as x402 names it, `cosmos:<chain id>`.
    pub network: String,
    /// Address of the billing contract.
    pub billing: String,
    /// Address of its escrow.
    pub escrow: String,
    /// Operator that is paid.
    pub operator: String,
    /// Id of the attester that signs.
    pub attester: u64,
    /// Its public key, hex.
    pub attester_key: String,
    /// `ed25519` or `secp256k1`.
    pub attester_key_type: String,
    /// What its verifier found, hex.
    pub measurement: Option<String>,
    /// What the attester's key is, as the chain shows it.
    pub label: String,
    /// Models that are served.
    pub models: Vec<HubModel>,
}

/// A model that is served.
#[derive(Serialize, ToSchema)]
pub struct HubModel {
    /// Its number.
    pub model: u64,
    /// `author/name`.
    pub name: String,
    /// What its author calls it.
    pub title: String,
    /// Number of the release.
    pub release: u64,
    /// `major.minor`.
    pub version: String,
    /// Blob id of the weights.
    pub blob_id: String,
    /// Name and version of the engine, as it stands in signed answers.
    pub engine: String,
    /// What units are, as the manifest says.
    #[schema(value_type = Object)]
    pub metering: serde_json::Value,
    /// What a call costs now; none while no terms are in force or the chain is not known.
    pub price: Option<HubPrice>,
    /// Upper bound of the bucket that holds the median of past calls, milliseconds; none before the first.
    pub median_ms: Option<f64>,
    /// Calls since the server started.
    pub calls: u64,
}

/// What a call costs. Amounts are decimal texts in the smallest unit of `asset`.
#[derive(Serialize, ToSchema)]
pub struct HubPrice {
    /// Number of the terms.
    pub terms: u64,
    /// Native denom, or `cw20:<address>`.
    pub asset: String,
    /// Charged for the call itself.
    pub per_call: String,
    /// Charged for a million input units.
    pub per_million_in: String,
    /// Charged for a million output units.
    pub per_million_out: String,
}

/// What is served here, and what it costs.
#[utoipa::path(get, path = "/.well-known/hub.json", tag = "hub", responses((status = 200, body = HubJson)))]
pub async fn hub(State(app): State<Arc<App>>) -> Json<HubJson> {
    let now = app.now();
    let models = app.models.served().into_iter().map(|served| {
        let work = Work {
            model: served.model,
            release: served.release,
            units: Units::default(),
        };
        let offer = app.ledger.read(|ledger| ledger.offer(&work, now)).ok();
        let metering = served.runner.metering();
        HubModel {
            model: served.model.0,
            name: served.path(),
            title: served.title.clone(),
            release: served.release.0,
            version: served.version.clone(),
            blob_id: served.blob_id.to_string(),
            engine: served.engine.clone(),
            metering: serde_json::to_value(metering).unwrap_or_default(),
            price: offer.map(|offer| HubPrice {
                terms: offer.terms.0,
                asset: hub_x402::asset(&offer.denom),
                per_call: offer.rates.per_call.to_string(),
                per_million_in: offer.rates.per_million_in.to_string(),
                per_million_out: offer.rates.per_million_out.to_string(),
            }),
            median_ms: served.latency.median_ms(),
            calls: served.latency.count(),
        }
    });
    let models = models.collect();
    let key = app.key.public_key();
    let venue = &app.venue;
    Json(HubJson {
        version: 1,
        url: app.url.clone(),
        network: venue.network.clone(),
        billing: venue.billing.clone(),
        escrow: venue.escrow.clone(),
        operator: venue.operator.clone(),
        attester: venue.attester.0,
        attester_key: hex::encode(key.as_bytes()),
        attester_key_type: match key.key_type() {
            hub_wire::KeyType::Ed25519 => "ed25519".to_owned(),
            hub_wire::KeyType::Secp256k1 => "secp256k1".to_owned(),
        },
        measurement: venue.measurement.map(hex::encode),
        label: venue.label.clone(),
        models,
    })
}
