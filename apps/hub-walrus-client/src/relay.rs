use std::io::Read;

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hub_walrus::{Confirmation, Persistence};
use hub_walrus_encode::Fraction;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::http::{self, Http, Method, Patience};
use crate::nodes::StorageCertificate;
use crate::progress::{Progress, Work};
use crate::publisher::Upload;
use crate::SuiId;

/// A server that spreads a blob to the storage nodes, for somebody who registered it on Sui and pays for it there.
///
/// Unlike a publisher it needs no trust with money, and it gives the certificate. Registering on Sui is up to the
/// caller: this crate has no signer for Sui.
#[derive(Clone, Debug)]
pub struct Relay {
    http: Http,
    url: String,
}

/// What a relay wants for its work.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TipConfig {
    /// Nothing.
    NoTip,
    /// A tip, sent in the transaction that registers the blob.
    SendTip {
        /// To whom.
        address: SuiId,
        /// How much.
        kind: TipKind,
    },
}

/// How a tip is computed, in MIST, a billionth of a SUI.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TipKind {
    /// The same for every blob.
    Const(u64),
    /// By size.
    Linear {
        /// For every blob.
        base: u64,
        /// For each KiB of the encoded size, begun ones included.
        #[serde(rename = "encoded_size_mul_per_kib")]
        per_encoded_kib: u64,
    },
}

/// How a blob was registered on Sui.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// The transaction with the tip, base58, and the nonce, base64url, whose hash is among its inputs; where the relay wants a tip.
    pub tip: Option<(String, String)>,
    /// The Sui object of a deletable blob.
    pub deletable_object: Option<SuiId>,
}

#[derive(Deserialize)]
struct Relayed {
    confirmation_certificate: RelayedCertificate,
}

#[derive(Deserialize)]
struct RelayedCertificate {
    signers: Vec<u16>,
    serialized_message: Vec<u8>,
    signature: String,
}

impl Relay {
    /// The relay at this address.
    pub fn new(url: &str, patience: Patience) -> Result<Self> {
        Ok(Self {
            http: Http::new(patience),
            url: http::base(url)?,
        })
    }

    /// What it wants.
    pub fn tip_config(&self) -> Result<TipConfig> {
        let url = format!("{}/v1/tip-config", self.url);
        let reply = self.http.get(&url, None)?;
        match reply.status {
            200 => reply.json(),
            _ => Err(Error::Refused {
                url,
                answer: reply.into_answer(),
            }),
        }
    }

    /// Sends a registered blob; returns the certificate of the nodes, whose message is checked to be about this blob.
    pub fn upload(
        &self,
        upload: Upload,
        registration: &Registration,
        progress: &dyn Progress,
    ) -> Result<StorageCertificate> {
        let mut url = format!(
            "{}/v1/blob-upload-relay?blob_id={}&encoding_type=RS2",
            self.url, upload.id
        );
        if let Some((transaction, nonce)) = &registration.tip {
            url += &format!(
                "&tx_id={}&nonce={}",
                http::escape(transaction),
                http::escape(nonce)
            );
        }
        if let Some(object) = registration.deletable_object {
            url += &format!("&deletable_blob_object={object}");
        }
        // Not more than was announced, should the file have grown.
        let mut body = upload.source.open()?.take(upload.length);
        progress.begin(
            Work::Send,
            Fraction {
                done: 0,
                total: upload.length,
            },
        );
        let mut body = crate::publisher::Watched::new(&mut body, progress);
        let kind = "application/octet-stream";
        let reply = self
            .http
            .send(Method::Post, &url, None, kind, upload.length, &mut body);
        progress.end();
        let reply = reply?;
        if reply.status != 200 {
            return Err(Error::Refused {
                url: self.url.clone(),
                answer: reply.into_answer(),
            });
        }
        let relayed: Relayed = reply.json()?;
        self.certificate(&upload, registration, relayed.confirmation_certificate)
    }

    fn certificate(
        &self,
        upload: &Upload,
        registration: &Registration,
        relayed: RelayedCertificate,
    ) -> Result<StorageCertificate> {
        let unreadable = |why: String| Error::Unreadable {
            url: self.url.clone(),
            why,
        };
        let confirmation = Confirmation::parse(&relayed.serialized_message)
            .map_err(|e| unreadable(e.to_string()))?;
        let persistence = match registration.deletable_object {
            None => Persistence::Permanent,
            Some(object) => Persistence::Deletable {
                object_id: object.to_bytes(),
            },
        };
        if confirmation.blob_id != upload.id || confirmation.persistence != persistence {
            return Err(unreadable(
                "the certificate is of another blob or persistence".into(),
            ));
        }
        let places = relayed.signers.iter().copied().map(usize::from);
        let bytes = places.clone().max().map_or(0, |last| last / 8 + 1);
        let mut bitmap = vec![0_u8; bytes];
        for place in places {
            bitmap[place / 8] |= 1 << (place % 8);
        }
        let signature = STANDARD
            .decode(&relayed.signature)
            .ok()
            .filter(|signature| signature.len() == 96)
            .ok_or_else(|| unreadable("the signature is not 96 bytes of base64".into()))?;
        Ok(StorageCertificate {
            epoch: confirmation.epoch,
            object_id: registration
                .deletable_object
                .map(|object| hex::encode(object.to_bytes())),
            signers: STANDARD.encode(bitmap),
            signature: STANDARD.encode(signature),
        })
    }
}
