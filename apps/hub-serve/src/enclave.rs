//! A server inside an AWS Nitro Enclave: its key is made there, and the chain shows that it was.
//!
//! The enclave makes a key that never leaves it, has the hypervisor put the hashes of its TLS certificate and of that key into a
//! document, and registers the key with the document: billing has a verifier judge it. What the server calls itself afterwards
//! follows from what billing and the verifier show, never from its configuration.
//!
//! The key dies with the enclave. So receipts are signed every few moments, in small batches, and sent at once: what is signed
//! outlives the enclave, since anybody may settle it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cosmwasm_std::Binary;
use hub_chain::keys::AttesterKey;
use hub_chain::{ChainError, Hub, Outcome, SendOptions, Wallet};
use hub_types::billing::{AttesterResponse, ExecuteMsg};
use hub_types::nitro_verifier::{ConfigResponse, QueryMsg, VerifyResponse};
use hub_types::verifier::Evidence;
use hub_wire::{
    possession_bytes, possession_digest, sha256, Hash, KeyType, PublicKey, Purpose, SigningKey,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::CertificateDer;
use thiserror::Error;

/// SHA-256 of the root certificate of AWS Nitro Enclaves, as AWS publishes it.
pub const AWS_ROOT: Hash = hub_nitro::Root::AWS.0;

/// What a multihash of SHA-256 begins with: the function and the length.
const MULTIHASH: [u8; 2] = [0x12, 0x20];

/// Where documents come from.
pub trait Attestor: Send + Sync {
    /// A document of this enclave, made now, in which `user_data` stands.
    ///
    /// # Errors
    ///
    /// A sentence: this is no enclave, or its hypervisor refuses.
    fn document(&self, user_data: &[u8]) -> Result<Vec<u8>, String>;
}

/// Why an enclave is not registered. Nothing was signed with its key but the registration.
#[derive(Error, Debug)]
pub enum EnclaveError {
    /// There is no document.
    #[error("the hypervisor gives no attestation document: {0}")]
    Document(String),
    /// The file of the certificate.
    #[error("the certificate {} cannot be read: {reason}: give one in PEM or DER as `enclave.certificate`", path.display())]
    Certificate {
        /// Its path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The verifier refuses the document: such as for its age, its root, or an enclave in debug mode.
    #[error("the verifier {verifier} refuses the document: {reason}")]
    Refused {
        /// Its address.
        verifier: String,
        /// In its own words.
        reason: String,
    },
    /// The chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// It was sent, and it is not known whether a block took it.
    #[error("it is not known whether the registration reached a block: start again, which makes another key")]
    Unknown,
}

/// The first certificate of a file, in DER.
fn certificate(path: &Path) -> Result<Vec<u8>, EnclaveError> {
    let wrong = |reason: String| EnclaveError::Certificate {
        path: path.to_owned(),
        reason,
    };
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    // A SEQUENCE of more than 127 bytes, as every certificate in DER is.
    if bytes.starts_with(&[0x30, 0x82]) || bytes.starts_with(&[0x30, 0x81]) {
        return Ok(bytes);
    }
    let found = CertificateDer::from_pem_slice(&bytes);
    found
        .map(|certificate| certificate.to_vec())
        .map_err(|error| wrong(error.to_string()))
}

/// How an enclave is registered.
#[derive(Clone)]
pub struct Enclave {
    /// Where documents come from.
    pub attestor: Arc<dyn Attestor>,
    /// Address of the verifier that judges them.
    pub verifier: String,
    /// SHA-256 of the TLS certificate, in DER, at which the enclave answers; its callers compare it with the one they meet.
    pub certificate: Hash,
    /// Where callers reach it.
    pub endpoint: Option<String>,
    /// Receipts are signed this often: what an enclave loses when it dies is no older.
    pub sign_every: Duration,
}

/// A key that was made here and registered with a document about it.
pub struct Registered {
    pub(crate) key: SigningKey,
    pub(crate) attester: AttesterResponse,
    pub(crate) label: Label,
    pub(crate) sign_every: Duration,
}

impl Registered {
    /// What billing shows of it.
    pub fn attester(&self) -> &AttesterResponse {
        &self.attester
    }

    /// What the chain makes of it.
    pub fn label(&self) -> Label {
        self.label
    }

    /// Its public key.
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }
}

/// What an attester's key is, as far as the chain shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// It was made in an enclave below AWS' root, of the image that its measurement names.
    Enclave,
    /// The same below another root: whoever has that root's key makes such documents without an enclave.
    Simulated,
    /// Nothing shows where it is.
    OperatorsWord,
}

