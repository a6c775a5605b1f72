use crate::chain::{Chain, Learned, Remembered, Root};
use crate::envelope::Envelope;
use crate::error::Error;
use crate::hash::{sha256, Hash};
use crate::payload::{Payload, Pcr};
use crate::{signature, MAX_AGE_SECONDS, MAX_AHEAD_SECONDS, MAX_DOCUMENT};

const MILLISECONDS: u64 = 1_000;

/// What a SHA-256 multihash starts with: the function and the length.
const MULTIHASH: [u8; 2] = [0x12, 0x20];

/// Verifies that an enclave under `root` attested `key` at about `now`: the whole door, in the order that keeps a bad
/// document cheap. Form and sizes, the image, the key, freshness, then the certificates, and signatures last.
pub fn verify<'a>(
    document: &'a [u8],
    key: &[u8],
    now: u64,
    root: &Root,
    remembered: &impl Remembered,
) -> Result<Attestation<'a>, Error> {
    let document = Document::parse(document)?;
    if !document.binds(key) {
        return Err(Error::KeyNotBound);
    }
    document.verify(now, root, remembered)
}

/// A document of the right form that proves nothing yet.
pub struct Document<'a> {
    envelope: Envelope<'a>,
    payload: Payload<'a>,
}

/// What a verified document proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation<'a> {
    /// Enclave and instance.
    pub module_id: &'a str,
    /// When the hypervisor made the document, milliseconds since 1970.
    pub timestamp: u64,
    /// PCR0, PCR1 and PCR2: hashes of the image, of its kernel and boot, and of its application.
    pub image: [Pcr; 3],
    /// The name of the image: SHA-256 over the three.
    pub digest: Hash,
    /// A key, chosen by the enclave.
    pub public_key: Option<&'a [u8]>,
    /// Anything, chosen by the enclave.
    pub user_data: Option<&'a [u8]>,
    /// Anything, usually chosen by whoever asked for the document.
    pub nonce: Option<&'a [u8]>,
    /// Authorities whose signatures were verified for this document.
    pub learned: Vec<Learned>,
}

impl<'a> Document<'a> {
    /// Reads a document, and refuses whatever is wrong with its form, its sizes, or its PCRs.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_DOCUMENT {
            return Err(Error::TooLarge {
                length: bytes.len(),
            });
        }
        let envelope = Envelope::parse(bytes)?;
        let payload = Payload::parse(envelope.payload)?;
        Ok(Self { envelope, payload })
    }

    /// Whether the enclave put this key into the document: as `public_key`, or as a SHA-256 hash that is all of
    /// `user_data`, or the second of two multihashes that are all of it. Never as a part of something else, which
    /// anybody could have made the enclave repeat.
    pub fn binds(&self, key: &[u8]) -> bool {
        if self.payload.public_key == Some(key) {
            return true;
        }
        let Some(user_data) = self.payload.user_data else {
            return false;
        };
        let hash = sha256(&[key]);
        user_data == hash || second_multihash(user_data) == Some(hash.as_slice())
    }

    /// Verifies everything that makes the document true: it is fresh at `now` (unix seconds), and signed below `root`.
    pub fn verify(
        self,
        now: u64,
        root: &Root,
        remembered: &impl Remembered,
    ) -> Result<Attestation<'a>, Error> {
        let Self { envelope, payload } = self;
        check_fresh(payload.timestamp, now)?;
        let chain = Chain::parse(root, &payload.cabundle, payload.certificate, now)?;
        let learned = chain.verify(remembered)?;
        if !signature::verifies_raw(chain.key(), &envelope.signed_hash(), &envelope.signature) {
            return Err(Error::DocumentSignature);
        }
        let [pcr0, pcr1, pcr2] = &payload.image;
        Ok(Attestation {
            module_id: payload.module_id,
            timestamp: payload.timestamp,
            digest: sha256(&[pcr0, pcr1, pcr2]),
            image: payload.image,
            public_key: payload.public_key,
            user_data: payload.user_data,
            nonce: payload.nonce,
            learned,
        })
    }
}

fn second_multihash(user_data: &[u8]) -> Option<&[u8]> {
    let (first, second) = user_data.split_at_checked(34)?;
    first.strip_prefix(&MULTIHASH)?;
    second.strip_prefix(&MULTIHASH)
}

fn check_fresh(timestamp: u64, now: u64) -> Result<(), Error> {
    let issued_at = timestamp.div_euclid(MILLISECONDS);
    if now.saturating_sub(issued_at) > MAX_AGE_SECONDS {
        return Err(Error::Stale { issued_at, now });
    }
    if issued_at.saturating_sub(now) > MAX_AHEAD_SECONDS {
        return Err(Error::FromTheFuture { issued_at, now });
    }
    Ok(())
}
