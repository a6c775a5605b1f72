//! What became of a paid call.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::Json;
use base64::prelude::{Engine, BASE64_STANDARD};
use hub_x402::RequestId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;
use crate::ledger::Progress;

/// Receipts under one request id: one, unless two sessions used the same id.
#[derive(Serialize, ToSchema)]
pub struct Receipts {
    /// The receipts.
    pub receipts: Vec<ReceiptState>,
}

/// A receipt, and what became of it.
#[derive(Serialize, ToSchema)]
pub struct ReceiptState {
    /// `pending`, `signed`, `settled`, `refused`, or `passed`: its number is done with on chain, by a message whose answer this
    /// server did not see, as after a restart; billing's `verify_inclusion` says whether it was billed.
    pub state: String,
    /// Session that pays.
    pub session: u64,
    /// What it charges, decimal, in the smallest unit of the session's denomination.
    pub amount: String,
    /// Canonical bytes, base64: a leaf of the batch's tree.
    pub receipt: String,
    /// The signed batch that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchState>,
    /// What became of it, where it is done with: `paid`, or the outcome for which it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// A signed batch.
#[derive(Serialize, ToSchema)]
pub struct BatchState {
    /// Its number in the books of this server.
    pub id: u64,
    /// Place of the receipt in it, from 0.
    pub place: u32,
    /// Receipts in it.
    pub receipts: u64,
    /// Root of its tree, hex: billing records it.
    pub root: String,
    /// Transaction in which it was last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx: Option<String>,
    /// Hashes from the leaf to the root, hex, for billing's `verify_inclusion`.
    pub proof: Vec<String>,
}

/// What became of a paid call.
#[utoipa::path(get, path = "/v1/receipts/{id}", tag = "hub",
    params(("id" = String, Path, description = "Request id, 32 hexadecimal digits")),
    responses((status = 200, body = Receipts), (status = 400, body = crate::error::ErrorBody), (status = 404, body = crate::error::ErrorBody)))]
pub async fn receipt(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Receipts>, ApiError> {
    let id: RequestId = id.parse().map_err(|what| {
        ApiError::new(
            400,
            "bad_request_id",
            format!("the request id is not one: {what}"),
        )
    })?;
    let found = app.ledger.find(id.0).await.map_err(ApiError::store)?;
    if found.is_empty() {
        let message = "no paid call has this request id: it never ran, or was not paid";
        return Err(ApiError::new(404, "unknown_receipt", message));
    }
    let receipts = found.into_iter().map(|one| {
        let (state, outcome) = match &one.progress {
            Progress::Pending => ("pending", None),
            Progress::Signed => ("signed", None),
            Progress::Done(code) if code == "paid" => ("settled", Some(code.clone())),
            Progress::Done(code) if code == "passed" => ("passed", Some(code.clone())),
            Progress::Done(code) => ("refused", Some(code.clone())),
        };
        ReceiptState {
            state: state.to_owned(),
            session: one.receipt.session.0,
            amount: one.amount.to_string(),
            receipt: BASE64_STANDARD.encode(one.receipt.encode()),
            batch: one.batch.map(|batch| BatchState {
                id: batch.id,
                place: batch.place,
                receipts: batch.receipts,
                root: hex::encode(batch.root),
                tx: batch.tx,
                proof: batch.proof.iter().map(hex::encode).collect(),
            }),
            outcome,
        }
    });
    Ok(Json(Receipts {
        receipts: receipts.collect(),
    }))
}