impl Label {
    /// As answers and requirements have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enclave => "enclave",
            Self::Simulated => "simulated",
            Self::OperatorsWord => "operator's word",
        }
    }

    /// What billing's measurement of a key is worth, given what the verifier finds in this process' own document about the key,
    /// and the root below which it accepts documents. It has to be the same finding: any contract can be named as a verifier.
    pub fn of(shown: Option<&[u8]>, found: &[u8], root: &[u8]) -> Self {
        match shown {
            Some(shown) if shown == found && root == AWS_ROOT => Self::Enclave,
            Some(shown) if shown == found => Self::Simulated,
            _ => Self::OperatorsWord,
        }
    }
}

/// The 68 bytes that bind a TLS certificate and an attester's key: two multihashes of SHA-256, as verifiers read them.
pub fn user_data(certificate: &Hash, key: &PublicKey) -> [u8; 68] {
    let mut bytes = [0; 68];
    let hash = sha256(&[key.as_bytes()]);
    for (half, hash) in bytes.chunks_exact_mut(34).zip([certificate, &hash]) {
        half[..2].copy_from_slice(&MULTIHASH);
        half[2..].copy_from_slice(hash);
    }
    bytes
}

impl Enclave {
    /// As it is configured.
    ///
    /// # Errors
    ///
    /// A sentence if the certificate cannot be read.
    pub fn new(
        config: &crate::config::Enclave,
        attestor: Arc<dyn Attestor>,
    ) -> Result<Self, EnclaveError> {
        Ok(Self {
            attestor,
            verifier: config.verifier.clone(),
            certificate: sha256(&[&certificate(&config.certificate)?]),
            endpoint: config.endpoint.clone(),
            sign_every: Duration::from_secs(config.sign_every_seconds),
        })
    }

    /// Makes a key and registers it for the account of this wallet, which becomes the operator.
    ///
    /// # Errors
    ///
    /// [`EnclaveError`]. Whatever failed, a new attempt makes a new key.
    pub async fn register(&self, hub: &Hub, wallet: &Wallet) -> Result<Registered, EnclaveError> {
        let key = AttesterKey::generate(KeyType::Ed25519).signing_key()?;
        let public = key.public_key();
        let document = self
            .attestor
            .document(&user_data(&self.certificate, &public));
        let evidence = Binary::from(document.map_err(EnclaveError::Document)?);
        // Before gas is paid, and for what it finds: a document is good for some minutes.
        let found: VerifyResponse = self
            .ask(
                hub,
                &QueryMsg::Verify {
                    key: public.as_bytes().into(),
                    key_type: public.key_type().into(),
                    evidence: evidence.clone(),
                },
            )
            .await?;
        let trusted: ConfigResponse = self.ask(hub, &QueryMsg::Config {}).await?;

        let digest = possession_digest(
            &hub.tag(Purpose::Attester)?,
            &possession_bytes(&public, wallet.canonical()),
        );
        let message = hub.tell_billing(&ExecuteMsg::RegisterAttester {
            key: public.as_bytes().into(),
            key_type: public.key_type().into(),
            possession: key.sign_digest(&digest).into(),
            evidence: Some(Evidence {
                verifier: self.verifier.clone(),
                evidence,
            }),
            endpoint: self.endpoint.clone(),
        })?;
        let options = SendOptions::default();
        let sent = hub.chain().send(wallet, &[message], &options, &()).await?;
        match sent {
            Outcome::Included(included) if included.succeeded() => {}
            Outcome::Included(included) => return Err(self.refused(included.reason())),
            Outcome::Refused(refusal) => return Err(self.refused(refusal.reason)),
            Outcome::Unknown(_) => return Err(EnclaveError::Unknown),
        }
        let shown = hub.attester_by_key(public.as_bytes()).await?.value;
        let attester = shown.ok_or(EnclaveError::Unknown)?;
        let measurement = attester.measurement.as_ref().map(|bytes| bytes.as_slice());
        Ok(Registered {
            label: Label::of(measurement, &found.measurement, &trusted.root),
            key,
            attester,
            sign_every: self.sign_every,
        })
    }

