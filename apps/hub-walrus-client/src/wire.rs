//! What Walrus' servers send, as it is on the wire: camelCase, whatever the OpenAPI documents say; their
//! spelling is understood as well.
//!
//! Source: MystenLabs/walrus at 3c1cacc1, `crates/walrus-service/src/client/daemon/routes.rs`,
//! `crates/walrus-sdk/src/node_client/responses.rs`, `crates/walrus-storage-node-client/src/api.rs`.

use hub_walrus::BlobId;
use serde::Deserialize;

use crate::error::Answer;
use crate::SuiId;

/// Ids as text in JSON.
pub(crate) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer};

    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a publisher answers to `PUT /v1/blobs`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PutAnswer {
    /// The publisher made a Sui object for the blob.
    #[serde(rename_all = "camelCase", alias = "newly_created")]
    NewlyCreated {
        /// The object.
        #[serde(alias = "blob_object")]
        blob_object: BlobObject,
        /// Price of the storage in FROST, a billionth of a WAL, without gas.
        #[serde(default)]
        cost: u64,
        /// The shared object that the blob's object was put into, if that was asked for.
        #[serde(default, alias = "shared_blob_object")]
        shared_blob_object: Option<SuiId>,
    },
    /// Somebody stored the blob already, for at least as long.
    #[serde(rename_all = "camelCase", alias = "already_certified")]
    AlreadyCertified {
        /// The blob.
        #[serde(deserialize_with = "text::deserialize", alias = "blob_id")]
        blob_id: BlobId,
        /// The object, where it is the publisher's own.
        #[serde(default)]
        object: Option<SuiId>,
        /// First epoch in which it is not stored.
        #[serde(alias = "end_epoch")]
        end_epoch: u32,
    },
    /// The storage nodes found the encoding to be wrong.
    #[serde(rename_all = "camelCase", alias = "marked_invalid")]
    MarkedInvalid {
        /// The blob.
        #[serde(deserialize_with = "text::deserialize", alias = "blob_id")]
        blob_id: BlobId,
    },
    /// It did not work out.
    #[serde(rename_all = "camelCase")]
    Error {
        /// In the publisher's words.
        #[serde(default, alias = "error_msg")]
        error_msg: String,
    },
}

/// The Sui object that stands for a purchase of storage.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct BlobObject {
    /// Its id.
    pub id: SuiId,
    /// Epoch in which it was made.
    #[serde(alias = "registered_epoch")]
    pub registered_epoch: u32,
    /// The blob.
    #[serde(deserialize_with = "text::deserialize", alias = "blob_id")]
    pub blob_id: BlobId,
    /// Bytes of the blob.
    pub size: u64,
    /// Epoch in which it was first certified; none if it was not yet when the answer was written.
    #[serde(default, alias = "certified_epoch")]
    pub certified_epoch: Option<u32>,
    /// The storage that was bought.
    pub storage: Storage,
    /// Whether its owner may delete it.
    pub deletable: bool,
}

/// Storage that was bought.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// First epoch.
    #[serde(alias = "start_epoch")]
    pub start_epoch: u32,
    /// First epoch after.
    #[serde(alias = "end_epoch")]
    pub end_epoch: u32,
}

/// What a publisher answers to `PUT /v1/quilts`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PutQuiltAnswer {
    /// The quilt as a blob.
    #[serde(alias = "blob_store_result")]
    pub blob_store_result: PutAnswer,
    /// Its files.
    #[serde(alias = "stored_quilt_blobs")]
    pub stored_quilt_blobs: Vec<StoredPatch>,
}

/// A file of a quilt that was stored.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct StoredPatch {
    /// Its name.
    pub identifier: String,
    /// Its patch id, 50 characters.
    #[serde(alias = "quilt_patch_id")]
    pub quilt_patch_id: String,
}

/// A file of a quilt, as an aggregator lists it; snake_case on the wire.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct ListedPatch {
    /// Its name.
    pub identifier: String,
    /// Its patch id, 50 characters.
    pub patch_id: String,
    /// Whatever its author noted.
    #[serde(default)]
    pub tags: std::collections::BTreeMap<String, String>,
}

/// What a storage node puts its answers into.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Success<T> {
    pub success: SuccessData<T>,
}

#[derive(Deserialize)]
pub(crate) struct SuccessData<T> {
    pub data: T,
}

