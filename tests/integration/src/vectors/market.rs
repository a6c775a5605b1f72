//! `market.json`: public models and blob ids, and foreign ids that are none.

use super::json::{blob_id, label, same};
use super::Tally;
use hub_wire::BlobId;
use serde_json::Value;

pub fn check(file: &Value, tally: &mut Tally) {
    tally.section(file, "models", |entry| {
        let id = blob_id(entry, "blob_id")?;
        same(
            "text",
            Some(id.to_string().as_str()),
            entry["blob_id"].as_str(),
        )
    });
    tally.section(file, "other_public_blob_ids", |entry| {
        let text = entry.as_str().ok_or("is not a string")?;
        let id: BlobId = text
            .parse()
            .map_err(|error| format!("is refused: {error}"))?;
        same("text", id.to_string().as_str(), text)
    });
    tally.section(file, "must_be_rejected_as_blob_ids", |entry| {
        let text = entry.as_str().ok_or("is not a string")?;
        match text.parse::<BlobId>() {
            Ok(_) => Err(format!("{} is accepted as a blob id", label(entry))),
            Err(_) => Ok(()),
        }
    });
    tally.skip_all_but(
        file,
        &[
            "models",
            "other_public_blob_ids",
            "must_be_rejected_as_blob_ids",
        ],
    );
}