    fn refused(&self, reason: String) -> EnclaveError {
        EnclaveError::Refused {
            verifier: self.verifier.clone(),
            reason,
        }
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        hub: &Hub,
        question: &QueryMsg,
    ) -> Result<T, EnclaveError> {
        match hub.smart(&self.verifier, question).await {
            Ok(answer) => Ok(answer.value),
            Err(ChainError::Query(error)) => Err(self.refused(error.reason)),
            Err(error) => Err(error.into()),
        }
    }
}

/// The Nitro Secure Module of the enclave that this process runs in.
#[cfg(feature = "nsm")]
pub struct Nsm {
    device: i32,
}

#[cfg(feature = "nsm")]
impl Nsm {
    /// Opens `/dev/nsm`, which only enclaves have.
    ///
    /// # Errors
    ///
    /// A sentence if it is not there.
    pub fn open() -> Result<Self, String> {
        match aws_nitro_enclaves_nsm_api::driver::nsm_init() {
            device if device >= 0 => Ok(Self { device }),
            _ => Err("/dev/nsm cannot be opened: this is no Nitro Enclave".to_owned()),
        }
    }
}

#[cfg(feature = "nsm")]
impl Drop for Nsm {
    fn drop(&mut self) {
        aws_nitro_enclaves_nsm_api::driver::nsm_exit(self.device);
    }
}

#[cfg(feature = "nsm")]
impl Attestor for Nsm {
    fn document(&self, user_data: &[u8]) -> Result<Vec<u8>, String> {
        use aws_nitro_enclaves_nsm_api::api::{Request, Response};
        let request = Request::Attestation {
            user_data: Some(user_data.to_vec().into()),
            nonce: None,
            public_key: None,
        };
        match aws_nitro_enclaves_nsm_api::driver::nsm_process_request(self.device, request) {
            Response::Attestation { document } => Ok(document),
            Response::Error(code) => Err(format!("the security module answers {code:?}")),
            other => Err(format!(
                "the security module answers something else: {other:?}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_finding_about_the_own_document_makes_a_label() {
        let (found, other, test_root) = ([1; 32], [2; 32], [3; 32]);
        let label = |shown: Option<&[u8]>, root: &[u8]| Label::of(shown, &found, root).as_str();
        assert_eq!(label(None, &AWS_ROOT), "operator's word");
        assert_eq!(label(Some(&other), &AWS_ROOT), "operator's word");
        assert_eq!(label(Some(&found), &test_root), "simulated");
        assert_eq!(label(Some(&found), &[]), "simulated");
        assert_eq!(label(Some(&found), &AWS_ROOT), "enclave");
    }

    #[test]
    fn the_certificate_stands_before_the_key_and_each_as_a_multihash() {
        let key = SigningKey::ed25519_from_seed(&[7; 32]).public_key();
        let bytes = user_data(&[9; 32], &key);
        assert_eq!(bytes[..2], [0x12, 0x20]);
        assert_eq!(bytes[2..34], [9; 32]);
        assert_eq!(bytes[34..36], [0x12, 0x20]);
        assert_eq!(bytes[36..], sha256(&[key.as_bytes()]));
    }

    #[test]
    fn a_certificate_is_read_as_pem_or_der_and_anything_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            certificate(&path).map_err(|error| error.to_string())
        };
        let der = [&[0x30, 0x82, 0x01, 0x00][..], &[7; 256]].concat();
        assert_eq!(read("tls.der", &der), Ok(der.clone()));
        use base64::engine::general_purpose::STANDARD;
        use base64::Engine;
        let pem = |label: &str| {
            let body = STANDARD.encode(&der);
            format!("# Of the enclave\n-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
        };
        assert_eq!(
            read("tls.crt", pem("CERTIFICATE").as_bytes()),
            Ok(der.clone())
        );
        for (name, bytes) in [
            ("key.pem", pem("PRIVATE KEY").into_bytes()),
            ("empty", vec![]),
            ("noise", vec![0xff; 99]),
        ] {
            let error = read(name, &bytes).unwrap_err();
            assert!(
                error.contains(name) && error.contains("give one in PEM or DER"),
                "{error}"
            );
        }
        let nowhere = certificate(Path::new("/nowhere/tls.crt"))
            .unwrap_err()
            .to_string();
        assert!(
            nowhere.contains("/nowhere/tls.crt cannot be read"),
            "{nowhere}"
        );
    }

    /// Where there is no enclave, as here, that is said.
    #[cfg(feature = "nsm")]
    #[test]
    fn outside_of_an_enclave_there_is_no_security_module() {
        let reason = Nsm::open().err().unwrap();
        assert!(reason.contains("no Nitro Enclave"), "{reason}");
    }
}
