use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use blst::min_pk::{AggregateSignature, PublicKey as BlstKey, Signature as BlstSignature};
use blst::BLST_ERROR;
use hub_walrus::{quorum, BlobId, Confirmation, Persistence, PublicKey, DST};
use hub_walrus_encode::Slivers;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::http::{self, Http, Patience};
use crate::progress::Progress;
use crate::roots::slivers_of_metadata;
use crate::wire::{BlobStatus, Health, SignedMessage, StorageConfirmation, Success};

/// Storage nodes that may be asked, in order. What they say is not signed unless it is said so.
#[derive(Clone, Debug)]
pub struct Nodes {
    http: Http,
    urls: Vec<String>,
}

/// A storage node of a committee, as Sui has it.
#[derive(Clone, Debug)]
pub struct CommitteeNode {
    /// Where it answers.
    pub url: String,
    /// What it signs with.
    pub key: PublicKey,
    /// Number of its shards.
    pub weight: u16,
}

/// A storage certificate, in the shape in which the registry takes it (`certify`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageCertificate {
    /// Walrus epoch of the committee that signed.
    pub epoch: u32,
    /// Sui object of a deletable blob, 32 bytes in hex; none if the blob is permanent.
    pub object_id: Option<String>,
    /// Member i signed if bit i mod 8 of byte i / 8 is set; base64.
    pub signers: String,
    /// BLS12-381 signature in G2, compressed, 96 bytes; base64.
    pub signature: String,
}

impl Nodes {
    /// Nodes at these addresses, perhaps none.
    pub fn new(urls: &[String], patience: Patience) -> Result<Self> {
        Ok(Self {
            http: Http::new(patience),
            urls: urls
                .iter()
                .map(|url| http::base(url))
                .collect::<Result<_>>()?,
        })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.urls.is_empty()
    }

    /// The current epoch.
    pub fn epoch(&self) -> Result<u32> {
        self.first(|node| {
            let health: Success<Health> = self.get(&format!("{node}/v1/health"))?;
            Ok(health.success.data.epoch)
        })
    }

    /// What is known of a blob. Nobody signs this.
    pub fn status(&self, id: &BlobId) -> Result<BlobStatus> {
        self.first(|node| {
            let status: Success<BlobStatus> = self.get(&format!("{node}/v1/blobs/{id}/status"))?;
            Ok(status.success.data)
        })
    }

    /// The sliver roots of a blob, checked against its id.
    pub fn slivers(&self, id: &BlobId) -> Result<Slivers> {
        self.first(|node| {
            let url = format!("{node}/v1/blobs/{id}/metadata");
            let reply = self.http.get(&url, None)?;
            if reply.status != 200 {
                return Err(Error::Refused {
                    url,
                    answer: reply.into_answer(),
                });
            }
            slivers_of_metadata(id, &reply.into_bytes()?).map_err(|why| Error::WrongRoots {
                id: *id,
                from: node.to_owned(),
                why,
            })
        })
    }

    /// A certificate that the committee stores a blob: the confirmations of nodes with a quorum of the shards, each
    /// verified, added up. Nodes that cannot be reached, or sign something else, are left out.
    pub fn certificate(
        &self,
        id: &BlobId,
        persistence: Persistence,
        epoch: u32,
        committee: &[CommitteeNode],
        progress: &dyn Progress,
    ) -> Result<StorageCertificate> {
        let expected = Confirmation {
            epoch,
            blob_id: *id,
            persistence,
        };
        let shards: u32 = committee.iter().map(|node| u32::from(node.weight)).sum();
        let needed = quorum(u16::try_from(shards).unwrap_or(u16::MAX));
        let mut bitmap = vec![0_u8; committee.len().div_ceil(8)];
        let mut signatures = vec![];
        let mut weight = 0;
        for (place, node) in committee.iter().enumerate() {
            if weight >= needed {
                break;
            }
            if progress.cancelled() {
                return Err(Error::Cancelled);
            }
            match self.confirmation(node, &expected) {
                Ok(signature) => {
                    bitmap[place / 8] |= 1 << (place % 8);
                    signatures.push(signature);
                    weight += u32::from(node.weight);
                }
                Err(error) => progress.note(&format!("left out of the certificate: {error}")),
            }
        }
        if weight < needed {
            return Err(Error::NoCertificate {
                id: *id,
                why: format!("nodes with {weight} of {shards} shards confirm it, {needed} have to"),
            });
        }
        let signatures: Vec<&BlstSignature> = signatures.iter().collect();
        let sum = AggregateSignature::aggregate(&signatures, false).map_err(|e| {
            Error::NoCertificate {
                id: *id,
                why: format!("the signatures do not add up: {e:?}"),
            }
        })?;
        let object_id = match persistence {
            Persistence::Permanent => None,
            Persistence::Deletable { object_id } => Some(hex::encode(object_id)),
        };
        Ok(StorageCertificate {
            epoch,
            object_id,
            signers: STANDARD.encode(bitmap),
            signature: STANDARD.encode(sum.to_signature().compress()),
        })
    }

    fn confirmation(&self, node: &CommitteeNode, expected: &Confirmation) -> Result<BlstSignature> {
        let id = expected.blob_id;
        let path = match expected.persistence {
            Persistence::Permanent => "permanent".to_owned(),
            Persistence::Deletable { object_id } => {
                format!("deletable/0x{}", hex::encode(object_id))
            }
        };
        let url = format!("{}/v1/blobs/{id}/confirmation/{path}", node.url);
        let answer: Success<StorageConfirmation> = self.get(&url)?;
        let StorageConfirmation::Signed(signed) = answer.success.data;
        let unreadable = |why: &str| Error::Unreadable {
            url: url.clone(),
            why: why.into(),
        };
        let (message, signature) = decode(&signed).ok_or_else(|| unreadable("it is not base64"))?;
        if message != expected.to_bytes() {
            return Err(unreadable(
                "it confirms something else: another blob, epoch or persistence",
            ));
        }
        let key = BlstKey::key_validate(node.key.as_bytes())
            .map_err(|_| unreadable("its key is no key"))?;
        let signature = BlstSignature::sig_validate(&signature, true)
            .map_err(|_| unreadable("the signature is no signature"))?;
        match signature.verify(true, &message, DST, &[], &key, false) {
            BLST_ERROR::BLST_SUCCESS => Ok(signature),
            _ => Err(unreadable("the signature is not that of the node")),
        }
    }

    fn get<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T> {
        let reply = self.http.get(url, None)?;
        match reply.status {
            200 => reply.json(),
            _ => Err(Error::Refused {
                url: url.to_owned(),
                answer: reply.into_answer(),
            }),
        }
    }

    /// What the first node says that says something; else the last error.
    fn first<T>(&self, ask: impl Fn(&str) -> Result<T>) -> Result<T> {
        let mut last = Error::NotConfigured("node");
        for url in &self.urls {
            match ask(url) {
                Ok(answer) => return Ok(answer),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

fn decode(signed: &SignedMessage) -> Option<(Vec<u8>, Vec<u8>)> {
    Some((
        STANDARD.decode(&signed.serialized_message).ok()?,
        STANDARD.decode(&signed.signature).ok()?,
    ))
}
