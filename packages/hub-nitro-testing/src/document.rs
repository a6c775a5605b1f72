//! Attestation documents: the payload, and the COSE_Sign1 envelope around it.

use crate::cbor::Value;
use crate::key::Key;
use sha2::{Digest, Sha256, Sha384};

/// The protected header that AWS writes: `{1: -35}`, ES384.
pub const ES384: &[u8] = &[0xa1, 0x01, 0x38, 0x22];

/// An attestation document before it is signed.
#[derive(Clone, Debug)]
pub struct Document {
    /// The secret key that signs it: the leaf's.
    pub key: Key,
    /// Which enclave on which machine.
    pub module_id: String,
    /// The hash after the PCRs.
    pub digest: String,
    /// When it was made, unix milliseconds.
    pub timestamp_ms: u64,
    /// The measurements by index.
    pub pcrs: Vec<(u64, Vec<u8>)>,
    /// The certificates above the leaf, root first.
    pub cabundle: Vec<Vec<u8>>,
    /// The leaf.
    pub certificate: Vec<u8>,
    /// What the enclave names as its key.
    pub public_key: Option<Vec<u8>>,
    /// What the enclave says besides.
    pub user_data: Option<Vec<u8>>,
    /// What it was asked to repeat.
    pub nonce: Option<Vec<u8>>,
}

impl Document {
    /// The document of an enclave made of `image`, of certificates from the root to the leaf; time in unix seconds.
    pub fn new(mut certificates: Vec<Vec<u8>>, key: Key, module_id: String, time: u64) -> Self {
        let certificate = certificates.pop().expect("there is a leaf");
        let zeros = (0..16).map(|index| (index, vec![0; 48])).collect();
        let document = Self {
            key,
            module_id,
            digest: "SHA384".into(),
            timestamp_ms: time * 1_000 + 724,
            pcrs: zeros,
            cabundle: certificates,
            certificate,
            public_key: None,
            user_data: None,
            nonce: None,
        };
        document.image("image").pcr(4, Sha384::digest("instance"))
    }

    /// The measurements of an enclave made of the image of this name.
    pub fn image(mut self, image: &str) -> Self {
        for (index, pcr) in image_pcrs(image).into_iter().enumerate() {
            self = self.pcr(index as u64, pcr);
        }
        self
    }

    /// One measurement.
    pub fn pcr(mut self, index: u64, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref().to_vec();
        match self.pcrs.iter_mut().find(|(found, _)| *found == index) {
            Some(found) => found.1 = value,
            None => self.pcrs.push((index, value)),
        }
        self
    }

    /// Leaves a measurement out.
    pub fn without_pcr(mut self, index: u64) -> Self {
        self.pcrs.retain(|(found, _)| *found != index);
        self
    }

    /// The key that the enclave names.
    pub fn public_key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.public_key = Some(key.as_ref().into());
        self
    }

    /// What the enclave says besides.
    pub fn user_data(mut self, data: impl AsRef<[u8]>) -> Self {
        self.user_data = Some(data.as_ref().into());
        self
    }

    /// What it was asked to repeat.
    pub fn nonce(mut self, nonce: impl AsRef<[u8]>) -> Self {
        self.nonce = Some(nonce.as_ref().into());
        self
    }

    /// Made at this time, unix seconds, to the millisecond.
    pub fn timestamp(mut self, time: u64) -> Self {
        self.timestamp_ms = time * 1_000;
        self
    }

    /// sha256(PCR0 ‖ PCR1 ‖ PCR2).
    pub fn digest(&self) -> [u8; 32] {
        let value = |index| {
            let mut pcrs = self.pcrs.iter();
            pcrs.find(|(found, _)| *found == index)
                .map_or(&[][..], |(_, value)| value)
        };
        Sha256::digest([value(0), value(1), value(2)].concat()).into()
    }

    /// The payload, its entries in AWS's order.
    pub fn payload(&self) -> Value {
        let pcrs = self.pcrs.iter();
        let pcrs = pcrs.map(|(index, value)| (Value::Unsigned(*index), Value::bytes(value)));
        let entries = [
            ("module_id", Value::text(&self.module_id)),
            ("digest", Value::text(&self.digest)),
            ("timestamp", Value::Unsigned(self.timestamp_ms)),
            ("pcrs", Value::Map(pcrs.collect())),
            ("certificate", Value::bytes(&self.certificate)),
            (
                "cabundle",
                Value::Array(self.cabundle.iter().map(Value::bytes).collect()),
            ),
            (
                "public_key",
                Value::bytes_or_null(self.public_key.as_deref()),
            ),
            ("user_data", Value::bytes_or_null(self.user_data.as_deref())),
            ("nonce", Value::bytes_or_null(self.nonce.as_deref())),
        ];
        Value::Map(entries.map(|(key, value)| (Value::text(key), value)).into())
    }

    /// The envelope around a payload, whatever it is, signed by this document's key.
    pub fn seal(&self, payload: &[u8]) -> Envelope {
        Envelope::sign(&self.key, ES384, payload)
    }

    /// The document, signed.
    pub fn build(&self) -> Vec<u8> {
        self.seal(&self.payload().encode()).encode()
    }
}

/// PCR0 to PCR2 of the image of this name: 48 bytes each.
pub fn image_pcrs(image: &str) -> [[u8; 48]; 3] {
    [0_u8, 1, 2].map(|index| {
        let digest = Sha384::new().chain_update(image).chain_update([index]);
        digest.finalize().into()
    })
}

/// The digest that names an image of this name: sha256(PCR0 ‖ PCR1 ‖ PCR2).
pub fn image_digest(image: &str) -> [u8; 32] {
    Sha256::digest(image_pcrs(image).concat()).into()
}

/// A COSE_Sign1 envelope (RFC 9052, section 4.2).
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The protected header.
    pub protected: Value,
    /// The header that is not signed.
    pub unprotected: Value,
    /// The payload.
    pub payload: Value,
    /// The signature r ‖ s.
    pub signature: Vec<u8>,
}

impl Envelope {
    /// Signs header and payload.
    pub fn sign(key: &Key, protected: &[u8], payload: &[u8]) -> Self {
        Self {
            protected: Value::bytes(protected),
            unprotected: Value::Map(vec![]),
            payload: Value::bytes(payload),
            signature: key.sign(&to_be_signed("Signature1", protected, payload)),
        }
    }

    /// Its four parts.
    pub fn parts(&self) -> [Value; 4] {
        [
            self.protected.clone(),
            self.unprotected.clone(),
            self.payload.clone(),
            Value::bytes(&self.signature),
        ]
    }

    /// Its bytes, without a tag, as AWS writes them.
    pub fn encode(&self) -> Vec<u8> {
        Value::Array(self.parts().into()).encode()
    }
}

/// What the signature is over: Sig_structure with nothing added from outside.
pub fn to_be_signed(context: &str, protected: &[u8], payload: &[u8]) -> Vec<u8> {
    Value::Array(vec![
        Value::text(context),
        Value::bytes(protected),
        Value::bytes([]),
        Value::bytes(payload),
    ])
    .encode()
}
