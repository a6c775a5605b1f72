//! One X.509 certificate ([RFC 5280](https://www.rfc-editor.org/rfc/rfc5280)): what it says of itself.

use p384::ecdsa::VerifyingKey;
use x509_cert::der::asn1::{BitStringRef, ObjectIdentifier};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::referenced::OwnedToRef;
use x509_cert::der::{self, Decode, Reader, SliceReader};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};
use x509_cert::name::Name;
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoOwned};
use x509_cert::{TbsCertificate, Version};

use crate::error::{Error, Place};
use crate::hash::sha384;
use crate::{signature, MAX_AHEAD_SECONDS};

const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// A certificate of the only kind that stands in a chain, apart from its signature.
pub struct Certificate<'a> {
    place: Place,
    /// The bytes that are signed.
    signed: &'a [u8],
    /// By the issuer, in DER.
    signature: &'a [u8],
    issuer: Name,
    subject: Name,
    not_before: u64,
    not_after: u64,
    key: VerifyingKey,
    extensions: Extensions,
}

/// The two extensions that decide what a key may be used for. Absent ones allow nothing.
#[derive(Default)]
struct Extensions {
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
}

impl<'a> Certificate<'a> {
    pub fn parse(bytes: &'a [u8], place: Place) -> Result<Self, Error> {
        let malformed = |_: der::Error| Error::MalformedCertificate { place };
        let (signed, algorithm, signature) = split(bytes).map_err(malformed)?;
        let body = TbsCertificate::from_der(signed).map_err(malformed)?;
        if body.version() != Version::V3 {
            return Err(Error::Version { place });
        }
        let signed_with = AlgorithmIdentifierRef {
            oid: ECDSA_WITH_SHA384,
            parameters: None,
        };
        if algorithm != signed_with || body.signature().owned_to_ref() != signed_with {
            return Err(Error::SignatureAlgorithm { place });
        }
        let validity = body.validity();
        Ok(Self {
            place,
            signed,
            signature: signature
                .as_bytes()
                .ok_or(Error::MalformedCertificate { place })?,
            not_before: validity.not_before.to_unix_duration().as_secs(),
            not_after: validity.not_after.to_unix_duration().as_secs(),
            key: key(body.subject_public_key_info(), place)?,
            extensions: Extensions::read(&body, place)?,
            issuer: body.issuer().clone(),
            subject: body.subject().clone(),
        })
    }

    /// Last second at which it is valid.
    pub fn not_after(&self) -> u64 {
        self.not_after
    }

    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Valid at `now`. Its validity may start as far ahead of it as a document may be: a leaf is made for its document, by the
    /// same clock.
    pub fn check_time(&self, now: u64) -> Result<(), Error> {
        let place = self.place;
        if self.not_before.saturating_sub(now) > MAX_AHEAD_SECONDS {
            return Err(Error::NotYetValid {
                place,
                not_before: self.not_before,
                now,
            });
        }
        if now > self.not_after {
            return Err(Error::Expired {
                place,
                not_after: self.not_after,
                now,
            });
        }
        Ok(())
    }

    /// May issue certificates, with so many authorities between it and the leaf.
    pub fn check_authority(&self, authorities_below: usize) -> Result<(), Error> {
        let place = self.place;
        let constraints = self.extensions.basic_constraints.as_ref();
        let constraints = constraints
            .filter(|it| it.ca)
            .ok_or(Error::NotAnAuthority { place })?;
        let usage = self.extensions.key_usage.as_ref();
        if !usage.is_some_and(KeyUsage::key_cert_sign) {
            return Err(Error::KeyUsage { place });
        }
        match constraints.path_len_constraint {
            Some(allowed) if authorities_below > usize::from(allowed) => Err(Error::PathLength {
                place,
                allowed,
                found: authorities_below,
            }),
            _ => Ok(()),
        }
    }

    /// May sign documents, and issue nothing.
    pub fn check_leaf(&self) -> Result<(), Error> {
        let constraints = self.extensions.basic_constraints.as_ref();
        if constraints.is_some_and(|it| it.ca) {
            return Err(Error::LeafIsAuthority);
        }
        let usage = self.extensions.key_usage.as_ref();
        if !usage.is_some_and(|usage| usage.digital_signature() && !usage.key_cert_sign()) {
            return Err(Error::KeyUsage { place: self.place });
        }
        Ok(())
    }

    pub fn check_issuer(&self, issuer: &Certificate) -> Result<(), Error> {
        if self.issuer == issuer.subject {
            Ok(())
        } else {
            Err(Error::Issuer { place: self.place })
        }
    }

    /// The only check that costs anything.
    pub fn check_signature(&self, issuer: &Certificate) -> Result<(), Error> {
        let hash = sha384(&[self.signed]);
        if signature::verifies_der(&issuer.key, &hash, self.signature) {
            Ok(())
        } else {
            Err(Error::CertificateSignature { place: self.place })
        }
    }
}

/// What is signed, by which algorithm, and the signature.
#[allow(clippy::type_complexity)]
fn split(bytes: &[u8]) -> der::Result<(&[u8], AlgorithmIdentifierRef<'_>, BitStringRef<'_>)> {
    let mut reader = SliceReader::new(bytes)?;
    let parts = reader.sequence(|reader| {
        Ok::<_, der::Error>((
            reader.tlv_bytes()?,
            AlgorithmIdentifierRef::decode(reader)?,
            BitStringRef::decode(reader)?,
        ))
    })?;
    reader.finish()?;
    Ok(parts)
}

fn key(info: &SubjectPublicKeyInfoOwned, place: Place) -> Result<VerifyingKey, Error> {
    let curve = info.algorithm.parameters.as_ref();
    let curve = curve.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    if info.algorithm.oid != EC_PUBLIC_KEY || curve != Some(SECP384R1) {
        return Err(Error::Curve { place });
    }
    let point = info.subject_public_key.as_bytes();
    point.and_then(signature::key).ok_or(Error::Key { place })
}

impl Extensions {
    fn read(body: &TbsCertificate, place: Place) -> Result<Self, Error> {
        let malformed = Error::MalformedCertificate { place };
        let mut read = Self::default();
        let all = body.extensions().map(Vec::as_slice).unwrap_or_default();
        for (index, extension) in all.iter().enumerate() {
            let before = all.iter().take(index);
            if before.into_iter().any(|it| it.extn_id == extension.extn_id) {
                return Err(malformed);
            }
            let value = extension.extn_value.as_bytes();
            if extension.extn_id == BasicConstraints::OID {
                let value = BasicConstraints::from_der(value).map_err(|_| malformed)?;
                read.basic_constraints = Some(value);
            } else if extension.extn_id == KeyUsage::OID {
                read.key_usage = Some(KeyUsage::from_der(value).map_err(|_| malformed)?);
            } else if extension.critical {
                return Err(Error::CriticalExtension { place });
            }
        }
        Ok(read)
    }
}
