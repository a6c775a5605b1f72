//! X.509 certificates, each part of which can be replaced.

use crate::der::{
    bit_string, boolean, explicit, integer, octet_string, oid, sequence, set, tlv, utc_time,
    PRINTABLE_STRING, UTF8_STRING,
};
use crate::key::Key;
use sha2::{Digest, Sha256};

/// Contents of the object identifiers that certificates of AWS use, and of some that they do not.
pub mod id {
    /// id-ecPublicKey.
    pub const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    /// P-384.
    pub const SECP384R1: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
    /// P-256.
    pub const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    /// ecdsa-with-SHA384.
    pub const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    /// ecdsa-with-SHA256.
    pub const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    /// basicConstraints.
    pub const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
    /// keyUsage.
    pub const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
    /// subjectKeyIdentifier.
    pub const SUBJECT_KEY: &[u8] = &[0x55, 0x1d, 0x0e];
    /// authorityKeyIdentifier.
    pub const AUTHORITY_KEY: &[u8] = &[0x55, 0x1d, 0x23];
    /// cRLDistributionPoints.
    pub const CRL_POINTS: &[u8] = &[0x55, 0x1d, 0x1f];
    /// nameConstraints.
    pub const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
    pub(crate) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    pub(crate) const COUNTRY: &[u8] = &[0x55, 4, 6];
    pub(crate) const LOCALITY: &[u8] = &[0x55, 4, 7];
    pub(crate) const STATE: &[u8] = &[0x55, 4, 8];
    pub(crate) const ORGANISATION: &[u8] = &[0x55, 4, 10];
    pub(crate) const UNIT: &[u8] = &[0x55, 4, 11];
}

/// An extension of a certificate.
#[derive(Clone, Debug)]
pub struct Extension {
    /// The content of its object identifier.
    pub id: Vec<u8>,
    /// Whether whoever does not know it must refuse the certificate. DER leaves `false` out, which is `None`.
    pub critical: Option<bool>,
    /// What its OCTET STRING holds.
    pub value: Vec<u8>,
}

impl Extension {
    /// Any extension.
    pub fn new(id: &[u8], critical: bool, value: Vec<u8>) -> Self {
        Self {
            id: id.into(),
            critical: critical.then_some(true),
            value,
        }
    }

    /// Critical basic constraints; the path length is that of a certificate authority.
    pub fn basic_constraints(ca: bool, path_length: Option<u8>) -> Self {
        let ca = if ca { boolean(true) } else { vec![] };
        let path_length = path_length.map_or(vec![], |length| integer(&[length]));
        let value = sequence(&[&ca, &path_length]);
        Self::new(id::BASIC_CONSTRAINTS, true, value)
    }

    /// Key usage: the first byte of its bits.
    pub fn key_usage(critical: bool, bits: u8) -> Self {
        let unused = bits.trailing_zeros() as u8;
        Self::new(id::KEY_USAGE, critical, tlv(0x03, &[unused, bits]))
    }

    fn encode(&self) -> Vec<u8> {
        let critical = self.critical.map_or(vec![], boolean);
        sequence(&[&oid(&self.id), &critical, &octet_string(&self.value)])
    }
}

/// Bits of key usage.
pub mod usage {
    /// Signs data.
    pub const DIGITAL_SIGNATURE: u8 = 0x80;
    /// Signs what nobody can deny.
    pub const NON_REPUDIATION: u8 = 0x40;
    /// Signs certificates.
    pub const CERTIFICATE_SIGN: u8 = 0x04;
    /// Signs lists of revoked certificates.
    pub const CRL_SIGN: u8 = 0x02;
}

/// Changes bytes on their way into a certificate.
pub type Distortion = fn(Vec<u8>) -> Vec<u8>;

/// A certificate before it is signed. Parts are held as the bytes they are written as, so that any can be wrong.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The secret key of the subject.
    pub key: Key,
    /// Who signs instead of the subject of the certificate before.
    pub signer: Option<Key>,
    /// The version with its tag.
    pub version: Vec<u8>,
    /// The serial number.
    pub serial: Vec<u8>,
    /// The algorithm that the signed part names.
    pub algorithm: Vec<u8>,
    /// The algorithm that stands before the signature.
    pub outer_algorithm: Vec<u8>,
    /// The name of who signs.
    pub issuer: Vec<u8>,
    /// First second of validity, unix time.
    pub not_before: u64,
    /// Last second of validity, unix time.
    pub not_after: u64,
    /// How times are written.
    pub time: fn(u64) -> Vec<u8>,
    /// The name of whose key it is.
    pub subject: Vec<u8>,
    /// The public key with its algorithm.
    pub public_key: Vec<u8>,
    /// The extensions in their order.
    pub extensions: Vec<Extension>,
    /// What happens to the signed part before it is signed.
    pub distort_signed: Distortion,
    /// What happens to the DER of the signature.
    pub distort_signature: Distortion,
    /// What happens to the whole.
    pub distort_whole: Distortion,
}

