//! The interface as a document.

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::OpenApi;

use super::{facilitator, health, infer, receipts, text, wellknown};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "hub serve",
        description = "Models over HTTP, paid call by call: the Open Inference Protocol version 2 and OpenAI's, with payments by x402 version 2."
    ),
    paths(
        facilitator::supported,
        facilitator::verify,
        facilitator::settle,
        health::live,
        health::ready,
        health::server,
        health::metrics,
        infer::metadata,
        infer::metadata_of_release,
        infer::ready,
        infer::ready_of_release,
        infer::infer,
        infer::infer_of_release,
        receipts::receipt,
        text::chat,
        text::embeddings,
        text::models,
        wellknown::hub,
    )
)]
struct Document;

/// The interface in OpenAPI 3.1, as JSON.
pub fn document() -> String {
    // Types that derive their schema are always JSON.
    let mut text = Document::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// The interface as a document.
pub async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_interface_is_the_one_that_was_reviewed() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let found = super::document();
        if std::env::var_os("GOLDIE_UPDATE").is_some() {
            std::fs::write(golden, &found).unwrap();
        }
        let expected = std::fs::read_to_string(golden).unwrap_or_default();
        assert!(
            found == expected,
            "the interface changed: GOLDIE_UPDATE=1 cargo test -p hub-serve writes {golden}; read the diff"
        );
    }
}