/// What a storage node knows of a blob. It is not signed.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum BlobStatus {
    /// Nothing: never stored, or its storage has ended.
    Nonexistent,
    /// Its encoding was found to be wrong.
    Invalid {},
    /// Nobody can delete it before its end.
    #[serde(rename_all = "camelCase")]
    Permanent {
        /// First epoch in which it is not stored.
        #[serde(alias = "end_epoch")]
        end_epoch: u32,
        /// Whether the nodes have shown that they store it.
        #[serde(alias = "is_certified")]
        is_certified: bool,
        /// Epoch in which it was first certified.
        #[serde(default, alias = "initial_certified_epoch")]
        initial_certified_epoch: Option<u32>,
    },
    /// Its owners may delete it at any time.
    #[serde(rename_all = "camelCase")]
    Deletable {
        /// Epoch in which it was first certified.
        #[serde(default, alias = "initial_certified_epoch")]
        initial_certified_epoch: Option<u32>,
    },
}

/// What a storage node signs.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum StorageConfirmation {
    Signed(SignedMessage),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedMessage {
    /// Standard base64.
    #[serde(alias = "serialized_message")]
    pub serialized_message: String,
    /// Standard base64.
    pub signature: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Health {
    pub epoch: u32,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorInner,
}

#[derive(Deserialize)]
struct ErrorInner {
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Vec<ErrorDetail>,
}

#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(default)]
    reason: Option<String>,
}

/// Longest text of a server that is repeated, in characters.
const MESSAGE_CHARACTERS: usize = 300;

impl Answer {
    /// An answer of this status and body, which is JSON in most cases and plain text in some.
    pub fn parse(status: u16, body: &[u8]) -> Self {
        let (reason, message) = match serde_json::from_slice::<ErrorBody>(body) {
            Ok(body) => {
                let reason = body
                    .error
                    .details
                    .into_iter()
                    .find_map(|detail| detail.reason);
                (reason, body.error.message)
            }
            Err(_) => (None, String::from_utf8_lossy(body).trim().to_owned()),
        };
        let clean = message
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c });
        Self {
            status,
            reason,
            message: clean.take(MESSAGE_CHARACTERS).collect(),
        }
    }

    /// Whether it names this reason.
    pub fn is(&self, reason: &str) -> bool {
        self.reason.as_deref() == Some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_an_answer_without_a_reason() {
        let answer = Answer::parse(429, b"the aggregator is receiving too many requests\n");
        assert_eq!(
            answer.to_string(),
            "429: the aggregator is receiving too many requests"
        );
        assert_eq!(answer.reason, None);
    }

    #[test]
    fn json_names_the_reason() {
        let body = br#"{"error":{"status":"NOT_FOUND","code":404,"message":"the requested blob ID does not exist on Walrus, ensure that it was entered correctly","details":[{"@type":"ErrorInfo","reason":"BLOB_NOT_FOUND","domain":"daemon.walrus.space","metadata":{}}]}}"#;
        let answer = Answer::parse(404, body);
        assert!(answer.is("BLOB_NOT_FOUND"));
        assert_eq!(answer.to_string(), "404 BLOB_NOT_FOUND: the requested blob ID does not exist on Walrus, ensure that it was entered correctly");
    }

    #[test]
    fn what_a_stranger_says_is_cut_and_has_no_control_characters() {
        let answer = Answer::parse(500, "\u{1b}[31mé".repeat(1_000).as_bytes());
        assert_eq!(answer.message.chars().count(), MESSAGE_CHARACTERS);
        assert!(!answer.message.contains('\u{1b}'));
    }

    #[test]
    fn both_spellings_of_a_stored_blob_are_read() {
        let wire = r#"{"newlyCreated":{"blobObject":{"id":"0x1","registeredEpoch":3,"blobId":"VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4","size":5,"encodingType":"RS2","certifiedEpoch":null,"storage":{"id":"0x2","startEpoch":3,"endEpoch":8,"storageSize":66034000},"deletable":false},"resourceOperation":{"registerFromScratch":{"encodedLength":66034000,"epochsAhead":5}},"cost":132300}}"#;
        let documented = r#"{"newly_created":{"blob_object":{"id":"0x1","registered_epoch":3,"blob_id":"VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4","size":5,"encoding_type":"RS2","certified_epoch":null,"storage":{"id":"0x2","start_epoch":3,"end_epoch":8,"storage_size":66034000},"deletable":false},"resource_operation":{},"cost":132300}}"#;
        let wire: PutAnswer = serde_json::from_str(wire).unwrap();
        assert_eq!(wire, serde_json::from_str(documented).unwrap());
        let PutAnswer::NewlyCreated { blob_object, .. } = wire else {
            panic!("{wire:?}");
        };
        assert_eq!(blob_object.certified_epoch, None);
        assert_eq!(blob_object.storage.end_epoch, 8);
    }
}