impl Certificate {
    /// A certificate without extensions.
    pub fn new(key: Key, issuer: Vec<u8>, subject: Vec<u8>, validity: (u64, u64)) -> Self {
        let mut serial = Sha256::digest([key.public(), validity.0.to_be_bytes().into()].concat());
        serial[0] &= 0x7f;
        Self {
            signer: None,
            version: explicit(0, &integer(&[2])),
            serial: integer(&serial[..16]),
            algorithm: algorithm(id::ECDSA_SHA384),
            outer_algorithm: algorithm(id::ECDSA_SHA384),
            issuer,
            not_before: validity.0,
            not_after: validity.1,
            time: utc_time,
            subject,
            public_key: subject_key(id::SECP384R1, &key.public()),
            extensions: vec![],
            distort_signed: |bytes| bytes,
            distort_signature: |bytes| bytes,
            distort_whole: |bytes| bytes,
            key,
        }
    }

    /// The extension of this id.
    pub fn extension(&mut self, id: &[u8]) -> &mut Extension {
        let mut extensions = self.extensions.iter_mut();
        extensions
            .find(|found| found.id == id)
            .expect("the extension is there")
    }

    /// Replaces the extension of the same id, or adds it.
    pub fn set(&mut self, extension: Extension) {
        match self
            .extensions
            .iter_mut()
            .find(|found| found.id == extension.id)
        {
            Some(found) => *found = extension,
            None => self.extensions.push(extension),
        }
    }

    /// Takes the extension of this id out.
    pub fn remove(&mut self, id: &[u8]) {
        self.extensions.retain(|found| found.id != id);
    }

    /// The part that is signed.
    pub fn signed_part(&self) -> Vec<u8> {
        let validity = [(self.time)(self.not_before), (self.time)(self.not_after)].concat();
        let extensions: Vec<u8> = self.extensions.iter().flat_map(Extension::encode).collect();
        let extensions = match extensions.is_empty() {
            true => vec![],
            false => explicit(3, &tlv(0x30, &extensions)),
        };
        let whole = sequence(&[
            &self.version,
            &self.serial,
            &self.algorithm,
            &self.issuer,
            &tlv(0x30, &validity),
            &self.subject,
            &self.public_key,
            &extensions,
        ]);
        (self.distort_signed)(whole)
    }

    /// The certificate, signed by this key unless another was named.
    pub fn encode(&self, signer: &Key) -> Vec<u8> {
        let signer = self.signer.as_ref().unwrap_or(signer);
        let signed_part = self.signed_part();
        let signature = (self.distort_signature)(signature(&signer.sign(&signed_part)));
        (self.distort_whole)(sequence(&[
            &signed_part,
            &self.outer_algorithm,
            &bit_string(&signature),
        ]))
    }
}

/// A certificate around a signed part that is whatever it is.
pub fn certify(signed_part: &[u8], signer: &Key) -> Vec<u8> {
    sequence(&[
        signed_part,
        &algorithm(id::ECDSA_SHA384),
        &bit_string(&signature(&signer.sign(signed_part))),
    ])
}

/// An algorithm without parameters.
pub fn algorithm(id: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id)])
}

/// A public key on a curve.
pub fn subject_key(curve: &[u8], point: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[&oid(id::EC_PUBLIC_KEY), &oid(curve)]);
    sequence(&[&algorithm, &bit_string(point)])
}

/// The DER of a signature r ‖ s.
pub fn signature(r_and_s: &[u8]) -> Vec<u8> {
    let (r, s) = r_and_s.split_at(r_and_s.len() / 2);
    sequence(&[&integer(r), &integer(s)])
}

/// An attribute of a name: its object identifier and its text.
pub type Attribute<'a> = (&'a [u8], &'a str);

/// A name of attributes in this order.
pub fn name(attributes: &[Attribute]) -> Vec<u8> {
    let parts = attributes.iter().flat_map(|(id, text)| {
        let kind = match *id {
            id::COUNTRY => PRINTABLE_STRING,
            _ => UTF8_STRING,
        };
        set(&sequence(&[&oid(id), &tlv(kind, text.as_bytes())]))
    });
    tlv(0x30, &parts.collect::<Vec<u8>>())
}

/// The id of a key that key identifiers carry.
pub fn key_id(key: &Key) -> Vec<u8> {
    Sha256::digest(key.public())[..20].into()
}

/// The extension that says whose key this is.
pub fn subject_key_id(key: &Key) -> Extension {
    Extension::new(id::SUBJECT_KEY, false, octet_string(&key_id(key)))
}

/// The extension that says whose key signed.
pub fn authority_key_id(key: &Key) -> Extension {
    let value = sequence(&[&tlv(0x80, &key_id(key))]);
    Extension::new(id::AUTHORITY_KEY, false, value)
}

/// The extension that says where revoked certificates are listed.
pub fn crl_points(url: &str) -> Extension {
    let point = explicit(0, &explicit(0, &tlv(0x86, url.as_bytes())));
    Extension::new(id::CRL_POINTS, false, sequence(&[&sequence(&[&point])]))
}
